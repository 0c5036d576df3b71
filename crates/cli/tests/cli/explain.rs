//! `hovera explain` on a made-up results file whose right sentences are known.

use crate::folder::Folder;
use crate::made_up::{file, row};
use hovera_core::{Bound, Engine, Op, Row, Status, made_up};

/// A tuned point with everything that cublasLt tells.
fn tuned(op: Op, head_dim: u64, tflops: f64) -> Row {
    let mut row = row(op, head_dim, Engine::Tuned, tflops);
    row.bound = Some(Bound::Compute);
    row.kernel.algo = Some("66".into());
    row.kernel.tile = Some("128x256".into());
    row.kernel.stages = Some("64x4".into());
    row.kernel.split_k = Some(1);
    row.kernel.cluster = Some("2x1x1".into());
    row.kernel.waves = Some(46.5);
    row.kernel.workspace_bytes = Some(32 << 20);
    row
}

fn folder() -> Folder {
    let mut failed = row(Op::Score, 776, Engine::Tuned, 1.0);
    (failed.status, failed.timing, failed.note) = (Status::Failed, None, "wrong result".into());
    let folder = Folder::new();
    folder.write(
        "h100.csv",
        &file(vec![
            row(Op::Score, 768, Engine::Cublas, 500.0),
            tuned(Op::Score, 768, 600.0),
            row(Op::Score, 769, Engine::Tuned, 150.0),
            failed,
            tuned(Op::Values, 100, 200.0),
        ]),
    );
    folder
}

fn explained(folder: &Folder, args: &[&str]) -> String {
    let output = folder.hovera(&[&["explain", "h100.csv"][..], args].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_tuned_point_is_explained_to_the_word() {
    let said = explained(&folder(), &["--hidden", "9216", "--op", "score", "--engine", "tuned"]);
    // 309.2 GFLOP at 600 TFLOP/s and 1500 MHz; the peak at that clock is 989 · 1500 / 1830 = 810.7.
    assert_eq!(
        said,
        "\
score at hidden size 9216: a=12, head dim 768 (h/a = 64), b=4, s=2048, f16, layout nn, pacing burst, hot cache
device      NVIDIA H100 80GB HBM3, 132 SMs
kernel      tuned: algorithm 66, tile 128x256, stages 64x4, split-K 1, cluster 2x1x1, 46.50 waves by the library, \
workspace 32.00 MiB
GEMM        48 products of m=2048, n=2048, k=768: 309.2 GFLOP, 704.6 MB of least traffic
result      600.0 TFLOP/s, ok
time        median 515.4 us of 8 launches, 95 % interval ±0.20 %
SM clock    1500 MHz, 773094 cycles
tiles       6144 of 256 x 128: 8 along m x 16 along n x 48 products, 46.55 waves of 132
padding     0.0 % of the tiles lies outside C, 0.0 % of the steps of 64 lies outside k, 45.5 % of the last wave \
and 1.0 % of all waves idles
alignment   rows of A 512 B, B 4096 B, C 4096 B: all allow 16 B loads
bound       compute, as the row says
intensity   438.9 FLOP per byte, above the card's ridge of 295: the tensor cores are the lower ceiling
compute     74.0 % of the f16 peak at the clock it had
memory      1367 GB/s at least, 40.8 % of the bandwidth
neighbours  -8 head dim 760 (h/a = 8): not measured
            -1 head dim 767 (h/a = 1): not measured
            +1 head dim 769 (h/a = 1): 150.0 TFLOP/s, -75.0 %
            +8 head dim 776 (h/a = 8): failed
"
    );
}

#[test]
fn two_speeds_are_told_with_what_they_may_come_from() {
    let folder = Folder::new();
    let mut two = made_up::row(Op::Values, 81).time_us(117.0).second_speed(1.25, 0.4).interval(0.001).build();
    two.status = Status::Ok;
    folder.write("h100.csv", &file(vec![two, row(Op::Values, 82, Engine::Cublas, 150.0)]));
    let said = explained(&folder, &["--hidden", "972", "--op", "values"]);
    let lines = "\
time        median 117.0 us of the larger group of 8 launches, 95 % interval ±0.10 %
two speeds  117.0 us at 60.0 % of the launches, 146.2 us (+25.0 %) at 40.0 %
            two SM clocks may be the reason, not the L2 cache of 50 MB: a launch does not find its 435 MB of A, B and C \
there
";
    assert!(said.contains(lines), "{said}");
    assert!(!explained(&folder, &["--hidden", "984", "--op", "values"]).contains("two speeds"));
}

#[test]
fn a_partial_tile_and_narrow_rows_are_named() {
    let said = explained(&folder(), &["--hidden", "1200", "--op", "values"]);
    for line in [
        "tiles       384 of 256 x 128: 8 along m x 1 along n x 48 products, 2.91 waves of 132",
        "padding     21.9 % of the tiles lies outside C, 0.0 % of the steps",
        "alignment   rows of A 4096 B, B 8 B, C 8 B: B and C limit loads to 8 B; 16 B loads need n % 8 == 0, n being the head dim",
        "below the card's ridge of 295: memory is the lower ceiling",
    ] {
        assert!(said.contains(line), "no {line:?} in {said}");
    }
}

#[test]
fn without_a_tile_what_can_be_known_is_said_for_every_engine() {
    let said = explained(&folder(), &["--hidden", "9216", "--op", "score"]);
    let points: Vec<&str> = said.split("\n\n").collect();
    assert_eq!(points.len(), 2, "{said}");
    for line in [
        "kernel      cublas, which does not report its kernel",
        "tiles       not known: the file does not say the tile",
        "bound       compute, as the datasheet suggests",
        "compute     61.7 % of the f16 peak",
        "alignment   rows of A 512 B",
    ] {
        assert!(points[0].contains(line), "no {line:?} in {said}");
    }
    assert!(!points[0].contains("padding") && points[1].contains("kernel      tuned: algorithm 66"));
}

#[test]
fn a_point_that_failed_says_why() {
    let said = explained(&folder(), &["--hidden", "9312", "--op", "score"]);
    for line in [
        "result      failed: wrong result",
        "compute     not known: nothing was timed",
        "-8 head dim 768 (h/a = 64): 600.0 TFLOP/s\n",
    ] {
        assert!(said.contains(line), "no {line:?} in {said}");
    }
}

#[test]
fn a_point_that_is_not_in_the_file_is_answered_with_the_nearest() {
    let folder = folder();
    for (args, says) in [
        (
            &["h100.csv", "--hidden", "9220", "--op", "score"][..],
            "h100.csv: hidden = 9220: not in the file for score; the nearest below is 9216 and above is 9228",
        ),
        (&["h100.csv", "--hidden", "9216", "--op", "score", "--heads", "16"], "heads = 16: the file has 12"),
        (
            &["h100.csv", "--hidden", "9216", "--op", "scores"],
            "want score, softmax, values, attention, qkv, query, key, projection, mlp_up",
        ),
        (&["h100.csv", "--hidden", "9216", "--op", "qkv"], "h100.csv: op = qkv: the file has score, values"),
        (&["h100.csv", "--hidden", "0", "--op", "score"], "--hidden"),
        (&["none.csv", "--hidden", "9216", "--op", "score"], "none.csv: cannot read"),
    ] {
        let (code, said) = folder.fails(&[&["explain"][..], args].concat());
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "no {says:?} in {said}");
    }
}

#[test]
fn a_terminal_escape_in_a_results_file_is_not_sent() {
    let folder = Folder::new();
    let mut noisy = row(Op::Score, 64, Engine::Cublas, 100.0);
    noisy.status = Status::Noisy;
    noisy.kernel.algo = Some("EVIL".into());
    folder.write("h100.csv", &file(vec![noisy]).replace("EVIL", "\u{9b}31m"));
    let said = explained(&folder, &["--hidden", "768", "--op", "score"]);
    assert!(said.contains("algorithm \\u{9b}31m") && said.contains("TFLOP/s, noisy"), "{said}");
}

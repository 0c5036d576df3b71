//! A predicted results file on the command line: it is shown as what it is, and never taken for a measurement.

use crate::folder::{Folder, TINY};
use crate::made_up::{file, predicted, row};
use hovera_core::{Engine, Op, Row};

fn rows() -> Vec<Row> {
    [8, 64, 65, 128].map(|head_dim| row(Op::Score, head_dim, Engine::Cublas, 400.0)).to_vec()
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("measured.csv", &file(rows()));
    folder.write("model.csv", &predicted(rows()));
    folder
}

fn said(folder: &Folder, args: &[&str]) -> String {
    let output = folder.hovera(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn it_enters_a_verdict_only_by_the_flag_that_says_so() {
    let folder = folder();
    let (code, error) = folder.fails(&["compare", "measured.csv", "model.csv"]);
    let says = "model.csv: its rows are predicted, not measured; --predicted compares them all the same";
    assert!(code == 2 && error.contains(says), "{error}");
    let files = ["c.md", "c.json", "c.csv"];
    let args = [
        "compare",
        "measured.csv",
        "model.csv",
        "--predicted",
        "-o",
        files[0],
        "-o",
        files[1],
        "-o",
        files[2],
    ];
    let table = said(&folder, &args);
    assert!(
        table.contains("model.csv (predicted)") && table.contains("model.csv is predicted, not measured: "),
        "{table}"
    );
    for file in files {
        // Markdown has its brackets escaped.
        let text = folder.read(file).replace('\\', "");
        assert!(text.contains("model.csv (predicted)"), "{file}: {text}");
    }
    let (code, error) = folder.fails(&["compare", "--fleet", "measured.csv", "model.csv"]);
    assert!(code == 2 && error.contains("model.csv: its rows are predicted; a fleet is of cards"), "{error}");
}

#[test]
fn no_run_goes_on_in_it_and_no_shard_joins_it() {
    let folder = folder();
    let before = folder.read("model.csv");
    folder.write("t.toml", TINY);
    for resume in [&[][..], &["--resume"]] {
        let args = [&["run", "t.toml", "--backend", "cpu", "-o", "model.csv"][..], resume].concat();
        let (code, error) = folder.fails(&args);
        assert!(code == 2 && error.contains("its prediction is by 60 points of Made-Up 90"), "{error}");
    }
    assert_eq!(folder.read("model.csv"), before);
    let (code, error) = folder.fails(&["merge", "model.csv", "-o", "merged.csv"]);
    assert!(
        code == 2
            && error.contains("model.csv: its rows are predicted: want a file that hovera run measured"),
        "{error}"
    );
}

#[test]
fn explain_says_that_nothing_ran_and_by_what_it_is_said() {
    let text = said(&folder(), &["explain", "model.csv", "--hidden", "768", "--op", "score"]);
    let line = |key: &str| {
        text.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("no {key} in {text}"))
    };
    assert_eq!(line("device"), "device      NVIDIA H100 80GB HBM3 (predicted), 132 SMs");
    assert_eq!(line("kernel"), "kernel      cublas, nothing ran");
    assert_eq!(line("result"), "result      400.0 TFLOP/s, predicted");
    assert_eq!(line("time"), "time        predicted 64.42 us, 80 % interval 57.98 to 80.53 us");
    assert_eq!(
        line("by"),
        "by          constants of Made-Up 90 with cuBLAS 13, tier family; nothing was measured"
    );
    assert!(!text.contains("launches") && !text.contains("\nSM clock"), "{text}");
}

#[test]
fn its_lines_are_drawn_over_what_was_measured() {
    let folder = folder();
    said(&folder, &["plot", "model.csv", "measured.csv", "--overlay", "gpu", "--format", "svg"]);
    let svg = folder.read("model-and-measured-score-a12-by-gpu.svg");
    for word in ["NVIDIA H100 80GB HBM3 (predicted)", "measured and predicted: "] {
        assert!(svg.contains(word), "no {word:?} in {svg}");
    }
    said(&folder, &["plot", "model.csv", "--format", "svg"]);
    assert!(folder.read("model-score-a12-predicted.svg").contains("a=12 (predicted)</text>"));
}

use super::{Statement, of_file, of_group};
use crate::document::condition::ConditionRows;
use crate::document::made_up::{lost, results, row, two_lines};
use crate::document::sentence::excerpt;
use hovera_core::{Bound, Results, Row, SecondSpeed, Sentinel, Session, Status};

/// What is said of the one condition of some rows.
fn said(rows: Vec<Row>) -> Vec<Statement> {
    let results = results(rows);
    let groups = ConditionRows::all(&results);
    assert_eq!(groups.len(), 1);
    of_group(&groups[0], &results.front_matter.device[0])
}

fn topics(statements: &[Statement]) -> Vec<&'static str> {
    statements.iter().map(|statement| statement.topic).collect()
}

#[track_caller]
fn sentence(statements: &[Statement], topic: &str) -> String {
    let found = statements.iter().find(|statement| statement.topic == topic);
    found.unwrap_or_else(|| panic!("nothing on {topic}: {:?}", topics(statements))).sentence.to_string()
}

#[test]
fn two_lines_that_were_made_by_hand_give_the_sentences_that_follow_from_them() {
    let said = said(two_lines());
    assert_eq!(topics(&said), ["Fastest point", "Plateaus", "Bad head dims", "Off by one"]);
    // 702.688 of 989, and of 989 · 1500 / 1830.
    assert_eq!(
        sentence(&said, "Fastest point"),
        "703 TFLOP/s at hidden size 32256 (head dim 2688, h/a = 64): 71.1 % of the 989 TFLOP/s that the datasheet \
         rates at 1830 MHz, 86.7 % of the peak at the 1500 MHz that the SMs ran at."
    );
    // The last quarter are the head dims 2048 to 2688, their median 702.368; 90 % of that is first had at 640.
    assert_eq!(
        sentence(&said, "Plateaus"),
        "Of the 2 lines that reach a plateau, h/a = 64 is the fastest: it stays within 10 % of 702 TFLOP/s from \
         hidden size 7680 up to 32256. h/a = 1 is the slowest: within 10 % of 140 TFLOP/s from hidden size 12 up \
         to 31764."
    );
    // 16 odd head dims from 2017 to 2647, the middle of them 2332: 702.332 / 140.
    assert_eq!(
        sentence(&said, "Bad head dims"),
        "An odd head dim (h/a = 1) is 5.02 times slower than a multiple of 64 would be at the same hidden size: \
         the median over 16 sizes from 24204 up to 31764."
    );
    // Neighbours are 127 and 128, 1344 and 1345, 1471 and 1472.
    assert_eq!(
        sentence(&said, "Off by one"),
        "One step apart, head dim 1472 (h/a = 64) reaches 701 TFLOP/s and head dim 1471 (h/a = 1) reaches 140 TFLOP/s: \
         a factor of 5.01, the largest of 3 pairs of neighbours."
    );
}

const TURING: &str = "cutlass_75_tensorop_f16_s1688gemm_f16_256x128_nn_align1";
const AMPERE: &str = "cutlass_80_tensorop_f16_s16816gemm_f16_256x128_32x3_nn_align2";
const HOPPER: &str = "nvjet_sm90_hsh_256x128_64x4_1x2_h_bz_coopA_NTT";

/// [`two_lines`] with these kernels.
fn with_kernels(kernel: impl Fn(u32) -> Option<&'static str>) -> Vec<Row> {
    let mut rows = two_lines();
    for row in &mut rows {
        row.kernel.name = kernel(row.point.layer().unwrap().head_dim().get()).map(Into::into);
    }
    rows
}

#[test]
fn the_kernels_are_told_as_the_reason_where_they_differ() {
    let bad = |rows| sentence(&said(rows), "Bad head dims");
    let slower = "An odd head dim (h/a = 1) is 5.02 times slower than a multiple of 64 would be at the same hidden size: \
                  the median over 16 sizes from 24204 up to 31764.";
    let odd = |d: u32| d % 2 == 1;
    let as_measured = with_kernels(|d| Some(if odd(d) { TURING } else { HOPPER }));
    assert_eq!(
        bad(as_measured.clone()),
        format!(
            "{slower} The kernels that the library picks are the reason: h/a = 1 runs a Turing kernel for rows of any \
             length, “cutlass_75_…_align1”; h/a = 64 runs a Hopper kernel, “nvjet_sm90_…”."
        )
    );
    // Lines between that run one family are told together, and that not all of their points do.
    let between = [(2018, AMPERE), (2020, AMPERE), (2022, AMPERE), (2034, TURING)].map(|(d, kernel)| {
        let mut row = row(d, 250.0);
        row.kernel.name = Some(kernel.into());
        row
    });
    let told = "; h/a = 2 and 4 run mostly an Ampere kernel for rows that are multiples of 2 elements, \
                “cutlass_80_…_align2”; h/a = 64 runs";
    let said = bad([as_measured, between.to_vec()].concat());
    assert!(said.contains(told), "{said}");
    for kernels in [
        with_kernels(|_| None),
        with_kernels(|_| Some(TURING)),
        with_kernels(|d| (!odd(d)).then_some(HOPPER)),
    ] {
        assert_eq!(bad(kernels), slower);
    }
}

#[test]
fn every_series_is_named_with_what_it_costs() {
    let line = |power: u64, tflops| (32..=42).step_by(2).map(move |i| row(i * 64 + power, tflops));
    let rows = two_lines().into_iter().chain(line(2, 350.0)).chain(line(8, 680.0)).chain(line(32, 703.0));
    let said = sentence(&said(rows.collect()), "Bad head dims");
    let told =
        "By the same measure h/a = 2 is 2.01 times slower, h/a = 8 loses 3.2 % and h/a = 32 loses nothing.";
    assert!(said.ends_with(told), "{said}");
}

#[test]
fn two_speeds_are_stated_with_the_farthest_apart() {
    let mut rows = two_lines();
    assert!(!topics(&said(rows.clone())).contains(&"Two speeds"));
    for (place, factor) in [(3, 1.05), (20, 1.25)] {
        let timing = rows[place].timing.as_mut().unwrap();
        timing.median_us = Some(400.0);
        timing.second = Some(SecondSpeed { time_us: 400.0 * factor, share: 0.25 });
    }
    assert_eq!(
        sentence(&said(rows), "Two speeds"),
        "2 of 106 points have two speeds, which is not noise: the farthest apart are those of hidden size 16128 (head dim \
         1344, h/a = 64), with 400 µs for 75.0 % of the launches and 500 µs for 25.0 %. There, two SM clocks may be the reason, \
         not the L2 cache of 50 MB: a launch does not find its 931 MB of A, B and C there."
    );
}

#[test]
fn too_few_points_carry_no_statement_about_lines() {
    let few: Vec<Row> = [640, 1280, 1920, 2560].map(|d| row(d, 700.0)).to_vec();
    assert_eq!(topics(&said(few)), ["Fastest point"]);
    // Many, but all in the last quarter: how the line came there is not known.
    let late: Vec<Row> = (30..=40).map(|i| row(i * 64, 700.0)).collect();
    assert_eq!(topics(&said(late)), ["Fastest point"]);
    assert_eq!(topics(&said(vec![lost(64, Status::Failed, "no memory")])), Vec::<&str>::new());
}

#[test]
fn a_line_that_still_rises_has_no_plateau() {
    let said = said((1..=42).map(|i| row(i * 64, i as f64 * 16.0)).collect());
    assert_eq!(topics(&said), ["Fastest point", "No plateau"]);
    assert_eq!(
        sentence(&said, "No plateau"),
        "Still moving at the largest sizes: h/a = 64 lies between 512 and 672 TFLOP/s from hidden size 24576 up to \
         32256."
    );
}

#[test]
fn lines_that_cost_nothing_are_not_called_bad() {
    let even = (1..=42).map(|i| row(i * 64, 700.0)).chain((0..64).map(|i| row(1 + 42 * i, 690.0)));
    let said = said(even.collect());
    assert_eq!(topics(&said), ["Fastest point", "Plateaus"]);
}

#[test]
fn what_bounds_is_said_by_the_rows_that_say_it() {
    let bounded = |d, tflops, bound| Row { bound, ..row(d, tflops) };
    let (memory, compute) = (Some(Bound::Memory), Some(Bound::Compute));
    let rows = vec![bounded(1, 2.0, memory), bounded(64, 150.0, memory), bounded(128, 300.0, compute)];
    // Head dim 64: 96 · (2 · 2048 · 64 + 2048²) bytes = 428 MB in 171.8 µs.
    assert_eq!(
        sentence(&said(rows.clone()), "Memory-bound"),
        "2 of 3 points are memory-bound: h/a = 64 up to hidden size 768, h/a = 1 only up to 12. The highest traffic \
         among them is 2490 GB/s at hidden size 768, 74 % of the datasheet's 3350."
    );
    let with_unknown = [rows, vec![bounded(192, 400.0, None)]].concat();
    assert!(sentence(&said(with_unknown), "Memory-bound").ends_with(" For 1 point it is not known."));
    assert_eq!(
        sentence(&said(vec![bounded(64, 150.0, compute), bounded(128, 300.0, compute)]), "Memory-bound"),
        "None of the 2 points whose limit is known is memory-bound."
    );
    assert!(!topics(&said(vec![bounded(64, 150.0, None)])).contains(&"Memory-bound"));
}

#[test]
fn a_drop_is_named_where_it_is_more_than_noise() {
    let line = |ci: f64| -> Vec<Row> {
        (1..=42)
            .map(|i| {
                let mut row = row(i * 64, if i == 22 { 560.0 } else { 700.0 });
                row.timing =
                    row.timing.map(|t| hovera_core::Timing { ci_us: t.median_us.map(|us| us * ci), ..t });
                row
            })
            .collect()
    };
    assert_eq!(
        sentence(&said(line(0.002)), "Largest drops"),
        "The largest losses from one size of a line to the next: h/a = 64 falls by 20.0 %, from 700 to 560 \
         TFLOP/s, between the hidden sizes 16128 and 16896 (head dims 1344 and 1408)."
    );
    assert!(!topics(&said(line(0.1))).contains(&"Largest drops"));
}

fn said_of_file(results: &Results) -> Vec<Statement> {
    of_file(results)
}

#[test]
fn an_interval_as_wide_as_its_time_is_counted_and_not_given() {
    let mut rows: Vec<Row> = [64, 128, 192].map(|d| row(d, 100.0)).to_vec();
    rows[1].timing =
        rows[1].timing.map(|t| hovera_core::Timing { ci_us: t.median_us.map(|us| us * 50.0), ..t });
    let said = sentence(&said_of_file(&results(rows)), "Noise");
    assert!(said.contains("in the median of 2 points and ±0.200 % at worst."), "{said}");
    assert!(said.ends_with(" 1 point has launches so far apart that their median is not known."), "{said}");
}

#[test]
fn a_sweep_that_was_stopped_says_how_many_of_how_many() {
    let name = "recorded/nvidia-h100-80gb-hbm3/attention-a12.csv";
    let path = format!("{}/../../sweeps/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut recorded = Results::parse(name, std::fs::read(path).unwrap()).unwrap();
    let all = recorded.rows.len();
    assert_eq!(sentence(&said_of_file(&recorded), "Points"), format!("All {all} points were measured."));
    recorded.rows.truncate(12);
    let unfinished = format!("The sweep is not finished: the file has 12 of the sweep's {all} points.");
    assert_eq!(sentence(&said_of_file(&recorded), "Points"), format!("{unfinished} These 12 were measured."));
    recorded.rows[0] = lost(64, Status::Failed, "memory <b>");
    recorded.rows[0].point = recorded.rows[1].point;
    recorded.rows.swap_remove(1);
    let said = sentence(&said_of_file(&recorded), "Points");
    assert!(
        said.contains("the file has 11 of the sweep's") && said.contains("Of 11 points, 1 failed"),
        "{said}"
    );
    assert!(said.contains("“memory <b>” (1)"), "notes stay quotes: {said}");
}

#[test]
fn what_is_missing_is_counted_with_its_reasons_as_quotes() {
    let all = results(vec![row(64, 1.0), row(128, 1.0)]);
    assert_eq!(sentence(&said_of_file(&all), "Points"), "All 2 points were measured.");
    let some = results(vec![
        row(64, 1.0),
        lost(128, Status::Failed, "wrong result"),
        lost(192, Status::Skipped, "memory <b>"),
        lost(256, Status::Skipped, "memory <b>"),
    ]);
    assert_eq!(
        sentence(&said_of_file(&some), "Points"),
        "Of 4 points, 1 failed and 2 were skipped: they are in no chart. The most common reasons: “memory <b>” (2), \
         “wrong result” (1)."
    );
}

#[test]
fn noise_clock_and_drift_are_said_in_numbers() {
    let mut rows: Vec<Row> = [64, 128, 192].map(|d| row(d, 100.0)).to_vec();
    rows[1].status = Status::Noisy;
    rows[1].timing =
        rows[1].timing.map(|t| hovera_core::Timing { ci_us: t.median_us.map(|us| us * 0.03), ..t });
    rows[2].telemetry.sm_clock_mhz = Some(1900.0);
    for row in &mut rows {
        row.telemetry.throttle = Some("none".into());
    }
    rows[0].telemetry.throttle = Some("sw_power_cap".into());
    let mut results = results(rows);
    let point = "score <i>".to_owned();
    results.sessions.push(Session {
        points: 3,
        wall_seconds: 35.4,
        sentinel: vec![Sentinel {
            point,
            at_seconds: vec![0.0, 35.0],
            time_us: vec![100.0, 101.0],
            invariant: vec![1.0, 1.0],
            time_drift: 0.01,
            invariant_drift: 0.001,
        }],
        ..Session::default()
    });
    let said = said_of_file(&results);
    assert_eq!(
        sentence(&said, "Noise"),
        "The 95 % interval of the time of a point is ±0.200 % in the median of 3 points and ±3.00 % at worst. \
         At one SM clock, 1 point missed the target of 0.500 % and is marked noisy."
    );
    assert_eq!(
        sentence(&said, "SM clock"),
        "The true SM clock ran from 1500 MHz (score, h/a = 64, hidden size 768) to 1900 MHz (score, h/a = 64, \
         hidden size 2304) over 3 points, with a median of 1500 MHz. The card reported a reason to hold its clock \
         back at 1 of 3 points."
    );
    assert_eq!(
        sentence(&said, "Drift"),
        "One shape, “score <i>”, was measured 2 times over the 35 s of a run: its time moved by 1.00 %. \
         At one SM clock it would have moved by 0.100 %."
    );
}

#[test]
fn a_note_as_long_as_a_file_is_shortened() {
    let endless = results(vec![lost(64, Status::Failed, &"x".repeat(1_000_000))]);
    let said = sentence(&said_of_file(&endless), "Points");
    assert!(said.len() < 400, "{} bytes", said.len());
    assert!(said.contains(&excerpt(&"x".repeat(300), 200)));
}

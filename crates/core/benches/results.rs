//! Results files, written and read: of the full sweep, and of a merge of many. The numbers are made up.

// A benchmark fails by panicking.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use hovera_core::{Engine, Plan, Results, Row, Software, SweepSpec, Telemetry, Timing, made_up};

/// The rows of the full sweep, of about eighteen of them, and of as many imports as somebody may merge.
const ROWS: [usize; 3] = [5460, 100_000, 1_000_000];

/// 1,310,400 points, of which a benchmark takes as many as it wants.
const SPEC: &str = r#"
name = "made-up"
dtype = ["f16", "bf16"]
layout = ["nn", "nt"]
engine = ["cublas", "cublaslt", "tuned"]
heads = 12
batch = [1, 2, 4, 8, 16]
head_dim = { from = 1, to = 2730 }
method.pacing = ["none", "burst"]
method.cache = ["hot", "cold"]
"#;

fn main() {
    divan::main();
}

#[divan::bench(args = ROWS, max_time = 3)]
fn write(bencher: Bencher<'_, '_>, rows: usize) {
    let results = results(rows);
    bencher
        .counter(ItemsCount::new(rows))
        .counter(BytesCount::of_str(&results.to_csv()))
        .bench(|| results.to_csv());
}

#[divan::bench(args = ROWS, max_time = 3)]
fn read(bencher: Bencher<'_, '_>, rows: usize) {
    let file = results(rows).to_csv();
    bencher
        .counter(ItemsCount::new(rows))
        .counter(BytesCount::of_str(&file))
        .bench(|| Results::parse("made-up.csv", divan::black_box(&file)).unwrap());
}

fn results(rows: usize) -> Results {
    let spec = SweepSpec::parse("made-up.toml", SPEC).unwrap();
    let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
    let rows = plan.points()[..rows].iter().map(|&point| {
        let median_us = 5.0 + point.flop() as f64 / 617e6;
        Row {
            timing: Some(Timing {
                samples: Some(8),
                min_us: Some(median_us * 0.997),
                median_us: Some(median_us),
                mean_us: Some(median_us * 1.001),
                max_us: Some(median_us * 1.013),
                ci_us: Some(median_us * 0.0021),
                cycles_median: Some(median_us * 1703.25),
                second: None,
            }),
            telemetry: Telemetry {
                sm_clock_mhz: Some(1703.25),
                nvml_clock_mhz: Some(1695),
                power_w: Some(655.371),
                temp_c: Some(57),
                throttle: Some("sw_power_cap".into()),
                ..Telemetry::default()
            },
            ..made_up::row_of(point).build()
        }
    });
    let software = Software { gemm: "made up".into(), ..Software::default() };
    Results {
        front_matter: made_up::front_matter_of(&spec, software, vec![made_up::gpu("Made-Up 100")]),
        rows: rows.collect(),
        sessions: Vec::new(),
    }
}

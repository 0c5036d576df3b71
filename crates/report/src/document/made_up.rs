//! Results for tests. No number here was measured.

use super::results_file::ResultsFile;
use hovera_core::{
    Gemm, Method, ModelSizes, Op, Pacing, Results, Row, Source, Stat, Status, Telemetry, Timing, made_up,
};

/// A row of `score` at a = 12, b = 4, s = 2048 in f16, at so many TFLOP/s and 1500 MHz, known to ±0.2 %.
pub(super) fn row(head_dim: u64, tflops: f64) -> Row {
    made_up::row(Op::Score, head_dim).tflops(tflops).clock_mhz(1500.0).interval(0.002).build()
}

/// A row without a time.
pub(super) fn lost(head_dim: u64, status: Status, note: &str) -> Row {
    made_up::row(Op::Score, head_dim).lost(status, note)
}

/// Those rows on an H100.
pub(super) fn results(rows: Vec<Row>) -> Results {
    let mut results = made_up::results(made_up::h100(), rows);
    results.front_matter.sweep.spec = "name = \"made-up\"\n".into();
    results
}

/// Those rows as another program's: the slowest of 99 launches each, and nothing more.
pub(super) fn imported(rows: Vec<Row>) -> Results {
    let mut results = results(rows);
    results.front_matter.source = Some(Source {
        origin: Some("somebody's <benchmark>".into()),
        licence: Some("Apache-2.0".into()),
        file: "h_sweep.out".into(),
        format: "cookbook".into(),
        dated: None,
    });
    results.front_matter.device[0].name = "NVIDIA A100-SXM4-40GB".into();
    results.front_matter.method = Method {
        pacing: "none".into(),
        timer: "host".into(),
        stat: Stat::Max,
        data: "standard normal".into(),
        ..Method::default()
    };
    for row in &mut results.rows {
        row.timing = row.timing.and_then(|t| Some(Timing::only(Stat::Max, t.median_us?, Some(99))));
        row.telemetry = Telemetry::default();
        row.point.pacing = Pacing::None;
    }
    results
}

/// A product that is in no chart.
pub(super) fn other_product(op: Op, gemm: (u64, u64, u64, u64)) -> Row {
    let mut row = row(64, 1.0);
    row.point.op = op;
    row.point.gemm = Gemm::new(gemm.0, gemm.1, gemm.2, gemm.3).unwrap();
    if !op.is_of_layer() {
        row.point.model = ModelSizes::default();
    }
    row
}

/// The file of some results.
pub(super) fn file(results: &Results) -> ResultsFile {
    ResultsFile::parse("made-up.csv", "made-up.csv", results.to_csv().as_bytes()).unwrap()
}

/// Multiples of 64 that rise to some 700 TFLOP/s at head dim 640 and hardly more from there, and odd head
/// dims that have 140 everywhere.
pub(super) fn two_lines() -> Vec<Row> {
    let aligned = (1..=42).map(|i| {
        let d = f64::from(i) * 64.0;
        row(u64::from(i as u32) * 64, (700.0 + d / 1000.0) * (d / 640.0).min(1.0))
    });
    aligned.chain((0..64).map(|i| row(1 + 42 * i, 140.0))).collect()
}

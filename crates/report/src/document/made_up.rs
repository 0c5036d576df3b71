//! Results for tests. No number here was measured.

use super::results_file::ResultsFile;
use hovera_core::{
    AttentionShape, Batch, Cache, Device, Dtype, Engine, FrontMatter, Gemm, HeadDim, Heads, Kernel, Layout,
    Method, MethodSpec, Op, Pacing, Point, Results, Row, Seq, Software, Source, Stat, Status, SweepInfo,
    Telemetry, Timer, Timing,
};

/// A row of `score` at a = 12, b = 4, s = 2048 in f16, at so many TFLOP/s and 1500 MHz, known to ±0.2 %.
pub(super) fn row(head_dim: u64, tflops: f64) -> Row {
    let shape = AttentionShape::from_head_dim(
        Heads::new(12).unwrap(),
        Batch::new(4).unwrap(),
        Seq::new(2048).unwrap(),
        HeadDim::new(head_dim).unwrap(),
    )
    .unwrap();
    let point = Point {
        op: Op::Score,
        dtype: Dtype::F16,
        layout: Layout::Nn,
        engine: Engine::Cublas,
        pacing: Pacing::Burst,
        cache: Cache::Hot,
        layer: Some(shape),
        gemm: shape.gemm(Op::Score).unwrap(),
    };
    let us = point.flop() as f64 / tflops / 1e6;
    let timing = Timing {
        samples: Some(8),
        min_us: Some(us),
        median_us: Some(us),
        mean_us: Some(us),
        max_us: Some(us),
        ci_us: Some(us * 0.002),
        cycles_median: Some(us * 1500.0),
    };
    Row {
        point,
        device: 0,
        timing: Some(timing),
        telemetry: Telemetry { sm_clock_mhz: Some(1500.0), ..Telemetry::default() },
        kernel: Kernel::default(),
        status: Status::Ok,
        note: String::new(),
        bound: None,
    }
}

/// A row without a time.
pub(super) fn lost(head_dim: u64, status: Status, note: &str) -> Row {
    Row { timing: None, telemetry: Telemetry::default(), status, note: note.to_owned(), ..row(head_dim, 1.0) }
}

/// Those rows on an H100.
pub(super) fn results(rows: Vec<Row>) -> Results {
    let front_matter = FrontMatter {
        started: "2026-01-01T00:00:00Z".into(),
        source: None,
        sweep: SweepInfo {
            name: "made-up".into(),
            spec_hash: "0".into(),
            spec: "name = \"made-up\"\n".into(),
            shard: None,
        },
        method: MethodSpec::default().front_matter(Timer::Event, "standard normal"),
        software: Software { gemm: "made up".into(), ..Software::default() },
        device: vec![Device {
            name: "NVIDIA H100 80GB HBM3".into(),
            backend: "cuda".into(),
            sm_count: Some(132),
            ..Device::default()
        }],
    };
    Results { front_matter, rows, sessions: Vec::new() }
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
    row.point.layer = row.point.layer.filter(|_| op.is_of_layer());
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

//! A results file of an H100. No number here was measured.

use hovera_core::{
    AttentionShape, Batch, Cache, Device, Dtype, Engine, FrontMatter, HeadDim, Heads, Kernel, Layout,
    MethodSpec, Op, Pacing, Point, Results, Row, Seq, Software, Status, SweepInfo, Telemetry, Timer, Timing,
};

/// A row of a = 12, b = 4, s = 2048 in f16, at so many TFLOP/s and 1500 MHz.
pub(crate) fn row(op: Op, head_dim: u64, engine: Engine, tflops: f64) -> Row {
    let shape = AttentionShape::from_head_dim(
        Heads::new(12).unwrap(),
        Batch::new(4).unwrap(),
        Seq::new(2048).unwrap(),
        HeadDim::new(head_dim).unwrap(),
    )
    .unwrap();
    let point = Point {
        op,
        dtype: Dtype::F16,
        layout: Layout::Nn,
        engine,
        pacing: Pacing::Burst,
        cache: Cache::Hot,
        layer: Some(shape),
        gemm: shape.gemm(op).unwrap(),
    };
    let us = point.flop() as f64 / tflops / 1e6;
    Row {
        point,
        device: 0,
        timing: Some(Timing {
            samples: Some(8),
            min_us: Some(us),
            median_us: Some(us),
            mean_us: Some(us),
            max_us: Some(us),
            ci_us: Some(us * 0.002),
            cycles_median: Some(us * 1500.0),
        }),
        telemetry: Telemetry { sm_clock_mhz: Some(1500.0), ..Telemetry::default() },
        kernel: Kernel::default(),
        status: Status::Ok,
        note: String::new(),
        bound: None,
    }
}

/// The file of some rows.
pub(crate) fn file(rows: Vec<Row>) -> String {
    let front_matter = FrontMatter {
        started: "2026-01-01T00:00:00Z".into(),
        sweep: SweepInfo { name: "made-up".into(), spec_hash: "0".into(), spec: String::new(), shard: None },
        source: None,
        method: MethodSpec::default().front_matter(Timer::Event, "standard normal"),
        software: Software { gemm: "made up".into(), ..Software::default() },
        device: vec![Device {
            name: "NVIDIA H100 80GB HBM3".into(),
            backend: "cuda".into(),
            sm_count: Some(132),
            ..Device::default()
        }],
    };
    Results { front_matter, rows, sessions: Vec::new() }.to_csv()
}

/// Both ops, five head dims, two engines.
pub(crate) fn two_engines() -> String {
    let engines = [(Engine::Cublas, 400.0), (Engine::Tuned, 500.0)];
    let rows = engines.into_iter().flat_map(|(engine, tflops)| {
        [Op::Score, Op::Values]
            .into_iter()
            .flat_map(move |op| [1, 2, 64, 520, 1024].map(|head_dim| row(op, head_dim, engine, tflops)))
    });
    file(rows.collect())
}

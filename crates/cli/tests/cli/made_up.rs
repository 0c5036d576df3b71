//! A results file of an H100. No number here was measured.

use hovera_core::{Engine, Op, Row, made_up};

/// A row of a = 12, b = 4, s = 2048 in f16, at so many TFLOP/s and 1500 MHz.
pub(crate) fn row(op: Op, head_dim: u64, engine: Engine, tflops: f64) -> Row {
    made_up::row(op, head_dim).engine(engine).tflops(tflops).clock_mhz(1500.0).interval(0.002).build()
}

/// The file of some rows.
pub(crate) fn file(rows: Vec<Row>) -> String {
    made_up::results(made_up::h100(), rows).to_csv()
}

/// The file of the same rows as a model says them.
pub(crate) fn predicted(rows: Vec<Row>) -> String {
    made_up::predicted(made_up::results(made_up::h100(), rows)).to_csv()
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

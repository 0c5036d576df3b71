//! Points, rows and files for tests and benchmarks. No number here was measured.
//!
//! Only the feature `made-up` has it, which dev-dependencies enable: it is no part of the program.
//!
//! ```
//! use hovera_core::{Op, made_up};
//! let row = made_up::row(Op::Score, 64).tflops(400.0).clock_mhz(1500.0).build();
//! assert_eq!(row.point.layer().unwrap().hidden().get(), 12 * 64);
//! let results = made_up::results(made_up::h100(), vec![row]);
//! assert_eq!(hovera_core::Results::parse("a.csv", results.to_csv()).unwrap(), results);
//! ```

use crate::results::Results;
use crate::results::front_matter::{Device, FrontMatter, Software, SweepInfo};
use crate::results::prediction::{Prediction, PredictionInfo, Tier};
use crate::results::row::Row;
use crate::results::second_speed::SecondSpeed;
use crate::results::telemetry::Telemetry;
use crate::results::timing::Timing;
use crate::shape::attention::AttentionShape;
use crate::shape::dimension::{Batch, HeadDim, Heads, Seq, SeqKey};
use crate::shape::gemm::Gemm;
use crate::shape::model::ModelSizes;
use crate::shape::op::{Op, Pass};
use crate::shape::point::Point;
use crate::shape::product::Product;
use crate::shape::vocabulary::{Cache, Dtype, Engine, Layout, Mask, Pacing, Status, Timer};
use crate::sweep::spec::{MethodSpec, SweepSpec};
use crate::sweep::timers::Timers;

/// A layer by its heads a, batch b, sequence s and head dim.
///
/// # Panics
/// When there can be none of these sizes.
#[must_use]
pub fn layer((heads, batch, seq, head_dim): (u64, u64, u64, u64)) -> AttentionShape {
    let legal = "sizes of a layer";
    AttentionShape::from_head_dim(
        Heads::new(heads).expect(legal),
        Batch::new(batch).expect(legal),
        Seq::new(seq).expect(legal),
        HeadDim::new(head_dim).expect(legal),
    )
    .expect(legal)
}

/// The layer of the published charts, a = 12, b = 4, s = 2048, at one head dim.
///
/// # Panics
/// As [`layer`].
#[must_use]
pub fn published_layer(head_dim: u64) -> AttentionShape {
    layer((12, 4, 2048, head_dim))
}

/// A product of [`published_layer`].
///
/// # Panics
/// As [`point_of_layer`].
#[must_use]
pub fn point(op: Op, head_dim: u64) -> Point {
    point_of_layer(op, published_layer(head_dim))
}

/// A product of a layer: f16, `nn`, by `cublas`, in bursts, with hot caches.
///
/// # Panics
/// For an op that is not of attention.
#[must_use]
pub fn point_of_layer(op: Op, layer: AttentionShape) -> Point {
    let gemm = layer.gemm(op).expect("an op of attention");
    Point { model: layer.into(), ..with_gemm(op, gemm) }
}

/// A product of no layer, by gemm_batch, m, n and k; else as [`point_of_layer`].
///
/// # Panics
/// When there can be none of these sizes.
#[must_use]
pub fn product(op: Op, (gemm_batch, m, n, k): (u64, u64, u64, u64)) -> Point {
    with_gemm(op, Gemm::new(gemm_batch, m, n, k).expect("sizes of a product"))
}

/// A softmax of scores by heads a, batch b, queries s and keys t: f16, by `cudnn`; else as [`point_of_layer`].
///
/// # Panics
/// When there can be none of these sizes.
#[must_use]
pub fn softmax((heads, batch, seq, seq_key): (u64, u64, u64, u64)) -> Point {
    let legal = "sizes of scores";
    let sizes = ModelSizes {
        heads: Some(Heads::new(heads).expect(legal)),
        batch: Some(Batch::new(batch).expect(legal)),
        seq: Some(Seq::new(seq).expect(legal)),
        seq_key: Some(SeqKey::new(seq_key).expect(legal)),
        ..ModelSizes::default()
    };
    let Product { op, model, gemm, .. } = Product::of_model(Op::Softmax, Pass::Forward, &sizes).expect(legal);
    Point { model, engine: Engine::Cudnn, ..with_gemm(op, gemm) }
}

fn with_gemm(op: Op, gemm: Gemm) -> Point {
    Point {
        op,
        pass: Pass::Forward,
        mask: Mask::None,
        dtype: Dtype::F16,
        layout: Layout::Nn,
        engine: Engine::Cublas,
        pacing: Pacing::Burst,
        cache: Cache::Hot,
        model: ModelSizes::default(),
        gemm,
    }
}

/// The row of [`point`].
///
/// # Panics
/// As [`point`].
pub fn row(op: Op, head_dim: u64) -> RowBuilder {
    row_of(point(op, head_dim))
}

/// A row of that point: eight launches that all took as long as 100 TFLOP/s take.
pub fn row_of(point: Point) -> RowBuilder {
    RowBuilder {
        point,
        time_us: time_us(&point, 100.0),
        spread: 1.0,
        interval: None,
        clock_mhz: None,
        second: None,
    }
}

fn time_us(point: &Point, tflops: f64) -> f64 {
    point.flop() as f64 / tflops / 1e6
}

/// A row in the making, see [`row`] and [`row_of`].
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct RowBuilder {
    point: Point,
    time_us: f64,
    spread: f64,
    interval: Option<f64>,
    clock_mhz: Option<f64>,
    second: Option<SecondSpeed>,
}

impl RowBuilder {
    /// What computed it.
    pub fn engine(self, engine: Engine) -> RowBuilder {
        RowBuilder { point: Point { engine, ..self.point }, ..self }
    }

    /// The median time in µs.
    pub fn time_us(self, time_us: f64) -> RowBuilder {
        RowBuilder { time_us, ..self }
    }

    /// The median time as a throughput in TFLOP/s.
    pub fn tflops(self, tflops: f64) -> RowBuilder {
        self.time_us(time_us(&self.point, tflops))
    }

    /// The fastest launch is so many times as fast as the median one, the slowest so many times as slow.
    pub fn spread(self, spread: f64) -> RowBuilder {
        RowBuilder { spread, ..self }
    }

    /// Half the width of the median's interval, as a fraction of it. None without.
    pub fn interval(self, fraction: f64) -> RowBuilder {
        RowBuilder { interval: Some(fraction), ..self }
    }

    /// The SM clock of every launch in MHz. Neither clock nor cycles without.
    pub fn clock_mhz(self, clock_mhz: f64) -> RowBuilder {
        RowBuilder { clock_mhz: Some(clock_mhz), ..self }
    }

    /// So large a share of the launches takes so many times as long as the median of the others.
    pub fn second_speed(self, factor: f64, share: f64) -> RowBuilder {
        RowBuilder { second: Some(SecondSpeed { time_us: self.time_us * factor, share }), ..self }
    }

    /// The row, measured.
    #[must_use]
    pub fn build(self) -> Row {
        let timing = Timing {
            samples: Some(8),
            min_us: Some(self.time_us / self.spread),
            median_us: Some(self.time_us),
            mean_us: Some(self.time_us),
            max_us: Some(self.time_us * self.spread),
            ci_us: self.interval.map(|fraction| self.time_us * fraction),
            cycles_median: self.clock_mhz.map(|clock_mhz| self.time_us * clock_mhz),
            second: self.second,
        };
        Row {
            timing: Some(timing),
            telemetry: Telemetry { sm_clock_mhz: self.clock_mhz, ..Telemetry::default() },
            ..self.lost(Status::Ok, "")
        }
    }

    /// The row without a time, and why.
    #[must_use]
    pub fn lost(self, status: Status, note: &str) -> Row {
        Row::bare(self.point, 0, status, note.to_owned())
    }
}

/// A GPU of which no more is known than its name.
#[must_use]
pub fn gpu(name: &str) -> Device {
    Device { name: name.to_owned(), backend: "cuda".to_owned(), ..Device::default() }
}

/// A GPU that has a datasheet.
#[must_use]
pub fn h100() -> Device {
    Device { sm_count: Some(132), ..gpu("NVIDIA H100 80GB HBM3") }
}

/// The head of a file of a sweep by that method which has no spec.
#[must_use]
pub fn front_matter(method: &MethodSpec, software: Software, device: Vec<Device>) -> FrontMatter {
    FrontMatter {
        started: "2026-01-01T00:00:00Z".to_owned(),
        sweep: SweepInfo {
            name: "made-up".to_owned(),
            spec_hash: "0".to_owned(),
            spec: String::new(),
            shard: None,
        },
        source: None,
        prediction: None,
        method: method.front_matter(Timers::one(Timer::Event), &[], "standard normal"),
        software,
        device,
        convention: Vec::new(),
        model: Vec::new(),
    }
}

/// The head of a file of that sweep.
#[must_use]
pub fn front_matter_of(spec: &SweepSpec, software: Software, device: Vec<Device>) -> FrontMatter {
    FrontMatter {
        sweep: SweepInfo {
            name: spec.name().to_owned(),
            spec_hash: spec.canonical_hash(),
            spec: spec.text().to_owned(),
            shard: None,
        },
        ..front_matter(spec.method(), software, device)
    }
}

/// A file of those rows, by the default method on that card.
#[must_use]
pub fn results(device: Device, rows: Vec<Row>) -> Results {
    let software = Software { gemm: "made up".to_owned(), ..Software::default() };
    let front_matter = front_matter(&MethodSpec::default(), software, vec![device]);
    Results { front_matter, rows, sessions: Vec::new() }
}

/// The same file as a model says it: each row with a time is predicted, its interval from a tenth less to a quarter more.
#[must_use]
pub fn predicted(mut results: Results) -> Results {
    let stat = results.stat();
    for row in &mut results.rows {
        let Some(time_us) = row.timing.and_then(|timing| timing.time_us(stat)) else { continue };
        row.timing = Some(Timing::only(stat, time_us, None));
        row.telemetry = Telemetry::default();
        row.status = Status::Predicted;
        row.prediction =
            Some(Prediction { low_us: time_us * 0.9, high_us: time_us * 1.25, tier: Tier::Family });
    }
    results.front_matter.prediction = Some(PredictionInfo {
        card: "Made-Up 90".to_owned(),
        library: "cuBLAS 13".to_owned(),
        points: 60,
        coverage: 0.8,
    });
    results
}

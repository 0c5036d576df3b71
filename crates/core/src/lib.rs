//! The plain-data heart of hovera: what an attention GEMM is, what it costs, which of them a sweep
//! measures, and what came of it. No device, no clock; threads only to read and write
//! files of many rows.

#![forbid(unsafe_code)]

#[cfg(feature = "made-up")]
pub mod made_up;
mod model;
mod results;
mod shape;
mod split_mix;
mod statistics;
mod sweep;
mod words;

pub use model::cost::{ASSUMED_GPU, BURST_S, CostModel, LaunchTimes, POINT_S, Processor};
pub use model::curve::{Curve, NEAR};
pub use model::datasheet::Datasheet;
pub use model::pacing::{Pacer, Peaks};
pub use model::procedure;
pub use model::sentinel::sentinel_of;
pub use results::bound::Bound;
pub use results::file_kind::FileKind;
pub use results::front_matter::difference::{Difference, Subject};
pub use results::front_matter::model::{ModelInfo, ModelSection};
pub use results::front_matter::{Convention, Device, FrontMatter, Method, Software, Source, SweepInfo};
pub use results::kernel::Kernel;
pub use results::kernel_launch::{CallLaunches, Extent, KernelLaunch};
pub use results::kernel_name::{Generation, KernelTraits};
pub use results::merge::{Merge, MergeError, Merged};
pub use results::origin::Origin;
pub use results::prediction::{Prediction, PredictionInfo, Tier};
pub use results::readings::{Reading, Readings};
pub use results::row::Row;
pub use results::second_speed::SecondSpeed;
pub use results::session::{Sentinel, Session, Settling};
pub use results::telemetry::Telemetry;
pub use results::timing::Timing;
pub use results::{
    Column, FORMAT, Results, ResultsError, TornTail, Value, clean_text, write_header, write_header_after,
    write_row, write_trailer,
};
pub use shape::alignment::{Alignment, Operand, VECTOR_BYTES};
pub use shape::attention::{AttentionShape, ShapeError};
pub use shape::dimension::{
    Batch, DimensionError, Ffn, HeadDim, HeadDimV, Heads, Hidden, KvHeads, MAX_DIMENSION, Seq, SeqKey,
    TensorParallel, Vocab,
};
pub use shape::gemm::Gemm;
pub use shape::model::ModelSizes;
pub use shape::op::{Op, Pass, Products, Side, Work};
pub use shape::point::{Misfit, Point, PointOrder};
pub use shape::product::{Adjustment, FUSED_ROW_BYTES, Product, ProductError, SOFTMAX_FLOP, narrow_rows};
pub use shape::series::Series;
pub use shape::vocabulary::{Cache, Dtype, Engine, Layout, Mask, Pacing, Stat, Status, Timer};
pub use split_mix::SplitMix64;
pub use statistics::{
    MIN_SAMPLES_FOR_INTERVAL, NORMAL_DEVIATIONS_PER_MAD, median, median_absolute_deviation,
    median_ci_half_width_of_strata, median_interval_ranks, median_of, relative_ci_of_strata,
};
pub use sweep::plan::{Plan, Split};
pub use sweep::shard::{Shard, ShardError};
pub use sweep::spec::{IdleRule, MAX_POINTS, MethodSpec, Order, Preset, Remainder, SpecError, SweepSpec};
pub use sweep::stretch::{Load, Size, Stretch};
pub use sweep::timers::Timers;
pub use words::excerpt::excerpt;
pub use words::nearest_word::nearest_word;
pub use words::percent::{change_in_percent, in_percent, percent};
pub use words::shared::SharedText;
pub use words::text::{ByteOrder, Looks, NotText, text, text_bytes, without_mark};
pub use words::text_enum::{UnknownWord, WordVisitor};

//! The plain-data heart of hovera: what an attention GEMM is, what it costs, which of them a sweep
//! measures, and what came of it. No device, no clock, no threads.

#![forbid(unsafe_code)]

mod bound;
mod clock_response;
mod datasheet;
mod dimension;
mod explain;
mod file_kind;
mod front_matter;
mod gemm;
mod merge;
mod metric;
mod plan;
mod point;
mod readings;
mod results;
mod row;
mod series;
mod session;
mod shape;
mod shard;
mod spec;
mod statistics;
mod stretch;
mod table;
mod text_enum;
mod vocabulary;

pub use bound::{Bound, relative_ci};
pub use clock_response::ClockResponse;
pub use datasheet::Datasheet;
pub use dimension::{Batch, DimensionError, HeadDim, Heads, Hidden, MAX_DIMENSION, Seq};
pub use explain::{
    Alignment, ExplainError, Explanation, Neighbour, Operand, Selection, Tiling, VECTOR_BYTES,
};
pub use file_kind::FileKind;
pub use front_matter::{Device, FrontMatter, Method, Software, Source, SweepInfo};
pub use gemm::Gemm;
pub use merge::{Merge, MergeError, Merged};
pub use metric::{Card, Metric, Missing};
pub use plan::{Plan, Split};
pub use point::{Misfit, Point};
pub use readings::{Reading, Readings};
pub use results::{
    Column, Results, ResultsError, TornTail, write_header, write_header_after, write_row, write_trailer,
};
pub use row::{Kernel, Row, Stat, Telemetry, Timing};
pub use series::Series;
pub use session::{Sentinel, Session, Settling};
pub use shape::{AttentionShape, ShapeError};
pub use shard::{Shard, ShardError};
pub use spec::{IdleRule, MAX_POINTS, MethodSpec, Order, Preset, Remainder, SpecError, SweepSpec};
pub use statistics::{
    MIN_SAMPLES_FOR_INTERVAL, NORMAL_95, NORMAL_DEVIATIONS_PER_MAD, benjamini_hochberg, mean_deviation,
    median, median_absolute_deviation, median_ci_half_width, median_interval_ranks, normal_upper_tail,
    student_quantile, student_upper_tail,
};
pub use stretch::{Load, Stretch};
pub use text_enum::UnknownWord;
pub use vocabulary::{Cache, Dtype, Engine, Layout, Op, Pacing, Status, Timer};

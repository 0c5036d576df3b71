//! The plain-data heart of hovera: what an attention GEMM is, what it costs, which of them a sweep
//! measures, and what came of it. No device, no clock, no threads.

#![forbid(unsafe_code)]

mod datasheet;
mod dimension;
mod explain;
mod file_kind;
mod front_matter;
mod gemm;
mod metric;
mod plan;
mod point;
mod readings;
mod results;
mod row;
mod series;
mod shape;
mod spec;
mod statistics;
mod table;
mod text_enum;
mod vocabulary;

pub use datasheet::Datasheet;
pub use dimension::{Batch, DimensionError, HeadDim, Heads, Hidden, MAX_DIMENSION, Seq};
pub use explain::{
    Alignment, ExplainError, Explanation, Neighbour, Operand, Selection, Tiling, VECTOR_BYTES,
};
pub use file_kind::FileKind;
pub use front_matter::{Device, FrontMatter, Method, Software, SweepInfo};
pub use gemm::Gemm;
pub use metric::{Card, Metric, Missing};
pub use plan::Plan;
pub use point::Point;
pub use readings::{Reading, Readings};
pub use results::{Column, Results, ResultsError, TornTail, write_header, write_row};
pub use row::{Kernel, Row, Stat, Telemetry, Timing};
pub use series::Series;
pub use shape::{AttentionShape, ShapeError};
pub use spec::{MAX_POINTS, MethodSpec, Remainder, SpecError, SweepSpec};
pub use statistics::{MIN_SAMPLES_FOR_INTERVAL, median, median_ci_half_width, median_interval_ranks};
pub use text_enum::UnknownWord;
pub use vocabulary::{Cache, Dtype, Engine, Layout, Op, Pacing, Status, Timer};

//! The plain-data heart of hovera: what an attention GEMM is, what it costs, which of them a sweep
//! measures, and what came of it. No device, no clock, no threads.

#![forbid(unsafe_code)]

mod dimension;
mod front_matter;
mod gemm;
mod point;
mod row;
mod series;
mod shape;
mod text_enum;
mod vocabulary;

pub use dimension::{Batch, DimensionError, HeadDim, Heads, Hidden, MAX_DIMENSION, Seq};
pub use front_matter::{Device, FrontMatter, Method, Software, SweepInfo};
pub use gemm::Gemm;
pub use point::Point;
pub use row::{Kernel, Row, Stat, Telemetry, Timing};
pub use series::Series;
pub use shape::{AttentionShape, ShapeError};
pub use text_enum::UnknownWord;
pub use vocabulary::{Cache, Dtype, Engine, Layout, Op, Pacing, Status};

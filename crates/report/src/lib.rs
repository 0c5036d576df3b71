//! Benchmark results against benchmark results: ratios with intervals, what may be said of them, and the
//! report that says it.

#![forbid(unsafe_code)]

mod comparison;
mod document;

pub use document::{OutputFile, Report, ReportError, Source};

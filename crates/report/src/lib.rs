//! Benchmark results against benchmark results: ratios with intervals, what may be said of them, and the
//! report that says it.

#![forbid(unsafe_code)]

mod comparison;
mod document;

pub use comparison::{
    Across, CardReadings, CardScore, CompareError, CompareOptions, Comparison, Deviation, Fleet,
    FleetBuilder, FleetError, FleetOptions, GroupScore, PointComparison, Ratio, Side, Slower, Source,
    Summary, Thresholds, Unmatched, Verdict, WhyNot,
};
pub use document::{OutputFile, Report, ReportError, ResultsFile};

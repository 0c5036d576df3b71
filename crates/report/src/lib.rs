//! Benchmark results against benchmark results: ratios with intervals, and what may be said of them.

#![forbid(unsafe_code)]

mod comparison;

pub use comparison::{
    Across, CardReadings, CardScore, CompareError, CompareOptions, Comparison, Deviation, Fleet,
    FleetBuilder, FleetError, FleetOptions, GroupScore, PointComparison, Ratio, Side, Slower, Source,
    Summary, Thresholds, Unmatched, Verdict, WhyNot,
};

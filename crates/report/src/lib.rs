//! Benchmark results against benchmark results: ratios with intervals, what may be said of them, and the
//! report that says it.
//!
//! ```
//! use hovera_core::{Metric, Results};
//! use hovera_report::{CompareOptions, Comparison, Source, Verdict};
//!
//! // Two passes over the same 70 shapes on one H100.
//! let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sweeps/repeatability/nvidia-h100-80gb-hbm3");
//! let [first, second] = ["burst-1.csv", "burst-2.csv"].map(|name| {
//!     let bytes = std::fs::read(format!("{folder}/{name}")).expect("the file is in the repository");
//!     Results::parse(name, bytes).expect("hovera wrote it")
//! });
//! let sources = [("first", &first), ("second", &second)];
//! let sources = sources.map(|(name, results)| Source { name, results, device: None });
//! let options = CompareOptions { metric: Metric::TflopsAtClock, ..CompareOptions::default() };
//! let comparison = Comparison::of(&sources, &[], &options)?;
//! assert_eq!(comparison.points.len(), 70);
//! assert_eq!((comparison.count(1, Verdict::Faster), comparison.count(1, Verdict::Slower)), (0, 0));
//! assert!(comparison.summaries.iter().all(|summary| (summary.ratio.ratio - 1.0).abs() < 0.01));
//! # Ok::<(), hovera_report::CompareError>(())
//! ```

#![forbid(unsafe_code)]

mod comparison;
mod document;

pub use comparison::{
    Across, CardReadings, CardScore, CompareError, CompareOptions, Comparison, Deviation, Fleet,
    FleetBuilder, FleetError, FleetOptions, GroupScore, PointComparison, Ratio, Side, Slower, Source,
    Summary, Thresholds, Unmatched, Verdict, WhyNot,
};
pub use document::{OutputFile, Report, ReportError, ResultsFile};

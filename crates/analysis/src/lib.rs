//! What results mean, apart from drawing and saying: figures of merit of a row, what of two rows is compared
//! and by which rule, what may be said of their ratio, cards against their fleet, and why one point is as fast
//! as it is.
//!
//! ```
//! use hovera_analysis::{CompareOptions, Comparison, Metric, ComparedFile, Verdict};
//! use hovera_core::Results;
//!
//! // Two passes over the same 70 shapes on one H100.
//! let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sweeps/repeatability/nvidia-h100-80gb-hbm3");
//! let [first, second] = ["burst-1.csv", "burst-2.csv"].map(|name| {
//!     let bytes = std::fs::read(format!("{folder}/{name}")).expect("the file is in the repository");
//!     Results::parse(name, bytes).expect("hovera wrote it")
//! });
//! let sources = [("first", &first), ("second", &second)];
//! let sources = sources.map(|(name, results)| ComparedFile { name, results, device: None });
//! let options = CompareOptions { metric: Metric::TflopsAtClock, ..CompareOptions::default() };
//! let comparison = Comparison::of_sources(&sources, &[], &options)?;
//! assert_eq!(comparison.points.len(), 70);
//! assert_eq!((comparison.count(1, Verdict::Faster), comparison.count(1, Verdict::Slower)), (0, 0));
//! assert!(comparison.summaries.iter().all(|summary| (summary.ratio.ratio - 1.0).abs() < 0.01));
//! # Ok::<(), hovera_analysis::CompareError>(())
//! ```

#![forbid(unsafe_code)]

mod arrangement;
mod clock_response;
mod comparison;
mod completeness;
mod condition;
mod dimension;
mod explain;
mod kernel_family;
mod metric;
mod pair;
mod statistics;
mod two_speeds;

pub use arrangement::{Arrangement, ArrangementError, Placed, Wanted, arrange, spans_octaves};
pub use clock_response::ClockResponse;
pub use comparison::{
    Across, CardReadings, CardScore, CompareError, CompareOptions, ComparedFile, Comparison, Deviation,
    Fleet, FleetBuilder, FleetError, FleetOptions, GroupScore, Loss, Losses, Lost, PointComparison, Ratio,
    Side, Slower, Summary, Thresholds, TwoSpeeds, Unmatched, Unmeasured, Verdict, WhyNot, method_differences,
};
pub use completeness::Completeness;
pub use condition::{Aspect, AspectValue, Condition};
pub use dimension::{Dimension, Filter, FilterError, alignment};
pub use explain::{ExplainError, Explanation, Neighbour, Selection, SpeedCause, Speeds, Tiling};
pub use kernel_family::{KernelFamily, KernelGroup, abbreviated_kernel};
pub use metric::{Metric, Missing, RatedCard};
pub use pair::{Measured, PairValues, pair_values};

//! Why results were not compared.

use crate::metric::Missing;
use hovera_core::Stat;

/// Why results were not compared. Every message names the files and what would be right.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// Nothing to compare with.
    #[error("{label}: nothing to compare it with; want a second file, a file of several cards, or --across")]
    OneSide {
        /// The only side.
        label: String,
    },
    /// A file without rows.
    #[error("{file}: no rows to compare")]
    NoRows {
        /// The file.
        file: String,
    },
    /// A card that the file does not list.
    #[error("{file}: no card {device}; want 0 to {last}, an index into its [[device]] list")]
    NoDevice {
        /// The file.
        file: String,
        /// What was asked for.
        device: u32,
        /// The last card's index.
        last: usize,
    },
    /// Times that were taken in different ways.
    #[error(
        "{base} and {other} were measured by different methods: {}; \
         --mixed-methods compares them all the same", differences.join("; ")
    )]
    Methods {
        /// The one side.
        base: String,
        /// The other.
        other: String,
        /// Such as `timer is event and host`.
        differences: Vec<String>,
    },
    /// Rows that nobody measured.
    #[error("{file}: its rows are predicted, not measured; --predicted compares them all the same")]
    Predicted {
        /// The file.
        file: String,
    },
    /// Different times stand for the points.
    #[error(
        "the {base_stat} time stands for the points of {base} and the {other_stat} for those of {other}; want --stat"
    )]
    Stat {
        /// The one side.
        base: String,
        /// Its statistic.
        base_stat: Stat,
        /// The other.
        other: String,
        /// Its statistic.
        other_stat: Stat,
    },
    /// A metric that knows only medians.
    #[error("{metric} is of the median; {stat} goes with tflops")]
    StatOfMetric {
        /// The metric.
        metric: &'static str,
        /// What was asked for.
        stat: &'static str,
    },
    /// No point is in both.
    #[error("{base} and {other} have no point in common: {}", differences.join("; "))]
    NothingInCommon {
        /// The one side.
        base: String,
        /// The other.
        other: String,
        /// Such as `dtype is f16 and bf16 (--across dtype compares them)`.
        differences: Vec<String>,
    },
    /// Points are in both, but none has a value in both.
    #[error("{base} and {other} have points in common, but none with a value in both: {reason}")]
    NoValue {
        /// The one side.
        base: String,
        /// The other.
        other: String,
        /// Why the first of them has none.
        reason: String,
    },
    /// A threshold that cannot be.
    #[error("{name} = {value}: want {want}")]
    Threshold {
        /// Which.
        name: &'static str,
        /// What was asked for.
        value: f64,
        /// What would be right.
        want: &'static str,
    },
    /// The stated clock is not known.
    #[error("{label}: {missing}; want --at-clock")]
    Clock {
        /// The base.
        label: String,
        /// What is missing.
        missing: Missing,
    },
    /// Files that are not further runs of the base.
    #[error("{file}: not a further run of {base}: {reason}")]
    NoRepeat {
        /// The file.
        file: String,
        /// The base.
        base: String,
        /// What differs.
        reason: String,
    },
}

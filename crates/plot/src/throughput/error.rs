//! What was asked of charts that the data cannot give.

use super::options::Overlay;
use hovera_core::{Metric, Stat};

/// Charts that cannot be made of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// A metric that is known of the median launch only.
    #[error("stat = {stat}: {metric} is of the median launch; want stat = median, or y = tflops")]
    Stat {
        /// The metric.
        metric: Metric,
        /// The statistic that was asked for.
        stat: Stat,
    },
    /// A time that no row has: the file was imported.
    #[error("stat = {stat}: no row has a {}; want stat = {file}, which the file has", .stat.column())]
    NoTime {
        /// The statistic that was asked for.
        stat: Stat,
        /// The one that the file names.
        file: Stat,
    },
    /// No row has what the metric needs.
    #[error("y = {metric}: no row has what it takes: {missing}")]
    NoValue {
        /// The metric.
        metric: Metric,
        /// What is missing.
        missing: String,
    },
    /// Every chart has one variant.
    #[error("overlay = {overlay}: want results of several of them for one chart; there is {only}")]
    NothingToOverlay {
        /// What was to be overlaid.
        overlay: Overlay,
        /// The words that there are.
        only: String,
    },
    /// Published readings are throughput and nothing else.
    #[error("y = {metric}: published readings have tflops only")]
    Readings {
        /// The metric.
        metric: Metric,
    },
}

//! What was asked of charts that the data cannot give.

use super::options::{ChartKind, Overlay};
use hovera_analysis::{ArrangementError, Dimension, Metric, Missing};
use hovera_core::{Op, Stat};

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
    #[error("y = {metric}: no row has what it needs: {missing}")]
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
    /// Colours by kernel of rows that name none.
    #[error(
        "overlay = kernel: no row says which kernel ran (the column kernel is empty); want results of `hovera run` on a \
         GPU whose driver tells, CUDA 12.3 or later"
    )]
    NoKernel,
    /// Readings of something else than the charts are of.
    #[error(
        "no chart shows what was read off: want results of the readings' op, heads, dtype, batch and sequence length \
         ({published})"
    )]
    NothingRead {
        /// Where the readings are published.
        published: String,
    },
    /// More variants than there are styles of lines.
    #[error("overlay = {overlay}: {count} of them in one chart: want at most {most}")]
    TooManyVariants {
        /// What was to be overlaid.
        overlay: Overlay,
        /// How many there are.
        count: usize,
        /// How many a chart can tell apart.
        most: usize,
    },
    /// Rows that cannot be drawn as is asked.
    #[error(transparent)]
    Arrangement(#[from] ArrangementError),
    /// Filters that leave nothing.
    #[error("where {only}: no row matches; there are rows of {there}")]
    NothingLeft {
        /// The filters.
        only: String,
        /// The ops of the files.
        there: String,
    },
    /// The cards have no conditions in common.
    #[error("overlay = gpu: want the same conditions on each card; they differ in {differing}")]
    Conditions {
        /// The conditions that differ, with their values.
        differing: String,
    },
    /// One chart of times that were taken in different ways.
    #[error(
        "{base} and {other} were measured by different methods: {}; mixed-methods draws them all the same",
        differences.join("; ")
    )]
    MixedMethods {
        /// The one side.
        base: String,
        /// The other.
        other: String,
        /// Such as `timer is event and host`.
        differences: Vec<String>,
    },
    /// Ratios of different times.
    #[error(
        "chart = ratio: the {base_stat} time stands for the points of {base} and the {other_stat} for those of {other}; \
         want stat"
    )]
    MixedStats {
        /// The one side.
        base: String,
        /// Its statistic.
        base_stat: Stat,
        /// The other.
        other: String,
        /// Its statistic.
        other_stat: Stat,
    },
    /// An option that says nothing of such a chart.
    #[error("chart = {kind}: {option} goes with {goes_with}")]
    Option {
        /// The kind of chart.
        kind: ChartKind,
        /// The option, as it is typed.
        option: &'static str,
        /// What it goes with.
        goes_with: &'static str,
    },
    /// A sweep that makes no grid.
    #[error(
        "chart = heatmap: {reason}; want several head dims, and one of heads, batch, seq and seq_key that varies, or x and by for other sizes"
    )]
    Grid {
        /// Why not.
        reason: String,
    },
    /// A size at which one product of a layer is there more than once.
    #[error(
        "chart = {kind}: {op} is there more than once at {x} {size}; its rows differ in {apart}; want where for one of each"
    )]
    SeveralProducts {
        /// The kind of chart.
        kind: ChartKind,
        /// Which product.
        op: Op,
        /// What the chart is over.
        x: Dimension,
        /// Where.
        size: u128,
        /// What the rows differ in.
        apart: String,
    },
    /// A card whose ceilings are not known.
    #[error("chart = roofline: {missing}")]
    Ceilings {
        /// What is missing.
        missing: Missing,
    },
    /// Rows of no point that can be drawn.
    #[error("chart = {kind}: {reason}")]
    NoPoint {
        /// The kind of chart.
        kind: ChartKind,
        /// Why none.
        reason: &'static str,
    },
    /// Published readings are throughput over hidden size and nothing else.
    #[error("chart = {kind}: published readings have no times and no conditions; want results files")]
    ReadingsKind {
        /// The kind of chart.
        kind: ChartKind,
    },
    /// Published readings are throughput and nothing else.
    #[error("y = {metric}: published readings have tflops only")]
    Readings {
        /// The metric.
        metric: Metric,
    },
}

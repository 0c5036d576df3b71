//! Why no report could be made.

use hovera_model::RecordError;
use hovera_plot::PlotError;

/// Results that make no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// No file was named.
    #[error("no results file: want one or more")]
    NoFile,
    /// A file that holds conditions and nothing else.
    #[error("{file}: no row to report: want at least one")]
    NoRows {
        /// The file.
        file: String,
    },
    /// Two files with the same bytes.
    #[error("{file}: the same bytes as {first}: want each file once")]
    Twice {
        /// The second file.
        file: String,
        /// The first.
        first: String,
    },
    /// A file's list of a model's products is none.
    #[error("{file}")]
    Model {
        /// The results file.
        file: String,
        /// Which product.
        source: RecordError,
    },
    /// A chart could not be drawn.
    #[error("{file}: the chart {chart}")]
    Chart {
        /// The results file.
        file: String,
        /// Which chart.
        chart: String,
        /// Why.
        source: PlotError,
    },
}

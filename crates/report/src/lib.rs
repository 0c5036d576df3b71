//! What comparisons, fleets and results files say, in words and as files: CSV, JSON and Markdown of what
//! [`hovera_analysis`] found, the report of results files as HTML, Markdown and LaTeX, and the chart
//! of where the time of whole models goes.

#![forbid(unsafe_code)]

pub mod comparison;
mod document;
pub mod fleet;

pub use document::{CostedFile, OutputFile, Report, ReportError, ResultsFile, model_shares};

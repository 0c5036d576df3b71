//! What comparisons, fleets and results files say, in words and as files: CSV, JSON and Markdown of what
//! [`hovera_analysis`] found, and the report of results files as HTML, Markdown and LaTeX.

#![forbid(unsafe_code)]

pub mod comparison;
mod document;
pub mod fleet;

pub use document::{OutputFile, Report, ReportError, ResultsFile};

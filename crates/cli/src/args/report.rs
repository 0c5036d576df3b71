//! `hovera report`.

use clap::Args;
use std::path::PathBuf;

/// Write a report of results files: the finding in three sentences, the charts, findings in words, and the conditions of the
/// measurement.
///
/// HTML is one file that needs nothing else; it has every row, up to 100,000 of a file. Markdown and LaTeX have no rows. Their
/// pictures are in files beside them; the names of these begin with the name of the report.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Results files, or `recorded:NAME` for a sweep built into this program.
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// The report; its ending is the format: .html, .md or .tex.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

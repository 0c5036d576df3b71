//! `hovera report`.

use clap::Args;
use std::path::PathBuf;

/// Write the report of results files: the finding in three sentences, the charts, what the numbers say in words, and
/// the conditions they were measured under.
///
/// HTML is one file that needs nothing else; it has every row, up to 100,000 of a file. Markdown and LaTeX have no
/// rows: their pictures and figures are in files beside them whose names start as their own does.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Results files, or `recorded:NAME` for a sweep built into this program.
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// The report; its ending says what it is: .html, .md or .tex.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

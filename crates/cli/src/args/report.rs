//! `hovera report`.

use clap::Args;
use std::path::PathBuf;

/// Write the report of results files: what they say in words, the charts, every row, and the conditions they
/// were measured under.
///
/// HTML is one file that needs nothing else. Markdown has its pictures, LaTeX its figures, in files beside it
/// whose names start as its own does.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Results files, or `recorded:NAME` for a sweep built into this program.
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// The report; its ending says what it is: .html, .md or .tex.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

//! `hovera demo`.

use clap::Args;
use std::path::PathBuf;

/// Draw both published charts of this machine's GPU and write a report, in about a minute; without a GPU, of the H100 and
/// the H200 that are recorded in this program.
///
/// Everything goes into a folder of its own: hovera-demo in this folder, or where that is there already hovera-demo-2
/// and so on. Nothing that is there is written over.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The folder, which must not exist yet or be empty.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Draw the recorded sweeps, even where there is a GPU.
    #[arg(long)]
    pub(crate) recorded: bool,
    /// Do not open the report. Without this it is opened where there is a desktop and a terminal.
    #[arg(long)]
    pub(crate) no_open: bool,
}

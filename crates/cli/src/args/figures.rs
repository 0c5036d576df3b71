//! `hovera figures`.

use clap::Args;
use std::path::PathBuf;

/// Draw every figure, and write every report, that figures/figures.toml lists.
#[derive(Debug, Args)]
pub(crate) struct Figures {
    /// Write nothing; exit with 1 when a figure is not what its results give.
    #[arg(long)]
    pub(crate) check: bool,
    /// The folder that holds figures.toml, and gets the figures.
    #[arg(long, value_name = "DIR", default_value = "figures")]
    pub(crate) dir: PathBuf,
}

//! `hovera figures`.

use clap::Args;
use std::path::PathBuf;

/// Draw every figure, and write every report, that figures/figures.toml lists.
#[derive(Debug, Args)]
pub(crate) struct Figures {
    /// Write nothing. Exit with 1 if a figure differs from what its results give.
    #[arg(long)]
    pub(crate) check: bool,
    /// The folder of figures.toml and of the figures.
    #[arg(long, value_name = "DIR", default_value = "figures")]
    pub(crate) dir: PathBuf,
}

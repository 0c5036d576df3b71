//! `hovera merge`.

use clap::Args;
use std::path::PathBuf;

/// Join the shards of a sweep (hovera run --shard) to one results file, in the order of the sweep's plan.
///
/// A file of another spec, method, software or card model is refused, and so is an imported one: plot, compare and report
/// take several files as they are. A point that two files measured with different results is refused too. The order of the
/// files does not matter.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// Results files, or folders of .csv files.
    #[arg(required = true, value_name = "SHARD")]
    pub(crate) shards: Vec<PathBuf>,
    /// Where the rows go; `-` is standard output.
    #[arg(short, long, value_name = "RESULTS.csv")]
    pub(crate) output: PathBuf,
    /// Merge even if points are missing. A row that is cut off at the end of a file is left out.
    #[arg(long)]
    pub(crate) partial: bool,
}

//! `hovera merge`.

use clap::Args;
use std::path::PathBuf;

/// Join the shards of a sweep (hovera run --shard) to one results file, in the order of the sweep's plan.
///
/// Files of another spec, method, software or card model are refused, and a point that two files measured
/// differently. The result is the same whatever the order of the files.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// Results files, and folders whose .csv files are meant.
    #[arg(required = true, value_name = "SHARD")]
    pub(crate) shards: Vec<PathBuf>,
    /// Where the rows go; `-` is standard output.
    #[arg(short, long, value_name = "RESULTS.csv")]
    pub(crate) output: PathBuf,
    /// Merge what is there, though points are missing; a row that is cut off at a file's end is left out.
    #[arg(long)]
    pub(crate) partial: bool,
}

//! `hovera run`.

use super::{seed, word};
use crate::run::sharding::ShardBy;
use clap::{Args, ValueEnum};
use hovera_core::Engine;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Measure a sweep: each point of SPEC becomes a row of the results file as soon as it is measured.
///
/// A run that was stopped goes on where it was when the same command is given again. A GPU that breaks, dies or
/// hangs costs a failed point and is opened anew; after three in a row the run ends with what it has.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The sweep to measure: a file (TOML; sweeps/README.md has its keys), or one of `hovera specs` by its name.
    pub(crate) spec: PathBuf,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    /// `slurm/N` and `kubernetes/N` only I; `hovera merge` joins the parts.
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<ShardBy>,
    /// Measure the points in another shuffled order than the spec's.
    #[arg(long, value_name = "SEED", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) order_seed: Option<u64>,
    /// Say what would be measured (points, memory, time), and measure nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// On what and into which file a command measures.
#[derive(Debug, Args)]
pub(crate) struct Measuring {
    /// Where the rows go; `-` is standard output. [default: NAME-DEVICE.csv in this folder]
    #[arg(short, long, value_name = "RESULTS.csv")]
    pub(crate) output: Option<PathBuf>,
    /// What to measure. `auto` is the GPU; the CPU is measured only when asked for.
    #[arg(long, default_value = "auto")]
    pub(crate) backend: BackendName,
    /// Which GPU, as CUDA numbers them; several of one model, as in 0,2, or `all` share the points out.
    /// [default: 0]
    #[arg(long, value_name = "N|all")]
    pub(crate) device: Option<Devices>,
    /// Measure one part of the sweep: I/N is part I, from 1, of N parts of about the same estimated time, cut
    /// alike on every machine. `slurm` takes both from the job array that this is a task of (--array=1-N),
    /// What computes the products, instead of what the spec says.
    #[arg(long, value_parser = word(Engine::OF_SWEEPS, Engine::as_str))]
    pub(crate) engine: Option<Engine>,
    /// Refuse to measure on a GPU in a state that would spoil it (another process, a lowered power
    /// limit, locked clocks, …) instead of warning.
    #[arg(long)]
    pub(crate) strict: bool,
    /// A point that is not measured after so long is failed, and its GPU is opened anew. [default: a minute more than
    /// the method's max_point_seconds; on the CPU no limit]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) max_point_time: Option<Duration>,
    /// Continue a results file; it is an error when there is none.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Say what came of each point as it is measured.
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

/// GPUs, each once and in CUDA's order, however they are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Devices {
    All,
    These(BTreeSet<u32>),
}

impl FromStr for Devices {
    type Err = String;

    fn from_str(text: &str) -> Result<Devices, String> {
        if text == "all" {
            return Ok(Devices::All);
        }
        let numbers: Result<BTreeSet<u32>, _> = text.split(',').map(|number| number.trim().parse()).collect();
        numbers.map(Devices::These).map_err(|_| "want a number, several as in 0,2, or all".to_owned())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendName {
    Auto,
    Cuda,
    Cpu,
}

/// A positive time in seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    let legal = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    legal.ok_or_else(|| "want a number of seconds above 0".to_owned())
}

//! `hovera run`.

use super::{seed, word};
use crate::run::sharding::ShardBy;
use clap::{Args, ValueEnum};
use hovera_core::Engine;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

const AFTER_HELP: &str = "\
Words in what this prints:
  point      one product at one shape; a row of the results file
  sentinel   a point that is measured several times, to see how far the card drifts
  invariant  what does not change with the SM clock: cycles where the SMs limit a point,
             time where memory does
  noisy      a point whose invariant is known less well than the method asks (0.5 %)
  burst      the default pacing: a few launches, then a rest as long as the shape needs";

/// Measure a sweep: each point of SPEC becomes a row of the results file as soon as it is measured.
///
/// If a run was stopped, give the same command again: it continues where it stopped. If a GPU fails or hangs, its
/// point is marked failed and the GPU is started again. After three such points in a row the run ends and keeps its rows.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Run {
    /// The sweep to measure: a file (TOML; sweeps/README.md has its keys), or one of `hovera specs` by its name.
    pub(crate) spec: PathBuf,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
    /// Measure one part of the sweep: I/N is part I, counted from 1, of N parts that take about the same time. Every
    /// machine cuts the sweep in the same way. `slurm` takes I and N from the job array (--array=1-N) that runs this
    /// task; `slurm/N` and `kubernetes/N` take only I. `hovera merge` joins the parts.
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<ShardBy>,
    /// Measure the points in another shuffled order than the spec's.
    #[arg(long, value_name = "SEED", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) order_seed: Option<u64>,
    /// Print what would be measured (points, memory, time), and measure nothing.
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
    /// Which GPU, by CUDA's number. Several GPUs of one model, as in 0,2, or `all`, share the points.
    /// [default: 0]
    #[arg(long, value_name = "N|all")]
    pub(crate) device: Option<Devices>,
    /// What computes the products, instead of what the spec says.
    #[arg(long, value_parser = word(Engine::OF_SWEEPS, Engine::as_str))]
    pub(crate) engine: Option<Engine>,
    /// Refuse to measure on a GPU in a state that would spoil it (another process, a lowered power
    /// limit, locked clocks, …) instead of warning.
    #[arg(long)]
    pub(crate) strict: bool,
    /// The longest time that a point may take. If it takes longer, it is marked failed and its GPU is started again.
    /// [default: a minute more than the method's max_point_seconds; on the CPU no limit]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) max_point_time: Option<Duration>,
    /// Continue a results file, and fail if there is none.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Print the result of each point as soon as it is measured.
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

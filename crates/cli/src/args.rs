//! The command line as typed.

use crate::sharding::ShardBy;
use clap::{Args, Parser, Subcommand, ValueEnum};
use hovera_core::{Dtype, Engine, Layout, Metric, Op, Pacing, Stat, UnknownWord};
use hovera_import::cookbook::Rule;
use hovera_plot::YMax;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  finished, but some points failed, a figure is stale, or a comparison found what it was to fail for
  2  bad input or usage; nothing was written
  3  no usable device

Start here:
  hovera figures                                   redraw every figure from the recorded sweeps, no GPU needed
  hovera run sweeps/attention-a12.toml             measure the two published charts on this machine's GPU
  hovera plot recorded:nvidia-h100-80gb-hbm3       draw a sweep that is built into this program
  hovera compare before.csv after.csv              say what became faster or slower
  hovera merge shards/ -o sweep.csv                join what the nodes of a cluster measured (run --shard)";

/// How fast the attention GEMMs run at a hidden size and head dim, on a GPU, and why.
#[derive(Debug, Parser)]
#[command(name = "hovera", version = crate::VERSION, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say only what went wrong.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say what came of each point as it is measured.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// When to use colour (NO_COLOR is honoured).
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Plot(Plot),
    Figures(Figures),
    Explain(Explain),
    Import(Import),
    Compare(Compare),
    Merge(Merge),
    Devices,
    /// Print a shell completion script.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print this program's manual page (roff).
    Man,
    /// Run one GPU for a sweep, which this program starts for itself.
    #[command(hide = true)]
    Worker {
        #[arg(long)]
        device: u32,
    },
}

/// Measure a sweep: each point of SPEC becomes a row of the results file as soon as it is measured.
///
/// A run that was stopped goes on where it was when the same command is given again.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The sweep to measure (TOML); see sweeps/README.md for its keys.
    pub(crate) spec: PathBuf,
    /// Where the rows go; `-` is standard output. [default: NAME-DEVICE.csv in this folder]
    #[arg(short, long, value_name = "RESULTS.csv")]
    pub(crate) output: Option<PathBuf>,
    /// What to measure. `auto` is the GPU; the CPU is measured only when asked for.
    #[arg(long, default_value = "auto")]
    pub(crate) backend: BackendName,
    /// Which GPU, as CUDA numbers them.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) device: u32,
    /// What computes the products, instead of what the spec says.
    #[arg(long, value_parser = word::<Engine>)]
    pub(crate) engine: Option<Engine>,
    /// Measure the points in another shuffled order than the spec's.
    #[arg(long, value_name = "SEED")]
    pub(crate) order_seed: Option<u64>,
    /// Measure one part of the sweep: I/N is part I, from 1, of N parts of about the same estimated time, cut
    /// alike on every machine. `slurm` takes both from the job array that this is a task of (--array=1-N),
    /// `slurm/N` and `kubernetes/N` only I; `hovera merge` joins the parts.
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<ShardBy>,
    /// Refuse to measure on a GPU in a state that would spoil it (another process, a lowered power
    /// limit, locked clocks, …) instead of warning.
    #[arg(long)]
    pub(crate) strict: bool,
    /// A point that is not measured after so long is failed, and its GPU is opened anew.
    /// [default: a minute more than the method's max_point_seconds]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) max_point_time: Option<Duration>,
    /// Continue a results file; it is an error when there is none.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Say what would be measured (points, memory, time), and measure nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendName {
    Auto,
    Cuda,
    Cpu,
}

/// Draw the charts of results files: throughput against hidden size, one line per power of two that
/// divides h/a; or what compares them.
#[derive(Debug, Args)]
pub(crate) struct Plot {
    /// Results files, published readings, or `recorded:NAME` for a sweep built into this program.
    #[arg(required = true)]
    pub(crate) results: Vec<String>,
    /// Folder for the charts.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(crate) output: PathBuf,
    /// Formats to write.
    #[arg(long, value_delimiter = ',', default_value = "svg,png,pdf")]
    pub(crate) format: Vec<Format>,
    /// What kind of chart.
    #[arg(long, value_name = "KIND", default_value = "throughput")]
    pub(crate) chart: Chart,
    /// What is drawn: tflops, tflops-at-clock, percent-of-peak, flop-per-cycle or gflops-per-watt.
    #[arg(long, value_name = "METRIC", default_value = "tflops", value_parser = word::<Metric>)]
    pub(crate) y: Metric,
    /// The SM clock of tflops-at-clock. [default: the card's rated boost clock]
    #[arg(long, value_name = "MHZ")]
    pub(crate) at_clock: Option<NonZeroU32>,
    /// Draw the engines or the pacings of a file, or the GPUs of all files, in one chart, told apart by
    /// the style of the lines. A ratio is of GPUs where nothing else is said.
    #[arg(long, value_name = "WHAT")]
    pub(crate) overlay: Option<Overlay>,
    /// Upper end of the vertical axis: `auto` is 250 TFLOP/s, 100 %, or more where the data need it.
    #[arg(long, value_name = "auto|N", default_value = "auto")]
    pub(crate) y_max: YMax,
    /// Which of a point's times is drawn: median, min, max or mean; with --y tflops only. [default: the one
    /// that the file's front matter names]
    #[arg(long, value_parser = word::<Stat>)]
    pub(crate) stat: Option<Stat>,
    /// Give each line its own marker, so that they can be told apart without colour.
    #[arg(long)]
    pub(crate) markers: bool,
    /// Leave off the small line that says what was measured, and on what.
    #[arg(long)]
    pub(crate) no_caption: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Chart {
    /// Over hidden size, a line for each series.
    #[default]
    Throughput,
    /// Of each file, or engine, or pacing, over the first, with a 95 % band.
    Ratio,
    /// As colours over head dim and heads, batch or seq, for a sweep that varies both.
    #[value(name = "heatmap")]
    HeatMap,
    /// Over arithmetic intensity, under the ceilings of the card's datasheet.
    Roofline,
}

impl From<Chart> for hovera_plot::ChartKind {
    fn from(chart: Chart) -> Self {
        match chart {
            Chart::Throughput => Self::Throughput,
            Chart::Ratio => Self::Ratio,
            Chart::HeatMap => Self::HeatMap,
            Chart::Roofline => Self::Roofline,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Overlay {
    /// `tuned` over `cublas`.
    Engine,
    /// `sustained` beside `burst`.
    Pacing,
    /// One card over another, under the same conditions.
    Gpu,
}

impl From<Overlay> for hovera_plot::Overlay {
    fn from(overlay: Overlay) -> Self {
        match overlay {
            Overlay::Engine => Self::Engine,
            Overlay::Pacing => Self::Pacing,
            Overlay::Gpu => Self::Gpu,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Svg,
    Png,
    Pdf,
}

impl Format {
    pub(crate) const ALL: [Format; 3] = [Format::Svg, Format::Png, Format::Pdf];

    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Png => "png",
            Format::Pdf => "pdf",
        }
    }
}

/// Draw every figure that figures/figures.toml lists.
#[derive(Debug, Args)]
pub(crate) struct Figures {
    /// Write nothing; exit with 1 when a figure is not what its results give.
    #[arg(long)]
    pub(crate) check: bool,
    /// The folder that holds figures.toml, and gets the figures.
    #[arg(long, value_name = "DIR", default_value = "figures")]
    pub(crate) dir: PathBuf,
}

/// Say why a point is as fast as it is: what ran, its tiles and padding, the alignment of its operands,
/// how far the ceilings of compute and memory are, and what its neighbours do.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A results file, or `recorded:NAME` for a sweep built into this program.
    pub(crate) results: String,
    /// Hidden size of the point.
    #[arg(long, value_name = "H")]
    pub(crate) hidden: NonZeroU32,
    /// Its op: score or values.
    #[arg(long, value_parser = word::<Op>)]
    pub(crate) op: Op,
    /// Its attention heads. Of this and what follows: where the file has several, each is explained.
    #[arg(long, value_name = "A")]
    pub(crate) heads: Option<u32>,
    /// Its micro-batch.
    #[arg(long, value_name = "B")]
    pub(crate) batch: Option<u32>,
    /// Its sequence length.
    #[arg(long, value_name = "S")]
    pub(crate) seq: Option<u32>,
    /// Its element type.
    #[arg(long, value_parser = word::<Dtype>)]
    pub(crate) dtype: Option<Dtype>,
    /// How its B is stored.
    #[arg(long, value_parser = word::<Layout>)]
    pub(crate) layout: Option<Layout>,
    /// What computed it.
    #[arg(long, value_parser = word::<Engine>)]
    pub(crate) engine: Option<Engine>,
    /// How it was paced.
    #[arg(long, value_parser = word::<Pacing>)]
    pub(crate) pacing: Option<Pacing>,
}

/// Turn another benchmark's file into a results file.
///
/// What of the file is not imported is counted and named on standard error.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) format: ImportFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportFormat {
    Cookbook(ImportCookbook),
    Csv(ImportCsv),
    Nvbench(ImportNvbench),
}

/// A log of the original benchmark, EleutherAI/cookbook benchmarks/sizing: mm, bmm or transformer.
#[derive(Debug, Args)]
pub(crate) struct ImportCookbook {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// By which rule the script came to its times: paper-2023 (the slowest of 99 by the host's clock),
    /// worst-2024 (the slowest of 200 by CUDA events) or cookbook-2024 (the fastest of 200 by CUDA events).
    /// [default: what the log's labels and date tell]
    #[arg(long, value_name = "RULE", value_parser = word::<Rule>)]
    pub(crate) method: Option<Rule>,
}

/// A table of measurements, such as a benchmark of PyTorch writes, with a map that says which column is what.
///
/// The map is TOML: time_unit = "ms"; a table [column] of hovera's names (op, dtype, layout, engine, gemm_batch,
/// m, n, k, heads, batch, seq, hidden, samples, time_min, time_median, time_mean, time_max, note) to the file's;
/// a table [constant] of what is the same for all rows; stat where there are several times.
#[derive(Debug, Args)]
pub(crate) struct ImportCsv {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// The map.
    #[arg(long, value_name = "MAP.toml")]
    pub(crate) map: PathBuf,
}

/// nvbench's JSON of a benchmark whose axes are m, n, k and, where it has them, batch and dtype.
#[derive(Debug, Args)]
pub(crate) struct ImportNvbench {
    #[command(flatten)]
    pub(crate) common: ImportCommon,
    /// Which of the file's benchmarks, where it has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) benchmark: Option<String>,
    /// The element type, where no axis says.
    #[arg(long, value_parser = word::<Dtype>)]
    pub(crate) dtype: Option<Dtype>,
    /// How B is stored, where no axis says. [default: nn]
    #[arg(long, value_parser = word::<Layout>)]
    pub(crate) layout: Option<Layout>,
    /// What computes the products, where no axis says. [default: cublas]
    #[arg(long, value_parser = word::<Engine>)]
    pub(crate) engine: Option<Engine>,
}

/// What every import is told.
#[derive(Debug, Args)]
pub(crate) struct ImportCommon {
    /// The file.
    pub(crate) file: PathBuf,
    /// Where the rows go; `-` is standard output.
    #[arg(short, long, value_name = "RESULTS.csv")]
    pub(crate) output: PathBuf,
    /// The GPU, as nvidia-smi calls it, such as NVIDIA A100-SXM4-40GB. [default: what the file says]
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    /// Whose numbers they are, and where they are published; kept in the results.
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: Option<String>,
    /// Under which licence; kept in the results.
    #[arg(long, value_name = "NAME")]
    pub(crate) licence: Option<String>,
    /// Import these ops only.
    #[arg(long, value_name = "OP", value_delimiter = ',', value_parser = word::<Op>)]
    pub(crate) op: Vec<Op>,
    /// Import products of layers that so many tensor-parallel ranks share, and no others.
    #[arg(long, value_name = "RANKS")]
    pub(crate) tensor_parallel: Option<NonZeroU32>,
}

const COMPARE_AFTER_HELP: &str = "\
How it is judged. A row's error is its own 95 % interval and how far the same row differs from run to run: \
as measured for its pacing (0.2 to 0.9 % of the time in burst, 0.1 % of the cycles at the clock; see \
sweeps/README.md), as --repeat shows it, or --run-to-run.
  faster, slower  the ratio is beyond the margin; of all that are called so in the whole table, no
                  more than the false discovery rate are false (Benjamini-Hochberg, expected)
  same            the whole 95 % interval lies within the margin
  unsure          neither: measure again, or compare by --y tflops-at-clock, which repeats better
A line of the summary is judged by its geometric mean, with the scatter of its points.

Examples:
  hovera compare before.csv after.csv --fail-if-slower 3%
  hovera compare recorded:nvidia-h100-80gb-hbm3/tuned-a12 --across engine --y tflops-at-clock
  hovera compare cards.csv@0 cards.csv@3 -o cards.md
  hovera compare --fleet rack/*.csv -o fleet.csv";

/// Compare results point by point with those of BASE: ratios above 1 are better than BASE.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_AFTER_HELP)]
pub(crate) struct Compare {
    /// Results files, or `recorded:NAME` for a sweep built into this program; the first is the base. Each
    /// card of a file is compared on its own; FILE@N takes only card N.
    #[arg(required = true, value_name = "BASE OTHER")]
    pub(crate) results: Vec<String>,
    /// Write everything to a file, by its ending: .csv, .json or .md.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// What is compared: tflops, tflops-at-clock, percent-of-peak, flop-per-cycle or gflops-per-watt.
    #[arg(long, value_name = "METRIC", default_value = "tflops", value_parser = word::<Metric>)]
    pub(crate) y: Metric,
    /// The SM clock of tflops-at-clock. [default: the base's rated boost clock]
    #[arg(long, value_name = "MHZ")]
    pub(crate) at_clock: Option<NonZeroU32>,
    /// Which of a point's times is compared; with --y tflops only. [default: the one of the files' method]
    #[arg(long, value_parser = word::<Stat>)]
    pub(crate) stat: Option<Stat>,
    /// What may differ between the two of a pair; a file that has several of it is compared with itself.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) across: Vec<Across>,
    /// Compare times that were taken by different methods (timer, warm-up, idling, data).
    #[arg(long)]
    pub(crate) mixed_methods: bool,
    /// A further run of BASE, from which it is learnt how far rows differ from run to run.
    #[arg(long, value_name = "FILE")]
    pub(crate) repeat: Vec<String>,
    /// A ratio within ± this is as good as 1.
    #[arg(long, value_name = "PERCENT", default_value = "1%")]
    pub(crate) margin: Percent,
    /// How many of those called faster or slower may be so by chance.
    #[arg(long, value_name = "PERCENT", default_value = "5%")]
    pub(crate) false_discovery_rate: Percent,
    /// How far a row differs from run to run (standard deviation), instead of what was measured.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) run_to_run: Option<Percent>,
    /// The files are cards of one model, eight or more: say which of them is unlike the others.
    #[arg(long, conflicts_with_all = ["across", "repeat", "stat", "at_clock"])]
    pub(crate) fleet: bool,
    /// Exit with 1 when a point or a line of the summary, or a card of the fleet, is called slower and is so
    /// by at least this.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) fail_if_slower: Option<Percent>,
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Across {
    /// Element types.
    Dtype,
    /// How B is stored.
    Layout,
    /// What computes the products.
    Engine,
    /// What the device does between points.
    Pacing,
    /// What the caches hold.
    Cache,
}

impl From<Across> for hovera_report::Across {
    fn from(across: Across) -> Self {
        match across {
            Across::Dtype => Self::Dtype,
            Across::Layout => Self::Layout,
            Across::Engine => Self::Engine,
            Across::Pacing => Self::Pacing,
            Across::Cache => Self::Cache,
        }
    }
}

/// A share, typed as `3%` or `3 %`, kept as a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Percent(pub(crate) f64);

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Percent, String> {
        let number = text.trim().strip_suffix('%').and_then(|number| number.trim_end().parse::<f64>().ok());
        let legal = number.filter(|percent| (0.0..100.0).contains(percent));
        legal.map(|percent| Percent(percent / 100.0)).ok_or_else(|| "want a percentage such as 3%".to_owned())
    }
}

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} %", (self.0 * 1e6).round() / 1e4)
    }
}

/// A positive time in seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    let legal = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    legal.ok_or_else(|| "want a number of seconds above 0".to_owned())
}

/// A word of the library's.
fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: UnknownWord| format!("want {}", error.choices))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}

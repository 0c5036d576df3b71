//! The command line as typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use hovera_core::{Dtype, Engine, Layout, Metric, Op, Pacing, Stat, UnknownWord};
use hovera_plot::YMax;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  finished, but some points failed, or a figure is stale
  2  bad input or usage; nothing was written
  3  no usable device

Start here:
  hovera figures                                   redraw every figure from the recorded sweeps, no GPU needed
  hovera run sweeps/attention-a12.toml             measure the two published charts on this machine's GPU
  hovera plot recorded:nvidia-h100-80gb-hbm3       draw a sweep that is built into this program
  hovera report recorded:nvidia-h200 -o h200.html  say what it shows, in words, charts and tables";

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
    Report(Report),
    Explain(Explain),
    Devices,
    /// Print a shell completion script.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print this program's manual page (roff).
    Man,
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
    /// Refuse to measure on a GPU in a state that would spoil it (another process, a lowered power
    /// limit, locked clocks, …) instead of warning.
    #[arg(long)]
    pub(crate) strict: bool,
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
/// divides h/a.
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
    /// What is drawn: tflops, tflops-at-clock, percent-of-peak, flop-per-cycle or gflops-per-watt.
    #[arg(long, value_name = "METRIC", default_value = "tflops", value_parser = word::<Metric>)]
    pub(crate) y: Metric,
    /// The SM clock of tflops-at-clock. [default: the card's rated boost clock]
    #[arg(long, value_name = "MHZ")]
    pub(crate) at_clock: Option<NonZeroU32>,
    /// Draw the engines, or the pacings, of one file in one chart, told apart by the style of the lines.
    #[arg(long, value_name = "WHAT")]
    pub(crate) overlay: Option<Overlay>,
    /// Upper end of the vertical axis: `auto` is 250 TFLOP/s, 100 %, or more where the data need it.
    #[arg(long, value_name = "auto|N", default_value = "auto")]
    pub(crate) y_max: YMax,
    /// Which of a point's times is drawn; with --y tflops only.
    #[arg(long, default_value = "median", value_parser = word::<Stat>)]
    pub(crate) stat: Stat,
    /// Give each line its own marker, so that they can be told apart without colour.
    #[arg(long)]
    pub(crate) markers: bool,
    /// Leave off the small line that says what was measured, and on what.
    #[arg(long)]
    pub(crate) no_caption: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Overlay {
    /// `tuned` over `cublas`.
    Engine,
    /// `sustained` beside `burst`.
    Pacing,
}

impl From<Overlay> for hovera_plot::Overlay {
    fn from(overlay: Overlay) -> Self {
        match overlay {
            Overlay::Engine => Self::Engine,
            Overlay::Pacing => Self::Pacing,
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

/// Write the report of results files: what they say in words, the charts, every row, and the conditions they
/// were measured under.
///
/// HTML is one file that needs nothing else. Markdown has its pictures, LaTeX its figures, in files beside it
/// whose names start as its own does.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Results files, or `recorded:NAME` for a sweep built into this program.
    #[arg(required = true)]
    pub(crate) results: Vec<String>,
    /// The report; its ending says what it is: .html, .md or .tex.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
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

//! `hovera plot`.

use super::{positive, word};
use clap::{Args, ValueEnum};
use hovera_analysis::{Dimension, Filter, Metric};
use hovera_core::Stat;
use hovera_plot::{AxisMax, Markers};
use std::num::NonZeroU32;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
--x chooses the horizontal axis, --by what the lines are. Both take hidden, vocab, ffn, heads, kv_heads, head_dim, seq, \
batch, seq_key, tensor_parallel, m, n, k, gemm_batch and flop. --by also takes op, pass, layout, dtype, engine, pacing, \
gpu, kernel, series and alignment.

A series is the largest power of two that divides the head dim, at most 64: `h/a = 8` in a legend stands for the head \
dims 8, 24, 40 and so on. An alignment is the largest power of two that divides the size on the horizontal axis.

Without --x, score and values are drawn over hidden size with a line for each series, as published. Every other product \
is drawn over the size that varies most, with a line for each value of the next. Each value of anything else that \
varies gets a chart of its own. Nothing is averaged.

Examples:
  hovera plot logits.csv --where vocab=50241..50303
  hovera plot llama.csv --x tensor_parallel --where batch=1
  hovera plot heads.csv --x hidden --by heads --where series=64
  hovera plot h100.csv a100.csv l40s.csv --x m --by gpu --where n=28672 --where k=4096
  hovera plot mine.csv --terminal
  hovera plot gemms.csv --chart heatmap --x n --by m
  hovera plot predicted.csv measured.csv --overlay gpu
  hovera plot attention-fused-a12.csv --chart steps
  hovera plot attention-explicit-a12.csv --chart speedup
  hovera plot llama-3-8b.csv qwen-2.5-7b.csv --chart shares";

/// Draw charts of results files: throughput over any size, ratios, heat maps, rooflines, shares of a layer.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Plot {
    /// Results files, published readings, or `recorded:NAME` for a sweep built into this program.
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// Folder for the charts. [default: this folder; for several sweeps a folder for each in it]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Draw the charts of lines as text on the terminal instead of into files.
    #[arg(long, conflicts_with_all = ["output", "format", "no_caption"])]
    pub(crate) terminal: bool,
    /// Formats to write.
    #[arg(long, value_delimiter = ',', default_value = "svg,png,pdf")]
    pub(crate) format: Vec<Format>,
    /// What kind of chart. [default: heatmap for a sweep of attention that varies the head dim and one other size, and of
    /// a gemm or bmm that varies two sizes, four values or more of each; else throughput]
    #[arg(long, value_name = "KIND")]
    pub(crate) chart: Option<Chart>,
    /// The size on the horizontal axis. [default: what suits the rows, see below]
    #[arg(long, value_name = "SIZE", value_parser = word(Dimension::ALL, Dimension::as_str), hide_possible_values = true)]
    pub(crate) x: Option<Dimension>,
    /// What the lines of a chart are, or the rows of a heat map. [default: what suits the rows, see below]
    #[arg(long, value_name = "WHAT", value_parser = word(Dimension::ALL, Dimension::as_str), hide_possible_values = true)]
    pub(crate) by: Option<Dimension>,
    /// Draw only rows with these values, such as `op=mlp_up,mlp_gate` or `vocab=50241..50303`. If it is given several
    /// times, all must hold.
    #[arg(long = "where", value_name = "NAME=VALUES")]
    pub(crate) only: Vec<Filter>,
    /// What is drawn. Of a softmax, which does next to no arithmetic, tflops is gb-per-second.
    #[arg(long, value_name = "METRIC", default_value = "tflops", value_parser = word(Metric::ALL, Metric::as_str))]
    pub(crate) y: Metric,
    /// The SM clock of tflops-at-clock. [default: the card's rated boost clock]
    #[arg(long, value_name = "MHZ", value_parser = positive)]
    pub(crate) at_clock: Option<NonZeroU32>,
    /// Draw the engines or the pacings of a file, or the GPUs of all files, in one chart, with a style of line for each;
    /// or colour the points by the kernels that ran. A ratio is of GPUs by default. With a predicted and a measured file,
    /// `gpu` draws predicted lines and measured dots; with a results file and published readings, the readings over its
    /// lines.
    #[arg(long, value_name = "WHAT")]
    pub(crate) overlay: Option<Overlay>,
    /// Right end of the horizontal axis. `auto` fits the data. For score and values over hidden size it is 32768, as
    /// published, unless the data use less than a quarter of it.
    #[arg(long, value_name = "auto|N", default_value = "auto", allow_negative_numbers = true)]
    pub(crate) x_max: AxisMax,
    /// Upper end of the vertical axis. `auto` fits the data. For score and values over hidden size it is at least 250
    /// TFLOP/s, as published, or 100 %, unless the data use less than a quarter of it.
    #[arg(long, value_name = "auto|N", default_value = "auto", allow_negative_numbers = true)]
    pub(crate) y_max: AxisMax,
    /// Which of a point's times is drawn; only with --y tflops. [default: the one that the file's front matter names]
    #[arg(long, value_parser = word(Stat::ALL, Stat::as_str))]
    pub(crate) stat: Option<Stat>,
    /// With --chart ratio or speedup, or --overlay gpu: draw times that were taken by different methods (timer, warm-up,
    /// idling, data). The picture says so.
    #[arg(long)]
    pub(crate) mixed_methods: bool,
    /// Give each line as many markers as fit, so that lines can be told apart without colour.
    #[arg(long)]
    pub(crate) markers: bool,
    /// The bare look of the published charts: no markers, and no line under the title that names the GPU.
    #[arg(long, conflicts_with = "markers")]
    pub(crate) plain: bool,
    /// Leave off the small line that says what was measured, and on what.
    #[arg(long)]
    pub(crate) no_caption: bool,
}

/// How the lines are marked.
pub(crate) fn markers(markers: bool, plain: bool) -> Markers {
    match (plain, markers) {
        (true, _) => Markers::None,
        (false, true) => Markers::Many,
        (false, false) => Markers::Few,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Chart {
    /// Over a size, lines of another.
    Throughput,
    /// Of each file, or engine, or pacing, over the first, with a 95 % band.
    Ratio,
    /// As colours over two sizes that a sweep varies.
    #[value(name = "heatmap")]
    HeatMap,
    /// Fused attention over the head dim as steps, a line for each pass and mask, with the widths of the kernels that head
    /// dims are rounded up to.
    Steps,
    /// Fused attention against what it stands for: the summed times of score and values, and of softmax where that was
    /// measured at the same shapes, over that of attention, of one file or of several.
    #[value(name = "speedup")]
    SpeedUp,
    /// Where the time of a layer goes: its products stacked over hidden size, or another size that all of them share; of
    /// files that hovera model wrote, a bar for each model.
    Shares,
    /// Over arithmetic intensity, under the ceilings of the card's datasheet.
    Roofline,
}

impl From<Chart> for hovera_plot::ChartKind {
    fn from(chart: Chart) -> Self {
        match chart {
            Chart::Throughput => Self::Throughput,
            Chart::Ratio => Self::Ratio,
            Chart::HeatMap => Self::HeatMap,
            Chart::Steps => Self::Steps,
            Chart::SpeedUp => Self::SpeedUp,
            Chart::Shares => Self::Shares,
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
    /// Points by the kernels that ran: generation, alignment, tile.
    Kernel,
}

impl From<Overlay> for hovera_plot::Overlay {
    fn from(overlay: Overlay) -> Self {
        match overlay {
            Overlay::Engine => Self::Engine,
            Overlay::Pacing => Self::Pacing,
            Overlay::Gpu => Self::Gpu,
            Overlay::Kernel => Self::Kernel,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, serde::Deserialize)]
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

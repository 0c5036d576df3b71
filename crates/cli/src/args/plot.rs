//! `hovera plot`.

use super::{positive, word};
use clap::{Args, ValueEnum};
use hovera_analysis::{Dimension, Filter, Metric};
use hovera_core::Stat;
use hovera_plot::{AxisMax, Markers};
use std::num::NonZeroU32;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
What charts are over and what tells their lines apart (--x, --by): hidden, vocab, ffn, heads, kv_heads, head_dim, seq,
batch, seq_key, tensor_parallel, m, n, k, gemm_batch, flop; lines also by op, pass, layout, dtype, engine, pacing, gpu,
kernel, series (of head dims) and alignment (the same of what the chart is over). Without --x, score and values are over
hidden size, a line for each series, as published; every other product is over the size that varies most, with a line
for each value of the next. What else varies makes charts of its own. Nothing is averaged.

Examples:
  hovera plot logits.csv --where vocab=50241..50303
  hovera plot llama.csv --x tensor_parallel --where batch=1
  hovera plot heads.csv --x hidden --by heads --where series=64
  hovera plot h100.csv a100.csv l40s.csv b200.csv --x m --by gpu --where n=28672 --where k=4096
  hovera plot gemms.csv --chart heatmap --x n --by m
  hovera plot predicted.csv measured.csv --overlay gpu
  hovera plot llama-3-8b.csv qwen-2.5-7b.csv --chart shares";

/// Draw the charts of results files: throughput of any product over any of its sizes; or what compares them.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Plot {
    /// Results files, published readings, or `recorded:NAME` for a sweep built into this program.
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// Folder for the charts. [default: this folder; for several sweeps one of its own in it]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Formats to write.
    #[arg(long, value_delimiter = ',', default_value = "svg,png,pdf")]
    pub(crate) format: Vec<Format>,
    /// What kind of chart. [default: heatmap for a sweep of score and values that varies the head dim and one other size,
    /// else throughput]
    #[arg(long, value_name = "KIND")]
    pub(crate) chart: Option<Chart>,
    /// The size that charts are over. [default: what suits the rows, see below]
    #[arg(long, value_name = "SIZE", value_parser = word(Dimension::ALL, Dimension::as_str), hide_possible_values = true)]
    pub(crate) x: Option<Dimension>,
    /// What tells the lines of a chart apart, or is a heat map's rows. [default: what suits the rows, see below]
    #[arg(long, value_name = "WHAT", value_parser = word(Dimension::ALL, Dimension::as_str), hide_possible_values = true)]
    pub(crate) by: Option<Dimension>,
    /// Draw only rows of these values, such as `op=mlp_up,mlp_gate` or `vocab=50241..50303`. Given several times, all must
    /// hold.
    #[arg(long = "where", value_name = "NAME=VALUES")]
    pub(crate) only: Vec<Filter>,
    /// What is drawn.
    #[arg(long, value_name = "METRIC", default_value = "tflops", value_parser = word(Metric::ALL, Metric::as_str))]
    pub(crate) y: Metric,
    /// The SM clock of tflops-at-clock. [default: the card's rated boost clock]
    #[arg(long, value_name = "MHZ", value_parser = positive)]
    pub(crate) at_clock: Option<NonZeroU32>,
    /// Draw the engines or the pacings of a file, or the GPUs of all files, in one chart, told apart by
    /// the style of the lines; or colour the points of a chart by the kernels that ran. A ratio is of GPUs where nothing
    /// else is said. Of a predicted file and a measured one, `gpu` draws predicted lines over measured dots; of a results
    /// file and published readings, the readings over its lines.
    #[arg(long, value_name = "WHAT")]
    pub(crate) overlay: Option<Overlay>,
    /// Right end of the horizontal axis: `auto` is what the data need, and for score and values over hidden size 32768
    /// unless they use less than a quarter of it.
    #[arg(long, value_name = "auto|N", default_value = "auto", allow_negative_numbers = true)]
    pub(crate) x_max: AxisMax,
    /// Upper end of the vertical axis: `auto` is what the data need, and for score and values over hidden size 250
    /// TFLOP/s or 100 % unless they use less than a quarter of it.
    #[arg(long, value_name = "auto|N", default_value = "auto", allow_negative_numbers = true)]
    pub(crate) y_max: AxisMax,
    /// Which of a point's times is drawn; with --y tflops only. [default: the one that the file's front matter
    /// names]
    #[arg(long, value_parser = word(Stat::ALL, Stat::as_str))]
    pub(crate) stat: Option<Stat>,
    /// With --chart ratio or --overlay gpu: draw times that were taken by different methods (timer, warm-up, idling, data); the picture
    /// says so.
    #[arg(long)]
    pub(crate) mixed_methods: bool,
    /// Give each line as many markers as do not touch, not a few: what tells lines apart without colour.
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

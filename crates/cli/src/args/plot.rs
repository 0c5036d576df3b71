//! `hovera plot`.

use super::{positive, word};
use clap::{Args, ValueEnum};
use hovera_analysis::Metric;
use hovera_core::Stat;
use hovera_plot::{AxisMax, Markers};
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Draw the charts of results files: throughput against hidden size, one line per power of two that
/// divides h/a; or what compares them.
#[derive(Debug, Args)]
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
    /// What kind of chart. [default: heatmap for a sweep that varies the head dim and one other size, else throughput]
    #[arg(long, value_name = "KIND")]
    pub(crate) chart: Option<Chart>,
    /// What is drawn.
    #[arg(long, value_name = "METRIC", default_value = "tflops", value_parser = word(Metric::ALL, Metric::as_str))]
    pub(crate) y: Metric,
    /// The SM clock of tflops-at-clock. [default: the card's rated boost clock]
    #[arg(long, value_name = "MHZ", value_parser = positive)]
    pub(crate) at_clock: Option<NonZeroU32>,
    /// Draw the engines or the pacings of a file, or the GPUs of all files, in one chart, told apart by
    /// the style of the lines; or colour the points of a chart by the kernels that ran. A ratio is of GPUs where nothing
    /// else is said.
    #[arg(long, value_name = "WHAT")]
    pub(crate) overlay: Option<Overlay>,
    /// Right end of the axis of hidden sizes: `auto` is 32768, more where the data need it, or less where they use
    /// less than a quarter of it.
    #[arg(long, value_name = "auto|N", default_value = "auto", allow_negative_numbers = true)]
    pub(crate) x_max: AxisMax,
    /// Upper end of the vertical axis: `auto` is 250 TFLOP/s or 100 %, more where the data need it, or less where they
    /// use less than a quarter of it.
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
    /// Over hidden size, a line for each series.
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

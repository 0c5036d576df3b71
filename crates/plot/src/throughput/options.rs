//! What can be chosen about the throughput charts.

use crate::chart::{Dash, Density, Marker, Style};
use hovera_analysis::{Dimension, Metric};
use hovera_core::Stat;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// What to draw, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartOptions {
    /// What kind of chart.
    pub kind: ChartKind,
    /// What the charts are over; none is what suits the rows.
    pub x: Option<Dimension>,
    /// What tells the lines of a chart apart, or is a heat map's rows; none is what suits the rows.
    pub by: Option<Dimension>,
    /// What is on the vertical axis.
    pub metric: Metric,
    /// The clock of [`Metric::TflopsAtClock`] in MHz; none is the card's rated boost clock.
    pub at_clock: Option<NonZeroU32>,
    /// Which of a point's times stands for it; none is the one that the file names. Only
    /// [`Metric::Tflops`] knows others than the median.
    pub stat: Option<Stat>,
    /// What shares a chart, told apart by the style of the lines, or kernels by colour; none gives each condition a chart of its own.
    pub overlay: Option<Overlay>,
    /// The right end of the horizontal axis.
    pub x_max: AxisMax,
    /// The upper end of the vertical axis.
    pub y_max: AxisMax,
    /// How the lines of the series are told apart without colour.
    pub markers: Markers,
    /// Whether a ratio or an overlay of cards is drawn of times that were taken by different methods.
    pub mixed_methods: bool,
    /// Whether a line under the title says on what was measured.
    pub subtitle: bool,
    /// Whether the figure says at its bottom what the numbers are.
    pub caption: bool,
}

impl Default for ChartOptions {
    /// The published look with a few markers on each line, a subtitle and a caption.
    fn default() -> ChartOptions {
        ChartOptions {
            kind: ChartKind::Throughput,
            x: None,
            by: None,
            metric: Metric::Tflops,
            at_clock: None,
            stat: None,
            overlay: None,
            x_max: AxisMax::AUTO,
            y_max: AxisMax::AUTO,
            markers: Markers::Few,
            mixed_methods: false,
            subtitle: true,
            caption: true,
        }
    }
}

impl ChartOptions {
    /// Whether rows of several files share a chart: their cards are compared, or fused attention with its products.
    #[must_use]
    pub fn compares_gpus(&self) -> bool {
        self.kind == ChartKind::SpeedUp || self.settled().overlay == Some(Overlay::Gpu)
    }

    /// A ratio is of cards where nothing else is said, and lines by card, engine or pacing are what is overlaid.
    pub(super) fn settled(&self) -> ChartOptions {
        let overlaid = match self.by {
            Some(Dimension::Gpu) => Some(Overlay::Gpu),
            Some(Dimension::Engine) => Some(Overlay::Engine),
            Some(Dimension::Pacing) => Some(Overlay::Pacing),
            _ => None,
        };
        let usual = (self.kind == ChartKind::Ratio).then_some(Overlay::Gpu);
        let by = if self.overlay.is_none() && overlaid.is_some() { None } else { self.by };
        ChartOptions { overlay: self.overlay.or(overlaid).or(usual), by, ..*self }
    }

    /// The same for what does next to no arithmetic: its throughput is the memory's.
    pub(super) fn of_rows(&self) -> ChartOptions {
        let is_throughput = self.metric == Metric::Tflops && self.kind != ChartKind::Ratio;
        ChartOptions { metric: if is_throughput { Metric::GbPerSecond } else { self.metric }, ..*self }
    }

    /// The end of a chart's file name: the metric where it is not throughput, and what is overlaid.
    pub(super) fn stem_suffix(&self) -> String {
        let metric = (self.metric != Metric::Tflops).then(|| format!("-{}", self.metric));
        let overlay = self.overlay.map(|overlay| format!("-by-{overlay}"));
        metric.into_iter().chain(overlay).collect()
    }
}

/// What a chart shows of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChartKind {
    /// The metric over a size: hidden size, a line for each series, as the published charts; or any size, a line for
    /// each value of what else varies.
    Throughput,
    /// The metric of one over that of another, over the same, with a 95 % band.
    Ratio,
    /// The metric as colours over two sizes.
    HeatMap,
    /// The metric of fused attention over the head dim, a tread up to each that was measured.
    Steps,
    /// The times of the products that fused attention stands for over its own.
    SpeedUp,
    /// Where the time of a layer goes, over a size that a sweep of all its products varies.
    Shares,
    /// Throughput over arithmetic intensity under the ceilings of the card's datasheet.
    Roofline,
}

impl fmt::Display for ChartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChartKind::Throughput => "throughput",
            ChartKind::Ratio => "ratio",
            ChartKind::HeatMap => "heatmap",
            ChartKind::Steps => "steps",
            ChartKind::SpeedUp => "speedup",
            ChartKind::Shares => "shares",
            ChartKind::Roofline => "roofline",
        })
    }
}

/// Results that differ in one thing and are drawn over each other, or as ratios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overlay {
    /// What computed the points: `tuned` over `cublas`.
    Engine,
    /// How they were paced: `sustained` beside `burst`.
    Pacing,
    /// The card they were measured on, in one file or several.
    Gpu,
    /// The kernel that ran: points of one chart, told apart by colour and marker.
    Kernel,
}

impl Overlay {
    /// What else than lines shares a chart.
    pub(super) fn dimension(self) -> Option<Dimension> {
        match self {
            Overlay::Engine => Some(Dimension::Engine),
            Overlay::Pacing => Some(Dimension::Pacing),
            Overlay::Gpu => Some(Dimension::Gpu),
            Overlay::Kernel => None,
        }
    }

    /// Whether it lays the rows of several conditions over each other; kernels are of rows of one.
    pub(super) fn is_of_conditions(self) -> bool {
        self != Overlay::Kernel
    }
}

impl fmt::Display for Overlay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Overlay::Engine => "engine",
            Overlay::Pacing => "pacing",
            Overlay::Gpu => "gpu",
            Overlay::Kernel => "kernel",
        })
    }
}

/// How many markers the lines of the series have, each series its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Markers {
    /// None: the bare look of the published charts, whose lines only colour tells apart.
    None,
    /// A few along each line, so that it still looks like a line.
    Few,
    /// As many as do not touch; a roofline has a chart for each op, in which shapes tell the series.
    Many,
}

impl Markers {
    /// A line of a series, its variant's dash and what marks the series.
    pub(super) fn line(self, dash: Dash, marker: Marker) -> Style {
        match self {
            Markers::None => Style::Line(dash),
            Markers::Few => Style::LineAndPoints(dash, marker, Density::Few),
            Markers::Many => Style::LineAndPoints(dash, marker, Density::Many),
        }
    }

    /// The same of a line that is predicted.
    pub(super) fn predicted(self, dash: Dash, marker: Marker) -> Style {
        let density = match self {
            Markers::None => None,
            Markers::Few => Some(Density::Few),
            Markers::Many => Some(Density::Many),
        };
        Style::Predicted(dash, density.map(|density| (marker, density)))
    }
}

/// The upper end of an axis that begins at 0: `auto`, or a number in the axis's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AxisMax(Option<f64>);

/// An upper end that no axis can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?}: want auto or a number from 0.000001 to 1000000000")]
pub struct AxisMaxError {
    /// What was asked for.
    pub value: String,
}

impl AxisMax {
    /// The published end, or 100 %, where the data fit and use a quarter of it or more, else a round one that fits.
    pub const AUTO: AxisMax = AxisMax(None);

    /// Always `max`, whatever it cuts off.
    ///
    /// # Errors
    /// [`AxisMaxError`] unless it is from 10⁻⁶ to 10⁹.
    pub fn fixed(max: f64) -> Result<AxisMax, AxisMaxError> {
        if (1e-6..=1e9).contains(&max) {
            Ok(AxisMax(Some(max)))
        } else {
            Err(AxisMaxError { value: max.to_string() })
        }
    }

    /// The end, where it is fixed.
    pub(super) fn get(self) -> Option<f64> {
        self.0
    }
}

impl FromStr for AxisMax {
    type Err = AxisMaxError;

    fn from_str(text: &str) -> Result<AxisMax, AxisMaxError> {
        let refused = |_| AxisMaxError { value: text.to_owned() };
        if text == "auto" { Ok(AxisMax::AUTO) } else { AxisMax::fixed(text.parse().map_err(refused)?) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_auto_or_a_positive_number() {
        assert_eq!("auto".parse(), Ok(AxisMax::AUTO));
        assert_eq!("250".parse::<AxisMax>().unwrap().get(), Some(250.0));
        for bad in ["", "0", "-1", "nan", "inf", "1e300", "250 TFLOP/s"] {
            assert!(bad.parse::<AxisMax>().is_err(), "{bad}");
        }
        assert_eq!(
            "0".parse::<AxisMax>().unwrap_err().to_string(),
            "\"0\": want auto or a number from 0.000001 to 1000000000"
        );
    }
}

//! What can be chosen about the throughput charts.

use hovera_analysis::Metric;
use hovera_core::Stat;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// What to draw, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartOptions {
    /// What kind of chart.
    pub kind: ChartKind,
    /// What is on the vertical axis.
    pub metric: Metric,
    /// The clock of [`Metric::TflopsAtClock`] in MHz; none is the card's rated boost clock.
    pub at_clock: Option<NonZeroU32>,
    /// Which of a point's times stands for it; none is the one that the file names. Only
    /// [`Metric::Tflops`] knows others than the median.
    pub stat: Option<Stat>,
    /// What shares a chart, told apart by the style of the lines; none gives each a chart of its own.
    pub overlay: Option<Overlay>,
    /// The upper end of the vertical axis.
    pub y_max: YMax,
    /// Whether each series has its own marker, so that lines can be told apart without colour.
    pub markers: bool,
    /// Whether the figure says at its bottom what the numbers are.
    pub caption: bool,
}

impl Default for ChartOptions {
    /// The published look, with a caption.
    fn default() -> ChartOptions {
        ChartOptions {
            kind: ChartKind::Throughput,
            metric: Metric::Tflops,
            at_clock: None,
            stat: None,
            overlay: None,
            y_max: YMax::AUTO,
            markers: false,
            caption: true,
        }
    }
}

impl ChartOptions {
    /// The end of a chart's file name: the metric where it is not throughput, and what is overlaid.
    pub(super) fn stem_suffix(&self) -> String {
        let metric = (self.metric != Metric::Tflops).then(|| format!("-{}", self.metric));
        let overlay = self.overlay.map(|overlay| format!("-by-{overlay}"));
        metric.into_iter().chain(overlay).collect()
    }
}

/// What a chart shows of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartKind {
    /// The metric over hidden size, a line for each series: the published charts.
    Throughput,
    /// The metric of one over that of another, over hidden size, with a 95 % band.
    Ratio,
    /// The metric as colours over head dim and heads, or batch, or sequence length.
    HeatMap,
    /// Throughput over arithmetic intensity under the ceilings of the card's datasheet.
    Roofline,
}

impl fmt::Display for ChartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChartKind::Throughput => "throughput",
            ChartKind::Ratio => "ratio",
            ChartKind::HeatMap => "heatmap",
            ChartKind::Roofline => "roofline",
        })
    }
}

/// Results that differ in one thing and are drawn over each other, or as ratios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// What computed the points: `tuned` over `cublas`.
    Engine,
    /// How they were paced: `sustained` beside `burst`.
    Pacing,
    /// The card they were measured on, in one file or several.
    Gpu,
}

impl fmt::Display for Overlay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Overlay::Engine => "engine",
            Overlay::Pacing => "pacing",
            Overlay::Gpu => "gpu",
        })
    }
}

/// The upper end of the vertical axis: `auto`, or a number in the axis's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct YMax(Option<f64>);

/// An upper end that no axis can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("y-max = {value:?}: want auto or a number from 0.000001 to 1000000000")]
pub struct YMaxError {
    /// What was asked for.
    pub value: String,
}

impl YMax {
    /// The published 250 TFLOP/s, or 100 %, where the data fit, else the next round range.
    pub const AUTO: YMax = YMax(None);

    /// Always `max`, whatever it cuts off.
    ///
    /// # Errors
    /// [`YMaxError`] unless it is from 10⁻⁶ to 10⁹.
    pub fn fixed(max: f64) -> Result<YMax, YMaxError> {
        if (1e-6..=1e9).contains(&max) {
            Ok(YMax(Some(max)))
        } else {
            Err(YMaxError { value: max.to_string() })
        }
    }

    /// The upper end, where it is fixed.
    pub(crate) fn get(self) -> Option<f64> {
        self.0
    }
}

impl FromStr for YMax {
    type Err = YMaxError;

    fn from_str(text: &str) -> Result<YMax, YMaxError> {
        let refused = |_| YMaxError { value: text.to_owned() };
        if text == "auto" { Ok(YMax::AUTO) } else { YMax::fixed(text.parse().map_err(refused)?) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn y_max_is_auto_or_a_positive_number() {
        assert_eq!("auto".parse(), Ok(YMax::AUTO));
        assert_eq!("250".parse::<YMax>().unwrap().get(), Some(250.0));
        for bad in ["", "0", "-1", "nan", "inf", "1e300", "250 TFLOP/s"] {
            assert!(bad.parse::<YMax>().is_err(), "{bad}");
        }
        assert_eq!(
            "0".parse::<YMax>().unwrap_err().to_string(),
            "y-max = \"0\": want auto or a number from 0.000001 to 1000000000"
        );
    }
}

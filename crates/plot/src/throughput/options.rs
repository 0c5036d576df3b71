//! What can be chosen about the throughput charts.

use hovera_core::Stat;
use std::str::FromStr;

/// What to draw, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartOptions {
    /// Which of a point's times stands for it.
    pub stat: Stat,
    /// The upper end of the throughput axis.
    pub y_max: YMax,
    /// Whether each series has its own marker, so that lines can be told apart without colour.
    pub markers: bool,
    /// Whether the figure says at its bottom what the numbers are.
    pub caption: bool,
}

impl Default for ChartOptions {
    /// The published look, with a caption.
    fn default() -> ChartOptions {
        ChartOptions { stat: Stat::Median, y_max: YMax::AUTO, markers: false, caption: true }
    }
}

/// The upper end of the throughput axis: `auto`, or a number of TFLOP/s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct YMax(Option<f64>);

/// An upper end that no axis can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("y-max = {value:?}: want auto or a number of TFLOP/s from 0.000001 to 1000000000")]
pub struct YMaxError {
    /// What was asked for.
    pub value: String,
}

impl YMax {
    /// 250 where the data fit, else the next round range.
    pub const AUTO: YMax = YMax(None);

    /// Always `tflops`, whatever it cuts off.
    ///
    /// # Errors
    /// [`YMaxError`] unless it is from 10⁻⁶ to 10⁹.
    pub fn fixed(tflops: f64) -> Result<YMax, YMaxError> {
        if (1e-6..=1e9).contains(&tflops) {
            Ok(YMax(Some(tflops)))
        } else {
            Err(YMaxError { value: tflops.to_string() })
        }
    }

    /// The upper end in TFLOP/s, where it is fixed.
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
            "y-max = \"0\": want auto or a number of TFLOP/s from 0.000001 to 1000000000"
        );
    }
}

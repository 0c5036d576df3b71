//! What may be said of a ratio.
//!
//! A ratio is judged by its logarithm d, which has the standard error s. With the margin m (1 %: what nobody
//! would act on) three things can be said of the true ratio:
//!
//! - **faster** or **slower**: it is farther from 1 than the margin. The p-value is that of a ratio just at
//!   the margin showing at least |d|, P(|D| ≥ |d|) with D normal around ln(1 + m): the most that a ratio within
//!   the margin could make of chance. Over all points of all files together (and over all summaries together)
//!   the q-values of Benjamini and Hochberg must not exceed the false discovery rate, 5 %: of what is called
//!   different, one in twenty is expected not to be.
//! - **same**: the whole 95 % interval of the ratio lies within the margin.
//! - **unsure**: neither. The measurements are too noisy to tell.

use super::error::CompareError;
use crate::statistics::{
    NORMAL_95, normal_upper_tail, squares_about_mean, student_quantile, student_upper_tail,
};

/// What may be said of a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Above 1 by more than the margin.
    Faster,
    /// Below 1 by more than the margin.
    Slower,
    /// Within the margin.
    Same,
    /// The measurements are too noisy to tell.
    Unsure,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Verdict; 4] = [Verdict::Faster, Verdict::Slower, Verdict::Same, Verdict::Unsure];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Faster => "faster",
            Verdict::Slower => "slower",
            Verdict::Same => "same",
            Verdict::Unsure => "unsure",
        }
    }
}

/// Where the lines are drawn. All are fractions: 0.01 is 1 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// A ratio between 1/(1 + margin) and 1 + margin is as good as 1. Above 0, below 1.
    pub margin: f64,
    /// The share of false ones tolerated among what is called faster or slower. Above 0, below 0.5.
    pub false_discovery_rate: f64,
    /// The standard deviation of a row from run to run, where the measured one of the pacing is not wanted.
    pub run_to_run: Option<f64>,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds { margin: 0.01, false_discovery_rate: 0.05, run_to_run: None }
    }
}

impl Thresholds {
    pub(super) fn check(&self) -> Result<(), CompareError> {
        let within = |name, value: f64, end: f64, want| {
            if value > 0.0 && value < end {
                Ok(())
            } else {
                Err(CompareError::Threshold { name, value, want })
            }
        };
        within("margin", self.margin, 1.0, "a fraction above 0 and below 1")?;
        within("false discovery rate", self.false_discovery_rate, 0.5, "a fraction above 0 and below 0.5")?;
        let deviation = self.run_to_run.unwrap_or(0.0);
        if (0.0..1.0).contains(&deviation) {
            return Ok(());
        }
        Err(CompareError::Threshold {
            name: "run to run",
            value: deviation,
            want: "a fraction of 0 to below 1",
        })
    }

    /// The margin of a logarithm.
    fn ln_margin(&self) -> f64 {
        self.margin.ln_1p()
    }

    /// The verdict on an estimate whose q-value is known.
    pub(super) fn judge(&self, estimate: &Estimate, q: f64) -> Verdict {
        let margin = self.ln_margin();
        if q <= self.false_discovery_rate {
            if estimate.ln > 0.0 { Verdict::Faster } else { Verdict::Slower }
        } else if estimate.ln - estimate.half_width >= -margin && estimate.ln + estimate.half_width <= margin
        {
            Verdict::Same
        } else {
            Verdict::Unsure
        }
    }

    /// The p-value of an estimate.
    fn p(&self, ln: f64, error: f64, upper_tail: impl Fn(f64) -> f64) -> f64 {
        let margin = self.ln_margin();
        if error <= 0.0 {
            return if ln.abs() > margin { 0.0 } else { 1.0 };
        }
        (upper_tail((ln.abs() - margin) / error) + upper_tail((ln.abs() + margin) / error)).min(1.0)
    }

    /// Of a ratio whose logarithm has a known standard error.
    pub(super) fn of_known_error(&self, ln: f64, error: f64) -> Estimate {
        Estimate { ln, half_width: NORMAL_95 * error, p: self.p(ln, error, normal_upper_tail) }
    }

    /// Of a ratio whose logarithm has a standard error that was estimated, with so many degrees of freedom.
    pub(super) fn of_estimated_error(&self, ln: f64, error: f64, freedom: f64) -> Estimate {
        let half_width = student_quantile(0.975, freedom) * error;
        Estimate { ln, half_width, p: self.p(ln, error, |t| student_upper_tail(t, freedom)) }
    }

    /// Of the geometric mean of ratios. `expected` is its standard error if the true ratios were all equal,
    /// by what their errors are known to be; `shared` is the part of it that averaging does not reduce, a
    /// variance. The points of a sweep are a sample of the head dims of their series, so that the scatter of
    /// the ratios themselves counts too: the wider interval of the two, and the larger p-value, stand.
    pub(super) fn of_mean(&self, logarithms: &[f64], expected: f64, shared: f64) -> Estimate {
        let n = logarithms.len() as f64;
        let ln = logarithms.iter().sum::<f64>() / n;
        let by_errors = self.of_known_error(ln, expected);
        if logarithms.len() < 2 {
            return by_errors;
        }
        let freedom = n - 1.0;
        let error = (squares_about_mean(logarithms) / freedom / n + shared).sqrt();
        let by_scatter = self.of_estimated_error(ln, error, freedom);
        Estimate {
            ln,
            half_width: by_errors.half_width.max(by_scatter.half_width),
            p: by_errors.p.max(by_scatter.p),
        }
    }
}

/// The logarithm of a ratio, the half-width of its 95 % interval, and the p-value of its being within the
/// margin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) ln: f64,
    pub(super) half_width: f64,
    pub(super) p: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AT_1: Thresholds = Thresholds { margin: 0.01, false_discovery_rate: 0.05, run_to_run: None };

    fn alone(ratio: f64, error: f64) -> Verdict {
        let estimate = AT_1.of_known_error(ratio.ln(), error);
        AT_1.judge(&estimate, estimate.p)
    }

    #[test]
    fn the_four_verdicts() {
        assert_eq!(alone(1.02, 0.002), Verdict::Faster);
        assert_eq!(alone(0.98, 0.002), Verdict::Slower);
        assert_eq!(alone(1.001, 0.002), Verdict::Same);
        assert_eq!(alone(1.02, 0.02), Verdict::Unsure);
        // Surely above 1, but not surely by more than the margin.
        assert_eq!(alone(1.011, 0.002), Verdict::Unsure);
        assert_eq!((alone(1.02, 0.0), alone(1.0, 0.0)), (Verdict::Faster, Verdict::Same));
    }

    #[test]
    fn one_wild_ratio_does_not_make_a_mean_faster() {
        let mut logarithms = vec![0.0; 9];
        logarithms.push(0.5);
        let estimate = AT_1.of_mean(&logarithms, 0.001, 0.0);
        assert!((estimate.ln - 0.05).abs() < 1e-12 && estimate.half_width > 0.1);
        assert_eq!(AT_1.judge(&estimate, estimate.p), Verdict::Unsure);
    }

    #[test]
    fn thresholds_that_cannot_be_are_named() {
        for (thresholds, name) in [
            (Thresholds { margin: 0.0, ..AT_1 }, "margin = 0"),
            (Thresholds { margin: f64::NAN, ..AT_1 }, "margin = NaN"),
            (Thresholds { false_discovery_rate: 0.5, ..AT_1 }, "false discovery rate = 0.5"),
            (Thresholds { run_to_run: Some(-0.1), ..AT_1 }, "run to run = -0.1"),
        ] {
            let error = thresholds.check().unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_p_value_is_one_within_reach_of_the_margin_and_falls_beyond(
            ln in -0.2f64..0.2, error in 1e-5f64..0.1
        ) {
            let estimate = AT_1.of_known_error(ln, error);
            prop_assert!((0.0..=1.0).contains(&estimate.p));
            prop_assert!(ln.abs() > 0.01f64.ln_1p() || estimate.p >= 0.5);
            prop_assert!(AT_1.of_known_error(ln * 1.5, error).p <= estimate.p);
            prop_assert_eq!(AT_1.of_known_error(-ln, error).p, estimate.p);
        }
    }
}

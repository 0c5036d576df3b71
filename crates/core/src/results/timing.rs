//! The times of a point, and the columns that hold them.

use crate::results::bound::Bound;
use crate::results::field::{Field, above_zero, at_least_one, stored};
use crate::results::second_speed::SecondSpeed;
use crate::shape::vocabulary::Stat;
use crate::statistics::{median, median_ci_half_width};

/// How far the mean may lie outside the fastest and slowest time, as a fraction: sums round.
const MEAN_TOLERANCE: f64 = 1e-9;

impl Stat {
    /// The column that holds this time.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Stat::Median => MEDIAN,
            Stat::Min => MIN,
            Stat::Max => MAX,
            Stat::Mean => MEAN,
        }
    }
}

const MIN: &str = "time_min_us";
const MEDIAN: &str = "time_median_us";
const MEAN: &str = "time_mean_us";
const MAX: &str = "time_max_us";

/// Times of one launch in microseconds: over all samples, or over those of the larger group where there are two
/// speeds. What hovera measured has all four; a file that was imported has what its source tells, at least one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Timing {
    /// How many launches in all, where that is known.
    pub samples: Option<u32>,
    /// The fastest.
    pub min_us: Option<f64>,
    /// The middle one, or the mean of the two middle ones.
    pub median_us: Option<f64>,
    /// The mean.
    pub mean_us: Option<f64>,
    /// The slowest.
    pub max_us: Option<f64>,
    /// Half-width of a 95 % confidence interval of the median; of the mean where no median is known. None with too few
    /// samples for one.
    pub ci_us: Option<f64>,
    /// Median over launches of time × that launch's true SM clock, where clocks were measured.
    pub cycles_median: Option<f64>,
    /// The speed of the other launches, where there are two.
    pub second: Option<SecondSpeed>,
}

/// A column for each of its fields, but for the other speed.
pub(crate) const COLUMNS: &[Field<Timing>] = &[
    stored!(Timing.samples, "", "How many launches were timed.", at_least_one),
    stored!(Timing.min_us as MIN, "µs", "Time of the fastest launch.", above_zero),
    stored!(Timing.median_us as MEDIAN, "µs", "Median time of a launch.", above_zero),
    stored!(Timing.mean_us as MEAN, "µs", "Mean time of a launch.", above_zero),
    stored!(Timing.max_us as MAX, "µs", "Time of the slowest launch.", above_zero),
    stored!(
        Timing.ci_us as "time_ci_us",
        "µs",
        "Half-width of a 95 % confidence interval of the median, or of the mean where an imported file tells no median; \
         empty with too few launches for one."
    ),
    stored!(
        Timing.cycles_median,
        "cycles",
        "Median over the launches of time × that launch's true SM clock.",
        above_zero
    ),
];

impl Timing {
    /// One time and no other, in microseconds.
    #[must_use]
    pub fn only(stat: Stat, time_us: f64, samples: Option<u32>) -> Timing {
        let of = |this| (this == stat).then_some(time_us);
        Timing {
            samples,
            min_us: of(Stat::Min),
            median_us: of(Stat::Median),
            mean_us: of(Stat::Mean),
            max_us: of(Stat::Max),
            ..Timing::default()
        }
    }

    /// Sums up launch times of one speed in microseconds, and the cycles of the same launches where their clocks
    /// were measured. None when there are no times or one is not finite and above zero.
    #[must_use]
    pub fn from_samples(times_us: &[f64], cycles: Option<&[f64]>) -> Option<Timing> {
        let times = sorted_positive(times_us)?;
        let (min_us, max_us) = (*times.first()?, *times.last()?);
        let mean = times.iter().map(|t| t / times.len() as f64).sum::<f64>();
        Some(Timing {
            samples: Some(u32::try_from(times.len()).ok()?),
            min_us: Some(min_us),
            median_us: Some(median(&times)?),
            // The sum rounds, and the mean of equal times must be that time.
            mean_us: Some(mean.clamp(min_us, max_us)),
            max_us: Some(max_us),
            ci_us: median_ci_half_width(&times),
            cycles_median: cycles.and_then(sorted_positive).and_then(|cycles| median(&cycles)),
            second: None,
        })
    }

    /// The time that stands for the point, in microseconds, where it is known.
    #[must_use]
    pub fn time_us(&self, stat: Stat) -> Option<f64> {
        match stat {
            Stat::Median => self.median_us,
            Stat::Min => self.min_us,
            Stat::Max => self.max_us,
            Stat::Mean => self.mean_us,
        }
    }

    /// Half-width of the median's 95 % interval over the median, or of the mean's over the mean where there is no median.
    /// None where it is not known, and where the interval is as wide as the time or wider: that says little more of
    /// the time than that it is positive.
    #[must_use]
    pub fn relative_ci(&self) -> Option<f64> {
        Some(self.ci_us? / self.median_us.or(self.mean_us)?).filter(|relative| 2.0 * relative < 1.0)
    }

    /// The row's [invariant](Bound::invariant), of its median time and its median cycles, where that time is
    /// known.
    #[must_use]
    pub fn invariant(&self, bound: Option<Bound>) -> Option<f64> {
        match (bound, self.cycles_median) {
            (Some(bound), Some(cycles)) => Some(bound.invariant_of(self.median_us?, cycles)),
            _ => self.median_us,
        }
    }

    /// The first of the times that are there that contradicts the others: its column, and what it would have
    /// to be. None where all can be those of one point.
    #[must_use]
    pub fn contradiction(&self) -> Option<(&'static str, String)> {
        let (min_us, max_us) = (self.min_us.unwrap_or(0.0), self.max_us.unwrap_or(f64::INFINITY));
        if min_us > max_us {
            return Some((MIN, format!("no more than time_max_us = {max_us}")));
        }
        let between = || match (self.min_us, self.max_us) {
            (Some(min_us), Some(max_us)) => format!("time_min_us = {min_us} to time_max_us = {max_us}"),
            (Some(min_us), None) => format!("no less than time_min_us = {min_us}"),
            _ => format!("no more than time_max_us = {max_us}"),
        };
        if self.median_us.is_some_and(|median_us| !(min_us..=max_us).contains(&median_us)) {
            return Some((MEDIAN, between()));
        }
        let (lowest, highest) = (min_us * (1.0 - MEAN_TOLERANCE), max_us * (1.0 + MEAN_TOLERANCE));
        if self.mean_us.is_some_and(|mean_us| !(lowest..=highest).contains(&mean_us)) {
            return Some((MEAN, between()));
        }
        None
    }
}

fn sorted_positive(values: &[f64]) -> Option<Vec<f64>> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.iter().all(|v| v.is_finite() && *v > 0.0).then_some(sorted)
}

#[cfg(test)]
mod tests;

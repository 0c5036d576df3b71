//! The values of two rows, or of more, that are held against each other.
//!
//! # Throughput at a stated clock
//!
//! Throughput follows the SM clock f as f^e, e from 0, where memory bounds a row, to 1, where the SMs do. A row
//! alone is brought from its own clock to a stated one by its own e. Of two rows that would put the whole error
//! of e, times how far their clocks are from the stated one, into the ratio, and near the place where the limits
//! meet e differs from row to row by noise. So both are brought there by one e, the mean of the two:
//!
//! - With one e the ratio does not depend on the stated clock at all, only on the clocks of the two rows, which
//!   differ by little.
//! - Where the two really follow the clock differently, each by its own e, their ratio at a clock f is
//!   t₂/t₁ · (f/f₂)^e₂ / (f/f₁)^e₁. At the geometric mean of the two clocks, f = √(f₁·f₂), this is
//!   t₂/t₁ · (f₁/f₂)^((e₁ + e₂)/2): what the mean exponent gives. So the ratio is the one at the clock that both
//!   rows are nearest to.
//!
//! Each row's e is by the rows around it ([`ClockResponse`](crate::ClockResponse)): where the limits meet, the word
//! of one row is noise. Of more than two cards, a fleet, e is the mean over all of them, for the same reasons.
//!
//! A pair that does not follow the clock, e = 0, needs no clock. Any other needs those of both rows.
//!
//! # Two speeds
//!
//! Where the launches of a row fall into two groups, faster is held against faster and slower against slower, or the
//! interval of the ratio reaches to both: the rule is in `two_speeds.rs`.

use crate::metric::{Metric, Missing, RatedCard, at_clock};
use crate::two_speeds::SpeedPairing;
use hovera_core::{Bound, Row, Stat};

/// A row on its card, and the time of it that stands for it.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// The row.
    pub row: &'a Row,
    /// Its card, at the clock that both are brought to, with what the rows of its file say of the clock.
    pub card: RatedCard<'a>,
    /// Which of its times stands for it, with a metric that [is over time](Metric::is_over_time); every other one is of the
    /// median.
    pub stat: Stat,
}

/// The values of two rows by one metric, more being better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairValues {
    /// Of the first row and of the second.
    pub values: [f64; 2],
    /// What each is made of.
    pub(crate) made_of: [MadeOf; 2],
    /// Which speeds they are of, where a row has two.
    pub(crate) speeds: SpeedPairing,
}

impl PairValues {
    /// Whether the launches of a row fall into two groups.
    #[must_use]
    pub fn has_two_speeds(&self) -> bool {
        self.speeds.two.contains(&true)
    }

    /// The half-width of the 95 % interval of the ratio's logarithm, by the half-widths of both rows' intervals, each
    /// relative to its time: they are independent and small, so that they add in squares.
    #[must_use]
    pub fn half_width(&self, of_rows: [f64; 2]) -> f64 {
        let [first, second] = of_rows;
        first.hypot(second * self.speeds.widening).hypot(self.speeds.reach)
    }
}

/// What a row's value is made of: what it may differ by from run to run follows from that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum MadeOf {
    /// time^(1 - e) · cycles^e.
    Time {
        /// e, from 0 to 1.
        cycles: f64,
        /// What bounds the row, where that is known.
        bound: Option<Bound>,
    },
    /// The card's energy counter.
    Energy,
}

/// Reads two rows by one rule, which the module's documentation states.
///
/// # Errors
/// [`Missing`], what a row or a card lacks for it.
pub fn pair_values(metric: Metric, pair: [Measured<'_>; 2]) -> Result<PairValues, Missing> {
    let [first, second] = pair;
    let (exponent, values) = match metric {
        Metric::TflopsAtClock => {
            let mut common = CommonExponent::default();
            for it in pair {
                common.add(it.card.exponent(it.row)?);
            }
            let exponent = common.mean().unwrap_or_default();
            let value = |it: Measured<'_>| at_clock(it.row, &it.card, exponent);
            (exponent, [value(first)?, value(second)?])
        }
        Metric::Tflops | Metric::GbPerSecond => (0.0, [first.over_time(metric)?, second.over_time(metric)?]),
        _ => (1.0, [metric.of_row(first.row, &first.card)?, metric.of_row(second.row, &second.card)?]),
    };
    let made_of = pair.map(|it| match metric {
        Metric::GflopsPerWatt => MadeOf::Energy,
        _ => MadeOf::Time { cycles: exponent, bound: it.card.bound(it.row).ok() },
    });
    let by_median_time = match metric {
        Metric::Tflops | Metric::GbPerSecond => pair.iter().all(|it| it.stat == Stat::Median),
        Metric::TflopsAtClock => exponent == 0.0,
        _ => false,
    };
    let speeds = SpeedPairing::of_timings([first, second].map(|it| it.row.timing.as_ref()), by_median_time);
    let [first, second] = values;
    Ok(PairValues { values: [first, second * speeds.factor], made_of, speeds })
}

/// The exponent by which all that are compared are brought to one clock: the mean of theirs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CommonExponent {
    sum: f64,
    count: usize,
}

impl CommonExponent {
    /// Takes the exponent of one of them.
    pub(crate) fn add(&mut self, exponent: f64) {
        self.sum += exponent;
        self.count += 1;
    }

    /// None of none.
    pub(crate) fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl Measured<'_> {
    /// By the time that stands for it.
    fn over_time(&self, metric: Metric) -> Result<f64, Missing> {
        metric.over_time(self.row, self.stat)
    }
}

//! How long a device rests so that a burst does not feel what ran before it.

use super::datasheet::Datasheet;
use super::procedure::{LONGEST_REST_S, replay};
use crate::shape::vocabulary::Dtype;
use crate::sweep::spec::IdleRule;
use std::collections::BTreeMap;
use std::time::Duration;

/// The rates that count as the most a card can do, each dtype's its own: by the datasheet, or where that has
/// none by the fastest burst so far.
#[derive(Debug, Clone, Default)]
pub struct Peaks {
    sheet: Option<&'static Datasheet>,
    /// FLOP/s of the fastest burst of each dtype.
    fastest: BTreeMap<Dtype, f64>,
}

impl Peaks {
    /// Of a card with this datasheet.
    #[must_use]
    pub fn new(sheet: Option<&'static Datasheet>) -> Peaks {
        Peaks { sheet, fastest: BTreeMap::new() }
    }

    /// A burst of `dtype` ran at `rate` FLOP/s.
    pub fn saw(&mut self, dtype: Dtype, rate: f64) {
        let fastest = self.fastest.entry(dtype).or_insert(rate);
        *fastest = fastest.max(rate);
    }

    /// The share of the peak of `dtype` that `rate` FLOP/s is, at most 1. A rate that is not known counts as
    /// the peak, and so does any while no peak is known.
    #[must_use]
    pub fn share(&self, dtype: Dtype, rate: Option<f64>) -> f64 {
        let rated = self.sheet.and_then(|sheet| sheet.peak(dtype)).map_or(0.0, |tflops| tflops * 1e12);
        let peak = rated.max(self.fastest.get(&dtype).copied().unwrap_or(0.0));
        match rate {
            Some(rate) if peak > 0.0 => (rate / peak).min(1.0),
            _ => 1.0,
        }
    }
}

/// Keeps account of the rest that a device is owed.
///
/// A burst adds to the debt by [`IdleRule`], time without launches takes from it, whoever needed that
/// time. A burst is ready to run when nothing is owed and the device has rested as long as a burst of
/// its own rate wants beforehand. Rates are shares of a [peak](Peaks::share).
#[derive(Debug, Clone)]
pub struct Pacer {
    rule: IdleRule,
    owed: Duration,
    /// How long it has been busy, less how long it has rested.
    spent: Duration,
    busy_until: Duration,
}

impl Pacer {
    /// For a device that has not been busy before `now`.
    #[must_use]
    pub fn new(rule: IdleRule, now: Duration) -> Pacer {
        Pacer { rule, owed: Duration::ZERO, spent: Duration::ZERO, busy_until: now }
    }

    /// How long to idle before a burst that should run at `share` of its peak.
    #[must_use]
    pub fn wait(&self, now: Duration, share: f64) -> Duration {
        let before = match self.rule {
            // What was hardly busy need not recover, whatever comes next.
            IdleRule::Heat { after, before_ms, .. } => {
                let enough = (before_ms * 1e-3).min(after * self.spent.as_secs_f64());
                Duration::from_secs_f64(enough).mul_f64(heat(share))
            }
            IdleRule::Ratio(_) => Duration::ZERO,
        };
        let rested = now.saturating_sub(self.busy_until);
        self.owed.max(before).min(longest_rest()).saturating_sub(rested)
    }

    /// How long to idle before a replay that keeps the device busy for `busy` at `share` of its peak: in proportion
    /// to that, so that the clock is the same whatever ran before.
    #[must_use]
    pub fn wait_for_replay(&self, now: Duration, busy: Duration, share: f64) -> Duration {
        let ratio = self.replay_ratio(share);
        let least = if ratio > 0.0 { Duration::from_secs_f64(replay::LEAST_REST_S) } else { Duration::ZERO };
        let rested = now.saturating_sub(self.busy_until);
        self.owed.max(busy.mul_f64(ratio)).max(least).min(longest_rest()).saturating_sub(rested)
    }

    /// A replay has just ended, after `busy` at `share` of its peak.
    pub fn replayed(&mut self, now: Duration, busy: Duration, share: f64) {
        self.owes(now, busy, self.replay_ratio(share));
    }

    /// The rest that a replay needs over its busy time.
    fn replay_ratio(&self, share: f64) -> f64 {
        match self.rule {
            IdleRule::Heat { after, .. } if share > replay::DENSE_SHARE => after * replay::REST_WHEN_DENSE,
            IdleRule::Heat { after, .. } => after * replay::REST,
            IdleRule::Ratio(ratio) => ratio,
        }
    }

    /// A burst has just ended, after `busy` at `share` of its peak.
    pub fn ran(&mut self, now: Duration, busy: Duration, share: f64) {
        let ratio = match self.rule {
            IdleRule::Heat { after, least, .. } => (after * heat(share)).max(least),
            IdleRule::Ratio(ratio) => ratio,
        };
        self.owes(now, busy, ratio);
    }

    /// A rest of so many times the busy time is owed on top of what is, less what was rested before.
    fn owes(&mut self, now: Duration, busy: Duration, ratio: f64) {
        let rested = now.saturating_sub(busy).saturating_sub(self.busy_until);
        self.owed = self.owed.saturating_sub(rested) + busy.mul_f64(ratio);
        self.owed = self.owed.min(longest_rest());
        self.spent = self.spent.saturating_sub(rested) + busy;
        self.busy_until = now;
    }
}

/// The square of the share of the peak.
fn heat(share: f64) -> f64 {
    share * share
}

fn longest_rest() -> Duration {
    Duration::from_secs_f64(LONGEST_REST_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAT: IdleRule = IdleRule::Heat { after: 10.0, before_ms: 80.0, least: 0.0 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn rest_follows_the_square_of_the_rate() {
        let owed = |share| {
            let mut pacer = Pacer::new(HEAT, ms(0));
            pacer.ran(ms(10), ms(10), share);
            pacer.wait(ms(10), 0.0)
        };
        assert_eq!((owed(1.0), owed(0.5), owed(0.1)), (ms(100), ms(25), ms(1)));
    }

    #[test]
    fn the_least_rest_is_owed_at_any_rate_and_what_heat_needs_where_that_is_more() {
        let rule = IdleRule::Heat { after: 10.0, before_ms: 80.0, least: 2.0 };
        let owed = |share| {
            let mut pacer = Pacer::new(rule, ms(0));
            pacer.ran(ms(10), ms(10), share);
            pacer.wait(ms(10), 0.0)
        };
        assert_eq!((owed(1.0), owed(0.5), owed(0.1), owed(0.0)), (ms(100), ms(25), ms(20), ms(20)));
    }

    #[test]
    fn a_fast_burst_wants_rest_beforehand_too() {
        let mut pacer = Pacer::new(HEAT, ms(0));
        pacer.ran(ms(10), ms(10), 0.1);
        assert_eq!(pacer.wait(ms(10), 0.1), ms(1));
        assert_eq!(pacer.wait(ms(10), 0.5), ms(20));
        assert_eq!(pacer.wait(ms(10), 1.0), ms(80));
        // After a millisecond of work ten are enough.
        let mut fresh = Pacer::new(HEAT, ms(0));
        assert_eq!(fresh.wait(ms(0), 1.0), ms(0));
        fresh.ran(ms(1), ms(1), 0.1);
        assert_eq!(fresh.wait(ms(1), 1.0), ms(10));
        // The host's own time counts.
        assert_eq!(pacer.wait(ms(25), 0.5), ms(5));
        assert_eq!(pacer.wait(ms(100), 1.0), ms(0));
    }

    #[test]
    fn a_replay_is_rested_for_in_proportion_and_for_two_milliseconds_at_least() {
        let us = Duration::from_micros;
        let mut pacer = Pacer::new(HEAT, ms(0));
        let at = ms(1000);
        pacer.replayed(at, us(300), 0.1);
        assert_eq!(pacer.wait_for_replay(at, us(300), 0.1), ms(2));
        assert_eq!(pacer.wait_for_replay(at, us(1000), 0.1), us(4500));
        assert_eq!(pacer.wait_for_replay(at, us(1000), 0.5), ms(9));
        // What ran before counts where it needs more, and time that has passed does.
        let mut pacer = Pacer::new(HEAT, ms(0));
        pacer.replayed(at, us(1000), 0.5);
        assert_eq!(pacer.wait_for_replay(at, us(300), 0.1), ms(9));
        assert_eq!(pacer.wait_for_replay(at + ms(8), us(300), 0.1), ms(1));
        // Who wants no rest gets none.
        let mut restless = Pacer::new(IdleRule::Ratio(0.0), ms(0));
        restless.replayed(at, ms(1), 1.0);
        assert_eq!(restless.wait_for_replay(at, ms(1), 1.0), ms(0));
    }

    #[test]
    fn a_debt_that_was_not_paid_is_carried_and_bounded() {
        let mut pacer = Pacer::new(IdleRule::Ratio(2.0), ms(0));
        pacer.ran(ms(10), ms(10), 1.0);
        pacer.ran(ms(25), ms(10), 1.0);
        // 20 owed, 5 rested, 20 more.
        assert_eq!(pacer.wait(ms(25), 1.0), ms(35));
        pacer.ran(ms(60_000), ms(50_000), 1.0);
        assert_eq!(pacer.wait(ms(60_000), 1.0), longest_rest());
    }

    #[test]
    fn each_dtype_is_held_against_its_own_peak() {
        let peaks = Peaks::new(Datasheet::lookup("NVIDIA H100 80GB HBM3"));
        let at_50_tflops = |dtype| peaks.share(dtype, Some(50e12));
        for (dtype, peak) in
            [(Dtype::F16, 989.0), (Dtype::F32, 61.8), (Dtype::Tf32, 495.0), (Dtype::Int8, 1979.0)]
        {
            assert!((at_50_tflops(dtype) * peak / 50.0 - 1.0).abs() < 1e-12, "{dtype}");
        }
        // No rate is above the peak, and one that is not known is taken for it.
        assert_eq!((peaks.share(Dtype::F32, Some(1e15)), peaks.share(Dtype::F32, None)), (1.0, 1.0));
    }

    #[test]
    fn without_a_datasheet_the_fastest_burst_of_the_dtype_stands_for_the_peak() {
        let mut peaks = Peaks::new(None);
        assert_eq!(peaks.share(Dtype::F16, Some(1e12)), 1.0);
        peaks.saw(Dtype::F16, 4e14);
        peaks.saw(Dtype::F16, 1e14);
        peaks.saw(Dtype::F32, 2e13);
        assert_eq!(peaks.share(Dtype::F16, Some(1e14)), 0.25);
        assert_eq!(peaks.share(Dtype::F32, Some(1e13)), 0.5);
    }

    #[test]
    fn a_burst_beyond_the_rated_peak_raises_it() {
        let mut peaks = Peaks::new(Datasheet::lookup("NVIDIA H100 80GB HBM3"));
        peaks.saw(Dtype::F32, 123.6e12);
        assert_eq!(peaks.share(Dtype::F32, Some(61.8e12)), 0.5);
    }
}

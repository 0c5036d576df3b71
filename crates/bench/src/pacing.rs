//! How long a device rests so that a burst does not feel what ran before it.

use hovera_core::IdleRule;
use std::time::Duration;

/// After so long a rest a card has forgotten what it did: the slowest of its power regulation takes some
/// 100 ms. It bounds what is owed after a long sustained stretch.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// The peak FLOP/s of a card without a datasheet, until a burst has been faster.
const UNKNOWN_PEAK: f64 = 0.0;

/// Keeps account of the rest that a device is owed.
///
/// A burst adds to the debt by [`IdleRule`], time without launches takes from it, whoever needed that
/// time. A burst is ready to run when nothing is owed and the device has rested as long as a burst of
/// its own rate wants beforehand.
#[derive(Debug, Clone)]
pub(crate) struct Pacer {
    rule: IdleRule,
    /// FLOP/s at which a rate counts as 1.
    peak: f64,
    owed: Duration,
    /// How long it has been busy, less how long it has rested.
    spent: Duration,
    busy_until: Duration,
}

impl Pacer {
    /// `peak` in FLOP/s by the card's datasheet; without one, the fastest burst so far stands for it.
    pub(crate) fn new(rule: IdleRule, peak: Option<f64>, now: Duration) -> Pacer {
        Pacer {
            rule,
            peak: peak.unwrap_or(UNKNOWN_PEAK),
            owed: Duration::ZERO,
            spent: Duration::ZERO,
            busy_until: now,
        }
    }

    /// How long to idle before a burst that should run at `rate` FLOP/s; an unknown rate counts as the
    /// peak.
    pub(crate) fn wait(&self, now: Duration, rate: Option<f64>) -> Duration {
        let before = match self.rule {
            // What was hardly busy need not recover, whatever comes next.
            IdleRule::Heat { after, before_ms } => {
                let enough = (before_ms * 1e-3).min(after * self.spent.as_secs_f64());
                Duration::from_secs_f64(enough).mul_f64(rate.map_or(1.0, |rate| self.heat(rate)))
            }
            IdleRule::Ratio(_) => Duration::ZERO,
        };
        let rested = now.saturating_sub(self.busy_until);
        self.owed.max(before).min(LONGEST_REST).saturating_sub(rested)
    }

    /// A burst has just ended, after `busy` at `rate` FLOP/s.
    pub(crate) fn ran(&mut self, now: Duration, busy: Duration, rate: f64) {
        self.peak = self.peak.max(rate);
        let rested = now.saturating_sub(busy).saturating_sub(self.busy_until);
        let ratio = match self.rule {
            IdleRule::Heat { after, .. } => after * self.heat(rate),
            IdleRule::Ratio(ratio) => ratio,
        };
        self.owed = self.owed.saturating_sub(rested) + busy.mul_f64(ratio);
        self.owed = self.owed.min(LONGEST_REST);
        self.spent = self.spent.saturating_sub(rested) + busy;
        self.busy_until = now;
    }

    /// The square of the share of the peak.
    fn heat(&self, rate: f64) -> f64 {
        if self.peak > 0.0 { (rate / self.peak).min(1.0).powi(2) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAT: IdleRule = IdleRule::Heat { after: 10.0, before_ms: 80.0 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn rest_follows_the_square_of_the_rate() {
        let owed = |rate| {
            let mut pacer = Pacer::new(HEAT, Some(1e15), ms(0));
            pacer.ran(ms(10), ms(10), rate);
            pacer.wait(ms(10), Some(0.0))
        };
        assert_eq!((owed(1e15), owed(5e14), owed(1e14)), (ms(100), ms(25), ms(1)));
        // No rate is above the peak.
        assert_eq!(owed(2e15), ms(100));
    }

    #[test]
    fn a_fast_burst_wants_rest_beforehand_too_and_an_unknown_one_all_of_it() {
        let mut pacer = Pacer::new(HEAT, Some(1e15), ms(0));
        pacer.ran(ms(10), ms(10), 1e14);
        assert_eq!(pacer.wait(ms(10), Some(1e14)), ms(1));
        assert_eq!(pacer.wait(ms(10), Some(5e14)), ms(20));
        assert_eq!(pacer.wait(ms(10), None), ms(80));
        // After a millisecond of work ten are enough.
        let mut fresh = Pacer::new(HEAT, Some(1e15), ms(0));
        assert_eq!(fresh.wait(ms(0), None), ms(0));
        fresh.ran(ms(1), ms(1), 1e14);
        assert_eq!(fresh.wait(ms(1), None), ms(10));
        // The host's own time counts.
        assert_eq!(pacer.wait(ms(25), Some(5e14)), ms(5));
        assert_eq!(pacer.wait(ms(100), None), ms(0));
    }

    #[test]
    fn a_debt_that_was_not_paid_is_carried_and_bounded() {
        let mut pacer = Pacer::new(IdleRule::Ratio(2.0), None, ms(0));
        pacer.ran(ms(10), ms(10), 1.0);
        pacer.ran(ms(25), ms(10), 1.0);
        // 20 owed, 5 rested, 20 more.
        assert_eq!(pacer.wait(ms(25), None), ms(35));
        pacer.ran(ms(60_000), ms(50_000), 1.0);
        assert_eq!(pacer.wait(ms(60_000), None), LONGEST_REST);
    }

    #[test]
    fn without_a_datasheet_the_fastest_burst_stands_for_the_peak() {
        let mut pacer = Pacer::new(HEAT, None, ms(0));
        pacer.ran(ms(10), ms(10), 4e14);
        assert_eq!(pacer.wait(ms(10), None), ms(100));
        let mut pacer = Pacer::new(HEAT, None, ms(0));
        pacer.ran(ms(10), ms(1), 4e14);
        pacer.ran(ms(1000), ms(10), 1e14);
        assert_eq!(pacer.wait(ms(1000), Some(0.0)), Duration::from_micros(6250));
    }
}

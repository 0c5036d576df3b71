//! The true SM clock of each launch, from the stamps around it or around its burst.
//!
//! An SM's cycle counter over the device's timer, between two stamps, is its mean clock in between, and the mean over the
//! SMs is the clock of a launch. NVML's reading lags a launch by far.

use crate::sys::Stamp;
use hovera_core::median_of;

/// A launch gets a clock of its own when the timer's step is at most this fraction of it: 0.1 %, as fine
/// as cycles repeat from burst to burst. The timer steps 32 ns on a Hopper and 1 µs on some other cards.
const LAUNCH_RESOLUTION: f64 = 1e-3;

/// Below this the clock of a whole burst is not told either.
const BURST_RESOLUTION: f64 = 1e-2;

/// Mean SM clock in MHz of each launch of a burst. `stamps` holds one set of stamps before the first
/// launch and one after each, so one more than there are launches. Launches that are too short for the
/// device's timer get the mean clock of the whole burst.
pub(crate) fn launch_clocks(stamps: &[&[Stamp]]) -> Vec<Option<f64>> {
    let burst = burst_clock(stamps);
    let step = timer_step(stamps);
    let sets: Vec<Vec<&Stamp>> = stamps.iter().map(|set| by_sm(set)).collect();
    sets.windows(2)
        .map(|pair| told(Interval::between(&pair[0], &pair[1]), step, LAUNCH_RESOLUTION).or(burst))
        .collect()
}

/// Mean SM clock in MHz from the first set of stamps to the last.
pub(crate) fn burst_clock(stamps: &[&[Stamp]]) -> Option<f64> {
    let interval = Interval::between(&by_sm(stamps.first()?), &by_sm(stamps.last()?));
    told(interval, timer_step(stamps), BURST_RESOLUTION)
}

/// What two sets of stamps are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Between {
    /// Time, in µs: the middle one over the SMs.
    pub(crate) us: f64,
    /// The mean SM clock, where the timer is fine enough to tell.
    pub(crate) mhz: Option<f64>,
}

/// Time and mean clock from the first set of stamps to the last; none where no SM left a stamp in both.
pub(crate) fn between(stamps: &[&[Stamp]]) -> Option<Between> {
    let (first, last) = (by_sm(stamps.first()?), by_sm(stamps.last()?));
    let us = median_of(
        pairs(&first, &last).map(|(before, after)| after.ns.saturating_sub(before.ns) as f64 * 1e-3),
    )?;
    Some(Between { us, mhz: burst_clock(stamps) })
}

/// The stamps of each SM that left one both times. Both sets are in the order of their SMs.
fn pairs<'s>(
    before: &'s [&'s Stamp],
    after: &'s [&'s Stamp],
) -> impl Iterator<Item = (&'s Stamp, &'s Stamp)> {
    let mut before = before.iter().peekable();
    after.iter().filter_map(move |after| {
        while before.next_if(|stamp| stamp.sm < after.sm).is_some() {}
        let before = before.next_if(|stamp| stamp.sm == after.sm)?;
        Some((*before, *after))
    })
}

/// The clock of an interval that the timer's step is at most that fraction of.
fn told(interval: Option<Interval>, step_ns: u64, resolution: f64) -> Option<f64> {
    interval.filter(|interval| step_ns as f64 <= resolution * interval.ns).map(|interval| interval.mhz)
}

/// The coarsest timer there is steps about every microsecond. Few readings can suggest a coarser one.
const COARSEST_STEP_NS: u64 = 1024;

struct Interval {
    mhz: f64,
    ns: f64,
}

impl Interval {
    /// The mean over the SMs that left a stamp both times: the scheduler does not promise a block on every SM, and the
    /// clusters of SMs (GPCs) of a Hopper have clocks of their own, some tens of MHz apart in one launch on H100s. Both sets
    /// are in the order of their SMs.
    fn between(before: &[&Stamp], after: &[&Stamp]) -> Option<Interval> {
        let intervals: Vec<Interval> = pairs(before, after)
            .filter_map(|(before, after)| {
                let ns = after.ns.checked_sub(before.ns).filter(|ns| *ns > 0)? as f64;
                let cycles = after.clock.checked_sub(before.clock)? as f64;
                Some(Interval { mhz: cycles / ns * 1e3, ns })
            })
            .collect();
        let mean = |of: fn(&Interval) -> f64| intervals.iter().map(of).sum::<f64>() / intervals.len() as f64;
        (!intervals.is_empty())
            .then(|| Interval { mhz: mean(|interval| interval.mhz), ns: mean(|interval| interval.ns) })
    }
}

/// In the order of their SMs; of several of one SM, the last it left.
fn by_sm(stamps: &[Stamp]) -> Vec<&Stamp> {
    let mut sorted: Vec<&Stamp> = stamps.iter().rev().collect();
    sorted.sort_by_key(|stamp| stamp.sm);
    sorted.dedup_by_key(|stamp| stamp.sm);
    sorted
}

/// The timer's step in ns: what all its readings are apart by a multiple of.
pub(crate) fn timer_step(stamps: &[&[Stamp]]) -> u64 {
    let mut readings = stamps.iter().flat_map(|set| set.iter()).map(|stamp| stamp.ns);
    let Some(first) = readings.next() else { return 0 };
    let step = readings.fold(0, |step, ns| greatest_common_divisor(step, ns.abs_diff(first)));
    step.min(COARSEST_STEP_NS)
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 132 SMs, each with a counter of its own, at moments in ns of a timer that steps by `step`, and a
    /// clock in MHz that holds from each moment to the next.
    fn burst(moments: &[u64], clocks: &[f64], step: u64) -> Vec<Vec<Stamp>> {
        let mut cycles = 0.0;
        moments
            .iter()
            .enumerate()
            .map(|(index, &moment)| {
                if index > 0 {
                    cycles += (moment - moments[index - 1]) as f64 * clocks[index - 1] / 1e3;
                }
                (0..132)
                    .map(|sm| {
                        let skew = sm % 7 * 40; // blocks do not all start at once
                        let rate = clocks[index.min(clocks.len() - 1)] / 1e3;
                        Stamp {
                            sm,
                            clock: sm * 1_000_003 + (cycles + skew as f64 * rate) as u64,
                            ns: (1_000_000_000 + moment + skew) / step * step,
                        }
                    })
                    .collect()
            })
            .collect()
    }

    fn clocks(stamps: &[Vec<Stamp>]) -> Vec<Option<f64>> {
        launch_clocks(&stamps.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn each_long_launch_has_its_own_clock() {
        let stamps = burst(&[0, 500_000, 1_000_000, 1_500_000], &[1980.0, 1500.0, 1200.0], 32);
        for (got, want) in clocks(&stamps).into_iter().zip([1980.0, 1500.0, 1200.0]) {
            assert!((got.unwrap() - want).abs() < 1.0, "{got:?} for {want}");
        }
    }

    #[test]
    fn clusters_of_sms_with_clocks_of_their_own_count_by_their_size() {
        let mut stamps = burst(&[0, 500_000], &[1800.0], 32);
        // A fourth of the SMs is faster by 100 MHz.
        stamps[1][..33].iter_mut().for_each(|stamp| stamp.clock += 50_000);
        assert!((clocks(&stamps)[0].unwrap() - 1825.0).abs() < 0.5, "{:?}", clocks(&stamps));
    }

    #[test]
    fn short_launches_share_the_clock_of_their_burst() {
        let moments: Vec<u64> = (0..9).map(|launch| launch * 10_000).collect();
        let got = clocks(&burst(&moments, &[1700.0; 8], 32));
        assert_eq!(got.len(), 8);
        assert!(got.iter().all(|clock| *clock == got[0]));
        assert!((got[0].unwrap() - 1700.0).abs() < 2.0, "{got:?}");
    }

    #[test]
    fn two_stamps_tell_the_mean_clock_in_between() {
        let stamps = burst(&[0, 40_000, 80_000], &[1800.0, 1600.0], 32);
        let ends = [stamps[0].as_slice(), &stamps[2]];
        assert!((burst_clock(&ends).unwrap() - 1700.0).abs() < 2.0);
        assert_eq!(burst_clock(&ends[..1]), None);
    }

    #[test]
    fn a_coarse_timer_does_not_pretend() {
        let stamps = burst(&[0, 20_000, 40_000], &[1700.0; 2], 1024);
        assert_eq!(clocks(&stamps), [None, None]);
        let stamps = burst(&[0, 2_000_000, 4_000_000], &[1700.0, 1300.0], 1024);
        assert!((clocks(&stamps)[1].unwrap() - 1300.0).abs() < 2.0);
    }

    #[test]
    fn sms_that_are_missing_from_one_side_do_not_matter() {
        let mut stamps = burst(&[0, 500_000], &[1600.0], 32);
        stamps[0].truncate(100);
        stamps[1].drain(..60);
        assert!((clocks(&stamps)[0].unwrap() - 1600.0).abs() < 1.0);
        stamps[1].drain(..40);
        assert_eq!(clocks(&stamps), [None]);
        assert!(launch_clocks(&[]).is_empty());
    }
}

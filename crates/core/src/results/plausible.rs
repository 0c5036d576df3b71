//! What no device can have done, however a file came to say it: a wrong unit, a shifted column, a hand that
//! slipped. Such a row would put numbers into charts and verdicts that are not of this world.

use crate::results::front_matter::FrontMatter;
use crate::results::second_speed;
use crate::results::telemetry::Telemetry;
use crate::results::timing::Timing;
use crate::shape::point::Point;
use crate::shape::vocabulary::Stat;
use std::ops::RangeInclusive;

/// FLOP/s of a launch. The fastest card of 2025 does 10^16 at its narrowest dtype.
const FLOP_PER_SECOND: RangeInclusive<f64> = 1.0..=1e18;

/// Clocks of a processor, in MHz.
const MHZ: RangeInclusive<f64> = 1.0..=1e5;

/// By how much the mean clock of the launches may differ from the median cycles over the median time. Rows that
/// hovera has recorded differ by up to 12 %, where the clock fell while a point was measured.
const CLOCK_FACTOR: f64 = 2.0;

/// Mean power of a launch, in W.
const WATT: RangeInclusive<f64> = 1e-3..=1e7;

impl Timing {
    /// Whether a mean SM clock in MHz can be that of these launches: not far from their median cycles over their
    /// median time. Any can where those are not known.
    #[must_use]
    pub fn agrees_with_clock(&self, mhz: f64) -> bool {
        let Some(own) = self.clock_mhz() else { return true };
        (own / CLOCK_FACTOR..=own * CLOCK_FACTOR).contains(&mhz)
    }

    fn clock_mhz(&self) -> Option<f64> {
        Some(self.cycles_median? / self.median_us?)
    }
}

/// The power limit of a card, in W, where no card can have it.
pub(super) fn implausible_power_limit(front_matter: &FrontMatter) -> Option<f64> {
    let limits = front_matter.device.iter().flat_map(|card| [card.power_limit_w, card.power_limit_default_w]);
    limits.flatten().find(|watt| !(0.0..=*WATT.end()).contains(watt))
}

/// What a power limit would have to be.
pub(super) fn wanted_power_limit() -> String {
    format!("0 to {} W", WATT.end())
}

/// Throughput that no card has, in TFLOP/s.
pub(super) const MOST_TFLOPS: f64 = 1e6;

/// The first column of a measured row that cannot be, by the point's sizes and the others: with what it would have
/// to be.
pub(super) fn implausible(
    point: &Point,
    timing: &Timing,
    telemetry: &Telemetry,
) -> Option<(&'static str, String)> {
    let flop = point.flop() as f64;
    let [fastest_us, slowest_us] =
        [FLOP_PER_SECOND.end(), FLOP_PER_SECOND.start()].map(|rate| flop / rate * 1e6);
    let times = Stat::ALL.iter().map(|stat| (stat.column(), timing.time_us(*stat)));
    for (column, time_us) in times.chain([(second_speed::TIME, timing.second.map(|second| second.time_us))]) {
        if time_us.is_some_and(|us| !(fastest_us..=slowest_us).contains(&us)) {
            let want = format!(
                "{fastest_us:.3e} to {slowest_us:.3e} us: the row's {flop:.3e} FLOP at no more than {:e} FLOP/s",
                FLOP_PER_SECOND.end()
            );
            return Some((column, want));
        }
    }
    if timing.ci_us.is_some_and(|ci_us| ci_us > slowest_us) {
        let want = format!("the half-width of an interval of the time, no more than {slowest_us:.3e} us");
        return Some(("time_ci_us", want));
    }
    if let (Some(mhz), Some(median_us)) = (timing.clock_mhz(), timing.median_us)
        && !MHZ.contains(&mhz)
    {
        let [least, most] = [MHZ.start(), MHZ.end()].map(|mhz| mhz * median_us);
        let want =
            format!("{least:.3e} to {most:.3e}: {median_us} us at {} to {} MHz", MHZ.start(), MHZ.end());
        return Some(("cycles_median", want));
    }
    if let Some(mhz) = telemetry.sm_clock_mhz {
        match timing.clock_mhz() {
            Some(own) if !timing.agrees_with_clock(mhz) => {
                let want = format!("about {own:.0}, which is cycles_median over time_median_us");
                return Some(("sm_clock_mhz", want));
            }
            None if mhz > *MHZ.end() => {
                return Some(("sm_clock_mhz", format!("no more than {} MHz", MHZ.end())));
            }
            _ => {}
        }
    }
    if telemetry.power_w.is_some_and(|watt| watt > *WATT.end()) {
        return Some(("power_w", format!("no more than {} W", WATT.end())));
    }
    let time_us = Stat::ALL.iter().find_map(|stat| timing.time_us(*stat))?;
    let joules = telemetry.energy_j.filter(|joules| *joules > 0.0)?;
    let [least, most] = [WATT.start(), WATT.end()].map(|watt| watt * time_us * 1e-6);
    let want =
        || format!("{least:.3e} to {most:.3e} J: {time_us} us at {} to {} W", WATT.start(), WATT.end());
    (!(least..=most).contains(&joules)).then(|| ("energy_j", want()))
}

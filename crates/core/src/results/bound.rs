//! What limits a product: the arithmetic of the SMs or the memory, and so what of it stays put while the
//! clock wanders.

use crate::results::row::Timing;
use crate::statistics::{mean_deviation, median_ci_half_width};
use crate::words::text_enum::text_enum;

text_enum! {
    /// What bounds a product. It tells which quantity of a row is its invariant, the one that does not
    /// change with the SM clock.
    Bound, "bound" {
        /// The SMs: cycles stay put, and time follows the clock.
        Compute = "compute",
        /// Memory, whose clock does not move: time stays put, and cycles follow the clock.
        Memory = "memory",
        /// Both at once: time and cycles follow the clock half-way, and their geometric mean stays put.
        Both = "both",
    }
}

/// The clock must have varied by this much, in mean deviation from its median over the median, for the
/// launches to tell anything: five times what a clock is measured to.
const CLOCK_VARIED: f64 = 0.005;

/// One of time and cycles must have varied less than the other by this factor.
const CLEARLY: f64 = 2.0;

/// Where neither did, both bound the product if the clock varied by this much: noise that hides a clear
/// answer under so much movement would be far above what launches vary by.
const CLOCK_VARIED_MUCH: f64 = 0.01;

impl Bound {
    /// e of `throughput ∝ clock^e`.
    #[must_use]
    pub fn clock_exponent(self) -> f64 {
        match self {
            Bound::Compute => 1.0,
            Bound::Memory => 0.0,
            Bound::Both => 0.5,
        }
    }

    /// Decides from launches at different clocks whether time or cycles varied less, or both alike.
    /// `None` when the clock varied too little to tell.
    #[must_use]
    pub fn from_samples(times_us: &[f64], cycles: &[f64]) -> Option<Bound> {
        let clocks: Vec<f64> = times_us.iter().zip(cycles).map(|(time, cycles)| cycles / time).collect();
        let clock = mean_deviation(&clocks)?;
        if clock < CLOCK_VARIED {
            return None;
        }
        let (time, cycles) = (mean_deviation(times_us)?, mean_deviation(cycles)?);
        if cycles * CLEARLY <= time {
            Some(Bound::Compute)
        } else if time * CLEARLY <= cycles {
            Some(Bound::Memory)
        } else {
            (clock >= CLOCK_VARIED_MUCH).then_some(Bound::Both)
        }
    }

    /// What of a row's launches does not change with the clock: time · clock^e, which is cycles where the
    /// SMs bound it and time where memory does. Times where clocks were not measured or the bound is not
    /// known.
    #[must_use]
    pub fn invariant(bound: Option<Bound>, times_us: &[f64], cycles: Option<&[f64]>) -> Vec<f64> {
        let (Some(bound), Some(cycles)) = (bound, cycles) else { return times_us.to_vec() };
        times_us.iter().zip(cycles).map(|(time, cycles)| bound.of(*time, *cycles)).collect()
    }

    /// time · clock^e of a time in µs and its cycles.
    fn of(self, time_us: f64, cycles: f64) -> f64 {
        match self {
            Bound::Compute => cycles,
            Bound::Memory => time_us,
            Bound::Both => (time_us * cycles).sqrt(),
        }
    }
}

/// Half-width of the 95 % confidence interval of the median over the median; infinite where there are
/// too few samples for one.
#[must_use]
pub fn relative_ci(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (median_ci_half_width(&sorted), crate::statistics::median(&sorted)) {
        (Some(half_width), Some(median)) if median > 0.0 => half_width / median,
        _ => f64::INFINITY,
    }
}

impl Timing {
    /// The row's [invariant](Bound::invariant), of its median time and its median cycles, where that time is
    /// known.
    #[must_use]
    pub fn invariant(&self, bound: Option<Bound>) -> Option<f64> {
        match (bound, self.cycles_median) {
            (Some(bound), Some(cycles)) => Some(bound.of(self.median_us?, cycles)),
            _ => self.median_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decided(clocks: &[f64], time_us: impl Fn(f64) -> f64) -> Option<Bound> {
        let times: Vec<f64> = clocks.iter().map(|clock| time_us(*clock)).collect();
        let cycles: Vec<f64> = times.iter().zip(clocks).map(|(time, clock)| time * clock).collect();
        Bound::from_samples(&times, &cycles)
    }

    const WANDERING: [f64; 6] = [1980.0, 1900.0, 1850.0, 1800.0, 1755.0, 1740.0];

    #[test]
    fn the_quantity_that_stays_put_while_the_clock_wanders_decides() {
        assert_eq!(decided(&WANDERING, |clock| 1e6 / clock), Some(Bound::Compute));
        assert_eq!(decided(&WANDERING, |_| 500.0), Some(Bound::Memory));
        // Half of each.
        let half_way = |clock: f64| 500.0 * (1980.0 / clock).sqrt();
        assert_eq!(decided(&WANDERING, half_way), Some(Bound::Both));
        // A clock that varied by 0.7 % tells a clear answer, and no more.
        let calm = [1800.0, 1800.0, 1812.0, 1824.0, 1824.0, 1836.0];
        assert_eq!(decided(&calm, |clock| 1e6 / clock), Some(Bound::Compute));
        assert_eq!(decided(&calm, half_way), None);
        assert_eq!(decided(&[1980.0; 6], |_| 500.0), None);
        assert_eq!(Bound::from_samples(&[], &[]), None);
    }

    #[test]
    fn the_invariant_is_cycles_only_where_there_are_some() {
        let (times, cycles) = ([1.0, 2.0], [3.0, 4.0]);
        assert_eq!(Bound::invariant(Some(Bound::Compute), &times, Some(&cycles)), cycles);
        assert_eq!(Bound::invariant(Some(Bound::Compute), &times, None), times);
        assert_eq!(Bound::invariant(Some(Bound::Memory), &times, Some(&cycles)), times);
        assert_eq!(Bound::invariant(None, &times, Some(&cycles)), times);
        assert_eq!(Bound::invariant(Some(Bound::Both), &times, Some(&cycles)), [3f64.sqrt(), 8f64.sqrt()]);
    }

    #[test]
    fn the_interval_is_a_fraction_of_the_median() {
        assert_eq!(relative_ci(&[100.0, 101.0, 99.0, 100.0, 100.0, 102.0]), 0.02);
        assert_eq!(relative_ci(&[100.0; 5]), f64::INFINITY);
    }

    proptest! {
        #[test]
        fn noise_below_the_clock_s_movement_does_not_change_the_answer(
            noise in prop::collection::vec(-0.002f64..0.002, 6)
        ) {
            let noisy = |time: f64, i: usize| time * (1.0 + noise[i]);
            let at = |clock: f64| WANDERING.iter().position(|c| *c == clock).unwrap();
            prop_assert_eq!(decided(&WANDERING, |c| noisy(1e6 / c, at(c))), Some(Bound::Compute));
            prop_assert_eq!(decided(&WANDERING, |c| noisy(500.0, at(c))), Some(Bound::Memory));
        }
    }
}

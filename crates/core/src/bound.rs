//! What limits a product: the arithmetic of the SMs or the memory, and so what of it stays put while the
//! clock wanders.

use crate::row::Timing;
use crate::statistics::{mean_deviation, median_ci_half_width};
use crate::text_enum::text_enum;

text_enum! {
    /// What bounds a product. It tells which quantity of a row is its invariant, the one that does not
    /// change with the SM clock.
    Bound, "bound" {
        /// The SMs: cycles stay put, and time follows the clock.
        Compute = "compute",
        /// Memory, whose clock does not move: time stays put, and cycles follow the clock.
        Memory = "memory",
    }
}

/// The clock must have varied by this much, in mean deviation from its median over the median, for the
/// launches to tell anything: five times what a clock is measured to.
const CLOCK_VARIED: f64 = 0.005;

/// One of time and cycles must have varied less than the other by this factor.
const CLEARLY: f64 = 2.0;

impl Bound {
    /// Decides from launches at different clocks whether time or cycles varied less. `None` when the
    /// clock hardly varied, or both did alike.
    #[must_use]
    pub fn from_samples(times_us: &[f64], cycles: &[f64]) -> Option<Bound> {
        let clocks: Vec<f64> = times_us.iter().zip(cycles).map(|(time, cycles)| cycles / time).collect();
        if mean_deviation(&clocks)? < CLOCK_VARIED {
            return None;
        }
        let (time, cycles) = (mean_deviation(times_us)?, mean_deviation(cycles)?);
        if cycles * CLEARLY <= time {
            Some(Bound::Compute)
        } else if time * CLEARLY <= cycles {
            Some(Bound::Memory)
        } else {
            None
        }
    }

    /// Of a row's launches the ones that do not change with the clock: cycles where the SMs bound it and
    /// clocks were measured, else times.
    #[must_use]
    pub fn invariant<'s>(bound: Option<Bound>, times_us: &'s [f64], cycles: Option<&'s [f64]>) -> &'s [f64] {
        match (bound, cycles) {
            (Some(Bound::Compute), Some(cycles)) => cycles,
            _ => times_us,
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
    /// The row's invariant: median cycles where `bound` is compute and clocks were measured, else the
    /// median time in µs, where that is known.
    #[must_use]
    pub fn invariant(&self, bound: Option<Bound>) -> Option<f64> {
        match (bound, self.cycles_median) {
            (Some(Bound::Compute), Some(cycles)) => Some(cycles),
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
        // Half of each: neither.
        assert_eq!(decided(&WANDERING, |clock| 500.0 * (1980.0 / clock).sqrt()), None);
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

//! The bound that launches at different clocks tell.

use super::Bound;
use crate::statistics::mean_deviation;

/// The clock must have varied by this much, in mean deviation from its median over the median, for the
/// launches to tell anything: five times what a clock is measured to.
const CLOCK_VARIED: f64 = 0.005;

/// One of time and cycles must have varied less than the other by this factor.
const CLEARLY: f64 = 2.0;

/// Where neither did, both bound the product if the clock varied by this much: noise that hides a clear
/// answer under so much movement would be far above what launches vary by.
const CLOCK_VARIED_MUCH: f64 = 0.01;

impl Bound {
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

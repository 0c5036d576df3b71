//! Axes that grow to the next round range when data leave the usual one.

/// More intervals than this between an axis's ticks are hard to read.
const MAX_INTERVALS: f64 = 8.0;
/// Quotients that should be whole are off by this much at most.
const ROUNDING: f64 = 1e-9;

/// The smallest step of 1, 2 or 5 times a power of ten of which at most eight cover 0 to `max`.
///
/// `max` is finite and positive.
pub(crate) fn round_step(max: f64) -> f64 {
    let exponent = (max / MAX_INTERVALS).log10().floor() as i32;
    (exponent - 1..=exponent + 1)
        .flat_map(|e| [1.0, 2.0, 5.0].map(|digit| decimal(digit, e)))
        .find(|step| covers(*step, max))
        .unwrap_or(max)
}

/// `base`, or the smallest doubling of it of which at most eight cover 0 to `max`.
pub(crate) fn doubled_step(base: f64, max: f64) -> f64 {
    let mut step = base;
    while !covers(step, max) {
        step *= 2.0;
    }
    step
}

/// The first multiple of `step` at or above `max`.
pub(crate) fn round_up(max: f64, step: f64) -> f64 {
    let intervals = (max / step - ROUNDING).ceil();
    // A fraction such as 0.05 is not exact, but its inverse is: 7 · 0.05 would be 0.35000000000000003.
    multiple(intervals, step)
}

fn multiple(count: f64, step: f64) -> f64 {
    // The inverse of the smallest numbers is infinite.
    if (1e-300..1.0).contains(&step) { count / (1.0 / step).round() } else { count * step }
}

/// Multiples of a round step around `low` to `high`, and that step, of which about eight fit between.
///
/// `low` is below `high`, and both are finite.
pub(crate) fn round_ends(low: f64, high: f64) -> (f64, f64, f64) {
    let step = round_step(high - low);
    (multiple((low / step + ROUNDING).floor(), step), multiple((high / step - ROUNDING).ceil(), step), step)
}

fn covers(step: f64, max: f64) -> bool {
    max / step <= MAX_INTERVALS + ROUNDING
}

/// `digit · 10^exponent`, as close as a double comes to it.
fn decimal(digit: f64, exponent: i32) -> f64 {
    if exponent < 0 { digit / 10f64.powi(-exponent) } else { digit * 10f64.powi(exponent) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_next_round_range() {
        for (max, step, end) in [
            (250.0, 50.0, 250.0),
            (250.1, 50.0, 300.0),
            (400.0, 50.0, 400.0),
            (401.0, 100.0, 500.0),
            (750.0, 100.0, 800.0),
            (800.0, 100.0, 800.0),
            (801.0, 200.0, 1000.0),
            (0.35, 0.05, 0.35),
            (0.027, 0.005, 0.03),
        ] {
            let got = round_step(max);
            assert_eq!((got, round_up(max, got)), (step, end), "data up to {max}");
        }
    }

    #[test]
    fn a_doubled_step() {
        assert_eq!(doubled_step(4096.0, 32_768.0), 4096.0);
        assert_eq!(doubled_step(4096.0, 32_769.0), 8192.0);
        assert_eq!(doubled_step(4096.0, 300_000.0), 65_536.0);
    }

    proptest! {
        #[test]
        fn any_positive_number_has_a_range_that_is_an_axis(exponent in -320.0f64..308.0) {
            let max = 10f64.powf(exponent);
            let step = round_step(max);
            let axis = crate::chart::Axis::linear("t", 0.0, round_up(max, step), step);
            prop_assert!(crate::scale::Scale::new(&axis).is_ok_and(|scale| scale.shows(max)), "{:?}", axis);
        }

        #[test]
        fn round_ends_are_around_and_at_most_ten_steps_apart(low in -1e6f64..1e6, span in 1e-3f64..1e6) {
            let (min, max, step) = round_ends(low, low + span);
            prop_assert!(min <= low + 1e-8 * step && max >= low + span - 1e-8 * step);
            prop_assert!((max - min) / step <= 10.0 + 1e-6);
        }

        #[test]
        fn at_most_eight_steps_cover_and_the_range_is_not_twice_too_long(max in 1e-9f64..1e12) {
            let step = round_step(max);
            let end = round_up(max, step);
            prop_assert!(end >= max * (1.0 - 1e-8) && end <= max * 1.7, "{} {} {}", max, step, end);
            prop_assert!((end / step).round() <= 8.0 && (end / step).round() >= 3.0);
        }
    }
}

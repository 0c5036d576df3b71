//! Which speeds of two rows are held against each other, where launches of a row fall into two groups.
//!
//! Both speeds of such a row are real ([`hovera_core::SecondSpeed`]). Which of them has the larger share is chance: it
//! follows from where in memory the operands are, or from the clock that the card happened to hold. So a ratio of two
//! rows' larger groups could be that of a fast and a slow launch of the same kernel. Therefore:
//!
//! - **Two speeds on both sides**: the faster of one is held against the faster of the other, and the slower against
//!   the slower. The ratio is that of the speed at which the first row has its larger group, and its interval reaches
//!   to the ratio of the other speed: `same` is said where both are.
//! - **Two speeds on one side**: at which of them the other side ran is not known. The ratio is of the larger group, and
//!   its interval reaches to the ratio by the other speed.
//!
//! A row knows the time of its smaller group and nothing more of it. So a value that is of cycles, or of another time
//! than the median, stays that of the larger group; where the larger groups are the faster one here and the slower one
//! there, the ratio's interval reaches as far as the two speeds of a row are apart. The interval of a smaller group's
//! median is that of the larger one's, wider by the root of how many fewer launches it is of.

use hovera_core::{SecondSpeed, Timing};

/// How the speeds of two rows are paired.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SpeedPairing {
    /// Whether each row has two speeds.
    pub(crate) two: [bool; 2],
    /// Whether both values are of speeds that belong together.
    pub(crate) known: bool,
    /// What the second row's throughput is multiplied with to be that of the speed that is held against the first's.
    pub(crate) factor: f64,
    /// How many times as wide the second row's interval is at that speed.
    pub(crate) widening: f64,
    /// How far the logarithm of the ratio reaches in either direction for there being two speeds.
    pub(crate) reach: f64,
}

/// A row's other speed: its median time over that of the larger group, as a logarithm, and its share.
fn other_speed(timing: Option<&Timing>) -> Option<(f64, f64)> {
    let timing = timing?;
    let SecondSpeed { time_us, share } = timing.second?;
    Some(((time_us / timing.median_us?).ln(), share))
}

impl SpeedPairing {
    /// Of two rows whose values are of their median times, or not.
    pub(crate) fn of_timings(timings: [Option<&Timing>; 2], by_median_time: bool) -> SpeedPairing {
        let others = timings.map(other_speed);
        let plain = SpeedPairing {
            two: others.map(|other| other.is_some()),
            known: true,
            factor: 1.0,
            widening: 1.0,
            reach: 0.0,
        };
        match others {
            [None, None] => plain,
            [Some((apart, _)), None] | [None, Some((apart, _))] => {
                SpeedPairing { known: false, reach: apart.abs(), ..plain }
            }
            [Some((first, _)), Some((second, _))] if (first > 0.0) == (second > 0.0) => {
                SpeedPairing { reach: (first - second).abs(), ..plain }
            }
            // The first's larger group belongs to the second's smaller one.
            [Some((first, _)), Some((second, share))] if by_median_time => SpeedPairing {
                factor: (-second).exp(),
                widening: ((1.0 - share) / share).sqrt(),
                reach: (first + second).abs(),
                ..plain
            },
            [Some((first, _)), Some((second, _))] => {
                SpeedPairing { known: false, reach: first.abs().max(second.abs()), ..plain }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(time_us: f64, second: Option<(f64, f64)>) -> Timing {
        let second = second.map(|(time_us, share)| SecondSpeed { time_us, share });
        Timing { median_us: Some(time_us), second, ..Timing::default() }
    }

    fn paired(first: &Timing, second: &Timing, by_median_time: bool) -> SpeedPairing {
        SpeedPairing::of_timings([Some(first), Some(second)], by_median_time)
    }

    #[track_caller]
    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12, "{got}, want {want}");
    }

    #[test]
    fn rows_of_one_speed_are_held_against_each_other_as_they_are() {
        let pairing = paired(&timing(100.0, None), &timing(110.0, None), true);
        assert_eq!((pairing.two, pairing.known), ([false, false], true));
        assert_eq!((pairing.factor, pairing.widening, pairing.reach), (1.0, 1.0, 0.0));
    }

    #[test]
    fn faster_is_held_against_faster_whichever_has_the_larger_share() {
        let base = timing(100.0, Some((120.0, 0.3)));
        let alike = paired(&base, &timing(100.0, Some((120.0, 0.4))), true);
        assert_eq!((alike.known, alike.factor, alike.reach), (true, 1.0, 0.0));
        // The same two speeds, but most launches are slow: the base's 100 us belong to its 100 us.
        let turned = paired(&base, &timing(120.0, Some((100.0, 0.2))), true);
        assert_eq!(turned.two, [true, true]);
        near(turned.factor, 1.2);
        near(turned.widening, 2.0);
        near(turned.reach, 0.0);
        assert!(turned.known);
        // The slow launches became slower by a tenth: the interval reaches as far.
        near(paired(&base, &timing(100.0, Some((132.0, 0.3))), true).reach, 1.1f64.ln());
        near(paired(&base, &timing(132.0, Some((100.0, 0.3))), true).reach, 1.1f64.ln());
    }

    #[test]
    fn where_one_side_has_two_speeds_either_may_be_the_other_sides() {
        let (one, two) = (timing(100.0, None), timing(100.0, Some((125.0, 0.5))));
        for pairing in [paired(&one, &two, true), paired(&two, &one, true), paired(&two, &one, false)] {
            assert_eq!((pairing.known, pairing.factor), (false, 1.0));
            near(pairing.reach, 1.25f64.ln());
        }
    }

    #[test]
    fn cycles_of_the_smaller_group_are_not_made_up() {
        let (fast, slow) = (timing(100.0, Some((120.0, 0.3))), timing(121.0, Some((100.0, 0.2))));
        let pairing = paired(&fast, &slow, false);
        assert_eq!((pairing.known, pairing.factor, pairing.widening), (false, 1.0, 1.0));
        near(pairing.reach, 1.21f64.ln());
        assert!(paired(&fast, &fast, false).known);
    }
}

//! The legend entry of a head dim.

use crate::shape::dimension::HeadDim;
use std::fmt;

/// The largest power of two that divides the head dim, capped at 64.
///
/// A chart's `h/a = 8` is series 8: every head dim that 8 divides and 16 does not. It is not the
/// head dim 8. The published caption says "split by the largest power of two that divides h/a"
/// (arXiv 2401.14489, figures of the attention GEMMs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series(u8);

impl Series {
    /// Every series, in the order of the legend.
    pub const ALL: [Series; 7] =
        [Series(1), Series(2), Series(4), Series(8), Series(16), Series(32), Series(64)];

    /// The series of a head dim.
    #[must_use]
    pub fn of_head_dim(head_dim: HeadDim) -> Series {
        Series(1 << head_dim.get().trailing_zeros().min(6))
    }

    /// The series named by its power of two, if there is one.
    #[must_use]
    pub fn from_power(power: u64) -> Option<Series> {
        Self::ALL.into_iter().find(|s| u64::from(s.0) == power)
    }

    /// The power of two, 1 to 64.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// Position in [`Series::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0.trailing_zeros() as usize
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn series_of(d: u64) -> u8 {
        Series::of_head_dim(HeadDim::new(d).unwrap()).get()
    }

    #[test]
    fn the_rule_on_known_head_dims() {
        let known =
            [(1, 1), (2, 2), (3, 1), (8, 8), (12, 4), (24, 8), (48, 16), (64, 64), (96, 32), (128, 64)];
        for (d, series) in known {
            assert_eq!(series_of(d), series, "head dim {d}");
        }
        assert_eq!(series_of(2730), 2);
        assert_eq!(series_of(2688), 64);
    }

    proptest! {
        #[test]
        fn the_series_divides_and_its_double_does_not_unless_capped(d in 1u64..=2_147_483_647) {
            let s = u64::from(series_of(d));
            prop_assert_eq!(d % s, 0);
            prop_assert!(s == 64 || d % (2 * s) != 0);
            prop_assert_eq!(Series::from_power(s).unwrap().index(), Series::ALL.iter().position(|x| u64::from(x.get()) == s).unwrap());
        }
    }
}

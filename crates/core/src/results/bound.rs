//! What limits a product: the arithmetic of the SMs or the memory, and so what of it stays put while the
//! clock wanders.

mod from_samples;

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

    /// What of a row's launches does not change with the clock: time · clock^e, which is cycles where the
    /// SMs bound it and time where memory does. Times where clocks were not measured or the bound is not
    /// known.
    #[must_use]
    pub fn invariant(bound: Option<Bound>, times_us: &[f64], cycles: Option<&[f64]>) -> Vec<f64> {
        let (Some(bound), Some(cycles)) = (bound, cycles) else { return times_us.to_vec() };
        times_us.iter().zip(cycles).map(|(time, cycles)| bound.invariant_of(*time, *cycles)).collect()
    }

    /// time · clock^e of a time in µs and its cycles.
    pub(super) fn invariant_of(self, time_us: f64, cycles: f64) -> f64 {
        match self {
            Bound::Compute => cycles,
            Bound::Memory => time_us,
            Bound::Both => (time_us * cycles).sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invariant_is_cycles_only_where_there_are_some() {
        let (times, cycles) = ([1.0, 2.0], [3.0, 4.0]);
        assert_eq!(Bound::invariant(Some(Bound::Compute), &times, Some(&cycles)), cycles);
        assert_eq!(Bound::invariant(Some(Bound::Compute), &times, None), times);
        assert_eq!(Bound::invariant(Some(Bound::Memory), &times, Some(&cycles)), times);
        assert_eq!(Bound::invariant(None, &times, Some(&cycles)), times);
        assert_eq!(Bound::invariant(Some(Bound::Both), &times, Some(&cycles)), [3f64.sqrt(), 8f64.sqrt()]);
    }
}

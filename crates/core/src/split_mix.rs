//! Numbers that look random and are the same on every machine, for the same seed.

/// The generator splitmix64 (Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The stream of a seed.
    #[must_use]
    pub const fn of_seed(seed: u64) -> SplitMix64 {
        SplitMix64(seed)
    }

    /// The next number, each of 2⁶⁴ as likely as any other.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_numbers_are_those_of_the_reference_implementation() {
        // The first of seed 1234567 by the authors' C code (prng.di.unimi.it/splitmix64.c).
        let mut stream = SplitMix64::of_seed(1_234_567);
        let numbers: [u64; 3] = std::array::from_fn(|_| stream.number());
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }
}

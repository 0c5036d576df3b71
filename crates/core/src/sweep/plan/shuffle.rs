//! The same order for the same seed, on every machine.

use crate::split_mix::SplitMix64;

/// Shuffles by Fisher and Yates.
pub(super) fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut numbers = SplitMix64::of_seed(seed);
    for last in (1..items.len()).rev() {
        // The upper half of the product is even to one part in 2⁶⁴ over the number of items.
        let place = (u128::from(numbers.number()) * (last as u128 + 1)) >> 64;
        items.swap(last, place as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_an_order_and_another_seed_another() {
        let order = |seed| {
            let mut items: Vec<u32> = (0..100).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        let mut sorted = order(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        // Written down: a results file is resumed by later versions too.
        assert_eq!(order(1)[..5], FIRST_OF_SEED_1);
    }

    const FIRST_OF_SEED_1: [u32; 5] = [22, 96, 24, 79, 63];

    #[test]
    fn every_place_is_as_likely_as_any_other() {
        let mut counts = [0u32; 5];
        for seed in 0..10_000 {
            let mut items = [0, 1, 2, 3, 4];
            shuffle(&mut items, seed);
            counts[items.iter().position(|item| *item == 0).unwrap()] += 1;
        }
        // 2000 each; five standard deviations are 200.
        assert!(counts.iter().all(|count| count.abs_diff(2000) < 200), "{counts:?}");
    }
}

//! Whether times fall into two groups.

/// Two groups are apart by so many standard deviations within them.
const APART: f64 = 6.0;

/// And by this fraction of the time at the least: closer ones do not matter.
const LEAST_GAP: f64 = 0.01;

/// Groups that are farther apart have no speed in common with the point: something disturbed the slower one.
const MOST_APART: f64 = 0.5;

/// A group has so many members, or this share of all: fewer are outliers.
const FEWEST: usize = 3;
const LEAST_SHARE: f64 = 0.125;

/// The value from which on the slower group begins, where there are two groups: of the ways to cut the sorted values in
/// two, that at the widest gap, if both parts are large enough, agree with themselves, and are far apart.
pub(crate) fn second_speed_from(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let least = FEWEST.max((LEAST_SHARE * sorted.len() as f64).ceil() as usize);
    let gap = |cut: &usize| sorted[*cut] / sorted[cut - 1] - 1.0;
    let cuts = least..(sorted.len() + 1).saturating_sub(least);
    let cut = cuts.max_by(|x, y| gap(x).total_cmp(&gap(y)))?;
    let (fast, slow) = sorted.split_at(cut);
    let (fast, slow) = (Group::new(fast), Group::new(slow));
    let within = ((fast.squares + slow.squares) / sorted.len() as f64).sqrt();
    let between = slow.mean - fast.mean;
    let wide = gap(&cut) >= LEAST_GAP && sorted[cut] - sorted[cut - 1] >= between / 2.0;
    let near = between <= MOST_APART * fast.mean;
    (wide && near && between >= APART * within).then_some(sorted[cut])
}

struct Group {
    mean: f64,
    /// Sum of the squared deviations.
    squares: f64,
}

impl Group {
    fn new(values: &[f64]) -> Group {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Group { mean, squares: values.iter().map(|value| (value - mean).powi(2)).sum() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    /// So many values around a centre, off by up to a fraction.
    fn around(centre: f64, fraction: f64, count: usize, random: &mut SmallRng) -> Vec<f64> {
        (0..count).map(|_| centre * (1.0 + fraction * random.random_range(-1.0..1.0))).collect()
    }

    #[test]
    fn residency_makes_two_speeds() {
        let mut random = SmallRng::seed_from_u64(1);
        let mut values = around(117.0, 0.005, 16, &mut random);
        values.extend(around(144.0, 0.01, 8, &mut random));
        let from = second_speed_from(&values).unwrap();
        assert!((142.0..146.0).contains(&from), "{from}");
    }

    #[test]
    fn noise_and_a_few_outliers_make_one() {
        let mut random = SmallRng::seed_from_u64(2);
        for _ in 0..1000 {
            let mut values = around(100.0, 0.01, 22, &mut random);
            assert_eq!(second_speed_from(&values), None, "{values:?}");
            values.extend([110.0, 110.5]);
            assert_eq!(second_speed_from(&values), None, "{values:?}");
        }
        // What disturbs does not do so evenly.
        let mut values = around(100.0, 0.003, 18, &mut random);
        values.extend([140.0, 190.0, 300.0, 610.0]);
        assert_eq!(second_speed_from(&values), None);
        assert_eq!(second_speed_from(&[1.0, 1.0, 2.0, 2.0]), None);
        assert_eq!(second_speed_from(&[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]), None);
        assert_eq!(second_speed_from(&[]), None);
    }

    proptest! {
        #[test]
        fn both_groups_are_large_enough_and_the_unit_does_not_matter(
            seed in 0u64..1000, fast in 3usize..30, slow in 3usize..30, gap in 0.0f64..0.3, unit in 0.01f64..1e4,
        ) {
            let mut random = SmallRng::seed_from_u64(seed);
            let mut values = around(unit, 0.002, fast, &mut random);
            values.extend(around(unit * (1.0 + gap), 0.002, slow, &mut random));
            let found = second_speed_from(&values);
            let count = found.map_or(slow, |from| values.iter().filter(|value| **value >= from).count());
            prop_assert!(count >= 3 && values.len() - count >= 3);
            if gap > 0.02 && fast.min(slow) * 8 > fast + slow {
                prop_assert_eq!(count, slow);
                prop_assert!(found.is_some());
            }
        }
    }
}

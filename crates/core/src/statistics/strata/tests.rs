use super::*;
use crate::split_mix::SplitMix64;
use crate::statistics::tests::uniform;
use crate::statistics::{median_ci_half_width, median_of};
use proptest::prelude::*;

/// The interval of samples whose strata are not known, over the median.
fn without_strata(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    median_ci_half_width(&sorted).unwrap() / median(&sorted).unwrap()
}

/// Strata 0, 1, ... and again, so many times.
fn rounds(strata: usize, times: usize) -> Vec<usize> {
    (0..strata * times).map(|index| index % strata).collect()
}

/// One sample of each, where strata lie `apart` over all and one stratum's samples `within`, both uniform.
fn samples(strata: &[usize], apart: f64, within: f64, stream: &mut SplitMix64) -> Vec<f64> {
    let last = *strata.iter().max().unwrap() as f64;
    let centred = |stratum: &usize| *stratum as f64 / last - 0.5;
    strata.iter().map(|s| 100.0 + apart * centred(s) + within * (uniform(stream) - 0.5)).collect()
}

#[test]
fn what_strata_differ_by_is_no_error() {
    let strata = rounds(24, 2);
    let of_strata: Vec<f64> = strata.iter().map(|stratum| 100.0 + *stratum as f64).collect();
    // The median is 111.5, and from the 22nd to the 27th sample they go from 110 to 113.
    assert_eq!(median_ci_half_width_of_strata(&of_strata, &strata), Some(1.5));
    // Of one round nothing is known but that they differ.
    assert_eq!(relative_ci_of_strata(&of_strata[..24], &strata[..24]), without_strata(&of_strata[..24]));
    // As little is known of 47 samples: the last stratum has one.
    let half_width = |n: usize| median_ci_half_width_of_strata(&of_strata[..n], &strata[..n]).unwrap();
    assert!(half_width(47) > 3.0 && half_width(48) < 2.0, "{} {}", half_width(47), half_width(48));
}

#[test]
fn strata_that_do_not_differ_make_no_narrower_interval() {
    let mut stream = SplitMix64::of_seed(7);
    let strata = rounds(24, 4);
    let ratios = (0..200).map(|_| {
        let values = samples(&strata, 0.0, 2.0, &mut stream);
        relative_ci_of_strata(&values, &strata) / without_strata(&values)
    });
    let mean = ratios.sum::<f64>() / 200.0;
    assert!((0.93..=1.05).contains(&mean), "{mean}");
}

/// The share of 4,000 runs whose interval holds the true median, 100.
fn coverage(strata: &[usize], apart: f64, within: f64) -> f64 {
    let mut stream = SplitMix64::of_seed(3);
    let hits = (0..4000).filter(|_| {
        let values = samples(strata, apart, within, &mut stream);
        let middle = median_of(values.iter().copied()).unwrap();
        (middle - 100.0).abs() <= median_ci_half_width_of_strata(&values, strata).unwrap()
    });
    hits.count() as f64 / 4000.0
}

#[test]
fn the_interval_covers_the_median_as_often_as_it_says_however_far_strata_are_apart() {
    for (strata, times) in [(24, 2), (24, 6), (12, 8), (30, 4)] {
        for apart in [0.0, 0.5, 2.0, 10.0] {
            let share = coverage(&rounds(strata, times), apart, 1.0);
            assert!(share > 0.93, "{strata} strata {times} times, {apart} apart: {share}");
        }
    }
}

proptest! {
    #[test]
    fn one_stratum_is_the_interval_without_any(values in prop::collection::vec(1.0f64..1e3, 6..150)) {
        let one = relative_ci_of_strata(&values, &vec![0; values.len()]);
        prop_assert_eq!(one, without_strata(&values));
    }

    #[test]
    fn it_is_never_wider_than_without_strata_and_the_unit_does_not_matter(
        values in prop::collection::vec(1.0f64..1e3, 6..150), strata in 1usize..30,
    ) {
        let strata: Vec<usize> = (0..values.len()).map(|index| index % strata).collect();
        let of = |values: &[f64]| relative_ci_of_strata(values, &strata);
        prop_assert!(of(&values) <= without_strata(&values));
        let doubled: Vec<f64> = values.iter().map(|value| 2.0 * value).collect();
        prop_assert_eq!(of(&values), of(&doubled));
    }
}

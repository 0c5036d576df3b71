use super::*;
use crate::split_mix::SplitMix64;
use proptest::prelude::*;

#[test]
fn the_ranks_of_the_published_tables() {
    let known = [
        (5, None),
        (6, Some((1, 6))),
        (7, Some((1, 7))),
        (8, Some((1, 8))),
        (9, Some((2, 8))),
        (10, Some((2, 9))),
        (20, Some((6, 15))),
        (50, Some((18, 33))),
        (100, Some((40, 61))),
    ];
    for (n, ranks) in known {
        assert_eq!(median_interval_ranks(n), ranks, "n = {n}");
    }
    assert!((0..6).all(|n| median_interval_ranks(n).is_none()));
}

#[test]
fn the_ranks_agree_with_exact_integer_arithmetic() {
    for n in 6usize..=100 {
        // 2·sum C(n, i) / 2ⁿ <= 0.05, in integers.
        let (mut choose, mut sum, mut r) = (1u128, 1u128, 0);
        while 40 * sum <= 1u128 << n {
            r += 1;
            choose = choose * (n - r + 1) as u128 / r as u128;
            sum += choose;
        }
        assert_eq!(median_interval_ranks(n), Some((r, n + 1 - r)), "n = {n}");
    }
}

#[test]
fn many_samples_approach_the_normal_distribution() {
    // r ≈ n/2 - 1.96·√n/2.
    let (lower, upper) = median_interval_ranks(1_000_000).unwrap();
    assert!((i64::try_from(lower).unwrap() - 499_020).abs() <= 1, "{lower}");
    assert_eq!(lower + upper, 1_000_001);
}

#[test]
fn the_mean_deviation_of_four_values() {
    // Median 10; distances 2, 1, 1, 4.
    assert_eq!(mean_deviation(&[8.0, 9.0, 11.0, 14.0]), Some(0.2));
    assert_eq!((mean_deviation(&[]), mean_deviation(&[0.0])), (None, None));
}

#[test]
fn the_interval_is_a_fraction_of_the_median() {
    assert_eq!(relative_ci_of_strata(&[100.0, 101.0, 99.0, 100.0, 100.0, 102.0], &[0; 6]), 0.02);
    assert_eq!(relative_ci_of_strata(&[100.0; 5], &[0; 5]), f64::INFINITY);
}

/// The next of a stream of uniform numbers in (0, 1).
pub(super) fn uniform(stream: &mut SplitMix64) -> f64 {
    (stream.number() >> 11) as f64 / (1u64 << 53) as f64 + f64::EPSILON / 4.0
}

/// The inverse of a distribution function.
type Quantile = fn(f64) -> f64;

/// The share of 10,000 groups of `n` samples whose order statistics enclose the true median.
fn coverage(n: usize, quantile: Quantile) -> f64 {
    let mut stream = SplitMix64::of_seed(1);
    let truth = quantile(0.5);
    let (lower, upper) = median_interval_ranks(n).unwrap();
    let hits = (0..10_000)
        .filter(|_| {
            let mut samples: Vec<f64> = (0..n).map(|_| quantile(uniform(&mut stream))).collect();
            samples.sort_by(f64::total_cmp);
            (samples[lower - 1]..=samples[upper - 1]).contains(&truth)
        })
        .count();
    hits as f64 / 10_000.0
}

#[test]
fn the_interval_covers_the_median_as_often_as_it_says_whatever_the_distribution() {
    let distributions: [(&str, Quantile); 3] = [
        ("uniform", |u| u),
        ("exponential", |u| -(1.0 - u).ln()),
        // Pareto with index 1: not even a mean.
        ("Pareto", |u| 1.0 / (1.0 - u)),
    ];
    // The exact confidence, 1 - 2·P(X < r); 10,000 groups put three standard errors at 0.0065.
    for (n, exact) in [(6, 0.96875), (10, 0.978_515_625), (20, 0.958_610_5), (32, 0.979_938_4)] {
        for (name, quantile) in distributions {
            let share = coverage(n, quantile);
            assert!((share - exact).abs() < 0.0065, "{name}, n = {n}: {share}");
        }
    }
}

proptest! {
    #[test]
    fn a_minority_far_off_hardly_moves_the_median_absolute_deviation(far in 1e3f64..1e9) {
        prop_assert_eq!(median_absolute_deviation(&[1.0, 2.0, 3.0, 4.0, far]), Some(1.0));
    }
}

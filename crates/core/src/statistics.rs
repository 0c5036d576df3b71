//! What a handful of launch times says, the median, and how far to trust it.

mod strata;

pub use strata::{median_ci_half_width_of_strata, relative_ci_of_strata};

/// Below this many samples not even the smallest and the largest enclose the median with 95 %
/// confidence: 2·(1/2)⁵ > 0.05.
pub const MIN_SAMPLES_FOR_INTERVAL: u32 = 6;

/// The standard deviation of a normal distribution over its median absolute deviation: 1/Φ⁻¹(3/4).
pub const NORMAL_DEVIATIONS_PER_MAD: f64 = 1.482_602_218_505_602;

/// The middle of sorted values, or the mean of the two middle ones; none of nothing.
#[must_use]
pub fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = sorted[sorted.len() / 2 - 1];
    // Not (lower + upper) / 2, which overflows; this also never leaves lower..=upper.
    Some(lower + (upper - lower) / 2.0)
}

/// The [`median`] of values in any order; none of nothing.
#[must_use]
pub fn median_of(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    median(&sorted)
}

/// The ranks, counted from 1, of the two order statistics of `n` samples that enclose the median of
/// the distribution with at least 95 % confidence, whatever the distribution: `r` and `n + 1 - r` with
/// the largest `r` for which 2·P(X < r) ≤ 0.05, X ~ Binomial(n, 1/2). None when there is no such `r`,
/// which is below [`MIN_SAMPLES_FOR_INTERVAL`].
///
/// Conover, Practical Nonparametric Statistics (3rd ed.), section 3.2; Hahn and Meeker, Statistical
/// Intervals, section 5.2.
#[must_use]
pub fn median_interval_ranks(n: usize) -> Option<(usize, usize)> {
    let mut below = 0.0;
    // ln P(X = 0); logarithms, because 2⁻ⁿ leaves the range of f64 at n = 1075.
    let mut ln_probability = -(n as f64) * std::f64::consts::LN_2;
    let mut rank = 0;
    while rank < n / 2 {
        below += ln_probability.exp();
        if 2.0 * below > 0.05 {
            break;
        }
        ln_probability += ((n - rank) as f64 / (rank + 1) as f64).ln();
        rank += 1;
    }
    (rank > 0).then(|| (rank, n + 1 - rank))
}

/// Half-width of an interval around the median of sorted samples that holds the distribution's median
/// with at least 95 % confidence.
///
/// The order statistics of [`median_interval_ranks`] need not lie evenly around the sample median; this
/// is the distance to the farther one, so that median ± half-width never claims more than they do.
#[must_use]
pub(crate) fn median_ci_half_width(sorted: &[f64]) -> Option<f64> {
    let (lower, upper) = median_interval_ranks(sorted.len())?;
    let median = median(sorted)?;
    Some((sorted[upper - 1] - median).max(median - sorted[lower - 1]))
}

/// Mean distance from the median, over the median: a spread that one outlier does not make. None of
/// nothing, or around a median that is not above zero.
#[must_use]
pub(crate) fn mean_deviation(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = median(&sorted).filter(|middle| *middle > 0.0)?;
    let distance: f64 = sorted.iter().map(|value| (value - middle).abs() / middle).sum();
    Some(distance / sorted.len() as f64)
}

/// The median of the distances from the median: a spread that half of the values cannot move however far
/// they lie. None of nothing.
#[must_use]
pub fn median_absolute_deviation(values: &[f64]) -> Option<f64> {
    let middle = median_of(values.iter().copied())?;
    median_of(values.iter().map(|value| (value - middle).abs()))
}

#[cfg(test)]
mod tests;

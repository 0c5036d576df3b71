//! How far to trust the median of samples that are of several strata, each sampled as often as the others.

use super::{median, median_interval_ranks};

/// Half-width of an interval around the median of samples that holds their distribution's median with 95 % confidence,
/// where `strata` says which stratum each is of, and each stratum has a fixed share of the samples. None of too few.
///
/// What strata differ by is no error, for a further run has the same: only what varies within them is. The ranks of
/// [`median_interval_ranks`] are for a variance of n / 4 of how many samples lie below the median. In strata it is
/// Σ nₕ · pₕ · (1 − pₕ), where pₕ is the share of the stratum's nₕ that lies below, and nₕ / (nₕ − 1) times what is
/// seen is its estimate; the ranks are nearer to the middle in proportion to the root. So the interval is as wide as without
/// strata where these do not differ, and of a few samples next to the median where nothing else does. A
/// stratum with one sample tells no variance: then all count as one stratum.
///
/// Woodruff, Confidence Intervals for Medians and Other Position Measures, JASA 47 (1952), 635–646; Cochran, Sampling
/// Techniques (3rd ed.), sections 5.3 and 5.11.
#[must_use]
pub fn median_ci_half_width_of_strata(samples: &[f64], strata: &[usize]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (lower, upper) = median_interval_ranks(sorted.len())?;
    let median = median(&sorted)?;
    let centre = (lower + upper) as f64 / 2.0;
    let half = (upper - lower) as f64 / 2.0 * narrowing(samples, strata, median);
    let (lower, upper) = ((centre - half).floor() as usize, (centre + half).ceil() as usize);
    Some((sorted[upper - 1] - median).max(median - sorted[lower - 1]))
}

/// The same over the median; infinite where there are too few samples for one.
#[must_use]
pub fn relative_ci_of_strata(samples: &[f64], strata: &[usize]) -> f64 {
    let median = super::median_of(samples.iter().copied());
    match (median_ci_half_width_of_strata(samples, strata), median) {
        (Some(half_width), Some(median)) if median > 0.0 => half_width / median,
        _ => f64::INFINITY,
    }
}

/// How much fewer ranks an interval spans than one of as many samples of one stratum.
fn narrowing(samples: &[f64], strata: &[usize], median: f64) -> f64 {
    let mut counts = vec![(0.0, 0.0); strata.iter().max().map_or(0, |last| last + 1)];
    for (sample, stratum) in samples.iter().zip(strata) {
        let (all, below) = &mut counts[*stratum];
        *all += 1.0;
        *below += match sample.total_cmp(&median) {
            std::cmp::Ordering::Less => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Greater => 0.0,
        };
    }
    counts.retain(|(all, _)| *all > 0.0);
    if counts.len() == 1 || counts.iter().any(|(all, _)| *all < 2.0) {
        return 1.0;
    }
    let most = |all: f64| all * all / (all - 1.0) / 4.0;
    let seen: f64 = counts.iter().map(|(all, below)| below * (all - below) / (all - 1.0)).sum();
    // Of strata far apart few lie around the median, and these may show nothing: one more is taken to be cut in half.
    let unseen = counts.iter().map(|(all, _)| most(*all)).fold(0.0, f64::max);
    ((seen + unseen) / (samples.len() as f64 / 4.0)).sqrt().min(1.0)
}

#[cfg(test)]
mod tests;

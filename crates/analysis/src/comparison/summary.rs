//! Ratios of many points as one.

use super::run_to_run::Variance;
use super::verdict::{Thresholds, Verdict};
use super::{PointComparison, Ratio, judge};
use hovera_core::{Op, Series};
use std::collections::BTreeMap;

/// The points of one op and series, or of a whole op.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Index of the other side.
    pub other: usize,
    /// Which product.
    pub op: Op,
    /// Which series; none for all points of the op.
    pub series: Option<Series>,
    /// How many points.
    pub points: usize,
    /// The geometric mean of their ratios.
    pub ratio: Ratio,
    /// The point with the lowest ratio, an index into [`super::Comparison::points`].
    pub worst: usize,
    /// The point with the highest ratio.
    pub best: usize,
    /// How many points have each verdict, in the order of [`Verdict::ALL`].
    pub counts: [usize; 4],
}

/// Sums up points that are judged, whose errors are in the same order.
pub(super) fn summaries(
    points: &[PointComparison],
    variances: &[Variance],
    thresholds: &Thresholds,
) -> Vec<Summary> {
    let mut groups: BTreeMap<(usize, Op, bool, Option<Series>), Vec<usize>> = BTreeMap::new();
    for (i, point) in points.iter().enumerate() {
        let (op, series) = (point.point.op, point.point.series());
        if series.is_some() {
            groups.entry((point.other, op, false, series)).or_default().push(i);
        }
        // After the series, all of the op.
        groups.entry((point.other, op, true, None)).or_default().push(i);
    }
    let mut found = Vec::new();
    for ((other, op, _, series), members) in groups {
        let by_ratio = |a: &usize, b: &usize| points[*a].ratio.ratio.total_cmp(&points[*b].ratio.ratio);
        let ends = (members.iter().copied().min_by(by_ratio), members.iter().copied().max_by(by_ratio));
        let (Some(worst), Some(best)) = ends else { continue };
        let logarithms: Vec<f64> = members.iter().map(|i| points[*i].ratio.ratio.ln()).collect();
        let n = members.len() as f64;
        let mean = |part: fn(&Variance) -> f64| members.iter().map(|i| part(&variances[*i])).sum::<f64>() / n;
        let shared = mean(|variance| variance.shared);
        let expected = (mean(|variance| variance.own) / n + shared).sqrt();
        let ratio = Ratio::unjudged(&thresholds.of_mean(&logarithms, expected, shared));
        let mut counts = [0; 4];
        for i in &members {
            counts[points[*i].ratio.verdict as usize] += 1;
        }
        found.push(Summary { other, op, series, points: members.len(), ratio, worst, best, counts });
    }
    judge(&mut found, |summary| &mut summary.ratio, thresholds);
    found
}

impl Summary {
    /// How many of its points have a verdict.
    #[must_use]
    pub fn count_of(&self, verdict: Verdict) -> usize {
        self.counts[verdict as usize]
    }
}

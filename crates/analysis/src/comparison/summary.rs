//! Ratios of many points as one.

use super::run_to_run::Variance;
use super::verdict::{Thresholds, Verdict};
use super::{PointComparison, Ratio, judge};
use hovera_core::{Op, Pass, Series};
use std::collections::BTreeMap;

/// The points of one op, pass and series, or of a whole op's pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Index of the other side.
    pub other: usize,
    /// Which product.
    pub op: Op,
    /// Forward, or one of its gradients.
    pub pass: Pass,
    /// Which series; none for all points of the op and pass.
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

/// Other side, op, pass, whether it is all of them, and series.
type Group = (usize, Op, Pass, bool, Option<Series>);

/// Sums up points that are judged, whose errors are in the same order.
pub(super) fn summaries(
    points: &[PointComparison],
    variances: &[Variance],
    thresholds: &Thresholds,
) -> Vec<Summary> {
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for (i, point) in points.iter().enumerate() {
        let (op, pass, series) = (point.point.op, point.point.pass, point.point.series());
        if series.is_some() {
            groups.entry((point.other, op, pass, false, series)).or_default().push(i);
        }
        // After the series, all of the pass.
        groups.entry((point.other, op, pass, true, None)).or_default().push(i);
    }
    let mut found = Vec::new();
    for ((other, op, pass, _, series), members) in groups {
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
        found.push(Summary { other, op, pass, series, points: members.len(), ratio, worst, best, counts });
    }
    judge(&mut found, |summary| &mut summary.ratio, thresholds);
    found
}

impl Summary {
    /// `score`, or `score weight_gradient`.
    #[must_use]
    pub fn op_in_words(&self) -> String {
        self.op.with_pass(self.pass)
    }

    /// How many of its points have a verdict.
    #[must_use]
    pub fn count_of(&self, verdict: Verdict) -> usize {
        self.counts[verdict as usize]
    }
}

//! How wide intervals are, by the errors that calibration points had when they were left out.

/// Of fewer points no quantile is told.
pub(crate) const FEW: usize = 5;

/// Into how many groups, by the deviation that the residual tells, the points of a class are put, and how many of them the
/// smallest group has.
const GROUPS: usize = 4;
const SMALLEST_GROUP: usize = 25;

/// Half an interval over the standard deviation that the residual tells, as the deviation goes: of products near a calibration
/// point it is another number than of products far from any.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Widths {
    /// ln of a deviation, and the factor there, ascending; between two of them the line that joins them holds.
    knots: Vec<(f64, f64)>,
}

impl Default for Widths {
    fn default() -> Widths {
        Widths { knots: vec![(0.0, 2.0)] }
    }
}

impl Widths {
    /// Of deviations and how far off the points were, in ln: those of a class, and those of all, which count as much.
    pub(crate) fn of_errors(own: &[(f64, f64)], all: &[(f64, f64)]) -> Widths {
        let scaled =
            |points: &[(f64, f64)]| points.iter().map(|(deviation, error)| error / deviation).collect();
        let of_all = quantile(scaled(all));
        let groups = (own.len() / SMALLEST_GROUP).clamp(1, GROUPS);
        if groups == 1 {
            let factor = if own.len() < FEW { of_all } else { (quantile(scaled(own)) * of_all).sqrt() };
            return Widths { knots: vec![(0.0, factor)] };
        }
        let mut sorted = own.to_vec();
        sorted.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let knots = (0..groups).map(|group| {
            let members = &sorted[group * sorted.len() / groups..(group + 1) * sorted.len() / groups];
            (members[members.len() / 2].0.ln(), quantile(scaled(members)))
        });
        Widths { knots: knots.collect() }
    }

    /// The same, each so many times as wide.
    pub(crate) fn wider(&self, times: f64) -> Widths {
        Widths { knots: self.knots.iter().map(|(at, factor)| (*at, factor * times)).collect() }
    }

    /// Half the interval of a product whose residual has this deviation, in ln.
    pub(crate) fn half(&self, deviation: f64) -> f64 {
        let at = deviation.ln();
        let after = self.knots.partition_point(|(knot, _)| *knot <= at);
        let factor = match (after.checked_sub(1).map(|before| self.knots[before]), self.knots.get(after)) {
            (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (at - x0) / (x1 - x0),
            (Some((_, factor)), None) => factor,
            (None, Some((_, factor))) => *factor,
            (None, None) => Widths::default().knots[0].1,
        };
        factor * deviation
    }
}

/// Errors of a sample this small reach beyond its own quantile: with this one, intervals hold
/// [`COVERAGE`](crate::COVERAGE) of the rows that no fit saw (README.md, "How far off it is").
const QUANTILE: f64 = 0.72;
/// And of so few points or fewer by this much more.
const MORE_OF_FEW: f64 = 0.05;
const FEW_POINTS: f64 = 60.0;

/// That quantile, with the correction for a sample's size; 2 of none.
pub(crate) fn quantile(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let count = (values.len() + 1) as f64;
    let share = QUANTILE + MORE_OF_FEW * (FEW_POINTS / count).min(1.0);
    let rank = (share * count).ceil() as usize;
    values.get(rank.saturating_sub(1).min(values.len().saturating_sub(1))).copied().unwrap_or(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred points near others, off by a hundredth of their deviation, and a hundred far ones, off by all of it.
    fn near_and_far() -> Vec<(f64, f64)> {
        let near = (0..100).map(|i| (0.01, 1e-4 + 1e-6 * f64::from(i)));
        near.chain((0..100).map(|i| (0.1, 0.1 + 1e-4 * f64::from(i)))).collect()
    }

    #[test]
    fn products_near_a_point_have_the_width_of_points_that_are_near_others() {
        let points = near_and_far();
        let widths = Widths::of_errors(&points, &points);
        assert!(widths.half(0.01) < 3e-4, "{widths:?}");
        assert!(widths.half(0.1) > 0.1, "{widths:?}");
        // And between them between both.
        let between = widths.half(0.03) / 0.03;
        assert!(widths.half(0.01) / 0.01 < between && between < widths.half(0.1) / 0.1, "{widths:?}");
    }

    #[test]
    fn few_points_of_a_class_have_the_width_of_all() {
        let all = near_and_far();
        assert_eq!(Widths::of_errors(&all[..3], &all).half(0.2), Widths::of_errors(&[], &all).half(0.2));
    }
}

//! Points that were measured once and are not any more: worse than any slowdown.

use super::{Comparison, Unmatched};
use hovera_core::{Op, Pass, Point, Row, Series, Status};
use std::collections::BTreeMap;

/// What became of a point that has a value in the base, or on most cards of a fleet. The worst is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Loss {
    /// It failed.
    Failed,
    /// It was skipped.
    Skipped,
    /// It has no row.
    Missing,
    /// It was measured, but its row lacks what the metric needs.
    WithoutValue,
}

impl Loss {
    /// Every kind.
    pub const ALL: [Loss; 4] = [Loss::Failed, Loss::Skipped, Loss::Missing, Loss::WithoutValue];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Loss::Failed => "failed",
            Loss::Skipped => "skipped",
            Loss::Missing => "missing",
            Loss::WithoutValue => "without a value",
        }
    }

    /// Of a row that has no value.
    pub(super) fn of_row(row: &Row) -> Loss {
        match row.status {
            Status::Failed => Loss::Failed,
            Status::Skipped => Loss::Skipped,
            _ => Loss::WithoutValue,
        }
    }
}

/// Points of one op, pass and series that another side has lost in one way.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// Index of the other side.
    pub other: usize,
    /// Which product.
    pub op: Op,
    /// Forward, or one of its gradients.
    pub pass: Pass,
    /// Which series.
    pub series: Option<Series>,
    /// What became of them.
    pub loss: Loss,
    /// In their order; one at least.
    pub points: Vec<Point>,
    /// Why, of the first.
    pub reason: String,
}

/// Other side, op, pass, series, and what became of the points.
type Key = (usize, Op, Pass, Option<Series>, Loss);

impl Comparison {
    /// The points that have a value in the base and none on another side: by side, op, pass, series and what became of
    /// them.
    #[must_use]
    pub fn lost(&self) -> Vec<Lost> {
        let mut groups: BTreeMap<Key, Vec<&Unmatched>> = BTreeMap::new();
        for unmatched in &self.unmatched {
            let Some(loss) = unmatched.lost else { continue };
            let (other, point) = (unmatched.other, &unmatched.point);
            groups.entry((other, point.op, point.pass, point.series(), loss)).or_default().push(unmatched);
        }
        let group = |((other, op, pass, series, loss), members): (_, Vec<&Unmatched>)| {
            let reason = members.first().map(|first| first.why.to_string()).unwrap_or_default();
            Lost {
                other,
                op,
                pass,
                series,
                loss,
                points: members.iter().map(|it| it.point).collect(),
                reason,
            }
        };
        groups.into_iter().map(group).collect()
    }
}

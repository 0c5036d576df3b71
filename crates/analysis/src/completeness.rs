//! Whether a file holds what it was to hold.

use hovera_core::{CostModel, Point, Results, Shard, SweepSpec};
use std::collections::BTreeSet;
use std::fmt;

/// How many of its sweep's points a file has a row of. A point that failed or was skipped has a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completeness {
    /// Points of the sweep that have a row.
    pub present: usize,
    /// Points that the file was to hold: its shard's, or all.
    pub planned: usize,
    /// Points of the whole sweep.
    pub sweep: usize,
    /// Which part of the sweep the file was to hold; none where that is all of it.
    pub shard: Option<Shard>,
}

impl Completeness {
    /// By the spec in the file's front matter. None where there is none, as in an imported file, or where it is not
    /// the one that the rows were measured by.
    #[must_use]
    pub fn of_results(results: &Results) -> Option<Completeness> {
        let (spec, plan) = results.plan()?;
        let sweep = plan.len();
        let shard = results.front_matter.sweep.shard;
        // No two rows are of one point: as many rows as points are all of them.
        if shard.is_none() && results.rows.len() == sweep {
            return Some(Completeness { present: sweep, planned: sweep, sweep, shard });
        }
        let rows: BTreeSet<&Point> = results.rows.iter().map(|row| &row.point).collect();
        let plan = match shard {
            None => plan,
            Some(shard) => {
                let cost = |point: &Point| CostModel::shard_cost(point, spec.method());
                plan.in_measuring_order(spec.method()).shard(shard, cost)
            }
        };
        let present = plan.points().iter().filter(|point| rows.contains(point)).count();
        Some(Completeness { present, planned: plan.len(), sweep, shard })
    }

    /// The same, where the file is not the whole sweep.
    #[must_use]
    pub fn unfinished(results: &Results) -> Option<Completeness> {
        if has_enough_rows(results) {
            return None;
        }
        Completeness::of_results(results).filter(|completeness| completeness.present < completeness.sweep)
    }
}

/// Whether there is a row for each point that the spec could ask for at most, no two rows being of one point. Most files
/// are told to be whole by that, without listing their points.
fn has_enough_rows(results: &Results) -> bool {
    let sweep = &results.front_matter.sweep;
    let asked = || SweepSpec::parse(&sweep.name, &sweep.spec).map(|spec| spec.point_count());
    sweep.shard.is_none() && asked().is_ok_and(|points| results.rows.len() as u64 >= points)
}

impl fmt::Display for Completeness {
    /// `12 of the sweep's 112 points`, or `12 of the 14 points of shard 3/8, of the sweep's 112`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Completeness { present, planned, sweep, shard } = self;
        match shard {
            None => write!(f, "{present} of the sweep's {sweep} points"),
            Some(shard) if present == planned => {
                write!(f, "all {present} points of shard {shard}, of the sweep's {sweep}")
            }
            Some(shard) => {
                write!(f, "{present} of the {planned} points of shard {shard}, of the sweep's {sweep}")
            }
        }
    }
}

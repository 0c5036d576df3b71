//! Whether two files were measured in the same way.

use super::across::Across;
use super::side::SideRows;
use hovera_core::{Difference, Method, Pacing, Row};
use std::collections::BTreeSet;

/// The keys of a method that must be alike. What the rows say themselves (pacing, cache) is matched row by row; how
/// long sampling went on shows in the intervals.
const ALWAYS: [&str; 3] = ["timer", "warmup", "data"];
/// Those of rows that were measured in bursts.
const BURST: [&str; 5] = ["idle_ratio", "idle_after", "idle_before_ms", "idle_least", "run_in_seconds"];
/// Those of rows that were measured without rest.
const SUSTAINED: [&str; 1] = ["sustained_seconds"];

/// What makes the times of some rows differ from those of others for the same work, each with the method of its file:
/// `timer is event and host`. Where there is anything, a ratio of theirs is given only when it is asked for.
#[must_use]
pub fn method_differences(sides: [(&Method, &[&Row]); 2], across: &[Across]) -> Vec<String> {
    let [base, other] = sides.map(|(method, rows)| MethodOfRows::of_rows(method, rows.iter().copied()));
    base.differences(&other, across)
}

/// How some rows were measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MethodOfRows {
    method: Method,
    pacings: BTreeSet<Pacing>,
}

impl MethodOfRows {
    pub(super) fn of_rows<'r>(method: &Method, rows: impl Iterator<Item = &'r Row>) -> MethodOfRows {
        MethodOfRows { method: method.clone(), pacings: rows.map(|row| row.point.pacing).collect() }
    }

    pub(super) fn of_side(side: &SideRows<'_>) -> MethodOfRows {
        MethodOfRows::of_rows(&side.front_matter.method, side.rows.iter().map(|(_, row)| *row))
    }

    /// What makes the times differ for the same work: `timer is event and host`.
    pub(super) fn differences(&self, other: &MethodOfRows, across: &[Across]) -> Vec<String> {
        let both = |pacing| {
            !across.contains(&Across::Pacing)
                && [self, other].iter().all(|conditions| conditions.pacings.contains(&pacing))
        };
        let (burst, sustained) = (both(Pacing::Burst), both(Pacing::Sustained));
        let counts = |key: &str| {
            ALWAYS.contains(&key) || burst && BURST.contains(&key) || sustained && SUSTAINED.contains(&key)
        };
        let found = Difference::between_methods(&self.method, &other.method).into_iter();
        let in_words = |difference: Difference| {
            let key = difference.method_key().filter(|key| counts(key))?;
            Some(format!("{key} is {} and {}", difference.values[0], difference.values[1]))
        };
        found.filter_map(in_words).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(method: Method) -> MethodOfRows {
        MethodOfRows { method, pacings: BTreeSet::from([Pacing::Burst]) }
    }

    #[test]
    fn every_key_that_counts_is_one_of_a_method() {
        let method = Method {
            warmup: Some(1),
            idle_ratio: Some(1.0),
            idle_after: Some(1.0),
            idle_before_ms: Some(1.0),
            idle_least: Some(1.0),
            run_in_seconds: Some(1.0),
            sustained_seconds: Some(1.0),
            timer: "event".into(),
            data: "zeros".into(),
            ..Method::default()
        };
        let differing = Difference::between_methods(&Method::default(), &method);
        let keys: BTreeSet<&str> = differing.iter().filter_map(Difference::method_key).collect();
        assert_eq!(keys, ALWAYS.into_iter().chain(BURST).chain(SUSTAINED).collect());
    }

    #[test]
    fn what_changes_a_time_is_a_difference_and_what_only_sharpens_it_is_not() {
        let base =
            Method { timer: "event".into(), warmup: Some(1), min_samples: Some(6), ..Method::default() };
        let differs = |other| conditions(base.clone()).differences(&conditions(other), &[]);
        assert!(
            differs(Method { min_samples: Some(99), max_samples: Some(99), seed: Some(7), ..base.clone() })
                .is_empty()
        );
        let other = Method { timer: "host".into(), warmup: Some(50), data: "zeros".into(), ..base.clone() };
        assert_eq!(
            differs(other),
            ["data is empty and zeros", "timer is event and host", "warmup is 1 and 50"]
        );
        let rested = Method { idle_ratio: Some(3.0), ..base.clone() };
        assert_eq!(differs(rested.clone()), ["idle_ratio is not told and 3"]);
        let sustained = |seconds| {
            let method = Method { sustained_seconds: Some(seconds), ..base.clone() };
            MethodOfRows { method, pacings: BTreeSet::from([Pacing::Sustained]) }
        };
        let (short, long) = (sustained(0.5), sustained(2.0));
        assert_eq!(short.differences(&long, &[]), ["sustained_seconds is 0.5 and 2"]);
        // Of rows that rested, nothing.
        assert!(short.differences(&conditions(base.clone()), &[]).is_empty());
        let (base, rested) = (conditions(base), conditions(rested));
        assert!(base.differences(&rested, &[Across::Pacing]).is_empty());
    }
}

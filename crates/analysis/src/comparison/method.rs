//! Whether two files were measured in the same way.

use super::across::Across;
use super::side::SideRows;
use hovera_core::{Method, Pacing, Row};
use std::collections::BTreeSet;

/// What makes the times of some rows differ from those of others for the same work, each with the method of its file:
/// `timer is event and host`. Where there is anything, a ratio of theirs is given only when it is asked for.
#[must_use]
pub fn method_differences(sides: [(&Method, &[&Row]); 2], across: &[Across]) -> Vec<String> {
    let [base, other] = sides.map(|(method, rows)| Conditions::of(method, rows.iter().copied()));
    base.differences(&other, across)
}

/// How some rows were measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conditions {
    method: Method,
    pacings: BTreeSet<Pacing>,
}

impl Conditions {
    pub(super) fn of<'r>(method: &Method, rows: impl Iterator<Item = &'r Row>) -> Conditions {
        Conditions { method: method.clone(), pacings: rows.map(|row| row.point.pacing).collect() }
    }

    pub(super) fn of_side(side: &SideRows<'_>) -> Conditions {
        Conditions::of(&side.front_matter.method, side.rows.iter().map(|(_, row)| *row))
    }

    /// What makes the times differ for the same work: `timer is event and host`. What the rows say
    /// themselves (pacing, cache) is matched row by row; how long sampling went on shows in the intervals.
    pub(super) fn differences(&self, other: &Conditions, across: &[Across]) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |what: &str, base: &str, other: &str| {
            if base != other {
                found.push(format!("{what} is {base} and {other}"));
            }
        };
        let (ours, theirs) = (&self.method, &other.method);
        differ("timer", &ours.timer, &theirs.timer);
        let told = |number: Option<u32>| number.map_or("not told".to_owned(), |number| number.to_string());
        differ("warmup", &told(ours.warmup), &told(theirs.warmup));
        differ("data", &ours.data, &theirs.data);
        let both = |pacing| [self, other].iter().all(|conditions| conditions.pacings.contains(&pacing));
        if !across.contains(&Across::Pacing) && both(Pacing::Burst) {
            differ("idle rule", &idle_rule(ours), &idle_rule(theirs));
        }
        if !across.contains(&Across::Pacing) && both(Pacing::Sustained) {
            let seconds =
                |method: &Method| method.sustained_seconds.map_or("not told".into(), |s| s.to_string());
            differ("sustained_seconds", &seconds(ours), &seconds(theirs));
        }
        found
    }
}

fn idle_rule(method: &Method) -> String {
    let rule = [
        method.idle_ratio.map(|ratio| format!("ratio {ratio}")),
        method.idle_after.map(|after| format!("after {after}")),
        method.idle_before_ms.map(|ms| format!("before {ms} ms")),
        method.run_in_seconds.map(|s| format!("run in {s} s")),
    ];
    let rule: Vec<String> = rule.into_iter().flatten().collect();
    if rule.is_empty() { "not told".to_owned() } else { rule.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(method: Method) -> Conditions {
        Conditions { method, pacings: BTreeSet::from([Pacing::Burst]) }
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
        assert_eq!(differs(other), ["timer is event and host", "warmup is 1 and 50", "data is  and zeros"]);
        let rested = Method { idle_ratio: Some(3.0), ..base.clone() };
        assert_eq!(differs(rested.clone()), ["idle rule is not told and ratio 3"]);
        let (base, rested) = (conditions(base), conditions(rested));
        assert!(base.differences(&rested, &[Across::Pacing]).is_empty());
    }
}

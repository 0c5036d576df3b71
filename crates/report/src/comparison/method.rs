//! Whether two files were measured in the same way.

use super::across::Across;
use hovera_core::{Method, Pacing, Row};

/// What of two methods makes their times differ for the same work: `timer is event and host`. What the rows
/// say themselves (pacing, cache) is matched row by row; how long sampling went on shows in the intervals.
pub(super) fn differences(
    base: &Method,
    other: &Method,
    across: &[Across],
    rows: [&[&Row]; 2],
) -> Vec<String> {
    let mut found = Vec::new();
    let mut differ = |what: &str, base: &str, other: &str| {
        if base != other {
            found.push(format!("{what} is {base} and {other}"));
        }
    };
    differ("timer", &base.timer, &other.timer);
    differ("warmup", &base.warmup.to_string(), &other.warmup.to_string());
    differ("data", &base.data, &other.data);
    if across.contains(&Across::Pacing) {
        return found;
    }
    let both = |pacing| rows.iter().all(|rows| rows.iter().any(|row| row.point.pacing == pacing));
    if both(Pacing::Burst) {
        differ("idle rule", &idle_rule(base), &idle_rule(other));
    }
    if both(Pacing::Sustained) {
        let seconds = |method: &Method| method.sustained_seconds.map_or("not told".into(), |s| s.to_string());
        differ("sustained_seconds", &seconds(base), &seconds(other));
    }
    found
}

fn idle_rule(method: &Method) -> String {
    let rule = [
        method.idle_ratio.map(|ratio| format!("ratio {ratio}")),
        method.idle_after.map(|after| format!("after {after}")),
        method.idle_before_ms.map(|ms| format!("before {ms} ms")),
    ];
    let rule: Vec<String> = rule.into_iter().flatten().collect();
    if rule.is_empty() { "not told".to_owned() } else { rule.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_a_time_is_a_difference_and_what_only_sharpens_it_is_not() {
        let base = Method { timer: "event".into(), warmup: 1, min_samples: 6, ..Method::default() };
        let differs = |other: &Method| differences(&base, other, &[], [&[], &[]]);
        assert!(differs(&Method { min_samples: 99, max_samples: 99, seed: 7, ..base.clone() }).is_empty());
        let other = Method { timer: "host".into(), warmup: 50, data: "zeros".into(), ..base.clone() };
        assert_eq!(differs(&other), ["timer is event and host", "warmup is 1 and 50", "data is  and zeros"]);
    }
}

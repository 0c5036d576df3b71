//! Where a larger size is slower.

use crate::document::condition::{Spot, relative_ci};
use crate::document::sentence::{Sentence, three_digits};
use hovera_core::{Series, in_percent};
use std::collections::BTreeMap;

/// How many are named.
pub(super) const NAMED: usize = 3;
/// A smaller loss is a ripple.
pub(super) const LEAST: f64 = 0.05;

/// The steps within series that lose most.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drops<'a>(Vec<(Spot<'a>, Spot<'a>)>);

/// 0 where there is no interval.
fn interval(spot: &Spot<'_>) -> f64 {
    relative_ci(spot.row).unwrap_or(0.0)
}

fn loss((before, after): &(Spot<'_>, Spot<'_>)) -> f64 {
    1.0 - after.tflops / before.tflops
}

impl<'a> Drops<'a> {
    /// None where no step loses [`LEAST`] or more beyond the intervals of its two ends.
    pub(super) fn find(lines: &BTreeMap<Series, Vec<Spot<'a>>>) -> Option<Drops<'a>> {
        let steps = lines.values().flat_map(|line| line.windows(2).map(|pair| (pair[0], pair[1])));
        let clear = |step: &(Spot<'_>, Spot<'_>)| loss(step) - interval(&step.0) - interval(&step.1) >= LEAST;
        let mut drops: Vec<_> = steps.filter(clear).collect();
        drops.sort_by(|a, b| loss(b).total_cmp(&loss(a)));
        drops.truncate(NAMED);
        (!drops.is_empty()).then_some(Drops(drops))
    }

    pub(super) fn sentence(&self) -> Sentence {
        let each = self.0.iter().map(|step| {
            let (before, after) = step;
            format!(
                "h/a = {} falls by {}, from {} to {} TFLOP/s, between the hidden sizes {} and {} (head dims {} \
                 and {})",
                before.series,
                in_percent(loss(step), 1),
                three_digits(before.tflops),
                three_digits(after.tflops),
                before.hidden,
                after.hidden,
                before.head_dim,
                after.head_dim
            )
        });
        let each: Vec<_> = each.collect();
        let told = self.0.iter().all(|(a, b)| [a, b].iter().all(|spot| relative_ci(spot.row).is_some()));
        Sentence::new(format!(
            "The largest losses from one size of a line to the next: {}.{}",
            each.join("; "),
            if told { "" } else { " The file does not say how well these are known." }
        ))
    }
}

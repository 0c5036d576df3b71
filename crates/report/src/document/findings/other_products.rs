//! Points of ops that no chart is of: of no statement about lines.

use crate::document::sentence::{Sentence, counted};
use hovera_analysis::Condition;
use hovera_core::{Op, Results};
use std::collections::BTreeMap;

/// How many points are of which other product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OtherProducts(BTreeMap<Op, usize>);

impl OtherProducts {
    /// None where all have a place over hidden size.
    pub(super) fn count(results: &Results) -> Option<OtherProducts> {
        let mut counts: BTreeMap<Op, usize> = BTreeMap::new();
        for row in results.rows.iter().filter(|row| Condition::of_row(row, 0).is_none()) {
            *counts.entry(row.point.op).or_default() += 1;
        }
        (!counts.is_empty()).then_some(OtherProducts(counts))
    }

    pub(super) fn sentence(&self) -> Sentence {
        let drawn: Vec<&str> = Op::all_with_chart().map(Op::as_str).collect();
        let each: Vec<String> = self.0.iter().map(|(op, count)| format!("{op} ({count})")).collect();
        Sentence::new(format!(
            "{} of other products are in no chart, which are of {} over hidden size: {}.",
            counted(self.0.values().sum(), "point"),
            drawn.join(" and "),
            each.join(", ")
        ))
    }
}

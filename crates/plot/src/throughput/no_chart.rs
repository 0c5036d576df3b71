//! Ops that no chart is of.

use super::{ChartError, Note};
use hovera_core::{Op, Results};
use std::collections::BTreeMap;

/// Refuses a file of which nothing would be drawn.
pub(super) fn refuse(results: &Results) -> Result<(), ChartError> {
    let without = counted([results]);
    if results.rows.is_empty() || without.values().sum::<usize>() < results.rows.len() {
        return Ok(());
    }
    let titled = |op: &Op| format!("{op} ({})", op.title());
    Err(ChartError::NoChart {
        found: without.keys().map(titled).collect::<Vec<_>>().join(", "),
        several: without.len() > 1,
        drawn: Op::all_with_chart().map(Op::as_str).collect::<Vec<_>>().join(" or "),
    })
}

/// What is to be said of the rows that are left out.
pub(super) fn notes(files: &[&Results]) -> impl Iterator<Item = Note> {
    counted(files.iter().copied()).into_iter().map(|(op, rows)| Note::NoChart { op, rows })
}

/// The rows of ops that no chart is of.
fn counted<'a>(files: impl IntoIterator<Item = &'a Results>) -> BTreeMap<Op, usize> {
    let mut counts = BTreeMap::new();
    let ops = files.into_iter().flat_map(|results| &results.rows).map(|row| row.point.op);
    for op in ops.filter(|op| !op.has_chart()) {
        *counts.entry(op).or_default() += 1;
    }
    counts
}

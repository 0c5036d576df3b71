//! Rows by what they have in common, and what is to be said of those that are not drawn.

use super::files::Files;
use super::note::Note;
use super::quantity::Quantity;
use hovera_analysis::{Condition, Metric, Missing};
use hovera_core::{AttentionShape, Bound, Row, Series, Status};
use std::collections::BTreeMap;

/// The rows of one chart: those of each condition that is overlaid.
pub(super) type Variants<'a> = BTreeMap<Condition, Vec<&'a Row>>;

/// Every row of the files by its condition, grouped by what `shared` makes of that.
pub(super) fn grouped<'a>(
    files: Files<'a>,
    shared: impl Fn(Condition) -> Condition,
) -> BTreeMap<Condition, Variants<'a>> {
    let mut groups: BTreeMap<Condition, Variants<'_>> = BTreeMap::new();
    for (file, results) in (0..).zip(files.results) {
        for row in &results.rows {
            let Some(condition) = Condition::of_row(row, file) else { continue };
            groups.entry(shared(condition)).or_default().entry(condition).or_default().push(row);
        }
    }
    groups
}

/// The layer of a row that has a [`Condition`].
pub(super) fn layer(row: &Row) -> AttentionShape {
    row.point.layer().expect("a row without a layer is in no group")
}

/// Where a row is in a chart over hidden size: its line and its x.
pub(super) fn place(row: &Row) -> (Series, u32) {
    let layer = layer(row);
    (layer.series(), layer.hidden().get())
}

/// What is to be said of the rows of a chart, each variant's with its own quantity.
pub(super) fn row_notes(variants: &Variants<'_>, quantities: &[Quantity<'_>]) -> Vec<Note> {
    let all = || variants.values().zip(quantities).flat_map(|(rows, q)| rows.iter().map(move |row| (row, q)));
    let count = |status| all().filter(|(row, _)| row.status == status).count();
    let (failed, skipped) = (count(Status::Failed), count(Status::Skipped));
    let mut notes = Vec::new();
    if failed + skipped > 0 {
        notes.push(Note::NotDrawn { failed, skipped });
    }
    let timed: Vec<_> = all().filter(|(row, _)| row.status.has_times()).collect();
    let mut lacking: BTreeMap<Missing, usize> = BTreeMap::new();
    for missing in timed.iter().filter_map(|(row, quantity)| quantity.of_row(row).err()) {
        *lacking.entry(missing).or_default() += 1;
    }
    notes.extend(lacking.into_iter().map(|(missing, points)| Note::Without { points, missing }));
    let by_time = |row: &Row, quantity: &Quantity<'_>| {
        quantity.options.metric == Metric::TflopsAtClock
            && quantity.card.is_some_and(|card| card.bound(row) == Ok(Bound::Memory))
    };
    let points = timed.iter().filter(|(row, quantity)| by_time(row, quantity)).count();
    if points > 0 {
        notes.push(Note::AsItHappened { points });
    }
    let is_noisy = |row: &Row| row.status == Status::Noisy;
    let noisy = timed.iter().filter(|(row, quantity)| is_noisy(row) && quantity.of_row(row).is_ok()).count();
    if noisy > 0 {
        notes.push(Note::Noisy { points: noisy });
    }
    notes
}

/// The same of a chart of values, where a row with two speeds stands at one of them.
pub(super) fn value_notes(variants: &Variants<'_>, quantities: &[Quantity<'_>]) -> Vec<Note> {
    let all = variants.values().zip(quantities).flat_map(|(rows, q)| rows.iter().map(move |row| (row, q)));
    let has_two = |row: &Row| row.timing.is_some_and(|timing| timing.second.is_some());
    let points = all.filter(|(row, quantity)| has_two(row) && quantity.of_row(row).is_ok()).count();
    let two_speeds = (points > 0).then_some(Note::TwoSpeeds { points });
    row_notes(variants, quantities).into_iter().chain(two_speeds).collect()
}

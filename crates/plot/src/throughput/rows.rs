//! Rows by what they have in common, and what is to be said of those that are not drawn.

use super::files::Files;
use super::note::Note;
use super::quantity::Quantity;
use hovera_analysis::{Condition, Metric, Missing};
use hovera_core::{Bound, Point, Row, Status};
use std::collections::BTreeMap;

/// A card of one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Card {
    pub(super) file: u32,
    pub(super) device: u32,
}

/// Rows of one chart: all of them, or those of one card, engine or pacing of several that share it. One at least.
#[derive(Debug, Clone)]
pub(super) struct Variant<'a> {
    pub(super) card: Card,
    pub(super) rows: Vec<&'a Row>,
}

impl<'a> Variant<'a> {
    /// What its first row measured: what all of them have in common is in it.
    pub(super) fn point(&self) -> &'a Point {
        &self.rows[0].point
    }
}

/// The rows of one chart: those of each condition that is overlaid.
pub(super) type ByCondition<'a> = BTreeMap<Condition, Vec<&'a Row>>;

/// These rows as the variants of a chart, in the order of their conditions.
pub(super) fn variants<'a>(rows: &ByCondition<'a>) -> Vec<Variant<'a>> {
    let variant = |(condition, rows): (&Condition, &Vec<&'a Row>)| {
        let card = Card { file: condition.file, device: condition.device };
        Variant { card, rows: rows.clone() }
    };
    rows.iter().map(variant).collect()
}

/// Every row of the files that is `wanted` by its condition, grouped by what `shared` makes of that.
pub(super) fn grouped<'a>(
    files: Files<'a>,
    wanted: impl Fn(&Row) -> bool,
    shared: impl Fn(Condition) -> Condition,
) -> BTreeMap<Condition, ByCondition<'a>> {
    let mut groups: BTreeMap<Condition, ByCondition<'_>> = BTreeMap::new();
    for (card, row) in files.rows().filter(|(_, row)| wanted(row)) {
        let Some(condition) = Condition::of_row(row, card.file) else { continue };
        groups.entry(shared(condition)).or_default().entry(condition).or_default().push(row);
    }
    groups
}

/// What is to be said of the rows of a chart, each variant's with its own quantity.
pub(super) fn row_notes(variants: &[Variant<'_>], quantities: &[Quantity<'_>]) -> Vec<Note> {
    let all = || variants.iter().zip(quantities).flat_map(|(it, q)| it.rows.iter().map(move |row| (row, q)));
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
    let points = timed.iter().filter(|(row, _)| row.status == Status::Predicted).count();
    if points > 0 {
        notes.push(Note::Predicted { points });
    }
    let is_noisy = |row: &Row| row.status == Status::Noisy;
    let noisy = timed.iter().filter(|(row, quantity)| is_noisy(row) && quantity.of_row(row).is_ok()).count();
    if noisy > 0 {
        notes.push(Note::Noisy { points: noisy });
    }
    notes
}

/// The same of a chart of values, where a row with two speeds stands at one of them.
pub(super) fn value_notes(variants: &[Variant<'_>], quantities: &[Quantity<'_>]) -> Vec<Note> {
    let all = variants.iter().zip(quantities).flat_map(|(it, q)| it.rows.iter().map(move |row| (row, q)));
    let has_two = |row: &Row| row.timing.is_some_and(|timing| timing.second.is_some());
    let points = all.filter(|(row, quantity)| has_two(row) && quantity.of_row(row).is_ok()).count();
    let two_speeds = (points > 0).then_some(Note::TwoSpeeds { points });
    row_notes(variants, quantities).into_iter().chain(two_speeds).collect()
}

//! Charts of lines of any product over any of its sizes.

use super::course::{Course, stem};
use super::files::Files;
use super::grouping::{overlaid, refuse_absent_metric, words};
use super::kernel_dots::KernelLooks;
use super::options::ChartOptions;
use super::rows::{Card, Variant};
use super::{ChartError, ChartKind, NamedChart, Note, lines, ratio};
use hovera_analysis::{Arrangement, Dimension, Placed, Wanted, arrange};
use hovera_core::{Op, Row};
use std::collections::{BTreeMap, BTreeSet};

/// The charts of some rows.
pub(super) fn charts<'a>(
    files: Files<'a>,
    rows: &[(Card, &'a Row)],
    options: &'a ChartOptions,
    looks: Option<&KernelLooks>,
) -> Result<Vec<NamedChart>, ChartError> {
    let across = options.overlay.and_then(|overlay| overlay.dimension());
    let cards: BTreeSet<Card> = rows.iter().map(|(card, _)| *card).collect();
    let cards: BTreeMap<Card, usize> = cards.into_iter().zip(0..).collect();
    let placed: Vec<Placed<'_>> = rows.iter().map(|(card, row)| Placed { card: cards[card], row }).collect();
    let arrangements = arrange(&placed, &Wanted { x: options.x, by: options.by, across, is_grid: false })?;
    let charts: Vec<Vec<Variant<'a>>> = arrangements.iter().map(|it| variants(it, rows, across)).collect();
    refuse_absent_metric(files, &charts, options)?;
    let lone = |overlay| {
        let all: Vec<Variant<'_>> = arrangements.iter().flat_map(|it| variants(it, rows, across)).collect();
        let differing = differing(&all);
        match cards.len() > 1 && across == Some(Dimension::Gpu) && !differing.is_empty() {
            true => ChartError::Conditions { differing },
            false => ChartError::NothingToOverlay { overlay, only: words(files, overlay, &all) },
        }
    };
    let (kept, left_out) = overlaid(options, charts, lone)?;
    let mut named = Vec::new();
    for (arrangement, variants) in arrangements.iter().zip(kept) {
        let Some(variants) = variants else { continue };
        let all: Vec<&Row> = arrangement.rows.iter().map(|i| rows[*i].1).collect();
        let course = Course::arranged(arrangement, &all);
        let (chart, mut notes) = match options.kind {
            ChartKind::Ratio => ratio::chart(files, &variants, &course, options)?,
            _ => lines::chart(files, &variants, &course, options, looks)?,
        };
        if named.is_empty() {
            notes.extend((left_out > 0).then_some(Note::LeftOut { rows: left_out }));
            notes.extend(not_over(rows, options));
        }
        let ratio = if options.kind == ChartKind::Ratio { "-ratio" } else { "" };
        let stem = stem(arrangement) + ratio + &options.stem_suffix();
        named.push(NamedChart { stem, chart, condition: None, notes });
    }
    Ok(named)
}

/// The rows of a chart by what else than lines shares it.
fn variants<'a>(
    arrangement: &Arrangement,
    rows: &[(Card, &'a Row)],
    across: Option<Dimension>,
) -> Vec<Variant<'a>> {
    let mut found: BTreeMap<(Option<Card>, u128), Variant<'a>> = BTreeMap::new();
    for (card, row) in arrangement.rows.iter().map(|i| rows[*i]) {
        let key = match across {
            Some(Dimension::Gpu) => (Some(card), 0),
            Some(it) => (None, it.of_point(&row.point)),
            None => (None, 0),
        };
        found.entry(key).or_insert_with(|| Variant { card, rows: Vec::new() }).rows.push(row);
    }
    found.into_values().collect()
}

/// What no two cards have in common.
fn differing(all: &[Variant<'_>]) -> String {
    let of_cards = |dimension: Dimension| {
        let mut cards: BTreeMap<Card, BTreeSet<u128>> = BTreeMap::new();
        for Variant { card, rows } in all {
            cards.entry(*card).or_default().extend(rows.iter().map(|row| dimension.of_point(&row.point)));
        }
        cards
    };
    let in_words = |dimension: Dimension, values: &BTreeSet<u128>| {
        const NAMED: usize = 4;
        let mut words: Vec<String> =
            values.iter().take(NAMED).map(|value| dimension.value_in_words(*value)).collect();
        words.extend((values.len() > NAMED).then(|| "…".to_owned()));
        words.join(", ")
    };
    let apart = |dimension: &Dimension| {
        let cards = of_cards(*dimension);
        let first = cards.values().next()?;
        if first.iter().any(|value| cards.values().all(|card| card.contains(value))) {
            return None;
        }
        let each: Vec<String> = cards.values().map(|values| in_words(*dimension, values)).collect();
        Some(format!("{dimension} ({})", each.join(" against ")))
    };
    let told = Dimension::ALL.iter().filter(|it| !matches!(it, Dimension::Flop | Dimension::Series));
    told.filter_map(apart).collect::<Vec<_>>().join(", ")
}

/// Rows of ops that do not have the size that charts are over.
fn not_over(rows: &[(Card, &Row)], options: &ChartOptions) -> Vec<Note> {
    let Some(x) = options.x else { return Vec::new() };
    let mut counts: BTreeMap<Op, usize> = BTreeMap::new();
    for (_, row) in rows.iter().filter(|(_, row)| x.of_point(&row.point) == 0) {
        *counts.entry(row.point.op).or_default() += 1;
    }
    counts.into_iter().map(|(op, rows)| Note::NotOver { op, x, rows }).collect()
}

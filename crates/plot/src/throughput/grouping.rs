//! Which results share a chart over hidden size, and what is refused because nothing would.

use super::condition::shared;
use super::files::Files;
use super::options::Overlay;
use super::rows::{Variants, grouped};
use super::{ChartError, ChartKind, ChartOptions};
use crate::chart::Dash;
use hovera_analysis::{Aspect, AspectValue, Condition, Metric, Missing};
use std::collections::{BTreeMap, BTreeSet};

/// The charts of some files, by what all rows of each have in common, and how many rows are in none of
/// them because only one side has their conditions.
pub(super) fn groups<'a>(
    files: Files<'a>,
    options: &'a ChartOptions,
) -> Result<(BTreeMap<Condition, Variants<'a>>, usize), ChartError> {
    let with_imported = files.any_imported();
    let mut groups = grouped(files, |condition| shared(condition, options.overlay, with_imported));
    refuse_absent_metric(files, &groups, options)?;
    let Some(overlay) = options.overlay.filter(|overlay| overlay.is_of_conditions()) else {
        return Ok((groups, 0));
    };
    if groups.is_empty() {
        return Ok((groups, 0));
    }
    if let Some(count) = groups.values().map(BTreeMap::len).find(|count| *count > Dash::ALL.len()) {
        return Err(ChartError::TooManyVariants { overlay, count, most: Dash::ALL.len() });
    }
    if groups.values().all(|variants| variants.len() < 2) {
        return Err(lone(files, overlay, &groups));
    }
    let mut left_out = 0;
    if overlay == Overlay::Gpu || options.kind == ChartKind::Ratio {
        groups.retain(|_, variants| {
            let lone = variants.len() < 2;
            left_out += if lone { variants.values().map(Vec::len).sum() } else { 0 };
            !lone
        });
    }
    Ok((groups, left_out))
}

/// No chart has more than one variant.
fn lone(files: Files<'_>, overlay: Overlay, groups: &BTreeMap<Condition, Variants<'_>>) -> ChartError {
    let conditions: Vec<Condition> = groups.values().flat_map(BTreeMap::keys).copied().collect();
    let cards: BTreeSet<_> = conditions.iter().map(|c| (c.file, c.device)).collect();
    if overlay == Overlay::Gpu && cards.len() > 1 {
        return ChartError::Conditions { differing: differing(&conditions) };
    }
    let mut words: Vec<String> = conditions.iter().flat_map(|c| files.variants(overlay, &[*c])).collect();
    words.sort();
    words.dedup();
    ChartError::NothingToOverlay { overlay, only: words.join(", ") }
}

/// The conditions of which two cards have nothing in common.
fn differing(conditions: &[Condition]) -> String {
    let differ = Aspect::ALL.into_iter().filter(|aspect| *aspect != Aspect::Device).filter_map(|aspect| {
        let mut cards: BTreeMap<(u32, u32), BTreeSet<AspectValue>> = BTreeMap::new();
        for condition in conditions {
            let card = cards.entry((condition.file, condition.device)).or_default();
            card.insert(condition.value(aspect));
        }
        let in_common = |value: &AspectValue| cards.values().all(|card| card.contains(value));
        if cards.values().next()?.iter().any(in_common) {
            return None;
        }
        let in_words = |card: &BTreeSet<AspectValue>| {
            card.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let each: Vec<String> = cards.values().map(in_words).collect();
        Some(format!("{} ({})", aspect.name(), each.join(" against ")))
    });
    let differ: Vec<String> = differ.collect();
    if differ.is_empty() { "combinations of what each has".to_owned() } else { differ.join(", ") }
}

/// A throughput that no row has makes empty axes, as ever: all points failed, and the notes say so.
fn refuse_absent_metric(
    files: Files<'_>,
    groups: &BTreeMap<Condition, Variants<'_>>,
    options: &ChartOptions,
) -> Result<(), ChartError> {
    if options.metric == Metric::Tflops || groups.is_empty() {
        return Ok(());
    }
    let mut missing = BTreeSet::new();
    for (condition, rows) in groups.values().flatten() {
        let quantity = files.quantity(condition, options);
        for row in rows {
            match quantity.of_row(row) {
                Ok(_) => return Ok(()),
                Err(lack) => missing.insert(lack),
            };
        }
    }
    if missing.len() > 1 {
        // Of the points that have times, it is not their times that are missing.
        missing.remove(&Missing::Time);
    }
    let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
    Err(ChartError::NoValue { metric: options.metric, missing: missing.join("; ") })
}

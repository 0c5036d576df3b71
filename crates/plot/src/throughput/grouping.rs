//! Which results share a chart of lines, and what is refused because nothing would.

use super::condition::shared;
use super::files::Files;
use super::options::Overlay;
use super::rows::{ByCondition, Variant, grouped, variants};
use super::{ChartError, ChartKind, ChartOptions};
use crate::chart::Dash;
use hovera_analysis::{Aspect, AspectValue, Condition, Missing};
use hovera_core::Row;
use std::collections::{BTreeMap, BTreeSet};

/// The published charts of the rows that are `wanted`, by what all rows of each have in common, and how many rows are in
/// none of them because only one side has their conditions.
pub(super) fn groups<'a>(
    files: Files<'a>,
    options: &'a ChartOptions,
    wanted: impl Fn(&Row) -> bool,
) -> Result<(BTreeMap<Condition, Vec<Variant<'a>>>, usize), ChartError> {
    let with_imported = files.any_imported();
    let groups = grouped(files, wanted, |condition| shared(condition, options.overlay, with_imported));
    let charts: Vec<Vec<Variant<'_>>> = groups.values().map(variants).collect();
    refuse_absent_metric(files, &charts, options)?;
    let lone = |overlay| lone(files, overlay, &groups);
    let (kept, left_out) = overlaid(options, charts, lone)?;
    let all = groups.keys().copied().zip(kept);
    Ok((all.filter_map(|(condition, kept)| Some((condition, kept?))).collect(), left_out))
}

/// Charts, none for those that are not drawn, and how many rows those have.
type Kept<'a> = (Vec<Option<Vec<Variant<'a>>>>, usize);

/// Charts that have what is overlaid, none for those that lack it, and how many rows these have.
///
/// # Errors
/// [`ChartError`], where there is nothing to overlay, or too much.
pub(super) fn overlaid<'a>(
    options: &ChartOptions,
    charts: Vec<Vec<Variant<'a>>>,
    lone: impl FnOnce(Overlay) -> ChartError,
) -> Result<Kept<'a>, ChartError> {
    let Some(overlay) = options.overlay.filter(|overlay| overlay.is_of_conditions() && !charts.is_empty())
    else {
        return Ok((charts.into_iter().map(Some).collect(), 0));
    };
    if let Some(count) = charts.iter().map(Vec::len).find(|count| *count > Dash::ALL.len()) {
        return Err(ChartError::TooManyVariants { overlay, count, most: Dash::ALL.len() });
    }
    if charts.iter().all(|variants| variants.len() < 2) {
        return Err(lone(overlay));
    }
    let drops_lone = overlay == Overlay::Gpu || options.kind == ChartKind::Ratio;
    let mut left_out = 0;
    let kept = charts.into_iter().map(|variants| {
        if drops_lone && variants.len() < 2 {
            left_out += variants.iter().map(|it| it.rows.len()).sum::<usize>();
            return None;
        }
        Some(variants)
    });
    let kept = kept.collect();
    Ok((kept, left_out))
}

/// No chart has more than one variant.
fn lone(files: Files<'_>, overlay: Overlay, groups: &BTreeMap<Condition, ByCondition<'_>>) -> ChartError {
    let conditions: Vec<Condition> = groups.values().flat_map(BTreeMap::keys).copied().collect();
    let cards: BTreeSet<_> = conditions.iter().map(|c| (c.file, c.device)).collect();
    if overlay == Overlay::Gpu && cards.len() > 1 {
        return ChartError::Conditions { differing: differing(&conditions) };
    }
    let all = groups.values().flat_map(variants).collect::<Vec<_>>();
    ChartError::NothingToOverlay { overlay, only: words(files, overlay, &all) }
}

/// What variants differ in, each word once.
pub(super) fn words(files: Files<'_>, overlay: Overlay, variants: &[Variant<'_>]) -> String {
    let mut words: Vec<String> =
        variants.iter().flat_map(|it| files.variants(overlay, std::slice::from_ref(it))).collect();
    words.sort();
    words.dedup();
    words.join(", ")
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
pub(super) fn refuse_absent_metric(
    files: Files<'_>,
    charts: &[Vec<Variant<'_>>],
    options: &ChartOptions,
) -> Result<(), ChartError> {
    if options.metric.is_over_time() || charts.is_empty() {
        return Ok(());
    }
    let mut missing = BTreeSet::new();
    for Variant { card, rows } in charts.iter().flatten() {
        let quantity = files.quantity(*card, options);
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

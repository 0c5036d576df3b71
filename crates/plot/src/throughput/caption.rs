//! The small line that says what the numbers are.

use super::files::{Files, shortened};
use super::options::ChartOptions;
use super::rows::{Card, Variant};
use crate::font;
use hovera_analysis::{Condition, Dimension};
use hovera_core::{Cache, Device, Engine, Mask, Origin, Pass, Readings, Row, Tier, in_percent};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What the small lines of a chart say: its subtitle and its caption. Its `Display` is both.
#[derive(Debug, Clone)]
pub(super) struct Said {
    cards: String,
    facts: String,
}

impl Said {
    /// The cards, where the chart has a subtitle.
    pub(super) fn subtitle(&self, options: &ChartOptions) -> Option<String> {
        options.subtitle.then(|| self.cards.clone())
    }

    /// Everything else, and the cards where no subtitle names them.
    pub(super) fn caption(&self, options: &ChartOptions) -> Option<String> {
        let caption = || if options.subtitle { self.facts.clone() } else { self.to_string() };
        options.caption.then(caption)
    }

    /// The same with one more fact.
    pub(super) fn and(self, fact: &str) -> Said {
        Said { facts: self.facts + fact, ..self }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.cards, self.facts)
    }
}

/// What was measured, on what, and how: under conditions that differ in what is overlaid only. The `sizes`
/// are those that all points have in common, the `basis` is what the numbers are. Pass, mask and cache are found in
/// the rows, so that no kind of chart can leave them out.
pub(super) fn said(files: Files<'_>, variants: &[Variant<'_>], sizes: &str, basis: &str) -> Said {
    let [dtypes, layouts, engines, pacings] =
        [Dimension::Dtype, Dimension::Layout, Dimension::Engine, Dimension::Pacing]
            .map(|it| words_of_all(variants, it));
    let ranks: BTreeSet<u128> = variants
        .iter()
        .flat_map(|it| &it.rows)
        .map(|row| Dimension::TensorParallel.of_point(&row.point))
        .collect();
    let share = match ranks.first() {
        Some(ranks_of_all) if ranks.len() == 1 && *ranks_of_all > 1 => {
            format!(", one of {ranks_of_all} tensor-parallel ranks (tp={ranks_of_all})")
        }
        _ => String::new(),
    };
    let sizes = if sizes.is_empty() { String::new() } else { format!(", {sizes}") };
    let unusual = unusual(variants);
    let (cards, origin) = cards(files, variants);
    let mut facts = format!(
        "{origin}: {dtypes}{sizes}{unusual}{share}, layout {layouts}, engine {engines}, pacing {pacings}, {basis}"
    );
    for fact in self::facts(files, variants) {
        facts.push_str(", ");
        facts.push_str(&fact);
    }
    Said { cards, facts }
}

/// Every word that the rows of some variants have in a column, each once.
fn words_of_all(variants: &[Variant<'_>], column: Dimension) -> String {
    let of_each: Vec<BTreeSet<u128>> = variants.iter().map(|variant| values(variant, column)).collect();
    // Of sides that share some of their words and not all, one after the other would say these twice.
    let overlap = of_each.windows(2).any(|pair| pair[0] != pair[1] && !pair[0].is_disjoint(&pair[1]));
    match overlap {
        true => in_words(of_each.into_iter().flatten().collect(), column),
        false => each_once(of_each.into_iter().map(|values| in_words(values, column))),
    }
}

fn values(variant: &Variant<'_>, column: Dimension) -> BTreeSet<u128> {
    variant.rows.iter().map(|row| column.of_point(&row.point)).collect()
}

/// `nt, nn and tn`.
fn in_words(values: BTreeSet<u128>, column: Dimension) -> String {
    let words: Vec<String> = values.into_iter().map(|value| column.value_in_words(value)).collect();
    match words.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        words => words.concat(),
    }
}

/// Pass, mask and cache where all rows have one that nobody takes for granted: `, causal, data gradient, cold cache`.
/// What differs between rows is a legend's, a title's or, as in the shares of a training step, a sum's.
fn unusual(variants: &[Variant<'_>]) -> String {
    let rows = || variants.iter().flat_map(|it| &it.rows).map(|row| row.point);
    let Some(first) = rows().next() else { return String::new() };
    let is_of_all = |dimension: Dimension| {
        let value = dimension.of_point(&first);
        rows().all(|point| dimension.of_point(&point) == value)
    };
    // Whether attention that is fused has a mask is half its work: that it has none is said as well.
    let mask = match first.mask {
        Mask::None if rows().all(|point| point.op.is_fused()) => Some("no mask".to_owned()),
        Mask::None => None,
        mask => Some(mask.to_string()),
    };
    let pass = (first.pass != Pass::Forward).then(|| first.pass.as_str().replace('_', " "));
    let cache = (first.cache == Cache::Cold).then(|| "cold cache".to_owned());
    let each = [(Dimension::Mask, mask), (Dimension::Pass, pass), (Dimension::Cache, cache)];
    let told = each.into_iter().filter(|(dimension, _)| is_of_all(*dimension));
    told.filter_map(|(_, word)| Some(format!(", {}", word?))).collect()
}

/// The sizes that a chart over hidden size holds fixed and its title does not say.
pub(super) fn sizes(Condition { batch, seq, kv_heads, seq_key, head_dim_v, .. }: &Condition) -> String {
    let kv_heads = kv_heads.map(|kv_heads| format!(", {kv_heads} heads of keys")).unwrap_or_default();
    let seq_key = seq_key.map(|seq_key| format!(", {seq_key} keys")).unwrap_or_default();
    let head_dim_v = head_dim_v.map(|width| format!(", values of {width}")).unwrap_or_default();
    format!("b={batch}, s={seq}{seq_key}{kv_heads}{head_dim_v}")
}

/// Threads, power limit and clocks of the cards, and how much of its sweep a file has where that is not all.
fn facts(files: Files<'_>, variants: &[Variant<'_>]) -> Vec<String> {
    let of_devices = |fact: fn(&Device) -> Option<String>| {
        let known: Vec<_> = variants.iter().filter_map(|it| fact(files.device(it.card)?)).collect();
        (!known.is_empty()).then(|| said_once(known.into_iter()))
    };
    let threads =
        of_devices(|d| d.threads.map(|n| format!("{n} {}", if n == 1 { "thread" } else { "threads" })));
    let power = of_devices(|d| d.power_limit_w.map(|w| format!("{w:.0} W")));
    let mut cards: BTreeMap<Card, Vec<&Row>> = BTreeMap::new();
    for variant in variants {
        cards.entry(variant.card).or_default().extend(&variant.rows);
    }
    let clocks: Vec<_> = cards.values().filter_map(|rows| clocks(rows)).collect();
    let clocks = (!clocks.is_empty()).then(|| format!("SM clock {} MHz", said_once(clocks.into_iter())));
    let power = power.map(|limits| format!("power limit {limits}"));
    let mut unfinished: Vec<String> = Vec::new();
    for variant in variants {
        let there = files.unfinished(variant.card).map(|there| format!("unfinished: {there}"));
        unfinished.extend(there.filter(|there| !unfinished.contains(there)));
    }
    let constants = constants(files, variants);
    constants.into_iter().chain(threads).chain(power).chain(clocks).chain(unfinished).collect()
}

/// What the band of predicted lines is; nothing where none is.
pub(super) fn band(files: Files<'_>, variants: &[Variant<'_>]) -> String {
    let shares = variants.iter().filter_map(|it| Some(files.prediction(it.card)?.coverage));
    let shares = each_once(shares.map(|share| in_percent(share, 0)));
    if shares.is_empty() { shares } else { format!(", band: {shares} interval of what is predicted") }
}

/// By which constants rows were predicted, and on what those stand.
fn constants(files: Files<'_>, variants: &[Variant<'_>]) -> Option<String> {
    let of_variant = |variant: &Variant<'_>| {
        let card = shortened(&files.prediction(variant.card)?.card);
        let tiers: BTreeSet<Tier> =
            variant.rows.iter().filter_map(|row| Some(row.prediction?.tier)).collect();
        let tiers: Vec<&str> = tiers.into_iter().map(Tier::as_str).collect();
        Some(format!("constants of {card} (tier {})", tiers.join(" and ")))
    };
    let said = each_once(variants.iter().filter_map(of_variant));
    (!said.is_empty()).then_some(said)
}

/// What was read off, from what.
pub(super) fn read_off(readings: &Readings) -> Said {
    let Readings { gpu, dtype, batch, seq, source, .. } = readings;
    let facts = format!(
        "read off a published chart, not measured: {dtype}, b={batch}, s={seq}, {}",
        font::drawable(source)
    );
    Said { cards: shortened(gpu), facts }
}

/// The names of more cards than this have no room beside each other; the legend has them.
const MOST_CARDS: usize = 3;

/// The cards, and where their numbers are from. Nobody may take imported or predicted ones for measured ones.
fn cards(files: Files<'_>, variants: &[Variant<'_>]) -> (String, String) {
    let mut cards: Vec<(String, Origin)> = Vec::new();
    let mut seen = Vec::new();
    for Variant { card, rows } in variants {
        if !seen.contains(card) {
            seen.push(*card);
            cards.push((device_name(files.device(*card), rows[0].point.engine), files.origin(*card)));
        }
    }
    let count = |origin: Origin| cards.iter().filter(|(_, of_card)| *of_card == origin).count();
    let there: Vec<Origin> = Origin::ALL.iter().copied().filter(|origin| count(*origin) > 0).collect();
    let origins = each_once(there.iter().map(ToString::to_string));
    if cards.len() > MOST_CARDS {
        let all = cards.len();
        let others = there.iter().filter(|origin| **origin != Origin::Measured);
        let said = match there[..] {
            [one] => one.of_card(&format!("{all} GPUs")),
            _ => {
                let each: Vec<String> =
                    others.map(|origin| format!("{} of them {origin}", count(*origin))).collect();
                format!("{all} GPUs, {}", each.join(", "))
            }
        };
        return (said, origins);
    }
    // Of cards that were all imported the caption says it once; that nothing was measured stands with each name.
    let imported_alone = there == [Origin::Imported];
    let each = cards.iter().map(|(name, origin)| match imported_alone {
        true => name.clone(),
        false => origin.of_card(name),
    });
    (said_once(each), origins)
}

/// The device's name. That of a CPU says so, whatever it is.
fn device_name(device: Option<&Device>, engine: Engine) -> String {
    let name = shortened(device.map_or("unknown device", |d| d.name.as_str()));
    if engine == Engine::Cpu { format!("CPU: {name}") } else { name }
}

/// What is said of each, or once where it is the same of all.
pub(super) fn said_once(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    if words.windows(2).all(|pair| pair[0] == pair[1]) {
        words.truncate(1);
    }
    words.join(" and ")
}

/// Every word once, in the order in which they come.
pub(super) fn each_once(words: impl Iterator<Item = String>) -> String {
    let mut seen: Vec<String> = Vec::new();
    words.for_each(|word| seen.extend((!seen.contains(&word)).then_some(word)));
    seen.join(" and ")
}

/// The range of the true mean SM clock over the points, in MHz.
fn clocks(rows: &[&Row]) -> Option<String> {
    let mut clocks: Vec<f64> = rows.iter().filter_map(|row| row.telemetry.sm_clock_mhz).collect();
    clocks.sort_by(f64::total_cmp);
    let (lowest, highest) = (clocks.first()?.round(), clocks.last()?.round());
    Some(if lowest == highest { lowest.to_string() } else { format!("{lowest}–{highest}") })
}

//! The same condition in several files: levels beside each other.

use super::condition::{Condition, Group};
use super::findings::{LargeSizes, large_sizes};
use super::section::LONGEST_NAME;
use super::sentence::{Sentence, excerpt, three_digits};
use super::source::Source;
use hovera_core::Series;
use std::collections::BTreeMap;

/// One condition that several files have: the level of each series in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SideBySide {
    pub(super) title: String,
    /// A head for each file, the first being what the others are divided by.
    pub(super) columns: Vec<String>,
    /// `h/a`, then the level of each file, then the ratio of each but the first to the first.
    pub(super) rows: Vec<Vec<Option<String>>>,
    /// The ratios in words.
    pub(super) statements: Vec<Sentence>,
}

/// A card and the levels of its lines.
type Levels<'a> = (&'a String, &'a BTreeMap<Series, LargeSizes>);

/// The tables of every condition that more than one file has, but for the index of the card.
pub(super) fn tables(sources: &[Source]) -> Vec<SideBySide> {
    let mut conditions: BTreeMap<Condition, BTreeMap<usize, BTreeMap<Series, LargeSizes>>> = BTreeMap::new();
    for (i, source) in sources.iter().enumerate() {
        for group in Group::all(&source.results) {
            let shared = Condition { device: 0, ..group.condition };
            let lines = group.lines();
            let levels =
                lines.values().filter_map(|line| large_sizes(line)).map(|large| (large.series, large));
            conditions.entry(shared).or_default().entry(i).or_insert_with(|| levels.collect());
        }
    }
    conditions.retain(|_, files| files.len() > 1);
    conditions.iter().map(|(condition, files)| table(sources, condition, files)).collect()
}

fn table(
    sources: &[Source],
    condition: &Condition,
    files: &BTreeMap<usize, BTreeMap<Series, LargeSizes>>,
) -> SideBySide {
    let name = |i: &usize| {
        let source = &sources[*i];
        let device = source.results.front_matter.device.first();
        excerpt(device.map_or(source.name.as_str(), |device| &device.name), LONGEST_NAME)
    };
    let names: Vec<String> = files.keys().map(name).collect();
    let ratios = names.iter().skip(1).map(|other| format!("{other} / {}", names[0]));
    let columns = std::iter::once("h/a".to_owned())
        .chain(names.iter().map(|name| format!("{name}, TFLOP/s")))
        .chain(ratios)
        .collect();
    let row = |series: Series| {
        let levels: Vec<Option<f64>> =
            files.values().map(|lines| lines.get(&series).map(|large| large.level)).collect();
        let ratio = |level: &Option<f64>| Some(format!("{:.3}", (*level)? / levels[0]?));
        let cells =
            levels.iter().map(|level| level.map(three_digits)).chain(levels.iter().skip(1).map(ratio));
        let has_any = levels.iter().any(Option::is_some);
        has_any.then(|| std::iter::once(Some(series.to_string())).chain(cells).collect())
    };
    let rows = Series::ALL.into_iter().filter_map(row).collect();
    let levels: Vec<Levels<'_>> = names.iter().zip(files.values()).collect();
    let statements = levels.iter().skip(1).filter_map(|other| ratio_in_words(levels[0], *other)).collect();
    SideBySide { title: condition.title(), columns, rows, statements }
}

/// Between what ratios another card's levels lie; none without a series that both have.
fn ratio_in_words((base, levels): Levels<'_>, (name, others): Levels<'_>) -> Option<Sentence> {
    let ratio =
        |(series, other): (&Series, &LargeSizes)| Some((*series, other.level / levels.get(series)?.level));
    let mut ratios: Vec<(Series, f64)> = others.iter().filter_map(ratio).collect();
    ratios.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (lowest, highest) = (ratios.first()?, ratios.last()?);
    let range = if ratios.len() == 1 {
        format!(" in h/a = {}: {:.3}.", lowest.0, lowest.1)
    } else {
        format!(
            " lies between {:.3} (h/a = {}) and {:.3} (h/a = {}).",
            lowest.1, lowest.0, highest.1, highest.0
        )
    };
    Some(Sentence::new("At large sizes the ratio of ").quote(name).words(" to ").quote(base).words(range))
}

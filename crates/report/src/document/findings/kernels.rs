//! Which kernels the lines run, where that is why they part.

use super::LAST_QUARTER;
use crate::document::condition::Spot;
use crate::document::enumerated;
use crate::document::sentence::{Sentence, excerpt};
use hovera_analysis::{KernelFamily, abbreviated_kernel};
use hovera_core::Series;
use std::collections::BTreeMap;

/// The longest name of a kernel in a table, in characters.
const LONGEST_NAME: usize = 40;

/// Lines next to each other that run kernels of one family.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    series: Vec<Series>,
    family: KernelFamily,
    /// Whether every point of theirs does.
    always: bool,
    /// One of the names, cut to what tells the family.
    name: String,
}

/// What the lines run at the sizes that a slowdown is of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kernels(Vec<Run>);

impl Kernels {
    /// None where the first line and the last do not run kernels of different families, or it is not known.
    pub(super) fn find(lines: &BTreeMap<Series, Vec<Spot<'_>>>) -> Option<Kernels> {
        let hidden = |line: &Vec<Spot<'_>>| line.last().map(|spot| spot.hidden);
        let largest = f64::from(lines.values().filter_map(hidden).max()?);
        let mut runs: Vec<Run> = Vec::new();
        for (series, line) in lines {
            let late = line.iter().filter(|spot| f64::from(spot.hidden) >= LAST_QUARTER * largest);
            let Some((family, always, name)) = most_frequent(late) else { continue };
            match runs.last_mut().filter(|run| run.family == family && run.name == name) {
                Some(run) => {
                    run.series.push(*series);
                    run.always &= always;
                }
                None => runs.push(Run { series: vec![*series], family, always, name }),
            }
        }
        let (first, last) = (runs.first()?, runs.last()?);
        let of_the_odd = first.series.first() == Series::ALL.first();
        (of_the_odd && first.family != last.family).then_some(Kernels(runs))
    }

    /// Continues a sentence that says how much slower odd head dims are.
    pub(super) fn add_to(&self, sentence: Sentence) -> Sentence {
        let mut sentence = sentence.words(" The kernels that the library picks are the reason:");
        for (i, run) in self.0.iter().enumerate() {
            let series: Vec<String> = run.series.iter().map(ToString::to_string).collect();
            let verb = if series.len() == 1 { "runs" } else { "run" };
            let often = if run.always { "" } else { " mostly" };
            let separator = if i == 0 { "" } else { ";" };
            sentence = sentence
                .words(format!(
                    "{separator} h/a = {} {verb}{often} {}, ",
                    enumerated(&series),
                    run.family.in_words()
                ))
                .quote(&run.name);
        }
        sentence.words(".")
    }
}

/// The kernel that most points of a line run in the last quarter of its sizes, by its name, cut to what tells the
/// family.
pub(in crate::document) fn usual_kernel(line: &[Spot<'_>]) -> Option<String> {
    let largest = f64::from(line.last()?.hidden);
    let late = line.iter().filter(|spot| f64::from(spot.hidden) >= LAST_QUARTER * largest);
    most_frequent(late).map(|(_, _, name)| excerpt(&name, LONGEST_NAME))
}

/// The family that most of the points whose kernel is known run, whether all do, and a name of it.
fn most_frequent<'a>(line: impl Iterator<Item = &'a Spot<'a>>) -> Option<(KernelFamily, bool, String)> {
    let mut counts: BTreeMap<KernelFamily, BTreeMap<String, usize>> = BTreeMap::new();
    for spot in line {
        let kernel = &spot.row.kernel;
        let Some((family, name)) = KernelFamily::of_kernel(kernel).zip(kernel.name.as_deref()) else {
            continue;
        };
        *counts.entry(family).or_default().entry(abbreviated_kernel(name)).or_default() += 1;
    }
    let all = counts.len();
    let points = |names: &BTreeMap<String, usize>| names.values().sum::<usize>();
    let (family, names) = counts.into_iter().max_by_key(|(_, names)| points(names))?;
    let (name, _) = names.into_iter().max_by_key(|(_, count)| *count)?;
    Some((family, all == 1, name))
}

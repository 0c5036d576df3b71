//! How another program's rows are held against measured ones: by the time that all have, at the same product, whatever was
//! not known of how they were timed; and in words how they differ.

use super::enumerated;
use super::origin::in_words;
use super::results_file::Labelled;
use super::sentence::{Sentence, counted};
use hovera_analysis::{Across, CompareError, CompareOptions, ComparedFile, Comparison, Filter};
use hovera_core::{Origin, Results, Row, Stat};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What may differ between a measured row and another program's of the same product. Another element type is another product.
const CONDITIONS: [Across; 4] = [Across::Layout, Across::Engine, Across::Pacing, Across::Cache];

/// The word of a condition that nobody knows.
const NOT_KNOWN: &str = "other";

/// What files are compared by that do not agree on how they were timed.
#[derive(Debug)]
pub(super) struct CommonGround {
    /// The time that all have.
    pub(super) stat: Stat,
    /// In what they differ.
    differing: Vec<Told>,
}

/// One condition of several files.
#[derive(Debug)]
struct Told {
    of: Across,
    /// The words of each file, in the order of its rows.
    words: Vec<Vec<&'static str>>,
    /// Those whose rows are compared: where a file has several, the one that most others have, or else its first.
    kept: BTreeSet<&'static str>,
}

impl CommonGround {
    /// None where nothing was imported, or where `error` is no matter of how times were taken.
    ///
    /// # Errors
    /// Why there is no ratio, where no time is in all files.
    pub(super) fn of_files(
        files: &[Labelled<'_>],
        error: &CompareError,
    ) -> Option<Result<CommonGround, Sentence>> {
        let of_method = matches!(
            error,
            CompareError::Stat { .. } | CompareError::Methods { .. } | CompareError::NothingInCommon { .. }
        );
        let origins: BTreeSet<Origin> = files.iter().map(|(file, _)| file.results.origin()).collect();
        if !of_method || origins.contains(&Origin::Predicted) || !origins.contains(&Origin::Imported) {
            return None;
        }
        let Some(stat) = shared_stat(files) else { return Some(Err(no_shared_time(files))) };
        let told = CONDITIONS.into_iter().map(|of| Told::of_files(of, files));
        Some(Ok(CommonGround { stat, differing: told.filter(Told::may_be_left_open).collect() }))
    }

    /// Each other file against the first.
    ///
    /// # Errors
    /// [`CompareError`], where they have no product in common.
    pub(super) fn compare(&self, files: &[Labelled<'_>]) -> Result<Comparison, CompareError> {
        let kept: Vec<(Cow<'_, Results>, &str)> =
            files.iter().map(|(file, label)| (self.kept(&file.results), *label)).collect();
        let sources: Vec<ComparedFile<'_>> =
            kept.iter().map(|(results, name)| ComparedFile { name, results, device: None }).collect();
        let options = CompareOptions {
            stat: Some(self.stat),
            across: self.differing.iter().map(|told| told.of).collect(),
            mixed_methods: true,
            ..CompareOptions::default()
        };
        let mut comparison = Comparison::of_sources(&sources, &[], &options)?;
        // How they differ is said once, and not with every name.
        if comparison.sides.len() == files.len() {
            for (side, (_, label)) in comparison.sides.iter_mut().zip(files) {
                for note in &mut comparison.notes {
                    *note = note.replace(&side.label, label);
                }
                side.label = (*label).to_owned();
            }
        }
        Ok(comparison)
    }

    /// Which rows are compared.
    pub(super) fn only(&self) -> Vec<Filter> {
        self.differing.iter().filter_map(Told::filter).collect()
    }

    fn admits(&self, row: &Row) -> bool {
        self.differing.iter().all(|told| told.kept.contains(told.of.word(&row.point)))
    }

    fn kept<'r>(&self, results: &'r Results) -> Cow<'r, Results> {
        if results.rows.iter().all(|row| self.admits(row)) {
            return Cow::Borrowed(results);
        }
        let rows = results.rows.iter().filter(|row| self.admits(row)).cloned().collect();
        let mut front_matter = results.front_matter.clone();
        // What is left out is no point that lacks.
        front_matter.sweep.spec.clear();
        Cow::Owned(Results { front_matter, rows, sessions: results.sessions.clone() })
    }

    /// In what the files differ, and which rows are not compared for that.
    pub(super) fn in_words(&self, files: &[Labelled<'_>]) -> Sentence {
        let mut said = Sentence::new(format!(
            "The times were not taken alike; they are compared by the {} launch of each point.",
            in_words(self.stat)
        ));
        for (i, (file, label)) in files.iter().enumerate() {
            let (mut known, mut unknown, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
            for told in &self.differing {
                let name = told.of.column();
                let (kept, rest): (Vec<&str>, Vec<&str>) =
                    told.words[i].iter().partition(|word| told.kept.contains(**word));
                dropped.extend(rest.into_iter().map(|word| format!("{name} {word}")));
                match kept[..] {
                    [NOT_KNOWN] => unknown.push(name.to_owned()),
                    _ => known.push(format!("{name} {}", kept.join(" and "))),
                }
            }
            if !known.is_empty() {
                said = said.words(" ").quote(label).words(format!(": {}.", enumerated(&known)));
            }
            if !unknown.is_empty() {
                let are = if unknown.len() == 1 { "is" } else { "are" };
                said = said
                    .words(" Of ")
                    .quote(label)
                    .words(format!(" {} {are} not known.", enumerated(&unknown)));
            }
            let left_out = file.results.rows.iter().filter(|row| !self.admits(row)).count();
            if left_out > 0 {
                let (rows, are) = (counted(left_out, "row"), if left_out == 1 { "is" } else { "are" });
                said = said.words(format!(" Its {rows} with {} {are} not compared.", enumerated(&dropped)));
            }
        }
        said
    }
}

impl Told {
    fn of_files(of: Across, files: &[Labelled<'_>]) -> Told {
        let of_file = |(file, _): &Labelled<'_>| {
            let mut words: Vec<&'static str> = Vec::new();
            for row in &file.results.rows {
                let word = of.word(&row.point);
                if !words.contains(&word) {
                    words.push(word);
                }
            }
            words
        };
        let words: Vec<Vec<&'static str>> = files.iter().map(of_file).collect();
        let shared = |word: &&&'static str| words.iter().filter(|words| words.contains(*word)).count();
        // Of several that are shared as often the first.
        let most = |words: &Vec<&'static str>| words.iter().rev().max_by_key(shared).copied();
        let kept = words.iter().filter_map(most).collect();
        Told { of, words, kept }
    }

    /// Whether files differ in this, and a ratio still says something: how operands lie in memory must not be known to differ.
    fn may_be_left_open(&self) -> bool {
        let Some((base, others)) = self.words.split_first() else { return false };
        let mut apart =
            others.iter().filter(|words| !words.iter().any(|word| base.contains(word))).peekable();
        let is_unknown = |words: &Vec<&str>| *words == [NOT_KNOWN];
        apart.peek().is_some() && (self.of != Across::Layout || is_unknown(base) || apart.all(is_unknown))
    }

    /// None where all rows are kept.
    fn filter(&self) -> Option<Filter> {
        let all = self.words.iter().flatten().all(|word| self.kept.contains(word));
        let kept: Vec<&str> = self.kept.iter().copied().collect();
        // Every word of a condition can be filtered by.
        (!all).then(|| format!("{}={}", self.of.column(), kept.join(",")).parse().ok()).flatten()
    }
}

/// The time that stands for the points of the first file that has it in common with all others.
fn shared_stat(files: &[Labelled<'_>]) -> Option<Stat> {
    let own = files.iter().map(|(file, _)| file.results.stat());
    own.chain(Stat::ALL.iter().copied()).find(|stat| files.iter().all(|file| has(*file, *stat)))
}

fn has((file, _): Labelled<'_>, stat: Stat) -> bool {
    file.results.rows.iter().filter_map(|row| row.timing).any(|timing| timing.time_us(stat).is_some())
}

fn no_shared_time(files: &[Labelled<'_>]) -> Sentence {
    let said = Sentence::new("No ratio is given: no time is in all files.");
    files.iter().fold(said, |said, file| {
        let there = Stat::ALL.iter().copied().filter(|stat| has(*file, *stat));
        let there: Vec<String> = there.map(|stat| in_words(stat).to_owned()).collect();
        said.words(" ").quote(file.1).words(match there.is_empty() {
            true => " has none.".to_owned(),
            false => format!(" has that of the {} launch.", enumerated(&there)),
        })
    })
}

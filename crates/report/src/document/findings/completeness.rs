//! What was measured, what was not, and what is still to be.

use crate::document::sentence::{Sentence, counted};
use hovera_core::{Origin, Results, Status};
use std::collections::BTreeMap;

/// How many reasons are repeated.
const NAMED: usize = 3;

/// The points by what became of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Completeness {
    origin: Origin,
    /// How much of its sweep the file has, where that is not all of it.
    unfinished: Option<hovera_analysis::Completeness>,
    all: usize,
    failed: usize,
    skipped: usize,
    /// The most common notes of those, with how many have each.
    reasons: Vec<(String, usize)>,
}

impl Completeness {
    pub(super) fn from_results(results: &Results) -> Option<Completeness> {
        let count = |status| results.rows.iter().filter(|row| row.status == status).count();
        let mut notes: BTreeMap<&str, usize> = BTreeMap::new();
        for row in results.rows.iter().filter(|row| !row.status.has_times() && !row.note.is_empty()) {
            *notes.entry(&row.note).or_default() += 1;
        }
        let mut reasons: Vec<(String, usize)> =
            notes.into_iter().map(|(note, count)| (note.to_owned(), count)).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.1));
        reasons.truncate(NAMED);
        let (failed, skipped) = (count(Status::Failed), count(Status::Skipped));
        (!results.rows.is_empty()).then_some(Completeness {
            origin: results.origin(),
            unfinished: hovera_analysis::Completeness::unfinished(results),
            all: results.rows.len(),
            failed,
            skipped,
            reasons,
        })
    }

    pub(super) fn sentence(&self) -> Sentence {
        let lead = self
            .unfinished
            .map_or_else(String::new, |there| format!("The sweep is not finished: the file has {there}. "));
        if self.failed + self.skipped == 0 {
            let done = self.origin;
            let words = match self.all {
                1 => format!("The one point was {done}."),
                all if self.unfinished.is_some() => format!("These {all} were {done}."),
                all => format!("All {all} points were {done}."),
            };
            return Sentence::new(lead + &words);
        }
        let words = format!(
            "Of {}, {} failed and {} were skipped: they are in no chart.",
            counted(self.all, "point"),
            self.failed,
            self.skipped
        );
        let mut sentence = Sentence::new(lead + &words);
        for (i, (reason, count)) in self.reasons.iter().enumerate() {
            let lead = if i == 0 { " The most common reasons: " } else { ", " };
            sentence = sentence.words(lead).quote(reason).words(format!(" ({count})"));
        }
        if self.reasons.is_empty() { sentence } else { sentence.words(".") }
    }
}

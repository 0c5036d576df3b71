//! What the numbers of a file say: typed statements first, words after.
//!
//! Every finding comes from rows alone and is left out where they are too few to carry it.

mod alignment;
mod ceiling;
mod clock;
mod completeness;
mod drift;
mod drop;
mod kernels;
mod memory_bound;
mod noise;
mod plateau;
mod two_speeds;

pub(super) use alignment::{Misaligned, slowdown};
pub(super) use ceiling::peak_share;
pub(super) use kernels::usual_kernel;
pub(super) use memory_bound::memory_bound_up_to;
pub(super) use plateau::large_sizes;

use super::condition::ConditionRows;
use super::sentence::Sentence;
use hovera_analysis::RatedCard;
use hovera_core::{Device, Results};

/// Levels and ratios are of the hidden sizes from this fraction of the largest on, where the lines have parted.
const LAST_QUARTER: f64 = 0.75;

/// A statement: what it is about, and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// A word or two to find it by.
    pub(super) topic: &'static str,
    pub(super) sentence: Sentence,
}

/// A statement, where the data carry one.
fn stated(topic: &'static str, sentence: Option<Sentence>) -> Option<Statement> {
    sentence.map(|sentence| Statement { topic, sentence })
}

/// What a condition's points say.
pub(super) fn of_group(group: &ConditionRows<'_>, device: &Device) -> Vec<Statement> {
    let (lines, card) = (group.lines(), RatedCard::new(device));
    [
        stated("Fastest point", ceiling::fastest(&lines, &card).map(|it| it.sentence())),
        stated("Plateaus", plateau::Plateaus::find(&lines).map(|it| it.sentence())),
        stated("No plateau", plateau::Unsettled::find(&lines).map(|it| it.sentence())),
        stated("Bad head dims", Misaligned::find(&lines).map(|it| it.sentence())),
        stated("Off by one", alignment::OffByOne::find(&lines).map(|it| it.sentence())),
        stated("Memory-bound", memory_bound::MemoryBound::find(&lines, &card).map(|it| it.sentence())),
        stated("Largest drops", drop::Drops::find(&lines).map(|it| it.sentence())),
        stated("Two speeds", two_speeds::TwoSpeeds::find(&lines, &card).map(|it| it.sentence())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a whole file says of how it was measured.
pub(super) fn of_file(results: &Results) -> Vec<Statement> {
    let mut statements: Vec<Statement> = [
        stated("Points", completeness::Completeness::from_results(results).map(|it| it.sentence())),
        stated("Noise", noise::Noise::find(results).map(|it| it.sentence())),
        stated("SM clock", clock::Clock::find(results).map(|it| it.sentence())),
    ]
    .into_iter()
    .flatten()
    .collect();
    statements.extend(
        drift::Drift::all(results)
            .iter()
            .map(|drift| Statement { topic: "Drift", sentence: drift.sentence() }),
    );
    statements
}

#[cfg(test)]
mod prose;
#[cfg(test)]
mod tests;

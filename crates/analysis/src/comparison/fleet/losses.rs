//! What a card of a fleet has no value of.

use crate::comparison::loss::Loss;
use crate::metric::Missing;
use hovera_core::{Point, Row};

/// A row of a card that has no value.
#[derive(Debug, Clone)]
pub(super) struct Absent {
    pub(super) point: Point,
    pub(super) loss: Loss,
    reason: String,
}

impl Absent {
    pub(super) fn of_row(row: &Row, missing: &Missing) -> Absent {
        let reason = match Loss::of_row(row) {
            Loss::WithoutValue => missing.to_string(),
            _ => row.note.clone(),
        };
        Absent { point: row.point, loss: Loss::of_row(row), reason }
    }
}

/// Points that a card has no value of: those that failed, and of the others those that most cards have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Losses {
    /// In the order of [`Loss::ALL`].
    counts: [usize; Loss::ALL.len()],
    /// Why, of the first that says it.
    pub reason: String,
}

impl Losses {
    pub(super) fn add(&mut self, absent: &Absent) {
        self.counts[absent.loss as usize] += 1;
        if self.reason.is_empty() {
            self.reason.clone_from(&absent.reason);
        }
    }

    pub(super) fn add_missing(&mut self) {
        self.counts[Loss::Missing as usize] += 1;
    }

    /// How many points of one kind.
    #[must_use]
    pub fn count(&self, loss: Loss) -> usize {
        self.counts[loss as usize]
    }

    /// How many points.
    #[must_use]
    pub fn total(&self) -> usize {
        self.counts.iter().sum()
    }
}

/// A card of which no row has a value: it has no place among the others, and is the first to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmeasured {
    /// The file, and the card's number where the file has several.
    pub label: String,
    /// The card's short hash.
    pub id: Option<String>,
    /// What became of its points.
    pub losses: Losses,
}

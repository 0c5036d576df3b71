//! A small table of numbers, to be shown whole.

use super::sentence::Sentence;

/// Heads, and rows whose first cell says what they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) caption: String,
    pub(super) columns: Vec<Sentence>,
    /// A cell without a value is shown as such.
    pub(super) rows: Vec<Vec<Option<String>>>,
}

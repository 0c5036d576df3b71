//! What keeps a file from being continued: where its sweep differs from this run's.

use hovera_core::{Difference, FrontMatter, Subject};
use std::fmt;

/// All that differs: what the file says first, then what this run says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences(pub Vec<Difference>);

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Difference { subject, values: [theirs, ours] }) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "; " };
            write!(f, "{comma}its {subject} is {theirs}, this run's is {ours}")?;
        }
        Ok(())
    }
}

impl Differences {
    /// Two measurements belong into one file when spec, method, cards and software agree.
    pub(super) fn between(theirs: &FrontMatter, ours: &FrontMatter) -> Differences {
        let mut found = Difference::between(theirs, ours);
        // A card is told by its name and its id: its power limit may have been changed between two runs.
        found.retain(|difference| match &difference.subject {
            Subject::Device(_, key) => key == "name" || key == "id",
            _ => true,
        });
        Differences(found)
    }
}

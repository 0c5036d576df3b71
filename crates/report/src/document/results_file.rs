//! A results file that a report is made of.

use super::sentence::excerpt;
use hovera_core::{Results, ResultsError};
use sha2::{Digest, Sha256};

/// The longest name that is repeated, in characters.
pub(super) const LONGEST_NAME: usize = 80;

/// A results file, read, and what tells it from others.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultsFile {
    /// Its name, without a folder: a report says nothing of the machine it was made on.
    pub name: String,
    /// The SHA-256 of its bytes in hexadecimal.
    pub sha256: String,
    /// What is in it.
    pub results: Results,
}

impl ResultsFile {
    /// Reads a results file. `file` is what errors call it, `name` what the report does.
    ///
    /// # Errors
    /// [`ResultsError`], as [`Results::parse`].
    pub fn parse(file: &str, name: &str, bytes: &[u8]) -> Result<ResultsFile, ResultsError> {
        let hash = Sha256::digest(bytes);
        Ok(ResultsFile {
            name: name.to_owned(),
            sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            results: Results::parse(file, bytes)?,
        })
    }

    /// The names of its cards, each once, and where their numbers are imported or predicted, that.
    pub(super) fn cards(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for device in &self.results.front_matter.device {
            let name = self.results.origin().of_card(&excerpt(&device.name, LONGEST_NAME));
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// A file and what tells it from the others of a report.
pub(super) type Labelled<'f> = (&'f ResultsFile, &'f str);

/// What tells the files of a report apart: their cards, and where these are the same, their names and
/// numbers too.
pub(super) fn labels(files: &[ResultsFile]) -> Vec<String> {
    let cards: Vec<String> = files.iter().map(|file| super::enumerated(&file.cards())).collect();
    let label = |(i, card): (usize, &String)| {
        if cards.iter().filter(|other| *other == card).count() == 1 {
            return card.clone();
        }
        format!("{card} ({}, file {})", excerpt(&files[i].name, LONGEST_NAME), i + 1)
    };
    cards.iter().enumerate().map(label).collect()
}

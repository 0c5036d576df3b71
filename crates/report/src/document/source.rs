//! A results file that a report is made of.

use hovera_core::{Results, ResultsError};
use sha2::{Digest, Sha256};

/// A results file, read, and what tells it from others.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its name, without a folder: a report says nothing of the machine it was made on.
    pub name: String,
    /// The SHA-256 of its bytes in hexadecimal.
    pub sha256: String,
    /// What is in it.
    pub results: Results,
}

impl Source {
    /// Reads a results file. `file` is what errors call it, `name` what the report does.
    ///
    /// # Errors
    /// [`ResultsError`], as [`Results::parse`].
    pub fn parse(file: &str, name: &str, bytes: &[u8]) -> Result<Source, ResultsError> {
        let hash = Sha256::digest(bytes);
        Ok(Source {
            name: name.to_owned(),
            sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            results: Results::parse(file, bytes)?,
        })
    }
}

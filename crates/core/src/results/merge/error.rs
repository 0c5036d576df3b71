//! Why files were not merged.

use crate::sweep::spec::SpecError;

/// Why files were not merged. Every message starts with the file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// Another program's file.
    #[error(
        "{file}: its rows are imported, and no shard of a sweep: want files that hovera run measured; plot, compare and report \
         take several files as they are"
    )]
    Imported {
        /// The file.
        file: String,
    },
    /// A file that has no plan to go by.
    #[error("{file}: holds no spec: want a file that hovera run measured")]
    NotMeasured {
        /// The file.
        file: String,
    },
    /// A file of which nothing was measured.
    #[error("{file}: its rows are predicted: want a file that hovera run measured")]
    Predicted {
        /// The file.
        file: String,
    },
    /// The spec within a file cannot be read.
    #[error("{file}: its spec: {source}")]
    Spec {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: Box<SpecError>,
    },
    /// The spec within a file was changed after it was measured.
    #[error(
        "{file}: its spec is not the one of spec_hash = {hash:?}: want the front matter as hovera run wrote it"
    )]
    SpecHash {
        /// The file.
        file: String,
        /// What the file says.
        hash: String,
    },
    /// Files of different sweeps.
    #[error(
        "{file}: {what} is {theirs}, and {ours} in {first}: want shards of one sweep, measured alike; plot, compare and report \
         take several files as they are"
    )]
    Different {
        /// The file.
        file: String,
        /// The file that it is compared with.
        first: String,
        /// What differs.
        what: String,
        /// Its value in the file.
        theirs: String,
        /// Its value in the other.
        ours: String,
    },
    /// A row that the sweep does not have.
    #[error("{file}: row {number} ({point}) is no point of the sweep: want rows of its plan only")]
    Stranger {
        /// The file.
        file: String,
        /// Which row, from 1.
        number: usize,
        /// The point in words.
        point: String,
    },
    /// Two rows about one point.
    #[error(
        "{file}: row {number} ({point}) was measured before, with another outcome: {first}, row {first_number}; \
         want each point once: leave one of the files out"
    )]
    Conflict {
        /// The file.
        file: String,
        /// Which row, from 1.
        number: usize,
        /// The file that had the point before.
        first: String,
        /// Which row of that, from 1.
        first_number: usize,
        /// The point in words.
        point: String,
    },
}

//! Why a results file cannot be written, or not continued.

use super::difference::Differences;
use hovera_core::{NotText, ResultsError};
use std::io;
use std::path::PathBuf;

/// Why a results file cannot be written, or not continued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file system refused.
    #[error("{path}: {action}: {source}", path = path.display())]
    Io {
        /// The results file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The file is in another encoding.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// A row could not be kept, such as on a full disk.
    #[error(
        "{path}: cannot append a row; every row before it is kept ({rows}): {source}; {remedy}, then give the \
         same command again to continue",
        path = path.display(), remedy = remedy(source)
    )]
    Append {
        /// The results file.
        path: PathBuf,
        /// How many rows it holds.
        rows: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The system could not put the last row on the disk.
    #[error(
        "{path}: the last row, number {rows}, is in the file but could not be put on the disk: {source}; a power \
         cut may lose that row, and no other; {remedy}, then give the same command again to continue",
        path = path.display(), remedy = remedy(source)
    )]
    Unsynced {
        /// The results file.
        path: PathBuf,
        /// How many rows it holds, that one included.
        rows: usize,
        /// What the system said.
        source: io::Error,
    },
    /// A new file has taken the name of the one before, but this is not certain to survive a power cut.
    #[error(
        "{path}: {done}, but its folder could not be synced: {source}; after a power cut the \
         file may be the one before this change, with the same rows",
        path = path.display()
    )]
    Unsettled {
        /// The results file.
        path: PathBuf,
        /// What was done.
        done: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The file or its folder was removed, or another file was put in its place, while this run wrote it.
    #[error(
        "{path}: was removed or replaced while this run was writing it; {}",
        match rescued {
            Some(rescued) => format!(
                "its {rows} rows are in {0}: put that file back and give the same command again to continue",
                rescued.display()
            ),
            None => format!("its {rows} rows could not be saved elsewhere"),
        },
        path = path.display()
    )]
    Gone {
        /// The results file.
        path: PathBuf,
        /// How many rows it held.
        rows: usize,
        /// Where they are now.
        rescued: Option<PathBuf>,
    },
    /// The file has columns that hovera does not write: it holds more than a sweep's rows.
    #[error(
        "{path}: has columns that hovera does not write: {columns}; rows cannot be added to it; choose another file with -o",
        path = path.display()
    )]
    ForeignColumns {
        /// The results file.
        path: PathBuf,
        /// Their names, comma-separated.
        columns: String,
    },
    /// A device or a pipe: rows could not be kept safe there.
    #[error("{path}: not a regular file; name a file, or `-` for standard output", path = .0.display())]
    NotAFile(PathBuf),
    /// Another process is writing this file.
    #[error("{path}: another process is writing this file; wait for it, or choose another one with -o", path = .0.display())]
    Locked(PathBuf),
    /// What stands there is not a results file, or a damaged one.
    #[error(transparent)]
    Unreadable(#[from] ResultsError),
    /// The file holds the results of something else.
    #[error("{path}: holds another sweep: {differences}; choose another file with -o", path = path.display())]
    Different {
        /// The results file.
        path: PathBuf,
        /// What differs.
        differences: Differences,
    },
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room there"
        }
        _ => "see to that",
    }
}

//! Several files, all of them or none.

use crate::voice::Voice;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes every file under a name of its own beside the place it is for, moves them there when all are
/// whole, and says where they are. Where one cannot be written, what was there before stays as it was.
pub(crate) fn write(files: &[(PathBuf, Vec<u8>)], voice: Voice) -> Result<()> {
    let mut paths = BTreeSet::new();
    for (path, _) in files {
        ensure!(paths.insert(path), "{}: two files would have this name", path.display());
    }
    write_all(files)?;
    files.iter().for_each(|(path, _)| voice.say(&path.display().to_string()));
    Ok(())
}

fn write_all(files: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    let parts: Vec<PathBuf> = files.iter().map(|(path, _)| partial(path)).collect();
    let written = files.iter().zip(&parts).try_for_each(|((path, bytes), part)| {
        ensure!(!path.is_dir(), "{}: cannot write: it is a folder", path.display());
        fs::write(part, bytes).with_context(|| format!("{}: cannot write", path.display()))
    });
    let moved = written.and_then(|()| {
        files.iter().zip(&parts).try_for_each(|((path, _), part)| {
            fs::rename(part, path).with_context(|| format!("{}: cannot write", path.display()))
        })
    });
    if moved.is_err() {
        for part in &parts {
            // One that was never written is not there to be removed.
            let _ = fs::remove_file(part);
        }
    }
    moved
}

fn partial(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.partial"))
}

//! Files that are written whole or not at all.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Readers see the file as it was or whole.
pub(crate) fn safe_write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        std::fs::rename(&beside, path)
    };
    let written = write();
    if written.is_err() {
        // The file that could not be written is of no use; that it cannot be removed either adds nothing.
        let _ = std::fs::remove_file(&beside);
    }
    written.with_context(|| format!("{}: cannot write", path.display()))
}

//! What a journal does to files, one operation at a time, so that a test can let any of them fail.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// The operations that change something.
pub(super) trait Disk: fmt::Debug + Send {
    /// Writes where the file stands.
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()>;

    /// Has what was written survive a power cut.
    fn sync(&mut self, file: &File) -> io::Result<()>;

    fn truncate(&mut self, file: &File, length: u64) -> io::Result<()>;

    fn create(&mut self, path: &Path) -> io::Result<File>;

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;

    fn remove(&mut self, path: &Path) -> io::Result<()>;

    /// Has the names in a folder survive a power cut.
    fn sync_folder(&mut self, folder: &Path) -> io::Result<()>;
}

/// The machine's.
#[derive(Debug)]
pub(super) struct RealDisk {
    /// False leaves it to the system when what was written reaches the disk.
    pub(super) syncs: bool,
}

impl Disk for RealDisk {
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        if self.syncs { file.sync_data() } else { Ok(()) }
    }

    fn truncate(&mut self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn create(&mut self, path: &Path) -> io::Result<File> {
        File::options().read(true).write(true).create(true).truncate(true).open(path)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        if !self.syncs || !cfg!(unix) {
            // Elsewhere a folder cannot be opened like a file.
            return Ok(());
        }
        match File::open(folder)?.sync_all() {
            // Some network file systems have no such thing.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }
}

//! What a journal does to files, one operation at a time, so that a test can let any of them fail.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::thread::{self, JoinHandle};

/// The operations that change something.
pub(super) trait Disk: fmt::Debug + Send {
    /// Writes where the file stands.
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()>;

    /// Has what was written survive a power cut.
    fn sync(&mut self, file: &File) -> io::Result<()>;

    /// The same, begun: [`end_sync`](Disk::end_sync) waits for it.
    fn begin_sync(&mut self, file: &File) -> io::Result<()>;

    /// Waits for a sync that was begun, if any, and tells what came of it.
    fn end_sync(&mut self) -> io::Result<()>;

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
    #[cfg(feature = "fake")]
    syncs: bool,
    syncing: Option<JoinHandle<io::Result<()>>>,
}

impl RealDisk {
    pub(super) fn new() -> RealDisk {
        RealDisk {
            #[cfg(feature = "fake")]
            syncs: true,
            syncing: None,
        }
    }

    /// One that does not sync.
    #[cfg(feature = "fake")]
    pub(super) fn unsynced() -> RealDisk {
        RealDisk { syncs: false, ..RealDisk::new() }
    }

    fn syncs(&self) -> bool {
        #[cfg(feature = "fake")]
        return self.syncs;
        #[cfg(not(feature = "fake"))]
        true
    }
}

impl Disk for RealDisk {
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        if self.syncs() { file.sync_data() } else { Ok(()) }
    }

    fn begin_sync(&mut self, file: &File) -> io::Result<()> {
        self.end_sync()?;
        if self.syncs() {
            let file = file.try_clone()?;
            self.syncing = Some(thread::Builder::new().spawn(move || file.sync_data())?);
        }
        Ok(())
    }

    fn end_sync(&mut self) -> io::Result<()> {
        match self.syncing.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(joined) => joined.unwrap_or_else(|_| Err(io::Error::other("the sync panicked"))),
        }
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
        if !self.syncs() || !cfg!(unix) {
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

//! The results file while it grows: one whole row at a time, locked, and continued after a kill.
//!
//! What a kill or a power cut leaves at any moment is a file that can be continued:
//!
//! - A row is appended whole before the next point is measured, and synced while it is; the row after it waits
//!   for that. So a kill takes no row, a power cut at most the last one, and what is cut short is the last line
//!   and is removed when the file is opened again.
//! - Everything else (the header, a row in the place of another, rows put in order, the end of the file) is a
//!   new file that is written and synced beside and then takes the name: readers and the next run see the one or
//!   the other.
//! - The folder is synced after the name, so that the name survives as well. Where that alone fails, the file is the
//!   new one for everybody, and a power cut may bring the old one back.
//! - Where a row's sync fails, the row is in the file, and a power cut may take it. The rows before it are safe.
//!
//! The lock is on the open file, so that a kill releases it. Wall time plays no part.

mod difference;
mod disk;
mod error;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod torture;

pub use difference::Differences;
pub use error::JournalError;

use disk::{Disk, RealDisk};
use hovera_core::{
    Column, FrontMatter, Looks, Point, Results, ResultsError, Row, Session, Stat, TornTail, text_bytes,
    without_mark, write_header, write_header_after, write_row, write_trailer,
};
use same_file::Handle;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// A results file that this process alone may append to.
#[derive(Debug)]
pub struct Journal {
    /// As the user calls it.
    path: PathBuf,
    /// The file itself, where that is a link.
    target: PathBuf,
    file: File,
    identity: Handle,
    disk: Box<dyn Disk>,
    front_matter: FrontMatter,
    done: BTreeSet<Point>,
    torn: Option<TornTail>,
    /// What earlier runs had to say at their ends.
    sessions: Vec<Session>,
    /// Where the rows begin and end.
    body: u64,
    end: u64,
    rows: usize,
    /// Whether something follows the rows.
    trailer: bool,
}

impl Journal {
    /// Opens `path` to append rows of the sweep that `front_matter` describes.
    ///
    /// A file that is not there, or empty, is begun. One that holds a part of the same sweep, taken on the
    /// same card by the same method, is continued: a last row that a kill cut short is removed, and
    /// [`is_done`](Journal::is_done) knows the points that need not be measured again.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process is writing it, [`JournalError::Different`] when
    /// it holds something else; the file is then as it was before.
    pub fn open(path: &Path, front_matter: &FrontMatter) -> Result<Journal, JournalError> {
        Self::open_on(Box::new(RealDisk::new()), path, front_matter)
    }

    /// The same, but a power cut may take rows that are not a kill's to take: to measure what syncing costs.
    ///
    /// # Errors
    /// As [`Journal::open`].
    #[cfg(feature = "fake")]
    pub fn open_unsynced(path: &Path, front_matter: &FrontMatter) -> Result<Journal, JournalError> {
        Self::open_on(Box::new(RealDisk::unsynced()), path, front_matter)
    }

    fn open_on(
        disk: Box<dyn Disk>,
        path: &Path,
        front_matter: &FrontMatter,
    ) -> Result<Journal, JournalError> {
        let io = |action| move |source| JournalError::Io { path: path.to_owned(), action, source };
        let (mut file, identity) = lock(path)?;
        let target = path.canonicalize().map_err(io("cannot look at"))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(io("cannot read"))?;
        let mut journal = Journal {
            path: path.to_owned(),
            target,
            file,
            identity,
            disk,
            front_matter: front_matter.clone(),
            done: BTreeSet::new(),
            torn: None,
            sessions: vec![],
            body: 0,
            end: 0,
            rows: 0,
            trailer: false,
        };
        if text.is_empty() {
            journal.put(&[], &[], Change::Begin)?;
            return Ok(journal);
        }
        // An editor's mark goes when the file is written anew, below.
        let mark = text.len() - without_mark(&text).len();
        text.drain(..mark);
        let name = path.display().to_string();
        let (earlier, torn) =
            Results::parse_repairing(&name, &text).map_err(|error| unreadable(&name, &text, error))?;
        let differences = Differences::between(&earlier.front_matter, front_matter);
        if !differences.0.is_empty() {
            return Err(JournalError::Different { path: path.to_owned(), differences });
        }
        // A kill may have come before the name was taken.
        match journal.disk.remove(&journal.beside()) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(io("cannot remove what a kill left beside it")(error));
            }
            _ => {}
        }
        journal.front_matter = earlier.front_matter;
        journal.rows = earlier.rows.len();
        journal.done = earlier.rows.iter().map(|row| row.point).collect();
        journal.sessions = earlier.sessions;
        if let Some(torn) = &torn {
            // What an earlier run was about to say at its end is no row.
            let cut_row = text.get(torn.byte_offset as usize) != Some(&b'#');
            journal.torn = cut_row.then_some(*torn);
            text.truncate(torn.byte_offset as usize);
            let cut = journal.disk.truncate(&journal.file, mark as u64 + torn.byte_offset);
            cut.map_err(io("cannot remove a torn row"))?;
        }
        let (body, end) = rows_of(&text);
        (journal.body, journal.end) = (body as u64, end as u64);
        journal.trailer = end < text.len();
        journal.file.seek(SeekFrom::End(0)).map_err(io("cannot seek"))?;
        // A row is appended in the columns that this program writes. An older file has fewer.
        let names = &text[..body];
        let ours = write_header(&journal.front_matter);
        let other_columns = lines_of(names).last() != lines_of(ours.as_bytes()).last();
        if other_columns {
            journal.refuse_foreign_columns(names)?;
        }
        if other_columns || mark > 0 {
            journal.put_rows(&earlier.rows, Change::TakeUp)?;
        }
        Ok(journal)
    }

    /// Whether the file held this point's row when it was opened.
    #[must_use]
    pub fn is_done(&self, point: &Point) -> bool {
        self.done.contains(point)
    }

    /// Rows that the file held when it was opened.
    #[must_use]
    pub fn rows_kept(&self) -> usize {
        self.done.len()
    }

    /// The last row that was cut short and has been removed.
    #[must_use]
    pub fn torn(&self) -> Option<&TornTail> {
        self.torn.as_ref()
    }

    fn stat(&self) -> Stat {
        self.front_matter.method.stat
    }

    /// Appends one row, and has it reach the disk while the next point is measured: a kill from now on does
    /// not take it, nor does a power cut from the next call on.
    ///
    /// # Errors
    /// [`JournalError::Append`], such as for a full disk: the file ends with the last whole row.
    /// [`JournalError::Unsynced`] when the row before this one could not be put on the disk: it is in the file, and
    /// this one is not. [`JournalError::Gone`] when the file has lost its name: its rows are then somewhere else.
    pub fn append(&mut self, row: &Row) -> Result<(), JournalError> {
        if self.trailer {
            self.open_for_rows()?;
        }
        self.end_sync()?;
        let text = write_row(row, self.stat());
        if let Err(source) = self.disk.write(&mut self.file, text.as_bytes()) {
            // Where that fails too the part of a row is removed by whoever opens the file next.
            let _ = self.disk.truncate(&self.file, self.end);
            let _ = self.file.seek(SeekFrom::Start(self.end));
            return Err(JournalError::Append { path: self.path.clone(), rows: self.rows, source });
        }
        self.end += text.len() as u64;
        self.rows += 1;
        self.disk.begin_sync(&self.file).map_err(|source| JournalError::Io {
            path: self.path.clone(),
            action: "cannot have the system put its last row on the disk",
            source,
        })?;
        self.refuse_gone()
    }

    /// Puts a row in the place of the one of the same point, or at the end where there is none. Readers
    /// see the file with the one or with the other.
    ///
    /// # Errors
    /// [`JournalError::Io`] or [`JournalError::Unsynced`]; the file is then as it was. [`JournalError::Unsettled`]; the
    /// row is then replaced. [`JournalError::Gone`].
    pub fn replace(&mut self, row: &Row) -> Result<(), JournalError> {
        let mut rows = self.parse_rows()?;
        match rows.iter_mut().find(|r| (r.point, r.device) == (row.point, row.device)) {
            Some(old) => *old = row.clone(),
            None => rows.push(row.clone()),
        }
        let count = rows.len();
        let put = self.put_rows(&rows, Change::Replace);
        if matches!(put, Ok(()) | Err(JournalError::Unsettled { .. })) {
            self.rows = count;
        }
        put
    }

    /// Puts the rows in the order of the plan, and says whether they were in another. Those of several cards
    /// are, each being appended when its card has done with it, and so are those of a sweep that was stopped in
    /// between. Readers see the file with the one order or with the other.
    ///
    /// # Errors
    /// [`JournalError::Io`] or [`JournalError::Unsynced`]; the file is then as it was. [`JournalError::Unsettled`]; the
    /// rows are then in order. [`JournalError::Gone`].
    pub fn put_in_order(&mut self, plan: &[Point]) -> Result<bool, JournalError> {
        let mut rows = self.parse_rows()?;
        let places: BTreeMap<&Point, usize> = plan.iter().zip(0..).collect();
        let place = |row: &Row| places.get(&row.point).copied().unwrap_or(usize::MAX);
        if rows.is_sorted_by_key(place) {
            return Ok(false);
        }
        rows.sort_by_key(place);
        self.put_rows(&rows, Change::Order)?;
        Ok(true)
    }

    /// Ends the file with what this run has to say, after what earlier ones had.
    ///
    /// # Errors
    /// [`JournalError::Io`]; every row is safe. [`JournalError::Unsynced`]; every row but the last is.
    /// [`JournalError::Unsettled`]; every row is safe and the file has its end. [`JournalError::Gone`].
    pub fn finish(mut self, new: Vec<Session>) -> Result<(), JournalError> {
        let rows = self.read_rows()?;
        let mut sessions = std::mem::take(&mut self.sessions);
        sessions.extend(new);
        self.put(&rows, &sessions, Change::Finish)
    }

    /// Columns of somebody else would be lost where the rows are written anew.
    fn refuse_foreign_columns(&self, header: &[u8]) -> Result<(), JournalError> {
        let names = String::from_utf8_lossy(lines_of(header).last().unwrap_or_default());
        let foreign: Vec<&str> = names
            .trim_end()
            .split(',')
            .filter(|name| Column::named(name.trim_matches('"')).is_none())
            .collect();
        if foreign.is_empty() {
            return Ok(());
        }
        Err(JournalError::ForeignColumns { path: self.path.clone(), columns: foreign.join(", ") })
    }

    /// Rows go ahead of what earlier runs said, which waits in the header until this one ends.
    fn open_for_rows(&mut self) -> Result<(), JournalError> {
        let rows = self.read_rows()?;
        self.put(&rows, &[], Change::TakeUp)
    }

    fn read(&mut self) -> Result<Vec<u8>, JournalError> {
        let mut text = Vec::new();
        let read = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.read_to_end(&mut text));
        match read {
            Ok(_) => Ok(text),
            Err(source) => Err(JournalError::Io { path: self.path.clone(), action: "cannot read", source }),
        }
    }

    fn parse_rows(&mut self) -> Result<Vec<Row>, JournalError> {
        let text = self.read()?;
        Ok(Results::parse(&self.path.display().to_string(), &text)?.rows)
    }

    /// Puts a file of these rows, and nothing below them yet, in the place of this one.
    fn put_rows(&mut self, rows: &[Row], change: Change) -> Result<(), JournalError> {
        let stat = self.stat();
        let text: String = rows.iter().map(|row| write_row(row, stat)).collect();
        self.put(text.as_bytes(), &[], change)
    }

    fn read_rows(&mut self) -> Result<Vec<u8>, JournalError> {
        let text = self.read()?;
        Ok(text.get(self.body as usize..self.end as usize).unwrap_or_default().to_owned())
    }

    /// Waits for the last row to reach the disk.
    fn end_sync(&mut self) -> Result<(), JournalError> {
        let (path, rows) = (&self.path, self.rows);
        self.disk.end_sync().map_err(|source| JournalError::Unsynced { path: path.clone(), rows, source })
    }

    /// Puts a file of these rows in the place of this one.
    fn put(&mut self, rows: &[u8], sessions: &[Session], change: Change) -> Result<(), JournalError> {
        self.refuse_gone()?;
        self.end_sync()?;
        let header = write_header_after(&self.front_matter, &self.sessions);
        let trailer = write_trailer(sessions);
        let beside = self.beside();
        let (file, identity) = self.put_file(&beside, &header, rows, &trailer).map_err(|source| {
            // A file that is no use; the next run removes it where this one cannot.
            let _ = self.disk.remove(&beside);
            JournalError::Io { path: self.path.clone(), action: change.failed(), source }
        })?;
        (self.file, self.identity) = (file, identity);
        self.body = header.len() as u64;
        self.end = self.body + rows.len() as u64;
        self.trailer = !sessions.is_empty();
        let folder = self.target.parent().unwrap_or(Path::new("."));
        self.disk.sync_folder(folder).map_err(|source| JournalError::Unsettled {
            path: self.path.clone(),
            done: change.done(),
            source,
        })
    }

    fn put_file(
        &mut self,
        beside: &Path,
        header: &str,
        rows: &[u8],
        trailer: &str,
    ) -> io::Result<(File, Handle)> {
        let mut file = self.disk.create(beside)?;
        // Whoever opens the name from now on finds it locked, as the file before it is.
        file.lock()?;
        file.set_permissions(self.file.metadata()?.permissions())?;
        for part in [header.as_bytes(), rows, trailer.as_bytes()] {
            self.disk.write(&mut file, part)?;
        }
        self.disk.sync(&file)?;
        let identity = Handle::from_file(file.try_clone()?)?;
        self.disk.rename(beside, &self.target)?;
        Ok((file, identity))
    }

    fn beside(&self) -> PathBuf {
        let mut name: OsString = self.target.clone().into_os_string();
        name.push(".hovera-new");
        name.into()
    }

    /// Rows that go into a file without a name are lost when this process ends.
    fn refuse_gone(&mut self) -> Result<(), JournalError> {
        if Handle::from_path(&self.target).is_ok_and(|there| there == self.identity) {
            return Ok(());
        }
        let rescued = self.rescue().ok();
        Err(JournalError::Gone { path: self.path.clone(), rows: self.rows, rescued })
    }

    /// Copies what this process still holds to the system's folder for such files.
    fn rescue(&mut self) -> io::Result<PathBuf> {
        let text = self.read().map_err(io::Error::other)?;
        let name = self.target.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for attempt in 1..=99 {
            let path = std::env::temp_dir().join(format!("{name}.rescued-{attempt}.csv"));
            match File::create_new(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                created => {
                    let mut file = created?;
                    file.write_all(&text)?;
                    file.sync_all()?;
                    return Ok(path);
                }
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Whoever ends early has an error to tell already.
        let _ = self.disk.end_sync();
    }
}

/// Why a file is put in the place of another.
#[derive(Debug, Clone, Copy)]
enum Change {
    Begin,
    TakeUp,
    Replace,
    Order,
    Finish,
}

impl Change {
    /// What there is to say when the file before it still has the name.
    fn failed(self) -> &'static str {
        match self {
            Change::Begin => "cannot begin",
            Change::TakeUp => "cannot take up after the last row; every row is kept",
            Change::Replace => "cannot replace a row; the file is as it was",
            Change::Order => "cannot put its rows in order; every row is kept",
            Change::Finish => "cannot end it with what this run found; every row is kept",
        }
    }

    /// What there is to say when the new one has it.
    fn done(self) -> &'static str {
        match self {
            Change::Begin => "begun",
            Change::TakeUp => "taken up after the last row",
            Change::Replace => "a row was replaced",
            Change::Order => "its rows were put in order",
            Change::Finish => "ended with what this run found",
        }
    }
}

/// Opens a file and locks it. Another process may put another file in its place in between: then that one.
/// And a process that has just ended may have left a lock for a moment, with a child that has not yet become
/// another program.
fn lock(path: &Path) -> Result<(File, Handle), JournalError> {
    const ATTEMPTS: usize = 10;
    const MOMENT: Duration = Duration::from_millis(20);
    let io = |action| move |source| JournalError::Io { path: path.to_owned(), action, source };
    for _ in 0..ATTEMPTS {
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(io("cannot open for writing"))?;
        if !file.metadata().map_err(io("cannot look at"))?.is_file() {
            return Err(JournalError::NotAFile(path.to_owned()));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                thread::sleep(MOMENT);
                continue;
            }
            Err(TryLockError::Error(source)) => return Err(io("cannot lock")(source)),
        }
        let clone = file.try_clone().map_err(io("cannot look at"))?;
        let identity = Handle::from_file(clone).map_err(io("cannot look at"))?;
        if Handle::from_path(path).is_ok_and(|there| there == identity) {
            return Ok((file, identity));
        }
    }
    Err(JournalError::Locked(path.to_owned()))
}

/// Where the rows of a whole file begin, below the column names, and end, above the `#` lines that follow.
fn rows_of(text: &[u8]) -> (usize, usize) {
    let front_matter: usize = lines_of(text).take_while(|line| line.starts_with(b"#")).map(<[u8]>::len).sum();
    let names = text[front_matter..].iter().position(|b| *b == b'\n').map_or(0, |newline| newline + 1);
    let body = front_matter + names;
    // As readers have it: the first `#` line ends the rows, and empty lines may follow it.
    let rows = lines_of(&text[body..]).take_while(|line| !line.starts_with(b"#")).map(<[u8]>::len);
    (body, body + rows.sum::<usize>())
}

/// Why a file cannot be read: it may be in another encoding altogether. A power cut can leave zeros in one that is not.
fn unreadable(name: &str, bytes: &[u8], error: ResultsError) -> JournalError {
    match text_bytes(name, bytes) {
        Err(not_text) if matches!(not_text.what, Looks::Utf16(_) | Looks::Utf32(_)) => not_text.into(),
        _ => error.into(),
    }
}

fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|b| *b == b'\n')
}

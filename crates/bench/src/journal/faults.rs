//! A sweep that is stopped after every byte that it writes and ahead of every other operation: by a kill, by
//! a power cut that takes what was not synced, by a disk that is full.

use super::disk::{Disk, RealDisk};
use super::tests::{SPEC, front_matter, rows, session};
use super::*;
use std::sync::{Arc, Mutex};

/// How it stops.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stop {
    /// Nothing more happens; what was written is there.
    Kill,
    /// Nothing more happens; of what was not synced, nothing is there.
    PowerCut,
    /// Nothing more happens; what was not synced is there as zeros, as file systems leave it that note a
    /// file's new length ahead of its data.
    PowerCutToZeros,
    /// Nothing more can be written, but all else works.
    Full,
}

/// A disk that stops.
#[derive(Debug)]
struct Stopping {
    state: Arc<Mutex<State>>,
    disk: RealDisk,
}

#[derive(Debug)]
struct State {
    stop: Stop,
    /// Bytes and other operations left.
    left: u64,
    /// How much of the file that has the name is synced, and of the one beside it while there is one.
    synced: u64,
    synced_beside: Option<u64>,
    /// What will be once the sync that was begun has ended.
    syncing: Option<u64>,
}

impl Stopping {
    fn after(left: u64, stop: Stop) -> (Stopping, Arc<Mutex<State>>) {
        let state = Arc::new(Mutex::new(State { stop, left, synced: 0, synced_beside: None, syncing: None }));
        (Stopping { state: state.clone(), disk: RealDisk::unsynced() }, state)
    }

    /// One operation that is no write.
    fn operation(&mut self) -> io::Result<std::sync::MutexGuard<'_, State>> {
        let mut state = self.state.lock().unwrap();
        if state.stop != Stop::Full {
            state.left = state.left.checked_sub(1).ok_or_else(stopped)?;
        }
        Ok(state)
    }
}

fn stopped() -> io::Error {
    io::Error::new(ErrorKind::StorageFull, "stopped")
}

impl Disk for Stopping {
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let written = bytes.len().min(state.left as usize);
        state.left -= written as u64;
        self.disk.write(file, &bytes[..written])?;
        if written < bytes.len() { Err(stopped()) } else { Ok(()) }
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        let mut state = self.operation()?;
        let length = file.metadata()?.len();
        match &mut state.synced_beside {
            Some(beside) => *beside = length,
            None => state.synced = length,
        }
        Ok(())
    }

    fn begin_sync(&mut self, file: &File) -> io::Result<()> {
        self.operation()?.syncing = Some(file.metadata()?.len());
        Ok(())
    }

    fn end_sync(&mut self) -> io::Result<()> {
        let mut state = self.operation()?;
        if let Some(length) = state.syncing.take() {
            state.synced = length;
        }
        Ok(())
    }

    fn truncate(&mut self, file: &File, length: u64) -> io::Result<()> {
        let mut state = self.operation()?;
        state.synced = state.synced.min(length);
        drop(state);
        self.disk.truncate(file, length)
    }

    fn create(&mut self, path: &Path) -> io::Result<File> {
        self.operation()?.synced_beside = Some(0);
        self.disk.create(path)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.operation()?;
        state.synced = state.synced_beside.take().unwrap();
        drop(state);
        self.disk.rename(from, to)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.operation()?.synced_beside = None;
        self.disk.remove(path)
    }

    fn sync_folder(&mut self, _folder: &Path) -> io::Result<()> {
        self.operation().map(drop)
    }
}

/// Measured again: in the place of the second row, once three are there.
fn better(rows: &[Row]) -> Row {
    Row { note: "measured again".into(), ..rows[1].clone() }
}

/// Rows come as those of several cards do.
const DONE_IN_ORDER: [usize; 4] = [1, 0, 3, 2];

/// One run of the sweep; tells of each row that was kept.
fn run(disk: Box<dyn Disk>, path: &Path, rows: &[Row], kept: &mut Vec<Point>) -> Result<(), JournalError> {
    let mut journal = Journal::open_on(disk, path, &front_matter(SPEC))?;
    for (i, row) in DONE_IN_ORDER.into_iter().map(|index| &rows[index]).enumerate() {
        if !journal.is_done(&row.point) {
            journal.append(row)?;
            kept.push(row.point);
        }
        if i == 2 {
            journal.replace(&better(rows))?;
        }
    }
    let plan: Vec<Point> = rows.iter().map(|row| row.point).collect();
    let new = if kept.is_empty() { vec![] } else { vec![session(7)] };
    if journal.put_in_order(&plan)? || !new.is_empty() { journal.finish(new) } else { Ok(()) }
}

/// Stops a run after each byte, sees that nothing is lost, and has another run end it.
fn stopped_everywhere(stop: Stop, step: usize, begin: impl Fn(&Path, &[Row])) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let rows = rows();
    for left in (0..).step_by(step) {
        let _ = std::fs::remove_file(&path);
        begin(&path, &rows);
        let before = std::fs::read(&path).ok().map(|text| Results::parse("r.csv", text).unwrap());
        let sessions = before.map_or(vec![], |before| before.sessions);
        let (disk, state) = Stopping::after(left, stop);
        state.lock().unwrap().synced = std::fs::metadata(&path).map_or(0, |file| file.len());
        let mut kept = Vec::new();
        let ran = run(Box::new(disk), &path, &rows, &mut kept);
        lose_unsynced(&path, &state.lock().unwrap());

        let text = std::fs::read(&path).unwrap_or_default();
        if !text.is_empty() {
            let (there, torn) = Results::parse_repairing("r.csv", &text).unwrap();
            // A power cut may take the last row: its sync was begun and not ended.
            let cut = matches!(stop, Stop::PowerCut | Stop::PowerCutToZeros) && ran.is_err();
            let safe = kept.len() - usize::from(cut && !kept.is_empty());
            let all = |p: &Point| there.rows.iter().any(|row| row.point == *p);
            assert!(kept[..safe].iter().all(all), "{stop:?} after {left}: a row that was kept is gone");
            assert_eq!(there.sessions[..sessions.len()], sessions, "{stop:?} after {left}");
            assert!(stop != Stop::Full || torn.is_none(), "after {left}: the file is not in order");
        } else {
            assert!(kept.is_empty(), "{stop:?} after {left}: the file is gone");
        }
        if ran.is_ok() {
            println!("{stop:?}: stopped {} times, nothing lost", left / step as u64);
            break;
        }
        run(Box::new(RealDisk::unsynced()), &path, &rows, &mut Vec::new()).unwrap();
        let whole = Results::parse("r.csv", std::fs::read(&path).unwrap()).unwrap();
        let mut wanted = rows.clone();
        wanted[1] = better(&rows);
        assert_eq!(whole.rows, wanted, "{stop:?} after {left}");
        // A run that was stopped after its last row has nothing to measure when it goes on, and nothing to say.
        assert_eq!(whole.sessions[..sessions.len()], sessions, "{stop:?} after {left}");
        assert!(whole.sessions[sessions.len()..].iter().all(|later| *later == session(7)));
        assert!(whole.sessions.len() <= sessions.len() + 1, "{stop:?} after {left}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{stop:?} after {left}");
    }
}

fn lose_unsynced(path: &Path, state: &State) {
    if !path.exists() || !matches!(state.stop, Stop::PowerCut | Stop::PowerCutToZeros) {
        return;
    }
    let file = File::options().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(state.synced.min(length)).unwrap();
    if state.stop == Stop::PowerCutToZeros {
        file.set_len(length).unwrap();
    }
}

const EVERY_STOP: [Stop; 4] = [Stop::Kill, Stop::PowerCut, Stop::PowerCutToZeros, Stop::Full];

fn continued(path: &Path, rows: &[Row]) {
    let mut journal = Journal::open_unsynced(path, &front_matter(SPEC)).unwrap();
    rows[..2].iter().for_each(|row| journal.append(row).unwrap());
    journal.finish(vec![session(2)]).unwrap();
}

/// What takes minutes at every byte takes seconds at every so manieth.
const STEP: usize = 97;

/// A disk on which one kind of operation fails, from the time that it is told.
#[derive(Debug)]
struct Failing {
    what: Fails,
    now: Arc<Mutex<bool>>,
    disk: RealDisk,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fails {
    /// The sync of a row, which was begun.
    RowSync,
    FolderSync,
}

impl Failing {
    /// And the switch.
    fn at(what: Fails) -> (Box<Failing>, Arc<Mutex<bool>>) {
        let now = Arc::new(Mutex::new(false));
        (Box::new(Failing { what, now: now.clone(), disk: RealDisk::unsynced() }), now)
    }

    fn done(&self, what: Fails) -> io::Result<()> {
        if self.what == what && *self.now.lock().unwrap() {
            Err(io::Error::other("bad sector"))
        } else {
            Ok(())
        }
    }
}

impl Disk for Failing {
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.disk.write(file, bytes)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        self.disk.sync(file)
    }

    fn begin_sync(&mut self, file: &File) -> io::Result<()> {
        self.disk.begin_sync(file)
    }

    fn end_sync(&mut self) -> io::Result<()> {
        self.disk.end_sync()?;
        self.done(Fails::RowSync)
    }

    fn truncate(&mut self, file: &File, length: u64) -> io::Result<()> {
        self.disk.truncate(file, length)
    }

    fn create(&mut self, path: &Path) -> io::Result<File> {
        self.disk.create(path)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)?;
        self.done(Fails::FolderSync)
    }
}

fn rows_in(path: &Path) -> Vec<Row> {
    Results::parse("r.csv", std::fs::read(path).unwrap()).unwrap().rows
}

#[test]
fn when_only_the_folder_s_sync_fails_the_file_is_the_new_one_and_so_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let rows = rows();
    let (disk, fails) = Failing::at(Fails::FolderSync);
    let mut journal = Journal::open_on(disk, &path, &front_matter(SPEC)).unwrap();
    [1, 0].into_iter().for_each(|index: usize| journal.append(&rows[index]).unwrap());
    *fails.lock().unwrap() = true;

    let told = |error: JournalError, done: &str| {
        assert!(matches!(error, JournalError::Unsettled { .. }), "{error:?}");
        let said = error.to_string();
        assert!(
            said.contains(&format!("r.csv: {done}, but its folder could not be synced: bad sector")),
            "{said}"
        );
        assert!(!said.contains("as it was"), "{said}");
    };
    told(journal.replace(&better(&rows)).unwrap_err(), "a row was replaced");
    assert_eq!(rows_in(&path), [better(&rows), rows[0].clone()]);
    let plan: Vec<Point> = rows.iter().map(|row| row.point).collect();
    told(journal.put_in_order(&plan).unwrap_err(), "its rows were put in order");
    assert_eq!(rows_in(&path), [rows[0].clone(), better(&rows)]);
    // The journal holds the new file: rows go there.
    journal.append(&rows[2]).unwrap();
    told(journal.finish(vec![session(3)]).unwrap_err(), "ended with what this run found");
    let whole = Results::parse("r.csv", std::fs::read(&path).unwrap()).unwrap();
    assert_eq!((whole.rows.len(), whole.sessions), (3, vec![session(3)]));
}

#[test]
fn a_row_whose_sync_failed_is_not_said_to_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    let rows = rows();
    let (disk, fails) = Failing::at(Fails::RowSync);
    let mut journal = Journal::open_on(disk, &path, &front_matter(SPEC)).unwrap();
    rows[..2].iter().for_each(|row| journal.append(row).unwrap());
    *fails.lock().unwrap() = true;
    let before = std::fs::read(&path).unwrap();
    let told = |error: JournalError| {
        assert!(matches!(error, JournalError::Unsynced { rows: 2, .. }), "{error:?}");
        let said = error.to_string();
        let wanted = "the last row, number 2, is in the file but could not be put on the disk: bad sector; a power \
                      cut may lose that row, and no other";
        assert!(said.contains(wanted) && !said.contains("kept"), "{said}");
    };
    told(journal.append(&rows[2]).unwrap_err());
    told(journal.replace(&better(&rows)).unwrap_err());
    let reversed: Vec<Point> = rows.iter().rev().map(|row| row.point).collect();
    told(journal.put_in_order(&reversed).unwrap_err());
    told(journal.finish(vec![session(2)]).unwrap_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // The next run goes on after it.
    let mut next = Journal::open(&path, &front_matter(SPEC)).unwrap();
    assert_eq!(next.rows_kept(), 2);
    next.append(&rows[2]).unwrap();
}

#[test]
fn a_new_file_stopped_anywhere_is_continued_with_nothing_lost() {
    EVERY_STOP.into_iter().for_each(|stop| stopped_everywhere(stop, STEP, |_, _| {}));
}

#[test]
fn a_continued_file_stopped_anywhere_is_continued_with_nothing_lost() {
    EVERY_STOP.into_iter().for_each(|stop| stopped_everywhere(stop, STEP, continued));
}

#[test]
#[ignore = "takes minutes: just torture"]
fn both_stopped_at_every_byte() {
    for stop in EVERY_STOP {
        stopped_everywhere(stop, 1, |_, _| {});
        stopped_everywhere(stop, 1, continued);
    }
}

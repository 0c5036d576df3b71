//! The results file while it grows: one whole row at a time, locked, and continued after a kill.

use hovera_core::{
    FrontMatter, Point, Results, ResultsError, Row, Session, Stat, TornTail, write_header, write_row,
    write_trailer,
};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A results file that this process alone may append to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    done: BTreeSet<Point>,
    torn: Option<TornTail>,
    /// The time that the rows' throughput is by.
    stat: Stat,
    /// What earlier runs had to say at their ends.
    sessions: Vec<Session>,
    /// Where the rows end, while something follows them.
    cut_at: Option<u64>,
}

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
    #[error(
        "{path}: holds another sweep: its {what} is {theirs}, this run's is {ours}; choose another file with -o",
        path = path.display()
    )]
    Different {
        /// The results file.
        path: PathBuf,
        /// What differs, as the front matter names it.
        what: &'static str,
        /// In the file.
        theirs: String,
        /// In this run.
        ours: String,
    },
}

impl Journal {
    /// Opens `path` to append rows of the sweep that `front_matter` describes.
    ///
    /// A file that is not there is created. One that holds a part of the same sweep, taken on the
    /// same card by the same method, is continued: a last row that a kill cut short is removed, and
    /// [`is_done`](Journal::is_done) knows the points that need not be measured again.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process is writing it, [`JournalError::Different`] when
    /// it holds something else; the file is then as it was before.
    pub fn open(path: &Path, front_matter: &FrontMatter) -> Result<Journal, JournalError> {
        let io = |action| move |source| JournalError::Io { path: path.to_owned(), action, source };
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io("cannot open for writing"))?;
        if !file.metadata().map_err(io("cannot look at"))?.is_file() {
            return Err(JournalError::NotAFile(path.to_owned()));
        }
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::Locked(path.to_owned()),
            TryLockError::Error(source) => io("cannot lock")(source),
        })?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(io("cannot read"))?;
        let mut journal = Journal {
            path: path.to_owned(),
            file,
            done: BTreeSet::new(),
            torn: None,
            stat: front_matter.method.stat,
            sessions: vec![],
            cut_at: None,
        };
        if text.is_empty() {
            journal.append_text(&write_header(front_matter))?;
            return Ok(journal);
        }
        let (earlier, torn) = Results::parse_repairing(&path.display().to_string(), &text)?;
        journal.refuse_another(&earlier.front_matter, front_matter)?;
        journal.done = earlier.rows.iter().map(|row| row.point).collect();
        journal.sessions = earlier.sessions;
        if let Some(torn) = &torn {
            // What an earlier run was about to say at its end is no row.
            let cut_row = text.get(torn.byte_offset as usize) != Some(&b'#');
            journal.torn = cut_row.then_some(*torn);
            text.truncate(torn.byte_offset as usize);
            journal.file.set_len(torn.byte_offset).map_err(io("cannot remove a torn row"))?;
        }
        journal.file.seek(SeekFrom::End(0)).map_err(io("cannot seek"))?;
        let end = end_of_rows(&text);
        journal.cut_at = (end < text.len()).then_some(end as u64);
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

    /// Appends one row and hands it to the disk.
    ///
    /// # Errors
    /// [`JournalError::Io`], such as a full disk. Every row before it is safe.
    pub fn append(&mut self, row: &Row) -> Result<(), JournalError> {
        self.cut_trailer()?;
        self.append_text(&write_row(row, self.stat))
    }

    /// Puts a row in the place of the one of the same point, or at the end where there is none. Readers
    /// see the file with the one or with the other.
    ///
    /// # Errors
    /// [`JournalError::Io`]; the file is then as it was.
    pub fn replace(&mut self, row: &Row) -> Result<(), JournalError> {
        self.cut_trailer()?;
        let name = self.path.display().to_string();
        let io = |action| {
            let path = self.path.clone();
            move |source| JournalError::Io { path, action, source }
        };
        let mut results = Results::parse(&name, std::fs::read(&self.path).map_err(io("cannot read"))?)?;
        match results.rows.iter_mut().find(|r| (r.point, r.device) == (row.point, row.device)) {
            Some(old) => *old = row.clone(),
            None => results.rows.push(row.clone()),
        }
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let write = || -> io::Result<File> {
            let mut file = File::create(&beside)?;
            file.lock()?;
            file.write_all(results.to_csv().as_bytes())?;
            file.sync_data()?;
            std::fs::rename(&beside, &self.path)?;
            Ok(file)
        };
        self.file = write().map_err(io("cannot replace a row; the file is as it was"))?;
        Ok(())
    }

    /// Ends the file with what this run has to say, after what earlier ones had.
    ///
    /// # Errors
    /// [`JournalError::Io`]. Every row is safe.
    pub fn finish(mut self, session: Session) -> Result<(), JournalError> {
        self.cut_trailer()?;
        self.sessions.push(session);
        self.append_text(&write_trailer(&self.sessions))
    }

    /// Rows go where they belong: ahead of what follows them.
    fn cut_trailer(&mut self) -> Result<(), JournalError> {
        let Some(end) = self.cut_at.take() else { return Ok(()) };
        let cut = self.file.set_len(end).and_then(|()| self.file.seek(SeekFrom::Start(end)));
        cut.map(drop).map_err(|source| JournalError::Io {
            path: self.path.clone(),
            action: "cannot take up after the last row",
            source,
        })
    }

    fn append_text(&mut self, text: &str) -> Result<(), JournalError> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|source| JournalError::Io {
            path: self.path.clone(),
            action: "cannot append a row; every row before it is kept",
            source,
        })
    }

    /// Two measurements belong into one file when spec, method, card and software agree.
    fn refuse_another(&self, theirs: &FrontMatter, ours: &FrontMatter) -> Result<(), JournalError> {
        let card =
            |f: &FrontMatter| format!("{:?}", f.device.iter().map(|d| (&d.name, &d.id)).collect::<Vec<_>>());
        let software = |f: &FrontMatter| format!("{:?}", f.software);
        let shard = |f: &FrontMatter| f.sweep.shard.map_or("the whole sweep".to_owned(), |s| s.to_string());
        // The spec's hash covers the method as well, so the method is named first.
        let facts: [(&'static str, String, String); 5] = [
            ("method", format!("{:?}", theirs.method), format!("{:?}", ours.method)),
            ("spec", theirs.sweep.spec_hash.clone(), ours.sweep.spec_hash.clone()),
            ("shard", shard(theirs), shard(ours)),
            ("device", card(theirs), card(ours)),
            ("software", software(theirs), software(ours)),
        ];
        match facts.into_iter().find(|(_, theirs, ours)| theirs != ours) {
            None => Ok(()),
            Some((what, theirs, ours)) => {
                Err(JournalError::Different { path: self.path.clone(), what, theirs, ours })
            }
        }
    }
}

/// Where the `#` lines at the end of a file begin.
fn end_of_rows(text: &[u8]) -> usize {
    let lines = text.split_inclusive(|b| *b == b'\n').rev();
    text.len() - lines.take_while(|line| line.starts_with(b"#")).map(<[u8]>::len).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, points};
    use crate::{Backend, Runner};
    use hovera_core::{Engine, Pacing, Plan, SweepInfo, SweepSpec, Timer};

    const SPEC: &str = "name = \"t\"\nheads = 12\nhead_dim = [8, 64]\n[method]\npacing = \"none\"\n";

    fn front_matter(spec: &str) -> FrontMatter {
        let spec = SweepSpec::parse("t.toml", spec).unwrap();
        let fake = Fake::new();
        FrontMatter {
            started: "2026-01-01T00:00:00Z".into(),
            sweep: SweepInfo {
                name: spec.name().into(),
                spec_hash: spec.canonical_hash(),
                spec: spec.text().into(),
                shard: None,
            },
            source: None,
            method: spec.method().front_matter(Timer::Event, "standard normal"),
            software: fake.software().clone(),
            device: vec![fake.device().clone()],
        }
    }

    fn rows() -> Vec<Row> {
        let spec = SweepSpec::parse("t.toml", SPEC).unwrap();
        let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
        let mut fake = Fake::new();
        let mut runner = Runner::new(&mut fake, spec.method(), Timer::Event, 0, plan.points());
        plan.points().iter().map(|p| runner.measure(p).unwrap()).collect()
    }

    /// The file after an uninterrupted run.
    fn whole(path: &Path) -> Vec<u8> {
        let mut journal = Journal::open(path, &front_matter(SPEC)).unwrap();
        rows().iter().for_each(|row| journal.append(row).unwrap());
        std::fs::read(path).unwrap()
    }

    #[test]
    fn a_run_cut_at_any_byte_of_its_rows_is_continued_to_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let whole = whole(&folder.path().join("whole.csv"));
        let header = write_header(&front_matter(SPEC)).len();
        let path = folder.path().join("cut.csv");
        for cut in (header..=whole.len()).filter(|cut| cut % 11 == 0 || whole[cut - 1] == b'\n') {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut journal = Journal::open(&path, &front_matter(SPEC)).unwrap();
            let cut_rows = whole[header..cut].iter().filter(|b| **b == b'\n').count();
            assert_eq!(journal.rows_kept(), cut_rows, "cut at {cut}");
            assert_eq!(journal.torn().is_some(), whole[cut - 1] != b'\n', "cut at {cut}");
            for row in rows().iter().filter(|row| !journal.is_done(&row.point)).collect::<Vec<_>>() {
                journal.append(row).unwrap();
            }
            drop(journal);
            assert_eq!(std::fs::read(&path).unwrap(), whole, "cut at {cut}");
        }
    }

    fn session(points: u64) -> Session {
        Session { points, ..Session::default() }
    }

    #[test]
    fn what_a_run_said_at_its_end_stays_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.csv");
        let read = || Results::parse("r.csv", std::fs::read(&path).unwrap()).unwrap();
        let rows = rows();
        let mut first = Journal::open(&path, &front_matter(SPEC)).unwrap();
        first.append(&rows[0]).unwrap();
        first.finish(session(1)).unwrap();
        let before = std::fs::read(&path).unwrap();
        // Opened, and nothing to do.
        assert_eq!(Journal::open(&path, &front_matter(SPEC)).unwrap().rows_kept(), 1);
        assert_eq!(std::fs::read(&path).unwrap(), before);
        let mut second = Journal::open(&path, &front_matter(SPEC)).unwrap();
        second.append(&rows[1]).unwrap();
        assert_eq!((read().rows.len(), read().sessions.len()), (2, 0));
        second.append(&rows[2]).unwrap();
        second.finish(session(2)).unwrap();
        assert_eq!((read().rows, read().sessions), (rows[..3].to_vec(), vec![session(1), session(2)]));
        // A kill in the middle of it.
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let mut third = Journal::open(&path, &front_matter(SPEC)).unwrap();
        assert!(third.torn().is_none() && third.rows_kept() == 3);
        third.append(&rows[3]).unwrap();
        third.finish(session(3)).unwrap();
        assert_eq!((read().rows, read().sessions), (rows, vec![session(3)]));
    }

    #[test]
    fn a_row_is_replaced_in_its_place_and_the_journal_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.csv");
        let rows = rows();
        let mut journal = Journal::open(&path, &front_matter(SPEC)).unwrap();
        rows[..3].iter().for_each(|row| journal.append(row).unwrap());
        let better = Row { note: "measured again".into(), ..rows[1].clone() };
        journal.replace(&better).unwrap();
        journal.append(&rows[3]).unwrap();
        assert!(Journal::open(&path, &front_matter(SPEC)).is_err(), "it is still locked");
        let read = Results::parse("r.csv", std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(read.rows, [rows[0].clone(), better, rows[2].clone(), rows[3].clone()]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_second_writer_is_refused_and_the_first_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.csv");
        let mut first = Journal::open(&path, &front_matter(SPEC)).unwrap();
        let error = Journal::open(&path, &front_matter(SPEC)).unwrap_err();
        assert!(error.to_string().contains("another process is writing this file"), "{error}");
        first.append(&rows()[0]).unwrap();
        drop(first);
        assert_eq!(Journal::open(&path, &front_matter(SPEC)).unwrap().rows_kept(), 1);
    }

    #[test]
    fn another_sweep_s_file_is_left_alone_with_what_differs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.csv");
        let before = whole(&path);
        for (spec, what) in [
            (SPEC.replace("64", "128"), "spec"),
            (SPEC.replace("\"none\"", "\"none\"\nwarmup = 2"), "method"),
        ] {
            let error = Journal::open(&path, &front_matter(&spec)).unwrap_err();
            assert!(error.to_string().contains(&format!("its {what} is")), "{error}");
        }
        let mut other_card = front_matter(SPEC);
        other_card.device[0].id = Some("12345678".into());
        let error = Journal::open(&path, &other_card).unwrap_err();
        assert!(error.to_string().contains("its device is"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_file_that_is_no_results_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "shopping list\n").unwrap();
        assert!(matches!(Journal::open(&path, &front_matter(SPEC)), Err(JournalError::Unreadable(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"shopping list\n");
    }

    #[test]
    fn a_device_is_no_results_file() {
        let null = Path::new("/dev/null");
        if null.exists() {
            assert!(matches!(Journal::open(null, &front_matter(SPEC)), Err(JournalError::NotAFile(_))));
        }
    }

    #[test]
    fn the_fake_card_s_points_cover_every_series() {
        let series: BTreeSet<u8> =
            points(Pacing::None).iter().filter_map(|p| Some(p.layer?.series().get())).collect();
        assert_eq!(series.len(), 7);
    }
}

//! Where the rows of a run go: a results file, or standard output.

use super::file_name::of_results;
use super::go_on::go_on;
use crate::args::Measuring;
use crate::shell;
use crate::talk::counted::counted_with;
use crate::talk::streams;
use crate::talk::voice::{Voice, shown};
use anyhow::{Result, bail, ensure};
use hovera_bench::Journal;
use hovera_bench::sweep::RowSink;
use hovera_core::{FrontMatter, Point, Row, Session, Stat, write_header, write_row, write_trailer};
use std::path::PathBuf;

/// Where rows go.
pub(super) enum Sink {
    Journal {
        journal: Box<Journal>,
        path: PathBuf,
        /// What is to be done with it, ahead of its name.
        advice: &'static str,
    },
    /// The time that the rows' throughput is by.
    Stdout(Stat),
}

impl Sink {
    pub(super) fn open(args: &Measuring, front_matter: &FrontMatter, voice: Voice) -> Result<Sink> {
        let Some(path) = of_results(args, front_matter) else {
            ensure!(!args.resume, "--resume: standard output holds no earlier rows; name a file with -o");
            streams::print_rows(&write_header(front_matter))?;
            return Ok(Sink::Stdout(front_matter.method.stat));
        };
        if args.resume && !path.exists() {
            bail!("{}: --resume, but there is no such file", path.display());
        }
        let journal = Journal::open(&path, front_matter)?;
        if let Some(torn) = journal.torn() {
            voice.warn(&format!(
                "{}: the last row was cut short and is measured again (line {})",
                path.display(),
                torn.line
            ));
        }
        if journal.rows_kept() > 0 {
            voice.say(&format!(
                "{}: {} there already",
                path.display(),
                counted_with(journal.rows_kept(), "point", ["is", "are"])
            ));
        }
        let advice = match front_matter.model.is_empty() {
            true => "draw them with: hovera plot",
            false => "show the table again with: hovera model",
        };
        Ok(Sink::Journal { journal: Box::new(journal), path, advice })
    }

    /// Ends the file with its rows in the order of the plan, whichever card was done first, and with what this
    /// run has to say. A file that is in order is left alone by a run that has nothing to say.
    pub(super) fn finish(self, plan: &[Point], sessions: Vec<Session>) -> Result<()> {
        match self {
            Sink::Journal { mut journal, .. } => {
                if journal.put_in_order(plan)? || !sessions.is_empty() {
                    journal.finish(sessions)?;
                }
            }
            // What was printed is printed.
            Sink::Stdout(_) => streams::print_rows(&write_trailer(&sessions))?,
        }
        Ok(())
    }

    /// What to do to have the rest measured.
    pub(super) fn go_on(&self, args: &Measuring) -> String {
        match self {
            Sink::Journal { path, .. } => go_on(args, path),
            Sink::Stdout(_) => String::new(),
        }
    }

    /// Where the rows go, in words.
    pub(super) fn place(&self) -> String {
        match self {
            Sink::Journal { path, .. } => shown(path),
            Sink::Stdout(_) => "standard output".to_owned(),
        }
    }

    pub(super) fn whereto(&self) -> String {
        match self {
            Sink::Journal { path, advice, .. } => {
                format!(" -> {}; {advice} {}", shown(path), shell::argument(path))
            }
            Sink::Stdout(_) => String::new(),
        }
    }
}

impl RowSink for Sink {
    type Error = anyhow::Error;

    fn is_done(&self, point: &Point) -> bool {
        match self {
            Sink::Journal { journal, .. } => journal.is_done(point),
            Sink::Stdout(_) => false,
        }
    }

    fn append(&mut self, row: &Row) -> Result<()> {
        match self {
            Sink::Journal { journal, .. } => journal.append(row)?,
            Sink::Stdout(stat) => streams::print_rows(&write_row(row, *stat))?,
        }
        Ok(())
    }

    fn replace(&mut self, row: &Row) -> Result<()> {
        match self {
            Sink::Journal { journal, .. } => Ok(journal.replace(row)?),
            // The summary at the end counts it.
            Sink::Stdout(_) => Ok(()),
        }
    }
}

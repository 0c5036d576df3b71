//! Standard output and standard error: the only place that writes to them.
//!
//! A reader that goes away (`| head`) ends the output and nothing else. A terminal that is lost, or a log on a
//! full disk, takes away what would be said there and no measurement.

#![expect(clippy::disallowed_methods)]

use anyhow::{Context, Result};
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Whoever read standard output has closed it: nobody waits for the rest of a sweep.
#[derive(Debug)]
pub(crate) struct ReaderGone;

impl std::fmt::Display for ReaderGone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("standard output was closed")
    }
}

impl std::error::Error for ReaderGone {}

/// Prints an answer, coloured where standard output takes colour. A reader that has seen enough is no error: the
/// command has done its work.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = anstream::AutoStream::auto(io::stdout());
    done(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Prints a file's bytes as they are; a reader that has seen enough is no error.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<()> {
    done(write(bytes))
}

/// Prints rows of a sweep that goes on; [`ReaderGone`] where nobody reads them any more.
pub(crate) fn print_rows(text: &str) -> Result<()> {
    match write(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        written => written.context(STANDARD_OUTPUT),
    }
}

/// Says something on standard error. Where that cannot be written there is nowhere to say so.
pub(crate) fn say(text: &str) {
    let mut err = anstream::AutoStream::auto(io::stderr());
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// Whether a person may be looking at standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Columns of the terminal that standard output is; none where it is something else.
pub(crate) fn width() -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| columns.into())
}

/// The same of standard error.
pub(crate) fn error_width() -> Option<usize> {
    console::Term::stderr().size_checked().map(|(_, columns)| columns.into())
}

/// Lines and columns of the terminal that standard error is.
pub(crate) fn error_size() -> Option<(u16, u16)> {
    console::Term::stderr().size_checked()
}

/// A text with or without its colours, as standard error takes them.
pub(crate) fn for_standard_error(text: &str) -> String {
    match anstream::AutoStream::choice(&io::stderr()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

const STANDARD_OUTPUT: &str = "standard output: cannot write";

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn done(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context(STANDARD_OUTPUT),
    }
}

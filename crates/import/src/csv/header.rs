//! Where a table's columns are: its header, and headers that come later.

use super::map::{Map, Places};
use crate::account::excerpt;
use crate::error::ImportError;
use ::csv::StringRecord;

/// How many columns a refusal lists.
const LISTED: usize = 40;

/// The search for the header, past what a program printed ahead of it.
pub(super) struct Search<'m> {
    map: &'m Map,
    /// The line that has most of the columns.
    best: Option<(u64, usize, StringRecord)>,
}

impl Search<'_> {
    pub(super) fn new(map: &Map) -> Search<'_> {
        Search { map, best: None }
    }

    /// The places of the columns, where a line has all of them.
    pub(super) fn look_at(&mut self, line: u64, record: &StringRecord) -> Option<Places> {
        if let Ok(places) = Places::locate(self.map, line, record) {
            return Some(places);
        }
        let found = self.map.names().filter(|name| count(record, name) > 0).count();
        if self.best.as_ref().is_none_or(|(_, most, _)| found > *most) {
            self.best = Some((line, found, record.clone()));
        }
        None
    }

    /// Why there is no header: what lacks in the line that is most like one.
    pub(super) fn fail(self, map: &Map, file: &str) -> ImportError {
        let nothing = || ImportError::Nothing { file: file.to_owned(), why: String::new() };
        let Some((line, _, record)) = self.best else { return nothing() };
        match Places::locate(map, line, &record) {
            Err(missing) => missing.error(file, line, &record),
            Ok(_) => nothing(),
        }
    }
}

/// How often a header has a name.
pub(super) fn count(header: &StringRecord, name: &str) -> usize {
    header.iter().filter(|cell| cell.trim() == name).count()
}

/// A column that is not there once.
pub(super) struct Missing {
    pub(super) column: String,
    pub(super) times: &'static str,
}

impl Missing {
    fn error(self, file: &str, line: u64, header: &StringRecord) -> ImportError {
        let has: Vec<_> = header.iter().take(LISTED).map(excerpt).collect();
        let Missing { column, times } = self;
        ImportError::Column { file: file.to_owned(), line, column, times, has: has.join(", ") }
    }
}

impl Places {
    /// The places of the columns by a header in the middle of the table; none where a record is no header.
    ///
    /// # Errors
    /// [`ImportError::SecondHeader`], for a heading that has not the columns of the first: what follows it would be read
    /// by the wrong ones.
    pub(super) fn again(
        &self,
        map: &Map,
        file: &str,
        line: u64,
        record: &StringRecord,
    ) -> Result<Option<Places>, ImportError> {
        if !is_heading(record) {
            return Ok(None);
        }
        match Places::locate(map, line, record) {
            Ok(places) => Ok(Some(places)),
            Err(_) => Err(ImportError::SecondHeader {
                file: file.to_owned(),
                line,
                header: self.line(),
                found: excerpt(&record.iter().collect::<Vec<_>>().join(",")),
            }),
        }
    }
}

/// Whether a record has words and no number: at least two that begin with a letter.
pub(crate) fn is_heading(record: &StringRecord) -> bool {
    let cells = || record.iter().map(str::trim).filter(|cell| !cell.is_empty());
    let is_number = |cell: &str| {
        let digits = cell.trim_start_matches(['-', '+', '.', '(']);
        digits.starts_with(|c: char| c.is_ascii_digit())
            || matches!(cell.to_ascii_lowercase().as_str(), "nan" | "inf")
    };
    cells().filter(|cell| cell.starts_with(char::is_alphabetic)).count() >= 2 && !cells().any(is_number)
}

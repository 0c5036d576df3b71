//! The form that results and readings share: TOML in `#` lines, then CSV.

use crate::results::ROWS_FOR_ALL_CORES;
use crate::results::error::{ResultsError, TornTail};
use crate::results::field::Want;
use crate::results::format::{self, Found, UnknownFormat};
use crate::results::rows::{Row, RowReader};
use crate::words::excerpt::excerpt;
use memchr::memmem;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use serde::de::DeserializeOwned;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// Longest value that an error message repeats, in characters.
const EXCERPT: usize = 60;

/// A file whose front matter is split off and whose header has every column asked for.
pub(crate) struct Table<'a> {
    file: &'a str,
    bytes: &'a [u8],
    front_matter: String,
    header_line: usize,
    /// Where each row begins, and the last one ends.
    rows: Vec<usize>,
    /// Where the last complete line of the rows ends.
    end: usize,
    /// Where `#` lines after the rows begin: the end of the file where there are none.
    trailer: usize,
    /// Each column asked for: its name and its place in a row, none where it is optional and absent.
    columns: Vec<(&'static str, Option<usize>)>,
    /// Fields of a whole row.
    width: usize,
}

impl<'a> Table<'a> {
    pub(crate) fn open(
        file: &'a str,
        bytes: &'a [u8],
        columns: impl Iterator<Item = (&'static str, bool)>,
    ) -> Result<Table<'a>, ResultsError> {
        let not_utf8 = |line| ResultsError::NotUtf8 { file: file.to_owned(), line };
        let mut front_matter = String::new();
        let (mut line, mut offset) = (1, 0);
        let header = loop {
            let Some(length) = bytes[offset..].iter().position(|b| *b == b'\n') else {
                return Err(ResultsError::NoHeader { file: file.to_owned(), line });
            };
            let text = std::str::from_utf8(&bytes[offset..offset + length]).map_err(|_| not_utf8(line))?;
            let text = text.strip_suffix('\r').unwrap_or(text);
            offset += length + 1;
            let Some(comment) = text.strip_prefix('#') else { break text };
            front_matter.push_str(comment.strip_prefix(' ').unwrap_or(comment));
            front_matter.push('\n');
            line += 1;
        };
        if line == 1 {
            return Err(ResultsError::NoFrontMatter { file: file.to_owned() });
        }
        let line_of = |start: usize| 1 + newlines(&front_matter.as_bytes()[..start]);
        format::check(&front_matter).map_err(|UnknownFormat { start, found }| match found {
            Found::Newer(format) => {
                ResultsError::NewerFormat { file: file.to_owned(), line: line_of(start), format }
            }
            Found::NoNumber(format) => {
                let format = excerpt(&format, EXCERPT);
                ResultsError::NoFormat { file: file.to_owned(), line: line_of(start), format }
            }
        })?;
        let mut reader = RowReader::default();
        // Its bytes are text, or else it would have been refused.
        let header = reader.read(header.as_bytes()).map_err(|_| not_utf8(line))?;
        // No row begins with a `#`: it begins with a word.
        let trailer = match bytes[offset..].first() {
            Some(b'#') => offset,
            _ => first_comment(&bytes[offset..]).map_or(bytes.len(), |comment| offset + comment),
        };
        let end = bytes[..trailer].iter().rposition(|b| *b == b'\n').map_or(offset, |newline| newline + 1);
        refuse_rows_after(file, bytes, trailer)?;
        let columns = locate(file, line, header, columns)?;
        let width = header.len();
        let starts = reader.starts(&bytes[offset..end]).into_iter();
        let rows = starts.map(|start| offset + start).chain([end]).collect();
        Ok(Table { file, bytes, front_matter, header_line: line, rows, end, trailer, columns, width })
    }

    /// The front matter as a value.
    pub(crate) fn front_matter<T: DeserializeOwned>(&self) -> Result<T, ResultsError> {
        toml::from_str(&self.front_matter).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            self.wrong_front_matter(start, error.message().replace('\n', ", "))
        })
    }

    /// An error about what stands at a byte of the front matter's TOML.
    pub(crate) fn wrong_front_matter(&self, start: usize, reason: String) -> ResultsError {
        let line = 1 + newlines(&self.front_matter.as_bytes()[..start]);
        ResultsError::FrontMatter { file: self.file.to_owned(), line, reason }
    }

    /// An error about a power limit, with the line where that stands.
    pub(crate) fn wrong_power_limit(&self, watt: f64, reason: String) -> ResultsError {
        let says = |line: &str| {
            let limit = line.strip_prefix("power_limit").and_then(|rest| rest.split_once('='));
            limit.and_then(|(_, value)| value.trim().replace('_', "").parse().ok()) == Some(watt)
        };
        let place = self.front_matter.lines().position(says);
        let line = place.map_or_else(|| self.last_front_matter_line(), |place| place + 1);
        ResultsError::FrontMatter { file: self.file.to_owned(), line, reason }
    }

    pub(crate) fn last_front_matter_line(&self) -> usize {
        self.header_line - 1
    }

    pub(crate) fn file(&self) -> &str {
        self.file
    }

    /// Takes every whole row through `read`, on all cores, and tells of a row that the file's end cuts off.
    ///
    /// # Errors
    /// Of the first row that cannot be read, whichever is met first.
    pub(crate) fn read_rows<T: Clone + Send + Sync>(
        &self,
        read: impl Fn(&Fields<'_>) -> Result<T, Wanted> + Sync,
    ) -> Result<(Vec<T>, Option<TornTail>), ResultsError> {
        let count = self.rows.len() - 1;
        let tail = (self.end < self.trailer).then(|| self.torn_at(self.end));
        if count == 0 {
            return Ok((Vec::new(), tail));
        }
        let first = match self.read_row(&mut RowReader::default(), 0, &read) {
            Ok(first) => first,
            Err(misread) => return self.end_at(0, misread).map(|torn| (Vec::new(), Some(torn))),
        };
        let misread = Mutex::new(None);
        let read_row = |reader: &mut RowReader, place: usize| {
            self.read_row(reader, place, &read).unwrap_or_else(|why| {
                let mut misread = misread.lock().unwrap_or_else(PoisonError::into_inner);
                if misread.as_ref().is_none_or(|(least, _)| place < *least) {
                    *misread = Some((place, why));
                }
                // Any row will do: it does not count.
                first.clone()
            })
        };
        let mut rows = Vec::new();
        if count < ROWS_FOR_ALL_CORES {
            let mut reader = RowReader::default();
            rows.extend((0..count).map(|place| read_row(&mut reader, place)));
        } else {
            (0..count).into_par_iter().map_init(RowReader::default, read_row).collect_into_vec(&mut rows);
        }
        let Some((place, why)) = misread.into_inner().unwrap_or_else(PoisonError::into_inner) else {
            return Ok((rows, tail));
        };
        rows.truncate(place);
        self.end_at(place, why).map(|torn| (rows, Some(torn)))
    }

    fn read_row<T>(
        &self,
        reader: &mut RowReader,
        place: usize,
        read: impl Fn(&Fields<'_>) -> Result<T, Wanted>,
    ) -> Result<T, Misread> {
        let text = &self.bytes[self.rows[place]..self.rows[place + 1]];
        let row = reader.read(text).map_err(|_| Misread::NotUtf8)?;
        if row.len() != self.width {
            return Err(Misread::FieldCount(row.len()));
        }
        let fields = Fields { columns: &self.columns, row };
        read(&fields).map_err(|Wanted { column, want }| Misread::Value {
            column,
            value: excerpt(fields.get(column), EXCERPT),
            want,
        })
    }

    /// What is wrong where the rows that can be read end: that the file ends there, or an error.
    fn end_at(&self, place: usize, misread: Misread) -> Result<TornTail, ResultsError> {
        let start = self.rows[place];
        let (file, line) = (self.file.to_owned(), self.line(start));
        Err(match misread {
            Misread::NotUtf8 => ResultsError::NotUtf8 { file, line },
            Misread::FieldCount(fields) if fields < self.width && self.is_last_line(start) => {
                return Ok(self.torn_at(start));
            }
            Misread::FieldCount(fields) => ResultsError::FieldCount { file, line, fields, want: self.width },
            Misread::Value { column, value, want } => {
                let field = self.columns[column].0.to_owned();
                ResultsError::Value { file, line, field, value, want: want.into_owned() }
            }
        })
    }

    /// The document after the rows as a value, the default where there is none; or, when it was cut in
    /// the middle, where it begins.
    pub(crate) fn trailer<T: DeserializeOwned + Default>(&self) -> Result<T, TornTail> {
        let torn = || self.torn_at(self.trailer);
        let text = std::str::from_utf8(&self.bytes[self.trailer..]).map_err(|_| torn())?;
        if text.is_empty() {
            return Ok(T::default());
        }
        if !text.ends_with('\n') {
            return Err(torn());
        }
        let mut document = String::new();
        for line in text.lines() {
            let comment = line.trim_start_matches('#');
            document.push_str(comment.strip_prefix(' ').unwrap_or(comment));
            document.push('\n');
        }
        toml::from_str(&document).map_err(|_| torn())
    }

    /// The line of a row, counted from 1; rows are counted from 0.
    pub(crate) fn line_of_row(&self, row: usize) -> usize {
        self.line(self.rows[row])
    }

    /// Skips the empty lines that the reader of rows skips.
    fn after_empty_lines(&self, start: usize) -> usize {
        start + self.bytes[start..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count()
    }

    fn is_last_line(&self, start: usize) -> bool {
        newlines(&self.bytes[start..self.end]) == 1
    }

    fn torn_at(&self, start: usize) -> TornTail {
        TornTail { line: self.line(start), byte_offset: self.after_empty_lines(start) as u64 }
    }

    fn line(&self, start: usize) -> usize {
        1 + newlines(&self.bytes[..self.after_empty_lines(start)])
    }
}

/// Where the first line behind another begins that is a comment: looked for on all cores.
fn first_comment(bytes: &[u8]) -> Option<usize> {
    const PIECE: usize = 1 << 20;
    let piece = |piece: usize| {
        // The `#` may be the first byte of the next piece.
        let (begin, end) = (piece * PIECE, bytes.len().min((piece + 1) * PIECE + 1));
        memmem::find(&bytes[begin..end], b"\n#").map(|newline| begin + newline + 1)
    };
    match bytes.len() <= PIECE {
        true => piece(0),
        false => (0..bytes.len().div_ceil(PIECE)).into_par_iter().find_map_first(piece),
    }
}

/// Once a `#` line has ended the rows there are no more: whoever cuts off what follows them must not
/// lose any.
fn refuse_rows_after(file: &str, bytes: &[u8], trailer: usize) -> Result<(), ResultsError> {
    let stray =
        bytes[trailer..].split(|b| *b == b'\n').position(|line| !matches!(line, [] | [b'\r'] | [b'#', ..]));
    match stray {
        None => Ok(()),
        Some(lines) => {
            let line = 1 + newlines(&bytes[..trailer]) + lines;
            Err(ResultsError::RowAfterTrailer { file: file.to_owned(), line })
        }
    }
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b == b'\n').count()
}

/// The place of each column in the header.
fn locate(
    file: &str,
    line: usize,
    header: Row<'_>,
    columns: impl Iterator<Item = (&'static str, bool)>,
) -> Result<Vec<(&'static str, Option<usize>)>, ResultsError> {
    let mut located = Vec::new();
    let mut missing = Vec::new();
    for (column, optional) in columns {
        let mut places = (0..header.len()).filter(|place| header.get(*place) == Some(column));
        match (places.next(), places.next()) {
            (Some(place), None) => located.push((column, Some(place))),
            (None, _) if optional => located.push((column, None)),
            (None, _) => missing.push(column),
            (Some(_), Some(_)) => {
                let column = column.to_owned();
                return Err(ResultsError::RepeatedColumn { file: file.to_owned(), line, column });
            }
        }
    }
    if missing.is_empty() {
        return Ok(located);
    }
    Err(ResultsError::MissingColumns { file: file.to_owned(), line, columns: missing.join(", ") })
}

/// One row, by column.
pub(crate) struct Fields<'a> {
    columns: &'a [(&'static str, Option<usize>)],
    row: Row<'a>,
}

impl Fields<'_> {
    /// The text in the column that was asked for as number `column`; empty where the file lacks it.
    pub(crate) fn get(&self, column: usize) -> &str {
        self.columns[column].1.and_then(|place| self.row.get(place)).unwrap_or_default()
    }
}

/// What would have to stand in the column that was asked for as number `column`.
pub(crate) struct Wanted {
    column: usize,
    want: Want,
}

impl Wanted {
    pub(crate) fn new(column: usize, want: impl Into<Want>) -> Wanted {
        Wanted { column, want: want.into() }
    }
}

/// Why a row is none.
enum Misread {
    NotUtf8,
    FieldCount(usize),
    Value { column: usize, value: String, want: Want },
}

/// The lines that hold a TOML document ahead of a header.
pub(crate) fn commented(toml: &str) -> String {
    let mut lines = String::with_capacity(toml.len() + 256);
    for line in toml.lines() {
        let written = if line.is_empty() { writeln!(lines, "#") } else { writeln!(lines, "# {line}") };
        written.expect("a String takes any text");
    }
    lines
}

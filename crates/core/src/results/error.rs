//! Why a file of results or readings was refused.

use crate::results::format::FORMAT;

/// Why a file of results or readings was refused. Every message starts with `file:line:` and says what
/// would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// The file does not begin with its conditions.
    #[error("{file}:1: no front matter: want lines that start with `# ` and hold TOML ahead of the header")]
    NoFrontMatter {
        /// The file.
        file: String,
    },
    /// The front matter is not the TOML document that it should be.
    #[error("{file}:{line}: front matter: {reason}")]
    FrontMatter {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What the TOML reader says.
        reason: String,
    },
    /// A program that came after this one wrote it.
    #[error(
        "{file}:{line}: format = {format}: written by a newer hovera: want format {FORMAT}, or a hovera that reads format {format}"
    )]
    NewerFormat {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// Its format.
        format: i64,
    },
    /// A format number that no program writes.
    #[error("{file}:{line}: format = {format}: want {FORMAT}, or no format at all in an older file")]
    NoFormat {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What stands there.
        format: String,
    },
    /// The front matter lists no card.
    #[error("{file}:{line}: the front matter ends without a [[device]]: want one for each card")]
    NoDevice {
        /// The file.
        file: String,
        /// The last line of the front matter, counted from 1.
        line: usize,
    },
    /// The file ends before the header line is complete.
    #[error("{file}:{line}: the file ends before its header line does: want the column names")]
    NoHeader {
        /// The file.
        file: String,
        /// Where the file ends, counted from 1.
        line: usize,
    },
    /// The header lacks columns.
    #[error("{file}:{line}: missing column {columns}: want it in the header")]
    MissingColumns {
        /// The file.
        file: String,
        /// The header line, counted from 1.
        line: usize,
        /// The names that are missing, comma-separated.
        columns: String,
    },
    /// The header has a column twice.
    #[error("{file}:{line}: column {column} is there twice: want it once")]
    RepeatedColumn {
        /// The file.
        file: String,
        /// The header line, counted from 1.
        line: usize,
        /// The name.
        column: String,
    },
    /// A line that is not text.
    #[error("{file}:{line}: not UTF-8: want UTF-8 text")]
    NotUtf8 {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
    },
    /// A row with more or fewer fields than the header.
    #[error("{file}:{line}: {fields} fields: want {want}, as the header has")]
    FieldCount {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// How many there are.
        fields: usize,
        /// How many the header has.
        want: usize,
    },
    /// A row below the lines that end the rows.
    #[error("{file}:{line}: not a `#` line: want none but those after the first that follows a row")]
    RowAfterTrailer {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
    },
    /// A value that cannot be.
    #[error("{file}:{line}: {field} = {value:?}: want {want}")]
    Value {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// The column.
        field: String,
        /// What stands there.
        value: String,
        /// What would be right.
        want: String,
    },
    /// Two rows about the same thing.
    #[error("{file}:{line}: the same {what} as on line {first_line}: want each once")]
    Duplicate {
        /// The file.
        file: String,
        /// The second row's line, counted from 1.
        line: usize,
        /// The first row's line, counted from 1.
        first_line: usize,
        /// What is the same.
        what: &'static str,
    },
    /// The file was cut in the middle of its last row.
    #[error(
        "{file}:{}: the last row, or what follows it, is cut off: want the file to end at byte {}, where its last whole row does; \
         where an editor only took the last line break away, add it again",
        .tail.line, .tail.byte_offset
    )]
    Torn {
        /// The file.
        file: String,
        /// The part of a row that is there.
        tail: TornTail,
    },
}

/// The part of a row at the end of a file whose writer was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TornTail {
    /// Its line, counted from 1.
    pub line: usize,
    /// Where it begins and the last whole row ends: cut here, and the file is whole.
    pub byte_offset: u64,
}

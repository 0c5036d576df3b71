//! The number of the form that results and readings are written in.

use serde::Deserialize;
use toml::{Spanned, Value};

/// What this program writes, and the newest that it reads. It grows when a program that knows the form before
/// would misread a file; a column more, which readers skip, is no reason. Files without a number are older than
/// the first.
pub const FORMAT: u32 = 1;

/// A number that cannot be read.
pub(super) struct UnknownFormat {
    /// Where it stands in the front matter, in bytes.
    pub(super) start: usize,
    pub(super) found: Found,
}

pub(super) enum Found {
    Newer(i64),
    NoNumber(String),
}

#[derive(Deserialize)]
struct Numbered {
    format: Option<Spanned<Value>>,
}

/// Looks for the number in a front matter, before anything else of the file is taken for what it was in the
/// form that this program knows. What is no TOML at all is for the reader of the whole document to say.
pub(super) fn check(front_matter: &str) -> Result<(), UnknownFormat> {
    let Ok(Numbered { format: Some(format) }) = toml::from_str(front_matter) else { return Ok(()) };
    let start = format.span().start;
    let found = match format.into_inner() {
        Value::Integer(number) if (1..=FORMAT.into()).contains(&number) => return Ok(()),
        Value::Integer(number) if number > FORMAT.into() => Found::Newer(number),
        other => Found::NoNumber(other.to_string()),
    };
    Err(UnknownFormat { start, found })
}

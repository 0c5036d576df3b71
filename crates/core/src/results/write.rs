//! Results as text, a row at a time.

use crate::results::columns::Column;
use crate::results::field::Value;
use crate::results::format::FORMAT;
use crate::results::front_matter::FrontMatter;
use crate::results::row::Row;
use crate::results::session::{Session, Trailer};
use crate::results::table::commented;
use crate::shape::vocabulary::Stat;
use std::borrow::Cow;
use std::fmt::Write;

/// What precedes the rows of a results file: the [format number](FORMAT) and the front matter as `# ` lines that
/// hold one TOML document, and the line of column names.
#[must_use]
pub fn write_header(front_matter: &FrontMatter) -> String {
    write_header_after(front_matter, &[])
}

/// [`write_header`] of a file that is being continued: what its earlier runs had to say at their ends waits
/// in the front matter while rows are appended, so that a kill does not lose it.
#[must_use]
pub fn write_header_after(front_matter: &FrontMatter, sessions: &[Session]) -> String {
    let toml = toml::to_string(front_matter).expect("strings, numbers and tables are TOML");
    let mut header = format!("# format = {FORMAT}\n") + &commented(&toml) + &write_trailer(sessions);
    let names: Vec<&str> = Column::all().iter().map(Column::name).collect();
    header.push_str(&names.join(","));
    header.push('\n');
    header
}

/// One row as a line with its line break: what a journal appends.
///
/// Numbers have every digit that it takes to read back the same number. In texts (`throttle`, the
/// kernel columns, `note`) each control character becomes a space and each `#` a `_`: a line break
/// would end the row, and readers like pandas (`comment="#"`) would end the line at a `#`. One that a
/// spreadsheet would take for a formula gets a `'` in front. An absent
/// text and an empty one are the same. Only `ok` and `noisy` rows have times; `stat`, which the file's
/// front matter names, is the one that `tflops` is by.
#[must_use]
pub fn write_row(row: &Row, stat: Stat) -> String {
    let mut line = String::with_capacity(400);
    for column in Column::all() {
        write_value(&mut line, column.get(row, stat));
        line.push(',');
    }
    line.pop();
    line.push('\n');
    line
}

/// What follows the rows of a results file whose runs came to an end: `# ` lines that hold one TOML
/// document, a `[[session]]` for each run.
#[must_use]
pub fn write_trailer(sessions: &[Session]) -> String {
    if sessions.is_empty() {
        return String::new();
    }
    let trailer = Trailer { session: sessions.to_vec() };
    commented(&toml::to_string(&trailer).expect("strings, numbers and tables are TOML"))
}

fn write_value(line: &mut String, value: Value<'_>) {
    let Value::Text(text) = value else {
        write!(line, "{value}").expect("a String takes any text");
        return;
    };
    let clean = clean_text(text);
    if clean.contains([',', '"']) {
        write!(line, "\"{}\"", clean.replace('"', "\"\"")).expect("a String takes any text");
    } else {
        line.push_str(&clean);
    }
}

/// A text as [`write_row`] writes it, and as who reads the file has it.
#[must_use]
pub fn clean_text(text: &str) -> Cow<'_, str> {
    // A spreadsheet would run what begins with one of these.
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@']);
    if !is_formula && !text.contains(|c: char| c == '#' || c.is_control()) {
        return Cow::Borrowed(text);
    }
    is_formula
        .then_some('\'')
        .into_iter()
        .chain(text.chars())
        .map(|c| match c {
            '#' => '_',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_no_formula_of_a_spreadsheet() {
        for formula in ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"] {
            let written = clean_text(formula).into_owned();
            assert!(written.starts_with('\''), "{written}");
            // Written again it is the same.
            assert_eq!(clean_text(&written), written);
        }
        assert_eq!(clean_text("clock fell - twice, =1"), "clock fell - twice, =1");
        assert_eq!(clean_text("'quoted'"), "'quoted'");
    }
}

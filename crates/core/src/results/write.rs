//! Results as text, a row at a time.

use crate::results::ROWS_FOR_ALL_CORES;
use crate::results::columns::Column;
use crate::results::field::Value;
use crate::results::format::FORMAT;
use crate::results::front_matter::FrontMatter;
use crate::results::row::Row;
use crate::results::session::{Session, Trailer};
use crate::results::table::commented;
use crate::shape::vocabulary::Stat;
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;
use std::borrow::Cow;
use std::fmt::Write;

/// About as many bytes as a row takes.
const LINE: usize = 400;

/// So many rows are written by one core in one go.
const ROWS_OF_A_CORE: usize = 1 << 11;

/// So many are written before they are put together: beside the file there is not a second one in memory.
const ROWS_AT_ONCE: usize = 1 << 16;

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
    let mut line = String::with_capacity(LINE);
    append_row(&mut line, row, stat);
    line
}

/// Rows as lines, by all cores where there are many.
pub(super) fn append_rows(text: &mut String, rows: &[Row], stat: Stat) {
    if rows.len() < ROWS_FOR_ALL_CORES {
        return rows.iter().for_each(|row| append_row(text, row, stat));
    }
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let parts = rows.par_chunks(ROWS_OF_A_CORE).map(|rows| {
            let mut part = String::with_capacity(rows.len() * LINE);
            rows.iter().for_each(|row| append_row(&mut part, row, stat));
            part
        });
        parts.collect::<Vec<String>>().iter().for_each(|part| text.push_str(part));
    }
}

fn append_row(text: &mut String, row: &Row, stat: Stat) {
    for (place, column) in Column::all().iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        append_value(text, column.get(row, stat));
    }
    text.push('\n');
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

/// In a fraction of the time that `Value` takes to be displayed; texts so that they stay one field.
fn append_value(line: &mut String, value: Value<'_>) {
    match value {
        Value::Empty => {}
        Value::Word(word) => line.push_str(word),
        Value::Count(count) => match u64::try_from(count) {
            Ok(count) => line.push_str(itoa::Buffer::new().format(count)),
            Err(_) => line.push_str(itoa::Buffer::new().format(count)),
        },
        Value::Float(number) => append_float(line, number),
        Value::Text(text) => append_text(line, text),
    }
}

/// The fewest digits that read back as the same number, never with an exponent. Where two such texts are as near to
/// it, this can be the other one than `Display` takes.
fn append_float(line: &mut String, number: f64) {
    let mut buffer = zmij::Buffer::new();
    let digits = buffer.format(number);
    if number.is_finite() && !digits.contains('e') {
        line.push_str(digits.strip_suffix(".0").unwrap_or(digits));
    } else {
        write!(line, "{number}").expect("a String takes any text");
    }
}

fn append_text(line: &mut String, text: &str) {
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
    use proptest::prelude::*;

    fn written(value: Value<'_>) -> String {
        let mut line = String::new();
        append_value(&mut line, value);
        line
    }

    #[test]
    fn a_number_of_any_size_is_written_without_an_exponent() {
        assert_eq!(written(Value::Float(1e23)), "100000000000000000000000");
        assert_eq!(written(Value::Float(-2.5e-7)), "-0.00000025");
        assert_eq!(written(Value::Float(655.0)), "655");
        // The same number as ….63: it is in the middle between both.
        assert_eq!(written(Value::Float(246_685_893_663_388.63)), "246685893663388.62");
        assert_eq!(written(Value::Count(u128::MAX)), u128::MAX.to_string());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]
        #[test]
        fn a_number_is_read_back_and_is_as_short_as_it_can_be(
            bits in any::<u64>(), near in -1e9f64..1e9, whole in any::<i32>()
        ) {
            let any = f64::from_bits(bits);
            for number in [any, near, whole.into(), f64::from(whole) / 1000.0] {
                let text = written(Value::Float(number));
                prop_assert_eq!(text.len(), number.to_string().len(), "{}", text);
                prop_assert!(text.parse::<f64>().unwrap() == number || number.is_nan(), "{}", text);
            }
        }

        #[test]
        fn a_count_has_all_its_digits(count in any::<u128>(), by in 0u32..128) {
            prop_assert_eq!(written(Value::Count(count >> by)), (count >> by).to_string());
        }
    }

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

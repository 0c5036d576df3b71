//! Columns and axes that nothing says the meaning of.
//!
//! One that is the same in all measurements is a fact of them all, which their notes keep. One that differs would make
//! different measurements look alike, so that the file is refused.

use crate::account::excerpt;
use crate::error::ImportError;

/// What a measurement has in a column where it has nothing of its own there: a result of the operands' type, or rows as
/// long as the matrix. If all have that there is nothing to note.
pub(crate) const PLAIN: &str = "as usual";

/// How many of them a refusal names.
const NAMED: usize = 12;

/// What is in those columns, as far as measurements were taken.
#[derive(Debug, Default)]
pub(crate) struct Unmapped {
    columns: Vec<Column>,
    /// How many measurements were taken.
    measurements: u64,
}

#[derive(Debug)]
struct Column {
    name: String,
    first: (u64, String),
    other: Option<(u64, String)>,
    /// In how many measurements it was there.
    times: u64,
}

impl Unmapped {
    /// Takes what a measurement has in such columns. `place` is its line or number.
    pub(crate) fn take<'m>(&mut self, place: u64, columns: impl Iterator<Item = (&'m str, &'m str)>) {
        self.measurements += 1;
        columns.for_each(|(name, value)| self.see(name, place, value));
    }

    fn see(&mut self, name: &str, place: u64, value: &str) {
        let value = value.trim();
        let known = self.columns.iter_mut().find(|column| column.name == name);
        if let Some(column) = known {
            column.times += 1;
            if column.other.is_none() && column.first.1 != value {
                column.other = Some((place, value.to_owned()));
            }
            return;
        }
        let first = (place, value.to_owned());
        self.columns.push(Column { name: name.to_owned(), first, other: None, times: 1 });
    }

    /// # Errors
    /// [`ImportError::Varies`], with every column that differs and how to say what it is.
    pub(crate) fn refuse(&self, file: &str, ways: &'static str) -> Result<(), ImportError> {
        let told = |column: &Column| {
            let shown = |value: &str| if value.is_empty() { "nothing".to_owned() } else { excerpt(value) };
            let (name, first, line) = (excerpt(&column.name), shown(&column.first.1), column.first.0);
            match &column.other {
                Some((place, value)) => {
                    Some(format!("{name:?} ({first} at {line}, {} at {place})", shown(value)))
                }
                None if column.times < self.measurements && column.first.1 != PLAIN => {
                    Some(format!("{name:?} ({first} at {line}, no such column elsewhere)"))
                }
                None => None,
            }
        };
        let told: Vec<String> = self.columns.iter().filter_map(told).collect();
        if told.is_empty() {
            return Ok(());
        }
        let more =
            if told.len() > NAMED { format!(" and {} more", told.len() - NAMED) } else { String::new() };
        let columns = told[..told.len().min(NAMED)].join(", ") + &more;
        Err(ImportError::Varies { file: file.to_owned(), columns, ways })
    }

    /// What all measurements have in common: `bias = False; alpha = 1`.
    pub(crate) fn note(&self) -> String {
        let tells = |column: &&Column| !["", PLAIN].contains(&column.first.1.as_str());
        let same = self.columns.iter().filter(|column| column.other.is_none()).filter(tells);
        let same = same.map(|column| format!("{} = {}", excerpt(&column.name), excerpt(&column.first.1)));
        same.collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_a_note_and_what_differs_is_refused_by_name() {
        let mut unmapped = Unmapped::default();
        for (place, kernel) in [(2, "naive"), (3, "naive"), (4, "cublas"), (5, "third")] {
            unmapped.take(
                place,
                [("bias", " False "), ("empty", ""), ("d_type", PLAIN), ("kernel", kernel)].into_iter(),
            );
        }
        assert_eq!(unmapped.note(), "bias = False");
        let error = unmapped.refuse("t.csv", "say what it is").unwrap_err().to_string();
        assert_eq!(
            error,
            "t.csv: nothing says what \"kernel\" (naive at 2, cublas at 4) is, which differs between \
             measurements: say what it is"
        );
        let mut same = Unmapped::default();
        same.take(2, [("bias", "x"), ("lda", PLAIN)].into_iter());
        assert!(same.refuse("t.csv", "").is_ok());
        // Where it is not there, it is another.
        same.take(3, std::iter::empty());
        let error = same.refuse("t.csv", "").unwrap_err().to_string();
        assert!(error.contains("what \"bias\" (x at 2, no such column elsewhere) is"), "{error}");
    }
}

//! What is to be known of one column, as the type that holds its value says it.

use crate::words::shared::SharedText;
use crate::words::text_enum::UnknownWord;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// What a column holds in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Value<'r> {
    /// Nothing: the column does not apply, or is not known.
    Empty,
    /// One of a few words.
    Word(&'static str),
    /// A whole number.
    Count(u128),
    /// Any number.
    Float(f64),
    /// Free text, as it is in the row: a file has it [cleaned](crate::write_row).
    Text(&'r str),
}

impl fmt::Display for Value<'_> {
    /// Numbers with every digit that it takes to read back the same number; nothing for nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Value::Empty => Ok(()),
            Value::Word(word) => f.write_str(word),
            // Twice as fast as 128 bits.
            Value::Count(count) => match u64::try_from(count) {
                Ok(count) => fmt::Display::fmt(&count, f),
                Err(_) => fmt::Display::fmt(&count, f),
            },
            Value::Float(number) => fmt::Display::fmt(&number, f),
            Value::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Value::Empty => serializer.serialize_none(),
            Value::Word(text) | Value::Text(text) => serializer.serialize_str(text),
            Value::Count(count) => match u64::try_from(count) {
                Ok(count) => serializer.serialize_u64(count),
                Err(_) => serializer.serialize_u128(count),
            },
            Value::Float(number) => serializer.serialize_f64(number),
        }
    }
}

/// What a field would have to be.
pub(crate) type Want = Cow<'static, str>;

/// One column of those whose values a `T` holds. They are read into a `D`, which is a `T` in the making.
pub(crate) struct Field<T: 'static, D: 'static = T> {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) doc: &'static str,
    /// The format that it came with; 0 for the files without a format number.
    pub(crate) since: u32,
    /// Whether a file may lack it.
    pub(crate) optional: bool,
    /// Whether it can be empty, and nothing is read then.
    pub(crate) blank: bool,
    pub(crate) get: fn(&T) -> Value<'_>,
    pub(crate) origin: Origin<T, D>,
}

/// How a column's value comes out of a file.
pub(crate) enum Origin<T: 'static, D: 'static> {
    /// It is read.
    Stored(fn(&mut D, &str) -> Result<(), Want>),
    /// The rest of the row determines it: what the file says is compared. With why it must be that.
    Derived(fn(&T) -> String),
}

impl<T, D> Field<T, D> {
    pub(crate) const fn stored(
        name: &'static str,
        unit: &'static str,
        doc: &'static str,
        get: fn(&T) -> Value<'_>,
        set: fn(&mut D, &str) -> Result<(), Want>,
    ) -> Field<T, D> {
        Field { name, unit, doc, since: 0, optional: false, blank: false, get, origin: Origin::Stored(set) }
    }

    pub(crate) const fn derived(
        name: &'static str,
        unit: &'static str,
        doc: &'static str,
        get: fn(&T) -> Value<'_>,
        why: fn(&T) -> String,
    ) -> Field<T, D> {
        Field { name, unit, doc, since: 0, optional: false, blank: true, get, origin: Origin::Derived(why) }
    }

    /// The same, which can be empty.
    pub(crate) const fn or_blank(self) -> Field<T, D> {
        Field { blank: true, ..self }
    }

    /// The same as it came with a format, after the first columns: older files lack it, and those of that
    /// format may. What is lacking is empty.
    pub(crate) const fn since(self, format: u32) -> Field<T, D> {
        Field { since: format, optional: true, blank: true, ..self }
    }
}

/// A column that holds a field of a struct under that field's name, or is empty: `stored!(Kernel.waves, "", "Waves.")`.
/// With `as` under another name, with a function at the end read by that.
macro_rules! stored {
    ($type:ident . $field:ident, $unit:literal, $doc:literal $(, $read:path)?) => {
        $crate::results::field::stored!($type.$field as stringify!($field), $unit, $doc $(, $read)?)
    };
    ($type:ident . $field:ident as $name:expr, $unit:literal, $doc:literal) => {
        $crate::results::field::stored!($type.$field as $name, $unit, $doc, $crate::results::field::Cell::read)
    };
    ($type:ident . $field:ident as $name:expr, $unit:literal, $doc:literal, $read:path) => {
        $crate::results::field::Field::<$type>::stored(
            $name,
            $unit,
            $doc,
            |held| $crate::results::field::Cell::value(&held.$field),
            |held, text| $read(&mut held.$field, text),
        )
        .or_blank()
    };
}
pub(crate) use stored;

/// A type of a value: how it is written and read.
pub(crate) trait Cell {
    fn value(&self) -> Value<'_>;

    /// Reads what is not empty.
    ///
    /// # Errors
    /// What would be right.
    fn read(&mut self, text: &str) -> Result<(), Want>;
}

/// What can be read and is legal.
fn read_number<T: FromStr>(
    cell: &mut Option<T>,
    text: &str,
    legal: impl Fn(&T) -> bool,
    want: &'static str,
) -> Result<(), Want> {
    *cell = Some(text.parse().ok().filter(legal).ok_or(want)?);
    Ok(())
}

impl Cell for Option<f64> {
    fn value(&self) -> Value<'_> {
        self.map_or(Value::Empty, Value::Float)
    }

    fn read(&mut self, text: &str) -> Result<(), Want> {
        let legal = |x: &f64| x.is_finite() && *x >= 0.0;
        read_number(self, text, legal, "a finite number, 0 or more, or nothing")
    }
}

/// Reads a number that cannot be 0.
pub(crate) fn above_zero(cell: &mut Option<f64>, text: &str) -> Result<(), Want> {
    read_number(cell, text, |x| x.is_finite() && *x > 0.0, "a finite number above 0")
}

/// Reads how many there were of what cannot be none.
pub(crate) fn at_least_one(cell: &mut Option<u32>, text: &str) -> Result<(), Want> {
    read_number(cell, text, |count| *count > 0, "how many launches were timed, 1 or more, or nothing")
}

impl Cell for Option<u32> {
    fn value(&self) -> Value<'_> {
        self.map_or(Value::Empty, |count| Value::Count(count.into()))
    }

    fn read(&mut self, text: &str) -> Result<(), Want> {
        read_number(self, text, |_| true, "an integer, 0 or more, or nothing")
    }
}

impl Cell for Option<u64> {
    fn value(&self) -> Value<'_> {
        self.map_or(Value::Empty, |count| Value::Count(count.into()))
    }

    fn read(&mut self, text: &str) -> Result<(), Want> {
        read_number(self, text, |_| true, "an integer, 0 or more, or nothing")
    }
}

impl Cell for Option<SharedText> {
    fn value(&self) -> Value<'_> {
        self.as_deref().map_or(Value::Empty, Value::Text)
    }

    fn read(&mut self, text: &str) -> Result<(), Want> {
        *self = Some(SharedText::met(text));
        Ok(())
    }
}

/// Reads one of a few words.
pub(crate) fn read_word<T: FromStr<Err = UnknownWord>>(cell: &mut Option<T>, text: &str) -> Result<(), Want> {
    *cell = Some(text.parse().map_err(|unknown: UnknownWord| Want::from(unknown.choices))?);
    Ok(())
}

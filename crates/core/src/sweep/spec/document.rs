//! A spec as TOML that knows on which line everything stands.

use super::error::SpecError;
use crate::words::excerpt::excerpt;
use crate::words::nearest_word::nearest_word;
use crate::words::text_enum::UnknownWord;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Longest value that an error message repeats, in characters.
const EXCERPT: usize = 60;

/// The text of a spec and what to call it in errors.
#[derive(Clone, Copy)]
pub(super) struct SpecText<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl<'a> SpecText<'a> {
    pub(super) fn parse(self) -> Result<Spanned<DeTable<'a>>, SpecError> {
        DeTable::parse(self.text).map_err(|error| SpecError::Syntax {
            file: self.file.to_owned(),
            line: self.line(error.span().map_or(0, |span| span.start)),
            reason: error.message().replace('\n', ", "),
        })
    }

    /// The line of a byte, counted from 1.
    fn line(self, byte: usize) -> usize {
        1 + self.text.bytes().take(byte).filter(|b| *b == b'\n').count()
    }

    /// A value as the file spells it, on one line and not too long.
    fn excerpt(self, span: Range<usize>) -> String {
        let spelt = self.text.get(span).unwrap_or_default();
        excerpt(spelt, EXCERPT).replace(char::is_control, " ")
    }
}

/// One table of a spec.
pub(super) struct Section<'a> {
    source: SpecText<'a>,
    table: &'a DeTable<'a>,
    /// What precedes a key's name in errors: nothing, or the table and a dot.
    prefix: String,
    line: usize,
}

impl<'a> Section<'a> {
    /// The whole document.
    pub(super) fn root(source: SpecText<'a>, document: &'a Spanned<DeTable<'a>>) -> Section<'a> {
        Section { source, table: document.get_ref(), prefix: String::new(), line: 1 }
    }

    /// # Errors
    /// [`SpecError::UnknownKey`] for the first key, by line, that is not in `known`.
    pub(super) fn refuse_unknown(&self, known: &[&'static str]) -> Result<(), SpecError> {
        let unknown = self
            .table
            .iter()
            .map(|(key, _)| key)
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        let Some(key) = unknown else { return Ok(()) };
        Err(SpecError::UnknownKey {
            file: self.source.file.to_owned(),
            line: self.source.line(key.span().start),
            key: format!("{}{}", self.prefix, key.get_ref().escape_debug()),
            suggestion: nearest_word(key.get_ref(), known.iter().copied()),
            known: known.join(", "),
        })
    }

    /// The line that it begins on, counted from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        let value = self.table.get(key)?;
        Some(Field { source: self.source, name: format!("{}{key}", self.prefix), value })
    }

    /// # Errors
    /// [`SpecError::Missing`] when the key is not there.
    pub(super) fn require(&self, key: &str, want: &str) -> Result<Field<'a>, SpecError> {
        self.get(key).ok_or_else(|| SpecError::Missing {
            file: self.source.file.to_owned(),
            line: self.line,
            field: format!("{}{key}", self.prefix),
            want: want.to_owned(),
        })
    }
}

/// One value of a spec with its name and place.
pub(super) struct Field<'a> {
    source: SpecText<'a>,
    name: String,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Field<'a> {
    /// The line it stands on, counted from 1.
    pub(super) fn line(&self) -> usize {
        self.source.line(self.value.span().start)
    }

    /// The value as the file spells it.
    pub(super) fn spelt(&self) -> String {
        self.source.excerpt(self.value.span())
    }

    /// An error about this value.
    pub(super) fn wants(&self, want: impl Into<String>) -> SpecError {
        SpecError::Value {
            file: self.source.file.to_owned(),
            line: self.line(),
            field: self.name.clone(),
            value: self.spelt(),
            want: want.into(),
        }
    }

    /// An error about a value that this item repeats.
    pub(super) fn repeats(&self, value: impl Display, first: &Field<'_>) -> SpecError {
        SpecError::Duplicate {
            file: self.source.file.to_owned(),
            line: self.line(),
            field: self.name.clone(),
            value: value.to_string(),
            first: first.spelt().into(),
            second: self.spelt().into(),
        }
    }

    pub(super) fn string(&self, want: &str) -> Result<&'a str, SpecError> {
        self.value.get_ref().as_str().ok_or_else(|| self.wants(want))
    }

    /// The value as an integer within `legal`.
    pub(super) fn integer(&self, legal: RangeInclusive<u64>) -> Result<u64, SpecError> {
        self.value
            .get_ref()
            .as_integer()
            .and_then(|i| u64::from_str_radix(i.as_str(), i.radix()).ok())
            .filter(|i| legal.contains(i))
            .ok_or_else(|| self.wants(format!("an integer, {} to {}", legal.start(), legal.end())))
    }

    /// The value as an integer within `legal` that a `u32` can hold.
    pub(super) fn small_integer(&self, legal: RangeInclusive<u32>) -> Result<u32, SpecError> {
        let value = self.integer(u64::from(*legal.start())..=u64::from(*legal.end()))?;
        Ok(u32::try_from(value).expect("the range ends within u32"))
    }

    /// The value as a finite number that is `legal`; an integer counts as one.
    pub(super) fn number(&self, want: &str, legal: impl Fn(f64) -> bool) -> Result<f64, SpecError> {
        let spelt = match self.value.get_ref() {
            DeValue::Float(float) => Some(float.as_str()),
            DeValue::Integer(integer) if integer.radix() == 10 => Some(integer.as_str()),
            _ => None,
        };
        spelt
            .and_then(|s| s.parse::<f64>().ok())
            .filter(|x| x.is_finite() && legal(*x))
            .ok_or_else(|| self.wants(want))
    }

    /// The value as one of the words of `T`.
    pub(super) fn word<T: FromStr<Err = UnknownWord>>(&self) -> Result<T, SpecError> {
        let word = self.value.get_ref().as_str().unwrap_or_default();
        word.parse().map_err(|unknown: UnknownWord| self.wants(unknown.choices))
    }

    /// The value as one word of `T` or a list of them, each at most once.
    pub(super) fn words<T>(&self) -> Result<Vec<T>, SpecError>
    where
        T: FromStr<Err = UnknownWord> + PartialEq + Display,
    {
        self.distinct(Field::word)
    }

    /// The same where only some words will do.
    pub(super) fn words_of<T>(&self, choices: &[T]) -> Result<Vec<T>, SpecError>
    where
        T: FromStr<Err = UnknownWord> + PartialEq + Display,
    {
        let listed = || choices.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        self.distinct(|field| {
            let word = field.value.get_ref().as_str().unwrap_or_default();
            word.parse().ok().filter(|word| choices.contains(word)).ok_or_else(|| field.wants(listed()))
        })
    }

    fn distinct<T: PartialEq + Display>(
        &self,
        read: impl Fn(&Field<'a>) -> Result<T, SpecError>,
    ) -> Result<Vec<T>, SpecError> {
        let items = self.items()?;
        let mut words = Vec::with_capacity(items.len());
        for item in &items {
            let word = read(item)?;
            if let Some(earlier) = words.iter().position(|w| *w == word) {
                return Err(item.repeats(word, &items[earlier]));
            }
            words.push(word);
        }
        Ok(words)
    }

    /// The items of a list, or the value itself as the only one.
    pub(super) fn items(&self) -> Result<Vec<Field<'a>>, SpecError> {
        let item = |value| Field { source: self.source, name: self.name.clone(), value };
        match self.value.get_ref() {
            DeValue::Array(array) if array.is_empty() => Err(self.wants("at least one value")),
            DeValue::Array(array) => Ok(array.iter().map(item).collect()),
            _ => Ok(vec![item(self.value)]),
        }
    }

    /// The value as a table, if it is one.
    pub(super) fn section(&self) -> Option<Section<'a>> {
        let table = self.value.get_ref().as_table()?;
        Some(Section { source: self.source, table, prefix: format!("{}.", self.name), line: self.line() })
    }
}

//! The keys of a configuration, each read with its name and what would be right.

use crate::error::ModelError;
use hovera_core::{MAX_DIMENSION, excerpt, nearest_word};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Longest value that an error message repeats, in characters.
const EXCERPT: usize = 60;

/// One table of a configuration, JSON or TOML.
pub(crate) struct Fields<'a> {
    file: &'a str,
    /// What precedes a key's name in errors: nothing, or the table and a dot.
    prefix: String,
    table: &'a Map<String, Value>,
    /// The keys that were asked for, there or not.
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(file: &'a str, prefix: String, table: &'a Map<String, Value>) -> Fields<'a> {
        Fields { file, prefix, table, asked: RefCell::default() }
    }

    pub(crate) fn file(&self) -> &'a str {
        self.file
    }

    /// The keys that were asked for so far.
    pub(crate) fn asked(&self) -> BTreeSet<&'static str> {
        self.asked.borrow().clone()
    }

    /// What stands there; `null` is nothing.
    fn get(&self, key: &'static str) -> Option<&'a Value> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key).filter(|value| !value.is_null())
    }

    /// Whether a key is there, be it `null`.
    pub(crate) fn has(&self, key: &'static str) -> bool {
        self.asked.borrow_mut().insert(key);
        self.table.contains_key(key)
    }

    pub(crate) fn missing(&self, key: &str, want: impl Into<String>) -> ModelError {
        ModelError::Missing {
            file: self.file.to_owned(),
            key: format!("{}{key}", self.prefix),
            want: want.into(),
        }
    }

    /// The key names a model whose layers are not known.
    pub(crate) fn unknown_architecture(&self, key: &str, known: String) -> ModelError {
        let value = self.table.get(key).map(Value::to_string).unwrap_or_default();
        ModelError::Architecture {
            file: self.file.to_owned(),
            key: format!("{}{key}", self.prefix),
            value: excerpt(&value, EXCERPT).replace(char::is_control, " "),
            known,
        }
    }

    /// The key's value cannot be.
    pub(crate) fn wants(&self, key: &str, want: impl Into<String>) -> ModelError {
        let value = self.table.get(key).map_or_else(|| "null".to_owned(), Value::to_string);
        self.refuse(key, excerpt(&value, EXCERPT).replace(char::is_control, " "), want)
    }

    /// A value that was worked out cannot be.
    pub(crate) fn refuse(&self, key: &str, value: impl ToString, want: impl Into<String>) -> ModelError {
        ModelError::Value {
            file: self.file.to_owned(),
            key: format!("{}{key}", self.prefix),
            value: value.to_string(),
            want: want.into(),
        }
    }

    /// A size that must be there: what it is, in words.
    pub(crate) fn size(&self, key: &'static str, what: &str) -> Result<u32, ModelError> {
        self.size_of(&[key], what)
    }

    /// The same, by the first of several names that is there.
    pub(crate) fn size_of(&self, keys: &[&'static str], what: &str) -> Result<u32, ModelError> {
        match self.optional_size_of(keys)? {
            Some(size) => Ok(size),
            None => Err(self.missing(&keys.join(" or "), format!("{what}, 1 to {MAX_DIMENSION}"))),
        }
    }

    pub(crate) fn optional_size(&self, key: &'static str) -> Result<Option<u32>, ModelError> {
        self.optional_size_of(&[key])
    }

    pub(crate) fn optional_size_of(&self, keys: &[&'static str]) -> Result<Option<u32>, ModelError> {
        for key in keys {
            if self.get(key).is_some() {
                return self.number(key, 1, MAX_DIMENSION).map(Some);
            }
        }
        Ok(None)
    }

    /// A number that may be 0.
    pub(crate) fn count(&self, key: &'static str) -> Result<Option<u32>, ModelError> {
        match self.get(key) {
            Some(_) => self.number(key, 0, MAX_DIMENSION).map(Some),
            None => Ok(None),
        }
    }

    /// A whole number that may be below 0.
    pub(crate) fn integer(&self, key: &'static str) -> Result<Option<i64>, ModelError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_i64().map(Some).ok_or_else(|| self.wants(key, "a whole number"))
    }

    /// A number of a range that the caller knows.
    pub(crate) fn number(&self, key: &'static str, least: u64, most: u64) -> Result<u32, ModelError> {
        let legal = |value: &Value| value.as_u64().filter(|size| (least..=most).contains(size));
        let size = self.get(key).and_then(legal).and_then(|size| u32::try_from(size).ok());
        size.ok_or_else(|| self.wants(key, format!("a whole number, {least} to {most}")))
    }

    pub(crate) fn flag(&self, key: &'static str) -> Result<Option<bool>, ModelError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| self.wants(key, "true or false"))
    }

    pub(crate) fn text(&self, key: &'static str) -> Result<Option<&'a str>, ModelError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| self.wants(key, "a text"))
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, ModelError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let found = value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        let all = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found.map(|(_, meant)| Some(*meant)).ok_or_else(|| self.wants(key, format!("one of {}", all())))
    }

    pub(crate) fn list(&self, key: &'static str) -> Result<Option<&'a [Value]>, ModelError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_array().map(|list| Some(list.as_slice())).ok_or_else(|| self.wants(key, "a list"))
    }

    /// The tables of a list of them.
    pub(crate) fn tables(&self, key: &'static str) -> Result<Vec<Fields<'a>>, ModelError> {
        let list = self.list(key)?.unwrap_or_default();
        let table = |(at, value): (usize, &'a Value)| {
            let table = value.as_object().ok_or_else(|| self.wants(key, "tables"))?;
            Ok(Fields::new(self.file, format!("{}{key}[{at}].", self.prefix), table))
        };
        list.iter().enumerate().map(table).collect()
    }

    /// # Errors
    /// [`ModelError::UnknownKey`] for the first key that nobody asked for.
    pub(crate) fn refuse_unknown(&self) -> Result<(), ModelError> {
        let asked = self.asked.borrow();
        let Some(unknown) = self.table.keys().find(|key| !asked.contains(key.as_str())) else {
            return Ok(());
        };
        Err(unknown_key(self.file, &self.prefix, unknown, &asked))
    }
}

/// A key that nothing reads, and the one that may have been meant.
pub(crate) fn unknown_key(file: &str, prefix: &str, key: &str, known: &BTreeSet<&'static str>) -> ModelError {
    ModelError::UnknownKey {
        file: file.to_owned(),
        key: format!("{prefix}{}", excerpt(key, EXCERPT).escape_debug()),
        suggestion: nearest_word(key, known.iter().copied()).map(str::to_owned),
        known: known.iter().copied().collect::<Vec<_>>().join(", "),
    }
}

//! Which rows are wanted: `m=1..4096`, `op=mlp_up,mlp_gate`.

use super::Dimension;
use hovera_core::Row;
use std::fmt;
use std::str::FromStr;

/// The values of a dimension that are wanted. A row without that dimension is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    dimension: Dimension,
    /// First and last of each range.
    ranges: Vec<(u128, u128)>,
    /// As it was typed.
    text: String,
}

/// A text that is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// Not `NAME=VALUES`.
    #[error("{text:?}: want a name, = and values, such as op=mlp_up, vocab=50241..50303 or m=1,2,4")]
    Form {
        /// The text.
        text: String,
    },
    /// A name of nothing that rows differ by.
    #[error("{name:?}: want {choices}")]
    Name {
        /// The name.
        name: String,
        /// What it could be.
        choices: String,
    },
    /// A value that the dimension cannot have.
    #[error("{dimension} = {value:?}: want {want}")]
    Value {
        /// Of what.
        dimension: Dimension,
        /// The value.
        value: String,
        /// What would be one.
        want: String,
    },
}

impl Filter {
    /// Whether a row is wanted.
    #[must_use]
    pub fn admits(&self, row: &Row) -> bool {
        let value = self.dimension.of_point(&row.point);
        let has_one = value > 0 || !self.dimension.is_size();
        has_one && self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&value))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Filter, FilterError> {
        let form = || FilterError::Form { text: text.to_owned() };
        let (name, values) = text.split_once('=').ok_or_else(form)?;
        let is_known = |dimension: &&Dimension| {
            dimension.is_size() || **dimension == Dimension::Series || dimension.words().is_some()
        };
        let known = || Dimension::ALL.iter().filter(is_known);
        let dimension = known().find(|known| known.as_str() == name.trim()).copied();
        let dimension = dimension.ok_or_else(|| FilterError::Name {
            name: name.to_owned(),
            choices: known().map(|known| known.as_str()).collect::<Vec<_>>().join(", "),
        })?;
        let ranges =
            values.split(',').map(|value| range(dimension, value.trim())).collect::<Result<_, _>>()?;
        Ok(Filter { dimension, ranges, text: text.to_owned() })
    }
}

/// `4096`, `1..4096`, or a word.
fn range(dimension: Dimension, value: &str) -> Result<(u128, u128), FilterError> {
    let words = dimension.words();
    let ends = match value.split_once("..") {
        Some((first, last)) if words.is_none() => {
            dimension.value_of_word(first).zip(dimension.value_of_word(last))
        }
        _ => dimension.value_of_word(value).map(|value| (value, value)),
    };
    ends.filter(|(first, last)| first <= last).ok_or_else(|| FilterError::Value {
        dimension,
        value: value.to_owned(),
        want: words.unwrap_or_else(|| "a number from 1, or a range such as 1..4096".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Op, made_up};

    fn admitted(filter: &str) -> Vec<u64> {
        let filter: Filter = filter.parse().unwrap();
        let row = |m: u64| made_up::row_of(made_up::product(Op::Gemm, (1, m, 64, 64))).build();
        [1, 2, 3, 4, 5].into_iter().filter(|m| filter.admits(&row(*m))).collect()
    }

    #[test]
    fn ranges_and_lists_choose_rows_by_size() {
        assert_eq!(admitted("m=2..4"), [2, 3, 4]);
        assert_eq!(admitted("m=1,4..5"), [1, 4, 5]);
        assert_eq!(admitted("op=gemm,score").len(), 5);
        assert!(admitted("dtype=bf16").is_empty());
        // No gemm has a hidden size.
        assert!(admitted("hidden=1..1000000").is_empty());
    }

    #[test]
    fn what_is_no_filter_says_what_would_be_one() {
        let error = |text: &str| text.parse::<Filter>().unwrap_err().to_string();
        assert!(error("m").contains("such as op=mlp_up, vocab=50241..50303"));
        assert!(error("colour=1").starts_with("\"colour\": want hidden, vocab, ffn"));
        assert!(error("m=4..2").contains("m = \"4..2\": want a number from 1, or a range such as 1..4096"));
        assert!(error("m=0").contains("want a number from 1"));
        assert!(error("op=matmul").contains("op = \"matmul\": want score, softmax, values, attention, qkv"));
    }
}

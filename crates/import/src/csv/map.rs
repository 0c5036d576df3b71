//! The map of a table: which column is what.

use crate::described::Field;
use crate::error::ImportError;
use ::csv::StringRecord;
use hovera_core::{Stat, Timer, UnknownWord};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// Which column of a table is what, and what is the same for all of its records.
///
/// ```
/// use hovera_import::csv::Map;
/// let map = Map::parse("map.toml", r#"
///     time_unit = "ms"
///     [column]
///     m = "M"
///     n = "N"
///     k = "K"
///     time_median = "median (ms)"
///     [constant]
///     dtype = "f16"
/// "#)?;
/// let error = Map::parse("map.toml", "time_unit = \"ms\"\n[column]\nm = \"M\"").unwrap_err();
/// assert!(error.to_string().starts_with("map.toml:1: no time: want a column for time_median"));
/// # Ok::<(), hovera_import::ImportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    columns: BTreeMap<Field, String>,
    constants: BTreeMap<Field, String>,
    unit: Unit,
    stat: Stat,
    timer: Option<Timer>,
}

/// The unit of a table's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Unit {
    #[serde(rename = "s")]
    Second,
    #[serde(rename = "ms")]
    Millisecond,
    #[serde(rename = "us")]
    Microsecond,
    #[serde(rename = "ns")]
    Nanosecond,
}

impl Unit {
    pub(super) fn microseconds(self) -> f64 {
        match self {
            Unit::Second => 1e6,
            Unit::Millisecond => 1e3,
            Unit::Microsecond => 1.0,
            Unit::Nanosecond => 1e-3,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Second => "s",
            Unit::Millisecond => "ms",
            Unit::Microsecond => "us",
            Unit::Nanosecond => "ns",
        })
    }
}

/// The map as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    time_unit: Unit,
    stat: Option<Stat>,
    timer: Option<Spanned<String>>,
    column: BTreeMap<Field, String>,
    #[serde(default)]
    constant: BTreeMap<Field, Spanned<Constant>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Constant {
    Word(String),
    Size(u64),
}

const TIMES: [(Field, Stat); 4] = [
    (Field::TimeMedian, Stat::Median),
    (Field::TimeMin, Stat::Min),
    (Field::TimeMax, Stat::Max),
    (Field::TimeMean, Stat::Mean),
];

impl Map {
    /// Reads a map. `file` is what errors call it.
    ///
    /// # Errors
    /// [`ImportError::Map`], with line and what would be right.
    pub fn parse(file: &str, text: &str) -> Result<Map, ImportError> {
        let wrong = |start: usize, reason: String| {
            let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
            ImportError::Map { file: file.to_owned(), line, reason }
        };
        let document: Document = toml::from_str(text).map_err(|error| {
            wrong(error.span().map_or(0, |span| span.start), error.message().replace('\n', ", "))
        })?;
        let mut constants = BTreeMap::new();
        for (field, constant) in document.constant {
            let start = constant.span().start;
            if document.column.contains_key(&field) {
                return Err(wrong(start, format!("{field} has a column too: want one of the two")));
            }
            if TIMES.iter().any(|(time, _)| *time == field) {
                return Err(wrong(
                    start,
                    format!("{field} is the same for no two records: want it in [column]"),
                ));
            }
            let value = match constant.into_inner() {
                Constant::Word(word) => word,
                Constant::Size(size) => size.to_string(),
            };
            constants.insert(field, value);
        }
        let times: Vec<Stat> = TIMES
            .into_iter()
            .filter(|(field, _)| document.column.contains_key(field))
            .map(|(_, stat)| stat)
            .collect();
        let stat = match (document.stat, times.as_slice()) {
            (_, []) => {
                let want = "want a column for time_median, time_min, time_max or time_mean";
                return Err(wrong(0, format!("no time: {want}")));
            }
            (None, [only]) => *only,
            (None, _) => {
                return Err(wrong(
                    0,
                    "several times: want stat, which says what stands for a point".to_owned(),
                ));
            }
            (Some(stat), times) if times.contains(&stat) => stat,
            (Some(stat), _) => return Err(wrong(0, format!("stat = {stat}: want a column for time_{stat}"))),
        };
        let timer = match document.timer {
            None => None,
            Some(timer) => Some(timer.get_ref().parse().map_err(|unknown: UnknownWord| {
                wrong(timer.span().start, format!("timer = {:?}: want {}", unknown.value, unknown.choices))
            })?),
        };
        Ok(Map { columns: document.column, constants, unit: document.time_unit, stat, timer })
    }

    pub(super) fn unit(&self) -> Unit {
        self.unit
    }

    pub(super) fn stat(&self) -> Stat {
        self.stat
    }

    pub(super) fn timer(&self) -> Option<Timer> {
        self.timer
    }

    pub(super) fn constant(&self, field: Field) -> Option<&str> {
        self.constants.get(&field).map(String::as_str)
    }

    /// Where a header has the columns.
    pub(super) fn locate(&self, file: &str, line: u64, header: &StringRecord) -> Result<Places, ImportError> {
        let mut places = BTreeMap::new();
        for (field, column) in &self.columns {
            let mut found =
                (0..header.len()).filter(|place| header.get(*place).map(str::trim) == Some(column.as_str()));
            match (found.next(), found.next()) {
                (Some(place), None) => places.insert(*field, place),
                (first, _) => {
                    let has: Vec<_> = header.iter().take(40).map(crate::account::excerpt).collect();
                    return Err(ImportError::Column {
                        file: file.to_owned(),
                        line,
                        column: column.clone(),
                        times: if first.is_some() { "several times" } else { "nowhere" },
                        has: has.join(", "),
                    });
                }
            };
        }
        Ok(Places { places, width: header.len() })
    }
}

/// Where a table has its columns.
pub(super) struct Places {
    places: BTreeMap<Field, usize>,
    width: usize,
}

impl Places {
    pub(super) fn column(&self, field: Field) -> Option<usize> {
        self.places.get(&field).copied()
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }
}

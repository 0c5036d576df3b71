//! The map of a table: which column is what.

mod document;

use super::header::{Missing, count};
use crate::described::{Field, column_major, layout, transposed};
use ::csv::StringRecord;
use document::RateUnit;
pub(super) use document::Unit;
use hovera_core::{Engine, Layout, Stat, Timer};
use std::collections::BTreeMap;

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
///     [where]
///     kernel = "cublas"
/// "#)?;
/// let error = Map::parse("map.toml", "time_unit = \"ms\"\n[column]\nm = \"M\"").unwrap_err();
/// assert!(error.to_string().starts_with("map.toml:1: no time: want a column for time_median"));
/// # Ok::<(), hovera_import::ImportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    columns: BTreeMap<Field, String>,
    constants: BTreeMap<Field, String>,
    /// Columns of the table, and which of their values are wanted.
    filters: BTreeMap<String, Vec<String>>,
    ignored: Vec<String>,
    providers: Vec<Provider>,
    unit: Option<Unit>,
    rate_unit: Option<RateUnit>,
    delimiter: u8,
    decimal_comma: bool,
    column_major: bool,
    stat: Stat,
    timer: Option<Timer>,
}

/// A column that holds what one program did.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Provider {
    pub(super) column: String,
    pub(super) engine: Engine,
    /// Whether the column's name tells it from others, as a kernel: its engine does not.
    pub(super) is_named: bool,
}

impl Map {
    pub(super) fn unit(&self) -> Unit {
        self.unit.unwrap_or(Unit::Microsecond)
    }

    pub(super) fn rate_unit(&self) -> Option<RateUnit> {
        self.rate_unit
    }

    /// The unit of what the time is read from, and all there are of the kind, from what makes the shortest time.
    pub(super) fn unit_of_values(&self) -> (&'static str, &'static [(&'static str, f64)]) {
        const RATES: &[(&str, f64)] = &[("tflops", 1e-6), ("gflops", 1e-3)];
        let by_column = match (self.columns.contains_key(&Field::Tflops), self.has_time()) {
            (true, false) => Some(RateUnit::Tflops),
            (false, false) if self.columns.contains_key(&Field::Gflops) => Some(RateUnit::Gflops),
            _ => None,
        };
        match self.rate_unit.or(by_column) {
            Some(rate) => (rate.as_str(), RATES),
            None => (self.unit().as_str(), Unit::ALL),
        }
    }

    fn has_time(&self) -> bool {
        document::TIMES.iter().any(|(field, _)| self.columns.contains_key(field))
    }

    pub(super) fn stat(&self) -> Stat {
        self.stat
    }

    pub(super) fn timer(&self) -> Option<Timer> {
        self.timer
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    pub(super) fn is_column_major(&self) -> bool {
        self.column_major
    }

    pub(super) fn constant(&self, field: Field) -> Option<&str> {
        self.constants.get(&field).map(String::as_str)
    }

    /// Whether the table or the map itself says it.
    pub(super) fn has(&self, field: Field) -> bool {
        self.columns.contains_key(&field) || self.constants.contains_key(&field)
    }

    /// Whether the layout is told by which operands are transposed.
    pub(super) fn tells_transposition(&self) -> bool {
        self.has(Field::TransA)
    }

    /// The layout by which operands are transposed; none where the map does not go by that.
    pub(super) fn layout<'t>(
        &self,
        said: impl Fn(Field) -> Option<&'t str>,
    ) -> Result<Option<Layout>, String> {
        if !self.tells_transposition() {
            return Ok(None);
        }
        let told = |field| transposed(field, said(field).ok_or_else(|| format!("{field} is not said"))?);
        let (a, b) = (told(Field::TransA)?, told(Field::TransB)?);
        Ok(Some(if self.column_major { column_major(a, b) } else { layout(a, b) }))
    }

    /// Each program that a record is of: one without a name where the table has no columns of several.
    pub(super) fn providers(&self) -> impl Iterator<Item = Option<&Provider>> {
        let none = self.providers.is_empty().then_some(None);
        none.into_iter().chain(self.providers.iter().map(Some))
    }

    /// The columns that must be there.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let named = self.columns.values().chain(self.filters.keys()).chain(&self.ignored);
        named.chain(self.providers.iter().map(|provider| &provider.column)).map(String::as_str)
    }

    /// The record with points for its decimal commas.
    pub(super) fn with_points(&self, record: StringRecord) -> StringRecord {
        if !self.decimal_comma {
            return record;
        }
        let is_number = |cell: &str| {
            cell.matches(',').count() == 1 && cell.replacen(',', ".", 1).trim().parse::<f64>().is_ok()
        };
        let with_point =
            |cell: &str| if is_number(cell) { cell.replacen(',', ".", 1) } else { cell.to_owned() };
        record.iter().map(with_point).collect()
    }
}

/// Where a table has its columns.
pub(super) struct Places {
    line: u64,
    fields: BTreeMap<Field, usize>,
    filters: Vec<(usize, String)>,
    providers: Vec<(usize, String)>,
    /// The columns that nothing says the meaning of.
    unmapped: Vec<(usize, String)>,
    width: usize,
}

impl Places {
    /// Where a header has the columns that a map names.
    pub(super) fn locate(map: &Map, line: u64, header: &StringRecord) -> Result<Places, Missing> {
        let find = |column: &str| match count(header, column) {
            1 => Ok(header.iter().position(|cell| cell.trim() == column).unwrap_or_default()),
            times => {
                let times = if times == 0 { "nowhere" } else { "several times" };
                Err(Missing { column: column.to_owned(), times })
            }
        };
        let fields = map.columns.iter().map(|(field, column)| Ok((*field, find(column)?)));
        let fields = fields.collect::<Result<BTreeMap<_, _>, _>>()?;
        let named = |names: Vec<&String>| {
            names.into_iter().map(|name| Ok((find(name)?, name.clone()))).collect::<Result<Vec<_>, _>>()
        };
        let filters = named(map.filters.keys().collect())?;
        let providers = named(map.providers.iter().map(|provider| &provider.column).collect())?;
        let ignored = named(map.ignored.iter().collect())?;
        let one_value = |name: &str| map.filters.get(name).is_some_and(|values| values.len() == 1);
        let is_known = |(place, name): &(usize, String)| {
            fields.values().any(|known| known == place)
                || providers.iter().chain(&ignored).any(|(known, _)| known == place)
                || one_value(name)
                || is_index(name)
        };
        let all = header.iter().map(|name| name.trim().to_owned()).enumerate();
        let unmapped = all.filter(|column| !is_known(column)).collect();
        Ok(Places { line, fields, filters, providers, unmapped, width: header.len() })
    }

    /// The header's line.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn column(&self, field: Field) -> Option<usize> {
        self.fields.get(&field).copied()
    }

    pub(super) fn provider(&self, provider: &Provider) -> Option<usize> {
        self.providers.iter().find(|(_, column)| *column == provider.column).map(|(place, _)| *place)
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Whether a record has a wanted value in each column that is filtered by.
    pub(super) fn is_wanted(&self, map: &Map, record: &StringRecord) -> bool {
        self.filters.iter().all(|(place, column)| {
            let value = record.get(*place).map(str::trim);
            map.filters.get(column).is_some_and(|wanted| wanted.iter().any(|wanted| value == Some(wanted)))
        })
    }

    /// What a record has in the columns that nothing says the meaning of.
    pub(super) fn unmapped<'r>(
        &'r self,
        record: &'r StringRecord,
    ) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.unmapped.iter().map(|(place, name)| (name.as_str(), record.get(*place).unwrap_or_default()))
    }
}

/// pandas writes the numbers of its rows under no name, and reads them as `Unnamed: 0`.
fn is_index(name: &str) -> bool {
    name.is_empty() || name.strip_prefix("Unnamed: ").is_some_and(|rest| rest.parse::<u32>().is_ok())
}

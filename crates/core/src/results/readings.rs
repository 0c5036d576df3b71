//! Published readings: numbers that somebody read off a chart. They are never results: they have no
//! times, no conditions and no rows that a comparison would take for a measurement.

use crate::results::error::ResultsError;
use crate::results::plausible::MOST_TFLOPS;
use crate::results::table::{Fields, Table, Wanted};
use crate::shape::dimension::{Batch, Heads, MAX_DIMENSION, Seq};
use crate::shape::op::Op;
use crate::shape::series::Series;
use crate::shape::vocabulary::Dtype;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use toml::Spanned;

const COLUMNS: [&str; 5] = ["reading", "op", "series", "hidden", "tflops"];
const READING: usize = 0;
const OP: usize = 1;
const SERIES: usize = 2;
const HIDDEN: usize = 3;
const TFLOPS: usize = 4;

/// A file of published readings.
///
/// Like a results file it is CSV under lines that start with `# ` and hold one TOML document: `gpu`,
/// `dtype`, `heads`, `batch`, `seq`, `source`, and a `[[reading]]` with `name` and `uncertainty` for
/// each pass over a chart, which can have `within`: that uncertainty in TFLOP/s, one number or a list of
/// `[hidden size, number]`. The columns are `reading,op,series,hidden,tflops`.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    /// The GPU that the publication names.
    pub gpu: String,
    /// Element type of every reading.
    pub dtype: Dtype,
    /// Attention heads of every reading.
    pub heads: Heads,
    /// Micro-batch of every reading.
    pub batch: Batch,
    /// Sequence length of every reading.
    pub seq: Seq,
    /// Where the charts are published.
    pub source: String,
    /// The passes over the charts, by name: how far off each may be.
    pub uncertainty: BTreeMap<String, String>,
    /// The same in numbers, where the file has them: at some hidden sizes, in ascending order, so many TFLOP/s.
    pub within: BTreeMap<String, Vec<(u32, f64)>>,
    /// The readings, in the order of the file.
    pub points: Vec<Reading>,
}

/// One point read off a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The pass that it belongs to: a key of [`Readings::uncertainty`].
    pub reading: String,
    /// Which product.
    pub op: Op,
    /// Which line of the chart.
    pub series: Series,
    /// Place on the x axis. Lines begin at 0, so this can be what no shape has.
    pub hidden: u32,
    /// Place on the y axis.
    pub tflops: f64,
}

/// The front matter as it is written.
#[derive(Deserialize)]
struct Header {
    gpu: String,
    dtype: Spanned<String>,
    heads: Spanned<u64>,
    batch: Spanned<u64>,
    seq: Spanned<u64>,
    source: String,
    reading: Vec<Pass>,
}

#[derive(Deserialize)]
struct Pass {
    name: Spanned<String>,
    uncertainty: String,
    within: Option<Spanned<Within>>,
}

/// `within = 2` or `within = [[4096, 60], [32768, 10]]`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "want a number, or a list of a hidden size and a number each")]
enum Within {
    Everywhere(f64),
    At(Vec<(u32, f64)>),
}

impl Within {
    /// By hidden size; none where it makes no sense.
    fn by_hidden(&self) -> Option<Vec<(u32, f64)>> {
        let known = match self {
            Within::Everywhere(tflops) => vec![(0, *tflops)],
            Within::At(known) => known.clone(),
        };
        let ascending = known.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let sensible = known.iter().all(|(_, tflops)| tflops.is_finite() && *tflops >= 0.0);
        (!known.is_empty() && ascending && sensible).then_some(known)
    }
}

impl Readings {
    /// Reads a file of readings. `file` is what errors call it.
    ///
    /// # Errors
    /// [`ResultsError`], naming file, line, column, value and what would be right.
    pub fn parse(file: &str, text: impl AsRef<[u8]>) -> Result<Readings, ResultsError> {
        let table = Table::open(file, text.as_ref(), COLUMNS.into_iter().map(|column| (column, false)))?;
        let conditions: Header = table.front_matter()?;
        let mut readings = Readings {
            dtype: condition(&table, &conditions.dtype, |word| word.parse())?,
            heads: condition(&table, &conditions.heads, |size| Heads::new(*size))?,
            batch: condition(&table, &conditions.batch, |size| Batch::new(*size))?,
            seq: condition(&table, &conditions.seq, |size| Seq::new(*size))?,
            gpu: conditions.gpu,
            source: conditions.source,
            uncertainty: BTreeMap::new(),
            within: BTreeMap::new(),
            points: Vec::new(),
        };
        for Pass { name, uncertainty, within } in conditions.reading {
            let start = name.span().start;
            if let Some(within) = within {
                let known = within.get_ref().by_hidden().ok_or_else(|| {
                    let reason =
                        "within: want TFLOP/s of 0 or more, at hidden sizes in ascending order".to_owned();
                    table.wrong_front_matter(within.span().start, reason)
                })?;
                readings.within.insert(name.get_ref().clone(), known);
            }
            if readings.uncertainty.insert(name.get_ref().clone(), uncertainty).is_some() {
                let reason = format!(
                    "two [[reading]]s have name = {name:?}: want each name once",
                    name = name.get_ref()
                );
                return Err(table.wrong_front_matter(start, reason));
            }
        }
        let (points, tail) = table.read_rows(|fields| read_point(fields, &readings.uncertainty))?;
        readings.points = points;
        if let Some(tail) = tail {
            return Err(ResultsError::Torn { file: file.to_owned(), tail });
        }
        refuse_duplicates(&table, &readings.points)?;
        Ok(readings)
    }
}

impl Readings {
    /// How far off a reading may be in TFLOP/s, where the file says it in numbers: in between the hidden sizes that
    /// it says it at, by a straight line.
    #[must_use]
    pub fn error_of(&self, reading: &Reading) -> Option<f64> {
        let known = self.within.get(&reading.reading)?;
        let next = known.partition_point(|(hidden, _)| *hidden < reading.hidden);
        let before = next.checked_sub(1).and_then(|i| known.get(i));
        match (before, known.get(next)) {
            (Some((low, from)), Some((high, to))) => {
                let part = f64::from(reading.hidden - low) / f64::from(high - low);
                Some(from + (to - from) * part)
            }
            (Some((_, error)), None) | (None, Some((_, error))) => Some(*error),
            (None, None) => None,
        }
    }
}

/// A value of the front matter as its type, or an error on its line.
fn condition<V, T, E: Display>(
    table: &Table<'_>,
    value: &Spanned<V>,
    convert: impl Fn(&V) -> Result<T, E>,
) -> Result<T, ResultsError> {
    convert(value.get_ref()).map_err(|error| table.wrong_front_matter(value.span().start, error.to_string()))
}

fn read_point(fields: &Fields<'_>, uncertainty: &BTreeMap<String, String>) -> Result<Reading, Wanted> {
    let reading = fields.get(READING);
    if !uncertainty.contains_key(reading) {
        let names: Vec<&str> = uncertainty.keys().map(String::as_str).collect();
        return Err(Wanted::new(READING, format!("the name of a [[reading]]: {}", names.join(", "))));
    }
    Ok(Reading {
        reading: reading.to_owned(),
        op: (Op::from_str(fields.get(OP)).ok()).filter(|op| op.is_published()).ok_or_else(|| {
            Wanted::new(OP, Op::all_published().map(Op::as_str).collect::<Vec<_>>().join(", "))
        })?,
        series: (fields.get(SERIES).parse().ok())
            .and_then(Series::from_power)
            .ok_or_else(|| Wanted::new(SERIES, "1, 2, 4, 8, 16, 32, 64"))?,
        hidden: (fields.get(HIDDEN).parse().ok())
            .filter(|hidden| u64::from(*hidden) <= MAX_DIMENSION)
            .ok_or_else(|| Wanted::new(HIDDEN, format!("an integer, 0 to {MAX_DIMENSION}")))?,
        tflops: (fields.get(TFLOPS).parse().ok())
            .filter(|tflops: &f64| tflops.is_finite() && *tflops >= 0.0)
            .ok_or_else(|| Wanted::new(TFLOPS, "a finite number, 0 or more"))
            .and_then(|tflops| match tflops <= MOST_TFLOPS {
                true => Ok(tflops),
                false => Err(Wanted::new(TFLOPS, format!("no more than {MOST_TFLOPS} TFLOP/s"))),
            })?,
    })
}

/// A chart has one y for each x of a line.
fn refuse_duplicates(table: &Table<'_>, points: &[Reading]) -> Result<(), ResultsError> {
    let mut first_rows = BTreeMap::new();
    for (row, point) in points.iter().enumerate() {
        let key = (point.reading.as_str(), point.op, point.series, point.hidden);
        if let Some(first) = first_rows.insert(key, row) {
            return Err(ResultsError::Duplicate {
                file: table.file().to_owned(),
                line: table.line_of_row(row),
                first_line: table.line_of_row(first),
                what: "reading of the same place",
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! The rows of a file as a table for people.

use super::condition::relative_ci;
use super::sample::spread;
use super::sentence::{excerpt, three_digits};
use hovera_core::{Origin, Results, Row, Stat};

/// So many rows a page has at most. More would make it slow to open.
const MOST_ROWS: usize = 100_000;

/// The longest note that is repeated, in characters.
const LONGEST_NOTE: usize = 160;

/// The longest name of a kernel that is repeated, in characters.
const LONGEST_KERNEL: usize = 120;

/// A column of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: ColumnUse,
    value: fn(&Row, Stat) -> Option<String>,
}

/// What can be done with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnUse {
    /// Sorted by value.
    Number,
    /// Of few words: rows can be chosen by them.
    Word,
    Text,
}

/// Rows in the order of their points, products first and then sizes, without the columns that all leave empty.
#[derive(Debug, Clone)]
pub(super) struct Measurements {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<String>>,
    /// How many the file has: more than are here where those would be too many for a page.
    of: usize,
}

const fn column(name: &'static str, kind: ColumnUse, value: fn(&Row, Stat) -> Option<String>) -> Column {
    Column { name, kind, value }
}

/// The GEMM of a row whose other columns do not tell it: `1x8192x2304x768`, gemm_batch, m, n and k.
fn gemm(row: &Row) -> Option<String> {
    (!row.point.is_told_by_model()).then(|| row.point.gemm().to_string())
}

/// The column of the time that stands for a point.
fn time(stat: Stat, origin: Origin) -> Column {
    let name = match (origin, stat) {
        (Origin::Predicted, _) => "Predicted, µs",
        (_, Stat::Median) => "Median, µs",
        (_, Stat::Min) => "Fastest, µs",
        (_, Stat::Max) => "Slowest, µs",
        (_, Stat::Mean) => "Mean, µs",
    };
    column(name, ColumnUse::Number, |row, stat| row.timing?.time_us(stat).map(four_digits))
}

/// Whether TFLOP/s tell of a row: what does next to no arithmetic has GB/s.
fn is_told_by_flop(row: &Row) -> bool {
    !row.point.op.is_of_rows()
}

/// The least traffic over the time, in GB/s.
fn memory(row: &Row, stat: Stat) -> Option<String> {
    let time_us = row.timing?.time_us(stat).filter(|_| !is_told_by_flop(row))?;
    Some(four_digits(row.point.bytes() as f64 / time_us / 1e3))
}

const BEFORE_TIME: [Column; 22] = [
    column("Op", ColumnUse::Word, |row, _| Some(row.point.op.to_string())),
    column("Pass", ColumnUse::Word, |row, _| Some(row.point.pass.to_string())),
    column("Heads", ColumnUse::Word, |row, _| Some(row.point.model.heads?.to_string())),
    column("Batch", ColumnUse::Word, |row, _| Some(row.point.model.batch?.to_string())),
    column("Sequence", ColumnUse::Word, |row, _| Some(row.point.model.seq?.to_string())),
    column("Hidden size", ColumnUse::Number, |row, _| Some(row.point.model.hidden?.to_string())),
    column("Head dim", ColumnUse::Number, |row, _| Some(row.point.model.head_dim?.to_string())),
    column("h/a", ColumnUse::Word, |row, _| Some(row.point.series()?.to_string())),
    column("Heads of keys", ColumnUse::Word, |row, _| Some(row.point.model.kv_heads?.to_string())),
    column("Keys", ColumnUse::Word, |row, _| Some(row.point.model.seq_key?.to_string())),
    column("MLP width", ColumnUse::Word, |row, _| Some(row.point.model.ffn?.to_string())),
    column("Vocabulary", ColumnUse::Word, |row, _| Some(row.point.model.vocab?.to_string())),
    column("GEMM", ColumnUse::Text, |row, _| gemm(row)),
    column("tp", ColumnUse::Word, |row, _| row.point.tensor_parallel().map(|ranks| ranks.to_string())),
    column("dtype", ColumnUse::Word, |row, _| Some(row.point.dtype.to_string())),
    column("Layout", ColumnUse::Word, |row, _| Some(row.point.layout.to_string())),
    column("Engine", ColumnUse::Word, |row, _| Some(row.point.engine.to_string())),
    column("Pacing", ColumnUse::Word, |row, _| Some(row.point.pacing.to_string())),
    column("Cache", ColumnUse::Word, |row, _| Some(row.point.cache.to_string())),
    column("Card", ColumnUse::Word, |row, _| Some(row.device.to_string())),
    column("TFLOP/s", ColumnUse::Number, |row, stat| {
        row.tflops(stat).filter(|_| is_told_by_flop(row)).map(four_digits)
    }),
    column("GB/s", ColumnUse::Number, memory),
];

const AFTER_TIME: [Column; 12] = [
    column("From, µs", ColumnUse::Number, |row, _| Some(four_digits(row.prediction?.low_us))),
    column("To, µs", ColumnUse::Number, |row, _| Some(four_digits(row.prediction?.high_us))),
    column("Tier", ColumnUse::Word, |row, _| Some(row.prediction?.tier.to_string())),
    column("95 % interval, ±\u{a0}%", ColumnUse::Number, |row, _| {
        Some(three_digits(relative_ci(row)? * 100.0))
    }),
    column("Other speed, µs", ColumnUse::Number, |row, _| Some(four_digits(row.timing?.second?.time_us))),
    column("Its share, %", ColumnUse::Number, |row, _| Some(three_digits(row.timing?.second?.share * 100.0))),
    column("SM clock, MHz", ColumnUse::Number, |row, _| Some(format!("{:.0}", row.telemetry.sm_clock_mhz?))),
    column("Kernel", ColumnUse::Text, |row, _| {
        row.kernel.name.as_deref().map(|name| excerpt(name, LONGEST_KERNEL))
    }),
    column("Tile", ColumnUse::Text, |row, _| row.kernel.tile.as_deref().map(|tile| excerpt(tile, 40))),
    column("Bound", ColumnUse::Word, |row, _| Some(row.bound?.to_string())),
    column("Status", ColumnUse::Word, |row, _| Some(row.status.to_string())),
    column("Note", ColumnUse::Text, |row, _| Some(excerpt(&row.note, LONGEST_NOTE))),
];

/// Columns that are always there: the ones a row is known by, and what came of it.
const ALWAYS: [&str; 5] = ["Op", "Hidden size", "Head dim", "TFLOP/s", "Status"];

fn four_digits(value: f64) -> String {
    if value.abs() >= 1e12 {
        return format!("{value:.3e}");
    }
    let decimals = (3.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    format!("{value:.decimals$}")
}

impl Measurements {
    pub(super) fn of_results(results: &Results) -> Measurements {
        let stat = results.stat();
        let time = time(stat, results.origin());
        let columns: Vec<Column> = BEFORE_TIME.into_iter().chain([time]).chain(AFTER_TIME).collect();
        let cell = |column: &Column, row: &Row| (column.value)(row, stat).unwrap_or_default();
        let cells = |row: &Row| columns.iter().map(|column| cell(column, row)).collect();
        let mut rows: Vec<&Row> = results.rows.iter().collect();
        rows.sort_by_cached_key(|row| (row.point.order(), row.device));
        let shown = spread(rows.len(), MOST_ROWS);
        let all: Vec<Vec<String>> = shown.into_iter().map(|place| cells(rows[place])).collect();
        // A word that all rows share is a condition of the file and stands there.
        let tells = |i: usize| match columns[i].kind {
            ColumnUse::Word => all.windows(2).any(|pair| pair[0][i] != pair[1][i]),
            ColumnUse::Number | ColumnUse::Text => all.iter().any(|row| !row[i].is_empty()),
        };
        let kept: Vec<bool> =
            (0..columns.len()).map(|i| ALWAYS.contains(&columns[i].name) || tells(i)).collect();
        let keep = |row: Vec<String>| -> Vec<String> {
            row.into_iter().zip(&kept).filter(|(_, kept)| **kept).map(|(cell, _)| cell).collect()
        };
        let columns = columns.into_iter().zip(&kept).filter(|(_, kept)| **kept).map(|(column, _)| column);
        Measurements {
            columns: columns.collect(),
            rows: all.into_iter().map(keep).collect(),
            of: results.rows.len(),
        }
    }

    /// What the table is of.
    pub(super) fn caption(&self, source: &str) -> String {
        match self.rows.len() {
            rows if rows == self.of => format!("{rows} rows of {source}"),
            rows => format!("{rows} of the {} rows of {source}, evenly spread", self.of),
        }
    }
}

//! The lines of a chart in numbers.

use super::condition::{ConditionRows, Spot};
use super::findings::{large_sizes, memory_bound_up_to, slowdown, usual_kernel};
use super::grid::Grid;
use super::sentence::{Sentence, three_digits};
use hovera_core::Series;

const COLUMNS: [&str; 7] = [
    "h/a",
    "Level, TFLOP/s",
    "Within 10 % from hidden size",
    "Times slower than h/a = 64",
    "Memory-bound up to hidden size",
    "Points",
    "Kernel at large sizes",
];

/// A row for each series that was measured.
pub(super) fn series_table(group: &ConditionRows<'_>) -> Grid {
    let lines = group.lines();
    let aligned = Series::from_power(64).and_then(|series| lines.get(&series));
    let row = |(series, line): (&Series, &Vec<Spot<'_>>)| {
        let large = large_sizes(line);
        let slower = aligned
            .filter(|_| series.get() != 64)
            .and_then(|aligned| slowdown(line, aligned))
            .map(|slowdown| three_digits(slowdown.factor));
        vec![
            Some(series.to_string()),
            large.map(|large| three_digits(large.level)),
            large.and_then(|large| large.plateau_from).map(|hidden| hidden.to_string()),
            slower,
            memory_bound_up_to(line).map(|hidden| hidden.to_string()),
            Some(line.len().to_string()),
            usual_kernel(line),
        ]
    };
    let mut rows: Vec<Vec<Option<String>>> = lines.iter().map(row).collect();
    let mut columns = COLUMNS.map(Sentence::new).to_vec();
    // Imported files and older ones do not tell it.
    if rows.iter().all(|row| row.last().is_none_or(Option::is_none)) {
        columns.pop();
        rows.iter_mut().for_each(|row| row.truncate(columns.len()));
    }
    Grid {
        caption: "The lines in numbers. A level is the median over the last quarter of the hidden sizes."
            .to_owned(),
        columns,
        rows,
    }
}

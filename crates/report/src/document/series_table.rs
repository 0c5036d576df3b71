//! The lines of a chart in numbers.

use super::condition::Group;
use super::findings::{large_sizes, memory_bound_up_to, slowdown};
use super::sentence::three_digits;
use hovera_core::Series;

/// A line for each series that was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeriesTable {
    pub(super) rows: Vec<[Option<String>; SeriesTable::COLUMNS.len()]>,
}

impl SeriesTable {
    /// The columns' heads; a level is the median over the last quarter of the hidden sizes.
    pub(super) const COLUMNS: [&'static str; 6] = [
        "h/a",
        "Level, TFLOP/s",
        "Within 10 % from hidden size",
        "Times slower than h/a = 64",
        "Memory-bound up to hidden size",
        "Points",
    ];

    pub(super) fn of(group: &Group<'_>) -> SeriesTable {
        let lines = group.lines();
        let aligned = Series::from_power(64).and_then(|series| lines.get(&series));
        let row = |(series, line): (&Series, &Vec<_>)| {
            let large = large_sizes(line);
            let slower = aligned
                .filter(|_| series.get() != 64)
                .and_then(|aligned| slowdown(line, aligned))
                .map(|slowdown| three_digits(slowdown.factor));
            [
                Some(series.to_string()),
                large.map(|large| three_digits(large.level)),
                large.and_then(|large| large.plateau_from).map(|hidden| hidden.to_string()),
                slower,
                memory_bound_up_to(line).map(|hidden| hidden.to_string()),
                Some(line.len().to_string()),
            ]
        };
        SeriesTable { rows: lines.iter().map(row).collect() }
    }
}

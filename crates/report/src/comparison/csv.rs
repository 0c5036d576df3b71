//! The CSV.

use super::{no_formula, series_word};
use hovera_analysis::{Comparison, Loss, Ratio, TwoSpeeds, Verdict};
use hovera_core::{Column, Point};
use std::sync::LazyLock;

/// Ahead of the columns that say which point it is.
const SIDES: [&str; 4] = ["level", "metric", "base", "other"];

/// Behind them.
const RATIO: [&str; 17] = [
    "points",
    "base_value",
    "other_value",
    "ratio",
    "ratio_low",
    "ratio_high",
    "p",
    "q",
    "verdict",
    "faster",
    "slower",
    "same",
    "unsure",
    "worst_ratio",
    "best_ratio",
    "note",
    "lost",
];

/// The columns that say which point it is are those of a results file.
static COLUMNS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let of_point = Column::all().iter().filter(|column| column.is_of_point()).map(Column::name);
    SIDES.into_iter().chain(of_point).chain(RATIO).collect()
});

/// Everything as CSV: a row for each summary (`level` is `series` or `op`), each compared point (`point`; `note` says where a side has two speeds)
/// and each point that could not be compared (`point` without a ratio, `note` says why, and `lost` what became of it
/// where the base has a value and the other has none). The columns of a
/// point are those of a results file; one that is compared across holds the base's word. A text that a
/// spreadsheet would take for a formula gets a `'` in front.
#[must_use]
pub fn csv(comparison: &Comparison) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS.iter()).expect("memory takes a record");
    let mut write = |fields: &[String]| {
        writer.write_record(fields).expect("memory takes every record of one length");
    };
    for summary in &comparison.summaries {
        let level = if summary.series.is_some() { "series" } else { "op" };
        let mut record = Record::of(comparison, level, summary.other);
        record.set("op", summary.op);
        record.set("series", series_word(summary));
        record.set("points", summary.points);
        record.ratio(&summary.ratio);
        for verdict in Verdict::ALL {
            record.set(verdict.as_str(), summary.count_of(verdict));
        }
        record.set("worst_ratio", comparison.points[summary.worst].ratio.ratio);
        record.set("best_ratio", comparison.points[summary.best].ratio.ratio);
        write(&record.0);
    }
    for point in &comparison.points {
        let mut record = Record::of(comparison, "point", point.other);
        record.point(&point.point);
        record.set("base_value", point.base_value);
        record.set("other_value", point.other_value);
        record.ratio(&point.ratio);
        record.set("note", point.two_speeds.map(TwoSpeeds::in_words).unwrap_or_default());
        write(&record.0);
    }
    for unmatched in &comparison.unmatched {
        let mut record = Record::of(comparison, "point", unmatched.other);
        record.point(&unmatched.point);
        record.set("note", no_formula(&unmatched.why.to_string()));
        record.set("lost", unmatched.lost.map(Loss::as_str).unwrap_or_default());
        write(&record.0);
    }
    let bytes = writer.into_inner().expect("memory takes every record");
    String::from_utf8(bytes).expect("fields are text")
}

/// A text for each of [`COLUMNS`].
struct Record(Vec<String>);

impl Record {
    fn of(comparison: &Comparison, level: &str, other: usize) -> Record {
        let mut record = Record(vec![String::new(); COLUMNS.len()]);
        record.set("level", level);
        record.set("metric", comparison.options.metric);
        record.set("base", no_formula(&comparison.sides[0].label));
        record.set("other", no_formula(&comparison.sides[other].label));
        record
    }

    fn set(&mut self, column: &str, value: impl ToString) {
        let place = COLUMNS.iter().position(|name| *name == column);
        self.0[place.expect("every column that is set is in COLUMNS")] = value.to_string();
    }

    fn point(&mut self, point: &Point) {
        for column in Column::all() {
            if let Some(value) = column.of_point(point) {
                self.set(column.name(), value);
            }
        }
    }

    fn ratio(&mut self, ratio: &Ratio) {
        self.set("ratio", ratio.ratio);
        self.set("ratio_low", ratio.low);
        self.set("ratio_high", ratio.high);
        self.set("p", ratio.p);
        self.set("q", ratio.q);
        self.set("verdict", ratio.verdict.as_str());
    }
}

//! The CSV.

use super::{no_formula, series_word};
use hovera_analysis::{Comparison, Loss, Ratio, TwoSpeeds, Verdict};
use hovera_core::{Column, Point};
use std::fmt::{Display, Write};
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
static OF_POINT: LazyLock<Vec<&Column>> =
    LazyLock::new(|| Column::all().iter().filter(|column| column.is_of_point()).collect());

static COLUMNS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let of_point = OF_POINT.iter().map(|column| column.name());
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
    let mut write = |record: &Record| {
        writer.write_record(&record.0).expect("memory takes every record of one length");
    };
    let mut record = Record(vec![String::new(); COLUMNS.len()]);
    for summary in &comparison.summaries {
        let level = if summary.series.is_some() { "series" } else { "op" };
        record.begin(comparison, level, summary.other);
        record.set("op", summary.op);
        record.set("pass", summary.pass);
        record.set("series", series_word(summary));
        record.set("points", summary.points);
        record.ratio(&summary.ratio);
        for verdict in Verdict::ALL {
            record.set(verdict.as_str(), summary.count_of(verdict));
        }
        record.set("worst_ratio", comparison.points[summary.worst].ratio.ratio);
        record.set("best_ratio", comparison.points[summary.best].ratio.ratio);
        write(&record);
    }
    for point in &comparison.points {
        record.begin(comparison, "point", point.other);
        record.point(&point.point);
        record.set("base_value", point.base_value);
        record.set("other_value", point.other_value);
        record.ratio(&point.ratio);
        record.set("note", point.two_speeds.map(TwoSpeeds::in_words).unwrap_or_default());
        write(&record);
    }
    for unmatched in &comparison.unmatched {
        record.begin(comparison, "point", unmatched.other);
        record.point(&unmatched.point);
        record.set("note", no_formula(&unmatched.why.to_string()));
        record.set("lost", unmatched.lost.map(Loss::as_str).unwrap_or_default());
        write(&record);
    }
    let bytes = writer.into_inner().expect("memory takes every record");
    String::from_utf8(bytes).expect("fields are text")
}

/// A text for each of [`COLUMNS`], in the memory of the record before.
struct Record(Vec<String>);

impl Record {
    /// Empties it, and says what is compared.
    fn begin(&mut self, comparison: &Comparison, level: &str, other: usize) {
        self.0.iter_mut().for_each(String::clear);
        self.set("level", level);
        self.set("metric", comparison.options.metric);
        self.set("base", no_formula(&comparison.sides[0].label));
        self.set("other", no_formula(&comparison.sides[other].label));
    }

    fn set(&mut self, column: &str, value: impl Display) {
        let place = COLUMNS.iter().position(|name| *name == column);
        self.set_at(place.expect("every column that is set is in COLUMNS"), value);
    }

    fn set_at(&mut self, place: usize, value: impl Display) {
        write!(self.0[place], "{value}").expect("a String takes any text");
    }

    fn point(&mut self, point: &Point) {
        for (place, value) in OF_POINT.iter().filter_map(|column| column.of_point(point)).enumerate() {
            self.set_at(SIDES.len() + place, value);
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

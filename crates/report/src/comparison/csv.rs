//! The CSV.

use super::{no_formula, series_word};
use hovera_analysis::{Comparison, Loss, Ratio, Verdict};
use hovera_core::{AttentionShape, Point};

const COLUMNS: [&str; 37] = [
    "level",
    "metric",
    "base",
    "other",
    "op",
    "dtype",
    "layout",
    "engine",
    "pacing",
    "cache",
    "heads",
    "batch",
    "seq",
    "hidden",
    "head_dim",
    "series",
    "gemm_batch",
    "m",
    "n",
    "k",
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

/// Everything as CSV: a row for each summary (`level` is `series` or `op`), each compared point (`point`)
/// and each point that could not be compared (`point` without a ratio, `note` says why, and `lost` what became of it
/// where the base has a value and the other has none). The columns of a
/// point are those of a results file; one that is compared across holds the base's word. A text that a
/// spreadsheet would take for a formula gets a `'` in front.
#[must_use]
pub fn csv(comparison: &Comparison) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |fields: &[String]| {
        writer.write_record(fields).expect("memory takes every record of one length");
    };
    write(&COLUMNS.map(str::to_owned));
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
struct Record([String; COLUMNS.len()]);

impl Record {
    fn of(comparison: &Comparison, level: &str, other: usize) -> Record {
        let mut record = Record([const { String::new() }; COLUMNS.len()]);
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
        let gemm = point.gemm();
        self.set("op", point.op);
        self.set("dtype", point.dtype);
        self.set("layout", point.layout);
        self.set("engine", point.engine);
        self.set("pacing", point.pacing);
        self.set("cache", point.cache);
        if let Some(sizes) = point.layer.map(AttentionShape::sizes) {
            for (column, size) in ["heads", "batch", "seq", "hidden", "head_dim"].into_iter().zip(sizes) {
                self.set(column, size);
            }
        }
        if let Some(series) = point.series() {
            self.set("series", series);
        }
        self.set("gemm_batch", gemm.gemm_batch());
        self.set("m", gemm.m());
        self.set("n", gemm.n());
        self.set("k", gemm.k());
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

//! A comparison as a file.

mod json;
mod markdown;
mod table;

use super::Comparison;
use super::shape::series;
use super::{PointComparison, Summary};

impl Comparison {
    /// Everything as CSV: a row for each summary (`level` is `series` or `op`), each compared point (`point`)
    /// and each point that could not be compared (`point` without a ratio, `note` says why). The columns of a
    /// point are those of a results file; one that is compared across holds the base's word. A text that a
    /// spreadsheet would take for a formula gets a `'` in front.
    #[must_use]
    pub fn to_csv(&self) -> String {
        table::csv(self)
    }

    /// Everything as JSON, with `"schema": "hovera-comparison"` and a `version`, which grows when a reader of
    /// the one before would misread it.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::json(self)
    }

    /// Everything as Markdown, texts escaped.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::markdown(self)
    }
}

/// A summary's series in a table: the power of two, or `all`.
pub(super) fn series_word(summary: &Summary) -> String {
    summary.series.map_or_else(|| "all".to_owned(), |series| series.to_string())
}

/// A point's series in a table: nothing where it has none.
pub(super) fn point_series_word(point: &PointComparison) -> String {
    series(&point.point).map(|series| series.to_string()).unwrap_or_default()
}

//! A comparison as a file.

mod json;
mod markdown;
mod table;

use super::Comparison;
use super::shape::series;
use super::{PointComparison, Summary};
use std::borrow::Cow;

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

/// A spreadsheet runs a text that starts with one of these.
pub(super) fn no_formula(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

/// Text that Markdown, and HTML in it, take as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_stays_text() {
        assert_eq!(escaped("a|b\n<i>[x](y)"), "a\\|b &lt;i&gt;\\[x\\]\\(y\\)");
    }

    #[test]
    fn a_text_that_a_spreadsheet_would_run_is_quoted() {
        assert_eq!(["=1+1", "@x", "-a.csv", "a=1"].map(no_formula), ["'=1+1", "'@x", "'-a.csv", "a=1"]);
    }
}

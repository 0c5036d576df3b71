//! A comparison in words and as a file.

mod bencher;
mod csv;
mod json;
mod markdown;

use hovera_analysis::{Comparison, Loss, Lost, PointComparison, Summary, Thresholds};
use hovera_core::percent;
use std::borrow::Cow;

pub use bencher::bencher;
pub use csv::csv;
pub use json::json;
pub use markdown::markdown;

/// What the verdicts mean, in a sentence.
#[must_use]
pub fn rule(comparison: &Comparison) -> String {
    let Thresholds { margin, false_discovery_rate, run_to_run } = comparison.options.thresholds;
    let runs = run_to_run.map(|deviation| format!(", run to run {} %", percent(deviation)));
    format!(
        "faster, slower: beyond ±{} % at a false discovery rate of {} %; same: the 95 % interval lies within{}",
        percent(margin),
        percent(false_discovery_rate),
        runs.unwrap_or_default()
    )
}

/// A summary's worst and best point in words, such as `0.95 at hidden 96`.
#[must_use]
pub fn ends(comparison: &Comparison, summary: &Summary) -> [String; 2] {
    [summary.worst, summary.best].map(|i| {
        let point = &comparison.points[i];
        format!("{:.3} at {}", point.ratio.ratio, point.point.size_in_words())
    })
}

/// How many points of a group of lost ones are named.
const NAMED: usize = 3;

/// What a side has lost of one op, pass and series, such as
/// `after.csv: score h/a = 8: 12 failed: hidden 96, hidden 192, hidden 288 and 9 more; failed in the other: no memory`.
#[must_use]
pub fn lost_in_words(comparison: &Comparison, lost: &Lost) -> String {
    let series = lost.series.map(|series| format!(" h/a = {series}")).unwrap_or_default();
    let named: Vec<String> = lost.points.iter().take(NAMED).map(|point| point.size_in_words()).collect();
    let more = match lost.points.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let reason = if lost.loss == Loss::Missing { String::new() } else { format!("; {}", lost.reason) };
    format!(
        "{}: {}{series}: {} {}: {}{more}{reason}",
        comparison.sides[lost.other].label,
        lost.op.with_pass(lost.pass),
        lost.points.len(),
        lost.loss.as_str(),
        named.join(", ")
    )
}

/// A summary's series in a table: the power of two, or `all`.
fn series_word(summary: &Summary) -> String {
    summary.series.map_or_else(|| "all".to_owned(), |series| series.to_string())
}

/// A point's series in a table: nothing where it has none.
fn point_series_word(point: &PointComparison) -> String {
    point.point.series().map(|series| series.to_string()).unwrap_or_default()
}

/// A spreadsheet runs a text that starts with one of these.
pub(crate) fn no_formula(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

/// Text that Markdown, and HTML in it, take as it is.
pub(crate) fn escaped(text: &str) -> String {
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

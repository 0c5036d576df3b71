//! The Markdown document.

use super::{ends, escaped, lost_in_words, point_series_word, rule, series_word};
use hovera_analysis::{Comparison, Ratio, Verdict};
use std::fmt::{Display, Write};

/// Everything as Markdown, texts escaped.
#[must_use]
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = Lines(String::from("# Comparison\n\n"));
    let options = &comparison.options;
    for (i, side) in comparison.sides.iter().enumerate() {
        let role = if i == 0 { "base".to_owned() } else { format!("other {i}") };
        text.line(format_args!(
            "- {role}: {}, {}, {}, {} rows",
            escaped(&side.label),
            escaped(&side.device.name),
            escaped(&side.gemm),
            side.rows
        ));
    }
    text.line(format_args!("- metric: {}; {}", options.metric, rule(comparison)));
    for note in &comparison.notes {
        text.line(format_args!("- note: {}", escaped(note)));
    }
    for lost in comparison.lost() {
        text.line(format_args!("- lost: {}", escaped(&lost_in_words(comparison, &lost))));
    }
    for other in 1..comparison.sides.len() {
        let of_it = comparison.summaries.iter().filter(|summary| summary.other == other);
        text.line(format_args!("\n## {} over the base\n", escaped(&comparison.sides[other].label)));
        text.row(
            ["op", "h/a", "points", "ratio", "95 % interval", "verdict", "worst", "best"]
                .into_iter()
                .chain(Verdict::ALL.map(Verdict::as_str)),
        );
        text.row(["---"; 12].into_iter());
        for summary in of_it {
            let [worst, best] = ends(comparison, summary);
            let ratio = &summary.ratio;
            let cells = [
                summary.op_in_words(),
                series_word(summary),
                summary.points.to_string(),
                format!("{:.4}", ratio.ratio),
                interval(ratio),
                ratio.verdict.as_str().to_owned(),
                worst,
                best,
            ];
            let counts = Verdict::ALL.map(|verdict| summary.count_of(verdict).to_string());
            text.row(cells.into_iter().chain(counts));
        }
    }
    points(comparison, &mut text);
    text.0
}

fn points(comparison: &Comparison, text: &mut Lines) {
    text.line("\n## Points\n");
    text.row(
        ["other", "op", "h/a", "point", "base", "other", "ratio", "95 % interval", "q", "verdict"]
            .into_iter(),
    );
    text.row(["---"; 10].into_iter());
    for point in &comparison.points {
        let ratio = &point.ratio;
        text.row(
            [
                point.other.to_string(),
                point.point.op.to_string(),
                point_series_word(point),
                point.point.size_in_words(),
                format!("{:.4}", point.base_value),
                format!("{:.4}", point.other_value),
                format!("{:.4}", ratio.ratio),
                interval(ratio),
                format!("{:.2e}", ratio.q),
                ratio.verdict.as_str().to_owned(),
            ]
            .into_iter(),
        );
    }
    if comparison.unmatched.is_empty() {
        return;
    }
    text.line("\n## Points that were not compared\n");
    text.row(["other", "op", "point", "why"].into_iter());
    text.row(["---"; 4].into_iter());
    for unmatched in &comparison.unmatched {
        text.row(
            [
                unmatched.other.to_string(),
                unmatched.point.op.to_string(),
                unmatched.point.size_in_words(),
                escaped(&unmatched.why.to_string()),
            ]
            .into_iter(),
        );
    }
}

fn interval(ratio: &Ratio) -> String {
    format!("{:.4} to {:.4}", ratio.low, ratio.high)
}

struct Lines(String);

impl Lines {
    fn line(&mut self, text: impl Display) {
        writeln!(self.0, "{text}").expect("a String takes any text");
    }

    fn row(&mut self, cells: impl Iterator<Item = impl Display>) {
        for cell in cells {
            write!(self.0, "| {cell} ").expect("a String takes any text");
        }
        self.line("|");
    }
}

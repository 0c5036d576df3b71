//! Bencher Metric Format: what bencher.dev and its GitHub action read.
//!
//! <https://bencher.dev/docs/reference/bencher-metric-format/>: an object of benchmarks, each an object of measures, each
//! a value with the lower and upper end of its interval.

use hovera_analysis::{Comparison, PointComparison, Summary};
use serde_json::{Map, Value, json};

/// The measures of a benchmark.
const RATIO: &str = "ratio";

/// Every point of every other side as a benchmark whose measure has the metric's name, and with it the ratio to the base
/// with its 95 % interval; every line of the summary as a benchmark that has the ratio alone. Of several other sides each
/// name begins with the side's number and label. Larger is better in all of them.
#[must_use]
pub fn bencher(comparison: &Comparison) -> String {
    let several = comparison.sides.len() > 2;
    let side = |other: usize| match several {
        true => format!("{other} {}: ", comparison.sides[other].label),
        false => String::new(),
    };
    let mut benchmarks = Map::new();
    for summary in &comparison.summaries {
        let name = format!("{}{}", side(summary.other), summary_name(summary));
        benchmarks.insert(name, json!({ RATIO: ratio(&summary.ratio) }));
    }
    let metric = comparison.options.metric.as_str();
    for point in &comparison.points {
        let name = format!("{}{}", side(point.other), point_name(point));
        let value = json!({ "value": point.other_value });
        benchmarks.insert(name, json!({ metric: value, RATIO: ratio(&point.ratio) }));
    }
    let mut text =
        serde_json::to_string_pretty(&Value::Object(benchmarks)).expect("texts and numbers are JSON");
    text.push('\n');
    text
}

fn ratio(ratio: &hovera_analysis::Ratio) -> Value {
    json!({ "value": ratio.ratio, "lower_value": ratio.low, "upper_value": ratio.high })
}

fn summary_name(summary: &Summary) -> String {
    let series = summary.series.map_or_else(|| "all".to_owned(), |series| format!("h/a = {series}"));
    format!("{}, {series}, mean of {}", summary.op_in_words(), summary.points)
}

/// Everything that tells a point from others.
fn point_name(point: &PointComparison) -> String {
    let heading = point.point.heading();
    match point.point.is_told_by_model() {
        true => heading,
        false => format!("{heading}, {}", point.point.gemm()),
    }
}

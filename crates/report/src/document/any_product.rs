//! Charts that are not the published kind: what their lines say in words and numbers.

use super::findings::Statement;
use super::grid::Grid;
use super::sentence::{Sentence, three_digits};
use hovera_plot::{DataPoint, NamedChart, Trace};

const COLUMNS: [&str; 6] = ["Line", "Points", "Highest, TFLOP/s", "At", "Lowest, TFLOP/s", "At"];

/// The lines of a chart in numbers.
pub(super) fn table(named: &NamedChart) -> Grid {
    let over = named.chart.x.label.as_str();
    let row = |trace: &Trace| {
        let (high, low) = (end(trace, f64::total_cmp)?, end(trace, |a, b| b.total_cmp(a))?);
        let cells = [
            trace.label.clone(),
            trace.points.len().to_string(),
            three_digits(high.y),
            high.x.to_string(),
            three_digits(low.y),
            low.x.to_string(),
        ];
        Some(cells.map(Some).to_vec())
    };
    let heads =
        COLUMNS.map(|head| Sentence::new(if head == "At" { format!("At {over}") } else { head.to_owned() }));
    Grid {
        caption: "The lines in numbers.".to_owned(),
        columns: heads.to_vec(),
        rows: lines(named).filter_map(row).collect(),
    }
}

/// The fastest point, and how far the slowest line stays behind at its best.
pub(super) fn statements(named: &NamedChart) -> Vec<Statement> {
    let over = named.chart.x.label.to_lowercase();
    let best = |trace: &Trace| end(trace, f64::total_cmp).map(|point| (trace.label.clone(), point));
    let best: Vec<(String, DataPoint)> = lines(named).filter_map(best).collect();
    let by_height = |a: &&(String, DataPoint), b: &&(String, DataPoint)| a.1.y.total_cmp(&b.1.y);
    let (Some((label, point)), Some((least, worst))) =
        (best.iter().max_by(by_height), best.iter().min_by(by_height))
    else {
        return Vec::new();
    };
    let of = |label: &str| if best.len() > 1 { format!(" ({label})") } else { String::new() };
    let fastest = Sentence::new(format!("{} TFLOP/s at {over} {}", three_digits(point.y), point.x))
        .words(of(label))
        .words(".");
    let mut statements = vec![Statement { topic: "Fastest point", sentence: fastest }];
    if best.len() > 1 {
        let behind = Sentence::new("The line ").quote(least).words(format!(
            " reaches {} TFLOP/s at most, {} times less than the best.",
            three_digits(worst.y),
            three_digits(point.y / worst.y)
        ));
        statements.push(Statement { topic: "Slowest line", sentence: behind });
    }
    statements
}

fn lines(named: &NamedChart) -> impl Iterator<Item = &Trace> {
    named.chart.traces.iter().filter(|trace| trace.style.is_data() && !trace.points.is_empty())
}

/// The point that is last in an order of heights.
fn end(trace: &Trace, order: impl Fn(&f64, &f64) -> std::cmp::Ordering) -> Option<DataPoint> {
    trace.points.iter().copied().max_by(|a, b| order(&a.y, &b.y))
}

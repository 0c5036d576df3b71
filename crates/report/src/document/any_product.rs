//! Charts that are not the published kind: what their lines say in words and numbers.

use super::findings::Statement;
use super::grid::Grid;
use super::sentence::{Sentence, three_digits};
use hovera_plot::{Chart, DataPoint, NamedChart, Spacing, Trace};

/// The lines of a chart in numbers of a unit.
pub(super) fn table(named: &NamedChart, unit: &str) -> Grid {
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
    let at = format!("At {over}");
    let [line, points] = ["Line", "Points"].map(str::to_owned);
    let [highest, lowest] = ["Highest", "Lowest"].map(|end| format!("{end}, {unit}"));
    let heads = [line, points, highest, at.clone(), lowest, at].map(Sentence::new);
    Grid {
        caption: "The lines in numbers.".to_owned(),
        columns: heads.to_vec(),
        rows: lines(named).filter_map(row).collect(),
    }
}

/// The fastest point, and how far the slowest line stays behind at its best.
pub(super) fn statements(named: &NamedChart, unit: &str) -> Vec<Statement> {
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
    let fastest = Sentence::new(format!("{} {unit} at {over} {}", three_digits(point.y), point.x))
        .words(of(label))
        .words(".");
    let mut statements = vec![Statement { topic: "Fastest point", sentence: fastest }];
    if best.len() > 1 {
        let behind = Sentence::new("The line ").quote(least).words(format!(
            " reaches {} {unit} at most, {} times less than the best.",
            three_digits(worst.y),
            three_digits(point.y / worst.y)
        ));
        statements.push(Statement { topic: "Slowest line", sentence: behind });
    }
    statements.extend(step(named, unit).map(|sentence| Statement { topic: "Step", sentence }));
    statements
}

/// The fastest and the slowest cell of a heat map.
pub(super) fn ends(named: &NamedChart, unit: &str) -> Vec<Statement> {
    let Chart { x, y, cells: Some(cells), .. } = &named.chart else { return Vec::new() };
    let (Spacing::Named(columns), Spacing::Named(lines)) = (&x.spacing, &y.spacing) else {
        return Vec::new();
    };
    let rows = cells.rows.iter().zip(lines);
    let all = rows.flat_map(|(row, line)| {
        row.iter().zip(columns).filter_map(move |(value, column)| Some(((*value)?, line, column)))
    });
    let all: Vec<(f64, &String, &String)> = all.collect();
    let by_value = |a: &&(f64, &String, &String), b: &&(f64, &String, &String)| a.0.total_cmp(&b.0);
    let said = |topic, cell: &(f64, &String, &String)| {
        let (value, line, column) = cell;
        let (over, by) = (x.label.to_lowercase(), y.label.to_lowercase());
        let words = format!("{} {unit} at {by} {line} and {over} {column}.", three_digits(*value));
        Statement { topic, sentence: Sentence::new(words) }
    };
    let (high, low) = (all.iter().max_by(by_value), all.iter().min_by(by_value));
    let fastest = high.map(|cell| said("Fastest point", cell));
    fastest.into_iter().chain(low.map(|cell| said("Slowest point", cell))).collect()
}

/// The two neighbouring sizes that differ most in throughput, where they are almost the same size.
fn step(named: &NamedChart, unit: &str) -> Option<Sentence> {
    /// Sizes farther apart than this are no small step.
    const NEAR: f64 = 0.01;
    /// A factor below this is no cost to speak of.
    const NOTABLE: f64 = 1.05;
    let mut all: Vec<DataPoint> = lines(named).flat_map(|trace| &trace.points).copied().collect();
    all.sort_by(|a, b| a.x.total_cmp(&b.x));
    // Lines that share sizes differ in something else as well, and only each alone can be walked along.
    let lines_share_sizes = all.windows(2).any(|pair| pair[0].x == pair[1].x);
    let walks: Vec<Vec<DataPoint>> = match lines_share_sizes {
        true => lines(named).map(|trace| trace.points.clone()).collect(),
        false => vec![all],
    };
    let pairs = walks.iter().flat_map(|walk| walk.windows(2).map(|pair| (pair[0], pair[1])));
    let near = pairs.filter(|(a, b)| a.x > 0.0 && b.x > a.x && b.x - a.x <= NEAR * a.x);
    let factor = |(a, b): &(DataPoint, DataPoint)| (a.y / b.y).max(b.y / a.y);
    let worst = near.max_by(|a, b| factor(a).total_cmp(&factor(b))).filter(|pair| factor(pair) >= NOTABLE)?;
    let (slow, fast) = if worst.0.y < worst.1.y { worst } else { (worst.1, worst.0) };
    let over = named.chart.x.label.to_lowercase();
    Some(Sentence::new(format!(
        "A small step costs a factor of {}: {} {unit} at {over} {} and {} at {}.",
        three_digits(factor(&worst)),
        three_digits(slow.y),
        slow.x,
        three_digits(fast.y),
        fast.x
    )))
}

fn lines(named: &NamedChart) -> impl Iterator<Item = &Trace> {
    named.chart.traces.iter().filter(|trace| trace.style.is_data() && !trace.points.is_empty())
}

/// The point that is last in an order of heights.
fn end(trace: &Trace, order: impl Fn(&f64, &f64) -> std::cmp::Ordering) -> Option<DataPoint> {
    trace.points.iter().copied().max_by(|a, b| order(&a.y, &b.y))
}

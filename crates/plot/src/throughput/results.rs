//! Results to charts.

use super::axes::{Source, axes};
use super::condition::Condition;
use super::{ChartOptions, NamedChart, Note, caption, colour, last_values, legend_entry, marker, title};
use crate::chart::{Chart, Style, Trace};
use hovera_core::{Engine, Results, Row, Series, Status};
use std::collections::BTreeMap;

/// One chart for each distinct combination of op, heads, dtype, layout, engine, pacing, cache, batch,
/// sequence length and device, in that order: throughput over hidden size, a line for each series.
///
/// Noisy points are drawn. Failed and skipped ones are not, and the line joins their neighbours: at
/// hundreds of points a gap of one would not be seen. The notes count all three.
#[must_use]
pub fn charts(results: &Results, options: &ChartOptions) -> Vec<NamedChart> {
    let mut rows_by_condition: BTreeMap<Condition, Vec<&Row>> = BTreeMap::new();
    for row in &results.rows {
        rows_by_condition.entry(Condition::of(row)).or_default().push(row);
    }
    let conditions: Vec<Condition> = rows_by_condition.keys().copied().collect();
    rows_by_condition
        .iter()
        .map(|(condition, rows)| {
            let (chart, notes) = chart(results, condition, rows, options);
            NamedChart { stem: condition.stem(&conditions), chart, notes }
        })
        .collect()
}

fn chart(
    results: &Results,
    condition: &Condition,
    rows: &[&Row],
    options: &ChartOptions,
) -> (Chart, Vec<Note>) {
    let device = usize::try_from(condition.device).ok().and_then(|i| results.front_matter.device.get(i));
    let cpu = condition.engine == Engine::Cpu;
    let traces = traces(rows, options);
    let source = if cpu { Source::Cpu } else { Source::Gpu };
    let (x, y, mut notes) = axes(&traces, source, options.y_max);
    notes.extend(row_notes(rows));

    let published_title = title(condition.op, condition.heads);
    let caption = caption::measured(device, condition, options.stat, rows);
    let desc = format!(
        "Line chart of throughput in TFLOP/s over hidden size, with a line for each largest power of two \
         that divides h/a, capped at 64. {} {caption}.",
        last_values(&traces)
    );
    let chart = Chart {
        // A CPU's chart could otherwise pass for a GPU's when the caption is off.
        title: if cpu { format!("{published_title} (CPU)") } else { published_title },
        x,
        y,
        traces,
        caption: options.caption.then_some(caption),
        desc,
    };
    (chart, notes)
}

/// The series that have points, in the order of the legend.
fn traces(rows: &[&Row], options: &ChartOptions) -> Vec<Trace> {
    let mut points: BTreeMap<Series, Vec<(f64, f64)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.status.has_times()) {
        if let Some(tflops) = row.tflops(options.stat) {
            let shape = row.point.shape;
            points.entry(shape.series()).or_default().push((f64::from(shape.hidden().get()), tflops));
        }
    }
    let trace = |(series, mut points): (Series, Vec<(f64, f64)>)| {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Trace {
            label: legend_entry(series),
            heading: None,
            colour: colour(series),
            style: if options.markers { Style::LineAndPoints(marker(series)) } else { Style::Line },
            points,
        }
    };
    points.into_iter().map(trace).collect()
}

fn row_notes(rows: &[&Row]) -> Vec<Note> {
    let count = |status| rows.iter().filter(|row| row.status == status).count();
    let (failed, skipped, noisy) = (count(Status::Failed), count(Status::Skipped), count(Status::Noisy));
    let not_drawn = (failed + skipped > 0).then_some(Note::NotDrawn { failed, skipped });
    let noisy = (noisy > 0).then_some(Note::Noisy { points: noisy });
    not_drawn.into_iter().chain(noisy).collect()
}

//! Published readings to charts.

use super::axes::{Source, axes};
use super::quantity::{Quantity, unit};
use super::{
    ChartError, ChartKind, ChartOptions, NamedChart, caption, colour, last_values, legend_entry, title,
};
use crate::chart::{Chart, DataPoint, Intervals, Marker, Style, Trace};
use hovera_analysis::Metric;
use hovera_core::{Op, Readings, Series, Stat};
use std::collections::BTreeMap;

/// One chart for each op that was read off: hollow markers without lines, a shape for each pass over
/// the published chart, under a heading that says so. [`ChartOptions::stat`],
/// [`ChartOptions::overlay`] and [`ChartOptions::markers`] say nothing here.
///
/// # Errors
/// [`ChartError::Readings`] for any metric but the throughput that was published,
/// [`ChartError::ReadingsKind`] for any chart but the published ones.
pub fn readings_charts(readings: &Readings, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    if options.kind != ChartKind::Throughput {
        return Err(ChartError::ReadingsKind { kind: options.kind });
    }
    if options.metric != Metric::Tflops {
        return Err(ChartError::Readings { metric: options.metric });
    }
    let has_points = |op: &Op| readings.points.iter().any(|point| point.op == *op);
    Ok(Op::ALL.iter().copied().filter(has_points).map(|op| chart(readings, op, options)).collect())
}

fn chart(readings: &Readings, op: Op, options: &ChartOptions) -> NamedChart {
    let traces = traces(readings, op);
    let (x, y, notes) = axes(
        &traces,
        Source::Gpu,
        &Quantity { options, stat: Stat::default(), card: None, mixed: false, clocks_differ: false },
    );
    let caption = caption::read_off(readings);
    let uncertainty: Vec<_> = readings.uncertainty.iter().map(|(name, by)| format!("{name}: {by}")).collect();
    let desc = format!(
        "Points of throughput in TFLOP/s over hidden size, read off a published chart. {} \
         Uncertainty: {}. {caption}.",
        last_values(&traces, unit(options.metric)),
        uncertainty.join("; ")
    );
    let chart = Chart {
        title: title(op, readings.heads),
        x,
        y,
        cells: None,
        traces,
        caption: options.caption.then_some(caption),
        desc,
    };
    NamedChart { stem: format!("{op}-a{}-read-off", readings.heads), chart, condition: None, notes }
}

/// A trace for each series of each pass, each pass under its heading.
fn traces(readings: &Readings, op: Op) -> Vec<Trace> {
    let mut traces = Vec::new();
    for (pass, name) in readings.uncertainty.keys().enumerate() {
        let mut points: BTreeMap<Series, Vec<DataPoint>> = BTreeMap::new();
        for point in readings.points.iter().filter(|point| point.op == op && point.reading == *name) {
            points
                .entry(point.series)
                .or_default()
                .push(DataPoint::from((f64::from(point.hidden), point.tflops)).keyed(point.hidden));
        }
        for (i, (series, mut points)) in points.into_iter().enumerate() {
            points.sort_by(|a, b| a.x.total_cmp(&b.x));
            traces.push(Trace {
                label: legend_entry(series),
                listed: true,
                heading: (i == 0).then(|| format!("read off: {name}")),
                colour: colour(series),
                style: Style::Points(Marker::ALL[pass % Marker::ALL.len()]),
                points,
                intervals: Intervals::None,
            });
        }
    }
    traces
}

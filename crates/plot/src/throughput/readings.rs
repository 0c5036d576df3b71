//! Published readings to charts.

use super::axes::axes;
use super::course::Course;
use super::lines::ANY_SERIES;
use super::quantity::{Quantity, unit};
use super::{
    ChartError, ChartKind, ChartOptions, NamedChart, Overlay, caption, colour, last_values, legend_entry,
    title,
};
use crate::chart::{Chart, DataPoint, Intervals, Marker, Style, Trace};
use crate::font;
use hovera_analysis::{Dimension, Metric};
use hovera_core::{Op, Origin, Reading, Readings, Series, Stat};
use std::collections::BTreeMap;

/// One chart for each op that was read off: hollow markers without lines, a shape for each pass over
/// the published chart, under a heading that says so, with a bar for how far off each may be. [`ChartOptions::stat`],
/// [`ChartOptions::overlay`] of anything else and [`ChartOptions::markers`] say nothing here.
///
/// # Errors
/// [`ChartError::Readings`] for any metric but the throughput that was published,
/// [`ChartError::ReadingsKind`] for any chart but the published ones, [`ChartError::NoKernel`] for kernels.
pub fn readings_charts(readings: &Readings, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    if options.kind != ChartKind::Throughput {
        return Err(ChartError::ReadingsKind { kind: options.kind });
    }
    if options.metric != Metric::Tflops {
        return Err(ChartError::Readings { metric: options.metric });
    }
    if options.overlay == Some(Overlay::Kernel) {
        return Err(ChartError::NoKernel);
    }
    if !matches!(options.x, None | Some(Dimension::Hidden))
        || !matches!(options.by, None | Some(Dimension::Series))
    {
        let (kind, option) = (options.kind, if options.by.is_some() { "by" } else { "x" });
        let goes_with = "results files; published readings are over hidden size, a line for each series";
        return Err(ChartError::Option { kind, option, goes_with });
    }
    let has_points = |op: &Op| drawn(readings, *op).next().is_some();
    Ok(Op::ALL.iter().copied().filter(has_points).map(|op| chart(readings, op, options)).collect())
}

fn chart(readings: &Readings, op: Op, options: &ChartOptions) -> NamedChart {
    let traces = traces(readings, op);
    let course = Course::Published { title: title(op, readings.heads), sizes: String::new() };
    let (x, y, notes) = axes(
        &traces,
        &Quantity {
            options,
            stat: Stat::default(),
            card: None,
            file: None,
            mixed: false,
            clocks_differ: false,
            origin: Origin::Measured,
        },
        &course,
    );
    let said = caption::read_off(readings);
    let uncertainty: Vec<_> = readings.uncertainty.iter().map(|(name, by)| format!("{name}: {by}")).collect();
    let desc = format!(
        "Points of throughput in TFLOP/s over hidden size, read off a published chart. {} \
         Uncertainty: {}. {said}.",
        last_values(&traces, unit(options.metric), "hidden size"),
        uncertainty.join("; ")
    );
    let chart = Chart {
        title: course.title(),
        subtitle: said.subtitle(options),
        x,
        y,
        cells: None,
        traces,
        caption: said.caption(options),
        desc,
    };
    NamedChart { stem: format!("{op}-a{}-read-off", readings.heads), chart, condition: None, notes }
}

/// Lays published readings over charts of lines of the same product: hollow points with their error bars, in the colours of
/// the lines, which lose their markers. A chart of another op, number of heads, dtype, batch or sequence length stays as it
/// is.
///
/// # Errors
/// [`ChartError::NothingRead`], where no chart is of what was read off.
pub fn with_readings(charts: Vec<NamedChart>, readings: &Readings) -> Result<Vec<NamedChart>, ChartError> {
    let is_of = |named: &NamedChart| {
        named.condition.is_some_and(|it| {
            (it.dtype, it.heads, it.batch, it.seq)
                == (readings.dtype, readings.heads, readings.batch, readings.seq)
                && drawn(readings, it.op).next().is_some()
        })
    };
    if !charts.iter().any(is_of) {
        return Err(ChartError::NothingRead { published: readings.source.clone() });
    }
    Ok(charts
        .into_iter()
        .map(|named| if is_of(&named) { laid_over(named, readings) } else { named })
        .collect())
}

fn laid_over(mut named: NamedChart, readings: &Readings) -> NamedChart {
    let Some(condition) = named.condition else { return named };
    let chart = &mut named.chart;
    for trace in &mut chart.traces {
        trace.style = match trace.style {
            Style::LineAndPoints(dash, ..) => Style::Line(dash),
            Style::Predicted(dash, _) => Style::Predicted(dash, None),
            other => other,
        };
    }
    let points = traces(readings, condition.op);
    let count: usize = points.iter().map(|trace| trace.points.len()).sum();
    let is_here = |name: &String| drawn(readings, condition.op).any(|point| point.reading == *name);
    let passes = readings.uncertainty.keys().enumerate().filter(|(_, name)| is_here(name));
    let key = passes.enumerate().map(|(i, (pass, name))| Trace {
        label: name.clone(),
        listed: true,
        heading: (i == 0).then(|| "read off".to_owned()),
        colour: ANY_SERIES,
        style: Style::Points(Marker::ALL[pass % Marker::ALL.len()]),
        points: Vec::new(),
        intervals: Intervals::None,
    });
    // The lines tell what the colours are.
    chart.traces.extend(points.into_iter().map(|trace| Trace { listed: false, heading: None, ..trace }));
    chart.traces.extend(key);
    let source = font::drawable(&readings.source);
    let said = format!(
        ", hollow points: {count} values read off a published chart of the {}, {source}",
        readings.gpu
    );
    if let Some(caption) = &mut chart.caption {
        caption.push_str(&said);
    }
    chart.desc = format!("{}{said}.", chart.desc.trim_end_matches('.'));
    named
}

/// What was read off one chart. That its lines begin at (0, 0) is no reading.
fn drawn(readings: &Readings, op: Op) -> impl Iterator<Item = &Reading> {
    readings.points.iter().filter(move |point| point.op == op && point.hidden > 0)
}

fn place(point: &Reading) -> DataPoint {
    DataPoint::from((f64::from(point.hidden), point.tflops))
}

/// A trace for each series of each pass, each pass under its heading.
fn traces(readings: &Readings, op: Op) -> Vec<Trace> {
    let mut traces = Vec::new();
    for (pass, name) in readings.uncertainty.keys().enumerate() {
        let mut series: BTreeMap<Series, Vec<&Reading>> = BTreeMap::new();
        for point in drawn(readings, op).filter(|point| point.reading == *name) {
            series.entry(point.series).or_default().push(point);
        }
        for (i, (series, mut points)) in series.into_iter().enumerate() {
            points.sort_by_key(|point| point.hidden);
            let interval = |point: &&Reading| {
                let error = readings.error_of(point)?;
                Some(((point.tflops - error).max(0.0), point.tflops + error))
                    .filter(|(_, high)| high.is_finite())
            };
            let intervals: Vec<_> = points.iter().map(interval).collect();
            traces.push(Trace {
                label: legend_entry(series),
                listed: true,
                heading: (i == 0).then(|| format!("read off: {name}")),
                colour: colour(series),
                style: Style::Points(Marker::ALL[pass % Marker::ALL.len()]),
                points: points.iter().map(|point| place(point)).collect(),
                intervals: if readings.within.contains_key(name) {
                    Intervals::OfY(intervals)
                } else {
                    Intervals::None
                },
            });
        }
    }
    traces
}

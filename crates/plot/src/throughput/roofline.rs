//! Every point under the ceilings of its card: throughput over arithmetic intensity (Williams, Waterman
//! and Patterson, CACM 52(4), 2009).

use super::axes::decades;
use super::caption;
use super::course::apart;
use super::files::Files;
use super::lines::ANY_SERIES;
use super::options::{ChartKind, ChartOptions, Markers};
use super::quantity::Quantity;
use super::rows::{Card, Variant, value_notes};
use super::{ChartError, NamedChart, Note, colour, legend_entry, marker, of_origin};
use crate::chart::{Axis, Chart, Dash, DataPoint, Intervals, Marker, Style, Trace};
use hovera_analysis::{Dimension, Missing};
use hovera_core::{Datasheet, Dtype, Layout, Op, Origin, Row, Series, Status};
use std::collections::{BTreeMap, BTreeSet};

/// What dots are of: an op, and of the published ones the series.
type Kind = (Op, Option<Series>);

/// Where all of a chart's points are.
type Points = BTreeMap<Kind, Vec<DataPoint>>;

/// What the rows of a chart have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Together {
    card: Card,
    /// The only op of a chart, where each op has one of its own.
    op: Option<Op>,
    /// Pass, mask, dtype, engine, pacing and cache.
    words: [u128; WORDS.len()],
    /// The layout, which follows from op and pass where the library is called as PyTorch calls it.
    layout: Option<Layout>,
}

const WORDS: [Dimension; 6] = [
    Dimension::Pass,
    Dimension::Mask,
    Dimension::Dtype,
    Dimension::Engine,
    Dimension::Pacing,
    Dimension::Cache,
];

/// One chart for each distinct combination of pass, mask, dtype, layout, engine, pacing, cache and device, with
/// every shape and op of it. A dot's shape is its op's; where each series has a marker of its own
/// ([`Markers::Many`]), each op has a chart.
pub(super) fn charts(files: Files<'_>, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    let by_op = options.markers == Markers::Many;
    let mut groups: BTreeMap<Together, Vec<&Row>> = BTreeMap::new();
    for (card, row) in files.rows() {
        let point = &row.point;
        let usual = point.op.is_of_layer()
            && !point.op.is_published()
            && point.layout == point.op.usual_layout(point.pass);
        let together = Together {
            card,
            op: by_op.then_some(point.op),
            words: WORDS.map(|word| word.of_point(point)),
            layout: (!usual).then_some(point.layout),
        };
        groups.entry(together).or_default().push(row);
    }
    let shared: Vec<Together> = groups.keys().copied().collect();
    let named = |(together, rows): (&Together, &Vec<&Row>)| {
        let variant = Variant { card: together.card, rows: rows.clone() };
        let (chart, notes) = chart(files, &[variant], options)?;
        let stem = format!("roofline{}{}", stem(together, &shared), options.stem_suffix());
        Ok(NamedChart { stem, chart, condition: None, notes })
    };
    groups.iter().map(named).collect()
}

/// What tells a roofline from the others of some files.
fn stem(together: &Together, others: &[Together]) -> String {
    let mut stem = together.op.map(|op| format!("-{op}")).unwrap_or_default();
    for (i, word) in WORDS.iter().enumerate() {
        if others.iter().any(|other| other.words[i] != together.words[i]) {
            let value = word.value_in_words(together.words[i]);
            stem.push_str(&if *word == Dimension::Pacing {
                format!("-pacing-{value}")
            } else {
                format!("-{value}")
            });
        }
        // Where file names have it.
        let varies = others.iter().any(|other| other.layout != together.layout);
        if let Some(layout) = together.layout.filter(|_| *word == Dimension::Dtype && varies) {
            stem.push_str(&format!("-{layout}"));
        }
    }
    if others.iter().any(|other| other.card.device != together.card.device) {
        stem.push_str(&format!("-device{}", together.card.device));
    }
    stem
}

fn chart(
    files: Files<'_>,
    variants: &[Variant<'_>],
    options: &ChartOptions,
) -> Result<(Chart, Vec<Note>), ChartError> {
    let first = &variants[0];
    let quantity = files.quantity(first.card, options);
    let device = files.device(first.card).map(|device| device.name.clone()).unwrap_or_default();
    let no_sheet = || ChartError::Ceilings { missing: Missing::Datasheet { device } };
    let sheet = quantity.card.and_then(|card| card.sheet()).ok_or_else(no_sheet)?;
    let dtype = first.point().dtype;
    let no_peak = ChartError::Ceilings { missing: Missing::Peak { card: sheet.name, dtype } };
    let (peak, ridge) = sheet.peak(dtype).zip(sheet.ridge(dtype)).ok_or(no_peak)?;

    let points = points(variants, &quantity);
    let all = || points.values().flatten();
    if points.is_empty() {
        return Err(ChartError::NoPoint { kind: ChartKind::Roofline, reason: "no row has a time" });
    }
    let x = decades("Arithmetic Intensity (FLOP/B)", all().map(|p| p.x).chain([ridge]));
    let y = decades(&quantity.label(), all().map(|p| p.y).chain([peak]));
    let mut traces = ceilings(sheet, dtype, (peak, ridge), &x, &y);
    traces.extend(dots(&points, files.origin(first.card), options));
    let quantities: Vec<_> = variants.iter().map(|_| quantity).collect();
    let lines = format!("; lines: datasheet of the {}, peak at {} MHz", sheet.name, sheet.boost_mhz);
    let said = caption::said(files, variants, "", &quantity.basis(dtype)).and(&lines);
    let desc = format!(
        "Roofline of the {}, {dtype}: {} over arithmetic intensity, {} points. By the datasheet memory bounds \
         what is below {ridge:.0} FLOP per byte, at {} GB/s, and the SMs what is above, at {peak} TFLOP/s. \
         {said}.",
        sheet.name,
        quantity.in_words(),
        all().count(),
        sheet.memory_gb_s
    );
    let chart = Chart {
        title: of_origin(files.all_predicted(variants), title(sheet, dtype, &points)),
        subtitle: said.subtitle(options),
        x,
        y,
        cells: None,
        traces,
        caption: said.caption(options),
        desc,
    };
    Ok((chart, value_notes(variants, &quantities)))
}

fn points(variants: &[Variant<'_>], quantity: &Quantity<'_>) -> Points {
    let mut points = Points::new();
    for row in variants.iter().flat_map(|it| &it.rows).filter(|row| row.status.has_times()) {
        if let Ok(value) = quantity.of_row(row) {
            let point = row.point;
            let series = point.series().filter(|_| point.op.is_published());
            let intensity = point.arithmetic_intensity();
            points
                .entry((point.op, series))
                .or_default()
                .push(DataPoint::from((intensity, value)).noisy(row.status == Status::Noisy));
        }
    }
    for points in points.values_mut() {
        points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    }
    points
}

/// The one op that there is belongs to the title.
fn title(sheet: &Datasheet, dtype: Dtype, points: &Points) -> String {
    match ops(points)[..] {
        [op] => format!("Roofline of the {}, {dtype}, {op}", sheet.name),
        _ => format!("Roofline of the {}, {dtype}", sheet.name),
    }
}

fn ops(points: &Points) -> Vec<Op> {
    let mut ops: Vec<Op> = points.keys().map(|(op, _)| *op).collect();
    ops.dedup();
    ops
}

/// The dots of each series and op. The legend has the colours once, and where there are several ops their shapes. An op
/// without series has a colour of its own.
fn dots(points: &Points, origin: Origin, options: &ChartOptions) -> Vec<Trace> {
    let ops = ops(points);
    let style =
        |marker| if origin == Origin::Predicted { Style::Points(marker) } else { Style::Dots(marker) };
    let place = |op: Op| ops.iter().position(|other| *other == op).unwrap_or(0);
    let shape = |op: Op| Marker::ALL[place(op) % Marker::ALL.len()];
    let mut listed = BTreeSet::new();
    let mut traces = Vec::new();
    let mut push = |label: String, is_listed: bool, colour, marker, points: &Vec<DataPoint>| {
        traces.push(Trace {
            label,
            heading: traces.is_empty().then(|| origin.to_string()),
            listed: is_listed,
            colour,
            style: style(marker),
            points: points.clone(),
            intervals: Intervals::None,
        });
    };
    for (&(op, series), points) in points {
        match series {
            Some(series) => {
                let marker = if options.markers == Markers::Many { marker(series) } else { shape(op) };
                push(legend_entry(series), listed.insert(series), colour(series), marker, points);
            }
            None => push(op.to_string(), true, apart(place(op)).0, shape(op), points),
        }
    }
    let with_series = || ops.iter().filter(|op| op.is_published());
    if ops.len() > 1 && with_series().next().is_some() {
        traces.extend(with_series().enumerate().map(|(i, op)| Trace {
            label: op.to_string(),
            listed: true,
            heading: (i == 0).then(|| "op".to_owned()),
            colour: ANY_SERIES,
            style: style(shape(*op)),
            points: Vec::new(),
            intervals: Intervals::None,
        }));
    }
    traces
}

/// The datasheet's bandwidth and peak up to where they meet, and the place where they do.
fn ceilings(sheet: &Datasheet, dtype: Dtype, (peak, ridge): (f64, f64), x: &Axis, y: &Axis) -> Vec<Trace> {
    // TFLOP/s of a FLOP per byte at so many GB/s.
    let by_memory = |intensity: f64| intensity * sheet.memory_gb_s / 1e3;
    let line = |heading: Option<&str>, label: String, dash, points: [(f64, f64); 2]| Trace {
        label,
        listed: true,
        heading: heading.map(str::to_owned),
        colour: ANY_SERIES,
        style: Style::Guide(dash),
        points: points.map(DataPoint::from).to_vec(),
        intervals: Intervals::None,
    };
    let roof = [(ridge, peak), (x.max, peak)];
    let slope = [(x.min, by_memory(x.min)), (ridge, peak)];
    let foot = [(ridge, y.min), (ridge, peak)];
    vec![
        line(Some("datasheet"), format!("{dtype} peak: {peak} TFLOP/s"), Dash::Dashed, roof),
        line(None, format!("memory: {} GB/s", sheet.memory_gb_s), Dash::DashDotted, slope),
        line(None, format!("ridge: {ridge:.0} FLOP/B"), Dash::Dotted, foot),
    ]
}

//! Every point under the ceilings of its card: throughput over arithmetic intensity (Williams, Waterman
//! and Patterson, CACM 52(4), 2009).

use super::caption;
use super::condition::stem;
use super::files::Files;
use super::lines::ANY_SERIES;
use super::options::{ChartKind, ChartOptions, Markers};
use super::quantity::Quantity;
use super::rows::{Variants, grouped, place, value_notes};
use super::{ChartError, NamedChart, Note, colour, legend_entry, marker};
use crate::chart::{Axis, Chart, Dash, DataPoint, Intervals, Marker, Style, Trace};
use hovera_analysis::{Condition, Missing};
use hovera_core::{Batch, Datasheet, Dtype, Heads, Op, Seq, Series, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Where all of a chart's points are, by op and series.
type Points = BTreeMap<(Op, Series), Vec<DataPoint>>;

/// One chart for each distinct combination of dtype, layout, engine, pacing, cache and device, with
/// every shape and op of it. A dot's shape is its op's; where each series has a marker of its own
/// ([`Markers::Many`]), each op has a chart.
pub(super) fn charts(files: Files<'_>, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    let one = Batch::new(1).ok().zip(Heads::new(1).ok()).zip(Seq::new(1).ok());
    let ((batch, heads), seq) = one.expect("1 is a size");
    let by_op = options.markers == Markers::Many;
    let op = |condition: Condition| if by_op { condition.op } else { Op::ALL[0] };
    let groups = grouped(files, |c| Condition { op: op(c), batch, heads, seq, ..c });
    let shared: Vec<_> = groups.keys().copied().collect();
    let named = |(condition, variants): (&Condition, &Variants<'_>)| {
        let (chart, notes) = chart(files, variants, options)?;
        let stem = stem(condition, &shared);
        let varying = stem.trim_start_matches(&format!("{}-a{}", condition.op, condition.heads));
        let op = if by_op { format!("-{}", condition.op) } else { String::new() };
        Ok(NamedChart {
            stem: format!("roofline{op}{varying}{}", options.stem_suffix()),
            chart,
            condition: None,
            notes,
        })
    };
    groups.iter().map(named).collect()
}

fn chart(
    files: Files<'_>,
    variants: &Variants<'_>,
    options: &ChartOptions,
) -> Result<(Chart, Vec<Note>), ChartError> {
    let condition = *variants.keys().next().expect("a chart has rows");
    let quantity = files.quantity(&condition, options);
    let device = files.device(&condition).map(|device| device.name.clone()).unwrap_or_default();
    let no_sheet = || ChartError::Ceilings { missing: Missing::Datasheet { device } };
    let sheet = quantity.card.and_then(|card| card.sheet()).ok_or_else(no_sheet)?;
    let dtype = condition.dtype;
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
    traces.extend(dots(&points, files.is_imported(&condition), options));
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
        title: title(sheet, dtype, &points),
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

fn points(variants: &Variants<'_>, quantity: &Quantity<'_>) -> Points {
    let mut points = Points::new();
    for row in variants.values().flatten().filter(|row| row.status.has_times()) {
        if let Ok(value) = quantity.of_row(row) {
            let point = row.point;
            let (series, _) = place(row);
            let intensity = point.gemm().arithmetic_intensity(point.dtype);
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

/// The dots of each series and op. The legend has the colours once, and where there are several ops their shapes.
fn dots(points: &Points, imported: bool, options: &ChartOptions) -> Vec<Trace> {
    let (ops, origin) = (ops(points), if imported { "imported" } else { "measured" });
    let shape = |op: Op| {
        let place = ops.iter().position(|other| *other == op).unwrap_or(0);
        Marker::ALL[place % Marker::ALL.len()]
    };
    let mut listed = BTreeSet::new();
    let mut traces = Vec::new();
    for (&(op, series), points) in points {
        traces.push(Trace {
            label: legend_entry(series),
            heading: listed.is_empty().then(|| origin.to_owned()),
            listed: listed.insert(series),
            colour: colour(series),
            style: Style::Dots(if options.markers == Markers::Many { marker(series) } else { shape(op) }),
            points: points.clone(),
            intervals: Intervals::None,
        });
    }
    if ops.len() > 1 {
        traces.extend(ops.iter().enumerate().map(|(i, op)| Trace {
            label: op.to_string(),
            listed: true,
            heading: (i == 0).then(|| "op".to_owned()),
            colour: ANY_SERIES,
            style: Style::Dots(shape(*op)),
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

/// A tenth of head room above what is highest, so that no ceiling is on the frame.
const HEAD_ROOM: f64 = 1.1;

/// More powers of ten than this are too many to have a tick each.
const MOST_DECADES: f64 = 12.0;

/// From 1, 2 or 5 times a power of ten to another, around some values above 0.
fn decades(label: &str, values: impl Iterator<Item = f64>) -> Axis {
    let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
    let high = (high * HEAD_ROOM).max(low * 10.0).min(f64::MAX);
    let round = |exponent: f64| {
        let power = 10f64.powi(exponent as i32);
        [1.0, 2.0, 5.0, 10.0].into_iter().map(move |digit| digit * power)
    };
    let min = round(low.log10().floor()).filter(|end| 0.0 < *end && *end <= low).fold(low, |_, end| end);
    let max = round(high.log10().floor()).find(|end| (high..f64::INFINITY).contains(end)).unwrap_or(high);
    let base = 10f64.powf(((max.log10() - min.log10()) / MOST_DECADES).ceil().max(1.0));
    Axis::logarithmic(label, min, max, base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_are_round_and_no_value_is_on_the_upper_one() {
        let ends = |values: &[f64]| {
            let axis = decades("t", values.iter().copied());
            (axis.min, axis.max)
        };
        assert_eq!(ends(&[0.9995, 744.0, 295.2]), (0.5, 1000.0));
        assert_eq!(ends(&[1.7, 989.0]), (1.0, 2000.0));
        assert_eq!(ends(&[30.0, 30.0]), (20.0, 500.0));
    }

    proptest! {
        #[test]
        fn any_values_above_0_have_an_axis(exponents in prop::collection::vec(-300.0f64..300.0, 1..20)) {
            let values: Vec<f64> = exponents.into_iter().map(|exponent| 10f64.powf(exponent)).collect();
            let axis = decades("t", values.iter().copied());
            let scale = crate::scale::Scale::new(&axis).unwrap();
            prop_assert!(values.iter().all(|value| scale.contains(*value)), "{:?}", axis);
            prop_assert!(!scale.ticks().is_empty());
        }
    }
}

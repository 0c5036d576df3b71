//! Fused attention over the head dim as steps: a tread up to each head dim that was measured, and where the kernels end
//! that head dims are rounded up to.

use super::axes::size_axis;
use super::files::Files;
use super::fused::{self, Fixed, Line};
use super::lines::ANY_SERIES;
use super::options::{AxisMax, ChartKind, ChartOptions};
use super::quantity::{Quantity, unit};
use super::rows::{Card, Variant, value_notes};
use super::{ChartError, NamedChart, Note, caption, last_values, of_engine, of_origin};
use crate::chart::{Axis, Chart, Dash, DataPoint, Intervals, Style, Trace};
use crate::round_range::{round_step, round_up};
use hovera_analysis::Dimension;
use hovera_core::{HeadDim, Op, Row, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Words that rows of a chart have in common.
const WORDS: [Dimension; 4] = [Dimension::Dtype, Dimension::Engine, Dimension::Pacing, Dimension::Cache];

/// A line along the frame would not be seen.
const HEAD_ROOM: f64 = 1.02;

/// One chart for each card, and for each combination of what is neither head dim, pass nor mask.
pub(super) fn charts(files: Files<'_>, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    let mut groups: BTreeMap<(Card, Fixed), Vec<&Row>> = BTreeMap::new();
    for (card, row) in files.rows().filter(|(_, row)| row.point.op.is_fused()) {
        let fixed = fused::fixed(&row.point, Dimension::HeadDim, &WORDS);
        groups.entry((card, fixed)).or_default().push(row);
    }
    let fixed: Vec<&Fixed> = groups.keys().map(|(_, fixed)| fixed).collect();
    let several_cards = groups.keys().any(|(card, _)| groups.keys().any(|(other, _)| other != card));
    let mut named = Vec::new();
    for ((card, of_group), rows) in &groups {
        // One head dim is no step.
        if head_dims(rows).len() < 2 {
            continue;
        }
        let variant = Variant { card: *card, rows: rows.clone() };
        let (chart, notes) = chart(files, &variant, of_group, options)?;
        let device = if several_cards { format!("-device{}", card.device) } else { String::new() };
        let stem = format!("{}-steps{}{device}", Op::Attention, fused::stem(of_group, fixed.iter().copied()));
        named.push(NamedChart { stem: stem + &options.stem_suffix(), chart, condition: None, notes });
    }
    if named.is_empty() {
        let reason = "want rows of op attention at several head dims";
        return Err(ChartError::NoPoint { kind: ChartKind::Steps, reason });
    }
    Ok(named)
}

fn head_dim(row: &Row) -> u128 {
    Dimension::HeadDim.of_point(&row.point)
}

fn head_dims(rows: &[&Row]) -> BTreeSet<u128> {
    rows.iter().map(|row| head_dim(row)).collect()
}

fn chart(
    files: Files<'_>,
    variant: &Variant<'_>,
    fixed: &Fixed,
    options: &ChartOptions,
) -> Result<(Chart, Vec<Note>), ChartError> {
    let quantity = files.quantity(variant.card, options);
    let rows = &variant.rows;
    let mut traces = Vec::new();
    for line in fused::lines(rows) {
        let of_line: Vec<&Row> = rows.iter().copied().filter(|row| fused::line(row) == line).collect();
        traces.extend(steps(line, &of_line, &quantity));
    }
    let highest = traces.iter().flat_map(|trace| &trace.points).map(|point| point.y).fold(0.0, f64::max);
    if highest <= 0.0 {
        return Err(ChartError::NoPoint { kind: ChartKind::Steps, reason: "no row has the metric" });
    }
    let step = round_step(highest * HEAD_ROOM);
    let y = Axis::linear(&quantity.label(), 0.0, round_up(highest * HEAD_ROOM, step), step);
    let x =
        size_axis(Dimension::HeadDim, &std::iter::once(0).chain(head_dims(rows)).collect(), AxisMax::AUTO);
    let widths = Widths::of(rows);
    let words = widths.in_words();
    let said = caption::said(
        files,
        std::slice::from_ref(variant),
        &fused::sizes(fixed),
        &quantity.basis(variant.point().dtype),
    );
    let said = if words.is_empty() { said } else { said.and(&format!("; {words}")) };
    let desc = format!(
        "Step chart of {} over head dim, with a tread up to each head dim that was measured and a line for each pass and \
         mask. {} {said}.",
        quantity.in_words(),
        last_values(&traces, unit(options.metric), Dimension::HeadDim.in_words())
    );
    let heads = fused::heads(fixed, Dimension::HeadDim);
    let chart = Chart {
        title: of_origin(
            files.all_predicted(std::slice::from_ref(variant)),
            of_engine(variant.point().engine, format!("{} over Head Dim, {heads}", Op::Attention.title())),
        ),
        subtitle: said.subtitle(options),
        traces: widths.guides(y.max).into_iter().chain(traces).collect(),
        x,
        y,
        cells: None,
        caption: said.caption(options),
        desc,
    };
    Ok((chart, value_notes(std::slice::from_ref(variant), &[quantity])))
}

/// The treads of a line. Where a head dim has no value, such as one that the library does not have, there is a gap.
fn steps(line: Line, rows: &[&Row], quantity: &Quantity<'_>) -> Vec<Trace> {
    let values: BTreeMap<u128, Option<DataPoint>> = rows
        .iter()
        .map(|row| {
            let value = if row.status.has_times() { quantity.of_row(row).ok() } else { None };
            let end = value.map(|value| DataPoint {
                row: quantity.place(row),
                noisy: row.status == Status::Noisy,
                ..(head_dim(row) as f64, value).into()
            });
            (head_dim(row), end)
        })
        .collect();
    // The first tread is as long as the second.
    let mut of_two = values.keys();
    let first_step = of_two.next().zip(of_two.next()).map_or(0, |(first, second)| second - first);
    let mut from = values.keys().next().map_or(0, |first| first.saturating_sub(first_step));
    let mut pieces: Vec<Vec<DataPoint>> = vec![Vec::new()];
    for (head_dim, end) in values {
        match (end, pieces.last_mut()) {
            (Some(end), Some(piece)) => piece.extend([DataPoint::from((from as f64, end.y)), end]),
            _ => pieces.push(Vec::new()),
        }
        from = head_dim;
    }
    let (colour, dash) = fused::look(line);
    let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).enumerate();
    pieces
        .map(|(i, points)| Trace {
            label: fused::label(line),
            listed: i == 0,
            heading: None,
            colour,
            style: Style::Line(dash),
            points,
            intervals: Intervals::None,
        })
        .collect()
}

/// How wide the heads are that the kernels of each line compute, where their names tell.
struct Widths(BTreeMap<Line, BTreeSet<u32>>);

impl Widths {
    fn of(rows: &[&Row]) -> Widths {
        let mut widths: BTreeMap<Line, BTreeSet<u32>> = BTreeMap::new();
        for row in rows {
            let width = row.kernel.traits().and_then(|traits| traits.head_width);
            // What a kernel does not round up to is no width of its own.
            let widest = row.point.model.head_dim.map(HeadDim::get).max(row.point.model.head_dim_v());
            if let Some(width) = width.filter(|width| Some(*width) >= widest) {
                widths.entry(fused::line(row)).or_default().insert(width);
            }
        }
        Widths(widths)
    }

    /// `kernels of heads of 64, 128, 192 and 256`, or those of each line where they differ.
    fn in_words(&self) -> String {
        let listed = |widths: &BTreeSet<u32>| {
            let all: Vec<String> = widths.iter().map(ToString::to_string).collect();
            match all.as_slice() {
                [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
                all => all.concat(),
            }
        };
        let mut each = self.0.values();
        let Some(first) = each.next() else { return String::new() };
        if each.all(|other| other == first) {
            return format!("kernels of heads of {}", listed(first));
        }
        let of_lines =
            self.0.iter().map(|(line, widths)| format!("{} {}", fused::label(*line), listed(widths)));
        format!("kernels of heads of: {}", of_lines.collect::<Vec<_>>().join("; "))
    }

    /// A line where each width ends.
    fn guides(&self, top: f64) -> Vec<Trace> {
        let all: BTreeSet<u32> = self.0.values().flatten().copied().collect();
        let guide = |(i, width): (usize, u32)| Trace {
            label: "a kernel's width".to_owned(),
            listed: i == 0,
            heading: None,
            colour: ANY_SERIES,
            style: Style::Guide(Dash::Dotted),
            points: [(f64::from(width), 0.0), (f64::from(width), top)].map(DataPoint::from).to_vec(),
            intervals: Intervals::None,
        };
        all.into_iter().enumerate().map(guide).collect()
    }
}

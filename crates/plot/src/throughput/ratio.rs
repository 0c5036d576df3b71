//! One variant over another: the metric's ratio over hidden size, a line with a band for each series.

use super::axes::x_axis;
use super::files::Files;
use super::lines::{ANY_SERIES, quantities, style_key};
use super::options::ChartOptions;
use super::quantity::Quantity;
use super::rows::{Variants, place, row_notes};
use super::{Note, caption, caption::sizes, colour, last_values, legend_entry, marker, of_engine, title};
use crate::chart::{Axis, Chart, Dash, DataPoint, Intervals, Style, Trace};
use crate::round_range::round_ends;
use hovera_core::{Row, Series, Stat};
use std::collections::{BTreeMap, BTreeSet};

/// Ratios beyond these are on a logarithmic axis.
const LINEAR: std::ops::RangeInclusive<f64> = 0.4..=2.5;
/// A linear axis reaches at least so far from 1: noise should not look like a difference.
const LEAST_REACH: f64 = 0.05;

/// A ratio with its 95 % interval, where both sides have one.
type Ratio = (f64, Option<(f64, f64)>);

/// The chart of every variant over the first.
pub(super) fn chart(files: Files<'_>, variants: &Variants<'_>, options: &ChartOptions) -> (Chart, Vec<Note>) {
    let quantities = quantities(files, variants, options);
    let conditions: Vec<_> = variants.keys().copied().collect();
    let first = conditions[0];
    let names = options.overlay.map_or_else(Vec::new, |overlay| files.variants(overlay, &conditions));
    let each: Vec<_> = variants.values().zip(&quantities).map(|(rows, q)| values(rows, q)).collect();
    let (base, others) = each.split_first().expect("a chart has rows");
    let (mut unmatched, mut without_band) = (0, 0);
    let mut traces = Vec::new();
    let mut listed = BTreeSet::new();
    for ((other, quantity), dash) in others.iter().zip(&quantities[1..]).zip(Dash::ALL.into_iter().cycle()) {
        let common = |key: &&(Series, u32)| base.contains_key(*key);
        unmatched += other.len() + base.len() - 2 * other.keys().filter(common).count();
        let ratios = ratios((&quantities[0], base), (quantity, other));
        without_band += ratios.values().flatten().filter(|(_, (_, band))| band.is_none()).count();
        traces.extend(ratios.into_iter().map(|(series, points)| {
            Trace {
                label: legend_entry(series),
                listed: listed.insert(series),
                heading: None,
                colour: colour(series),
                style: match options.markers {
                    true => Style::LineAndPoints(dash, marker(series)),
                    false => Style::Line(dash),
                },
                points: points
                    .iter()
                    .map(|(hidden, (ratio, _))| DataPoint::from((f64::from(*hidden), *ratio)).keyed(*hidden))
                    .collect(),
                intervals: Intervals::OfY(points.iter().map(|(_, (_, band))| *band).collect()),
            }
        }));
    }
    let (x, x_note) = x_axis(traces.iter().flat_map(|t| &t.points).map(|p| p.x).fold(0.0, f64::max));
    let y = y_axis(&label(&names, &quantities[0]), &traces);
    let mut notes: Vec<Note> = x_note.into_iter().collect();
    if unmatched > 0 {
        notes.push(Note::Unmatched { points: unmatched });
    }
    if without_band > 0 {
        notes.push(Note::NoBand { points: without_band });
    }
    notes.extend(row_notes(variants, &quantities));

    let basis = format!("{}, 95 % band", caption::said_once(quantities.iter().map(Quantity::ratio_basis)));
    let caption = caption::of(files, variants, &sizes(&first), &basis);
    let desc = format!(
        "Line chart of the ratio of {} to that of {} over hidden size, with a line for each largest power of \
         two that divides h/a, capped at 64, and a band, the 95 % interval. Above 1 {} is better. {} {caption}.",
        subject(&names, &quantities[0]),
        names.first().map_or("", String::as_str),
        if others.len() == 1 { names[1].as_str() } else { "the other" },
        last_values(&traces, "times that of the base")
    );
    if let Some(overlay) = options.overlay.filter(|_| others.len() > 1) {
        traces.extend(style_key(overlay, &names[1..]));
    }
    traces.insert(0, equality(&x));
    let chart = Chart {
        title: of_engine(first.engine, title(first.op, first.heads)),
        x,
        y,
        cells: None,
        traces,
        caption: options.caption.then_some(caption),
        desc,
    };
    (chart, notes)
}

/// The rows of one variant that have a value by series and hidden size, with the half-width of each one's
/// interval relative to it.
type Values<'a> = BTreeMap<(Series, u32), (&'a Row, Option<f64>)>;

fn values<'a>(rows: &[&'a Row], quantity: &Quantity<'_>) -> Values<'a> {
    let value = |row: &&'a Row| {
        quantity.of(row).ok().filter(|value| *value > 0.0 && value.is_finite())?;
        // The interval that a row has is of its median.
        let timing = row.timing.as_ref().filter(|_| quantity.stat == Stat::Median);
        let error = timing.and_then(|timing| Some(timing.ci_us? / timing.median_us?));
        Some((place(row), (*row, error)))
    };
    rows.iter().filter(|row| row.status.has_times()).filter_map(value).collect()
}

/// What both have, by series and hidden size, read by one rule.
fn ratios(
    (base_quantity, base): (&Quantity<'_>, &Values<'_>),
    (quantity, other): (&Quantity<'_>, &Values<'_>),
) -> BTreeMap<Series, Vec<(u32, Ratio)>> {
    let mut ratios: BTreeMap<Series, Vec<(u32, Ratio)>> = BTreeMap::new();
    for ((series, hidden), (row, error)) in other {
        let Some((base_row, base_error)) = base.get(&(*series, *hidden)) else { continue };
        let Ok(both) = Quantity::of_both([(base_quantity, base_row), (quantity, row)]) else { continue };
        ratios.entry(*series).or_default().push((*hidden, ratio(both, [*base_error, *error])));
    }
    ratios
}

/// The second over the first. The medians' errors are independent and small, so that those of their
/// logarithms add in squares: the interval of the ratio ρ is ρ·exp(±√(r₁² + r₂²)), r being the half-width of
/// a median's interval over the median.
fn ratio([base, other]: [f64; 2], [base_error, error]: [Option<f64>; 2]) -> Ratio {
    let ratio = other / base;
    let band = error.zip(base_error).map(|(a, b)| {
        let half_width = a.hypot(b);
        (ratio * (-half_width).exp(), ratio * half_width.exp())
    });
    (ratio, band)
}

/// Linear around 1 where no ratio is far from it, else logarithmic by powers of two.
fn y_axis(label: &str, traces: &[Trace]) -> Axis {
    let points = traces.iter().flat_map(|trace| &trace.points).map(|point| point.y);
    let bands = traces.iter().filter_map(|trace| match &trace.intervals {
        Intervals::OfY(bands) => Some(bands.iter().flatten().flat_map(|(low, high)| [*low, *high])),
        Intervals::None | Intervals::OfX(_) => None,
    });
    let all = points.chain(bands.flatten());
    let (low, high) = all.fold((1.0f64, 1.0f64), |(low, high), value| (low.min(value), high.max(value)));
    if LINEAR.contains(&low) && LINEAR.contains(&high) {
        let (low, high) = (low.min(1.0 - LEAST_REACH), high.max(1.0 + LEAST_REACH));
        let (min, max, step) = round_ends(low, high);
        return Axis::linear(label, min, max, step);
    }
    let power = |value: f64, round: fn(f64) -> f64| 2f64.powf(round(value.log2()));
    let (min, max) = (power(low, f64::floor), power(high, f64::ceil));
    Axis::logarithmic(label, min, max.max(2.0 * min), 2.0)
}

/// The line that says that there is no difference.
fn equality(x: &Axis) -> Trace {
    Trace {
        label: "equal".to_owned(),
        listed: false,
        heading: None,
        colour: ANY_SERIES,
        style: Style::Guide(Dash::Solid),
        points: [(x.min, 1.0), (x.max, 1.0)].map(DataPoint::from).to_vec(),
        intervals: Intervals::None,
    }
}

/// `Throughput, tuned / cublas`.
fn label(names: &[String], quantity: &Quantity<'_>) -> String {
    match names {
        [base, other] => format!("{}, {other} / {base}", quantity.name()),
        [base, ..] => format!("{} / That of {base}", quantity.name()),
        [] => quantity.name(),
    }
}

fn subject(names: &[String], quantity: &Quantity<'_>) -> String {
    match names {
        [_, other] => format!("{} of {other}", quantity.in_words()),
        _ => quantity.in_words(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Colour, Spacing};
    use proptest::prelude::*;

    fn axis(ratios: &[f64]) -> Axis {
        let trace = Trace {
            label: String::new(),
            listed: true,
            heading: None,
            colour: Colour::hex(0),
            style: Style::Line(Dash::Solid),
            points: ratios.iter().map(|ratio| (1.0, *ratio).into()).collect(),
            intervals: Intervals::None,
        };
        y_axis("t", &[trace])
    }

    #[test]
    fn the_axis_always_has_1_and_is_logarithmic_where_ratios_are_far_from_it() {
        let range = |axis: Axis| (axis.min, axis.max, axis.step, axis.spacing);
        assert_eq!(range(axis(&[])), (0.94, 1.06, 0.02, Spacing::Linear));
        assert_eq!(range(axis(&[1.2, 1.43])), (0.9, 1.5, 0.1, Spacing::Linear));
        assert_eq!(range(axis(&[0.72])), (0.7, 1.05, 0.05, Spacing::Linear));
        assert_eq!(range(axis(&[2.6])), (1.0, 4.0, 2.0, Spacing::Logarithmic));
        assert_eq!(range(axis(&[0.2, 3.0])), (0.125, 4.0, 2.0, Spacing::Logarithmic));
    }

    proptest! {
        #[test]
        fn every_ratio_is_on_an_axis_that_can_be_drawn(ratios in prop::collection::vec(1e-4f64..1e4, 0..20)) {
            let axis = axis(&ratios);
            let scale = crate::scale::Scale::new(&axis).unwrap();
            prop_assert!(scale.contains(1.0) && ratios.iter().all(|ratio| scale.contains(*ratio)));
            prop_assert!((2..=32).contains(&scale.ticks().len()), "{:?}", scale.ticks());
        }

        #[test]
        fn the_ratio_of_the_other_way_round_has_the_mirrored_band(
            a in 1.0f64..1e3, b in 1.0f64..1e3, r in 1e-4f64..0.2, s in 1e-4f64..0.2
        ) {
            let (ratio, band) = super::ratio([a, b], [Some(r), Some(s)]);
            let (back, mirrored) = super::ratio([b, a], [Some(s), Some(r)]);
            let ((low, high), (back_low, back_high)) = (band.unwrap(), mirrored.unwrap());
            prop_assert!((ratio * back - 1.0).abs() < 1e-9);
            prop_assert!((low * back_high - 1.0).abs() < 1e-9 && (high * back_low - 1.0).abs() < 1e-9);
            prop_assert!(((high / ratio).ln() - (r * r + s * s).sqrt()).abs() < 1e-9);
        }
    }
}

//! One variant over another: the metric's ratio over a size, a line with a band for each of what lines are.

use super::axes::{cut_right, sizes};
use super::course::{Course, Spot, apart};
use super::files::Files;
use super::lines::{ANY_SERIES, quantities, style_key};
use super::looks::looks_of_ratios;
use super::options::ChartOptions;
use super::quantity::Quantity;
use super::rows::{Variant, row_notes};
use super::{ChartError, Note, caption, last_values, mixed, of_engine, of_origin};
use crate::chart::{Axis, Chart, Dash, DataPoint, Intervals, RowPlace, Style, Trace};
use crate::round_range::round_ends;
use hovera_analysis::{Across, PairValues};
use hovera_core::{Point, Row, Stat, Status, Timing};
use std::collections::{BTreeMap, BTreeSet};

/// Ratios beyond these are on a logarithmic axis.
const LINEAR: std::ops::RangeInclusive<f64> = 0.4..=2.5;
/// More ticks than this are too many to read.
const MOST_TICKS: f64 = 12.0;
/// A linear axis reaches at least so far from 1: noise should not look like a difference.
const LEAST_REACH: f64 = 0.05;

/// A ratio at a size.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    x: u128,
    value: f64,
    /// The rows of the base and of the other.
    rows: [Option<RowPlace>; 2],
    /// Its 95 % interval, where both sides have one.
    band: Option<(f64, f64)>,
    /// Whether one of the two was noisy.
    noisy: bool,
    /// Whether one of the two has two speeds.
    two_speeds: bool,
}

/// The chart of every variant over the first.
///
/// # Errors
/// [`ChartError`], for times that may not be held against each other.
pub(super) fn chart(
    files: Files<'_>,
    variants: &[Variant<'_>],
    course: &Course<'_>,
    options: &ChartOptions,
) -> Result<(Chart, Vec<Note>), ChartError> {
    let differences = mixed::differences(files, variants, options)?;
    let quantities = quantities(files, variants, options);
    let first = variants[0].point();
    let names = options.overlay.map_or_else(Vec::new, |overlay| files.variants(overlay, variants));
    let each: Vec<_> = variants.iter().zip(&quantities).map(|(it, q)| values(&it.rows, q, course)).collect();
    let (base, others) = each.split_first().expect("a chart has rows");
    let (mut unmatched, mut without_band, mut two_speeds) = (0, 0, 0);
    let mut traces = Vec::new();
    let mut listed = BTreeSet::new();
    let (several, alone) = (others.len() > 1, !course.has_lines());
    let looks = looks_of_ratios(files, variants, course);
    for (i, ((other, quantity), look)) in others.iter().zip(&quantities[1..]).zip(&looks).enumerate() {
        let common = |key: &&Key| base.contains_key(*key);
        unmatched += other.len() + base.len() - 2 * other.keys().filter(common).count();
        let ratios = ratios((&quantities[0], base), (quantity, other));
        without_band += ratios.values().flatten().filter(|ratio| ratio.band.is_none()).count();
        two_speeds += ratios.values().flatten().filter(|ratio| ratio.two_speeds).count();
        for (line, ratios) in ratios {
            let (colour, marker) = if alone && several { apart(i + 1) } else { course.look(line) };
            let is_first = traces.is_empty();
            traces.push(Trace {
                label: if alone { names[i + 1].clone() } else { course.label(line) },
                listed: alone || listed.insert(line),
                heading: if is_first { course.heading() } else { None },
                colour,
                style: look.style(options.markers, marker, course.is_scattered()),
                points: ratios.iter().map(point).collect(),
                intervals: Intervals::OfY(ratios.iter().map(|ratio| ratio.band).collect()),
            });
        }
    }
    let (x, x_note) = course.x_axis(&sizes(&traces), options.x_max);
    let y = y_axis(&label(&names, &quantities[0]), &traces);
    let mut notes: Vec<Note> = x_note.into_iter().chain(cut_right(&traces, &x, course)).collect();
    let cut = bands(&traces).filter(|(low, high)| *low < y.min || *high > y.max).count();
    if cut > 0 {
        notes.push(Note::BandsCut { points: cut });
    }
    if unmatched > 0 {
        notes.push(Note::Unmatched { points: unmatched });
    }
    if without_band > 0 {
        let of_median = |row: &&Row| {
            row.timing.is_some_and(|timing| timing.ci_us.is_some() && timing.median_us.is_some())
        };
        let other = variants.iter().zip(&quantities).find_map(|(variant, quantity)| {
            (quantity.stat != Stat::Median && variant.rows.iter().any(of_median)).then_some(quantity.stat)
        });
        notes.push(match other {
            Some(stat) => Note::NoBandOf { points: without_band, stat },
            None => Note::NoBand { points: without_band },
        });
    }
    notes.extend(row_notes(variants, &quantities));
    if two_speeds > 0 {
        notes.push(Note::RatiosOfTwoSpeeds { points: two_speeds });
    }

    let basis = format!("{}, 95 % band", caption::said_once(quantities.iter().map(Quantity::ratio_basis)));
    let mut said = caption::said(files, variants, &course.sizes(), &basis);
    if !differences.is_empty() {
        let note = Note::MixedMethods { differences };
        said = said.and(&format!(", {note}"));
        notes.push(note);
    }
    let desc = format!(
        "Line chart of the ratio of {} to that of {} over {}, {}, and a band, the 95 % interval. Above 1 {} is better. {} \
         {said}.",
        subject(&names, &quantities[0]),
        names.first().map_or("", String::as_str),
        course.over(),
        course.lines(),
        if others.len() == 1 { names[1].as_str() } else { "the other" },
        last_values(&traces, "times that of the base", course.over())
    );
    if let Some(overlay) = options.overlay.filter(|_| several && !alone) {
        traces.extend(style_key(files.heading(overlay, variants), &names[1..], &looks));
    }
    traces.insert(0, equality(&x));
    let chart = Chart {
        title: of_origin(files.all_predicted(variants), of_engine(first.engine, course.title())),
        subtitle: said.subtitle(options),
        x,
        y,
        cells: None,
        traces,
        caption: said.caption(options),
        desc,
    };
    Ok((chart, notes))
}

/// Line, size, and what is measured. Of products over their FLOP several have one size.
type Key = (u128, u128, Point);

/// The rows of one variant that have a value, with the half-width of each one's
/// interval relative to it.
type Values<'a> = BTreeMap<Key, (&'a Row, Option<f64>)>;

/// A point but for what variants differ by beside the card.
fn but_for_variants(point: Point) -> Point {
    [Across::Engine, Across::Pacing].into_iter().fold(point, |point, across| across.leave_out(point))
}

fn values<'a>(rows: &[&'a Row], quantity: &Quantity<'_>, course: &Course<'_>) -> Values<'a> {
    let value = |row: &&'a Row| {
        quantity.of_row(row).ok()?;
        // The interval that a row has is of its median, and of its mean where no median is known.
        let is_of = |timing: &&Timing| match quantity.stat {
            Stat::Median => true,
            Stat::Mean => timing.median_us.is_none(),
            Stat::Min | Stat::Max => false,
        };
        let timing = row.timing.as_ref().filter(is_of);
        let error = timing.and_then(Timing::relative_ci);
        let Spot { line, x } = course.spot(row);
        Some(((line, x, but_for_variants(row.point)), (*row, error)))
    };
    rows.iter().filter(|row| row.status.has_times()).filter_map(value).collect()
}

fn point(ratio: &Ratio) -> DataPoint {
    let [base, row] = ratio.rows;
    DataPoint { row, base, ..DataPoint::from((ratio.x as f64, ratio.value)) }.noisy(ratio.noisy)
}

/// What both have, by line, read by one rule.
fn ratios(
    (base_quantity, base): (&Quantity<'_>, &Values<'_>),
    (quantity, other): (&Quantity<'_>, &Values<'_>),
) -> BTreeMap<u128, Vec<Ratio>> {
    let mut ratios: BTreeMap<u128, Vec<Ratio>> = BTreeMap::new();
    for (key @ (line, x, _), (row, error)) in other {
        let Some((base_row, base_error)) = base.get(key) else { continue };
        let Ok(both) = Quantity::of_both([(base_quantity, base_row), (quantity, row)]) else { continue };
        // Of two times that are far apart beyond all sense.
        let [base_value, other_value] = both.values;
        if !(other_value / base_value).is_normal() {
            continue;
        }
        let (value, band) = ratio(&both, [*base_error, *error]);
        let noisy = [base_row, row].iter().any(|row| row.status == Status::Noisy);
        ratios.entry(*line).or_default().push(Ratio {
            x: *x,
            value,
            rows: [base_quantity.place(base_row), quantity.place(row)],
            band,
            noisy,
            two_speeds: both.has_two_speeds(),
        });
    }
    ratios
}

/// The second over the first. The medians' errors are independent and small, so that those of their
/// logarithms add in squares: the interval of the ratio ρ is ρ·exp(±√(r₁² + r₂²)), r being the half-width of
/// a median's interval over the median; of rows with two speeds it reaches farther.
fn ratio(both: &PairValues, [base_error, error]: [Option<f64>; 2]) -> (f64, Option<(f64, f64)>) {
    let [base, other] = both.values;
    let ratio = other / base;
    let band = base_error.zip(error).map(|(a, b)| {
        let half_width = both.half_width([a, b]);
        (ratio * (-half_width).exp(), ratio * half_width.exp())
    });
    let band = band.filter(|(low, high)| *low > 0.0 && high.is_finite());
    (ratio, band)
}

/// The bands of all points that have one.
pub(super) fn bands(traces: &[Trace]) -> impl Iterator<Item = (f64, f64)> {
    let of_traces = traces.iter().filter_map(|trace| match &trace.intervals {
        Intervals::OfY(bands) => Some(bands),
        Intervals::None | Intervals::OfX(_) => None,
    });
    of_traces.flatten().flatten().copied()
}

/// Linear around 1 where no ratio is far from it, else logarithmic by powers of two.
pub(super) fn y_axis(label: &str, traces: &[Trace]) -> Axis {
    let ratios = || traces.iter().flat_map(|trace| &trace.points).map(|point| point.y);
    let range = |all: &mut dyn Iterator<Item = f64>| {
        all.fold((1.0f64, 1.0f64), |(low, high), value| (low.min(value), high.max(value)))
    };
    // Bands may widen what the ratios need, but not by more than that.
    let (low, high) = range(&mut ratios());
    let reach = (high / low).max(1.0 + LEAST_REACH);
    let near = bands(traces)
        .flat_map(|(low, high)| [low, high])
        .filter(|end| (low / reach..=high * reach).contains(end));
    let (low, high) = range(&mut ratios().chain(near));
    if LINEAR.contains(&low) && LINEAR.contains(&high) {
        let (low, high) = (low.min(1.0 - LEAST_REACH), high.max(1.0 + LEAST_REACH));
        let (min, max, step) = round_ends(low, high);
        return Axis::linear(label, min, max, step);
    }
    // By powers of two, or, where those would be too many to read, of a power of two.
    let doublings = high.log2().ceil() - low.log2().floor();
    let base = 2f64.powf((doublings / MOST_TICKS).ceil().max(1.0));
    let power = |value: f64, round: fn(f64) -> f64| {
        base.powf(round(value.log2() / base.log2())).clamp(f64::MIN_POSITIVE, f64::MAX)
    };
    let (min, max) = (power(low, f64::floor), power(high, f64::ceil));
    Axis::logarithmic(label, min, max.max(base * min), base)
}

/// The line that says that there is no difference.
pub(super) fn equality(x: &Axis) -> Trace {
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
    use hovera_core::{Op, Origin, made_up};
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

    fn quantity(options: &ChartOptions) -> Quantity<'_> {
        Quantity {
            options,
            stat: Stat::Median,
            card: None,
            file: None,
            mixed: false,
            clocks_differ: false,
            origin: Origin::Measured,
        }
    }

    /// Two rows of these throughputs.
    fn both(base: f64, other: f64) -> PairValues {
        let options = ChartOptions::default();
        let quantity = quantity(&options);
        let [base, other] = [base, other].map(|tflops| made_up::row(Op::Score, 64).tflops(tflops).build());
        Quantity::of_both([(&quantity, &base), (&quantity, &other)]).unwrap()
    }

    #[test]
    fn the_band_of_a_row_with_two_speeds_reaches_to_both() {
        let options = ChartOptions::default();
        let quantity = quantity(&options);
        let one = made_up::row(Op::Score, 64).time_us(100.0).build();
        let two = made_up::row(Op::Score, 64).time_us(100.0).second_speed(1.25, 0.3).build();
        let pair = Quantity::of_both([(&quantity, &one), (&quantity, &two)]).unwrap();
        let (ratio, band) = super::ratio(&pair, [Some(0.001), Some(0.001)]);
        let (low, high) = band.unwrap();
        assert!(ratio == 1.0 && low < 1.0 / 1.25 && high > 1.25 && high < 1.26, "{low} to {high}");
    }

    proptest! {
        #[test]
        fn every_ratio_is_on_an_axis_that_can_be_drawn(exponents in prop::collection::vec(-300.0f64..300.0, 0..20)) {
            let ratios: Vec<f64> = exponents.into_iter().map(|exponent| 10f64.powf(exponent)).collect();
            let axis = axis(&ratios);
            let scale = crate::scale::Scale::new(&axis).unwrap();
            prop_assert!(scale.contains(1.0) && ratios.iter().all(|ratio| scale.contains(*ratio)));
            prop_assert!((2..=32).contains(&scale.ticks().len()), "{:?}", scale.ticks());
        }

        #[test]
        fn the_ratio_of_the_other_way_round_has_the_mirrored_band(
            a in 1.0f64..1e3, b in 1.0f64..1e3, r in 1e-4f64..0.2, s in 1e-4f64..0.2
        ) {
            let (ratio, band) = super::ratio(&both(a, b), [Some(r), Some(s)]);
            let (back, mirrored) = super::ratio(&both(b, a), [Some(s), Some(r)]);
            let ((low, high), (back_low, back_high)) = (band.unwrap(), mirrored.unwrap());
            prop_assert!((ratio * back - 1.0).abs() < 1e-9);
            prop_assert!((low * back_high - 1.0).abs() < 1e-9 && (high * back_low - 1.0).abs() < 1e-9);
            prop_assert!(((high / ratio).ln() - (r * r + s * s).sqrt()).abs() < 1e-9);
        }
    }
}

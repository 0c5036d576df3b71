//! The axes of the published charts, and of data that leave them.

use super::course::Course;
use super::note::Note;
use super::options::AxisMax;
use super::quantity::{Quantity, unit};
use crate::chart::{Axis, Trace};
use crate::round_range::{doubled_step, round_step, round_up};
use crate::scale::UNSEEN;
use hovera_analysis::{Dimension, Metric, spans_octaves};
use std::collections::BTreeSet;

/// The published throughput axis.
const TFLOPS_MAX: f64 = 250.0;
const PERCENT_MAX: f64 = 100.0;
const X_MAX: f64 = 32_768.0;
const X_STEP: f64 = 4096.0;
/// Data that use less of a published axis than this have one that fits.
const LEAST_USE: f64 = 0.25;

/// The axes for some traces, and what there is to say of them.
pub(super) fn axes(
    traces: &[Trace],
    quantity: &Quantity<'_>,
    course: &Course<'_>,
) -> (Axis, Axis, Vec<Note>) {
    let points = || traces.iter().flat_map(|t| &t.points);
    let finite_max = |max: f64, value: f64| if value.is_finite() { max.max(value) } else { max };
    let (x, x_note) = course.x_axis(&sizes(traces), quantity.options.x_max);
    let speeds = points().flat_map(|p| std::iter::once(p.y).chain(p.second));
    let (y, y_note) = y_axis(speeds.fold(0.0, finite_max), quantity, course.is_published());
    let mut notes: Vec<Note> = y_note.into_iter().chain(x_note).collect();
    let above = points().filter(|p| p.y > seen(y.max)).count();
    if above > 0 {
        notes.push(Note::Cut { points: above, y_max: y.max, unit: unit(quantity.options.metric) });
    }
    notes.extend(cut_right(traces, &x, course));
    (x, y, notes)
}

/// What is beyond an end by less is on it as far as anyone can see.
fn seen(end: f64) -> f64 {
    end * (1.0 + UNSEEN)
}

/// Whether data up to there keep an axis with this end.
fn keeps(data_max: f64, end: f64) -> bool {
    data_max <= 0.0 || (LEAST_USE * end..=seen(end)).contains(&data_max)
}

/// Points beyond the right end.
pub(super) fn cut_right(traces: &[Trace], x: &Axis, course: &Course<'_>) -> Option<Note> {
    let points = traces.iter().flat_map(|trace| &trace.points).filter(|point| point.x > seen(x.max)).count();
    (points > 0).then(|| Note::CutRight { points, over: course.over(), x_max: x.max })
}

/// An axis of hidden sizes up to `data_max`, or to where it was asked to end.
pub(super) fn x_axis(data_max: f64, end: AxisMax) -> (Axis, Option<Note>) {
    let axis = |max, step| Axis::linear("Hidden Size", 0.0, max, step);
    if let Some(max) = end.get() {
        // Ticks at multiples of a power of two where the end is one of them.
        let step = doubled_step(1.0, max);
        let step = if (max / step).fract() == 0.0 { step } else { round_step(max) };
        return (axis(max, step), None);
    }
    if keeps(data_max, X_MAX) {
        return (axis(X_MAX, X_STEP), None);
    }
    let data_max = data_max / (1.0 + UNSEEN / 2.0);
    let grown = data_max > X_MAX;
    let step = doubled_step(if grown { X_STEP } else { 1.0 }, data_max);
    let max = round_up(data_max, step);
    let note = if grown { Note::XAxisGrown { max, step } } else { Note::XAxisFitted { max, step } };
    (axis(max, step), Some(note))
}

/// What the points of lines are over.
pub(super) fn sizes(traces: &[Trace]) -> BTreeSet<u128> {
    traces.iter().flat_map(|trace| &trace.points).map(|point| point.x as u128).collect()
}

/// An axis for sizes of any dimension: logarithmic where they span octaves, from 0 on where they use half of that or
/// more, else around them.
pub(super) fn size_axis(dimension: Dimension, sizes: &BTreeSet<u128>, end: AxisMax) -> Axis {
    let (low, high) = (sizes.first().copied().unwrap_or(0) as f64, sizes.last().copied().unwrap_or(1) as f64);
    let high = end.get().unwrap_or(high);
    // Hidden sizes are on a linear axis, as published, however they are spread.
    let is_wide = spans_octaves(sizes) || dimension == Dimension::Flop && high > WIDE * low;
    if is_wide && high > low && dimension != Dimension::Hidden {
        if dimension == Dimension::Flop {
            return decades(dimension.label(), [low, high].into_iter());
        }
        let base = octaves(high / low);
        let power = |size: f64, round: fn(f64) -> f64| {
            base.powf(round((size.ln() / f64::ln(base) * 1e9).round() / 1e9))
        };
        let (min, max) = (power(low, f64::floor), power(high, f64::ceil));
        return Axis::logarithmic(dimension.label(), min, max.max(base * min), base);
    }
    let (from, to) = if low > high * LEAST_FROM && low < high { (low, high) } else { (0.0, high.max(1.0)) };
    let step = doubled_step(1.0, to - from);
    let (min, max) = ((from / step).floor() * step, (to / step).ceil() * step);
    Axis::linear(dimension.label(), min, max, step)
}

/// So much higher than the highest point an axis that is not the published one reaches at least.
const HEAD_ROOM: f64 = 1.02;
/// FLOP that differ by more than this are on a logarithmic axis, however they are spread.
const WIDE: f64 = 10.0;
/// An axis begins at 0 unless all sizes are beyond this part of the largest.
const LEAST_FROM: f64 = 0.5;
/// Ticks by powers of two are too many to read beyond so many of them.
const MOST_OCTAVES: f64 = 15.0;

/// The power of two that ticks are powers of.
fn octaves(ratio: f64) -> f64 {
    2f64.powf((ratio.log2() / MOST_OCTAVES).ceil().max(1.0))
}

fn y_axis(data_max: f64, quantity: &Quantity<'_>, is_published: bool) -> (Axis, Option<Note>) {
    let label = if is_published { quantity.published_label() } else { quantity.label() };
    let axis = |max, step| Axis::linear(&label, 0.0, max, step);
    if let Some(max) = quantity.options.y_max.get() {
        return (axis(max, round_step(max)), None);
    }
    let metric = quantity.options.metric;
    let is_throughput = matches!(metric, Metric::Tflops | Metric::TflopsAtClock);
    let usual = match metric {
        _ if !is_published => (data_max <= 0.0).then_some(1.0),
        Metric::Tflops | Metric::TflopsAtClock => Some(TFLOPS_MAX),
        Metric::PercentOfPeak => Some(PERCENT_MAX),
        // Nothing is usual; an axis without data still needs an end.
        _ => (data_max <= 0.0).then_some(1.0),
    };
    if let Some(usual) = usual.filter(|usual| keeps(data_max, *usual)) {
        return (axis(usual, round_step(usual)), None);
    }
    // A line along the frame would not be seen.
    let head_room = if is_published { 1.0 / (1.0 + UNSEEN / 2.0) } else { HEAD_ROOM };
    let data_max = data_max * head_room;
    let step = round_step(data_max);
    let max = round_up(data_max, step);
    let note = match data_max > TFLOPS_MAX {
        true => Note::YAxisGrown { max, step },
        false => Note::YAxisFitted { max, step },
    };
    (axis(max, step), (is_published && is_throughput).then_some(note))
}

/// A tenth of head room above what is highest, so that no ceiling is on the frame.
const ROOF_ROOM: f64 = 1.1;

/// More powers of ten than this are too many to have a tick each.
const MOST_DECADES: f64 = 12.0;

/// From 1, 2 or 5 times a power of ten to another, around some values above 0.
pub(super) fn decades(label: &str, values: impl Iterator<Item = f64>) -> Axis {
    let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
    let high = (high * ROOF_ROOM).min(f64::MAX);
    // A power of ten at least, downwards: nothing is above a roof.
    let low = if low > 0.0 { low.min((high / 10.0).max(f64::MIN_POSITIVE)) } else { low };
    let high = high.max(low * 10.0).min(f64::MAX);
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
    use crate::chart::{Colour, Dash, Intervals, Style};
    use crate::throughput::ChartOptions;
    use hovera_core::{Origin, Stat};
    use proptest::prelude::*;

    fn trace(points: &[(f64, f64)]) -> Trace {
        Trace {
            label: String::new(),
            listed: true,
            heading: None,
            colour: Colour::hex(0),
            style: Style::Line(Dash::Solid),
            points: points.iter().copied().map(Into::into).collect(),
            intervals: Intervals::None,
        }
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

    fn published() -> Course<'static> {
        Course::Published { title: String::new(), sizes: String::new() }
    }

    fn axes_of(points: &[(f64, f64)], x_max: &str, y_max: &str) -> (Axis, Axis, Vec<Note>) {
        let (x_max, y_max) = (x_max.parse().unwrap(), y_max.parse().unwrap());
        let options = ChartOptions { x_max, y_max, ..ChartOptions::default() };
        axes(&[trace(points)], &quantity(&options), &published())
    }

    fn range(axis: &Axis) -> (f64, f64, f64) {
        (axis.min, axis.max, axis.step)
    }

    #[test]
    fn data_that_fit_keep_exactly_the_published_axes() {
        for points in [&[][..], &[(8192.0, 62.5)], &[(32_768.0, 250.0)], &[(32_768.000_1, 250.000_000_1)]] {
            let (x, y, notes) = axes_of(points, "auto", "auto");
            assert_eq!((range(&x), x.label.as_str()), ((0.0, 32_768.0, 4096.0), "Hidden Size"));
            assert_eq!((range(&y), y.label.as_str()), ((0.0, 250.0, 50.0), "Throughput (TFLOPs/s)"));
            assert_eq!(notes, [], "{points:?}");
        }
    }

    #[test]
    fn a_faster_gpu_grows_the_axis_and_it_is_said() {
        for max in [750.0, 800.0, 800.000_01] {
            let (_, y, notes) = axes_of(&[(32_000.0, max)], "auto", "auto");
            assert_eq!(range(&y), (0.0, 800.0, 100.0));
            assert_eq!(
                notes[0].to_string(),
                "the throughput axis grew from the published 0-250 to 0-800 by 100 TFLOP/s"
            );
        }
    }

    #[test]
    fn a_fixed_axis_says_what_it_cuts() {
        let points = [(12_288.0, 250.0), (24_576.0, 251.0), (36_864.0, 750.0)];
        let (x, y, notes) = axes_of(&points, "32768", "250");
        assert_eq!((range(&x), range(&y)), ((0.0, 32_768.0, 4096.0), (0.0, 250.0, 50.0)));
        let cut = [
            Note::Cut { points: 2, y_max: 250.0, unit: "TFLOP/s" },
            Note::CutRight { points: 1, over: "hidden size", x_max: 32_768.0 },
        ];
        assert_eq!(notes, cut);
        assert_eq!(notes[0].to_string(), "2 points above 250 TFLOP/s cut off");
        assert_eq!(notes[1].to_string(), "1 point beyond hidden size 32768 cut off");
    }

    #[test]
    fn data_that_use_less_than_a_quarter_of_a_published_axis_have_one_that_fits_and_it_is_said() {
        let (x, y, notes) = axes_of(&[(768.0, 0.0271)], "auto", "auto");
        assert_eq!((range(&x), range(&y)), ((0.0, 768.0, 128.0), (0.0, 0.03, 0.005)));
        let said: Vec<_> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "the throughput axis is 0-0.03 by 0.005 TFLOP/s: the data use less than a quarter of the published 0-250",
                "the hidden size axis is 0-768 by 128: the data use less than a quarter of the published 0-32768"
            ]
        );
        let (x, _, notes) = axes_of(&[(12.0, 200.0)], "auto", "auto");
        assert_eq!((range(&x), notes.len()), ((0.0, 12.0, 2.0), 1));
        assert_eq!(axes_of(&[(8191.0, 200.0)], "auto", "auto").0.max, 8192.0);
    }

    #[test]
    fn the_right_end_can_be_chosen() {
        for (end, step) in [("4096", 512.0), ("1000", 200.0), ("32768", 4096.0), ("3", 1.0)] {
            let (x, _, _) = axes_of(&[(32_768.0, 200.0)], end, "auto");
            assert_eq!((x.max, x.step), (end.parse().unwrap(), step));
        }
    }

    #[test]
    fn larger_hidden_sizes_double_the_step() {
        let (x, _, notes) = axes_of(&[(40_000.0, 100.0)], "auto", "auto");
        assert_eq!(range(&x), (0.0, 40_960.0, 8192.0));
        assert_eq!(notes, [Note::XAxisGrown { max: 40_960.0, step: 8192.0 }]);
    }

    #[test]
    fn ends_are_round_and_no_value_is_on_the_upper_one() {
        let ends = |values: &[f64]| {
            let axis = decades("t", values.iter().copied());
            (axis.min, axis.max)
        };
        assert_eq!(ends(&[0.9995, 744.0, 295.2]), (0.5, 1000.0));
        assert_eq!(ends(&[1.7, 989.0]), (1.0, 2000.0));
        assert_eq!(ends(&[30.0, 30.0]), (2.0, 50.0));
        // What is close together reaches down, not up.
        assert_eq!(ends(&[545.0, 989.0]), (100.0, 2000.0));
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

        #[test]
        fn any_readable_data_have_axes_that_can_be_drawn(
            hidden in 1u32.., exponent in -320.0f64..308.0, metric in prop::sample::select(Metric::ALL.to_vec())
        ) {
            let options = ChartOptions { metric, ..ChartOptions::default() };
            let trace = trace(&[(f64::from(hidden), 10f64.powf(exponent))]);
            let (x, y, _) = axes(std::slice::from_ref(&trace), &quantity(&options), &published());
            for (axis, value) in [(x, trace.points[0].x), (y, trace.points[0].y)] {
                let scale = crate::scale::Scale::new(&axis);
                prop_assert!(scale.is_ok_and(|scale| scale.shows(value)), "{:?}", axis);
            }
        }
    }
}

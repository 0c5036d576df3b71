//! From the values of an axis to places on the canvas, and the ticks between.

use crate::canvas::FAR;
use crate::chart::{Axis, Spacing};
use crate::error::{MAX_SLOTS, MAX_TICKS, PlotError};
use crate::font;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use std::ops::Range;

/// An end of an axis that is a tick but for rounding keeps its tick.
const SLACK: f64 = 1e-9;

/// What is beyond an end of an axis by less than this part of its length is on it: 0.06 of a pixel at most.
pub(crate) const UNSEEN: f64 = 1e-4;
/// Labels with more decimals than this, or of larger numbers, are written with a power of ten.
const MOST_DECIMALS: i32 = 6;
const LARGE: f64 = 1e9;
/// A number with more digits than these is long beside one with a power of ten.
const MANY_DIGITS: f64 = 1e4;

/// An axis that was checked.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    spacing: Spacing,
    range: Range<f64>,
    step: f64,
}

impl Scale {
    pub(crate) fn new(axis: &Axis) -> Result<Scale, PlotError> {
        let &Axis { min, max, step, .. } = axis;
        let label = || axis.label.clone();
        match &axis.spacing {
            Spacing::Linear => {
                let steps = (max - min) / step;
                if !(min < max && step > 0.0 && (1.0..=f64::from(MAX_TICKS)).contains(&steps)) {
                    return Err(PlotError::Axis { label: label(), min, max, step });
                }
            }
            Spacing::Logarithmic => {
                let steps = (max.ln() - min.ln()) / step.ln();
                if !(0.0 < min
                    && min < max
                    && step > 1.0
                    && (1.0 - SLACK..=f64::from(MAX_TICKS)).contains(&steps))
                {
                    return Err(PlotError::LogarithmicAxis { label: label(), min, max, base: step });
                }
            }
            Spacing::Named(names) => {
                let slots = names.len();
                if !(1..=MAX_SLOTS).contains(&slots) || (min, max) != (0.0, slots as f64) {
                    return Err(PlotError::NamedAxis { label: label(), slots, min, max });
                }
            }
        }
        Ok(Scale { spacing: axis.spacing.clone(), range: min..max, step })
    }

    /// The values at its ends.
    pub(crate) fn ends(&self) -> [f64; 2] {
        [self.range.start, self.range.end]
    }

    /// The values of the ticks.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let whole = |from: f64, to: f64| {
            let (first, last) = ((from - SLACK).ceil(), (to + SLACK).floor());
            (0..=(last - first) as u32).map(move |i| first + f64::from(i))
        };
        let (min, max, step) = (self.range.start, self.range.end, self.step);
        match &self.spacing {
            Spacing::Linear => whole(min / step, max / step).map(|i| i * step).collect(),
            Spacing::Logarithmic => {
                whole(min.ln() / step.ln(), max.ln() / step.ln()).map(|i| step.powi(i as i32)).collect()
            }
            Spacing::Named(names) => {
                let named = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
                named.map(|(i, _)| i as f64 + 0.5).collect()
            }
        }
    }

    /// Unlabelled ticks between those of a logarithmic axis by powers of ten: 2 to 9 times each.
    pub(crate) fn minor_ticks(&self) -> Vec<f64> {
        if self.spacing != Spacing::Logarithmic || self.step != 10.0 {
            return Vec::new();
        }
        let decades = self.ticks();
        let first = decades.first().map(|decade| decade / 10.0);
        let all = first.into_iter().chain(decades).flat_map(|d| (2..10).map(move |i| d * f64::from(i)));
        all.filter(|tick| self.contains(*tick)).collect()
    }

    /// A tick's label, with as many decimals as tell the ticks apart.
    pub(crate) fn label(&self, tick: f64) -> String {
        match &self.spacing {
            Spacing::Linear => {
                let largest = self.range.start.abs().max(self.range.end.abs());
                let decimals = (0..=MOST_DECIMALS).find(|d| {
                    let scaled = self.step * 10f64.powi(*d);
                    (scaled - scaled.round()).abs() < 1e-6 * scaled
                });
                match decimals.filter(|_| largest < LARGE) {
                    // No negative zero.
                    Some(decimals) => format!("{:.decimals$}", tick + 0.0, decimals = decimals as usize),
                    None => with_power(tick, self.step),
                }
            }
            // Where one label has a power of ten, all large ones do.
            Spacing::Logarithmic
                if !(1.0 / LARGE..LARGE).contains(&tick)
                    || self.range.end >= LARGE && tick >= MANY_DIGITS =>
            {
                with_power(tick, tick)
            }
            // The shortest that reads back as the same number, and powers of ten are not exact.
            Spacing::Logarithmic => {
                let decimals = (2.0 - tick.log10().floor()).clamp(0.0, 12.0) as usize;
                let text = format!("{tick:.decimals$}");
                if text.contains('.') {
                    text.trim_end_matches('0').trim_end_matches('.').to_owned()
                } else {
                    text
                }
            }
            Spacing::Named(names) => {
                names.get(tick as usize).map(|name| font::drawable(name)).unwrap_or_default()
            }
        }
    }

    /// The width of the widest label of a tick, in the unit of the font's `size`.
    pub(crate) fn widest_label(&self, size: f64) -> f64 {
        self.ticks().into_iter().map(|tick| font::width(&self.label(tick), size)).fold(0.0, f64::max)
    }

    /// Whether a value is on the axis.
    pub(crate) fn contains(&self, value: f64) -> bool {
        self.range.start <= value && value <= self.range.end
    }

    /// Whether a value is on the axis as far as anyone can see.
    pub(crate) fn shows(&self, value: f64) -> bool {
        (-UNSEEN..=1.0 + UNSEEN).contains(&self.part(value))
    }

    /// Whether a value has a place, on the axis or beyond it.
    pub(crate) fn has_place(&self, value: f64) -> bool {
        value.is_finite() && (self.spacing != Spacing::Logarithmic || value > 0.0)
    }

    /// The slots of a named axis.
    pub(crate) fn slots(&self) -> Option<usize> {
        match &self.spacing {
            Spacing::Named(names) => Some(names.len()),
            Spacing::Linear | Spacing::Logarithmic => None,
        }
    }

    /// The place of a value on the way from `from` to `to`, and beyond them.
    pub(crate) fn place(&self, value: f64, from: f64, to: f64) -> f64 {
        from + (to - from) * self.part(value)
    }

    /// How far along the axis a value is: 0 at its lower end, 1 at its upper end.
    pub(crate) fn part(&self, value: f64) -> f64 {
        let (min, max) = (self.range.start, self.range.end);
        match self.spacing {
            Spacing::Logarithmic => (value.ln() - min.ln()) / (max.ln() - min.ln()),
            Spacing::Linear | Spacing::Named(_) => (value - min) / (max - min),
        }
    }
}

/// A tick as so many times the power of ten below the step between ticks.
fn with_power(tick: f64, step: f64) -> String {
    if tick == 0.0 {
        return "0".to_owned();
    }
    let written = format!("{tick:.2e}");
    let (digits, power) = written.split_once('e').unwrap_or((&written, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let lowest = step.abs().log10().floor() as i32;
    let decimals = (power - lowest).clamp(0, 2) as usize;
    let digits: f64 = digits.parse().unwrap_or(tick);
    format!("{digits:.decimals$}e{power}")
}

impl Ranged for Scale {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let place = self.place(*value, f64::from(limit.0), f64::from(limit.1)).round();
        // What is farther away is beyond any clip, and plotters counts in 32 bits.
        place.clamp(0.0, f64::from(2 * FAR)) as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scale(min: f64, max: f64, step: f64) -> Result<Scale, PlotError> {
        Scale::new(&Axis::linear("t", min, max, step))
    }

    fn log(min: f64, max: f64, base: f64) -> Scale {
        Scale::new(&Axis::logarithmic("t", min, max, base)).unwrap()
    }

    fn labels(scale: &Scale) -> String {
        scale.ticks().into_iter().map(|tick| scale.label(tick)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_multiples_of_the_step_and_their_labels_are_plain() {
        let s = scale(0.0, 32_768.0, 4096.0).unwrap();
        assert_eq!(labels(&s), "0 4096 8192 12288 16384 20480 24576 28672 32768");
        assert_eq!(labels(&scale(0.0, 0.3, 0.05).unwrap()), "0.00 0.05 0.10 0.15 0.20 0.25 0.30");
        assert_eq!(labels(&scale(-0.5, 2.3, 1.0).unwrap()), "0 1 2");
    }

    #[test]
    fn a_logarithmic_axis_has_its_ticks_at_powers() {
        assert_eq!(labels(&log(0.1, 1000.0, 10.0)), "0.1 1 10 100 1000");
        assert_eq!(labels(&log(0.25, 4.0, 2.0)), "0.25 0.5 1 2 4");
        assert_eq!(labels(&log(1.0 / 32.0, 1.0, 2.0)), "0.0312 0.0625 0.125 0.25 0.5 1");
        assert_eq!(labels(&log(0.5, 20_000.0, 10.0)), "1 10 100 1000 10000");
        assert_eq!(log(7.0, 90.0, 10.0).minor_ticks()[..4], [7.0, 8.0, 9.0, 20.0]);
        assert_eq!(log(0.25, 4.0, 2.0).minor_ticks(), []);
    }

    #[test]
    fn labels_of_very_small_and_very_large_ticks_have_a_power_of_ten() {
        assert_eq!(labels(&scale(0.0, 6e-8, 2e-8).unwrap()), "0 2e-8 4e-8 6e-8");
        assert_eq!(labels(&scale(0.0, 1.2e12, 2e11).unwrap()), "0 2e11 4e11 6e11 8e11 1.0e12 1.2e12");
        assert_eq!(labels(&scale(0.0, 0.003, 0.001).unwrap()), "0.000 0.001 0.002 0.003");
        assert_eq!(labels(&log(1e-12, 1e12, 1e6)), "1e-12 0.000001 1 1e6 1e12");
    }

    #[test]
    fn what_nobody_can_see_beyond_an_axis_is_on_it() {
        let s = scale(0.0, 250.0, 50.0).unwrap();
        assert!(s.shows(250.000_000_1) && s.shows(250.01) && !s.shows(250.1) && !s.shows(f64::INFINITY));
        assert!(s.shows(-0.01) && !s.shows(-1.0) && !s.shows(f64::NAN));
    }

    #[test]
    fn names_are_at_the_middle_of_their_slots_and_an_empty_one_has_no_tick() {
        let names = ["a", "", "卡"].map(str::to_owned).to_vec();
        let s = Scale::new(&Axis::named("t", names)).unwrap();
        assert_eq!((s.ticks(), labels(&s)), (vec![0.5, 2.5], "a \u{fffd}".to_owned()));
        assert!((s.place(1.5, 0.0, 300.0) - 150.0).abs() < 1e-9);
    }

    #[test]
    fn a_place_is_linear_and_far_places_do_not_overflow() {
        let s = scale(0.0, 250.0, 50.0).unwrap();
        assert_eq!(s.map(&100.0, (44_000, 5_000)), 28_400);
        assert_eq!(s.map(&1e300, (FAR, FAR - 100)), 0);
        assert_eq!(s.map(&-1e300, (FAR, FAR - 100)), 2 * FAR);
    }

    #[test]
    fn an_axis_without_extent_is_refused_by_name() {
        for (min, max, step) in
            [(0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, f64::NAN, 1.0), (0.0, 1.0, 1e-9)]
        {
            assert!(scale(min, max, step).is_err(), "{min} {max} {step}");
        }
        assert_eq!(
            scale(0.0, f64::INFINITY, 1.0).unwrap_err().to_string(),
            "axis \"t\" from 0 to inf by 1: want finite numbers, min < max and 1 to 100 steps"
        );
        for (min, max, base) in [(0.0, 1.0, 10.0), (1.0, 100.0, 1.0), (1.0, 5.0, 10.0), (1.0, f64::NAN, 2.0)]
        {
            let error = Scale::new(&Axis::logarithmic("t", min, max, base)).unwrap_err().to_string();
            assert!(error.contains("want finite numbers above 0"), "{error}");
        }
        let error = Scale::new(&Axis::named("t", vec![])).unwrap_err().to_string();
        assert_eq!(
            error,
            "axis \"t\" of 0 names from 0 to 0: want 1 to 100000 names, from 0 to their number"
        );
    }

    proptest! {
        #[test]
        fn equal_ratios_are_equal_distances(
            min in 1e-6f64..1e3, decades in 1.0f64..9.0, part in 0.0f64..1.0, ratio in 1.01f64..10.0
        ) {
            let s = log(min, min * 10f64.powf(decades), 10.0);
            let value = min * 10f64.powf(decades * part);
            prop_assert!((s.part(value) - part).abs() < 1e-9);
            let (here, there) = (s.part(value * ratio) - s.part(value), s.part(min * ratio) - s.part(min));
            prop_assert!((here - there).abs() < 1e-9 && here > 0.0);
        }

        #[test]
        fn every_power_on_a_logarithmic_axis_has_a_tick_whose_label_says_it(
            low in -6i32..3, count in 1i32..9, base in prop::sample::select(vec![2.0f64, 10.0])
        ) {
            let s = log(base.powi(low), base.powi(low + count), base);
            let ticks = s.ticks();
            prop_assert_eq!(ticks.len(), count as usize + 1);
            for tick in ticks {
                let said: f64 = s.label(tick).parse().unwrap();
                prop_assert!((said / tick - 1.0).abs() < 0.005, "{} {}", said, tick);
            }
            prop_assert!(s.minor_ticks().iter().all(|tick| s.contains(*tick)));
        }
    }
}

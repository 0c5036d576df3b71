//! From the values of an axis to places on the canvas, and the ticks between.

use crate::canvas::FAR;
use crate::chart::Axis;
use crate::error::{MAX_TICKS, PlotError};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use std::ops::Range;

/// An axis that was checked.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    range: Range<f64>,
    step: f64,
}

impl Scale {
    pub(crate) fn new(axis: &Axis) -> Result<Scale, PlotError> {
        let Axis { min, max, step, .. } = *axis;
        let steps = (max - min) / step;
        if !(min < max && step > 0.0 && (1.0..=f64::from(MAX_TICKS)).contains(&steps)) {
            return Err(PlotError::Axis { label: axis.label.clone(), min, max, step });
        }
        Ok(Scale { range: min..max, step })
    }

    /// The values of the ticks: every multiple of the step on the axis.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        // A max that is a multiple of the step but for rounding keeps its tick.
        let slack = 1e-9;
        let first = (self.range.start / self.step - slack).ceil();
        let last = (self.range.end / self.step + slack).floor();
        (0..=(last - first) as u32).map(|i| (first + f64::from(i)) * self.step).collect()
    }

    /// A tick's label, with as many decimals as tell the ticks apart.
    pub(crate) fn label(&self, tick: f64) -> String {
        let decimals = (0..=12)
            .find(|d| {
                let scaled = self.step * 10f64.powi(*d);
                (scaled - scaled.round()).abs() < 1e-6 * scaled
            })
            .unwrap_or(12) as usize;
        // No negative zero.
        format!("{:.decimals$}", tick + 0.0)
    }

    /// Whether a value is on the axis.
    pub(crate) fn contains(&self, value: f64) -> bool {
        self.range.start <= value && value <= self.range.end
    }

    /// The place of a value on the way from `from` to `to`, and beyond them.
    pub(crate) fn place(&self, value: f64, from: f64, to: f64) -> f64 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        from + (to - from) * part
    }
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

    fn scale(min: f64, max: f64, step: f64) -> Result<Scale, PlotError> {
        Scale::new(&Axis { label: "t".into(), min, max, step })
    }

    #[test]
    fn ticks_are_multiples_of_the_step_and_their_labels_are_plain() {
        let s = scale(0.0, 32_768.0, 4096.0).unwrap();
        let labels: Vec<_> = s.ticks().into_iter().map(|t| s.label(t)).collect();
        assert_eq!(labels.join(" "), "0 4096 8192 12288 16384 20480 24576 28672 32768");
        let s = scale(0.0, 0.3, 0.05).unwrap();
        let labels: Vec<_> = s.ticks().into_iter().map(|t| s.label(t)).collect();
        assert_eq!(labels.join(" "), "0.00 0.05 0.10 0.15 0.20 0.25 0.30");
        let s = scale(-0.5, 2.3, 1.0).unwrap();
        let labels: Vec<_> = s.ticks().into_iter().map(|t| s.label(t)).collect();
        assert_eq!(labels.join(" "), "0 1 2");
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
    }
}

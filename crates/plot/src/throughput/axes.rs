//! The axes of the published charts, and of data that leave them.

use super::note::Note;
use super::quantity::{Quantity, unit};
use crate::chart::{Axis, Trace};
use crate::round_range::{doubled_step, round_step, round_up};
use hovera_analysis::Metric;

/// The published throughput axis.
const TFLOPS_MAX: f64 = 250.0;
const PERCENT_MAX: f64 = 100.0;
const X_MAX: f64 = 32_768.0;
const X_STEP: f64 = 4096.0;

/// What the data come from, as far as the throughput axis is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A GPU, measured or read off: the published axis where the data fit.
    Gpu,
    /// A CPU, whose data would lie flat on the ground of the published axis.
    Cpu,
}

/// The axes for some traces, and what there is to say of them.
pub(super) fn axes(traces: &[Trace], source: Source, quantity: &Quantity<'_>) -> (Axis, Axis, Vec<Note>) {
    let points = || traces.iter().flat_map(|t| &t.points);
    let finite_max = |max: f64, value: f64| if value.is_finite() { max.max(value) } else { max };
    let (x, x_note) = x_axis(points().map(|p| p.x).fold(0.0, finite_max));
    let (y, mut notes) = y_axis(points().map(|p| p.y).fold(0.0, finite_max), source, quantity);
    notes.extend(x_note);
    let cut = points().filter(|p| p.y > y.max).count();
    if cut > 0 {
        notes.push(Note::Cut { points: cut, y_max: y.max, unit: unit(quantity.options.metric) });
    }
    (x, y, notes)
}

pub(super) fn x_axis(data_max: f64) -> (Axis, Option<Note>) {
    let axis = |max, step| Axis::linear("Hidden Size", 0.0, max, step);
    if data_max <= X_MAX {
        return (axis(X_MAX, X_STEP), None);
    }
    let step = doubled_step(X_STEP, data_max);
    let max = round_up(data_max, step);
    (axis(max, step), Some(Note::XAxisGrown { max, step }))
}

fn y_axis(data_max: f64, source: Source, quantity: &Quantity<'_>) -> (Axis, Vec<Note>) {
    let axis = |max, step| Axis::linear(&quantity.label(), 0.0, max, step);
    if let Some(max) = quantity.options.y_max.get() {
        return (axis(max, round_step(max)), Vec::new());
    }
    let metric = quantity.options.metric;
    let is_throughput = matches!(metric, Metric::Tflops | Metric::TflopsAtClock);
    let fitted = source == Source::Cpu && data_max > 0.0;
    let usual = match metric {
        Metric::Tflops | Metric::TflopsAtClock if !fitted => TFLOPS_MAX,
        Metric::PercentOfPeak => PERCENT_MAX,
        // Nothing is usual; an axis without data still needs an end.
        _ if data_max > 0.0 => 0.0,
        _ => 1.0,
    };
    if data_max <= usual {
        return (axis(usual, round_step(usual)), Vec::new());
    }
    let step = round_step(data_max);
    let max = round_up(data_max, step);
    let note = match (is_throughput, fitted) {
        (true, true) => Some(Note::YAxisFitted { max, step }),
        (true, false) => Some(Note::YAxisGrown { max, step }),
        (false, _) => None,
    };
    (axis(max, step), note.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Colour, Dash, Intervals, Style};
    use crate::throughput::ChartOptions;
    use hovera_core::Stat;

    fn of(points: &[(f64, f64)], source: Source, y_max: &str) -> (Axis, Axis, Vec<Note>) {
        let trace = Trace {
            label: String::new(),
            listed: true,
            heading: None,
            colour: Colour::hex(0),
            style: Style::Line(Dash::Solid),
            points: points.iter().copied().map(Into::into).collect(),
            intervals: Intervals::None,
        };
        let options = ChartOptions { y_max: y_max.parse().unwrap(), ..ChartOptions::default() };
        axes(
            &[trace],
            source,
            &Quantity {
                options: &options,
                stat: Stat::Median,
                card: None,
                mixed: false,
                clocks_differ: false,
            },
        )
    }

    fn range(axis: &Axis) -> (f64, f64, f64) {
        (axis.min, axis.max, axis.step)
    }

    #[test]
    fn data_that_fit_keep_exactly_the_published_axes() {
        for points in [&[][..], &[(12.0, 0.01)], &[(32_768.0, 250.0)]] {
            let (x, y, notes) = of(points, Source::Gpu, "auto");
            assert_eq!((range(&x), x.label.as_str()), ((0.0, 32_768.0, 4096.0), "Hidden Size"));
            assert_eq!((range(&y), y.label.as_str()), ((0.0, 250.0, 50.0), "Throughput (TFLOPs/s)"));
            assert_eq!(notes, []);
        }
    }

    #[test]
    fn a_faster_gpu_grows_the_axis_and_it_is_said() {
        let (_, y, notes) = of(&[(12.0, 750.0)], Source::Gpu, "auto");
        assert_eq!(range(&y), (0.0, 800.0, 100.0));
        assert_eq!(
            notes[0].to_string(),
            "the throughput axis grew from the published 0-250 to 0-800 by 100 TFLOP/s"
        );
    }

    #[test]
    fn a_fixed_axis_says_what_it_cuts() {
        let (_, y, notes) = of(&[(12.0, 250.0), (24.0, 251.0), (36.0, 750.0)], Source::Gpu, "250");
        assert_eq!(range(&y), (0.0, 250.0, 50.0));
        assert_eq!(notes, [Note::Cut { points: 2, y_max: 250.0, unit: "TFLOP/s" }]);
        assert_eq!(notes[0].to_string(), "2 points above 250 TFLOP/s cut off");
    }

    #[test]
    fn the_axis_fits_the_data_of_a_cpu_only() {
        let points = [(768.0, 0.0271)];
        let (_, y, notes) = of(&points, Source::Cpu, "auto");
        assert_eq!(range(&y), (0.0, 0.03, 0.005));
        assert!(notes[0].to_string().starts_with("CPU data: "), "{}", notes[0]);
        assert_eq!(range(&of(&points, Source::Gpu, "auto").1), (0.0, 250.0, 50.0));
        assert_eq!(range(&of(&[], Source::Cpu, "auto").1), (0.0, 250.0, 50.0));
    }

    #[test]
    fn larger_hidden_sizes_double_the_step() {
        let (x, _, notes) = of(&[(40_000.0, 1.0)], Source::Gpu, "auto");
        assert_eq!(range(&x), (0.0, 40_960.0, 8192.0));
        assert_eq!(notes, [Note::XAxisGrown { max: 40_960.0, step: 8192.0 }]);
    }
}

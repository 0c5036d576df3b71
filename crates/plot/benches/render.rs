//! Charts drawn and encoded, with as many points as the published sweep has in the thinned and in
//! the full form, and with 100,000. The numbers are made up. `matplotlib_lines.py` draws the same chart.

// A benchmark fails by panicking.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use hovera_plot::{Axis, Chart, Colour, Dash, DataPoint, Figure, Intervals, Style, Trace};

const POINTS: [usize; 3] = [810, 5460, 100_000];
const COLOURS: [u32; 7] = [0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2];

fn main() {
    divan::main();
}

/// From the plain chart to a file, as matplotlib does it: all that `hovera plot` does for one format.
#[divan::bench(args = POINTS)]
fn chart_to_svg(bencher: Bencher<'_, '_>, points: usize) {
    let chart = made_up(points);
    bencher.bench(|| Figure::draw(&chart).unwrap().svg().len());
}

#[divan::bench(args = POINTS)]
fn chart_to_png(bencher: Bencher<'_, '_>, points: usize) {
    let chart = made_up(points);
    bencher.bench(|| Figure::draw(&chart).unwrap().png().unwrap());
}

#[divan::bench(args = POINTS)]
fn chart_to_pdf(bencher: Bencher<'_, '_>, points: usize) {
    let chart = made_up(points);
    bencher.bench(|| Figure::draw(&chart).unwrap().pdf().unwrap());
}

/// Seven noisy sawtooth curves over the published axes.
fn made_up(points: usize) -> Chart {
    let trace = |i: usize| {
        let count = points / COLOURS.len() + usize::from(i < points % COLOURS.len());
        let point = |j: usize| {
            let part = (j + 1) as f64 / count as f64;
            let level = (32.0 + 34.0 * i as f64) * part / (part + 0.1);
            let noise = 1.0 + 0.03 * (j as f64 * 0.618_033_988_749).fract();
            (32_768.0 * part, level * (1.0 - 0.05 * (24.0 * part).fract()) * noise)
        };
        Trace {
            label: format!("h/a = {}", 1 << i),
            listed: true,
            heading: None,
            colour: Colour::hex(COLOURS[i]),
            style: Style::Line(Dash::Solid),
            points: (0..count).map(point).map(DataPoint::from).collect(),
            intervals: Intervals::None,
        }
    };
    let chart = Chart {
        title: "Attention Key Query Score, a=12".into(),
        subtitle: None,
        x: Axis::linear("Hidden Size", 0.0, 32_768.0, 4096.0),
        y: Axis::linear("Throughput (TFLOPs/s)", 0.0, 250.0, 50.0),
        cells: None,
        traces: (0..COLOURS.len()).map(trace).collect(),
        caption: Some("made up for a benchmark, not measured".into()),
        desc: "Made-up lines for a benchmark.".into(),
    };
    assert_eq!(chart.traces.iter().map(|t| t.points.len()).sum::<usize>(), points);
    chart
}

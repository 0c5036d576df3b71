//! Made-up charts. No number here was measured.

use hovera_plot::{Axis, Chart, Colour, Marker, Style, Trace};

const COLOURS: [u32; 7] = [0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2];

/// The axes of the published charts.
pub(crate) fn published(title: &str, traces: Vec<Trace>) -> Chart {
    Chart {
        title: title.into(),
        x: Axis { label: "Hidden Size".into(), min: 0.0, max: 32_768.0, step: 4096.0 },
        y: Axis { label: "Throughput (TFLOPs/s)".into(), min: 0.0, max: 250.0, step: 50.0 },
        traces,
        caption: Some("made up for a test, not measured".into()),
        desc: "Made-up lines for a test.".into(),
    }
}

/// Seven sawtooth curves, the least of 1365 points as in a full sweep by head dim, or thinned to
/// every `stride`-th head dim.
pub(crate) fn sawtooth(stride: u32, style: impl Fn(usize) -> Style) -> Vec<Trace> {
    (0..7)
        .map(|i| {
            let power = 1_u32 << i;
            let top = 32.0 + 34.0 * i as f64;
            let of_series = |d: &u32| d.trailing_zeros().min(6) == i as u32;
            let points = (1..=2730).filter(of_series).step_by(stride as usize).map(|d| {
                let d = f64::from(d);
                let ramp = d / (d + 300.0) * (1.0 - 0.05 * (d / 114.0).fract());
                (12.0 * d, top * ramp)
            });
            Trace {
                label: format!("h/a = {power}"),
                listed: true,
                heading: None,
                colour: Colour::hex(COLOURS[i]),
                style: style(i),
                points: points.collect(),
            }
        })
        .collect()
}

/// The marker of the `i`-th series.
pub(crate) fn marker(i: usize) -> Marker {
    Marker::ALL[i % Marker::ALL.len()]
}

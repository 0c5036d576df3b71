//! Made-up charts. No number here was measured.

use hovera_plot::{
    Axis, CardDeviation, Cells, Chart, Colour, FleetChart, Intervals, Marker, Part, SharesChart, Style,
    Trace, Wholes,
};

const COLOURS: [u32; 7] = [0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2];

/// The axes of the published charts.
pub(crate) fn published(title: &str, traces: Vec<Trace>) -> Chart {
    Chart {
        title: title.into(),
        subtitle: None,
        x: Axis::linear("Hidden Size", 0.0, 32_768.0, 4096.0),
        y: Axis::linear("Throughput (TFLOPs/s)", 0.0, 250.0, 50.0),
        cells: None,
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
                (12.0 * d, top * ramp).into()
            });
            Trace {
                label: format!("h/a = {power}"),
                listed: true,
                heading: None,
                colour: Colour::hex(COLOURS[i]),
                style: style(i),
                points: points.collect(),
                intervals: Intervals::None,
            }
        })
        .collect()
}

/// The marker of the `i`-th series.
pub(crate) fn marker(i: usize) -> Marker {
    Marker::ALL[i % Marker::ALL.len()]
}

/// A heat map of five heads by eight head dims, one cell without a value.
pub(crate) fn heat_map() -> Chart {
    let names = |sizes: &[u32]| sizes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let head_dims = [32, 48, 64, 80, 96, 112, 128, 256];
    let value = |i, j| ((i, j) != (3, 2)).then_some(90.0 * (j as f64 + 1.0) + 40.0 * i as f64);
    let rows = (0..5).map(|j| (0..head_dims.len()).map(|i| value(i, j)).collect());
    Chart {
        cells: Some(Cells {
            rows: rows.collect(),
            noisy: [(2, 4), (4, 0)].into(),
            colour: Axis::linear("Throughput (TFLOP/s)", 0.0, 800.0, 100.0),
        }),
        x: Axis::named("Head Dim", names(&head_dims)),
        y: Axis::named("Heads", names(&[8, 16, 32, 64, 128])),
        ..published("Attention Key Query Score, b=4", Vec::new())
    }
}

/// So many cards within 1 % of each other, but for the outliers.
pub(crate) fn fleet(count: usize, outliers: &[usize]) -> FleetChart {
    let card = |i: usize| {
        let outlier = outliers.contains(&i);
        let wobble = 0.008 * (i as f64 * 2.4).sin();
        let deviation = if outlier { -0.03 - 0.04 * (i as f64 / count as f64) } else { wobble };
        let reach = 0.002 + 0.001 * (i as f64).cos();
        let name = format!("node{:02}/gpu{}", i / 8, i % 8);
        CardDeviation { name, deviation, low: deviation - reach, high: deviation + reach, outlier }
    };
    FleetChart {
        title: "A Fleet That Is Made Up".into(),
        deviation: "Throughput against the Fleet's Median".into(),
        caption: Some("made up for a test, not measured".into()),
        cards: (0..count).map(card).collect(),
    }
}

/// Twelve models in the parts of a layer and logits.
pub(crate) fn shares() -> SharesChart {
    let names: Vec<String> = (1..=12).map(|i| format!("made-up-{i}b-v0.{i}")).collect();
    let parts = ["qkv", "score", "values", "projection", "mlp_up", "mlp_gate", "mlp_down", "logits"];
    let weight = |part: usize, model: usize| 1.0 + ((part * 5 + model * 3) % 7) as f64;
    let sum = |model: usize| (0..parts.len()).map(|part| weight(part, model)).sum::<f64>();
    let part = |(i, label): (usize, &&str)| Part {
        label: (*label).to_owned(),
        shares: (0..names.len()).map(|model| weight(i, model) / sum(model)).collect(),
    };
    SharesChart {
        title: "Where the Time of Models Goes".into(),
        subtitle: Some("Made-Up 100".into()),
        caption: Some("made up for a test, not measured".into()),
        label: "Share of Time".into(),
        parts: parts.iter().enumerate().map(part).collect(),
        wholes: Wholes::Names(names),
    }
}

//! The charts as data for the page's script.

use crate::document::pictures::Picture;
use hovera_plot::{Axis, Chart, Dash, DataPoint, Intervals, Spacing, Trace, thinned_line};
use serde::Serialize;
use std::borrow::Cow;

/// As many columns as a chart of the page has, about. A line of very many points is thinned to what they show.
const COLUMNS: f64 = 500.0;

/// Everything that the script draws a chart from.
#[derive(Debug, Serialize)]
pub(super) struct ChartData<'a> {
    x: AxisData<'a>,
    y: AxisData<'a>,
    unit: &'static str,
    traces: Vec<TraceData<'a>>,
    /// Whether lines have more points than are here.
    #[serde(skip)]
    pub(super) thinned: bool,
}

#[derive(Debug, Serialize)]
struct AxisData<'a> {
    label: &'a str,
    min: f64,
    max: f64,
    step: f64,
    /// Whether equal ratios are equal distances; ticks are at the powers of `step` then.
    log: bool,
}

impl AxisData<'_> {
    /// Where a value stands, in units that are equally far apart.
    fn place(&self, value: f64) -> f64 {
        if self.log { value.log2() } else { value }
    }
}

#[derive(Debug, Serialize)]
struct TraceData<'a> {
    /// What the trace is of, most important first: its line, its card. Empty for a guide, which has no values
    /// to tell.
    tags: Vec<&'a str>,
    colour: String,
    /// Lengths of dashes and gaps; empty for a solid line.
    dash: &'static str,
    x: Vec<f64>,
    y: Vec<f64>,
    /// The ends of each point's interval; absent where none is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    band: Vec<Option<(f64, f64)>>,
    /// The places of noisy points in `x`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    noisy: Vec<usize>,
    /// The points with another speed: their places in `x`, and its `y`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    second: Vec<(usize, f64)>,
    /// More of each point, in words, a line or two.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    detail: Vec<Cow<'a, str>>,
}

impl<'a> ChartData<'a> {
    /// None for a chart that is not lines over axes of numbers.
    pub(super) fn of_picture(picture: &'a Picture) -> Option<ChartData<'a>> {
        let Chart { x, y, traces, cells, .. } = &picture.chart;
        if cells.is_some() {
            return None;
        }
        let (x, y) = (axis(x)?, axis(y)?);
        let ends = (x.place(x.min), x.place(x.max));
        let mut card = None;
        let (mut drawn, mut thinned) = (Vec::new(), false);
        for trace in traces.iter().filter(|trace| !trace.points.is_empty()) {
            card = trace.heading.as_deref().or(card);
            let places: Vec<(f64, f64)> =
                trace.points.iter().map(|point| (x.place(point.x), point.y)).collect();
            let shown = thinned_line(&places, ends, COLUMNS);
            thinned |= shown.len() < places.len();
            drawn.push(data(trace, &shown, card.or_else(|| keyed(traces, trace)), picture)?);
        }
        Some(ChartData { x, y, unit: picture.unit, traces: drawn, thinned })
    }
}

fn axis(axis: &Axis) -> Option<AxisData<'_>> {
    let Axis { label, spacing, min, max, step } = axis;
    let log = match spacing {
        Spacing::Linear => false,
        Spacing::Logarithmic => true,
        Spacing::Named(_) => return None,
    };
    Some(AxisData { label, min: *min, max: *max, step: *step, log })
}

/// The entry of the legend that says what a trace's style stands for.
fn keyed<'a>(traces: &'a [Trace], trace: &Trace) -> Option<&'a str> {
    let key =
        traces.iter().find(|other| other.points.is_empty() && other.style.dash() == trace.style.dash())?;
    Some(&key.label)
}

/// The points of a trace at `shown`.
fn data<'a>(
    trace: &'a Trace,
    shown: &[usize],
    card: Option<&'a str>,
    picture: &'a Picture,
) -> Option<TraceData<'a>> {
    let is_guide = !trace.style.is_data();
    let dash = match trace.style.dash()? {
        Dash::Solid => "",
        Dash::Dashed => "7 3",
        Dash::Dotted => "2 3",
        Dash::DashDotted => "9 3 2 3",
        Dash::LongDashed => "15 5",
        Dash::DashDotDotted => "9 3 2 3 2 3",
        Dash::Sparse => "2 6",
        Dash::DashDashDotted => "7 3 7 3 2 3",
        Dash::ShortDashed => "4 3",
        Dash::PairDashed => "4 3 4 8",
        Dash::TripleDashed => "4 3 4 3 4 8",
        Dash::WideDashed => "4 8",
    };
    let points: Vec<&DataPoint> = shown.iter().map(|place| &trace.points[*place]).collect();
    let detail: Vec<Cow<'_, str>> = points.iter().map(|point| detail(point, picture)).collect();
    let rounded = |(low, high): (f64, f64)| (six_digits(low), six_digits(high));
    let colour = trace.colour;
    Some(TraceData {
        tags: if is_guide { Vec::new() } else { std::iter::once(trace.label.as_str()).chain(card).collect() },
        colour: format!("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue),
        dash,
        x: points.iter().map(|point| point.x).collect(),
        y: points.iter().map(|point| six_digits(point.y)).collect(),
        band: match &trace.intervals {
            Intervals::OfY(ends) => shown.iter().map(|place| ends[*place].map(rounded)).collect(),
            Intervals::None | Intervals::OfX(_) => Vec::new(),
        },
        noisy: (0..points.len()).filter(|i| points[*i].noisy).collect(),
        second: points.iter().enumerate().filter_map(|(i, p)| Some((i, six_digits(p.second?)))).collect(),
        detail: if detail.iter().all(|detail| detail.is_empty()) { Vec::new() } else { detail },
    })
}

/// What is known of the row of a point; of a ratio, of both rows.
fn detail<'a>(point: &DataPoint, picture: &'a Picture) -> Cow<'a, str> {
    let of_row = picture.detail(point.row);
    match picture.detail(point.base) {
        "" => Cow::Borrowed(of_row),
        base => Cow::Owned(format!("{of_row}\nthe first: {base}")),
    }
}

/// More digits than are ever shown; all seventeen would double the page.
fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// JSON that can stand in a `<script>` element: nothing in it ends the element, begins a comment or
/// breaks a line.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned());
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_cannot_end_its_element() {
        let text = json(&["</script><!--&\u{2028}"]);
        assert_eq!(text, r#"["\u003c/script\u003e\u003c!--\u0026\u2028"]"#);
        let back: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(back, ["</script><!--&\u{2028}"]);
    }

    #[test]
    fn numbers_keep_six_digits() {
        assert_eq!([710.994_357_771_8, 0.027_123_456_7, 0.0].map(six_digits), [710.994, 0.027_123_5, 0.0]);
    }
}

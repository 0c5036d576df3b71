//! The charts as data for the page's script.

use crate::document::pictures::Picture;
use hovera_plot::{Axis, Chart, Dash, Style, Trace};
use serde::Serialize;

/// Everything that the script draws a chart from.
#[derive(Debug, Serialize)]
pub(super) struct ChartData<'a> {
    x: AxisData<'a>,
    y: AxisData<'a>,
    traces: Vec<TraceData<'a>>,
}

#[derive(Debug, Serialize)]
struct AxisData<'a> {
    label: &'a str,
    min: f64,
    max: f64,
    step: f64,
}

#[derive(Debug, Serialize)]
struct TraceData<'a> {
    label: &'a str,
    colour: String,
    /// Lengths of dashes and gaps in the line's width; empty for a solid line.
    dash: &'static str,
    x: Vec<f64>,
    y: Vec<f64>,
    /// More of each point, in words.
    detail: Vec<&'a str>,
}

impl<'a> ChartData<'a> {
    pub(super) fn of(picture: &'a Picture) -> ChartData<'a> {
        let Chart { x, y, traces, .. } = &picture.chart;
        let drawn = traces.iter().filter(|trace| !trace.points.is_empty());
        ChartData { x: axis(x), y: axis(y), traces: drawn.map(|trace| data(trace, picture)).collect() }
    }
}

fn axis(axis: &Axis) -> AxisData<'_> {
    AxisData { label: &axis.label, min: axis.min, max: axis.max, step: axis.step }
}

fn data<'a>(trace: &'a Trace, picture: &'a Picture) -> TraceData<'a> {
    let dash = match trace.style {
        Style::Line(dash) | Style::LineAndPoints(dash, _) => match dash {
            Dash::Solid => "",
            Dash::Dashed => "7 3",
            Dash::Dotted => "2 3",
            Dash::DashDotted => "9 3 2 3",
        },
        Style::Points(_) => "0 1",
    };
    let colour = trace.colour;
    TraceData {
        label: &trace.label,
        colour: format!("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue),
        dash,
        x: trace.points.iter().map(|point| point.0).collect(),
        y: trace.points.iter().map(|point| six_digits(point.1)).collect(),
        detail: trace.points.iter().map(|point| picture.detail(point.0)).collect(),
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

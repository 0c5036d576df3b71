//! Areas and bars: parts of wholes, stacked.

use super::{Area, Drawn, at, rgb, write};
use crate::chart::{Chart, Intervals, Style, Trace};
use crate::font;
use crate::layout::{Label, Layout, pt};
use plotters::prelude::{Polygon, Rectangle};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color as _, RGBColor};

/// Of a slot, what a bar takes up to each side of its middle.
const HALF: f64 = 0.38;
/// Of the numbers in bars.
const NUMBER: f64 = pt(7.5);
/// A number has this room to each side, in pixels.
const ROOM: f64 = 2.0;

/// The areas and bars of a chart.
pub(super) fn fills(chart: &Chart, layout: &Layout, area: &Area<'_>) -> Drawn {
    for trace in &chart.traces {
        match (trace.style, &trace.intervals) {
            (Style::Area, Intervals::OfY(ends)) => stacked(trace, ends, layout, area)?,
            (Style::Bars, Intervals::OfX(_)) => {
                for (corners, _) in bars(trace, layout) {
                    area.draw(&Rectangle::new(corners.map(at), rgb(trace.colour).filled()))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// One polygon between the ends of all points.
fn stacked(trace: &Trace, ends: &[Option<(f64, f64)>], layout: &Layout, area: &Area<'_>) -> Drawn {
    let known = || trace.points.iter().zip(ends).filter_map(|(point, ends)| Some((point.x, (*ends)?)));
    let upper = known().map(|(x, (_, high))| (x, high));
    let lower = known().map(|(x, (low, _))| (x, low)).collect::<Vec<_>>().into_iter().rev();
    let outline: Vec<_> = upper.chain(lower).map(|place| at(layout.place(place))).collect();
    Ok(area.draw(&Polygon::new(outline, rgb(trace.colour).filled()))?)
}

/// The corners of each bar, and how long it is in the axis's unit.
fn bars(trace: &Trace, layout: &Layout) -> Vec<([(f64, f64); 2], f64)> {
    let Intervals::OfX(ends) = &trace.intervals else { return Vec::new() };
    let bar = |(point, ends): (&crate::chart::DataPoint, &Option<(f64, f64)>)| {
        let (low, high) = (*ends)?;
        let corners = [(low, point.y + HALF), (high, point.y - HALF)].map(|place| layout.place(place));
        (high > low).then_some((corners, high - low))
    };
    trace.points.iter().zip(ends).filter_map(bar).collect()
}

/// How long each bar is, where it has room to say so.
pub(super) fn numbers(chart: &Chart, layout: &Layout, area: &Area<'_>) -> Drawn {
    for trace in chart.traces.iter().filter(|trace| trace.style == Style::Bars) {
        for ([(left, top), (right, bottom)], length) in bars(trace, layout) {
            let text = format!("{length:.0}");
            if font::width(&text, NUMBER) + 2.0 * ROOM > right - left || NUMBER > bottom - top {
                continue;
            }
            let middle = (f64::midpoint(left, right), f64::midpoint(top, bottom) + 0.36 * NUMBER);
            let label = Label { text, size: NUMBER, at: middle };
            write(&label, HPos::Center, on(rgb(trace.colour)), area)?;
        }
    }
    Ok(())
}

/// The colour of text on another.
fn on(ground: RGBColor) -> RGBColor {
    crate::colour_map::text_on(ground)
}

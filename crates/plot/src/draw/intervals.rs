//! How sure points are: a band along a line, a bar at a point.

use super::{Area, Drawn, at, rgb, stroke};
use crate::chart::{Intervals, Style, Trace};
use crate::layout::{Layout, pt};
use plotters::prelude::{PathElement, Polygon};
use plotters::style::Color as _;

const BAND_OPACITY: f64 = 0.25;
const BAR: f64 = pt(0.9);

/// The band of a line: a polygon over each run of neighbours whose intervals are known.
pub(super) fn band(trace: &Trace, layout: &Layout, area: &Area<'_>) -> Drawn {
    let (Intervals::OfY(intervals), true) = (&trace.intervals, is_line(trace)) else { return Ok(()) };
    let points: Vec<_> = trace.points.iter().zip(intervals).collect();
    for run in points.chunk_by(|a, b| a.1.is_some() && b.1.is_some()) {
        let ends = || run.iter().filter_map(|(point, interval)| Some((point.x, (**interval)?)));
        let upper = ends().map(|(x, (_, high))| (x, high));
        let lower = ends().rev().map(|(x, (low, _))| (x, low));
        let outline: Vec<_> = upper.chain(lower).map(|place| at(layout.place(place))).collect();
        if outline.len() > 2 {
            area.draw(&Polygon::new(outline, rgb(trace.colour).mix(BAND_OPACITY).filled()))?;
        }
    }
    Ok(())
}

/// A bar over the interval of each point that no line joins.
pub(super) fn bars(trace: &Trace, layout: &Layout, area: &Area<'_>) -> Drawn {
    if is_line(trace) {
        return Ok(());
    }
    let (intervals, of_x) = match &trace.intervals {
        Intervals::None => return Ok(()),
        Intervals::OfX(intervals) => (intervals, true),
        Intervals::OfY(intervals) => (intervals, false),
    };
    for (point, interval) in trace.points.iter().zip(intervals) {
        let Some((low, high)) = *interval else { continue };
        let ends = if of_x { [(low, point.y), (high, point.y)] } else { [(point.x, low), (point.x, high)] };
        let ends: Vec<_> = ends.into_iter().map(|place| at(layout.place(place))).collect();
        area.draw(&PathElement::new(ends, stroke(rgb(trace.colour), BAR)))?;
    }
    Ok(())
}

fn is_line(trace: &Trace) -> bool {
    matches!(trace.style, Style::Line(_) | Style::LineAndPoints(..) | Style::Guide(_))
}

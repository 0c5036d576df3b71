//! How sure points are: a band along a line, a bar at a point.

use super::{Area, Drawn, at, far_at, rgb, stroke};
use crate::chart::{Chart, Intervals, Style, Trace};
use crate::layout::{Layout, pt};
use plotters::prelude::{PathElement, Polygon};
use plotters::style::Color as _;

const BAND_OPACITY: f64 = 0.25;
const BAR: f64 = pt(0.9);
/// Half the width of the ends of a hollow point's bar: matplotlib's error bars with caps.
const CAP: f64 = pt(2.0);
/// From one error bar to the next of several at one place, in pixels.
const SIDE_BY_SIDE: f64 = 2.0;

/// The band of a line: a polygon over each run of neighbours whose intervals are known.
pub(super) fn band(trace: &Trace, layout: &Layout, area: &Area<'_>) -> Drawn {
    let (Intervals::OfY(intervals), true) = (&trace.intervals, is_line(trace)) else { return Ok(()) };
    let points: Vec<_> = trace.points.iter().zip(intervals).collect();
    for run in points.chunk_by(|a, b| a.1.is_some() && b.1.is_some()) {
        let ends = || run.iter().filter_map(|(point, interval)| Some((point.x, (**interval)?)));
        let upper = ends().map(|(x, (_, high))| (x, high));
        let lower = ends().rev().map(|(x, (low, _))| (x, low));
        let outline: Vec<_> = upper.chain(lower).map(|place| far_at(layout.place(place))).collect();
        match outline.len() {
            0 => {}
            // Of a point without neighbours.
            1 | 2 => area.draw(&PathElement::new(outline, stroke(rgb(trace.colour), BAR)))?,
            _ => area.draw(&Polygon::new(outline, rgb(trace.colour).mix(BAND_OPACITY).filled()))?,
        }
    }
    Ok(())
}

/// A bar over the interval of each dot.
pub(super) fn bars(trace: &Trace, layout: &Layout, area: &Area<'_>) -> Drawn {
    if !matches!(trace.style, Style::Dots(_)) {
        return Ok(());
    }
    for ends in ends(trace) {
        segment(ends.map(|place| far_at(layout.place(place))), trace, area)?;
    }
    Ok(())
}

/// Error bars of hollow points, within the frame and on it. Those that would hide each other stand side by side, else
/// they have caps.
pub(super) fn error_bars(chart: &Chart, layout: &Layout, area: &Area<'_>) -> Drawn {
    let points: Vec<_> =
        chart.traces.iter().filter(|trace| matches!(trace.style, Style::Points(_))).collect();
    let axes = layout.axes;
    let on_axes = |(x, y): (f64, f64)| (x.clamp(axes.left, axes.right), y.clamp(axes.top, axes.bottom));
    let bars: Vec<(&Trace, [(f64, f64); 2])> = points
        .iter()
        .flat_map(|trace| ends(trace).map(move |ends| (*trace, ends)))
        .map(|(trace, ends)| (trace, ends.map(|place| layout.place(place))))
        .collect();
    for (i, &(trace, ends)) in bars.iter().enumerate() {
        let [(x0, y0), (x1, y1)] = ends;
        let upright = x0 == x1;
        let beside = |other: &[(f64, f64); 2]| {
            let [(left, low), (right, high)] = *other;
            match upright {
                true => {
                    (left - x0).abs() < SIDE_BY_SIDE
                        && low.max(high) > y0.min(y1)
                        && low.min(high) < y0.max(y1)
                }
                false => {
                    (low - y0).abs() < SIDE_BY_SIDE
                        && left.max(right) > x0.min(x1)
                        && left.min(right) < x0.max(x1)
                }
            }
        };
        let crowd: Vec<usize> = (0..bars.len()).filter(|j| beside(&bars[*j].1)).collect();
        let place = crowd.iter().position(|j| *j == i).unwrap_or(0) as f64;
        let shift = SIDE_BY_SIDE * (place - (crowd.len() - 1) as f64 / 2.0);
        let moved = |(x, y): (f64, f64)| if upright { (x + shift, y) } else { (x, y + shift) };
        let shown = ends.map(on_axes);
        segment(shown.map(moved).map(at), trace, area)?;
        for (end, (x, y)) in ends.into_iter().zip(shown) {
            if crowd.len() == 1 && end == (x, y) {
                let (across, along) = if upright { (CAP, 0.0) } else { (0.0, CAP) };
                let cap = [(x - across, y - along), (x + across, y + along)];
                segment(cap.map(at), trace, area)?;
            }
        }
    }
    Ok(())
}

/// The ends of each interval that is known, in the units of the axes.
fn ends(trace: &Trace) -> impl Iterator<Item = [(f64, f64); 2]> {
    let (intervals, of_x) = match &trace.intervals {
        Intervals::None => (&[][..], false),
        Intervals::OfX(intervals) => (intervals.as_slice(), true),
        Intervals::OfY(intervals) => (intervals.as_slice(), false),
    };
    trace.points.iter().zip(intervals).filter_map(move |(point, interval)| {
        let (low, high) = (*interval)?;
        Some(if of_x { [(low, point.y), (high, point.y)] } else { [(point.x, low), (point.x, high)] })
    })
}

fn segment(ends: [(i32, i32); 2], trace: &Trace, area: &Area<'_>) -> Drawn {
    Ok(area.draw(&PathElement::new(ends.to_vec(), stroke(rgb(trace.colour), BAR)))?)
}

fn is_line(trace: &Trace) -> bool {
    matches!(trace.style, Style::Line(_) | Style::LineAndPoints(..) | Style::Guide(_))
}

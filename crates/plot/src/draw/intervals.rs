//! How sure points are: a band along a line, a bar at a point.

use super::{Area, Drawn, at, far_at, rgb, stroke};
use crate::chart::{Chart, Intervals, Style, Trace};
use crate::decimate::{apart, decimated};
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
        let width = layout.axes.right - layout.axes.left;
        let edge = |places: Vec<(f64, f64)>| -> Vec<(f64, f64)> {
            let places: Vec<_> = places.into_iter().map(|place| layout.place(place)).collect();
            match decimated(&places, width) {
                Some(kept) => kept.into_iter().map(|i| places[i]).collect(),
                None => places,
            }
        };
        let upper = edge(ends().map(|(x, (_, high))| (x, high)).collect());
        let lower = edge(ends().map(|(x, (low, _))| (x, low)).collect());
        let outline: Vec<_> = upper.into_iter().chain(lower.into_iter().rev()).map(far_at).collect();
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
    let bars: Vec<_> = ends(trace).map(|ends| ends.map(|place| layout.place(place))).collect();
    let tops: Vec<_> = bars.iter().map(|[_, top]| *top).collect();
    let kept = apart(&tops).unwrap_or_else(|| (0..bars.len()).collect());
    for i in kept {
        segment(bars[i].map(far_at), trace, area)?;
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
    let spans: Vec<Span> = bars.iter().map(|(_, ends)| Span::of_bar(*ends)).collect();
    for (i, &(trace, ends)) in bars.iter().enumerate() {
        let crowd = crowd(&spans, i);
        let place = crowd.iter().position(|j| *j == i).unwrap_or(0) as f64;
        let shift = SIDE_BY_SIDE * (place - (crowd.len() - 1) as f64 / 2.0);
        let upright = spans[i].upright;
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

/// Where a bar is on the page: along itself, and across.
#[derive(Clone, Copy)]
struct Span {
    upright: bool,
    across: f64,
    from: f64,
    to: f64,
}

impl Span {
    fn of_bar([(x0, y0), (x1, y1)]: [(f64, f64); 2]) -> Span {
        let upright = x0 == x1;
        let (across, from, to) = if upright { (x0, y0, y1) } else { (y0, x0, x1) };
        Span { upright, across, from: from.min(to), to: from.max(to) }
    }

    fn hides(&self, other: &Span) -> bool {
        self.upright == other.upright
            && (self.across - other.across).abs() < SIDE_BY_SIDE
            && self.from < other.to
            && other.from < self.to
    }
}

/// A bar, those that it hides, those that these hide, and so on, in the order of the bars: all of them are moved
/// apart, for each would else be moved onto a place that another was moved to.
fn crowd(spans: &[Span], bar: usize) -> Vec<usize> {
    let (mut found, mut next) = (vec![bar], 0);
    while let Some(one) = found.get(next).copied() {
        next += 1;
        let hidden = (0..spans.len()).filter(|other| spans[one].hides(&spans[*other]));
        let new: Vec<usize> = hidden.filter(|other| !found.contains(other)).collect();
        found.extend(new);
    }
    found.sort_unstable();
    found
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
    matches!(trace.style, Style::Line(_) | Style::LineAndPoints(..) | Style::Predicted(..) | Style::Guide(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_of_one_crowd_share_its_places_though_the_first_and_the_last_do_not_meet() {
        let upright = |x: f64, from: f64, to: f64| Span::of_bar([(x, from), (x, to)]);
        let spans = [upright(100.0, 0.0, 10.0), upright(100.5, 8.0, 20.0), upright(100.0, 18.0, 30.0)];
        assert_eq!([0, 1, 2].map(|bar| crowd(&spans, bar)), [[0, 1, 2]; 3]);
        let apart = [upright(100.0, 0.0, 10.0), upright(100.0, 12.0, 20.0), upright(160.0, 0.0, 10.0)];
        assert_eq!([0, 1, 2].map(|bar| crowd(&apart, bar).len()), [1, 1, 1]);
        // A bar along x does not hide one along y.
        let crossing = [upright(100.0, 0.0, 10.0), Span::of_bar([(95.0, 5.0), (105.0, 5.0)])];
        assert_eq!(crowd(&crossing, 0), [0]);
    }
}

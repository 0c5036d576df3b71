//! The other speed of points that have two: a thin line from the point to a small ring.

use super::{Area, Drawn, at, rgb, stroke};
use crate::chart::{Chart, Colour, DataPoint, Trace};
use crate::decimate::{apart, few_enough};
use crate::layout::{Layout, pt};
use crate::marker_shape::thinned;
use plotters::prelude::{Circle, PathElement};
use plotters::style::{Color as _, WHITE};

const STEM: f64 = pt(0.7);
const RING_RADIUS: f64 = pt(1.7);
const RING_EDGE: f64 = pt(0.9);
/// From one ring to the next of a line, in pixels.
const GAP: f64 = 5.0;
/// In the legend, from the middle of the row to the ring above and to the end of its line below, in pixels.
const KEY_REACH: f64 = pt(3.6);

/// The lines, to be clipped to the axes: they lead to a ring beyond them, too.
pub(super) fn stems(chart: &Chart, layout: &Layout, area: &Area<'_>) -> Drawn {
    for trace in &chart.traces {
        let pairs: Vec<_> = pairs(trace).collect();
        let rings: Vec<_> = pairs.iter().map(|(_, ring)| layout.place(*ring)).collect();
        let kept = apart(&rings).unwrap_or_else(|| (0..pairs.len()).collect());
        for (point, ring) in kept.into_iter().map(|i| pairs[i]) {
            let shown = [point, ring].map(|place| on_page(layout.place(place), layout));
            area.draw(&PathElement::new(shown.map(at).to_vec(), stroke(rgb(trace.colour), STEM)))?;
        }
    }
    Ok(())
}

pub(super) fn rings(chart: &Chart, layout: &Layout, area: &Area<'_>) -> Drawn {
    for trace in &chart.traces {
        let shown =
            pairs(trace).map(|(_, ring)| ring).filter(|(x, y)| layout.x.shows(*x) && layout.y.shows(*y));
        let (places, _) = few_enough(shown.map(|ring| layout.place(ring)).collect());
        for place in thinned(&places, GAP, 0.0) {
            ring(place, trace.colour, 1.0, area)?;
        }
    }
    Ok(())
}

/// What the legend shows of it.
pub(super) fn key((x, y): (f64, f64), colour: Colour, scale: f64, area: &Area<'_>) -> Drawn {
    let reach = KEY_REACH * scale;
    let ends = [(x, y + reach), (x, y - reach)];
    area.draw(&PathElement::new(ends.map(at).to_vec(), stroke(rgb(colour), STEM * scale)))?;
    ring((x, y - reach + RING_RADIUS * scale), colour, scale, area)
}

fn ring(centre: (f64, f64), colour: Colour, scale: f64, area: &Area<'_>) -> Drawn {
    let radius = super::units(RING_RADIUS * scale);
    area.draw(&Circle::new(at(centre), radius, WHITE.filled()))?;
    area.draw(&Circle::new(at(centre), radius, stroke(rgb(colour), RING_EDGE * scale)))?;
    Ok(())
}

/// The points that have two speeds, each with the place of the other one.
fn pairs(trace: &Trace) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
    let pair = |point: &DataPoint| Some((point.place(), (point.x, point.second?)));
    trace.points.iter().filter_map(pair)
}

/// A canvas ends not far from the figure.
fn on_page((x, y): (f64, f64), layout: &Layout) -> (f64, f64) {
    let axes = layout.axes;
    (x.clamp(axes.left - 1.0, axes.right + 1.0), y.clamp(axes.top - 1.0, axes.bottom + 1.0))
}

//! Markers on the points of traces, and on their entries in the legend.

use super::{Area, Drawn, at, rgb, second_speeds, stroke, units};
use crate::chart::{Chart, Colour, DataPoint, Density, Marker, Style, Trace};
use crate::decimate::few_enough;
use crate::error::PlotError;
use crate::layout::{Key, Layout, pt};
use crate::marker_shape::{corners, thinned};
use plotters::prelude::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::{Color as _, ShapeStyle, WHITE};

const EDGE: f64 = pt(1.2);
const RADIUS: f64 = pt(2.6);
/// Of markers that are few.
const FEW_RADIUS: f64 = pt(3.0);
const HOLLOW_RADIUS: f64 = pt(3.2);
const DOT_RADIUS: f64 = pt(1.5);
/// Of a point of a line that has no neighbour to be joined with.
const LONE_RADIUS: f64 = pt(2.0);
const NOISY_RADIUS: f64 = pt(1.9);
const NOISY_EDGE: f64 = pt(0.9);
const CUT_RADIUS: f64 = pt(2.4);
/// Along a line, in pixels, from one marker to the next at least: of many, of few, and of points that are not so
/// many that only a few may have one.
const MANY_GAP: f64 = 36.0;
const FEW_GAP: f64 = 110.0;
const SPARSE_GAP: f64 = 24.0;
/// Half the width and half the height of a patch in the legend.
const PATCH: (f64, f64) = (pt(7.0), pt(3.5));
/// From one noisy point to the next, and from one point that is cut off to the next.
const NOISY_GAP: f64 = 7.0;
const CUT_GAP: f64 = 14.0;
/// Of what is explained in the legend for all traces.
const ANY: Colour = Colour::hex(0x33_33_33);

/// Draws the markers, and tells whether some are left out because they are too many.
pub(super) fn markers(chart: &Chart, layout: &Layout, area: &Area<'_>) -> Result<bool, PlotError> {
    let mut left_out = false;
    let shown = |point: &DataPoint| layout.x.shows(point.x) && layout.y.shows(point.y);
    let data = chart.traces.iter().enumerate().filter(|(_, trace)| trace.style.is_data());
    for (i, trace) in data {
        let mut places = |noisy: bool| -> Vec<(f64, f64)> {
            let points = trace.points.iter().filter(|point| point.noisy == noisy && shown(point));
            let (places, thinned) = few_enough(points.map(|point| layout.place(point.place())).collect());
            left_out |= thinned;
            places
        };
        // Neighbouring lines begin at different places, so that their markers do not meet.
        let lead = i as f64 / chart.traces.len() as f64;
        let (sure, noisy) = (places(false), places(true));
        if matches!(trace.style, Style::MarkedDots(..)) {
            for place in &sure {
                outline(Marker::Circle, *place, DOT_RADIUS, rgb(trace.colour).filled(), area)?;
            }
        }
        for place in marked(trace.style, &sure, lead) {
            marker(trace, place, 1.0, area)?;
        }
        if matches!(trace.style, Style::Line(_) | Style::Predicted(_, None))
            && noisy.is_empty()
            && let [lone] = sure[..]
        {
            match trace.style {
                Style::Line(_) => {
                    outline(Marker::Circle, lone, LONE_RADIUS, rgb(trace.colour).filled(), area)?
                }
                _ => hollow(Marker::Circle, lone, trace.colour, 1.0, area)?,
            }
        }
        for place in thinned(&noisy, NOISY_GAP, 0.0) {
            hollow(shape(trace.style), place, trace.colour, 1.0, area)?;
        }
        cut(trace, layout, lead, area)?;
    }
    Ok(left_out)
}

/// The places that carry a marker.
fn marked(style: Style, places: &[(f64, f64)], lead: f64) -> Vec<(f64, f64)> {
    match style {
        Style::Line(_) | Style::Guide(_) | Style::Area | Style::Bars | Style::Predicted(_, None) => {
            Vec::new()
        }
        Style::LineAndPoints(_, _, Density::Many)
        | Style::MarkedDots(_, Density::Many)
        | Style::Predicted(_, Some((_, Density::Many))) => thinned(places, MANY_GAP, MANY_GAP * lead),
        Style::LineAndPoints(_, _, Density::Few)
        | Style::MarkedDots(_, Density::Few)
        | Style::Predicted(_, Some((_, Density::Few))) => {
            let all = thinned(places, SPARSE_GAP, 0.0);
            if all.len() == places.len() { all } else { thinned(places, FEW_GAP, FEW_GAP * lead) }
        }
        Style::Points(_) | Style::Dots(_) => places.to_vec(),
    }
}

/// The shape of a trace's points.
fn shape(style: Style) -> Marker {
    match style {
        Style::Line(_) | Style::Guide(_) | Style::Area | Style::Bars | Style::Predicted(_, None) => {
            Marker::Circle
        }
        Style::LineAndPoints(_, shape, _)
        | Style::MarkedDots(shape, _)
        | Style::Points(shape)
        | Style::Predicted(_, Some((shape, _)))
        | Style::Dots(shape) => shape,
    }
}

/// Triangles at the frame that point to the values beyond it. Where a line leaves to the side, nothing is hidden of how
/// high it goes.
fn cut(trace: &Trace, layout: &Layout, lead: f64, area: &Area<'_>) -> Drawn {
    let axes = layout.axes;
    let beyond = |point: &&DataPoint| layout.x.shows(point.x) && !layout.y.shows(point.y);
    let places: Vec<_> =
        trace.points.iter().filter(beyond).map(|point| layout.place(point.place())).collect();
    for up in [true, false] {
        let edge = if up { axes.top + CUT_RADIUS } else { axes.bottom - CUT_RADIUS };
        let side = places.iter().filter(|(_, y)| (*y < axes.top) == up).map(|(x, _)| (*x, edge));
        for place in thinned(&side.collect::<Vec<_>>(), CUT_GAP, CUT_GAP * lead) {
            triangle(up, place, CUT_RADIUS, trace.colour, area)?;
        }
    }
    Ok(())
}

fn triangle(up: bool, centre: (f64, f64), radius: f64, colour: Colour, area: &Area<'_>) -> Drawn {
    let shape = if up { Marker::Triangle } else { Marker::TriangleDown };
    outline(shape, centre, radius, rgb(colour).filled(), area)
}

/// What a key of the legend explains.
pub(super) fn key(key: Key, centre: (f64, f64), scale: f64, area: &Area<'_>) -> Drawn {
    match key {
        Key::Noisy => hollow(Marker::Circle, centre, ANY, scale, area),
        Key::SecondSpeed => second_speeds::key(centre, ANY, scale, area),
        Key::Cut => triangle(true, centre, CUT_RADIUS * scale, ANY, area),
    }
}

pub(super) fn marker(trace: &Trace, centre: (f64, f64), scale: f64, area: &Area<'_>) -> Drawn {
    match trace.style {
        Style::Line(_) | Style::Guide(_) | Style::Predicted(_, None) => Ok(()),
        // A patch of its colour.
        Style::Area | Style::Bars => {
            let ((x, y), half) = (centre, (PATCH.0 * scale, PATCH.1 * scale));
            let corners = [(x - half.0, y - half.1), (x + half.0, y + half.1)];
            Ok(area.draw(&Rectangle::new(corners.map(at), rgb(trace.colour).filled()))?)
        }
        Style::LineAndPoints(_, shape, density) | Style::MarkedDots(shape, density) => {
            let radius = if density == Density::Few { FEW_RADIUS } else { RADIUS };
            outline(shape, centre, radius * scale, rgb(trace.colour).filled(), area)
        }
        Style::Dots(shape) => outline(shape, centre, DOT_RADIUS * scale, rgb(trace.colour).filled(), area),
        Style::Points(shape) | Style::Predicted(_, Some((shape, _))) => {
            let radius = HOLLOW_RADIUS * scale;
            outline(shape, centre, radius, WHITE.filled(), area)?;
            outline(shape, centre, radius, stroke(rgb(trace.colour), EDGE * scale), area)
        }
    }
}

/// A noisy point.
fn hollow(shape: Marker, centre: (f64, f64), colour: Colour, scale: f64, area: &Area<'_>) -> Drawn {
    let radius = NOISY_RADIUS * scale;
    outline(shape, centre, radius, WHITE.filled(), area)?;
    outline(shape, centre, radius, stroke(rgb(colour), NOISY_EDGE * scale), area)
}

fn outline(shape: Marker, centre: (f64, f64), radius: f64, style: ShapeStyle, area: &Area<'_>) -> Drawn {
    let mut points: Vec<_> =
        corners(shape, radius).into_iter().map(|(x, y)| at((centre.0 + x, centre.1 + y))).collect();
    if shape == Marker::Circle {
        area.draw(&Circle::new(at(centre), units(radius), style))?;
    } else if style.filled {
        area.draw(&Polygon::new(points, style))?;
    } else {
        points.extend(points.first().copied());
        area.draw(&PathElement::new(points, style))?;
    }
    Ok(())
}

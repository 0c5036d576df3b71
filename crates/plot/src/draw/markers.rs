//! Markers on the points of traces, and on their entries in the legend.

use super::{Area, Drawn, at, rgb, stroke, units};
use crate::chart::{Chart, DataPoint, Marker, Style, Trace};
use crate::layout::{Layout, pt};
use crate::marker_shape::{corners, thinned};
use plotters::prelude::{Circle, PathElement, Polygon};
use plotters::style::{Color as _, ShapeStyle, WHITE};

const EDGE: f64 = pt(1.2);
const RADIUS: f64 = pt(2.6);
const HOLLOW_RADIUS: f64 = pt(3.2);
const DOT_RADIUS: f64 = pt(1.5);
/// Along a line, in pixels, from one marker to the next at least.
const GAP: f64 = 36.0;

pub(super) fn markers(chart: &Chart, layout: &Layout, area: &Area<'_>) -> Drawn {
    let on_axes = |p: &&DataPoint| layout.x.contains(p.x) && layout.y.contains(p.y);
    for (i, trace) in chart.traces.iter().enumerate() {
        let places: Vec<_> = trace.points.iter().filter(on_axes).map(|p| layout.place(p.place())).collect();
        let marked = match trace.style {
            Style::Line(_) | Style::Guide(_) => Vec::new(),
            // Neighbouring lines begin at different places, so that their markers do not meet.
            Style::LineAndPoints(..) => thinned(&places, GAP, GAP * i as f64 / chart.traces.len() as f64),
            Style::Points(_) | Style::Dots(_) => places,
        };
        for place in marked {
            marker(trace, place, 1.0, area)?;
        }
    }
    Ok(())
}

pub(super) fn marker(trace: &Trace, centre: (f64, f64), scale: f64, area: &Area<'_>) -> Drawn {
    match trace.style {
        Style::Line(_) | Style::Guide(_) => Ok(()),
        Style::LineAndPoints(_, shape) => {
            let colour = rgb(trace.colour);
            outline(shape, centre, RADIUS * scale, colour.filled(), area)
        }
        Style::Dots(shape) => outline(shape, centre, DOT_RADIUS * scale, rgb(trace.colour).filled(), area),
        Style::Points(shape) => {
            let radius = HOLLOW_RADIUS * scale;
            outline(shape, centre, radius, WHITE.filled(), area)?;
            outline(shape, centre, radius, stroke(rgb(trace.colour), EDGE * scale), area)
        }
    }
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

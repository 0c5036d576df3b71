//! Draws a laid-out chart through plotters.

use crate::canvas::{Canvas, FAR, Ink, UNITS};
use crate::chart::{Chart, Colour, Dash, Marker, Style, Trace};
use crate::error::PlotError;
use crate::font::FAMILY;
use crate::layout::{Label, Layout, TICK, pt};
use crate::legend::Row;
use crate::marker_shape::{corners, thinned};
use crate::scale::Scale;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::{Circle, DrawingArea, IntoDrawingArea as _, PathElement, Polygon};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    BLACK, Color as _, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle, WHITE,
};

const LINE: f64 = pt(1.5);
const FRAME: f64 = pt(0.8);
const MARKER_EDGE: f64 = pt(1.2);
const MARKER_RADIUS: f64 = pt(2.6);
const HOLLOW_RADIUS: f64 = pt(3.2);
/// Along a line, in pixels, from one marker to the next at least.
const MARKER_GAP: f64 = 36.0;
const GREY: RGBColor = RGBColor(0x59, 0x59, 0x59);
const LEGEND_EDGE: RGBColor = RGBColor(0xd6, 0xd6, 0xd6);

type Area<'a> = DrawingArea<Canvas<'a>, Shift>;
type Drawn = Result<(), PlotError>;

/// The drawn layers of a chart, bottom to top.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    /// Lines, to be clipped to the axes.
    pub(crate) lines: Ink,
    /// Frame and ticks.
    pub(crate) frame: Ink,
    /// Markers. They are whole even on the frame, unlike lines: one that is half cut off by the
    /// frame would look like another marker.
    pub(crate) markers: Ink,
    /// Legend.
    pub(crate) legend: Ink,
    /// Title, tick labels, axis labels, caption.
    pub(crate) text: Ink,
}

pub(crate) fn draw(chart: &Chart, layout: &Layout) -> Result<Layers, PlotError> {
    let mut layers = Layers::default();
    lines(chart, layout, &mut layers.lines)?;
    frame(layout, &area(&mut layers.frame))?;
    markers(chart, layout, &area(&mut layers.markers))?;
    legend(chart, layout, &mut layers.legend)?;
    text(layout, &area(&mut layers.text))?;
    Ok(layers)
}

fn area(ink: &mut Ink) -> Area<'_> {
    Canvas::new(ink).into_drawing_area()
}

/// Pixels in canvas units.
fn units(px: f64) -> i32 {
    (px * UNITS).round() as i32
}

fn at((x, y): (f64, f64)) -> (i32, i32) {
    (units(x), units(y))
}

fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width(units(width).unsigned_abs())
}

/// To the nearest half pixel, which is a boundary of pixels in a PNG of 200 dpi: a stroke of two of
/// them that runs along it is sharp. matplotlib snaps axes and ticks the same way.
fn snap(px: f64) -> f64 {
    (px * 2.0).round() / 2.0
}

fn lines(chart: &Chart, layout: &Layout, ink: &mut Ink) -> Drawn {
    let axes = layout.axes;
    let columns = FAR + units(axes.left)..FAR + units(axes.right);
    let rows = FAR + units(axes.bottom)..FAR + units(axes.top);
    for trace in chart.traces.iter().filter(|trace| !trace.points.is_empty()) {
        let Some(dash) = dash(trace.style) else { continue };
        let canvas = Canvas::far_reaching(ink).dashed(pattern(dash, LINE));
        let plot = canvas.into_drawing_area().apply_coord_spec(Cartesian2d::<Scale, Scale>::new(
            layout.x.clone(),
            layout.y.clone(),
            (columns.clone(), rows.clone()),
        ));
        plot.draw(&PathElement::new(trace.points.clone(), stroke(rgb(trace.colour), LINE)))?;
    }
    Ok(())
}

/// Of the line, where there is one.
fn dash(style: Style) -> Option<Dash> {
    match style {
        Style::Line(dash) | Style::LineAndPoints(dash, _) => Some(dash),
        Style::Points(_) => None,
    }
}

/// matplotlib's dashes and gaps for a line of some width, in canvas units.
fn pattern(dash: Dash, width: f64) -> Vec<i32> {
    let parts: &[f64] = match dash {
        Dash::Solid => &[],
        Dash::Dashed => &[3.7, 1.6],
        Dash::Dotted => &[1.0, 1.65],
        Dash::DashDotted => &[6.4, 1.6, 1.0, 1.6],
    };
    parts.iter().map(|part| units(part * width)).collect()
}

fn frame(layout: &Layout, area: &Area<'_>) -> Drawn {
    let axes = layout.axes;
    let (left, right, top, bottom) = (snap(axes.left), snap(axes.right), snap(axes.top), snap(axes.bottom));
    let path = |points: &[(f64, f64)]| {
        let points: Vec<_> = points.iter().copied().map(at).collect();
        area.draw(&PathElement::new(points, stroke(BLACK, FRAME)))
    };
    path(&[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])?;
    for tick in &layout.x_ticks {
        let x = snap(tick.at);
        path(&[(x, bottom), (x, bottom + TICK)])?;
    }
    for tick in &layout.y_ticks {
        let y = snap(tick.at);
        path(&[(left, y), (left - TICK, y)])?;
    }
    Ok(())
}

fn markers(chart: &Chart, layout: &Layout, area: &Area<'_>) -> Drawn {
    let on_axes = |p: &&(f64, f64)| layout.x.contains(p.0) && layout.y.contains(p.1);
    for (i, trace) in chart.traces.iter().enumerate() {
        let places: Vec<_> = trace.points.iter().filter(on_axes).map(|p| layout.place(*p)).collect();
        let marked = match trace.style {
            Style::Line(_) => Vec::new(),
            // Neighbouring lines begin at different places, so that their markers do not meet.
            Style::LineAndPoints(..) => {
                thinned(&places, MARKER_GAP, MARKER_GAP * i as f64 / chart.traces.len() as f64)
            }
            Style::Points(_) => places,
        };
        for place in marked {
            marker(trace, place, 1.0, area)?;
        }
    }
    Ok(())
}

fn marker(trace: &Trace, centre: (f64, f64), scale: f64, area: &Area<'_>) -> Drawn {
    match trace.style {
        Style::Line(_) => Ok(()),
        Style::LineAndPoints(_, shape) => {
            let colour = rgb(trace.colour);
            outline(shape, centre, MARKER_RADIUS * scale, colour.filled(), area)
        }
        Style::Points(shape) => {
            let radius = HOLLOW_RADIUS * scale;
            outline(shape, centre, radius, WHITE.filled(), area)?;
            outline(shape, centre, radius, stroke(rgb(trace.colour), MARKER_EDGE * scale), area)
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

fn legend(chart: &Chart, layout: &Layout, ink: &mut Ink) -> Drawn {
    let Some((legend, corner)) = &layout.legend else { return Ok(()) };
    let moved = |(x, y): (f64, f64)| (corner.0 + x, corner.1 + y);
    legend_frame(
        snapped(*corner),
        snapped(moved((legend.width(), legend.height()))),
        legend.scale,
        &area(ink),
    )?;
    for (i, row) in legend.rows.iter().enumerate() {
        let place = legend.place(i);
        let text = match row {
            Row::Heading(text) => text,
            Row::Entry(index, text) => {
                handle(
                    &chart.traces[*index],
                    moved(place.handle),
                    legend.handle_length(),
                    legend.scale,
                    ink,
                )?;
                text
            }
        };
        let label = Label { text: text.clone(), size: legend.font_size(), at: moved(place.text) };
        write(&label, HPos::Left, BLACK, &area(ink))?;
    }
    Ok(())
}

fn snapped((x, y): (f64, f64)) -> (f64, f64) {
    (snap(x), snap(y))
}

/// A frame with matplotlib's corners, rounded at a fifth of an em.
fn legend_frame((x0, y0): (f64, f64), (x1, y1): (f64, f64), scale: f64, area: &Area<'_>) -> Drawn {
    let r = pt(2.0) * scale;
    // Quarter circles of three pieces are round enough at three pixels.
    let quarter = |cx: f64, cy: f64, from: f64| {
        (0..=3).map(move |i| {
            let angle = (from + 30.0 * f64::from(i)).to_radians();
            at((cx + r * angle.cos(), cy + r * angle.sin()))
        })
    };
    let mut path: Vec<_> = quarter(x1 - r, y0 + r, 270.0)
        .chain(quarter(x1 - r, y1 - r, 0.0))
        .chain(quarter(x0 + r, y1 - r, 90.0))
        .chain(quarter(x0 + r, y0 + r, 180.0))
        .collect();
    path.extend(path.first().copied());
    Ok(area.draw(&PathElement::new(path, stroke(LEGEND_EDGE, pt(0.72))))?)
}

fn handle(trace: &Trace, (x, y): (f64, f64), length: f64, scale: f64, ink: &mut Ink) -> Drawn {
    if let Some(dash) = dash(trace.style) {
        let ends = vec![at((x, snap(y))), at((x + length, snap(y)))];
        let canvas = Canvas::new(ink).dashed(pattern(dash, LINE * scale));
        canvas.into_drawing_area().draw(&PathElement::new(ends, stroke(rgb(trace.colour), LINE * scale)))?;
    }
    marker(trace, (x + length / 2.0, snap(y)), scale, &area(ink))
}

fn text(layout: &Layout, area: &Area<'_>) -> Drawn {
    write(&layout.title, HPos::Center, BLACK, area)?;
    for label in layout.x_ticks.iter().filter_map(|t| t.label.as_ref()) {
        write(label, HPos::Center, BLACK, area)?;
    }
    for label in layout.y_ticks.iter().filter_map(|t| t.label.as_ref()) {
        write(label, HPos::Right, BLACK, area)?;
    }
    write(&layout.x_label, HPos::Center, BLACK, area)?;
    write_turned(&layout.y_label, FontTransform::Rotate270, HPos::Center, BLACK, area)?;
    if let Some(caption) = &layout.caption {
        write(caption, HPos::Left, GREY, area)?;
    }
    Ok(())
}

fn write(label: &Label, anchor: HPos, colour: RGBColor, area: &Area<'_>) -> Drawn {
    write_turned(label, FontTransform::None, anchor, colour, area)
}

fn write_turned(
    label: &Label,
    turn: FontTransform,
    anchor: HPos,
    colour: RGBColor,
    area: &Area<'_>,
) -> Drawn {
    let font = FontDesc::new(FontFamily::Name(FAMILY), label.size * UNITS, FontStyle::Normal);
    let style = TextStyle::from(font.transform(turn)).color(&colour).pos(Pos::new(anchor, VPos::Bottom));
    Ok(area.draw_text(&label.text, &style, at(label.at))?)
}

fn rgb(Colour { red, green, blue }: Colour) -> RGBColor {
    RGBColor(red, green, blue)
}

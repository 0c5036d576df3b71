//! Draws a laid-out chart through plotters.

mod cells;
mod fills;
mod intervals;
mod key;
mod markers;
mod second_speeds;

use crate::canvas::{Canvas, FAR, Ink, UNITS};
use crate::chart::{Chart, Colour, Dash, Style};
use crate::decimate::decimated;
use crate::error::PlotError;
use crate::font::FAMILY;
use crate::layout::{Frame, Label, Layout, pt};
use crate::scale::Scale;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::{DrawingArea, IntoDrawingArea as _, PathElement};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    BLACK, Color as _, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle,
};

const LINE: f64 = pt(1.5);
const FRAME: f64 = pt(0.8);
const GUIDE: f64 = pt(0.9);
const GREY: RGBColor = RGBColor(0x59, 0x59, 0x59);

type Area<'a> = DrawingArea<Canvas<'a>, Shift>;
type Drawn = Result<(), PlotError>;

/// The drawn layers of a chart, bottom to top.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    /// Lines and what is beneath them, to be clipped to the axes.
    pub(crate) lines: Ink,
    /// Frame and ticks.
    pub(crate) frame: Ink,
    /// Markers. They are whole even on the frame, unlike lines: one that is half cut off by the
    /// frame would look like another marker.
    pub(crate) markers: Ink,
    /// Legend, or colour bar.
    pub(crate) legend: Ink,
    /// Title, tick labels, axis labels, caption.
    pub(crate) text: Ink,
    /// Whether points or markers are left out that would change nothing.
    pub(crate) thinned: bool,
}

pub(crate) fn draw(chart: &Chart, layout: &Layout) -> Result<Layers, PlotError> {
    let mut layers = Layers::default();
    if let Some(cells) = &chart.cells {
        cells::cells(cells, layout, &area(&mut layers.lines))?;
        cells::noisy(cells, layout, &area(&mut layers.markers))?;
        cells::numbers(cells, layout, &area(&mut layers.text))?;
    }
    fills::fills(chart, layout, &area(&mut layers.lines))?;
    for trace in &chart.traces {
        intervals::band(trace, layout, &far_area(&mut layers.lines))?;
    }
    for trace in &chart.traces {
        intervals::bars(trace, layout, &far_area(&mut layers.lines))?;
    }
    second_speeds::stems(chart, layout, &area(&mut layers.lines))?;
    layers.thinned |= lines(chart, layout, &mut layers.lines)?;
    frame(layout, &area(&mut layers.frame))?;
    intervals::error_bars(chart, layout, &area(&mut layers.markers))?;
    second_speeds::rings(chart, layout, &area(&mut layers.markers))?;
    layers.thinned |= markers::markers(chart, layout, &area(&mut layers.markers))?;
    fills::numbers(chart, layout, &area(&mut layers.text))?;
    key::legend(chart, layout, &mut layers.legend)?;
    if let Some(bar) = &layout.colour_bar {
        key::colour_bar(bar, &area(&mut layers.legend))?;
    }
    text(layout, &area(&mut layers.text))?;
    Ok(layers)
}

fn area(ink: &mut Ink) -> Area<'_> {
    Canvas::new(ink).into_drawing_area()
}

/// For what may leave the figure by far; places on it are [`far_at`].
fn far_area(ink: &mut Ink) -> Area<'_> {
    Canvas::far_reaching(ink).into_drawing_area()
}

/// Pixels in canvas units.
fn units(px: f64) -> i32 {
    (px * UNITS).round() as i32
}

fn at((x, y): (f64, f64)) -> (i32, i32) {
    (units(x), units(y))
}

/// A place of [`far_area`], or the nearest that it has.
fn far_at((x, y): (f64, f64)) -> (i32, i32) {
    let far = |px: f64| FAR + units(px).clamp(-FAR, FAR);
    (far(x), far(y))
}

fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width(units(width).unsigned_abs())
}

/// To the nearest half pixel, which is a boundary of pixels in a PNG of 200 dpi: a stroke of two of
/// them that runs along it is sharp. matplotlib snaps axes and ticks the same way.
fn snap(px: f64) -> f64 {
    (px * 2.0).round() / 2.0
}

fn snapped((x, y): (f64, f64)) -> (f64, f64) {
    (snap(x), snap(y))
}

/// Draws the lines, and tells whether points of theirs are left out.
fn lines(chart: &Chart, layout: &Layout, ink: &mut Ink) -> Result<bool, PlotError> {
    let mut thinned = false;
    let axes = layout.axes;
    let columns = FAR + units(axes.left)..FAR + units(axes.right);
    let rows = FAR + units(axes.bottom)..FAR + units(axes.top);
    for trace in chart.traces.iter().filter(|trace| !trace.points.is_empty()) {
        let Some((dash, width)) = line(trace.style) else { continue };
        let canvas = Canvas::far_reaching(ink).dashed(pattern(dash, width));
        let plot = canvas.into_drawing_area().apply_coord_spec(Cartesian2d::<Scale, Scale>::new(
            layout.x.clone(),
            layout.y.clone(),
            (columns.clone(), rows.clone()),
        ));
        let points = || trace.points.iter().map(|point| point.place());
        let places: Vec<_> = points().map(|point| layout.place(point)).collect();
        let points: Vec<_> = match decimated(&places, axes.right - axes.left) {
            Some(kept) => {
                thinned = true;
                kept.into_iter().map(|i| trace.points[i].place()).collect()
            }
            None => points().collect(),
        };
        plot.draw(&PathElement::new(points, stroke(rgb(trace.colour), width)))?;
    }
    Ok(thinned)
}

/// Pattern and width of the line, where there is one.
fn line(style: Style) -> Option<(Dash, f64)> {
    Some((style.dash()?, if style.is_data() { LINE } else { GUIDE }))
}

/// The dashes and gaps of a line of some width, in canvas units.
fn pattern(dash: Dash, width: f64) -> Vec<i32> {
    dash.lengths().iter().map(|length| units(length * width)).collect()
}

fn frame(layout: &Layout, area: &Area<'_>) -> Drawn {
    let axes = layout.axes;
    outline(axes, area)?;
    for tick in &layout.x_ticks {
        let bottom = snap(axes.bottom);
        segment((snap(tick.at), bottom), (snap(tick.end), bottom + tick.length), area)?;
    }
    for tick in &layout.y_ticks {
        let left = snap(axes.left);
        segment((left, snap(tick.at)), (left - tick.length, snap(tick.end)), area)?;
    }
    Ok(())
}

/// A black rectangle.
fn outline(Frame { left, top, right, bottom }: Frame, area: &Area<'_>) -> Drawn {
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    let points: Vec<_> = corners.into_iter().map(snapped).map(at).collect();
    Ok(area.draw(&PathElement::new(points, stroke(BLACK, FRAME)))?)
}

fn segment(from: (f64, f64), to: (f64, f64), area: &Area<'_>) -> Drawn {
    Ok(area.draw(&PathElement::new(vec![at(from), at(to)], stroke(BLACK, FRAME)))?)
}

fn text(layout: &Layout, area: &Area<'_>) -> Drawn {
    write(&layout.title, HPos::Center, BLACK, area)?;
    if let Some(subtitle) = &layout.subtitle {
        write(subtitle, HPos::Center, GREY, area)?;
    }
    for label in layout.x_ticks.iter().filter_map(|t| t.label.as_ref()) {
        write(label, HPos::Center, BLACK, area)?;
    }
    for label in layout.y_ticks.iter().filter_map(|t| t.label.as_ref()) {
        write(label, HPos::Right, BLACK, area)?;
    }
    write(&layout.x_label, HPos::Center, BLACK, area)?;
    write_turned(&layout.y_label, FontTransform::Rotate270, HPos::Center, BLACK, area)?;
    for line in &layout.caption {
        write(line, HPos::Left, GREY, area)?;
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

//! What says what lines and colours stand for: the legend, or the colour bar.

use super::markers::{self, marker};
use super::{
    Area, Drawn, area, at, line, outline, pattern, rgb, segment, snap, snapped, stroke, write, write_turned,
};
use crate::canvas::{Canvas, Ink};
use crate::chart::{Chart, Trace};
use crate::colour_map::viridis;
use crate::layout::{ColourBar, Label, Layout, Row, pt};
use plotters::prelude::{IntoDrawingArea as _, PathElement, Rectangle};
use plotters::style::text_anchor::HPos;
use plotters::style::{BLACK, Color as _, FontTransform, RGBColor};

const LEGEND_EDGE: RGBColor = RGBColor(0xd6, 0xd6, 0xd6);
/// Height of one colour of the bar in pixels: its edges are on boundaries of a PNG's pixels.
const COLOUR_STEP: f64 = 2.0;

pub(super) fn legend(chart: &Chart, layout: &Layout, ink: &mut Ink) -> Drawn {
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
            Row::Key(key, text) => {
                let (x, y) = moved(place.handle);
                let middle = (x + legend.handle_length() / 2.0, snap(y));
                markers::key(*key, middle, legend.scale, &area(ink))?;
                text
            }
        };
        let label = Label { text: text.clone(), size: legend.font_size(), at: moved(place.text) };
        write(&label, HPos::Left, BLACK, &area(ink))?;
    }
    Ok(())
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
    if let Some((dash, width)) = line(trace.style) {
        let ends = vec![at((x, snap(y))), at((x + length, snap(y)))];
        let canvas = Canvas::new(ink).dashed(pattern(dash, width * scale));
        canvas.into_drawing_area().draw(&PathElement::new(ends, stroke(rgb(trace.colour), width * scale)))?;
    }
    marker(trace, (x + length / 2.0, snap(y)), scale, &area(ink))
}

pub(super) fn colour_bar(bar: &ColourBar, area: &Area<'_>) -> Drawn {
    let frame = bar.frame;
    let (left, right) = (snap(frame.left), snap(frame.right));
    let steps = ((frame.bottom - frame.top) / COLOUR_STEP).ceil() as u32;
    for i in 0..steps {
        let top = snap(frame.top) + COLOUR_STEP * f64::from(i);
        let bottom = (top + COLOUR_STEP).min(snap(frame.bottom));
        let colour = viridis(1.0 - (f64::from(i) + 0.5) / f64::from(steps));
        area.draw(&Rectangle::new([at((left, top)), at((right, bottom))], colour.filled()))?;
    }
    outline(frame, area)?;
    for tick in &bar.ticks {
        let y = snap(tick.at);
        segment((right, y), (right + tick.length, y), area)?;
        if let Some(label) = &tick.label {
            write(label, HPos::Left, BLACK, area)?;
        }
    }
    write_turned(&bar.label, FontTransform::Rotate270, HPos::Center, BLACK, area)
}

//! plotters draws here: a canvas of 1/100 pixel units that writes SVG with decimals.
//!
//! plotters' coordinates are whole pixels. On its own SVG backend a 390 pixel axis has 390 places;
//! here it has 39000.

use crate::font;
use crate::xml;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontTransform,
};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::{self, Write as _};

/// Canvas units in a pixel, of which there are 100 to the inch.
pub(crate) const UNITS: f64 = 100.0;
/// Places farther out than this, in canvas units, are all the same: beyond any clip.
pub(crate) const FAR: i32 = 100_000_000;
/// The figure in pixels: 8 × 5 in.
pub(crate) const FIGURE: (u32, u32) = (800, 500);

/// SVG elements and the characters in them.
#[derive(Debug, Default)]
pub(crate) struct Ink {
    /// Elements, one a line.
    pub(crate) svg: String,
    /// Every character of every text element.
    pub(crate) characters: BTreeSet<char>,
}

/// A place to draw on, in the manner of plotters.
#[derive(Debug)]
pub(crate) struct Canvas<'a> {
    ink: &'a mut Ink,
    origin: i32,
    /// Lengths of dashes and gaps in canvas units, by turns; none for solid lines.
    dashes: Vec<i32>,
}

impl<'a> Canvas<'a> {
    /// A canvas of the figure's size.
    pub(crate) fn new(ink: &'a mut Ink) -> Canvas<'a> {
        Canvas { ink, origin: 0, dashes: Vec::new() }
    }

    /// A canvas with [`FAR`] units around the figure's top left corner, which is at `(FAR, FAR)`.
    /// plotters moves what is off its canvas to the nearest edge, which would bend a line that leaves
    /// the figure.
    pub(crate) fn far_reaching(ink: &'a mut Ink) -> Canvas<'a> {
        Canvas { ink, origin: FAR, dashes: Vec::new() }
    }

    /// The same canvas, whose lines are broken into dashes and gaps of these lengths, by turns.
    pub(crate) fn dashed(self, dashes: Vec<i32>) -> Canvas<'a> {
        Canvas { dashes, ..self }
    }

    /// The attributes of a dashed line. Its dashes end square, unlike those around them: a cap would
    /// close the gaps.
    fn dash_attributes(&self) -> String {
        if self.dashes.is_empty() {
            return String::new();
        }
        let lengths: Vec<_> = self.dashes.iter().map(|length| Px(*length).to_string()).collect();
        format!(r#" stroke-linecap="butt" stroke-dasharray="{}""#, lengths.join(" "))
    }

    /// A place in pixels from the figure's top left corner.
    fn place(&self, (x, y): BackendCoord) -> (Px, Px) {
        (Px(x - self.origin), Px(y - self.origin))
    }

    /// The data of a path: closed when it ends where it began.
    fn path_data(&self, points: impl IntoIterator<Item = BackendCoord>) -> String {
        let points: Vec<_> = points.into_iter().collect();
        let closed = points.len() > 2 && points.first() == points.last();
        let mut data = String::with_capacity(points.len() * 14);
        for (i, point) in points[..points.len() - usize::from(closed)].iter().enumerate() {
            let command = if i == 0 { 'M' } else { 'L' };
            let (x, y) = self.place(*point);
            write!(data, "{command}{x} {y}").expect("a string takes all that is written");
        }
        if closed {
            data.push('Z');
        }
        data
    }

    fn write(&mut self, line: fmt::Arguments<'_>) -> Result<(), DrawingErrorKind<Infallible>> {
        self.ink.svg.write_fmt(line).expect("a string takes all that is written");
        self.ink.svg.push('\n');
        Ok(())
    }
}

/// Canvas units as pixels, with the decimals they need.
struct Px(i32);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match (part, part % 10) {
            (0, _) => write!(f, "{sign}{whole}"),
            (_, 0) => write!(f, "{sign}{whole}.{}", part / 10),
            _ => write!(f, "{sign}{whole}.{part:02}"),
        }
    }
}

struct Paint(BackendColor);

impl fmt::Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (red, green, blue) = self.0.rgb;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let extent = |px: u32| px * UNITS as u32 + 2 * self.origin.unsigned_abs();
        (extent(FIGURE.0), extent(FIGURE.1))
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        (x, y): BackendCoord,
        color: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (x0, y0): BackendCoord,
        (x1, y1): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)];
        if fill { self.fill_polygon(corners, style) } else { self.draw_path(corners, style) }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (paint, width) = (Paint(style.color()), Px(style.stroke_width() as i32));
        let (data, dashes) = (self.path_data(path), self.dash_attributes());
        self.write(format_args!(
            r#"<path fill="none" stroke="{paint}" stroke-width="{width}"{dashes} d="{data}"/>"#
        ))
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let ((x, y), r, paint) = (self.place(centre), Px(radius as i32), Paint(style.color()));
        if fill {
            return self.write(format_args!(r#"<circle fill="{paint}" cx="{x}" cy="{y}" r="{r}"/>"#));
        }
        let width = Px(style.stroke_width() as i32);
        self.write(format_args!(
            r#"<circle fill="none" stroke="{paint}" stroke-width="{width}" cx="{x}" cy="{y}" r="{r}"/>"#
        ))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let paint = Paint(style.color());
        let data = self.path_data(vert);
        let alpha = style.color().alpha;
        if alpha < 1.0 {
            return self.write(format_args!(r#"<path fill="{paint}" fill-opacity="{alpha}" d="{data}"/>"#));
        }
        self.write(format_args!(r#"<path fill="{paint}" d="{data}"/>"#))
    }

    /// Draws a line of text whose baseline goes through `pos`, whatever the vertical anchor: unlike
    /// a box around the text, it does not depend on the letters.
    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        pos: BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let text = font::drawable(text);
        if text.is_empty() {
            return Ok(());
        }
        self.ink.characters.extend(text.chars());
        let (x, y) = self.place(pos);
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        let place = match style.transform() {
            FontTransform::None => format!(r#"x="{x}" y="{y}""#),
            FontTransform::Rotate90 => format!(r#"transform="translate({x} {y}) rotate(90)""#),
            FontTransform::Rotate180 => format!(r#"transform="translate({x} {y}) rotate(180)""#),
            FontTransform::Rotate270 => format!(r#"transform="translate({x} {y}) rotate(-90)""#),
        };
        let (paint, size) = (Paint(style.color()), Px(style.size().round() as i32));
        self.write(format_args!(
            r#"<text fill="{paint}" font-size="{size}" text-anchor="{anchor}" {place}>{}</text>"#,
            xml::escape(&text)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_written_with_the_decimals_they_need() {
        let written = [0, 5, 50, 100, 1234, -7, -1230].map(|units| Px(units).to_string());
        assert_eq!(written, ["0", "0.05", "0.5", "1", "12.34", "-0.07", "-12.3"]);
    }

    #[test]
    fn a_path_that_returns_is_closed() {
        let mut ink = Ink::default();
        let canvas = Canvas::new(&mut ink);
        assert_eq!(canvas.path_data([(0, 0), (100, 0), (100, 50), (0, 0)]), "M0 0L1 0L1 0.5Z");
        assert_eq!(canvas.path_data([(0, 0), (100, 0)]), "M0 0L1 0");
        assert_eq!(canvas.path_data([]), "");
    }

    #[test]
    fn a_far_reaching_canvas_has_room_on_all_sides() {
        let mut ink = Ink::default();
        let canvas = Canvas::far_reaching(&mut ink);
        assert_eq!(canvas.get_size(), (200_080_000, 200_050_000));
        assert_eq!(canvas.path_data([(0, FAR), (FAR, FAR + 5)]), "M-1000000 0L0 0.05");
    }
}

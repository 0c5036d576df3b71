//! The files themselves: deterministic, with their fonts, at their resolution.

use crate::made_up;
use hovera_plot::{Dash, Density, Figure, Style};

/// An RGB picture.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

impl Pixels {
    /// Every pixel with its place, row by row.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, u32, [u8; 3])> {
        self.rgb.as_chunks::<3>().0.iter().enumerate().map(|(i, rgb)| {
            let i = u32::try_from(i).unwrap();
            (i % self.width, i / self.width, *rgb)
        })
    }
}

pub(crate) fn decode(file: &[u8]) -> Pixels {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut rgb).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
    Pixels { width: info.width, height: info.height, rgb }
}

fn figure() -> Figure {
    let traces =
        made_up::sawtooth(40, |i| Style::LineAndPoints(Dash::Solid, made_up::marker(i), Density::Many));
    Figure::draw(&made_up::published("Attention Key Query Score, a=12", traces)).unwrap()
}

fn contains(file: &[u8], text: &str) -> bool {
    file.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_same_chart_gives_the_same_bytes() {
    let (one, other) = (figure(), figure());
    assert_eq!(one.svg(), other.svg());
    assert!(one.png().unwrap() == other.png().unwrap(), "the PNGs differ");
    assert!(one.pdf().unwrap() == other.pdf().unwrap(), "the PDFs differ");
}

#[test]
fn a_png_is_8_by_5_inches_at_200_dpi() {
    let file = figure().png().unwrap();
    let pixels = decode(&file);
    assert_eq!((pixels.width, pixels.height), (1600, 1000));
    let reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
    let density = reader.info().pixel_dims.unwrap();
    assert_eq!((density.xppu, density.yppu, density.unit), (7874, 7874, png::Unit::Meter));
}

#[test]
fn text_is_in_the_png() {
    let pixels = decode(&figure().png().unwrap());
    let dark_in = |columns: std::ops::Range<u32>, rows: std::ops::Range<u32>| {
        pixels.all().filter(|(x, y, rgb)| columns.contains(x) && rows.contains(y) && rgb[0] < 128).count()
    };
    assert!(dark_in(440..1010, 50..92) > 1500, "title");
    assert!(dark_in(30..60, 330..650) > 800, "y label");
    assert!(dark_in(600..860, 930..968) > 500, "x label");
    assert!(dark_in(0..600, 970..1000) > 300, "caption");
    assert_eq!(dark_in(0..1600, 0..40), 0, "nothing above the title");
}

#[test]
fn the_frame_is_sharp_in_the_png() {
    let pixels = decode(&figure().png().unwrap());
    // Across the left side of the frame, half way between two ticks.
    let across: Vec<u8> =
        pixels.all().filter(|(x, y, _)| *y == 180 && (141..147).contains(x)).map(|p| p.2[0]).collect();
    assert!(matches!(across[..], [255, 200..=255, 0, 0, 200..=255, 255]), "{across:?}");
}

#[test]
fn a_pdf_has_its_font_its_text_and_no_date() {
    let file = figure().pdf().unwrap();
    for part in ["DejaVuSans", "/FontFile", "/ToUnicode", "/Title", "/MediaBox"] {
        assert!(contains(&file, part), "{part} is missing");
    }
    for part in ["CreationDate", "ModDate", "/Subtype/Image"] {
        assert!(!contains(&file, part), "{part} is there");
    }
}

#[test]
fn files_stay_small() {
    let lines = made_up::sawtooth(1, |_| Style::Line(Dash::Solid));
    let figure = Figure::draw(&made_up::published("Attention over Values, a=12", lines)).unwrap();
    // 2730 points.
    let sizes = (figure.svg().len(), figure.png().unwrap().len(), figure.pdf().unwrap().len());
    assert!(sizes.0 < 60_000 && sizes.1 < 120_000 && sizes.2 < 60_000, "{sizes:?} bytes");
}

#[test]
fn dashes_are_in_every_format() {
    let [solid, dashed] = [Dash::Solid, Dash::Dashed].map(|dash| {
        let lines = made_up::sawtooth(40, |_| Style::Line(dash));
        Figure::draw(&made_up::published("Attention over Values, a=12", lines)).unwrap()
    });
    assert!(!solid.svg().contains("stroke-dasharray"));
    assert_eq!(dashed.svg().matches(r#"stroke-dasharray="7.71 3.33""#).count(), 14);
    let coloured = |figure: &Figure| {
        decode(&figure.png().unwrap()).all().filter(|(_, _, rgb)| rgb.iter().any(|c| *c != rgb[0])).count()
    };
    let share = coloured(&dashed) as f64 / coloured(&solid) as f64;
    assert!((0.6..0.8).contains(&share), "dashes of 3.7 and gaps of 1.6 colour {share} of a line");
    assert!(solid.pdf().unwrap() != dashed.pdf().unwrap(), "the PDF has no dashes");
}

//! A drawn chart: SVG, and PNG and PDF made from that SVG.

use crate::canvas::FIGURE;
use crate::chart::{Cells, Chart, DataPoint, Intervals, Trace};
use crate::decimate::SAID;
use crate::draw::{Layers, draw};
use crate::error::PlotError;
use crate::font::{self, FAMILY};
use crate::font_subset::font_face;
use crate::layout::{Layout, pt};
use crate::xml::escape;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// Height and width of a pixel of a PNG, in pixels of the figure: 200 dpi.
const PNG_SCALE: u32 = 2;
/// 200 dpi in pixels per metre.
const PNG_PIXELS_PER_METRE: u32 = 7874;

/// Only the bundled font is ever in it. It is needed: with an empty one, all text would silently be
/// left out.
static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(font::bytes().to_vec());
    fonts.set_sans_serif_family(FAMILY);
    Arc::new(fonts)
});

/// A chart drawn, 8 × 5 in. The same chart gives the same bytes, always and everywhere.
#[derive(Debug)]
pub struct Figure {
    svg: String,
    /// Where in it the font is.
    font: Range<usize>,
    tree: usvg::Tree,
    title: String,
    desc: String,
}

impl Figure {
    /// Draws a chart.
    ///
    /// # Errors
    /// [`PlotError::Axis`], [`PlotError::LogarithmicAxis`], [`PlotError::NamedAxis`],
    /// [`PlotError::Point`], [`PlotError::Intervals`] and [`PlotError::Cells`] for a chart that makes no
    /// sense; the others tell of a defect in here.
    pub fn draw(chart: &Chart) -> Result<Figure, PlotError> {
        let layout = Layout::new(chart)?;
        refuse_misfits(chart, &layout)?;
        let layers = draw(chart, &layout)?;
        let desc = match layers.thinned {
            true => format!("{} {SAID}", chart.desc),
            false => chart.desc.clone(),
        };
        let (svg, font) = document(chart, &desc, &layout, layers)?;
        let options = usvg::Options {
            fontdb: Arc::clone(&FONTS),
            font_family: FAMILY.to_owned(),
            ..usvg::Options::default()
        };
        let tree = usvg::Tree::from_str(&svg, &options)?;
        Ok(Figure { svg, font, tree, title: chart.title.clone(), desc })
    }

    /// The SVG document. Its text is text, in a subset of DejaVu Sans that it carries.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The SVG document without the font, for a page that has DejaVu Sans already or lets no font in.
    #[must_use]
    pub fn svg_without_font(&self) -> String {
        [&self.svg[..self.font.start], &self.svg[self.font.end..]].concat()
    }

    /// A PNG file of 1600 × 1000 pixels at 200 dpi.
    ///
    /// # Errors
    /// [`PlotError::Png`] when it cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        let (width, height) = (FIGURE.0 * PNG_SCALE, FIGURE.1 * PNG_SCALE);
        let mut pixels = tiny_skia::Pixmap::new(width, height).expect("the figure has a size");
        pixels.fill(tiny_skia::Color::WHITE);
        let size = self.tree.size();
        let scale =
            tiny_skia::Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
        resvg::render(&self.tree, scale, &mut pixels.as_mut());

        let opaque: Vec<u8> = pixels.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: PNG_PIXELS_PER_METRE,
            yppu: PNG_PIXELS_PER_METRE,
            unit: png::Unit::Meter,
        }));
        for (keyword, text) in
            [("Title", self.title.as_str()), ("Description", &self.desc), ("Software", "hovera")]
        {
            encoder.add_itxt_chunk(keyword.to_owned(), readable(text))?;
        }
        encoder.write_header()?.write_image_data(&opaque)?;
        Ok(file)
    }

    /// A PDF file of one page. Its text is text; it has no date and no random id.
    ///
    /// # Errors
    /// [`PlotError::Pdf`] when it cannot be written.
    pub fn pdf(&self) -> Result<Vec<u8>, PlotError> {
        use krilla_svg::SurfaceExt as _;
        let points = |px: u32| px as f32 / pt(1.0) as f32;
        let size =
            krilla::geom::Size::from_wh(points(FIGURE.0), points(FIGURE.1)).expect("the figure has a size");
        let mut document = krilla::Document::new();
        document.set_metadata(
            krilla::metadata::Metadata::new().title(self.title.clone()).description(self.desc.clone()),
        );
        let mut page = document.start_page_with(krilla::page::PageSettings::new(size));
        let mut surface = page.surface();
        surface
            .draw_svg(&self.tree, size, krilla_svg::SvgSettings::default())
            .ok_or_else(|| PlotError::Pdf("the SVG cannot be put on a page".to_owned()))?;
        surface.finish();
        page.finish();
        document.finish().map_err(|error| PlotError::Pdf(format!("{error:?}")))
    }
}

/// `text` without what PNG's text cannot hold.
fn readable(text: &str) -> String {
    text.chars().filter(|c| !font::is_control(*c)).collect()
}

/// Points that have no place, intervals and cells that are not as many as they should be.
fn refuse_misfits(chart: &Chart, layout: &Layout) -> Result<(), PlotError> {
    for Trace { label, points, intervals, .. } in &chart.traces {
        let (known, of_x): (&[_], bool) = match intervals {
            Intervals::None => (&[], false),
            Intervals::OfX(known) => (known, true),
            Intervals::OfY(known) => (known, false),
        };
        if *intervals != Intervals::None && known.len() != points.len() {
            let (points, intervals) = (points.len(), known.len());
            return Err(PlotError::Intervals { label: label.clone(), points, intervals });
        }
        let ends = points.iter().zip(known).flat_map(|(&DataPoint { x, y, .. }, interval)| {
            let ends = interval.map_or([None, None], |(low, high)| [Some(low), Some(high)]);
            ends.into_iter().flatten().map(move |end| if of_x { (end, y) } else { (x, end) })
        });
        let seconds = points.iter().filter_map(|point| Some((point.x, point.second?)));
        let misfit = |(x, y): &(f64, f64)| !(layout.x.has_place(*x) && layout.y.has_place(*y));
        if let Some((x, y)) = points.iter().map(|point| point.place()).chain(seconds).chain(ends).find(misfit)
        {
            return Err(PlotError::Point { label: label.clone(), x, y });
        }
    }
    if let Some(Cells { rows, .. }) = &chart.cells {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let square = rows.iter().all(|row| Some(row.len()) == layout.x.slots());
        if !square || Some(rows.len()) != layout.y.slots() {
            return Err(PlotError::Cells { rows: rows.len(), columns });
        }
        let bad = |value: &f64| !(layout.colour_bar.as_ref().is_some_and(|bar| bar.scale.has_place(*value)));
        if let Some(value) = rows.iter().flatten().flatten().copied().find(bad) {
            return Err(PlotError::Cell { value });
        }
    }
    Ok(())
}

/// The whole SVG, and where in it the font is.
fn document(
    chart: &Chart,
    desc: &str,
    layout: &Layout,
    layers: Layers,
) -> Result<(String, Range<usize>), PlotError> {
    let Layers { lines, frame, markers, legend, text, .. } = layers;
    let used: BTreeSet<char> = text.characters.union(&legend.characters).copied().collect();
    let (title, desc) = (escape(&chart.title), escape(desc));
    // Several charts may end up in one HTML page, where ids must differ.
    let id = fingerprint(&[&title, &desc, &lines.svg, &markers.svg, &legend.svg, &text.svg]);
    let axes = layout.axes;
    let (x, y, w, h) = (axes.left, axes.top, axes.right - axes.left, axes.bottom - axes.top);
    let (width, height) = FIGURE;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="8in" height="5in" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-title {id}-desc">
<title id="{id}-title">{title}</title>
<desc id="{id}-desc">{desc}</desc>
"##
    );
    let start = svg.len();
    write!(svg, "<style>{}</style>", font_face(&used)?).expect("a string takes all that is written");
    let font = start..svg.len();
    write!(
        svg,
        r##"
<rect fill="#fff" width="{width}" height="{height}"/>
<clipPath id="{id}-axes"><rect x="{x}" y="{y}" width="{w}" height="{h}"/></clipPath>
<g class="lines" clip-path="url(#{id}-axes)" stroke-linejoin="round" stroke-linecap="square">
{lines}</g>
<g class="frame">
{frame}</g>
<g class="markers" stroke-linejoin="round">
{markers}</g>
<g class="legend" font-family="{FAMILY}, sans-serif">
{legend}</g>
<g class="text" font-family="{FAMILY}, sans-serif">
{text}</g>
</svg>
"##,
        lines = lines.svg,
        frame = frame.svg,
        markers = markers.svg,
        legend = legend.svg,
        text = text.svg,
    )
    .expect("a string takes all that is written");
    Ok((svg, font))
}

/// An XML id that differs where the text differs: its 64 bit FNV-1a hash.
fn fingerprint(parts: &[&str]) -> String {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("c{hash:016x}")
}

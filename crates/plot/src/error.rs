//! What can be wrong with a chart, or go wrong while it is drawn.

use plotters::drawing::DrawingAreaErrorKind;
use std::convert::Infallible;

/// A chart that cannot be drawn or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// An axis without an extent, or whose ticks would never end.
    #[error(
        "axis {label:?} from {min} to {max} by {step}: want finite numbers, min < max and 1 to {MAX_TICKS} steps"
    )]
    Axis {
        /// The axis's label.
        label: String,
        /// Its lower end.
        min: f64,
        /// Its upper end.
        max: f64,
        /// The distance of its ticks.
        step: f64,
    },
    /// A point that is nowhere.
    #[error("{label:?} has the point ({x}, {y}): want finite numbers")]
    Point {
        /// The trace's label.
        label: String,
        /// The point's x.
        x: f64,
        /// The point's y.
        y: f64,
    },
    /// plotters refused.
    #[error("cannot draw the chart")]
    Draw(#[from] DrawingAreaErrorKind<Infallible>),
    /// The font could not be cut down to the characters used.
    #[error("cannot subset the font for {characters:?}")]
    Subset {
        /// The characters.
        characters: String,
        /// Why.
        source: skera::SubsetError,
    },
    /// The SVG could not be read back for the PNG and the PDF.
    #[error("cannot read the drawn SVG back")]
    Svg(#[from] usvg::Error),
    /// The PNG could not be written.
    #[error("cannot encode the PNG")]
    Png(#[from] png::EncodingError),
    /// The PDF could not be written.
    #[error("cannot write the PDF: {0}")]
    Pdf(String),
}

/// More ticks than this on one axis is a mistake.
pub(crate) const MAX_TICKS: u32 = 100;

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
    /// A logarithmic axis without an extent, or from 0.
    #[error(
        "logarithmic axis {label:?} from {min} to {max} by powers of {base}: want finite numbers above 0, min \
         < max and 1 to {MAX_TICKS} powers"
    )]
    LogarithmicAxis {
        /// The axis's label.
        label: String,
        /// Its lower end.
        min: f64,
        /// Its upper end.
        max: f64,
        /// Its ticks are the powers of this.
        base: f64,
    },
    /// An axis of names that does not reach from 0 to their number.
    #[error(
        "axis {label:?} of {slots} names from {min} to {max}: want 1 to {MAX_SLOTS} names, from 0 to their \
         number"
    )]
    NamedAxis {
        /// The axis's label.
        label: String,
        /// How many names.
        slots: usize,
        /// Its lower end.
        min: f64,
        /// Its upper end.
        max: f64,
    },
    /// Cells that are not as many as the axes have slots, or not on such axes.
    #[error("the cells are {rows} rows of {columns}: want one for each name on both axes")]
    Cells {
        /// How many rows.
        rows: usize,
        /// How many in the longest of them.
        columns: usize,
    },
    /// A cell whose value has no colour.
    #[error("a cell has the value {value}: want finite numbers")]
    Cell {
        /// The value.
        value: f64,
    },
    /// Intervals that are not one for each point.
    #[error("{label:?} has {points} points and {intervals} intervals: want one for each")]
    Intervals {
        /// The trace's label.
        label: String,
        /// How many points.
        points: usize,
        /// How many intervals.
        intervals: usize,
    },
    /// A point that is nowhere.
    #[error("{label:?} has the point ({x}, {y}): want finite numbers, above 0 on a logarithmic axis")]
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

/// More slots than this on one axis are a mistake.
pub(crate) const MAX_SLOTS: usize = 100_000;

/// More ticks than this on one axis is a mistake.
pub(crate) const MAX_TICKS: u32 = 100;

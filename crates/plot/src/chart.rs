//! What a chart shows, as plain data. How it looks is decided where it is drawn.

use std::collections::BTreeSet;

/// A chart: axes, what is drawn on them, and the words around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The line above the axes.
    pub title: String,
    /// A smaller line between the title and the axes: on what it was measured.
    pub subtitle: Option<String>,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Coloured cells beneath everything else: a heat map, on two [`Spacing::Named`] axes.
    pub cells: Option<Cells>,
    /// What is drawn, later ones on top. The legend lists them in this order.
    pub traces: Vec<Trace>,
    /// Small lines at the bottom of the figure: what the numbers are and where they come from. It is broken into as
    /// many as it takes.
    pub caption: Option<String>,
    /// The chart in words, for those who do not see it.
    pub desc: String,
}

/// One direction of the chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it measures, with the unit.
    pub label: String,
    /// How values are spread along it.
    pub spacing: Spacing,
    /// The value at the left or bottom end.
    pub min: f64,
    /// The value at the right or top end.
    pub max: f64,
    /// Ticks are at the multiples of this, on a logarithmic axis at its powers.
    pub step: f64,
}

impl Axis {
    /// A linear axis.
    #[must_use]
    pub fn linear(label: &str, min: f64, max: f64, step: f64) -> Axis {
        Axis { label: label.to_owned(), spacing: Spacing::Linear, min, max, step }
    }

    /// A logarithmic axis whose ticks are the powers of `base`.
    #[must_use]
    pub fn logarithmic(label: &str, min: f64, max: f64, base: f64) -> Axis {
        Axis { label: label.to_owned(), spacing: Spacing::Logarithmic, min, max, step: base }
    }

    /// Slots of width 1 from 0 on, one for each name. The place of a slot is its middle: 0.5, 1.5, ….
    #[must_use]
    pub fn named(label: &str, names: Vec<String>) -> Axis {
        let max = names.len() as f64;
        Axis { label: label.to_owned(), spacing: Spacing::Named(names), min: 0.0, max, step: 1.0 }
    }
}

/// How the values of an axis are spread along it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spacing {
    /// Equal differences are equal distances.
    Linear,
    /// Equal ratios are equal distances; every value is above 0.
    Logarithmic,
    /// Slots of width 1, with a tick and its name at the middle of each whose name is not empty.
    Named(Vec<String>),
}

/// The cells of a heat map.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// Row by row from the bottom, in each from the left, as many as the axes have slots. A cell
    /// without a value is grey.
    pub rows: Vec<Vec<Option<f64>>>,
    /// The row and the column of each cell whose value is less sure than it should be: it has a hollow dot.
    pub noisy: BTreeSet<(usize, usize)>,
    /// What the colours stand for: the axis of the colour bar.
    pub colour: Axis,
}

/// Points that belong together, and how they are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its entry in the legend.
    pub label: String,
    /// Whether the legend has that entry: not where another trace's entry stands for it as well.
    pub listed: bool,
    /// A line of text in the legend above this entry.
    pub heading: Option<String>,
    /// The colour of all of it.
    pub colour: Colour,
    /// Line, points or both.
    pub style: Style,
    /// Its points, in the order in which a line joins them. A trace without
    /// points is an entry of the legend that explains a style.
    pub points: Vec<DataPoint>,
    /// How sure each point is.
    pub intervals: Intervals,
}

/// A row of the results files that a chart was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace {
    /// The file, counted from 0 in the order in which they were given.
    pub file: usize,
    /// The row, counted from 0 in the order of the file.
    pub row: usize,
}

/// One of the points of a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DataPoint {
    /// Its place along the horizontal axis, in the axis's unit.
    pub x: f64,
    /// Its place along the vertical axis, in the axis's unit.
    pub y: f64,
    /// The row that it is a point of, for whoever tells more of it: nothing of this is drawn. A ratio's is the row
    /// above the line.
    pub row: Option<RowPlace>,
    /// Of a ratio, the row that `row` is divided by.
    pub base: Option<RowPlace>,
    /// Whether it is less sure than it should be. It is drawn hollow, and the legend says so.
    pub noisy: bool,
    /// Its place along the vertical axis at its other speed, where it has two. A thin line leads there, and the legend
    /// says so.
    pub second: Option<f64>,
}

impl DataPoint {
    /// The same point, noisy or not.
    #[must_use]
    pub const fn noisy(self, noisy: bool) -> DataPoint {
        DataPoint { noisy, ..self }
    }

    /// The same point, with its place at another speed.
    #[must_use]
    pub const fn with_second(self, second: Option<f64>) -> DataPoint {
        DataPoint { second, ..self }
    }

    /// Its x and its y.
    #[must_use]
    pub const fn place(self) -> (f64, f64) {
        (self.x, self.y)
    }
}

impl From<(f64, f64)> for DataPoint {
    /// A point at `(x, y)`, of no row.
    fn from((x, y): (f64, f64)) -> DataPoint {
        DataPoint { x, y, row: None, base: None, noisy: false, second: None }
    }
}

/// The ends of an interval around each point of a trace, in the units of the axis, in the order of
/// the points. Along a line they are a band, around points without a line a bar each.
#[derive(Debug, Clone, PartialEq)]
pub enum Intervals {
    /// None are known.
    None,
    /// Of the points' x.
    OfX(Vec<Option<(f64, f64)>>),
    /// Of the points' y.
    OfY(Vec<Option<(f64, f64)>>),
}

/// How the points of a trace are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Joined by a line: measured. A point that is alone has a dot.
    Line(Dash),
    /// Joined by a line with filled markers on some of them: measured, for eyes or paper that do not tell the
    /// colours apart.
    LineAndPoints(Dash, Marker, Density),
    /// A hollow marker on each, without a line: read off a picture, or predicted.
    Points(Marker),
    /// Joined by a line of a pattern that nothing measured has, one of [`Dash::PREDICTED`], with hollow markers on some of
    /// them: predicted.
    Predicted(Dash, Option<(Marker, Density)>),
    /// A small filled marker on each, without a line: measured.
    Dots(Marker),
    /// A small dot on each and filled markers on some of them, without a line: measured.
    MarkedDots(Marker, Density),
    /// Filled between the ends of the points' intervals in y, along x: a part of wholes that are stacked.
    Area,
    /// A bar between the ends of each point's interval in x: a part of wholes that are stacked.
    Bars,
    /// Joined by a thin line: no data but what to hold them against, such as the ceilings of a
    /// datasheet, or equality.
    Guide(Dash),
}

impl Style {
    /// How its line is broken up, where it has one.
    #[must_use]
    pub const fn dash(self) -> Option<Dash> {
        match self {
            Style::Line(dash)
            | Style::LineAndPoints(dash, ..)
            | Style::Predicted(dash, _)
            | Style::Guide(dash) => Some(dash),
            Style::Points(_) | Style::Dots(_) | Style::MarkedDots(..) | Style::Area | Style::Bars => None,
        }
    }

    /// Whether it shows data, and not what they are held against.
    #[must_use]
    pub const fn is_data(self) -> bool {
        !matches!(self, Style::Guide(_))
    }
}

/// On how many of a line's points there are markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Density {
    /// On a few, so that a line is told from others and still looks like a line; on all where they are far apart.
    Few,
    /// On as many as do not touch.
    Many,
}

/// How a line is broken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// ———
    Solid,
    /// – – –
    Dashed,
    /// ·····
    Dotted,
    /// – · –
    DashDotted,
    /// —— ——
    LongDashed,
    /// – · · –
    DashDotDotted,
    /// · · ·
    Sparse,
    /// – – ·
    DashDashDotted,
    /// - - -
    ShortDashed,
    /// - -  - -
    PairDashed,
    /// - - -   - - -
    TripleDashed,
    /// -   -   -
    WideDashed,
}

impl Dash {
    /// Every pattern of what was measured, the ones that differ most first: as many lines as a chart can tell apart by
    /// them.
    pub const ALL: [Dash; 8] = [
        Dash::Solid,
        Dash::Dashed,
        Dash::Dotted,
        Dash::DashDotted,
        Dash::LongDashed,
        Dash::DashDotDotted,
        Dash::Sparse,
        Dash::DashDashDotted,
    ];

    /// The patterns of what was predicted: short dashes, which none of the others has.
    pub const PREDICTED: [Dash; 4] =
        [Dash::ShortDashed, Dash::PairDashed, Dash::TripleDashed, Dash::WideDashed];

    /// Lengths of its dashes and gaps by turns, in widths of the line; none for a solid line. The first four are
    /// matplotlib's.
    #[must_use]
    pub const fn lengths(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[3.7, 1.6],
            Dash::Dotted => &[1.0, 1.65],
            Dash::DashDotted => &[6.4, 1.6, 1.0, 1.6],
            Dash::LongDashed => &[9.0, 3.0],
            Dash::DashDotDotted => &[6.4, 1.6, 1.0, 1.6, 1.0, 1.6],
            Dash::Sparse => &[1.0, 4.0],
            Dash::DashDashDotted => &[3.7, 1.6, 3.7, 1.6, 1.0, 1.6],
            Dash::ShortDashed => &[2.0, 1.4],
            Dash::PairDashed => &[2.0, 1.4, 2.0, 4.2],
            Dash::TripleDashed => &[2.0, 1.4, 2.0, 1.4, 2.0, 4.2],
            Dash::WideDashed => &[2.0, 4.2],
        }
    }
}

/// The shape of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// ●
    Circle,
    /// ■
    Square,
    /// ▲
    Triangle,
    /// ◆
    Diamond,
    /// ▼
    TriangleDown,
    /// ✚
    Plus,
    /// ★
    Star,
}

impl Marker {
    /// Every shape, the ones that differ most first.
    pub const ALL: [Marker; 7] = [
        Marker::Circle,
        Marker::Square,
        Marker::Triangle,
        Marker::Diamond,
        Marker::TriangleDown,
        Marker::Plus,
        Marker::Star,
    ];
}

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
}

impl Colour {
    /// The colour `0xRRGGBB`.
    #[must_use]
    pub const fn hex(rgb: u32) -> Colour {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Colour { red, green, blue }
    }
}

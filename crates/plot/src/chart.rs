//! What a chart shows, as plain data. How it looks is decided where it is drawn.

/// A chart: axes, what is drawn on them, and the words around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The line above the axes.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, later ones on top. The legend lists them in this order.
    pub traces: Vec<Trace>,
    /// A small line at the bottom of the figure: what the numbers are and where they come from.
    pub caption: Option<String>,
    /// The chart in words, for those who do not see it.
    pub desc: String,
}

/// A linear axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it measures, with the unit.
    pub label: String,
    /// The value at the left or bottom end.
    pub min: f64,
    /// The value at the right or top end.
    pub max: f64,
    /// Ticks are at the multiples of this.
    pub step: f64,
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
    /// `(x, y)` in the units of the axes, in the order in which a line joins them. A trace without
    /// points is an entry of the legend that explains a style.
    pub points: Vec<(f64, f64)>,
}

/// How the points of a trace are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Joined by a line: measured.
    Line(Dash),
    /// Joined by a line with filled markers on some of them, as many as stay apart: measured, for
    /// eyes or paper that do not tell the colours apart.
    LineAndPoints(Dash, Marker),
    /// A hollow marker on each, without a line: read off a picture.
    Points(Marker),
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
}

impl Dash {
    /// Every pattern, the ones that differ most first.
    pub const ALL: [Dash; 4] = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDotted];
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

//! What a laid-out figure is made of, in pixels.

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// A line of text and where its baseline is anchored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    pub(crate) text: String,
    pub(crate) size: f64,
    pub(crate) at: (f64, f64),
}

/// A tick: its place along the axis, and its label, where there is room for one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    /// The place of its outer end: another one where labels had to be moved apart.
    pub(crate) end: f64,
    pub(crate) length: f64,
    pub(crate) label: Option<Label>,
}

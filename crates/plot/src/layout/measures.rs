//! matplotlib's measures, in pixels of 1/100 in.

/// Points, 1/72 in, as pixels.
pub(crate) const fn pt(points: f64) -> f64 {
    points * 100.0 / 72.0
}

/// Length of a tick, and from there to its label.
pub(crate) const TICK: f64 = pt(3.5);
/// Of labels of ticks and axes.
pub(crate) const FONT: f64 = pt(10.0);
/// Of a caption that is not too long.
pub(crate) const CAPTION_FONT: f64 = pt(7.0);

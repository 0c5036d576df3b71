//! The bar beside a heat map that says what its colours stand for.

use super::measures::{FONT, TICK, pt};
use super::part::{Frame, Label, Tick};
use crate::font;
use crate::scale::Scale;

/// From the axes to the bar, in pixels: matplotlib's 5 % of the axes, less what it would waste.
const GAP: f64 = 16.0;
const WIDTH: f64 = 20.0;
/// From the tick labels to the letters of the turned label.
const LABEL_GAP: f64 = pt(4.0);

/// A colour bar laid out, in pixels.
#[derive(Debug)]
pub(crate) struct ColourBar {
    pub(crate) frame: Frame,
    pub(crate) scale: Scale,
    /// Along its right side.
    pub(crate) ticks: Vec<Tick>,
    /// Centred, upwards.
    pub(crate) label: Label,
}

impl ColourBar {
    /// The width that it takes right of the axes.
    pub(crate) fn room(scale: &Scale) -> f64 {
        GAP + WIDTH + 2.0 * TICK + scale.widest_label(FONT) + LABEL_GAP + FONT
    }

    pub(crate) fn beside(axes: Frame, label: &str, scale: Scale) -> ColourBar {
        let left = axes.right + GAP;
        let frame = Frame { left, right: left + WIDTH, ..axes };
        let tick = |value| {
            let at = scale.place(value, frame.bottom, frame.top);
            let label_at = (frame.right + 2.0 * TICK, at + pt(3.799));
            let label = Label { text: scale.label(value), size: FONT, at: label_at };
            Tick { at, end: at, length: TICK, label: Some(label) }
        };
        let ticks = scale.ticks().into_iter().map(tick).collect();
        let fitted = font::fit(label, FONT, FONT / 2.0, frame.bottom - frame.top);
        let label_x = frame.right + 2.0 * TICK + scale.widest_label(FONT) + LABEL_GAP + FONT * 0.76;
        let middle = f64::midpoint(frame.top, frame.bottom);
        let label = Label { text: fitted.text, size: fitted.size, at: (label_x, middle) };
        ColourBar { frame, scale, ticks, label }
    }
}

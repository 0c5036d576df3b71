//! Where everything in the figure is. The measures are matplotlib's, in pixels of 1/100 in.

use crate::canvas::FIGURE;
use crate::chart::{Axis, Chart};
use crate::error::PlotError;
use crate::font::{self, Fitted};
use crate::legend::Legend;
use crate::scale::Scale;

/// Points, 1/72 in, as pixels.
pub(crate) const fn pt(points: f64) -> f64 {
    points * 100.0 / 72.0
}

const WIDTH: f64 = FIGURE.0 as f64;
const HEIGHT: f64 = FIGURE.1 as f64;
/// The axes of the published charts: 9 to 82 % of the width, 12 to 90 % of the height.
const AXES: Frame = Frame { left: 72.0, top: 50.0, right: 656.0, bottom: 440.0 };
/// No text comes closer to the figure's edge.
const MARGIN: f64 = 8.0;
/// Length of a tick, and from there to its label.
pub(crate) const TICK: f64 = pt(3.5);
/// From the baseline of the y label to the tick labels: matplotlib's 4 pt and the descent.
const Y_LABEL_GAP: f64 = pt(6.4);
const FONT: f64 = pt(10.0);
const TITLE_FONT: f64 = pt(12.0);
/// Of a caption that is not too long.
pub(crate) const CAPTION_FONT: f64 = pt(7.0);

/// A rectangle in pixels.
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
    pub(crate) label: Option<Label>,
}

/// The places of a chart's parts.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) axes: Frame,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
    pub(crate) x_ticks: Vec<Tick>,
    pub(crate) y_ticks: Vec<Tick>,
    /// Centred.
    pub(crate) title: Label,
    /// Centred.
    pub(crate) x_label: Label,
    /// Centred, upwards.
    pub(crate) y_label: Label,
    /// From the left.
    pub(crate) caption: Option<Label>,
    /// With the place of its top left corner.
    pub(crate) legend: Option<(Legend, (f64, f64))>,
}

impl Layout {
    pub(crate) fn of(chart: &Chart) -> Result<Layout, PlotError> {
        let (x, y) = (Scale::new(&chart.x)?, Scale::new(&chart.y)?);
        let legend = Legend::of(chart);
        let tick_width = widest(&y);
        let axes = Frame {
            left: AXES.left.max(MARGIN + FONT + Y_LABEL_GAP + tick_width + 2.0 * TICK),
            right: legend.as_ref().map_or(AXES.right, |l| AXES.right.min(right_of_axes(l, &x))),
            ..AXES
        };
        let (middle, height) = (f64::midpoint(axes.left, axes.right), axes.bottom - axes.top);
        let centred = |text: &str, size, y| {
            let room = 2.0 * (middle.min(WIDTH - middle) - MARGIN);
            placed(font::fit(text, size, size / 2.0, room), (middle, y))
        };
        Ok(Layout {
            x_ticks: x_ticks(&x, axes),
            y_ticks: y_ticks(&y, axes),
            title: centred(&chart.title, TITLE_FONT, axes.top - pt(6.0)),
            x_label: centred(&chart.x.label, FONT, axes.bottom + pt(28.598)),
            y_label: y_label(&chart.y, axes, axes.left - 2.0 * TICK - tick_width - Y_LABEL_GAP),
            caption: chart.caption.as_deref().map(caption),
            legend: legend.map(|legend| {
                let x = if axes.right < AXES.right {
                    WIDTH - MARGIN - legend.width()
                } else {
                    axes.right + legend_gap(axes.right - axes.left)
                };
                let y = axes.top + (height - legend.height()) / 2.0;
                // A legend taller than the axes stays off the figure's edges.
                let y = y.clamp(MARGIN, HEIGHT - 2.0 * MARGIN - legend.height());
                (legend, (x, y))
            }),
            axes,
            x,
            y,
        })
    }

    /// The place of a point, in pixels.
    pub(crate) fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.place(x, self.axes.left, self.axes.right), self.y.place(y, self.axes.bottom, self.axes.top))
    }
}

fn placed(Fitted { text, size }: Fitted, at: (f64, f64)) -> Label {
    Label { text, size, at }
}

/// matplotlib's `bbox_to_anchor=(1.02, 0.5)` and its half em of border.
fn legend_gap(axes_width: f64) -> f64 {
    0.02 * axes_width + pt(5.0)
}

/// The right end of axes that leave room for a legend.
fn right_of_axes(legend: &Legend, x: &Scale) -> f64 {
    let gap = legend_gap(AXES.right - AXES.left);
    // One that reaches down to the tick labels has to keep off the last of them.
    let beside_labels = legend.height() > AXES.bottom - AXES.top;
    let gap = if beside_labels { gap.max(widest(x) / 2.0 + pt(4.0)) } else { gap };
    (WIDTH - MARGIN - legend.width() - gap).floor()
}

fn widest(scale: &Scale) -> f64 {
    scale.ticks().into_iter().map(|t| font::width(&scale.label(t), FONT)).fold(0.0, f64::max)
}

fn x_ticks(scale: &Scale, axes: Frame) -> Vec<Tick> {
    let ticks = scale.ticks();
    let place = |tick| scale.place(tick, axes.left, axes.right);
    // Where labels would touch, every second one is left out, or three of four.
    let pitch = if let [a, b, ..] = ticks[..] { place(b) - place(a) } else { WIDTH };
    let mut every = 1;
    while widest(scale) + pt(4.0) > pitch * every as f64 {
        every *= 2;
    }
    let tick = |(i, &value): (usize, &f64)| Tick {
        at: place(value),
        label: i.is_multiple_of(every).then(|| Label {
            text: scale.label(value),
            size: FONT,
            at: (place(value), axes.bottom + pt(14.598)),
        }),
    };
    ticks.iter().enumerate().map(tick).collect()
}

fn y_ticks(scale: &Scale, axes: Frame) -> Vec<Tick> {
    let tick = |value| {
        let at = scale.place(value, axes.bottom, axes.top);
        // Half the height of a digit below the tick.
        let label_at = (axes.left - 2.0 * TICK, at + pt(3.799));
        Tick { at, label: Some(Label { text: scale.label(value), size: FONT, at: label_at }) }
    };
    scale.ticks().into_iter().map(tick).collect()
}

fn y_label(axis: &Axis, axes: Frame, x: f64) -> Label {
    let middle = f64::midpoint(axes.top, axes.bottom);
    let room = 2.0 * (middle.min(HEIGHT - middle) - MARGIN);
    placed(font::fit(&axis.label, FONT, FONT / 2.0, room), (x, middle))
}

fn caption(text: &str) -> Label {
    placed(font::fit(text, CAPTION_FONT, pt(5.3), WIDTH - 2.0 * MARGIN), (MARGIN, HEIGHT - pt(4.5)))
}

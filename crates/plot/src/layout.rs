//! Where everything in the figure is.

mod colour_bar;
mod legend;
mod measures;
mod part;

pub(crate) use colour_bar::ColourBar;
pub(crate) use legend::{Key, Legend, Row};
pub(crate) use measures::{CAPTION_FONT, pt};
pub(crate) use part::{Frame, Label};

use crate::canvas::FIGURE;
use crate::chart::{Axis, Chart};
use crate::error::PlotError;
use crate::font::{self, Fitted};
use crate::scale::Scale;
use measures::{FONT, TICK};
use part::Tick;

const WIDTH: f64 = FIGURE.0 as f64;
const HEIGHT: f64 = FIGURE.1 as f64;
/// The axes of the published charts: 9 to 82 % of the width, 12 to 90 % of the height.
const AXES: Frame = Frame { left: 72.0, top: 50.0, right: 656.0, bottom: 440.0 };
/// No text comes closer to the figure's edge.
const MARGIN: f64 = 8.0;
const MINOR_TICK: f64 = pt(2.0);
/// From the baseline of the y label to the tick labels: matplotlib's 4 pt and the descent.
const Y_LABEL_GAP: f64 = pt(6.4);
const TITLE_FONT: f64 = pt(12.0);
/// A caption that fits into one line of at least this size is one line.
const ONE_LINE_FONT: f64 = pt(6.2);
/// Of a caption that would take more lines than are left for it.
const SMALL_CAPTION_FONT: f64 = pt(5.3);
/// More lines than this take too much of the axes.
const CAPTION_LINES: usize = 6;
/// The most that a legend can have from top to bottom, above a caption of one line.
const LEGEND_HEIGHT: f64 = 470.0;
/// Of the names along a vertical axis that are too many for more.
const LEAST_NAME_FONT: f64 = pt(4.5);
/// The most room for such a name, in pixels.
const NAME_ROOM: f64 = 200.0;
/// From one line of text to the next, in its size.
const LINE_PITCH: f64 = 1.2;

fn minor_tick(at: f64) -> Tick {
    Tick { at, end: at, length: MINOR_TICK, label: None }
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
    pub(crate) subtitle: Option<Label>,
    /// Centred.
    pub(crate) x_label: Label,
    /// Centred, upwards.
    pub(crate) y_label: Label,
    /// Each from the left.
    pub(crate) caption: Vec<Label>,
    /// With the place of its top left corner.
    pub(crate) legend: Option<(Legend, (f64, f64))>,
    /// Right of the axes of a heat map, in place of a legend.
    pub(crate) colour_bar: Option<ColourBar>,
}

impl Layout {
    pub(crate) fn new(chart: &Chart) -> Result<Layout, PlotError> {
        let (x, y) = (Scale::new(&chart.x)?, Scale::new(&chart.y)?);
        let colour = chart.cells.as_ref().map(|cells| Scale::new(&cells.colour)).transpose()?;
        let caption = chart.caption.as_deref().map(caption).unwrap_or_default();
        // A caption of several lines moves everything above it up.
        let bottom = match (caption.first(), caption.last()) {
            (Some(first), Some(last)) => AXES.bottom - (last.at.1 - first.at.1).ceil(),
            _ => AXES.bottom,
        };
        let legend_room = LEGEND_HEIGHT - (AXES.bottom - bottom);
        let legend = Legend::fitted(chart, &x, &y, legend_room).filter(|_| colour.is_none());
        let names = TickNames::fitted(&y, bottom - AXES.top);
        let tick_width = names.widest();
        let axes = Frame {
            left: AXES.left.max(MARGIN + FONT + Y_LABEL_GAP + tick_width + 2.0 * TICK),
            right: match (&legend, &colour) {
                (Some(legend), _) => AXES.right.min(right_of_axes(legend, &x, bottom)),
                (None, Some(colour)) => (WIDTH - MARGIN - ColourBar::room(colour)).floor(),
                (None, None) => AXES.right,
            },
            top: AXES.top,
            bottom,
        };
        let (middle, height) = (f64::midpoint(axes.left, axes.right), axes.bottom - axes.top);
        let centred = |text: &str, size, y| {
            let room = 2.0 * (middle.min(WIDTH - middle) - MARGIN);
            placed(font::fit(text, size, size / 2.0, room), (middle, y))
        };
        let subtitle = chart.subtitle.as_deref();
        let subtitle_pitch = subtitle.map_or(0.0, |_| LINE_PITCH * FONT);
        Ok(Layout {
            x_ticks: x_ticks(&x, axes),
            y_ticks: y_ticks(&y, &names, axes),
            title: centred(&chart.title, TITLE_FONT, axes.top - pt(6.0) - subtitle_pitch),
            // It keeps off the tick labels beside the axes.
            subtitle: subtitle.map(|text| {
                let fitted = font::fit(text, FONT, FONT / 2.0, axes.right - axes.left);
                placed(fitted, (middle, axes.top - pt(6.0)))
            }),
            x_label: centred(&chart.x.label, FONT, axes.bottom + pt(28.598)),
            y_label: y_label(&chart.y, axes, axes.left - 2.0 * TICK - tick_width - Y_LABEL_GAP),
            caption,
            colour_bar: (chart.cells.as_ref().zip(colour))
                .map(|(cells, scale)| ColourBar::beside(axes, &cells.colour.label, scale)),
            legend: legend.map(|legend| {
                let x = if axes.right < AXES.right {
                    WIDTH - MARGIN - legend.width()
                } else {
                    axes.right + legend_gap(axes.right - axes.left)
                };
                let y = axes.top + (height - legend.height()) / 2.0;
                // A legend taller than the axes stays off the figure's edges and the caption.
                let y = y.clamp(MARGIN, MARGIN.max(legend_room + MARGIN + 6.0 - legend.height()));
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
fn right_of_axes(legend: &Legend, x: &Scale, bottom: f64) -> f64 {
    let gap = legend_gap(AXES.right - AXES.left);
    // One that reaches down to the tick labels has to keep off the last of them.
    let beside_labels = legend.height() > bottom - AXES.top;
    let gap = if beside_labels { gap.max(x.widest_label(FONT) / 2.0 + pt(4.0)) } else { gap };
    (WIDTH - MARGIN - legend.width() - gap).floor()
}

fn x_ticks(scale: &Scale, axes: Frame) -> Vec<Tick> {
    let ticks = scale.ticks();
    let place = |tick| scale.place(tick, axes.left, axes.right);
    // Where labels would touch, every second one is left out, or three of four.
    let pitch = if let [a, b, ..] = ticks[..] { place(b) - place(a) } else { WIDTH };
    let mut every = 1;
    while scale.widest_label(FONT) + pt(4.0) > pitch * every as f64 {
        every *= 2;
    }
    let tick = |(i, &value): (usize, &f64)| Tick {
        at: place(value),
        end: place(value),
        length: TICK,
        label: i.is_multiple_of(every).then(|| Label {
            text: scale.label(value),
            size: FONT,
            at: (place(value), axes.bottom + pt(14.598)),
        }),
    };
    let minor = scale.minor_ticks().into_iter().map(|value| minor_tick(place(value)));
    ticks.iter().enumerate().map(tick).chain(minor).collect()
}

/// The labels of a vertical axis's ticks, from the lower end up, and their font size.
struct TickNames {
    texts: Vec<String>,
    size: f64,
}

impl TickNames {
    fn fitted(scale: &Scale, height: f64) -> TickNames {
        let texts: Vec<String> = scale.ticks().into_iter().map(|tick| scale.label(tick)).collect();
        if scale.slots().is_none() {
            return TickNames { texts, size: FONT };
        }
        let size = (height / (LINE_PITCH * texts.len() as f64)).clamp(LEAST_NAME_FONT, FONT);
        let short = |text: &String| font::elide(text, |cut| font::width(cut, size) <= NAME_ROOM);
        TickNames { texts: texts.iter().map(short).collect(), size }
    }

    fn widest(&self) -> f64 {
        self.texts.iter().map(|text| font::width(text, self.size)).fold(0.0, f64::max)
    }
}

/// Places from the bottom up, moved as little apart as leaves `pitch` between neighbours and all of
/// them on the axis, where they all fit.
fn apart(places: &[f64], pitch: f64, bottom: f64, top: f64) -> Vec<f64> {
    let mut moved = places.to_vec();
    let mut limit = bottom;
    for place in &mut moved {
        *place = place.min(limit);
        limit = *place - pitch;
    }
    let mut limit = top;
    for place in moved.iter_mut().rev() {
        *place = place.max(limit);
        limit = *place + pitch;
    }
    moved
}

fn y_ticks(scale: &Scale, names: &TickNames, axes: Frame) -> Vec<Tick> {
    let place = |value: f64| scale.place(value, axes.bottom, axes.top);
    let places: Vec<f64> = scale.ticks().into_iter().map(place).collect();
    let ends = match scale.slots() {
        Some(_) => apart(&places, LINE_PITCH * names.size, axes.bottom, axes.top),
        None => places.clone(),
    };
    let tick = |((&at, end), text): ((&f64, f64), &String)| {
        // Half the height of a digit below the tick.
        let label_at = (axes.left - 2.0 * TICK, end + names.size * (3.799 / 10.0));
        let label = Label { text: text.clone(), size: names.size, at: label_at };
        Tick { at, end, length: TICK, label: Some(label) }
    };
    let minor = scale.minor_ticks().into_iter().map(|value| minor_tick(place(value)));
    places.iter().zip(ends).zip(&names.texts).map(tick).chain(minor).collect()
}

fn y_label(axis: &Axis, axes: Frame, x: f64) -> Label {
    let middle = f64::midpoint(axes.top, axes.bottom);
    let room = 2.0 * (middle.min(HEIGHT - middle) - MARGIN);
    placed(font::fit(&axis.label, FONT, FONT / 2.0, room), (x, middle))
}

/// A caption in as many lines as it takes, from the upper one down to the figure's end.
fn caption(text: &str) -> Vec<Label> {
    let (text, room) = (font::drawable(text), WIDTH - 2.0 * MARGIN);
    let natural = font::width(&text, CAPTION_FONT);
    // A hair less, so that rounding does not break what was shrunk to fit.
    let one_line = CAPTION_FONT.min(CAPTION_FONT * room / natural.max(1.0) * (1.0 - 1e-9));
    let wrapped = |size: f64| (font::wrapped(&text, size, room), size);
    let (mut lines, size) = match one_line >= ONE_LINE_FONT {
        true => (vec![text.clone()], one_line),
        false => Some(wrapped(CAPTION_FONT))
            .filter(|(lines, _)| lines.len() <= CAPTION_LINES)
            .unwrap_or_else(|| wrapped(SMALL_CAPTION_FONT)),
    };
    // Of what is longer than a page of text the end is left out, and said to be.
    if lines.len() > 2 * CAPTION_LINES {
        lines.truncate(2 * CAPTION_LINES);
        if let Some(last) = lines.last_mut() {
            *last =
                font::elide(&format!("{last} "), |cut| cut.ends_with('…') && font::width(cut, size) <= room);
        }
    }
    let count = lines.len();
    let place = |i: usize| (MARGIN, HEIGHT - pt(4.5) - LINE_PITCH * size * (count - 1 - i) as f64);
    lines.into_iter().enumerate().map(|(i, text)| Label { text, size, at: place(i) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_caption_is_never_cut_however_many_facts_it_has() {
        for facts in [1, 5, 6, 12, 40] {
            let text = format!("{}, SM clock 1201 MHz", vec!["power limit 700 W"; facts].join(", "));
            let lines = caption(&text);
            let shown = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
            assert_eq!(shown, text);
            assert!(lines.iter().all(|line| font::width(&line.text, line.size) <= WIDTH - 2.0 * MARGIN));
            assert_eq!(lines.last().unwrap().at.1, HEIGHT - pt(4.5));
        }
        assert_eq!(caption("SM clock 1201 MHz, 700 W").len(), 1);
    }

    #[test]
    fn what_is_longer_than_any_caption_leaves_room_for_the_axes() {
        let lines = caption(&"x".repeat(100_000));
        assert!(lines.len() <= 12 && lines.last().unwrap().text.ends_with("x…"));
        assert!(lines[0].at.1 > HEIGHT / 2.0);
    }

    #[test]
    fn labels_that_would_overlap_are_moved_apart_and_others_stay() {
        assert_eq!(apart(&[400.0, 395.0, 100.0], 10.0, 440.0, 50.0), [400.0, 390.0, 100.0]);
        assert_eq!(apart(&[60.0, 55.0, 52.0], 10.0, 440.0, 50.0), [70.0, 60.0, 50.0]);
    }

    proptest! {
        #[test]
        fn labels_that_fit_never_overlap(mut places in prop::collection::vec(50.0f64..440.0, 1..40)) {
            places.sort_by(|a, b| b.total_cmp(a));
            let moved = apart(&places, 9.0, 440.0, 50.0);
            prop_assert!(moved.windows(2).all(|pair| pair[0] - pair[1] >= 9.0 - 1e-9));
            prop_assert!(moved.iter().all(|place| (50.0..=440.0).contains(place)));
        }
    }
}

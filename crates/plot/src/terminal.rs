//! A chart of lines as text, for terminals.

use crate::chart::{Axis, Chart, Colour, Spacing, Trace};
use crate::error::PlotError;
use crate::scale::Scale;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Style};
use ratatui_core::symbols::Marker;
use ratatui_core::widgets::Widget;
use ratatui_widgets::chart::{Axis as TextAxis, Chart as TextChart, Dataset, GraphType};
use std::fmt::Write;

/// The least room in which lines can be seen, in columns and lines.
const LEAST: (u16, u16) = (40, 8);
/// A label at the right end of a line is cut to so many columns.
const LONGEST_END: usize = 12;
/// Columns between the labels of the horizontal axis.
const APART: usize = 3;

/// A chart as lines of text of so many columns and lines, at least 40 by 8, with a title above, a legend and the caption
/// below: lines of Braille dots in the colours of the chart (ANSI escapes for 256 colours), each with the last word of its label
/// at its right end, so that they are told apart without colour too. The same on every machine.
///
/// None for a chart that is not of lines or points over two sizes, such as a heat map or stacked shares.
///
/// # Errors
/// [`PlotError`] for an axis without extent.
pub fn terminal_text(chart: &Chart, columns: u16, lines: u16) -> Result<Option<String>, PlotError> {
    let is_named = |axis: &Axis| matches!(axis.spacing, Spacing::Named(_));
    if chart.cells.is_some() || is_named(&chart.x) || is_named(&chart.y) {
        return Ok(None);
    }
    let (x, y) = (Scale::new(&chart.x)?, Scale::new(&chart.y)?);
    let (columns, lines) = (columns.max(LEAST.0), lines.max(LEAST.1));
    let drawn: Vec<(&Trace, Vec<(f64, f64)>)> = chart
        .traces
        .iter()
        .map(|trace| {
            let shown = trace.points.iter().filter(|point| x.shows(point.x) && y.shows(point.y));
            (trace, shown.map(|point| (x.part(point.x), y.part(point.y))).collect())
        })
        .filter(|(_, points): &(_, Vec<_>)| !points.is_empty())
        .collect();
    let ends: Vec<Option<String>> =
        drawn.iter().map(|(trace, _)| trace.style.is_data().then(|| end(trace))).collect();
    let room = ends.iter().flatten().map(|end| end.chars().count()).max().unwrap_or(0) as u16 + 1;
    let area = Rect::new(0, 0, columns - room, lines);
    let y_labels = labels(&y, usize::from(lines) / 2);
    let widest = y_labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let x_labels = labels(&x, fitting(&x, usize::from(area.width).saturating_sub(widest)));
    let datasets = drawn.iter().map(|(trace, points)| {
        let kind = if trace.style.dash().is_some() { GraphType::Line } else { GraphType::Scatter };
        Dataset::default().marker(Marker::Braille).graph_type(kind).style(style(trace.colour)).data(points)
    });
    let text = TextChart::new(datasets.collect())
        .x_axis(TextAxis::default().bounds([0.0, 1.0]).labels(x_labels))
        .y_axis(TextAxis::default().bounds([0.0, 1.0]).labels(y_labels))
        .legend_position(None);
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, lines));
    text.render(area, &mut buffer);
    // The axis and its labels are below the plot.
    let plot = f64::from(lines.saturating_sub(3));
    let mut rows: Vec<(u16, &str, Colour)> = Vec::new();
    for ((trace, points), end) in drawn.iter().zip(&ends) {
        let (Some(end), Some((_, height))) = (end, points.last()) else { continue };
        // Of several cards the first one's end stands for the line.
        if !rows.iter().any(|(_, other, _)| other == end) {
            rows.push((((1.0 - height) * plot).round() as u16, end, trace.colour));
        }
    }
    for (row, end, colour) in apart(rows, lines.saturating_sub(3)) {
        buffer.set_string(area.width + 1, row, end, style(colour));
    }
    let title = [Some(&chart.title), chart.subtitle.as_ref()].into_iter().flatten();
    let title = title.cloned().collect::<Vec<_>>().join(", ");
    let mut said = format!("{}\n{}\n", cut(&title, columns.into()), cut(&chart.y.label, columns.into()));
    said += &escaped(&buffer);
    let _ = writeln!(said, "{:>1$}", chart.x.label, usize::from(area.width));
    said += &legend(chart, columns.into());
    Ok(Some(said + &wrapped(chart.caption.as_deref().unwrap_or_default(), columns.into())))
}

/// A text in lines of so many characters, each ended; a word that is longer is cut.
fn wrapped(text: &str, columns: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = cut(word, columns);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// The last word of a line's label.
fn end(trace: &Trace) -> String {
    let word = trace.label.rsplit(' ').next().unwrap_or_default();
    word.chars().take(LONGEST_END).collect()
}

/// The ends from the top down, each on a line of its own as far as there are lines.
fn apart(mut ends: Vec<(u16, &str, Colour)>, last: u16) -> Vec<(u16, &str, Colour)> {
    ends.sort_by_key(|(row, ..)| *row);
    let mut free = 0;
    for (row, ..) in &mut ends {
        *row = (*row).max(free);
        free = *row + 1;
    }
    let mut lowest = last;
    for (row, ..) in ends.iter_mut().rev() {
        *row = (*row).min(lowest);
        lowest = row.saturating_sub(1);
    }
    ends
}

/// At most so many labels, of ticks at equal distances from one end of the axis to the other; of an axis whose ends are no
/// ticks, of these ends.
fn labels(scale: &Scale, most: usize) -> Vec<String> {
    let ticks = scale.ticks();
    let is_at =
        |tick: Option<&f64>, part: f64| tick.is_some_and(|tick| (scale.part(*tick) - part).abs() < 1e-6);
    if ticks.len() < 2 || !is_at(ticks.first(), 0.0) || !is_at(ticks.last(), 1.0) {
        return scale.ends().map(|end| scale.label(end)).to_vec();
    }
    let steps = ticks.len() - 1;
    let every = (1..=steps).find(|every| steps.is_multiple_of(*every) && steps / every < most.max(2));
    ticks.iter().step_by(every.unwrap_or(steps)).map(|tick| scale.label(*tick)).collect()
}

/// How many labels of an axis stand beside each other in so many columns.
fn fitting(scale: &Scale, columns: usize) -> usize {
    let widest = scale.ticks().iter().map(|tick| scale.label(*tick).chars().count()).max().unwrap_or(1);
    columns / (widest + APART)
}

/// Of the 6 by 6 by 6 colours that terminals with 256 have, the nearest.
fn style(colour: Colour) -> Style {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest =
        |value: u8| (0u8..6).min_by_key(|level| LEVELS[usize::from(*level)].abs_diff(value)).unwrap_or(0);
    let [red, green, blue] = [colour.red, colour.green, colour.blue].map(nearest);
    Style::new().fg(Color::Indexed(16 + 36 * red + 6 * green + blue))
}

/// The cells as text, each run of a colour between escapes, without blanks at the end of a line.
fn escaped(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in 0..buffer.area.height {
        let cells = (0..buffer.area.width).map(|column| &buffer[(column, row)]);
        let mut cells: Vec<_> = cells.map(|cell| (cell.symbol(), cell.fg)).collect();
        while cells.last().is_some_and(|(symbol, _)| symbol.trim().is_empty() || *symbol == "\u{2800}") {
            cells.pop();
        }
        let mut now = Color::Reset;
        for (symbol, colour) in cells {
            if colour != now && symbol != " " {
                match colour {
                    Color::Indexed(index) => {
                        let _ = write!(text, "\u{1b}[38;5;{index}m");
                    }
                    _ => text.push_str("\u{1b}[0m"),
                }
                now = colour;
            }
            text.push_str(symbol);
        }
        if now != Color::Reset {
            text.push_str("\u{1b}[0m");
        }
        text.push('\n');
    }
    text
}

/// A text of so many characters at most.
fn cut(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    text.chars().take(columns - 1).chain(['…']).collect()
}

/// The lines' names in their colours, each once, in as many lines as they take.
fn legend(chart: &Chart, columns: usize) -> String {
    let mut text = String::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut filled = 0;
    for trace in chart.traces.iter().filter(|trace| !trace.points.is_empty() && trace.style.is_data()) {
        if seen.contains(&trace.label.as_str()) {
            continue;
        }
        seen.push(&trace.label);
        let Some(Color::Indexed(index)) = style(trace.colour).fg else { continue };
        // The swatch, a space and the label, and two spaces ahead of all but the first of a line.
        let label = cut(&trace.label, columns - 2);
        let width = label.chars().count() + 2;
        let separator = match filled {
            0 => "",
            filled if filled + 2 + width > columns => "\n",
            _ => "  ",
        };
        filled = if separator == "  " { filled + 2 + width } else { width };
        let _ = write!(text, "{separator}\u{1b}[38;5;{index}m━\u{1b}[0m {label}");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Dash, DataPoint, Intervals, Style as LineStyle};

    fn chart() -> Chart {
        let line = |label: &str, colour, points: [(f64, f64); 2]| Trace {
            label: label.into(),
            listed: true,
            heading: None,
            colour: Colour::hex(colour),
            style: LineStyle::Line(Dash::Solid),
            points: points.map(DataPoint::from).to_vec(),
            intervals: Intervals::None,
        };
        Chart {
            title: "Made up".into(),
            subtitle: Some("a card".into()),
            x: Axis::linear("Hidden Size", 0.0, 32768.0, 4096.0),
            y: Axis::linear("Throughput (TFLOPs/s)", 0.0, 250.0, 50.0),
            cells: None,
            traces: vec![
                line("h/a = 1", 0x1f77b4, [(0.0, 0.0), (32768.0, 50.0)]),
                line("h/a = 64", 0xe377c2, [(0.0, 0.0), (32768.0, 250.0)]),
            ],
            caption: None,
            desc: String::new(),
        }
    }

    fn plain(text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            plain += before;
            rest = after.split_once('m').unwrap().1;
        }
        plain + rest
    }

    #[test]
    fn lines_axes_ends_and_legend_are_there_and_fit() {
        let text = terminal_text(&chart(), 60, 13).unwrap().unwrap();
        let plain = plain(&text);
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!(lines[..2], ["Made up, a card", "Throughput (TFLOPs/s)"]);
        assert!(lines.iter().all(|line| line.chars().count() <= 60), "{plain}");
        // The faster line ends at the top, the slower one a fifth of the way up.
        assert!(lines[2].starts_with("250") && lines[2].ends_with(" 64"), "{plain}");
        let slow = lines.iter().position(|line| line.ends_with(" 1")).unwrap();
        assert!((9..12).contains(&slow), "{plain}");
        assert!(
            lines.iter().any(|line| line.trim_start().starts_with("0 ") && line.ends_with("32768")),
            "{plain}"
        );
        assert_eq!(lines.last(), Some(&"━ h/a = 1  ━ h/a = 64"));
        assert!(text.contains("\u{1b}[38;5;"), "in colours");
        assert_eq!(Some(text), terminal_text(&chart(), 60, 13).unwrap());
    }

    #[test]
    fn a_narrow_terminal_has_a_legend_of_several_lines_and_a_title_that_is_cut() {
        let mut chart =
            Chart { title: "A title that has no room on it, however it is put".into(), ..chart() };
        for power in [2, 4, 8, 16] {
            chart.traces.push(Trace { label: format!("h/a = {power}"), ..chart.traces[0].clone() });
        }
        let plain = plain(&terminal_text(&chart, 40, 10).unwrap().unwrap());
        assert!(plain.lines().all(|line| line.chars().count() <= 40), "{plain}");
        assert!(plain.starts_with("A title that has no room on it, however…\n"), "{plain}");
        assert!(
            plain.ends_with("━ h/a = 1  ━ h/a = 64  ━ h/a = 2\n━ h/a = 4  ━ h/a = 8  ━ h/a = 16\n"),
            "{plain}"
        );
    }

    #[test]
    fn the_caption_stands_below_the_legend_in_as_many_lines_as_it_takes() {
        let caption = "measured: f16, b=4, s=2048, causal, backward, layout nt, engine cudnn, pacing burst";
        let chart = Chart { caption: Some(caption.into()), ..chart() };
        let plain = plain(&terminal_text(&chart, 40, 10).unwrap().unwrap());
        assert!(plain.lines().all(|line| line.chars().count() <= 40), "{plain}");
        let (_, below) = plain.split_once("━ h/a = 1  ━ h/a = 64\n").unwrap();
        assert_eq!(below.lines().count(), 3);
        assert_eq!(below.split_whitespace().collect::<Vec<_>>().join(" "), caption);
    }

    #[test]
    fn what_is_not_of_lines_has_no_text() {
        let bars = Chart { x: Axis::named("model", vec!["a".into(), "b".into()]), ..chart() };
        assert_eq!(terminal_text(&bars, 80, 20).unwrap(), None);
    }

    #[test]
    fn ends_do_not_cover_each_other() {
        let black = Colour::hex(0);
        let rows = apart(vec![(3, "a", black), (3, "b", black), (9, "c", black), (9, "d", black)], 9);
        assert_eq!(rows.iter().map(|(row, ..)| *row).collect::<Vec<_>>(), [3, 4, 8, 9]);
    }
}

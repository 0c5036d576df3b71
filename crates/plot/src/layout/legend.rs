//! The legend's box: matplotlib's measures, scaled down and folded into columns as far as it takes
//! to fit.

use super::measures::pt;
use crate::chart::{Chart, DataPoint};
use crate::font;
use crate::scale::Scale;

/// The most room it may take, in pixels, right of the axes.
const MAX_WIDTH: f64 = 300.0;
/// From here down labels are cut rather than shrunk further for being too wide.
const CUT_SCALE: f64 = 0.65;
const MAX_COLUMNS: usize = 3;
/// How far one try is smaller than the one before.
const SHRINK: f64 = 0.96;

/// One line of the legend.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Row {
    /// A line of text over the entries after it.
    Heading(String),
    /// A trace, by its place in the chart, and its label.
    Entry(usize, String),
    /// What is drawn in every trace's colour, and what it says.
    Key(Key, String),
}

/// What the legend explains without a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// The hollow dot of a noisy point.
    Noisy,
    /// The ring of a point's other speed.
    SecondSpeed,
    /// The triangle at the frame of a value beyond it.
    Cut,
}

impl Row {
    fn text(&self) -> &str {
        match self {
            Row::Heading(text) | Row::Entry(_, text) | Row::Key(_, text) => text,
        }
    }

    /// From the left of the column to the text, in pixels at full size.
    fn indent(&self) -> f64 {
        match self {
            Row::Heading(_) => 0.0,
            Row::Entry(..) | Row::Key(..) => pt(HANDLE + 8.0),
        }
    }
}

/// Length of the piece of line beside a label, in points.
const HANDLE: f64 = 20.0;
/// From the frame to what is in it, in points.
const PADDING: f64 = 4.0;
/// From one row to the next: DejaVu Sans's height at 10 pt and matplotlib's half em between.
const PITCH: f64 = 15.0008;
/// Between columns, in points.
const GUTTER: f64 = 20.0;

/// A legend that fits, all in pixels from its own top left corner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Legend {
    /// What it says, column by column.
    pub(crate) rows: Vec<Row>,
    /// Size relative to matplotlib's.
    pub(crate) scale: f64,
    rows_per_column: usize,
    column_width: f64,
    columns: usize,
}

/// Where a row is: the left end and the middle of its handle, and the left end of its baseline.
pub(crate) struct RowPlace {
    pub(crate) handle: (f64, f64),
    pub(crate) text: (f64, f64),
}

impl Legend {
    /// The legend of a chart on axes, at most so high; none when nothing is drawn.
    pub(crate) fn fitted(chart: &Chart, x: &Scale, y: &Scale, max_height: f64) -> Option<Legend> {
        let mut rows: Vec<Row> = chart
            .traces
            .iter()
            .enumerate()
            .filter(|(_, trace)| trace.listed)
            .flat_map(|(i, trace)| {
                let heading = trace.heading.as_deref().map(|h| Row::Heading(font::drawable(h)));
                heading.into_iter().chain([Row::Entry(i, font::drawable(&trace.label))])
            })
            .collect();
        if rows.is_empty() {
            return None;
        }
        rows.extend(keys(chart, x, y));
        let mut legend = Legend { rows, scale: 1.0, rows_per_column: 0, column_width: 0.0, columns: 0 };
        loop {
            for columns in 1..=MAX_COLUMNS {
                if legend.fold(columns, max_height) {
                    return Some(legend);
                }
            }
            legend.scale *= SHRINK;
        }
    }

    /// Sets the rows in that many columns and says whether they fit.
    fn fold(&mut self, columns: usize, max_height: f64) -> bool {
        let scale = self.scale;
        self.columns = columns;
        self.rows_per_column = self.rows.len().div_ceil(columns);
        if self.height() > max_height {
            return false;
        }
        let size = self.font_size();
        let needed = |row: &Row| row.indent() * scale + font::width(row.text(), size);
        self.column_width = self.rows.iter().map(needed).fold(0.0, f64::max);
        if self.width() <= MAX_WIDTH {
            return true;
        }
        if scale > CUT_SCALE {
            return false;
        }
        let excess = self.width() - MAX_WIDTH;
        self.column_width -= excess / columns as f64;
        let column_width = self.column_width;
        for row in &mut self.rows {
            let indent = row.indent();
            let (Row::Heading(text) | Row::Entry(_, text) | Row::Key(_, text)) = row;
            *text = font::elide(text, |cut| indent * scale + font::width(cut, size) <= column_width);
        }
        true
    }

    /// Font size of all its text in pixels.
    pub(crate) fn font_size(&self) -> f64 {
        pt(10.0) * self.scale
    }

    /// Length of a handle in pixels.
    pub(crate) fn handle_length(&self) -> f64 {
        pt(HANDLE) * self.scale
    }

    /// Width of the frame in pixels.
    pub(crate) fn width(&self) -> f64 {
        let columns = self.columns as f64;
        columns * self.column_width + self.scale * pt(2.0 * PADDING + (columns - 1.0) * GUTTER)
    }

    /// Height of the frame in pixels.
    pub(crate) fn height(&self) -> f64 {
        self.scale * pt(PITCH * self.rows_per_column as f64 + 3.0)
    }

    /// The place of the row at `index`.
    pub(crate) fn place(&self, index: usize) -> RowPlace {
        let (column, line) = (index / self.rows_per_column, index % self.rows_per_column);
        let x = pt(PADDING) * self.scale + column as f64 * (self.column_width + pt(GUTTER) * self.scale);
        let y = pt(8.098 + PITCH * line as f64) * self.scale;
        RowPlace {
            handle: (x, y),
            text: (x + self.rows[index].indent() * self.scale, y + pt(3.5) * self.scale),
        }
    }
}

/// What the points of a chart need explained.
fn keys(chart: &Chart, x: &Scale, y: &Scale) -> Vec<Row> {
    let data = || chart.traces.iter().filter(|trace| trace.style.is_data()).flat_map(|trace| &trace.points);
    let shown = |point: &DataPoint| x.shows(point.x) && y.shows(point.y);
    let noisy = data().any(|point| point.noisy && shown(point));
    let second = data().any(|point| point.second.is_some_and(|value| x.shows(point.x) && y.shows(value)));
    let cut = data().any(|point| x.shows(point.x) && !y.shows(point.y));
    let key = |is_there: bool, key, text: &str| is_there.then(|| Row::Key(key, text.to_owned()));
    let keys = [
        key(noisy, Key::Noisy, "noisy"),
        key(second, Key::SecondSpeed, "other speed"),
        key(cut, Key::Cut, "cut off"),
    ];
    keys.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_HEIGHT: f64 = 470.0;

    fn fitted(chart: &Chart) -> Option<Legend> {
        let scale = Scale::new(&chart.x).unwrap();
        Legend::fitted(chart, &scale, &scale, MAX_HEIGHT)
    }
    use crate::chart::{Axis, Colour, Dash, Intervals, Style, Trace};

    fn chart(labels: impl IntoIterator<Item = String>) -> Chart {
        let axis = Axis::linear("", 0.0, 1.0, 1.0);
        let trace = |label| Trace {
            label,
            listed: true,
            heading: None,
            colour: Colour::hex(0),
            style: Style::Line(Dash::Solid),
            points: Vec::new(),
            intervals: Intervals::None,
        };
        Chart {
            title: String::new(),
            subtitle: None,
            x: axis.clone(),
            y: axis,
            cells: None,
            traces: labels.into_iter().map(trace).collect(),
            caption: None,
            desc: String::new(),
        }
    }

    #[test]
    fn seven_series_have_matplotlibs_size() {
        let legend = fitted(&chart([1, 2, 4, 8, 16, 32, 64].map(|p| format!("h/a = {p}")))).unwrap();
        assert_eq!((legend.scale, legend.columns), (1.0, 1));
        // matplotlib 3.11 draws it 112 × 155 px, with hinted glyphs.
        assert!((legend.width() - 112.0).abs() < 5.0, "{}", legend.width());
        assert!((legend.height() - 155.0).abs() < 5.1, "{}", legend.height());
    }

    #[test]
    fn any_number_of_series_with_labels_of_any_length_fits() {
        for count in [1, 7, 40, 150] {
            for length in [1, 30, 200] {
                let legend =
                    fitted(&chart((0..count).map(|i| format!("{i} {}", "m".repeat(length))))).unwrap();
                assert!(legend.width() <= MAX_WIDTH + 1e-9, "{count} {length}");
                assert!(legend.height() <= MAX_HEIGHT + 1e-9, "{count} {length}");
                for i in 0..legend.rows.len() {
                    let (place, text) = (legend.place(i).text, legend.rows[i].text());
                    let right = place.0 + font::width(text, legend.font_size());
                    assert!(
                        right <= legend.width() + 1e-9 && place.1 <= legend.height(),
                        "{count} {length} {i}"
                    );
                }
            }
        }
    }

    #[test]
    fn forty_series_stay_legible() {
        let legend = fitted(&chart((0..40).map(|i| format!("h/a = {i}")))).unwrap();
        assert!(legend.scale > 0.75, "{legend:?}");
    }

    #[test]
    fn noisy_points_and_points_off_the_axes_are_explained_where_there_are_any() {
        let said = |points: &[(f64, f64, bool)]| {
            let mut chart = chart(["h/a = 1".to_owned()]);
            let point = |&(x, y, noisy): &(f64, f64, bool)| DataPoint::from((x, y)).noisy(noisy);
            chart.traces[0].points = points.iter().map(point).collect();
            fitted(&chart).unwrap().rows.iter().map(|row| row.text().to_owned()).collect::<Vec<_>>().join("|")
        };
        assert_eq!(said(&[(0.1, 0.2, false), (0.5, 1.000_000_01, false)]), "h/a = 1");
        assert_eq!(said(&[(0.1, 0.2, true)]), "h/a = 1|noisy");
        assert_eq!(said(&[(0.1, 1.2, true)]), "h/a = 1|cut off");
        assert_eq!(said(&[(0.1, 0.2, true), (0.4, -0.2, false)]), "h/a = 1|noisy|cut off");
    }

    #[test]
    fn a_second_speed_is_explained_where_it_is_seen() {
        let said = |second: Option<f64>| {
            let mut chart = chart(["h/a = 1".to_owned()]);
            chart.traces[0].points = vec![DataPoint::from((0.1, 0.2)).with_second(second)];
            fitted(&chart).unwrap().rows.iter().map(|row| row.text().to_owned()).collect::<Vec<_>>().join("|")
        };
        assert_eq!([None, Some(0.3), Some(1.3)].map(said), ["h/a = 1", "h/a = 1|other speed", "h/a = 1"]);
    }

    #[test]
    fn nothing_drawn_needs_no_legend() {
        assert_eq!(fitted(&chart([])), None);
    }
}

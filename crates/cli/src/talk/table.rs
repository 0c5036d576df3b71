//! Columns of text, as many as a terminal has room for.

use crate::talk::voice::printable_line;
use console::{measure_text_width, truncate_str};
use hovera_analysis::Verdict;

/// A text, and its colour.
pub(crate) struct Cell {
    text: String,
    colour: Option<&'static str>,
}

impl Cell {
    pub(crate) fn plain(text: impl ToString) -> Cell {
        Cell { text: printable_line(&text.to_string()), colour: None }
    }

    pub(crate) fn verdict(verdict: Verdict, text: String) -> Cell {
        let colour = match verdict {
            Verdict::Faster => Some("\u{1b}[32m"),
            Verdict::Slower => Some("\u{1b}[31m"),
            Verdict::Unsure => Some("\u{1b}[33m"),
            Verdict::Same => None,
        };
        Cell { text, colour }
    }
}

/// What becomes of a column where the terminal is too narrow for all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Room {
    /// It stays.
    Kept,
    /// It stays, cut at its end where nothing else is left to leave out.
    Cut,
    /// It is left out, the one of the highest number first.
    LeftOut(u8),
}

/// Columns as wide as they need to be.
pub(crate) struct Table {
    columns: Vec<(String, Room)>,
    rows: Vec<Vec<Cell>>,
}

/// Between two columns.
const GAP: usize = 2;

/// No column that is cut gets narrower.
const NARROWEST: usize = 8;

impl Table {
    pub(crate) fn new<N: ToString>(columns: impl IntoIterator<Item = (N, Room)>) -> Table {
        let columns = columns.into_iter().map(|(name, room)| (name.to_string(), room)).collect();
        Table { columns, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The table on so many columns of a terminal, or whole. What was left out is said below it.
    pub(crate) fn text(&self, width: Option<usize>) -> String {
        let mut widths: Vec<Option<usize>> =
            (0..self.columns.len()).map(|at| Some(self.width_of(at))).collect();
        let mut left_out = Vec::new();
        let width = width.unwrap_or(usize::MAX);
        while total(&widths) > width {
            let droppable =
                |at: &usize| widths[*at].is_some() && matches!(self.columns[*at].1, Room::LeftOut(_));
            let Some(at) = (0..widths.len()).filter(droppable).max_by_key(|at| self.columns[*at].1) else {
                break;
            };
            widths[at] = None;
            left_out.push(at);
        }
        // The widest gives first.
        while total(&widths) > width {
            let cut = |at: &usize| self.columns[*at].1 == Room::Cut && widths[*at] > Some(NARROWEST);
            let Some(at) = (0..widths.len()).filter(cut).max_by_key(|at| widths[*at]) else { break };
            widths[at] = widths[at].map(|width| width - 1);
        }
        let header = self.columns.iter().map(|(name, _)| (name.as_str(), None));
        let mut text = line(header, &widths);
        for row in &self.rows {
            text.push_str(&line(row.iter().map(|cell| (cell.text.as_str(), cell.colour)), &widths));
        }
        if !left_out.is_empty() {
            left_out.sort_unstable();
            let names: Vec<&str> = left_out.iter().map(|at| self.columns[*at].0.as_str()).collect();
            text.push_str(&format!("(no room for {}: a wider terminal has them)\n", names.join(", ")));
        }
        text
    }

    /// Whether it fits without leaving anything out.
    pub(crate) fn fits(&self, width: Option<usize>) -> bool {
        let widths: Vec<_> = (0..self.columns.len()).map(|at| Some(self.width_of(at))).collect();
        width.is_none_or(|width| total(&widths) <= width)
    }

    fn width_of(&self, column: usize) -> usize {
        let cells =
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(&cell.text));
        cells.max().unwrap_or(0).max(measure_text_width(&self.columns[column].0))
    }
}

fn total(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten();
    shown.clone().sum::<usize>() + GAP * shown.count().saturating_sub(1)
}

fn line<'a>(
    cells: impl Iterator<Item = (&'a str, Option<&'static str>)>,
    widths: &[Option<usize>],
) -> String {
    let shown: Vec<_> = cells.zip(widths).filter_map(|(cell, width)| Some((cell, (*width)?))).collect();
    let mut text = String::new();
    for (at, ((cell, colour), width)) in shown.iter().enumerate() {
        let cell = truncate_str(cell, *width, "…");
        let padding = match at + 1 == shown.len() {
            true => String::new(),
            false => " ".repeat(width.saturating_sub(measure_text_width(&cell)) + GAP),
        };
        match colour {
            Some(colour) => text.push_str(&format!("{colour}{cell}\u{1b}[0m{padding}")),
            None => text.push_str(&format!("{cell}{padding}")),
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            ("card", Room::Cut),
            ("ratio", Room::Kept),
            ("best", Room::LeftOut(1)),
            ("worst", Room::LeftOut(2)),
        ]);
        table.row(["rack/node-1.csv", "1.000", "h=64", "h=128"].map(Cell::plain).into());
        table
    }

    #[test]
    fn a_table_is_whole_where_it_has_room() {
        let whole = "card             ratio  best  worst\nrack/node-1.csv  1.000  h=64  h=128\n";
        assert_eq!(table().text(None), whole);
        assert_eq!(table().text(Some(35)), whole);
        assert!(table().fits(Some(35)) && !table().fits(Some(34)));
    }

    #[test]
    fn columns_are_left_out_in_their_order_and_then_texts_are_cut() {
        let text = table().text(Some(34));
        assert!(text.starts_with("card             ratio  best\n"), "{text}");
        assert!(text.ends_with("\n(no room for worst: a wider terminal has them)\n"), "{text}");
        let text = table().text(Some(20));
        assert!(
            text.starts_with("card           ratio\nrack/node-1.…  1.000\n(no room for best, worst:"),
            "{text}"
        );
        // What cannot get narrower stays as it is.
        assert!(table().text(Some(3)).starts_with("card      ratio\nrack/no…  1.000\n"));
    }

    #[test]
    fn what_stands_in_a_cell_stays_in_it() {
        let mut table = Table::new([("note", Room::Kept), ("x", Room::Kept)]);
        table.row(vec![Cell::plain("a\nb\u{1b}[1m"), Cell::plain("模型")]);
        table.row(vec![Cell::plain("c"), Cell::plain("d")]);
        assert_eq!(table.text(None), "note           x\na\\nb\\u{1b}[1m  模型\nc              d\n");
    }
}

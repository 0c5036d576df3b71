//! Columns of text.

use crate::voice::printable_line;
use hovera_analysis::Verdict;

/// A text, and its colour.
pub(super) struct Cell {
    text: String,
    colour: Option<&'static str>,
}

impl Cell {
    pub(super) fn plain(text: impl ToString) -> Cell {
        Cell { text: printable_line(&text.to_string()), colour: None }
    }

    pub(super) fn verdict(verdict: Verdict, text: String) -> Cell {
        let colour = match verdict {
            Verdict::Faster => Some("\u{1b}[32m"),
            Verdict::Slower => Some("\u{1b}[31m"),
            Verdict::Unsure => Some("\u{1b}[33m"),
            Verdict::Same => None,
        };
        Cell { text, colour }
    }
}

/// Columns as wide as they need to be.
pub(super) struct Table {
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(header: &[&str]) -> Table {
        Table { rows: vec![header.iter().map(Cell::plain).collect()] }
    }

    pub(super) fn header(&mut self, more: &[&str]) {
        self.rows[0].extend(more.iter().map(Cell::plain));
    }

    pub(super) fn text(&self) -> String {
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.chars().count()).max()
        };
        let mut text = String::new();
        for row in &self.rows {
            for (column, cell) in row.iter().enumerate() {
                let last = column + 1 == row.len();
                let width = if last { 0 } else { width(column).unwrap_or(0) };
                let padding = " ".repeat(width.saturating_sub(cell.text.chars().count()));
                let gap = if last { "" } else { "  " };
                match cell.colour {
                    Some(colour) => text.push_str(&format!("{colour}{}\u{1b}[0m{padding}{gap}", cell.text)),
                    None => text.push_str(&format!("{}{padding}{gap}", cell.text)),
                }
            }
            text.push('\n');
        }
        text
    }
}

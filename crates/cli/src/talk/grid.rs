//! A table that is printed for people, as wide as the terminal, or as Markdown.

use super::table::{Cell, Room, Table};

/// Columns and rows, however they are written. A row of one cell is a heading.
pub(crate) struct Grid {
    pub(crate) columns: Vec<(String, Room)>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Grid {
    /// Headings take no part in how wide the columns are.
    pub(crate) fn table(&self, width: Option<usize>) -> String {
        let mut table = Table::new(self.columns.iter().map(|(name, room)| (name, *room)));
        let full = self.rows.iter().filter(|row| row.len() > 1);
        full.for_each(|row| table.row(row.iter().map(Cell::plain).collect()));
        let text = table.text(width);
        let mut lines = text.lines().map(str::trim_end);
        let mut all: Vec<&str> = lines.next().into_iter().collect();
        for row in &self.rows {
            match row.as_slice() {
                [heading] => all.push(heading),
                _ => all.extend(lines.next()),
            }
        }
        all.extend(lines);
        all.join("\n") + "\n"
    }

    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = String>| {
            format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
        };
        let mut text = format!("\n{}", line(&mut self.columns.iter().map(|(name, _)| name.clone())));
        text.push_str(&line(&mut self.columns.iter().map(|_| "---".to_owned())));
        for row in &self.rows {
            let empty = std::iter::repeat_n(String::new(), self.columns.len() - row.len());
            text.push_str(&line(&mut row.iter().map(|cell| cell.trim().replace('|', "\\|")).chain(empty)));
        }
        text + "\n"
    }
}

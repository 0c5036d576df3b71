//! The chart of a sweep while it runs.

use hovera_core::{FrontMatter, Results, Row};
use hovera_plot::{ChartOptions, terminal_text};
use std::time::{Duration, Instant};

/// A chart is drawn anew at most so often.
const EVERY: Duration = Duration::from_millis(500);

/// What was measured so far, and when it was last drawn.
pub(super) struct Live {
    results: Results,
    room: (u16, u16),
    drawn: Option<Instant>,
}

impl Live {
    /// Of a sweep, into so many columns and lines.
    pub(super) fn new(front_matter: &FrontMatter, room: (u16, u16)) -> Live {
        let mut front_matter = front_matter.clone();
        // Of no sweep: it is known that this is not all of it.
        front_matter.sweep.spec.clear();
        Live { results: Results { front_matter, rows: Vec::new(), sessions: Vec::new() }, room, drawn: None }
    }

    /// The chart with a row that was just measured, of that row's product; none where it was drawn a moment ago, or
    /// is not of lines.
    pub(super) fn with(&mut self, row: &Row) -> Option<String> {
        self.results.rows.push(row.clone());
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < EVERY) {
            return None;
        }
        // Whoever runs a sweep knows its conditions: the room is the lines'.
        let options = ChartOptions { caption: false, ..ChartOptions::default() };
        let charts = hovera_plot::charts(&self.results, &options).ok()?;
        let is_of_row = |op| op == row.point.op;
        let of_row = charts.iter().find(|it| it.condition.is_some_and(|condition| is_of_row(condition.op)));
        let (columns, lines) = self.room;
        let text = terminal_text(&of_row.or(charts.first())?.chart, columns, lines).ok()??;
        self.drawn = Some(Instant::now());
        Some(text)
    }
}

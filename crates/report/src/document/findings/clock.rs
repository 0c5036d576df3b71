//! How the SM clock moved.

use crate::document::condition::layer;
use crate::document::sentence::{Sentence, counted};
use hovera_core::{Results, Row, median};

/// The true SM clock over a file's points, in MHz.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clock<'a> {
    lowest: (f64, &'a Row),
    highest: (f64, &'a Row),
    middle: f64,
    points: usize,
    /// Of the points whose card told: how many it held back.
    held_back: Option<(usize, usize)>,
}

impl<'a> Clock<'a> {
    /// None where no clock was measured.
    pub(super) fn find(results: &'a Results) -> Option<Clock<'a>> {
        let clock = |row: &'a Row| Some((row.telemetry.sm_clock_mhz?, row));
        let mut clocks: Vec<_> = results.rows.iter().filter_map(clock).collect();
        clocks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let values: Vec<f64> = clocks.iter().map(|(mhz, _)| *mhz).collect();
        let told: Vec<&str> =
            results.rows.iter().filter_map(|row| row.telemetry.throttle.as_deref()).collect();
        let held_back = told.iter().filter(|reason| **reason != "none").count();
        Some(Clock {
            lowest: *clocks.first()?,
            highest: *clocks.last()?,
            middle: median(&values)?,
            points: clocks.len(),
            held_back: (!told.is_empty()).then_some((held_back, told.len())),
        })
    }

    pub(super) fn sentence(&self) -> Sentence {
        let place = |row: &Row| {
            let of = layer(row).map(|l| format!(", h/a = {}, hidden size {}", l.series(), l.hidden()));
            format!("{}{}", row.point.op, of.unwrap_or_default())
        };
        let mut words = format!(
            "The true SM clock ran from {:.0} MHz ({}) to {:.0} MHz ({}) over {}, with a median of {:.0} MHz.",
            self.lowest.0,
            place(self.lowest.1),
            self.highest.0,
            place(self.highest.1),
            counted(self.points, "point"),
            self.middle
        );
        if let Some((held_back, told)) = self.held_back {
            words += &format!(
                " The card reported a reason to hold its clock back at {held_back} of {}.",
                counted(told, "point")
            );
        }
        Sentence::new(words)
    }
}

//! How many points came to what.

use super::in_words::place;
use crate::talk::counted::{counted, counted_with};
use crate::talk::voice::Voice;
use hovera_core::{Point, Row, Status};
use std::collections::BTreeMap;

/// What became of the points: of each, the last that was said.
#[derive(Debug, Default)]
pub(super) struct Tally {
    statuses: BTreeMap<Point, Status>,
    first_failure: Option<String>,
}

impl Tally {
    pub(super) fn add(&mut self, row: &Row) {
        self.statuses.insert(row.point, row.status);
        if row.status == Status::Failed {
            self.first_failure.get_or_insert_with(|| format!("{}: {}", place(&row.point), row.note));
        }
    }

    pub(super) fn has(&self, point: &Point) -> bool {
        self.statuses.contains_key(point)
    }

    pub(super) fn count(&self, status: Status) -> usize {
        self.statuses.values().filter(|s| **s == status).count()
    }

    pub(super) fn describe(&self) -> String {
        let counts = Status::ALL.iter().map(|status| (self.count(*status), status));
        let said: Vec<String> = counts
            .filter(|(count, _)| *count > 0)
            .map(|(count, status)| format!("{count} {status}"))
            .collect();
        if said.is_empty() {
            "nothing left to measure".into()
        } else {
            format!("points: {}", said.join(", "))
        }
    }

    pub(super) fn warn_of_trouble(&self, voice: Voice) {
        if let Some(first) = &self.first_failure {
            voice.warn(&format!(
                "{} failed; the first: {first}",
                counted(self.count(Status::Failed), "point")
            ));
        }
        let skipped = self.count(Status::Skipped);
        if skipped > 0 {
            voice.warn(&format!(
                "{} skipped, each with its reason in the file",
                counted_with(skipped, "point", ["was", "were"])
            ));
        }
    }
}

//! How far the card drifted while a sweep ran.

use crate::document::sentence::{Sentence, three_digits};
use hovera_core::{Results, Sentinel, Session};

/// A shape that was measured again and again.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drift<'a> {
    sentinel: &'a Sentinel,
    session: &'a Session,
}

impl<'a> Drift<'a> {
    /// Of every shape that was measured at least twice.
    pub(super) fn all(results: &'a Results) -> Vec<Drift<'a>> {
        let drifts =
            |session: &'a Session| session.sentinel.iter().map(move |sentinel| Drift { sentinel, session });
        let mut all: Vec<_> = results.sessions.iter().flat_map(drifts).collect();
        all.retain(|drift| drift.sentinel.time_us.len() > 1);
        all
    }

    pub(super) fn sentence(&self) -> Sentence {
        let Sentinel { point, time_us, time_drift, invariant_drift, .. } = self.sentinel;
        Sentence::new("One shape, ").quote(point).words(format!(
            ", was measured {} times over the {:.0} s of a run: its time moved by {} %. At one \
             SM clock it would have moved by {} %.",
            time_us.len(),
            self.session.wall_seconds,
            three_digits(time_drift * 100.0),
            three_digits(invariant_drift * 100.0)
        ))
    }
}

//! How a run ended: what it says of it, and its exit code.

use super::in_words::{described, say_what_was_found};
use super::sink::Sink;
use super::tally::Tally;
use crate::args::Measuring;
use crate::run::cards::OpenBackend;
use crate::run::stop::Stop;
use crate::talk::counted::{counted, counted_with};
use crate::talk::voice::Voice;
use crate::{exit, plan_summary};
use anyhow::{Context, Result};
use hovera_bench::sweep::Swept;
use hovera_core::{Point, Status};
use std::time::Duration;

/// A sweep that has ended, of its own or early.
pub(super) struct Outcome<'a> {
    pub(super) swept: Swept,
    pub(super) tally: Tally,
    pub(super) elapsed: Duration,
    /// Points that were in the file before.
    pub(super) there: usize,
    /// Points that have a row since.
    pub(super) measured: usize,
    /// Points that fit and have none.
    pub(super) unmeasured: usize,
    pub(super) plan: &'a [Point],
}

impl Outcome<'_> {
    /// Ends the file and says what came of the sweep; the exit code.
    pub(super) fn conclude(
        self,
        sink: Sink,
        args: &Measuring,
        cards: &[OpenBackend],
        stop: &Stop,
        voice: Voice,
    ) -> Result<u8> {
        let Swept { sessions, lost, stopped } = self.swept;
        let several = cards.len() > 1;
        sessions.iter().for_each(|session| say_what_was_found(session, several, voice));
        voice.say(&format!(
            "{} in {}{}",
            self.tally.describe(),
            plan_summary::duration(self.elapsed.as_secs_f64()),
            if stopped { String::new() } else { sink.whereto() }
        ));
        self.tally.warn_of_trouble(voice);
        let go_on = sink.go_on(args);
        sink.finish(self.plan, if self.measured > 0 { sessions } else { Vec::new() })?;
        for (device, error) in &lost {
            voice.warn(&format!("{} was lost: {error}", described(cards, *device)));
        }
        if stopped {
            let (so_far, all, signal) = (self.there + self.measured, self.plan.len(), stop.name());
            voice.warn(&format!("stopped by {signal} after {so_far} of {}{go_on}", counted(all, "point")));
            return Ok(stop.code());
        }
        if let (Some((_, error)), true) = (lost.into_iter().next(), self.unmeasured > 0) {
            return Err(error).context(format!(
                "{} not measured, because no device is left; give the same command again to continue",
                counted_with(self.unmeasured, "point", ["is", "are"])
            ));
        }
        Ok(if self.tally.count(Status::Failed) > 0 { exit::INCOMPLETE } else { exit::DONE })
    }
}

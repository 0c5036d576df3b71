//! One card's part of a sweep.

use super::queue::Queue;
use crate::backend::{Backend, BackendError};
use crate::runner::Runner;
use hovera_core::{Point, Row, Session, Stretch};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc::{Sender, channel};

/// What a card has to tell.
pub(super) enum Event<'q> {
    TooLarge(&'q Row),
    New(Row),
    Again(Row),
    Ended(Session, Ended),
}

/// Why a card does no more.
pub(super) enum Ended {
    /// There is nothing more to do.
    Whole,
    Stopped,
    Lost(BackendError),
}

/// Something told, and the way to say that it was heard.
pub(super) struct Told<'q> {
    pub(super) event: Event<'q>,
    pub(super) heard: Sender<()>,
}

/// A card that takes points from the queue until there are no more.
pub(super) struct CardSweep<'q, 'r, B: Backend + ?Sized> {
    runner: Runner<'r, B>,
    todo: &'q [Point],
    /// Rows of those of `todo` that the cards are too small for.
    too_large: &'q BTreeMap<Point, &'q Row>,
    queue: &'q Queue,
    events: Sender<Told<'q>>,
    /// Points of `todo` that memory is reserved for.
    reserved: Range<usize>,
    /// The block that it was in last: points of one dtype, for which memory is reserved at a time.
    block: Range<usize>,
    stretch: Option<Stretch>,
    /// The point that it took last, until something comes of it.
    taken: Option<usize>,
    /// Points that failed one after the other because of the device. It is not known yet whether they or
    /// the device are at fault.
    streak: Vec<(usize, Row)>,
}

impl<'q, 'r, B: Backend + ?Sized> CardSweep<'q, 'r, B> {
    pub(super) fn new(
        runner: Runner<'r, B>,
        todo: &'q [Point],
        too_large: &'q BTreeMap<Point, &'q Row>,
        queue: &'q Queue,
        events: Sender<Told<'q>>,
    ) -> CardSweep<'q, 'r, B> {
        let (reserved, block, stretch, taken, streak) = (0..0, 0..0, None, None, Vec::new());
        CardSweep { runner, todo, too_large, queue, events, reserved, block, stretch, taken, streak }
    }

    pub(super) fn work(mut self) {
        let ended = match self.measure_all() {
            Ok(()) => Ended::Whole,
            Err(BackendError::Stopped) => {
                // What failed in a row will be tried again, and nobody else goes on either.
                self.streak.clear();
                self.taken = None;
                self.queue.close();
                Ended::Stopped
            }
            Err(error) => Ended::Lost(error),
        };
        self.drop_out();
        let CardSweep { runner, events, .. } = self;
        tell(&events, Event::Ended(runner.finish(), ended));
    }

    /// # Errors
    /// That of the device when the rest has no chance on it.
    fn measure_all(&mut self) -> Result<(), BackendError> {
        while let Some(index) = self.next()? {
            self.taken = Some(index);
            // While the device is used to points like these.
            let stretch = self.todo[index].stretch();
            if self.stretch.replace(stretch) != Some(stretch) {
                self.measure_doubtful()?;
            }
            if !self.block.contains(&index) {
                self.block = self.block_of(index);
            }
            if let Some(row) = self.too_large.get(&self.todo[index]) {
                self.taken = None;
                tell(&self.events, Event::TooLarge(row));
                self.queue.done(1);
                continue;
            }
            let measured = self.measure(index);
            self.taken = None;
            let row = match measured {
                Ok(row) => row,
                Err(BackendError::Stopped) => return Err(BackendError::Stopped),
                Err(error) => {
                    self.streak.push((index, self.runner.failed(&self.todo[index], &error)));
                    return Err(error);
                }
            };
            if self.runner.is_in_trouble() {
                self.streak.push((index, row));
            } else {
                self.tell_streak();
                self.tell(row);
            }
        }
        Ok(())
    }

    /// The next point. Where none is left, it is time for the doubtful ones, and for those that failed
    /// last to be tried on another card.
    fn next(&mut self) -> Result<Option<usize>, BackendError> {
        if let Some(index) = self.queue.try_take() {
            return Ok(Some(index));
        }
        if !self.streak.is_empty() {
            return Ok(None);
        }
        self.measure_doubtful()?;
        Ok(self.queue.take())
    }

    fn measure(&mut self, index: usize) -> Result<Row, BackendError> {
        let point = self.todo[index];
        match self.reserve(index) {
            Ok(()) => self.runner.measure(&point),
            Err(BackendError::Stopped) => Err(BackendError::Stopped),
            Err(error) => self.runner.refused(&point, error),
        }
    }

    /// Memory for the whole block, or for the largest part of it around this point that fits: points may
    /// fit one by one, but not the largest A, B and C of all of them together.
    fn reserve(&mut self, index: usize) -> Result<(), BackendError> {
        if self.reserved.contains(&index) {
            return Ok(());
        }
        self.reserved = 0..0;
        let mut part = self.block.clone();
        loop {
            let fitting = self.todo[part.clone()].iter().filter(|point| !self.too_large.contains_key(point));
            match self.runner.reserve(&fitting.copied().collect::<Vec<_>>()) {
                Err(BackendError::OutOfMemory { .. }) if part.len() > 1 => {
                    let middle = part.start + part.len() / 2;
                    part = if index < middle { part.start..middle } else { middle..part.end };
                }
                Err(error) => return Err(error),
                Ok(()) => {
                    self.reserved = part;
                    return Ok(());
                }
            }
        }
    }

    fn block_of(&self, index: usize) -> Range<usize> {
        let other = |point: &Point| point.dtype != self.todo[index].dtype;
        let start = self.todo[..index].iter().rposition(other).map_or(0, |before| before + 1);
        let end = self.todo[index..].iter().position(other).map_or(self.todo.len(), |after| index + after);
        start..end
    }

    /// Measures what is doubtful so far in this block again, until nothing is: one that turns out to have been
    /// disturbed makes those around it doubtful.
    fn measure_doubtful(&mut self) -> Result<(), BackendError> {
        loop {
            let doubtful = self.runner.doubtful();
            let again: Vec<usize> =
                self.block.clone().filter(|index| doubtful.contains(&self.todo[*index])).collect();
            if again.is_empty() {
                return Ok(());
            }
            for index in again {
                self.reserve(index)?;
                if let Some(row) = self.runner.measure_again(&self.todo[index])? {
                    tell(&self.events, Event::Again(row));
                }
            }
        }
    }

    fn tell(&self, row: Row) {
        tell(&self.events, Event::New(row));
        self.queue.done(1);
    }

    fn tell_streak(&mut self) {
        let streak = std::mem::take(&mut self.streak);
        streak.into_iter().for_each(|(_, row)| self.tell(row));
    }

    /// This card has no more to do. What failed on it in a row is left to the others; where there are
    /// none, it has failed.
    fn drop_out(&mut self) {
        let streak = self.streak.iter().map(|(index, _)| *index);
        let unmeasured: Vec<usize> = streak.chain(self.taken).collect();
        if self.queue.drop_out(&unmeasured) {
            self.streak.clear();
        } else {
            self.tell_streak();
        }
    }
}

/// Tells, and waits until it was heard. The one who listens may have gone.
fn tell<'q>(events: &Sender<Told<'q>>, event: Event<'q>) {
    let (heard, wait) = channel();
    if events.send(Told { event, heard }).is_ok() {
        _ = wait.recv();
    }
}

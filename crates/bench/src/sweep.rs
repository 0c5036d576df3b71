//! A sweep: points through runners, one for each card, into rows that are kept as soon as they are there.

mod card_sweep;
mod queue;

#[cfg(test)]
mod tests;

use crate::backend::{Backend, BackendError};
use crate::journal::{Journal, JournalError};
use crate::runner::Runner;
use card_sweep::{CardSweep, Ended, Event, Told};
use hovera_core::{Point, Row, Session, Status};
use queue::Queue;
use std::sync::mpsc::channel;

/// Where the rows of a sweep go.
pub trait RowSink {
    /// What can go wrong: with the rows, or with the device.
    type Error: From<BackendError>;

    /// Whether the row of this point is there already.
    fn is_done(&self, point: &Point) -> bool;

    /// Keeps a row.
    ///
    /// # Errors
    /// When it cannot be kept; the rows before it are, unless the error says that the last of them is not certain.
    fn append(&mut self, row: &Row) -> Result<(), Self::Error>;

    /// Keeps a row in the place of the one of the same point.
    ///
    /// # Errors
    /// When it cannot be kept; the earlier one is.
    fn replace(&mut self, row: &Row) -> Result<(), Self::Error>;
}

/// Why a sweep into a [`Journal`] ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The device.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The results file.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl RowSink for Journal {
    type Error = SweepError;

    fn is_done(&self, point: &Point) -> bool {
        self.is_done(point)
    }

    fn append(&mut self, row: &Row) -> Result<(), SweepError> {
        Ok(self.append(row)?)
    }

    fn replace(&mut self, row: &Row) -> Result<(), SweepError> {
        Ok(self.replace(row)?)
    }
}

/// A row that has just been kept.
#[derive(Debug, Clone, Copy)]
pub enum Kept<'a> {
    /// Of a point that the cards are too small for, or cannot compute.
    TooLarge(&'a Row),
    /// A point's first one.
    New(&'a Row),
    /// One in the place of the first: a point that was disturbed has been measured again.
    Again(&'a Row),
}

/// Splits points into those that fit every one of the cards, which are of one model, and `skipped` rows of
/// those that do not, and of those that are known beforehand not to be [supported](BackendError::Unsupported).
///
/// # Errors
/// The device's, when one does not answer.
pub fn those_that_fit<B: Backend + ?Sized>(
    cards: &[Box<B>],
    points: &[Point],
) -> Result<(Vec<Point>, Vec<Row>), BackendError> {
    let memory: Vec<u64> = cards.iter().map(|card| card.memory()).collect::<Result<_, _>>()?;
    let (Some(card), Some(&available)) = (cards.first(), memory.iter().min()) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let (mut fitting, mut too_large) = (Vec::new(), Vec::new());
    for &point in points {
        match card.footprint(&point) {
            Ok(needed) if needed <= u128::from(available) => fitting.push(point),
            Ok(needed) => too_large.push(skipped(point, &BackendError::OutOfMemory { needed, available })),
            Err(error @ BackendError::Unsupported(_)) => too_large.push(skipped(point, &error)),
            Err(error) => return Err(error),
        }
    }
    Ok((fitting, too_large))
}

/// So many points for each card are taken in the order of their cost at the end.
const LAST_POINTS: usize = 16;

/// Sorts the last points of a sweep that several cards share by falling cost, so that none is still at a long
/// one when the others have finished. All before stay in their order.
pub fn large_ones_first_at_the_end(points: &mut [Point], cards: usize, cost: impl Fn(&Point) -> f64) {
    let together = |a: &Point, b: &Point| a.stretch() == b.stretch();
    let Some(last) = points.chunk_by_mut(together).last() else { return };
    let start = last.len().saturating_sub(LAST_POINTS * cards);
    last[start..].sort_by(|a, b| cost(b).total_cmp(&cost(a)));
}

/// What is left to say when a sweep has ended.
#[derive(Debug, Default)]
pub struct Swept {
    /// What each card found, by its index in the front matter.
    pub sessions: Vec<Session>,
    /// The cards that were lost on the way, and to what.
    pub lost: Vec<(u32, BackendError)>,
    /// Whether it ended on request ([`Runner::stopped_by`]), with the points so far.
    pub stopped: bool,
}

/// Measures what is not done of a plan, and at the end of each stretch of like points again what is doubtful: what
/// stands out from its neighbours, has no near one, or was near something disturbed. Each card takes the next point
/// when it has done with one, in the order of the plan, and goes on when its row has been kept. So the rows of one
/// card are in the plan's order, those of `too_large` among them, however often the sweep was continued.
///
/// A point that fails because of the device is failed when the card can go on after it. A card that cannot
/// is lost, and leaves what failed on it in a row to the others. When all are lost, the rest of the plan is
/// not measured.
///
/// # Errors
/// The sink's. Points that are being measured come to their end.
pub fn sweep<B: Backend + Send + ?Sized, S: RowSink>(
    mut runners: Vec<Runner<'_, B>>,
    plan: &[Point],
    too_large: &[Row],
    sink: &mut S,
    mut on_kept: impl FnMut(Kept<'_>),
) -> Result<Swept, S::Error> {
    let todo: Vec<Point> = plan.iter().filter(|point| !sink.is_done(point)).copied().collect();
    let (todo, skipped) = (&todo, &too_large.iter().map(|row| (row.point, row)).collect());
    let queue = &Queue::new(todo.len(), runners.len());
    if let Some((first, others)) = runners.split_first_mut() {
        others.iter_mut().for_each(|runner| runner.share_trend(first));
    }
    let mut swept = Swept::default();
    let mut kept = Ok(());
    std::thread::scope(|scope| {
        let (sender, events) = channel();
        for runner in runners {
            let card = CardSweep::new(runner, todo, skipped, queue, sender.clone());
            scope.spawn(move || {
                let _at_panic = CloseOnPanic(queue);
                card.work();
            });
        }
        drop(sender);
        for Told { event, heard } in events {
            match event {
                Event::TooLarge(row) if kept.is_ok() => {
                    kept = sink.append(row).map(|()| on_kept(Kept::TooLarge(row)));
                }
                Event::New(row) if kept.is_ok() => {
                    kept = sink.append(&row).map(|()| on_kept(Kept::New(&row)));
                }
                Event::Again(row) if kept.is_ok() => {
                    kept = sink.replace(&row).map(|()| on_kept(Kept::Again(&row)));
                }
                Event::TooLarge(_) | Event::New(_) | Event::Again(_) => {}
                Event::Ended(session, Ended::Lost(error)) => {
                    swept.lost.push((session.device, error));
                    swept.sessions.push(session);
                }
                Event::Ended(session, ended) => {
                    swept.stopped |= matches!(ended, Ended::Stopped);
                    swept.sessions.push(session);
                }
            }
            if kept.is_err() {
                queue.close();
            }
            // The card that told it waits for this, or has ended.
            _ = heard.send(());
        }
    });
    swept.sessions.sort_by_key(|session| session.device);
    swept.lost.sort_by_key(|(device, _)| *device);
    kept.map(|()| swept)
}

/// A card's thread that panics must not keep the others waiting for its points.
struct CloseOnPanic<'q>(&'q Queue);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

fn skipped(point: Point, reason: &BackendError) -> Row {
    Row::bare(point, 0, Status::Skipped, reason.to_string())
}

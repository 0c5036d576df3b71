//! Getting the device used to a stretch of bursts.

use super::Runner;
use crate::backend::{Backend, BackendError};
use hovera_core::Point;
use std::collections::VecDeque;
use std::time::Duration;

impl<B: Backend + ?Sized> Runner<'_, B> {
    /// Before a light point, runs points of its stretch as if they were measured, for as long as the method wants,
    /// unless one of them ran last. So every one that counts has the same behind it: points like itself, with the
    /// rests between them.
    ///
    /// # Errors
    /// [`BackendError::Stopped`] alone. Whatever is wrong with a point shows when it is measured.
    pub(super) fn run_in(&mut self, point: &Point) -> Result<(), BackendError> {
        let stretch = point.stretch();
        if !point.needs_run_in(self.task.timers) || self.pace.accustomed_to == Some(stretch) {
            return Ok(());
        }
        let seconds = Duration::from_secs_f64(self.task.method.run_in(self.task.timers));
        let began = self.backend.now();
        let alike = |p: &&Point| p.stretch() == stretch;
        let mut points: VecDeque<Point> =
            self.reserved.iter().filter(alike).map(Point::without_search).collect();
        let (warmup, samples) = (self.task.method.warmup, self.task.method.min_samples);
        while self.backend.now().saturating_sub(began) < seconds {
            let Some(next) = points.pop_front() else { break };
            match self.backend.prepare(&next).and_then(|_| self.burst(&next, warmup, samples)) {
                Ok(_) => points.push_back(next),
                Err(BackendError::Stopped) => return Err(BackendError::Stopped),
                Err(error) if error.is_of_the_device() => break,
                Err(_) => {}
            }
        }
        Ok(())
    }
}

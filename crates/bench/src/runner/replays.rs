//! A point by replays of graphs at several places in memory.

use super::Runner;
use super::sampling::Sampled;
use crate::backend::{Backend, BackendError, Launch, Replay};
use crate::samples::{middle, times};
use hovera_core::procedure::replay::{EVENT_PAIR_S, MOST, PROBES, Replays, SHORTEST_LAUNCH_S};
use hovera_core::{Pacing, Point, Timer};
use std::time::Duration;

impl<B: Backend + ?Sized> Runner<'_, B> {
    /// Replays as [planned](Replays) for the length of the launch, and then at further places until the 95 %
    /// confidence interval of the median of the row's invariant is within the target, or there were [`MOST`] of them,
    /// or time runs out.
    ///
    /// Where the replays fall into two groups, each of which agrees with itself, the point has two speeds. Else one
    /// that is far slower than the middle one was disturbed from outside: it is thrown away and made up for.
    pub(super) fn sample_by_replays(&mut self, point: &Point) -> Result<Sampled, BackendError> {
        let deadline = self.backend.now() + Duration::from_secs_f64(self.task.method.max_point_seconds);
        let launch_s = self.probe(point)?;
        let replays = Replays::of_launch(launch_s);
        let planned =
            ((replays.places * replays.at_each) as usize).max(self.task.method.min_samples as usize);
        let most = planned.max(MOST as usize);
        let mut samples = self.task.samples(point);
        let (mut disturbed, mut ran) = (0, 0);
        loop {
            let place = ran / replays.at_each;
            samples.push(vec![self.replay(point, launch_s, replays, place)?]);
            ran += 1;
            if samples.len() < planned && (ran as usize) < most {
                continue;
            }
            // The same replays, of which those of the other speed and the disturbed ones do not count.
            let mut counted = samples.clone();
            let second = counted.split_second_speed();
            if second.is_none() && point.pacing != Pacing::None {
                disturbed += samples.drop_disturbed_replays();
                counted = samples.clone();
            }
            let enough = samples.len() >= planned && counted.relative_ci() <= self.task.method.ci_target;
            if enough || ran as usize >= most || self.backend.now() >= deadline {
                return Ok(Sampled { samples: counted, second, disturbed, energy_j: None });
            }
        }
    }

    /// About how long a launch of the point takes, in s, by the launch before it alone.
    pub(super) fn probe(&mut self, point: &Point) -> Result<f64, BackendError> {
        let launches = self.burst(point, PROBES, PROBES)?;
        let added_s = if self.task.timers.of_launches(point) == Timer::Event { EVENT_PAIR_S } else { 0.0 };
        let launch_s = middle(times(&launches)) * 1e-6 - added_s;
        Ok(launch_s.max(SHORTEST_LAUNCH_S))
    }

    /// Rests as the point's pacing asks, and replays a graph at one of the places.
    pub(super) fn replay(
        &mut self,
        point: &Point,
        launch_s: f64,
        replays: Replays,
        place: u32,
    ) -> Result<Launch, BackendError> {
        let Replays { warmup, launches, .. } = replays;
        let rate = point.flop() as f64 / launch_s;
        if point.pacing == Pacing::Burst {
            let busy = Duration::from_secs_f64(replays.busy_s(launch_s));
            let wait = self.pace.wait_for_replay(self.backend.now(), point, busy, rate);
            self.rest(wait)?;
        }
        self.stop.refuse_when_set()?;
        let launch = self.backend.replay(&Replay { place, warmup, launches })?;
        let busy_s = replays.busy_s(launch.time_us * 1e-6);
        if busy_s > 0.0 && busy_s.is_finite() {
            self.pace.replayed(self.backend.now(), point, Duration::from_secs_f64(busy_s), rate);
            self.account.session.busy_seconds += busy_s;
        }
        Ok(launch)
    }
}

#[cfg(test)]
mod tests;

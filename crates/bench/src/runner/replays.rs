//! A point by replays of graphs of visits at several places in memory.

use super::Runner;
use super::sampling::Sampled;
use crate::backend::{Backend, BackendError, Launch, Replay};
use crate::samples::{Samples, middle, times};
use hovera_core::procedure::replay::{EVENT_PAIR_S, PROBES, Replays, SHORTEST_LAUNCH_S};
use hovera_core::{Pacing, Point, Timer};
use std::time::Duration;

impl<B: Backend + ?Sized> Runner<'_, B> {
    /// Replays as [planned](Replays) for the length of the launch, and then further ones until the 95 %
    /// confidence interval of the median of the row's invariant is within the target, or there were `max_samples` of them,
    /// or time runs out. Further ones are at the places of the first again, so that from the second round on it is known
    /// what varies at a place and what the places differ by.
    ///
    /// Where the visits fall into two groups, each of which agrees with itself, the point has two speeds. Visits of several
    /// launches that differ by much may be means over both speeds: then launches are timed [one by
    /// one](Replays::one_by_one), and if these fall into two groups, they count instead. Where there is one speed, a replay
    /// that is far slower than the middle one was disturbed from outside: it does not count and is made up for.
    pub(super) fn sample_by_replays(&mut self, point: &Point) -> Result<Sampled, BackendError> {
        let deadline = self.backend.now() + Duration::from_secs_f64(self.task.method.max_point_seconds);
        let launch_s = self.probe(point)?;
        let mut replays = Replays::of_launch(launch_s);
        let mut samples = self.planned_replays(point, launch_s, replays)?;
        if let Some(one_by_one) = replays.one_by_one(launch_s)
            && samples.may_be_means_over_two_speeds()
        {
            let launches = self.planned_replays(point, launch_s, one_by_one)?;
            if launches.clone().split_second_speed().is_some() {
                (samples, replays) = (launches, one_by_one);
            }
        }
        let planned = self.planned(replays);
        let most = planned.max(self.task.method.max_samples);
        let mut ran = planned;
        loop {
            let mut counted = samples.clone();
            let second = counted.split_second_speed();
            let may_be_disturbed = second.is_none() && point.pacing != Pacing::None;
            let disturbed = if may_be_disturbed { counted.drop_disturbed_replays() } else { 0 };
            let enough = (counted.len() >= planned as usize || second.is_some())
                && counted.relative_ci() <= self.task.method.ci_target;
            if enough || ran == most || self.backend.now() >= deadline {
                return Ok(Sampled { samples: counted, second, disturbed, energy_j: None });
            }
            let place = ran % replays.replays;
            samples.push_at(place as usize, self.replay(point, launch_s, replays, place)?);
            ran += 1;
        }
    }

    /// How many replays there are at the least.
    fn planned(&self, replays: Replays) -> u32 {
        replays.replays.max(self.task.method.min_samples)
    }

    fn planned_replays(
        &mut self,
        point: &Point,
        launch_s: f64,
        replays: Replays,
    ) -> Result<Samples, BackendError> {
        let mut samples = self.task.samples(point).by_group();
        for index in 0..self.planned(replays) {
            let place = index % replays.replays;
            samples.push_at(place as usize, self.replay(point, launch_s, replays, place)?);
        }
        Ok(samples)
    }

    /// About how long a launch of the point takes, in s, by the launch before it alone.
    pub(super) fn probe(&mut self, point: &Point) -> Result<f64, BackendError> {
        let launches = self.burst(point, PROBES, PROBES)?;
        let added_s = if self.task.timers.of_launches(point) == Timer::Event { EVENT_PAIR_S } else { 0.0 };
        let launch_s = middle(times(&launches)) * 1e-6 - added_s;
        Ok(launch_s.max(SHORTEST_LAUNCH_S))
    }

    /// Rests as the point's pacing asks, and replays a graph, that of the `index`-th places.
    pub(super) fn replay(
        &mut self,
        point: &Point,
        launch_s: f64,
        replays: Replays,
        index: u32,
    ) -> Result<Vec<Launch>, BackendError> {
        let Replays { visits, warmup, launches, .. } = replays;
        let replay = Replay { place: index * visits, visits, warmup, launches };
        let rate = point.flop() as f64 / launch_s;
        self.backend.make_graph(&replay)?;
        if point.pacing == Pacing::Burst {
            let busy = Duration::from_secs_f64(replays.busy_s(launch_s));
            let wait = self.pace.wait_for_replay(self.backend.now(), point, busy, rate);
            self.rest(wait)?;
        }
        self.stop.refuse_when_set()?;
        let visited = self.backend.replay(&replay)?;
        let busy_s = replays.busy_s(Launch::mean(&visited).time_us * 1e-6);
        if busy_s > 0.0 && busy_s.is_finite() {
            self.pace.replayed(self.backend.now(), point, Duration::from_secs_f64(busy_s), rate);
            self.account.session.busy_seconds += busy_s;
        }
        Ok(visited)
    }
}

#[cfg(test)]
mod tests;

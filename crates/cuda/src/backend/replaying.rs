//! Launches in graphs, each on one of several sets of matrices.

use super::prepared::{Captured, Prepared, Turn};
use super::stamps_add::{stamps_last_untimed, times_us, visits_and_stamps};
use super::{CudaBackend, nothing_prepared};
use crate::burst::Stopwatch;
use crate::sys::{CapturedWork, Graph, Memory};
use hovera_bench::{BackendError, Burst, Launch, Replay};
use hovera_core::Cache;
use std::rc::Rc;

/// How long a graph holds the device back first: the driver submits all of it in one go, faster than the device runs
/// it.
const HOLD_NS: u64 = 50_000;

impl CudaBackend {
    /// Captures a graph of the current point where the last one was another.
    pub(super) fn make_captured(&mut self, replay: &Replay) -> Result<(), BackendError> {
        self.context.make_current()?;
        self.stamps_add()?;
        let prepared = self.prepared()?;
        let wanted = (prepared.program.chosen(), *replay);
        let is_there = prepared.captured.as_ref().is_some_and(|it| (it.candidate, it.replay) == wanted);
        if !is_there {
            let captured = self.capture(prepared, replay)?;
            let prepared = self.prepared.as_mut().ok_or_else(nothing_prepared)?;
            let before = prepared.captured.replace(captured);
            prepared.earlier_graphs.get_mut().extend(before.map(|captured| captured.graph));
        }
        Ok(())
    }

    /// Replays it.
    pub(super) fn run_replay(&mut self, replay: &Replay) -> Result<Vec<Launch>, BackendError> {
        self.make_captured(replay)?;
        let add = self.stamps_add()?;
        let prepared = self.prepared()?;
        let captured = prepared.captured.as_ref().ok_or_else(nothing_prepared)?;
        let visits = self.stopwatch.by_stamps(
            &self.stream,
            &self.kernels,
            &captured.graph,
            visits_and_stamps(replay),
        )?;
        prepared.turns.end_with(captured.last);
        let times = times_us(&visits, replay, add, &prepared.told);
        let clocks = visits.iter().map(|visit| visit.last().and_then(|all| all.mhz).filter(|_| self.stamps));
        Ok(times
            .into_iter()
            .zip(clocks)
            .map(|(time_us, sm_clock_mhz)| Launch { time_us, sm_clock_mhz })
            .collect())
    }

    /// Runs launches in graphs, with a stamp between each two samples.
    pub(super) fn launch_in_graphs(
        &self,
        prepared: &Prepared,
        burst: &Burst,
        added_us: f64,
    ) -> Result<Vec<Launch>, BackendError> {
        let mut launches = Vec::new();
        while (launches.len() as u32) < burst.samples {
            let count = (burst.samples - launches.len() as u32).min(Stopwatch::STAMPED) as usize;
            let number = prepared.turns.next_burst();
            let launch = || self.queue(prepared);
            let graph = self.capture_stamped(number, burst.warmup, (count, burst.each), &launch)?;
            launches.extend(self.between_stamps(&graph, (count, burst.each), added_us)?);
            prepared.earlier_graphs.borrow_mut().push(graph);
        }
        if !self.stamps {
            launches.iter_mut().for_each(|launch| launch.sm_clock_mhz = None);
        }
        Ok(launches)
    }

    /// A graph that holds the device back until all of it is there, and has a stamp before the first of so many samples of
    /// so many launches and behind each of them. It begins at another GPC than that of the number before.
    pub(super) fn capture_stamped(
        &self,
        number: u64,
        warmup: u32,
        (samples, each): (usize, u32),
        launch: &dyn Fn() -> Result<(), BackendError>,
    ) -> Result<Graph, BackendError> {
        let (stream, kernels) = (&self.stream, &self.kernels);
        let stamp = |index| kernels.stamp(stream, self.stopwatch.stamp_region(kernels, index)?);
        let work = CapturedWork::record(stream, || {
            kernels.hold(stream, HOLD_NS)?;
            kernels.vary_first_gpc(stream, number)?;
            (0..warmup).try_for_each(|_| launch())?;
            stamp(0)?;
            (1..=samples).try_for_each(|index| {
                (0..each).try_for_each(|_| launch())?;
                stamp(index)
            })
        })?;
        work.into_graph()
    }

    pub(super) fn between_stamps(
        &self,
        graph: &Graph,
        samples: (usize, u32),
        added_us: f64,
    ) -> Result<Vec<Launch>, BackendError> {
        self.stopwatch.by_stamps_between(&self.stream, &self.kernels, graph, samples, added_us)
    }

    /// What fills the L2: twice as much as it holds.
    pub(super) fn other_data(&self) -> Result<&Rc<Memory>, BackendError> {
        self.other_data.as_ref().ok_or_else(nothing_prepared)
    }

    fn capture(&self, prepared: &Prepared, replay: &Replay) -> Result<Captured, BackendError> {
        let Replay { place, visits, warmup, launches } = *replay;
        let copies = self.need(&prepared.point).copies;
        let of_visit = warmup + launches;
        // Cold launches each have a set of their own, or as many sets as there are between two on the same.
        let set = |visit: u32, launch: u32| {
            let place = u64::from(place) + u64::from(visit);
            match prepared.point.cache {
                Cache::Hot | Cache::Other => place % copies,
                Cache::Cold => (place * u64::from(of_visit) + u64::from(launch)) % copies,
            }
        };
        // Of visits with an odd number of launches every second one begins with the other workspace.
        let number = |visit: u32, launch: u32| u64::from(place) + u64::from(visit) + u64::from(launch);
        let launch = |visit: u32, launch: u32| {
            let turn = Turn { number: number(visit, launch), set: set(visit, launch) };
            self.queue_in_turn(prepared, turn)
        };
        let graph = self.capture_visits(replay, &launch)?;
        let candidate = prepared.program.chosen();
        let last = set(visits.saturating_sub(1), of_visit.saturating_sub(1));
        Ok(Captured { graph, candidate, replay: *replay, last })
    }

    /// A graph that holds the device back until all of it is there, and then at each visit fills the L2 with something
    /// else, begins at another GPC than the visit before, and runs launches that do not count and those that do, between two
    /// stamps, with another one ahead of the last launch that does not count where the visit tells what stamps add.
    pub(super) fn capture_visits(
        &self,
        replay: &Replay,
        launch: &dyn Fn(u32, u32) -> Result<(), BackendError>,
    ) -> Result<Graph, BackendError> {
        let (stream, kernels) = (&self.stream, &self.kernels);
        let Replay { place, visits, warmup, launches } = *replay;
        let other_data = self.other_data()?;
        let stamp = |index| kernels.stamp(stream, self.stopwatch.stamp_region(kernels, index)?);
        let work = CapturedWork::record(stream, || {
            kernels.hold(stream, HOLD_NS)?;
            let mut stamps = 0..;
            let mut next_stamp = || stamp(stamps.next().unwrap_or_default());
            (0..visits).try_for_each(|visit| {
                stream.fill_bytes(other_data.region(0..other_data.bytes())?, 0)?;
                kernels.vary_first_gpc(stream, u64::from(place) + u64::from(visit))?;
                (0..warmup).try_for_each(|index| {
                    if stamps_last_untimed(replay) && index + 1 == warmup {
                        next_stamp()?;
                    }
                    launch(visit, index)
                })?;
                next_stamp()?;
                (warmup..warmup + launches).try_for_each(|index| launch(visit, index))?;
                next_stamp()
            })
        })?;
        work.into_graph()
    }
}

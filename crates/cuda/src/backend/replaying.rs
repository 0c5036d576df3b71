//! Launches in graphs, each on one of several sets of matrices.

use super::prepared::{Captured, Prepared, Turn};
use super::{CudaBackend, nothing_prepared};
use crate::burst::Stopwatch;
use crate::sm_clock::Between;
use crate::sys::{CapturedWork, Graph, Memory};
use hovera_bench::{BackendError, Burst, Launch, Replay};
use hovera_core::{Cache, median_of};
use std::rc::Rc;

/// How long a graph holds the device back first: the driver submits all of it in one go, faster than the device runs
/// it.
const HOLD_NS: u64 = 50_000;

/// What is rewritten ahead of a replay on a device that does not tell its L2.
const LEAST_OTHER_DATA: u64 = 1 << 20;

/// What stamps add is measured so often with nothing between them: it differs by a tenth from time to time.
const ROUNDS: u32 = 15;

/// What two stamps add to products between them beyond that, in µs. Another kernel
/// begins behind the first stamp and ends before the second. (`crates/cuda/tests/stamps`)
const PRODUCTS_ADD_US: f64 = 0.15;

/// What they add at the least, in µs, to products that take so many µs or more: 1.3 on an H100 and 1.35 on an H200 by visits of one
/// launch and of 16, though with nothing between them they are 1.02 and 0.77 apart. To shorter ones they add 0.8 to 1.1 on either.
const LONG_PRODUCTS_ADD_US: f64 = 1.25;
const LONG_PRODUCTS_US: f64 = 25.0;

/// Launches from which what a stamp adds to each is told.
const FILLS: usize = 8;

/// A single visit without launches.
const VISIT: Replay = Replay { place: 0, visits: 1, warmup: 0, launches: 0 };

/// What stamps add to what they time, in µs.
#[derive(Debug, Clone, Copy)]
pub(super) struct StampsAdd {
    /// Two of them around many launches.
    ends_us: f64,
    /// One before and one behind a launch, beyond what a launch among many takes. It is more: a launch that fills the
    /// card takes longer to end than a stamp does.
    pub(super) between_us: f64,
}

/// What each of so many launches took, in µs, between two stamps that are so far apart.
fn less_ends(between_us: f64, ends_us: f64, launches: u32) -> f64 {
    let launches = f64::from(launches);
    let is_long = between_us >= LONG_PRODUCTS_US * launches;
    let added_us = if is_long { ends_us.max(LONG_PRODUCTS_ADD_US) } else { ends_us };
    (between_us - added_us) / launches
}

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
        let StampsAdd { ends_us, .. } = self.stamps_add()?;
        let prepared = self.prepared()?;
        let captured = prepared.captured.as_ref().ok_or_else(nothing_prepared)?;
        let visits = replay.visits as usize;
        let visited = self.stopwatch.by_stamps(&self.stream, &self.kernels, &captured.graph, visits)?;
        prepared.turns.end_with(captured.last);
        let launch = |between: Between| Launch {
            time_us: less_ends(between.us, ends_us, replay.launches),
            sm_clock_mhz: between.mhz.filter(|_| self.stamps),
        };
        Ok(visited.into_iter().map(launch).collect())
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
    fn capture_stamped(
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

    fn between_stamps(
        &self,
        graph: &Graph,
        samples: (usize, u32),
        added_us: f64,
    ) -> Result<Vec<Launch>, BackendError> {
        self.stopwatch.by_stamps_between(&self.stream, &self.kernels, graph, samples, added_us)
    }

    /// What fills the L2: twice as much as it holds.
    fn other_data(&self) -> Result<&Rc<Memory>, BackendError> {
        self.other_data.as_ref().ok_or_else(nothing_prepared)
    }

    /// What the stamps of this card add to what they time. The first graph needs the memory that fills the L2, too.
    pub(super) fn stamps_add(&mut self) -> Result<StampsAdd, BackendError> {
        if self.other_data.is_none() {
            let bytes = 2 * self.device.l2_bytes.unwrap_or(0);
            self.other_data = Some(Memory::allocate(&self.context, bytes.max(LEAST_OTHER_DATA))?);
        }
        let add = match self.stamps_add {
            Some(add) => add,
            None => self.measure_stamps()?,
        };
        self.stamps_add = Some(add);
        Ok(add)
    }

    /// The middle one of several times each.
    fn measure_stamps(&self) -> Result<StampsAdd, BackendError> {
        let two_stamps = self.capture_visits(&VISIT, &|_, _| Ok(()))?;
        // The launch here fills the whole card, as a product does.
        let other_data = self.other_data()?;
        let launch = || self.stream.fill_bytes(other_data.region(0..other_data.bytes())?, 0);
        let each = self.capture_stamped(0, 1, (FILLS, 1), &launch)?;
        let all =
            self.capture_visits(&Replay { warmup: 1, launches: FILLS as u32, ..VISIT }, &|_, _| launch())?;
        let us = |graph| {
            let visits = self.stopwatch.by_stamps(&self.stream, &self.kernels, graph, 1)?;
            visits.first().map(|visit| visit.us).ok_or_else(nothing_prepared)
        };
        let (mut ends, mut between) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ends.push(us(&two_stamps)?);
            let times = self.between_stamps(&each, (FILLS, 1), 0.0)?.into_iter().map(|launch| launch.time_us);
            let by_itself = median_of(times).ok_or_else(nothing_prepared)?;
            between.push((FILLS as f64 * by_itself - us(&all)?) / (FILLS - 1) as f64);
        }
        let middle = |values| median_of(values).ok_or_else(nothing_prepared);
        Ok(StampsAdd { ends_us: middle(ends)? + PRODUCTS_ADD_US, between_us: middle(between)?.max(0.0) })
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
    /// stamps.
    fn capture_visits(
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
            (0..visits).try_for_each(|visit| {
                stream.fill_bytes(other_data.region(0..other_data.bytes())?, 0)?;
                kernels.vary_first_gpc(stream, u64::from(place) + u64::from(visit))?;
                (0..warmup).try_for_each(|index| launch(visit, index))?;
                stamp(2 * visit as usize)?;
                (warmup..warmup + launches).try_for_each(|index| launch(visit, index))?;
                stamp(2 * visit as usize + 1)
            })
        })?;
        work.into_graph()
    }
}

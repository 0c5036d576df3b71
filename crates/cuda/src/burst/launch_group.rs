//! A group of launches: its events and stamps, and how they are queued and read.

use super::Bench;
use crate::sm_clock::{Between, between, burst_clock, launch_clocks, timer_step};
use crate::sys::{Context, Event, Kernels, Memory, Region, Stamp, Stream};
use hovera_bench::{BackendError, Launch};
use std::rc::Rc;

/// Launches timed in one go. A launch and its events and stamp take five or six places in the driver's
/// queue, which has about a thousand.
pub(super) const GROUP: usize = 64;

/// So many kernels that do nothing are queued behind the last launch of all. What a pair of events adds depends on what
/// is queued behind it: without them the first launches of a burst of eight read 0.5 to 1.2 µs longer than the last four
/// on H100s, with them (or five more launches) all alike; events, 16 or 60 of them, were not enough.
const BALLAST: u32 = 12;

/// Where the stamps stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamps {
    Nowhere,
    /// Before the warm-up and after all.
    Ends,
    /// Around every timed launch.
    Between,
}

/// Events and room for stamps, made once and used for group after group.
pub(super) struct LaunchGroup {
    events: Vec<(Rc<Event>, Rc<Event>)>,
    /// After all of it, stamps included.
    done: Rc<Event>,
    stamps: Rc<Memory>,
}

/// How a group is queued.
#[derive(Debug, Clone, Copy)]
pub(super) struct Queueing {
    pub(super) launches: usize,
    pub(super) warmup: u32,
    pub(super) stamps: Stamps,
    /// How long the device is held back for what is queued behind; not at all when it is busy with
    /// another group.
    pub(super) hold_ns: Option<u64>,
    /// Whether no other group follows, so that something else has to be queued behind the last launches.
    pub(super) ballast: bool,
}

impl LaunchGroup {
    pub(super) fn new(context: &Rc<Context>, kernels: &Kernels) -> Result<LaunchGroup, BackendError> {
        let pair = |_| Ok((Event::new(context)?, Event::new(context)?));
        let events = (0..GROUP).map(pair).collect::<Result<_, BackendError>>()?;
        let stamps = Memory::allocate(context, (GROUP as u64 + 1) * stamp_bytes(kernels))?;
        Ok(LaunchGroup { events, done: Event::new(context)?, stamps })
    }

    /// Room for one call of [`Kernels::stamp`].
    pub(super) fn stamp_region(&self, kernels: &Kernels, index: usize) -> Result<Region<'_>, BackendError> {
        let bytes = stamp_bytes(kernels);
        self.stamps.region(index as u64 * bytes..(index as u64 + 1) * bytes)
    }

    /// Queues at most [`GROUP`] launches, and says whether the device was still before the first timed one
    /// when the last had been queued. Otherwise it may have waited for the host within a pair of events.
    pub(super) fn queue(&self, bench: &Bench<'_>, queueing: Queueing) -> Result<bool, BackendError> {
        let Bench { stream, kernels, .. } = bench;
        let Queueing { launches, warmup, stamps, hold_ns, ballast } = queueing;
        let stamp = |index, when: Stamps| match stamps == when {
            true => kernels.stamp(stream, self.stamp_region(kernels, index)?),
            false => Ok(()),
        };
        if let Some(ns) = hold_ns {
            kernels.hold(stream, ns)?;
            kernels.vary_first_gpc(stream, (bench.next_burst)())?;
        }
        stamp(0, Stamps::Ends)?;
        for _ in 0..warmup {
            (bench.launch)()?;
        }
        for (index, (start, end)) in self.events[..launches].iter().enumerate() {
            stamp(index, Stamps::Between)?;
            stream.record(start)?;
            (bench.launch)()?;
            stream.record(end)?;
        }
        stamp(launches, Stamps::Between)?;
        if ballast {
            // Each takes the device about 2 µs.
            (0..BALLAST).try_for_each(|_| kernels.hold(stream, 1))?;
        }
        // Behind the ballast, so that the same is queued behind the launches with it and without.
        stamp(1, Stamps::Ends)?;
        stream.record(&self.done)?;
        match self.events[..launches].first() {
            Some((start, _)) => start.has_happened().map(|happened| !happened),
            None => Ok(true),
        }
    }

    /// Waits for the group, and reads what its launches came to. The stamps are copied on a queue of their
    /// own: the launches' may hold the next group.
    pub(super) fn collect(
        &self,
        bench: &Bench<'_>,
        copies: &Stream,
        queueing: Queueing,
    ) -> Result<Vec<Launch>, BackendError> {
        let Queueing { launches, stamps, .. } = queueing;
        self.done.synchronize()?;
        let clocks = match stamps {
            Stamps::Nowhere => vec![None; launches],
            Stamps::Ends => vec![self.clock_of_two(bench, copies)?; launches],
            Stamps::Between => {
                let sets = self.read_stamps(bench.kernels, copies, launches + 1)?;
                launch_clocks(&per_set(bench.kernels, &sets))
            }
        };
        let timed = self.events[..launches].iter().zip(clocks);
        timed
            .map(|((start, end), sm_clock_mhz)| Ok(Launch { time_us: end.us_since(start)?, sm_clock_mhz }))
            .collect()
    }

    /// The mean clock between the first two stamps, both of which must have been left.
    pub(super) fn clock_of_two(
        &self,
        bench: &Bench<'_>,
        copies: &Stream,
    ) -> Result<Option<f64>, BackendError> {
        let sets = self.read_stamps(bench.kernels, copies, 2)?;
        Ok(burst_clock(&per_set(bench.kernels, &sets)))
    }

    /// The time and the mean clock between each two stamps of each visit, all of which must have been left.
    pub(super) fn visits(
        &self,
        kernels: &Kernels,
        copies: &Stream,
        (visits, stamps): (usize, usize),
    ) -> Result<Option<Vec<Vec<Between>>>, BackendError> {
        let left = self.read_stamps(kernels, copies, visits * stamps)?;
        let of_visit = |sets: &[&[Stamp]]| sets.windows(2).map(between).collect();
        Ok(per_set(kernels, &left).chunks(stamps).map(of_visit).collect())
    }

    /// The time of a launch of those between each two stamps, `each` of them, less what a stamp adds, and their clock.
    pub(super) fn by_stamps(
        &self,
        kernels: &Kernels,
        copies: &Stream,
        (samples, each): (usize, u32),
        added_us: f64,
    ) -> Result<Vec<Launch>, BackendError> {
        let stamps = self.read_stamps(kernels, copies, samples + 1)?;
        let sets = per_set(kernels, &stamps);
        let times = sets
            .windows(2)
            .map(|pair| between(pair).map(|between| (between.us - added_us) / f64::from(each)));
        let timed = times.zip(launch_clocks(&sets));
        let launch =
            |(us, sm_clock_mhz): (Option<f64>, _)| us.map(|time_us| Launch { time_us, sm_clock_mhz });
        let launches: Option<Vec<Launch>> = timed.map(launch).collect();
        launches
            .ok_or_else(|| BackendError::Device("no SM left a stamp on both sides of a launch".to_owned()))
    }

    /// By how many ns the device's timer steps.
    pub(super) fn timer_step_ns(
        &self,
        kernels: &Kernels,
        copies: &Stream,
        sets: usize,
    ) -> Result<u64, BackendError> {
        let stamps = self.read_stamps(kernels, copies, sets)?;
        Ok(timer_step(&per_set(kernels, &stamps)))
    }

    fn read_stamps(
        &self,
        kernels: &Kernels,
        copies: &Stream,
        sets: usize,
    ) -> Result<Vec<Stamp>, BackendError> {
        let mut stamps = vec![Stamp::default(); sets * kernels.stamps() as usize];
        let bytes = sets as u64 * stamp_bytes(kernels);
        copies.read(self.stamps.region(0..bytes)?, &mut stamps)?;
        Ok(stamps)
    }
}

fn per_set<'s>(kernels: &Kernels, stamps: &'s [Stamp]) -> Vec<&'s [Stamp]> {
    stamps.chunks(kernels.stamps() as usize).collect()
}

fn stamp_bytes(kernels: &Kernels) -> u64 {
    u64::from(kernels.stamps()) * size_of::<Stamp>() as u64
}

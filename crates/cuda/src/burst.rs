//! Timing launches: back to back, each by a pair of CUDA events; many in a graph, by events in it; or one
//! at a time by the host's clock.

mod launch_group;

use crate::sys::{Context, Event, Kernels, Region, Stream};
use hovera_bench::{BackendError, Launch};
use hovera_core::median_of;
use launch_group::{GROUP, LaunchGroup, Queueing, Stamps};
use std::rc::Rc;
use std::time::Instant;

/// How long the device is held back for what is queued behind: about twice what a launch with its
/// events and stamp takes the host.
const HOLD_NS: u64 = 50_000;
const HOLD_NS_PER_LAUNCH: u64 = 25_000;

/// The same within a graph, which the driver submits in one go, faster than the device runs it: for the
/// lead that takes.
const GRAPH_HOLD_NS: u64 = 50_000;

/// How often a group is measured again with a hold four times as long.
const ATTEMPTS: u32 = 5;

/// Stamps between launches make the queue behind these longer, and with it what a pair of events adds, by up to a
/// microsecond: on an H100, medians with stamps between all launches and without any were 5.41 and 4.83 µs, 12.99 and
/// 12.51, 166.05 and 165.86, 2986.1 and 2986.8. Launches shorter than this have stamps at the ends of the burst only,
/// and are too short to keep the device busy while the host queues more of them.
const SHORT_US: f64 = 50.0;

/// The first group of a burst, and all of a short one. Each further group is twice as large, up to [`GROUP`]: what is queued
/// takes the device longer than queueing what follows takes the host.
const FIRST_GROUP: usize = 8;

/// Groups and a queue to read them by, made once and used for every burst.
pub(crate) struct Stopwatch {
    /// The device works on one while the host reads and fills the other.
    groups: [LaunchGroup; 2],
    copies: Rc<Stream>,
}

/// The events in a graph that times itself.
pub(crate) struct Markers {
    start: Rc<Event>,
    end: Rc<Event>,
}

impl Markers {
    pub(crate) fn new(context: &Rc<Context>) -> Result<Markers, BackendError> {
        Ok(Markers { start: Event::new(context)?, end: Event::new(context)? })
    }
}

/// What a burst needs of the backend.
pub(crate) struct Bench<'b> {
    pub(crate) stream: &'b Stream,
    pub(crate) kernels: &'b Kernels,
    /// Whether to measure clocks.
    pub(crate) stamps: bool,
    /// Queues the launch that is timed.
    pub(crate) launch: &'b dyn Fn() -> Result<(), BackendError>,
}

impl Stopwatch {
    pub(crate) fn new(context: &Rc<Context>, kernels: &Kernels) -> Result<Stopwatch, BackendError> {
        let groups = [LaunchGroup::new(context, kernels)?, LaunchGroup::new(context, kernels)?];
        Ok(Stopwatch { groups, copies: Stream::new(context)? })
    }

    /// Room for one call of [`Kernels::stamp`].
    pub(crate) fn stamp_region(&self, kernels: &Kernels, index: usize) -> Result<Region<'_>, BackendError> {
        self.groups[0].stamp_region(kernels, index)
    }

    /// Runs `warmup` launches that are not timed and then `samples` that are.
    ///
    /// More than a few of them are queued group by group, each while the device is busy with the one
    /// before, so that it never rests. Where it could have, because the launches are too short or the
    /// host was busy, the group is run again with a wait and `warmup` launches of its own.
    pub(crate) fn by_events(
        &self,
        bench: &Bench<'_>,
        warmup: u32,
        samples: u32,
    ) -> Result<Vec<Launch>, BackendError> {
        let samples = samples as usize;
        if samples == 0 {
            for _ in 0..warmup {
                (bench.launch)()?;
            }
            bench.stream.synchronize()?;
            return Ok(Vec::new());
        }
        let mut stamps = if bench.stamps { Stamps::Between } else { Stamps::Nowhere };
        let mut launches = self.some(bench, warmup, samples, stamps)?;
        let short = are_short(&launches);
        if short && stamps == Stamps::Between {
            stamps = Stamps::Ends;
            launches.clear();
        }
        while launches.len() < samples {
            let left = samples - launches.len();
            launches.extend(match short {
                true => self.alone(bench, warmup, left.min(GROUP), stamps)?,
                false => self.some(bench, warmup, left, stamps)?,
            });
        }
        Ok(launches)
    }

    /// Queues so many launches between the markers, and stamps around them, while a graph is captured.
    pub(crate) fn between_markers(
        &self,
        bench: &Bench<'_>,
        markers: &Markers,
        launches: u32,
    ) -> Result<(), BackendError> {
        let Bench { stream, kernels, .. } = bench;
        let stamp = |index| match bench.stamps {
            true => kernels.stamp(stream, self.stamp_region(kernels, index)?),
            false => Ok(()),
        };
        kernels.hold(stream, GRAPH_HOLD_NS)?;
        stamp(0)?;
        stream.record_in_graph(&markers.start)?;
        for _ in 0..launches {
            (bench.launch)()?;
        }
        stream.record_in_graph(&markers.end)?;
        stamp(1)
    }

    /// Launches a graph that times itself by its markers, and waits for it each time, since each launch
    /// records the same events.
    ///
    /// The events are nodes of the graph: whatever the host does between two launches of it, or within
    /// the call, is before the first. So nothing has to be queued ahead, which cannot always be done: with
    /// graphs of some kernels, on an H100, the host could not queue twelve before the first had begun.
    pub(crate) fn by_markers(
        &self,
        bench: &Bench<'_>,
        markers: &Markers,
        warmup: u32,
        samples: u32,
    ) -> Result<Vec<Launch>, BackendError> {
        for _ in 0..warmup {
            (bench.launch)()?;
        }
        bench.stream.synchronize()?;
        let replay = |_| {
            (bench.launch)()?;
            bench.stream.synchronize()?;
            Ok(Launch {
                time_us: markers.end.us_since(&markers.start)?,
                sm_clock_mhz: self.mean_clock(bench)?,
            })
        };
        (0..samples).map(replay).collect()
    }

    /// Times launches as the original benchmark did in 2023: one at a time, by the host's clock around
    /// launch and synchronise. Their clock is the mean one over all of them and the pauses in between.
    pub(crate) fn by_host(
        &self,
        bench: &Bench<'_>,
        warmup: u32,
        samples: u32,
    ) -> Result<Vec<Launch>, BackendError> {
        let stamp = |index| match bench.stamps {
            true => bench.kernels.stamp(bench.stream, self.stamp_region(bench.kernels, index)?),
            false => Ok(()),
        };
        stamp(0)?;
        for _ in 0..warmup {
            (bench.launch)()?;
        }
        bench.stream.synchronize()?;
        let mut times = Vec::with_capacity(samples as usize);
        for _ in 0..samples {
            let start = Instant::now();
            (bench.launch)()?;
            bench.stream.synchronize()?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        stamp(1)?;
        bench.stream.synchronize()?;
        let sm_clock_mhz = self.mean_clock(bench)?;
        Ok(times.into_iter().map(|time_us| Launch { time_us, sm_clock_mhz }).collect())
    }

    /// The mean clock between two stamps that have been left, where clocks are measured.
    fn mean_clock(&self, bench: &Bench<'_>) -> Result<Option<f64>, BackendError> {
        if bench.stamps { self.groups[0].clock_of_two(bench, &self.copies) } else { Ok(None) }
    }

    /// As many launches as go well: a few that are queued behind a hold, or as many groups as the device works
    /// off without a rest.
    fn some(
        &self,
        bench: &Bench<'_>,
        warmup: u32,
        launches: usize,
        stamps: Stamps,
    ) -> Result<Vec<Launch>, BackendError> {
        match launches > FIRST_GROUP {
            true => self.in_turns(bench, warmup, launches, stamps),
            false => self.alone(bench, warmup, launches, stamps),
        }
    }

    /// A group on a device that has nothing else to do.
    fn alone(
        &self,
        bench: &Bench<'_>,
        warmup: u32,
        launches: usize,
        stamps: Stamps,
    ) -> Result<Vec<Launch>, BackendError> {
        let group = &self.groups[0];
        let mut hold = hold_ns(warmup, launches);
        for _ in 0..ATTEMPTS {
            let queueing = Queueing { launches, warmup, stamps, hold_ns: Some(hold) };
            let ahead = group.queue(bench, queueing)?;
            bench.stream.synchronize()?;
            if ahead {
                return group.collect(bench, &self.copies, queueing);
            }
            hold *= 4;
        }
        Err(BackendError::Device(format!(
            "the host could not queue {launches} launches within {} ms: is its CPU busy? Event times would hold its \
             delays",
            hold / 4_000_000
        )))
    }

    /// LaunchGroup after group, each queued while the device is busy with the one before, until there are so many
    /// launches. Fewer of them when the device may have waited for the host, or the launches are short.
    fn in_turns(
        &self,
        bench: &Bench<'_>,
        warmup: u32,
        launches: usize,
        stamps: Stamps,
    ) -> Result<Vec<Launch>, BackendError> {
        let hold = hold_ns(warmup, FIRST_GROUP);
        let mut running = Queueing { launches: FIRST_GROUP, warmup, stamps, hold_ns: Some(hold) };
        if !self.groups[0].queue(bench, running)? {
            bench.stream.synchronize()?;
            return self.alone(bench, warmup, FIRST_GROUP, stamps);
        }
        let (mut queued, mut timed, mut turn) = (FIRST_GROUP, Vec::with_capacity(launches), 0);
        loop {
            let next = Queueing {
                launches: (2 * running.launches).min(GROUP).min(launches - queued),
                warmup: 0,
                hold_ns: None,
                ..running
            };
            let ahead = next.launches > 0 && self.groups[1 - turn].queue(bench, next)?;
            timed.extend(self.groups[turn].collect(bench, &self.copies, running)?);
            if !ahead || are_short(&timed) {
                bench.stream.synchronize()?;
                return Ok(timed);
            }
            (queued, running, turn) = (queued + next.launches, next, 1 - turn);
        }
    }
}

fn hold_ns(warmup: u32, launches: usize) -> u64 {
    HOLD_NS + HOLD_NS_PER_LAUNCH * (u64::from(warmup) + launches as u64)
}

/// Whether the median launch is a short one.
fn are_short(launches: &[Launch]) -> bool {
    median_us(launches).is_some_and(|median| median < SHORT_US)
}

/// The median time of a launch; none of no launches.
pub(crate) fn median_us(launches: &[Launch]) -> Option<f64> {
    median_of(launches.iter().map(|launch| launch.time_us))
}

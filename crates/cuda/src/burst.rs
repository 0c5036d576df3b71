//! Timing launches: back to back, each by a pair of CUDA events; many in a graph, by stamps at their ends; or one
//! at a time by the host's clock.

mod launch_group;

use crate::sm_clock::Between;
use crate::sys::{Context, Graph, Kernels, Region, Stream};
use hovera_bench::{BackendError, Launch};
use hovera_core::median_of;
use launch_group::{GROUP, LaunchGroup, Queueing, Stamps};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

/// How long the device is held back for what is queued behind: about twice what a launch with its
/// events and stamp takes the host.
const HOLD_NS: u64 = 50_000;
const HOLD_NS_PER_LAUNCH: u64 = 25_000;

/// How often a group is measured again with a hold four times as long.
const ATTEMPTS: u32 = 5;

/// Stamps between launches make the queue behind these longer, and with it what a pair of events adds, by up to a
/// microsecond: on an H100, medians with stamps between all launches and without any were 5.41 and 4.83 µs, 12.99 and
/// 12.51, 166.05 and 165.86, 2986.1 and 2986.8; on an H200 launches of 125.5 µs took 0.45 longer with them. Launches shorter than
/// this have stamps at the ends of the burst only. The first burst of a product finds that
/// out, and is run again where it had stamps between its launches.
const STAMPED_BETWEEN_US: f64 = 150.0;

/// Launches shorter than this are too short to keep the device busy while the host queues more of them.
const SHORT_US: f64 = 50.0;

/// So many stamps, each of all SMs, tell the step of the device's timer.
const MOMENTS: usize = 16;

/// How long a product's launches are, as its first bursts timed by events find out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Length {
    /// Shorter than [`SHORT_US`]: groups are each queued behind a hold.
    Short,
    /// Shorter than [`STAMPED_BETWEEN_US`].
    Middling,
    /// Or not known yet.
    #[default]
    Long,
}

impl Length {
    fn of(launches: &[Launch]) -> Length {
        match median_us(launches) {
            Some(us) if us < SHORT_US => Length::Short,
            Some(us) if us < STAMPED_BETWEEN_US => Length::Middling,
            _ => Length::Long,
        }
    }
}

/// The first group of a burst, and all of a short one. Each further group is twice as large, up to [`GROUP`]: what is queued
/// takes the device longer than queueing what follows takes the host.
const FIRST_GROUP: usize = 8;

/// Groups and a queue to read them by, made once and used for every burst.
pub(crate) struct Stopwatch {
    /// The device works on one while the host reads and fills the other.
    groups: [LaunchGroup; 2],
    copies: Rc<Stream>,
}

/// What a burst needs of the backend.
pub(crate) struct Bench<'b> {
    pub(crate) stream: &'b Stream,
    pub(crate) kernels: &'b Kernels,
    /// Whether to measure clocks.
    pub(crate) stamps: bool,
    /// What the bursts before found.
    pub(crate) length: &'b Cell<Length>,
    /// A number for [`Kernels::vary_first_gpc`], asked for each group of launches that the device is held back for.
    pub(crate) next_burst: &'b dyn Fn() -> u64,
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
        let mut launches = Vec::new();
        while launches.len() < samples {
            let left = samples - launches.len();
            let length = bench.length.get();
            let stamps = match length {
                _ if !bench.stamps => Stamps::Nowhere,
                Length::Short | Length::Middling => Stamps::Ends,
                Length::Long => Stamps::Between,
            };
            let some = match length {
                Length::Short => self.alone(bench, warmup, left.min(GROUP), stamps)?,
                Length::Middling | Length::Long => self.some(bench, warmup, left, stamps)?,
            };
            if launches.is_empty() {
                bench.length.set(length.min(Length::of(&some)));
            }
            // Those of shorter launches with stamps between them do not count.
            if !(stamps == Stamps::Between && bench.length.get() < Length::Long) {
                launches.extend(some);
            }
        }
        Ok(launches)
    }

    /// How many samples one graph can have.
    pub(crate) const STAMPED: u32 = GROUP as u32;

    /// By how many ns the device's timer steps, as the stamps of some moments tell.
    pub(crate) fn timer_step_ns(&self, stream: &Stream, kernels: &Kernels) -> Result<u64, BackendError> {
        let group = &self.groups[0];
        (0..MOMENTS).try_for_each(|index| kernels.stamp(stream, group.stamp_region(kernels, index)?))?;
        stream.synchronize()?;
        group.timer_step_ns(kernels, &self.copies, MOMENTS)
    }

    /// Launches a graph that leaves a stamp ahead of the first of so many samples of so many launches, and behind each
    /// of them, and waits for it. `added_us` is what stamps add to a sample.
    pub(crate) fn by_stamps_between(
        &self,
        stream: &Stream,
        kernels: &Kernels,
        graph: &Graph,
        samples: (usize, u32),
        added_us: f64,
    ) -> Result<Vec<Launch>, BackendError> {
        graph.launch()?;
        stream.synchronize()?;
        self.groups[0].by_stamps(kernels, &self.copies, samples, added_us)
    }

    /// Launches a graph of so many visits that leave so many stamps each, and waits for it: time and clock between each two.
    pub(crate) fn by_stamps(
        &self,
        stream: &Stream,
        kernels: &Kernels,
        graph: &Graph,
        (visits, stamps): (usize, usize),
    ) -> Result<Vec<Vec<Between>>, BackendError> {
        graph.launch()?;
        stream.synchronize()?;
        let between = self.groups[0].visits(kernels, &self.copies, (visits, stamps))?;
        between.ok_or_else(|| BackendError::Device("no SM left a stamp at both ends of a visit".to_owned()))
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
            let queueing = Queueing { launches, warmup, stamps, hold_ns: Some(hold), ballast: true };
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
        let mut running =
            Queueing { launches: FIRST_GROUP, warmup, stamps, hold_ns: Some(hold), ballast: false };
        if !self.groups[0].queue(bench, running)? {
            bench.stream.synchronize()?;
            return self.alone(bench, warmup, FIRST_GROUP, stamps);
        }
        let (mut queued, mut timed, mut turn) = (FIRST_GROUP, Vec::with_capacity(launches), 0);
        loop {
            let size = (2 * running.launches).min(GROUP).min(launches - queued);
            let ballast = queued + size == launches;
            let next = Queueing { launches: size, warmup: 0, hold_ns: None, ballast, ..running };
            let ahead = next.launches > 0 && self.groups[1 - turn].queue(bench, next)?;
            timed.extend(self.groups[turn].collect(bench, &self.copies, running)?);
            if !ahead || Length::of(&timed) == Length::Short {
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

/// The median time of a launch; none of no launches.
pub(crate) fn median_us(launches: &[Launch]) -> Option<f64> {
    median_of(launches.iter().map(|launch| launch.time_us))
}

//! Timing launches: back to back, each by a pair of CUDA events; many in a graph, by events in it; or one
//! at a time by the host's clock.

use crate::sm_clock::{burst_clock, launch_clocks};
use crate::sys::{Context, Event, Kernels, Memory, Region, Stamp, Stream};
use hovera_bench::{BackendError, Launch};
use std::rc::Rc;
use std::time::Instant;

/// Launches timed in one go. A launch and its events and stamp take five or six places in the driver's
/// queue, which has about a thousand.
const GROUP: usize = 64;

/// How long the device is held back for what is queued behind: about twice what a launch with its
/// events and stamp takes the host.
const HOLD_NS: u64 = 50_000;
const HOLD_NS_PER_LAUNCH: u64 = 25_000;

/// The same within a graph, which the driver submits in one go, faster than the device runs it: for the
/// lead that takes.
const GRAPH_HOLD_NS: u64 = 50_000;

/// How often a group is measured again with a hold four times as long.
const ATTEMPTS: u32 = 5;

/// A stamp between two launches makes the second about 0.5 µs slower: on an H100, medians with stamps
/// between all launches and without any were 5.41 and 4.83 µs, 12.99 and 12.51, 166.05 and 165.86,
/// 2986.1 and 2986.8. Launches shorter than this have stamps at the ends of the burst only.
const STAMPED_US: f64 = 50.0;

/// Where the stamps stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamps {
    Nowhere,
    /// Before the warm-up and after the last launch.
    Ends,
    /// Around every timed launch.
    Between,
}

/// Events and room for stamps, made once and used for every burst.
pub(crate) struct Stopwatch {
    events: Vec<(Event, Event)>,
    stamps: Memory,
}

/// The events in a graph that times itself.
pub(crate) struct Markers {
    start: Event,
    end: Event,
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
        let pair = |_| Ok((Event::new(context)?, Event::new(context)?));
        let events = (0..GROUP).map(pair).collect::<Result<_, BackendError>>()?;
        let stamps = Memory::allocate(context, (GROUP as u64 + 1) * stamp_bytes(kernels))?;
        Ok(Stopwatch { events, stamps })
    }

    /// Room for one call of [`Kernels::stamp`].
    pub(crate) fn stamp_region(&self, kernels: &Kernels, index: usize) -> Result<Region<'_>, BackendError> {
        let bytes = stamp_bytes(kernels);
        self.stamps.region(index as u64 * bytes..(index as u64 + 1) * bytes)
    }

    /// Runs `warmup` launches that are not timed and then `samples` that are. More than a group of them
    /// come with a wait, and `warmup` launches, in between. A group whose launches turn out to be too
    /// short for stamps between them is run again.
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
        }
        let mut stamps = if bench.stamps { Stamps::Between } else { Stamps::Nowhere };
        let mut launches = Vec::with_capacity(samples);
        while launches.len() < samples {
            let events = &self.events[..GROUP.min(samples - launches.len())];
            let mut group = self.group(bench, warmup, events, stamps)?;
            if stamps == Stamps::Between && are_short(&group) {
                stamps = Stamps::Ends;
                group = self.group(bench, warmup, events, stamps)?;
            }
            launches.extend(group);
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
            let sm_clock_mhz = match bench.stamps {
                true => burst_clock(&per_set(bench, &self.read_stamps(bench, 2)?)),
                false => None,
            };
            Ok(Launch { time_us: markers.end.us_since(&markers.start)?, sm_clock_mhz })
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
        let sm_clock_mhz = match bench.stamps {
            true => burst_clock(&per_set(bench, &self.read_stamps(bench, 2)?)),
            false => None,
        };
        Ok(times.into_iter().map(|time_us| Launch { time_us, sm_clock_mhz }).collect())
    }

    fn group(
        &self,
        bench: &Bench<'_>,
        warmup: u32,
        events: &[(Event, Event)],
        stamps: Stamps,
    ) -> Result<Vec<Launch>, BackendError> {
        let mut hold = HOLD_NS + HOLD_NS_PER_LAUNCH * (u64::from(warmup) + events.len() as u64);
        for _ in 0..ATTEMPTS {
            let ahead = self.queue(bench, warmup, events, stamps, hold)?;
            bench.stream.synchronize()?;
            if ahead {
                return self.collect(bench, events, stamps);
            }
            hold *= 4;
        }
        Err(BackendError::Device(format!(
            "the host could not queue {} launches within {} ms: is its CPU busy? Event times would hold its delays",
            events.len(),
            hold / 4_000_000
        )))
    }

    /// Queues a group behind a hold, and says whether the device was still before the first timed
    /// launch when the last had been queued. Otherwise it may have waited for the host within a pair
    /// of events.
    fn queue(
        &self,
        bench: &Bench<'_>,
        warmup: u32,
        events: &[(Event, Event)],
        stamps: Stamps,
        hold: u64,
    ) -> Result<bool, BackendError> {
        let Bench { stream, kernels, .. } = bench;
        let stamp = |index, when: Stamps| match stamps == when {
            true => kernels.stamp(stream, self.stamp_region(kernels, index)?),
            false => Ok(()),
        };
        kernels.hold(stream, hold)?;
        stamp(0, Stamps::Ends)?;
        for _ in 0..warmup {
            (bench.launch)()?;
        }
        for (index, (start, end)) in events.iter().enumerate() {
            stamp(index, Stamps::Between)?;
            stream.record(start)?;
            (bench.launch)()?;
            stream.record(end)?;
        }
        stamp(1, Stamps::Ends)?;
        stamp(events.len(), Stamps::Between)?;
        match events.first() {
            Some((start, _)) => start.has_happened().map(|happened| !happened),
            None => Ok(true),
        }
    }

    fn collect(
        &self,
        bench: &Bench<'_>,
        events: &[(Event, Event)],
        stamps: Stamps,
    ) -> Result<Vec<Launch>, BackendError> {
        let clocks = match stamps {
            Stamps::Nowhere => vec![None; events.len()],
            Stamps::Ends => {
                let sets = self.read_stamps(bench, 2)?;
                vec![burst_clock(&per_set(bench, &sets)); events.len()]
            }
            Stamps::Between => {
                let sets = self.read_stamps(bench, events.len() + 1)?;
                launch_clocks(&per_set(bench, &sets))
            }
        };
        let timed = events.iter().zip(clocks);
        timed
            .map(|((start, end), sm_clock_mhz)| Ok(Launch { time_us: end.us_since(start)?, sm_clock_mhz }))
            .collect()
    }

    fn read_stamps(&self, bench: &Bench<'_>, sets: usize) -> Result<Vec<Stamp>, BackendError> {
        let mut stamps = vec![Stamp::default(); sets * bench.kernels.stamps() as usize];
        let bytes = sets as u64 * stamp_bytes(bench.kernels);
        bench.stream.read(self.stamps.region(0..bytes)?, &mut stamps)?;
        Ok(stamps)
    }
}

fn per_set<'s>(bench: &Bench<'_>, stamps: &'s [Stamp]) -> Vec<&'s [Stamp]> {
    stamps.chunks(bench.kernels.stamps() as usize).collect()
}

/// Whether the median launch is too short for stamps beside it.
fn are_short(launches: &[Launch]) -> bool {
    median_us(launches).is_some_and(|median| median < STAMPED_US)
}

/// The middle time, or the upper of the two in the middle.
pub(crate) fn median_us(launches: &[Launch]) -> Option<f64> {
    let mut times: Vec<f64> = launches.iter().map(|launch| launch.time_us).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

fn stamp_bytes(kernels: &Kernels) -> u64 {
    u64::from(kernels.stamps()) * size_of::<Stamp>() as u64
}

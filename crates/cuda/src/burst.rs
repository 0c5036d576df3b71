//! Timing launches back to back, each by a pair of CUDA events.

use crate::sm_clock::launch_clocks;
use crate::sys::{Context, Event, Kernels, Memory, Region, Stamp, Stream};
use hovera_bench::{BackendError, Launch};
use std::rc::Rc;

/// Launches timed in one go. A launch and its events and stamp take five or six places in the driver's
/// queue, which has about a thousand.
const GROUP: usize = 64;

/// How long the device is held back for what is queued behind: about twice what a launch with its
/// events and stamp takes the host.
const HOLD_NS: u64 = 50_000;
const HOLD_NS_PER_LAUNCH: u64 = 25_000;

/// How often a group is measured again with a hold four times as long.
const ATTEMPTS: u32 = 5;

/// Events and room for stamps, made once and used for every burst.
pub(crate) struct EventTimer {
    events: Vec<(Event, Event)>,
    stamps: Memory,
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

impl EventTimer {
    pub(crate) fn new(context: &Rc<Context>, kernels: &Kernels) -> Result<EventTimer, BackendError> {
        let pair = |_| Ok((Event::new(context)?, Event::new(context)?));
        let events = (0..GROUP).map(pair).collect::<Result<_, BackendError>>()?;
        let stamps = Memory::allocate(context, (GROUP as u64 + 1) * stamp_bytes(kernels))?;
        Ok(EventTimer { events, stamps })
    }

    /// Room for one call of [`Kernels::stamp`].
    pub(crate) fn stamp_region(&self, kernels: &Kernels, index: usize) -> Result<Region<'_>, BackendError> {
        let bytes = stamp_bytes(kernels);
        self.stamps.region(index as u64 * bytes..(index as u64 + 1) * bytes)
    }

    /// Runs `warmup` launches that are not timed and then `samples` that are. More than a group of them
    /// come with a wait, and `warmup` launches, in between.
    pub(crate) fn burst(
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
        let mut launches = Vec::with_capacity(samples);
        while launches.len() < samples {
            let events = &self.events[..GROUP.min(samples - launches.len())];
            launches.extend(self.group(bench, warmup, events)?);
        }
        Ok(launches)
    }

    fn group(
        &self,
        bench: &Bench<'_>,
        warmup: u32,
        events: &[(Event, Event)],
    ) -> Result<Vec<Launch>, BackendError> {
        let mut hold = HOLD_NS + HOLD_NS_PER_LAUNCH * (u64::from(warmup) + events.len() as u64);
        for _ in 0..ATTEMPTS {
            let ahead = self.queue(bench, warmup, events, hold)?;
            bench.stream.synchronize()?;
            if ahead {
                return self.collect(bench, events);
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
        hold: u64,
    ) -> Result<bool, BackendError> {
        let Bench { stream, kernels, .. } = bench;
        let stamp = |index| match bench.stamps {
            true => kernels.stamp(stream, self.stamp_region(kernels, index)?),
            false => Ok(()),
        };
        kernels.hold(stream, hold)?;
        for _ in 0..warmup {
            (bench.launch)()?;
        }
        for (index, (start, end)) in events.iter().enumerate() {
            stamp(index)?;
            stream.record(start)?;
            (bench.launch)()?;
            stream.record(end)?;
        }
        stamp(events.len())?;
        match events.first() {
            Some((start, _)) => start.has_happened().map(|happened| !happened),
            None => Ok(true),
        }
    }

    fn collect(&self, bench: &Bench<'_>, events: &[(Event, Event)]) -> Result<Vec<Launch>, BackendError> {
        let clocks = match bench.stamps {
            true => self.clocks(bench, events.len())?,
            false => vec![None; events.len()],
        };
        let timed = events.iter().zip(clocks);
        timed
            .map(|((start, end), sm_clock_mhz)| Ok(Launch { time_us: end.us_since(start)?, sm_clock_mhz }))
            .collect()
    }

    fn clocks(&self, bench: &Bench<'_>, launches: usize) -> Result<Vec<Option<f64>>, BackendError> {
        let per_set = bench.kernels.stamps() as usize;
        let mut stamps = vec![Stamp::default(); (launches + 1) * per_set];
        let bytes = (launches as u64 + 1) * stamp_bytes(bench.kernels);
        bench.stream.read(self.stamps.region(0..bytes)?, &mut stamps)?;
        Ok(launch_clocks(&stamps.chunks(per_set).collect::<Vec<_>>()))
    }
}

fn stamp_bytes(kernels: &Kernels) -> u64 {
    u64::from(kernels.stamps()) * size_of::<Stamp>() as u64
}

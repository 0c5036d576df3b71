//! What a sweep takes, in seconds of the wall: for `--dry-run`, for the order of the last points, for shards.
//!
//! A sweep is walked through as the runner does it, by the same [procedure](super::procedure) and the same
//! [`Pacer`], with estimated launch times in the place of measured ones. Additions, products and square roots
//! only, which every machine computes alike: shards depend on them.

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;

use super::curve::without_near_neighbour;
use super::datasheet::Datasheet;
use super::pacing::{Pacer, Peaks};
use super::procedure::replay::{self, Replays};
use super::procedure::{AROUND_DISTURBANCE_S, LEAST_TIMED_S, MANY_SAMPLES, VOUCHING, search, sustained};
use super::sentinel::sentinel_of;
use crate::shape::point::Point;
use crate::shape::vocabulary::{Dtype, Engine, Pacing, Timer};
use crate::sweep::spec::MethodSpec;
use crate::sweep::timers::Timers;
use std::time::Duration;

/// The GPU that an estimate is for where none is known, as NVML calls it.
pub const ASSUMED_GPU: &str = "NVIDIA H100 80GB HBM3";

/// Seconds of the host's around each point on a GPU: kernels are asked for, the operands' region is poisoned, the
/// result is checked, NVML is read and the row is kept. Fitted with [`BURST_S`] to the wall times of recorded
/// sweeps and of small products (see the tests beside this file).
pub const POINT_S: f64 = 0.008;

/// Seconds of the host's in a session on a GPU that no point accounts for, fitted as [`POINT_S`] is. What they are spent on was
/// not looked into; that cuBLAS loads a kernel when it first runs may be a part.
const SESSION_S: f64 = 1.0;

/// Seconds more around each point of fused attention: its plan is made, which compiles a kernel the first time; and, for
/// each key, sampled rows are computed in f64. Fitted to the four sweeps of it in `sweeps/recorded`: one took 44 s on
/// one machine and 56 s on another, the other one 50 and 56 s.
const PLAN_S: f64 = 0.177;
/// See [`PLAN_S`].
const REFERENCE_S_OF_KEY: f64 = 2.43e-5;

/// Seconds of the host's around each burst on a GPU: queueing, the hold ahead of it, events and stamps read back.
pub const BURST_S: f64 = 0.0019;

/// Seconds behind the rest before each replay that are not launches: the card is held back, and stamps are read.
pub(crate) const REPLAY_S: f64 = 0.0003;

/// Seconds for each launch of it, which is captured while the card rests.
pub(crate) const CAPTURE_S: f64 = 11e-6;

/// Seconds of the host's around each point that a CPU computes; its bursts cost nothing beside themselves.
const CPU_POINT_S: f64 = 0.002;

/// A rate that any CPU of this decade reaches: FLOP/s of f32 on one core.
const CPU_CORE_FLOPS: f64 = 30e9;

/// What a launch takes beside what the datasheet says, in s: products of 2.2, 6.5 and 17 µs by the datasheet take 4, 9 and 19 on an
/// H100 and an H200 (`models-1024-tokens`).
const LAUNCH_S: f64 = 2e-6;

/// The same of fused attention: 3 and 13 µs by the datasheet are 14 and 30 to 35.
const FUSED_LAUNCH_S: f64 = 12e-6;

/// Candidates that cublasLt offers for a product: 8 to 10 in the recorded sweeps of an H100 and an H200.
const CANDIDATES: usize = 9;

/// Candidates that are in the race for a tuned point to its end, the default among them.
const FINALISTS: usize = 3;

/// What a card takes to settle under load, in s: 8.2 on an H100 and 9.2 on an H200.
const SOAK_S: f64 = 9.0;

/// The share of bursts that something outside disturbs: 2 of some 11,000 in the recorded sweeps. Each is
/// measured again with all that was measured near it.
const DISTURBED_SHARE: f64 = 1.0 / 5000.0;

/// How many bursts there are for one that would do, because the interval is too wide: means of H100s' rows. A burst
/// that is long and dense is the card's power limit at work, and of this cards differ: 1.0 to 1.9; its number is fitted
/// to the walls of H100s.
fn bursts_of_one(launch_s: f64, share_of_peak: f64) -> f64 {
    match (launch_s > 5e-3, share_of_peak > 0.5) {
        (true, true) => 1.75,
        (true, false) => 1.1,
        (false, _) => 1.02,
    }
}

/// The same of replays. The shortest launches fit the L2 whole, and repeat at once; of those of 10 to 50 µs the dense ones
/// differ most from visit to visit.
fn replays_of_one(launch_s: f64, share_of_peak: f64) -> f64 {
    match (launch_s, share_of_peak > replay::DENSE_SHARE) {
        (..5e-6, false) => 1.0,
        (..10e-6, false) => 1.4,
        (..25e-6, false) => 1.2,
        (..50e-6, true) => 1.3,
        (..100e-6, _) => 1.05,
        (..300e-6, true) => 1.0,
        (_, false) => 1.1,
        (_, true) => 1.13,
    }
}

/// No estimate of one launch is longer, in s: 30 years.
const LONGEST_LAUNCH_S: f64 = 1e9;

/// What computes the points.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Processor {
    /// A GPU, by its datasheet.
    Gpu(&'static Datasheet),
    /// So many threads of a CPU.
    Cpu {
        /// One for each core that takes part.
        threads: u32,
    },
}

impl Processor {
    /// A device by the name and the threads in its front matter. A GPU without a datasheet counts as
    /// [`ASSUMED_GPU`].
    #[must_use]
    pub fn named(name: &str, threads: Option<u32>) -> Processor {
        match threads {
            Some(threads) => Processor::Cpu { threads },
            None => Processor::Gpu(Datasheet::lookup(name).unwrap_or_else(assumed_sheet)),
        }
    }

    /// The same on every machine: one core for what a CPU computes, else [`ASSUMED_GPU`].
    #[must_use]
    pub fn reference(engine: Engine) -> Processor {
        match engine {
            Engine::Cpu => Processor::Cpu { threads: 1 },
            _ => Processor::Gpu(assumed_sheet()),
        }
    }

    /// Seconds of one launch.
    #[must_use]
    pub fn launch_seconds(self, point: &Point) -> f64 {
        let seconds = match self {
            // A dtype that the card has no units for is computed by its CUDA cores, where it is computed at all.
            Processor::Gpu(sheet) => {
                sheet
                    .launch_seconds(point)
                    .or_else(|| sheet.launch_seconds(&Point { dtype: Dtype::F32, ..*point }))
                    .unwrap_or_else(|| assumed_sheet().launch_seconds(point).unwrap_or(0.0))
                    + if point.op.is_fused() { FUSED_LAUNCH_S } else { LAUNCH_S }
            }
            Processor::Cpu { threads } => point.flop() as f64 / (CPU_CORE_FLOPS * f64::from(threads)),
        };
        seconds.min(LONGEST_LAUNCH_S)
    }

    fn host_seconds(self) -> HostSeconds {
        match self {
            Processor::Gpu(_) => HostSeconds { session: SESSION_S, point: POINT_S, burst: BURST_S },
            Processor::Cpu { .. } => HostSeconds { session: 0.0, point: CPU_POINT_S, burst: 0.0 },
        }
    }

    /// What the runner knows of the peaks of this device.
    fn peaks(self) -> Peaks {
        match self {
            Processor::Gpu(sheet) => Peaks::new(Some(sheet)),
            Processor::Cpu { .. } => Peaks::new(None),
        }
    }
}

/// What the host needs in a session, around each point, and around each burst.
#[derive(Debug, Clone, Copy)]
struct HostSeconds {
    session: f64,
    point: f64,
    burst: f64,
}

fn assumed_sheet() -> &'static Datasheet {
    Datasheet::lookup(ASSUMED_GPU).expect("the assumed GPU has a datasheet")
}

/// Who knows better than a datasheet what launches take: a model of a card whose constants were measured.
pub trait LaunchTimes: std::fmt::Debug {
    /// Seconds of one launch; none of a point that it knows nothing of.
    fn launch_seconds(&self, point: &Point) -> Option<f64>;
}

/// What points and sweeps take on one model of device by one method.
#[derive(Debug, Clone, Copy)]
pub struct CostModel<'m> {
    processor: Processor,
    method: &'m MethodSpec,
    timers: Timers,
    launches: Option<&'m dyn LaunchTimes>,
}

impl<'m> CostModel<'m> {
    /// Where the method leaves the timer to the backend, a GPU has events and graphs, and a CPU the host's clock.
    #[must_use]
    pub fn new(processor: Processor, method: &'m MethodSpec) -> CostModel<'m> {
        let available = match processor {
            Processor::Gpu(_) => [Timer::Graph, Timer::Event].as_slice(),
            Processor::Cpu { .. } => &[Timer::Host],
        };
        // What no device of the kind has still costs something: the run refuses it.
        let timers = method.timers(available).or(method.timer.map(Timers::one));
        let timers = timers.unwrap_or(Timers::by_point(Timer::Event));
        CostModel { processor, method, timers, launches: None }
    }

    /// The same by other launch times, where these are known. A [shard](CostModel::shard_cost) never goes by them: they are
    /// not the same on every machine, to the last digit.
    #[must_use]
    pub fn with_launches(self, launches: &'m dyn LaunchTimes) -> CostModel<'m> {
        CostModel { launches: Some(launches), ..self }
    }

    fn launch_seconds(&self, point: &Point) -> f64 {
        let known = self.launches.and_then(|launches| launches.launch_seconds(point));
        let known = known.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
        known.map_or_else(
            || self.processor.launch_seconds(point),
            |seconds| seconds.clamp(LAUNCH_S, LONGEST_LAUNCH_S),
        )
    }

    /// What a point weighs where a sweep is split into shards, in ns. It must be the same on every node, so that no
    /// node's own card counts, but one that stands for all.
    #[must_use]
    pub fn shard_cost(point: &Point, method: &MethodSpec) -> u64 {
        // Whole numbers; a float that is too large for one becomes the largest.
        (CostModel::new(Processor::reference(point.engine), method).point_seconds(point) * 1e9).round() as u64
    }

    /// Seconds of one point among points like itself.
    #[must_use]
    pub fn point_seconds(&self, point: &Point) -> f64 {
        let mut walk = Walk::new(self);
        // The first has nothing behind it that it would have to rest from.
        walk.measure(point);
        let before = walk.now_s;
        walk.measure(point);
        walk.now_s - before
    }

    /// Seconds of a sweep of these points, in the order that they are measured in, on so many cards of one model.
    /// The cards share the points; each of them is run in and soaked.
    #[must_use]
    pub fn sweep_seconds(&self, points: &[Point], cards: usize) -> f64 {
        let mut walk = Walk::new(self);
        let mut on_each_card = 0.0;
        let mut soaked = false;
        for stretch in points.chunk_by(|a, b| a.stretch() == b.stretch()) {
            let pacing = stretch[0].pacing;
            if stretch[0].needs_run_in(self.timers) {
                on_each_card += self.method.run_in(self.timers);
            }
            if pacing == Pacing::Sustained && !std::mem::replace(&mut soaked, true) {
                on_each_card += SOAK_S;
            }
            stretch.iter().for_each(|point| walk.measure(point));
            self.watch(&mut walk, stretch);
            if pacing != Pacing::None {
                let alone = without_near_neighbour(stretch);
                let twice = alone.iter().filter(|point| !self.timers.replays(point));
                twice.for_each(|point| walk.measure_again(point));
            }
        }
        walk.now_s / cards.max(1) as f64 + on_each_card + walk.host.session
    }

    /// The measurements of a stretch's sentinel: ahead of every so many points, and one at the end.
    fn watch(&self, walk: &mut Walk<'_>, stretch: &[Point]) {
        let every = self.method.sentinel_every as usize;
        if every == 0 || stretch.len() <= every {
            return;
        }
        if let Some(sentinel) = sentinel_of(stretch) {
            (0..=stretch.len().div_ceil(every)).for_each(|_| walk.measure(&sentinel));
        }
    }
}

/// A card on its way through a sweep.
struct Walk<'c> {
    model: &'c CostModel<'c>,
    pacer: Pacer,
    peaks: Peaks,
    host: HostSeconds,
    /// Since the sweep began.
    now_s: f64,
}

impl<'c> Walk<'c> {
    fn new(model: &'c CostModel<'c>) -> Walk<'c> {
        Walk {
            model,
            pacer: Pacer::new(model.method.idle, Duration::ZERO),
            peaks: model.processor.peaks(),
            host: model.processor.host_seconds(),
            now_s: 0.0,
        }
    }

    /// One measurement of a point, whichever way it is paced.
    fn measure(&mut self, point: &Point) {
        let CostModel { method, timers, .. } = *self.model;
        self.now_s += self.host.point;
        if point.op.is_fused() {
            let keys = point.model.seq_key().unwrap_or(0);
            self.now_s += PLAN_S + f64::from(keys) * REFERENCE_S_OF_KEY;
        }
        let launch_s = self.model.launch_seconds(point);
        if point.engine == Engine::Tuned {
            self.search(point, launch_s);
        }
        if timers.replays(point) {
            return self.replays(point, launch_s);
        }
        let deadline = self.now_s + method.max_point_seconds;
        match point.pacing {
            Pacing::Sustained => {
                let wanted = launch_s * f64::from(method.warmup + method.min_samples);
                let sampled = wanted.max(method.sustained_seconds + sustained::CHANGE_S);
                let bursts = (sampled / sustained::BURST_S).round().max(1.0);
                self.now_s += sampled + bursts * self.host.burst;
            }
            Pacing::None | Pacing::Other => self.burst(point, launch_s, method.warmup, method.min_samples),
            Pacing::Burst => {
                let mut samples = 0;
                loop {
                    let size = method.min_samples.min(method.max_samples - samples);
                    self.burst(point, launch_s, method.warmup, size);
                    samples += size;
                    let enough = samples >= MANY_SAMPLES || f64::from(samples) * launch_s >= LEAST_TIMED_S;
                    if enough || samples >= method.max_samples || self.now_s >= deadline {
                        break;
                    }
                }
            }
        }
    }

    /// A point that no near neighbour vouches for: a few launches do, where they can.
    fn measure_again(&mut self, point: &Point) {
        if point.pacing != Pacing::Burst || point.engine == Engine::Tuned {
            return self.measure(point);
        }
        // Nothing is checked, read or kept.
        self.now_s += self.host.point / 2.0;
        let launch_s = self.model.launch_seconds(point);
        self.burst(point, launch_s, self.model.method.warmup, VOUCHING);
    }

    /// The search for a tuned point's kernel: all candidates without a rest, then rounds of the best.
    fn search(&mut self, point: &Point, launch_s: f64) {
        for _ in 0..CANDIDATES {
            self.busy(launch_s, search::WARMUP + search::SCREENED);
        }
        for round in 0..search::ROUNDS {
            let all = (CANDIDATES - 1).min(search::SURVIVORS) + 1;
            let left = if round < search::FIRST_ROUNDS { all } else { FINALISTS };
            for _ in 0..left {
                match self.model.timers.replays(point) {
                    true => self.replay(point, launch_s, Replays::of_launch(launch_s)),
                    false => self.burst(point, launch_s, search::WARMUP, search::PER_ROUND),
                }
            }
        }
    }

    /// A burst with the rest before it, and what a disturbed one now and then costs.
    fn burst(&mut self, point: &Point, launch_s: f64, warmup: u32, samples: u32) {
        let rate = point.flop() as f64 / launch_s;
        let share = self.peaks.share(point.dtype, Some(rate));
        if point.pacing == Pacing::Burst {
            self.now_s += self.pacer.wait(duration(self.now_s), share).as_secs_f64();
            self.now_s += DISTURBED_SHARE * 2.0 * AROUND_DISTURBANCE_S;
        }
        self.peaks.saw(point.dtype, rate);
        let share = self.peaks.share(point.dtype, Some(rate));
        let times = if point.pacing == Pacing::Burst { bursts_of_one(launch_s, share) } else { 1.0 };
        let busy_s = times * launch_s * f64::from(warmup + samples);
        self.now_s += times * self.host.burst + busy_s;
        self.pacer.ran(duration(self.now_s), duration(busy_s), share);
    }

    /// So many launches, and the host's time around them.
    fn busy(&mut self, launch_s: f64, launches: u32) {
        self.now_s += self.host.burst + launch_s * f64::from(launches);
    }

    /// All replays of a point, the launches that tell how many each holds, and the rests between them.
    fn replays(&mut self, point: &Point, launch_s: f64) {
        self.busy(launch_s, 2 * replay::PROBES);
        let replays = Replays::of_launch(launch_s);
        let share = self.peaks.share(point.dtype, Some(point.flop() as f64 / launch_s));
        for _ in 0..(f64::from(replays.replays) * replays_of_one(launch_s, share)).round() as u32 {
            self.replay(point, launch_s, replays);
        }
    }

    fn replay(&mut self, point: &Point, launch_s: f64, replays: Replays) {
        let share = self.peaks.share(point.dtype, Some(point.flop() as f64 / launch_s));
        let busy = duration(replays.busy_s(launch_s));
        // Captured while the card rests.
        let captured = f64::from(replays.visits * (replays.warmup + replays.launches));
        self.now_s += captured * CAPTURE_S;
        if point.pacing == Pacing::Burst {
            self.now_s += self.pacer.wait_for_replay(duration(self.now_s), busy, share).as_secs_f64();
        }
        self.now_s += REPLAY_S + busy.as_secs_f64();
        self.pacer.replayed(duration(self.now_s), busy, share);
    }
}

/// A million points of the longest launches are within it.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

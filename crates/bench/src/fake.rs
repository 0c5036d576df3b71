//! A simulated power-capped GPU, for tests: deterministic, in a time of its own.
//!
//! What it does is what was seen on an H100: above its power cap the SM clock goes down, a step at a time
//! and some milliseconds late, and comes back as slowly when the card rests. Products are bound by the
//! SMs, and then take a number of cycles, or by memory, and then take a time. The clock that it runs at
//! without the cap differs a little from burst to burst, and is lower for a while after a product that
//! draws more than the cap. And it fails where it is asked to.

use crate::backend::{Backend, BackendError, Burst, EnergyReading, Launch, Replay};
use hovera_core::{
    BURST_S, Bound, CallLaunches, Device, Dtype, Engine, Kernel, Op, POINT_S, Pacing, Point, Software,
    Telemetry, Timer, made_up,
};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::time::Duration;

const MAX_CLOCK_MHZ: f64 = 1980.0;
const MIN_CLOCK_MHZ: f64 = 1110.0;
/// The cap moves the clock by this much.
const CLOCK_STEP_MHZ: f64 = 15.0;
/// Without the cap the clock of a burst lies up to this far below its maximum.
const BOOST_VARIES_MHZ: f64 = 6.0;
/// Right after a product above the cap it lies so much lower, which fades over so many s of other work.
const MISTRUST_MHZ: f64 = 45.0;
const MISTRUST_S: f64 = 0.3;
/// How often the controller looks, and how long it averages power over.
const CONTROL_S: f64 = 0.001;
const AVERAGING_S: f64 = 0.02;
const CAP_W: f64 = 700.0;
/// Below this share of the cap the clock goes up again.
const HEADROOM: f64 = 0.97;
const IDLE_W: f64 = 90.0;
/// Above idle, at the full clock: of the fastest product, and of one that waits for memory.
const COMPUTE_W: f64 = 900.0;
const MEMORY_W: f64 = 350.0;
/// Dynamic power goes with frequency times voltage squared.
const POWER_EXPONENT: f64 = 2.5;
/// A warm card leaks more.
const LEAKAGE_W_PER_DEGREE: f64 = 0.5;
const COOL_C: f64 = 35.0;
const DEGREES_PER_W: f64 = 0.05;
const WARMING_S: f64 = 20.0;
/// How often the energy counter moves.
const COUNTER_S: f64 = 0.1;
/// How often it is read beside a metered burst, give or take half of that.
const READING_S: f64 = 0.02;

const MEMORY_BYTES: u64 = 80_000_000_000;
const BYTES_PER_S: f64 = 3.0e12;
/// Of 16 bits.
const PEAK_TFLOPS: f64 = 800.0;

/// What a quick host needs to prepare a point, and around each burst, in s: little enough that a card's own rest is
/// not hidden behind it.
const QUICK_HOST_S: [f64; 2] = [0.001, 0.0002];

/// What goes wrong with a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not fit.
    OutOfMemory,
    /// Its result is wrong.
    WrongResult,
    /// The device refuses it.
    Device,
}

/// A kernel that [`Engine::Tuned`] can choose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its time over the default's.
    pub slowness: f64,
    /// Whether its result is right.
    pub right: bool,
}

/// The simulated card.
pub struct Fake {
    device: Device,
    software: Software,
    faults: BTreeMap<Point, Fault>,
    candidates: Vec<Candidate>,
    slow: BTreeMap<Point, f64>,
    /// Points that are slower by a factor at one of three places in memory.
    two_speeds: BTreeMap<Point, f64>,
    speed_by_launch: BTreeMap<Point, f64>,
    /// Points that are slower by up to a fraction, by their place in memory.
    by_place: BTreeMap<Point, f64>,
    /// Bursts, by their number from 0, that something from outside makes slower by a factor.
    disturbed: BTreeMap<u64, f64>,
    bursts: u64,
    noise: f64,
    counters_stuck: bool,
    now_s: f64,
    clock_mhz: f64,
    /// What the clock is without the cap, in this burst.
    boost_mhz: f64,
    /// From 1 right after a product above the cap to 0.
    mistrust: f64,
    average_w: f64,
    celsius: f64,
    until_control_s: f64,
    joules: f64,
    counter_j: f64,
    /// When the counter is read next, while it is, and when it was with what it said.
    next_reading_s: Option<f64>,
    readings: Vec<(f64, f64)>,
    busy_s: f64,
    random: SmallRng,
    prepared: Option<(Point, usize)>,
    /// So many more points can be prepared before the device breaks.
    until_broken: u64,
    /// What the host needs for a point, and for a burst.
    host_s: [f64; 2],
    /// What the host needs to make a graph.
    graph_s: f64,
    /// What a burst takes of the world's time.
    real: Duration,
    forgetful: bool,
    /// What it says of each candidate's call, when it is asked.
    launches: Vec<Result<CallLaunches, BackendError>>,
    /// How many bursts there had been whenever it was asked.
    asked_after: Vec<u64>,
}

impl Fake {
    /// A quiet card (0.1 % noise) without faults.
    #[must_use]
    pub fn new() -> Fake {
        Fake {
            device: Device {
                name: "Simulated GPU".into(),
                backend: "fake".into(),
                sm_count: Some(132),
                memory_bytes: Some(MEMORY_BYTES),
                ..Device::default()
            },
            software: Software { gemm: "simulated".into(), ..Software::default() },
            faults: BTreeMap::new(),
            candidates: vec![Candidate { slowness: 1.0, right: true }],
            slow: BTreeMap::new(),
            two_speeds: BTreeMap::new(),
            speed_by_launch: BTreeMap::new(),
            by_place: BTreeMap::new(),
            disturbed: BTreeMap::new(),
            bursts: 0,
            noise: 0.001,
            counters_stuck: false,
            now_s: 0.0,
            clock_mhz: MAX_CLOCK_MHZ,
            boost_mhz: MAX_CLOCK_MHZ,
            mistrust: 0.0,
            average_w: IDLE_W,
            celsius: COOL_C,
            until_control_s: CONTROL_S,
            joules: 0.0,
            counter_j: 0.0,
            next_reading_s: None,
            readings: Vec::new(),
            busy_s: 0.0,
            random: SmallRng::seed_from_u64(1),
            prepared: None,
            until_broken: u64::MAX,
            host_s: QUICK_HOST_S,
            graph_s: 0.0,
            real: Duration::ZERO,
            forgetful: false,
            launches: Vec::new(),
            asked_after: Vec::new(),
        }
    }

    /// The same card, each burst of which takes so long in the world's time as well.
    #[must_use]
    pub fn with_real_burst(mut self, time: Duration) -> Fake {
        self.real = time;
        self
    }

    /// The same card on a host that needs what [estimates](hovera_core::CostModel) count with, as real ones do.
    #[must_use]
    pub fn on_a_real_host(mut self) -> Fake {
        self.host_s = [POINT_S, BURST_S];
        self
    }

    /// The same card on a host that makes a graph in so many seconds.
    #[must_use]
    pub fn with_graphs_made_in(mut self, seconds: f64) -> Fake {
        self.graph_s = seconds;
        self
    }

    /// The same card, but what it does at a point depends on that point alone: it is as new each time.
    #[must_use]
    pub fn forgetful(mut self) -> Fake {
        self.forgetful = true;
        self
    }

    /// The same card under another product name, such as one that has a datasheet.
    #[must_use]
    pub fn named(mut self, name: &str) -> Fake {
        self.device.name = name.into();
        self
    }

    /// The same card with so much noise: each time is off by up to this fraction, evenly spread.
    #[must_use]
    pub fn with_noise(mut self, fraction: f64) -> Fake {
        self.noise = fraction;
        self
    }

    /// The same card with a fault at one point.
    #[must_use]
    pub fn with_fault(mut self, point: Point, fault: Fault) -> Fake {
        self.faults.insert(point, fault);
        self
    }

    /// The same card with these kernels for [`Engine::Tuned`], the default first.
    #[must_use]
    pub fn with_candidates(mut self, candidates: Vec<Candidate>) -> Fake {
        self.candidates = candidates;
        self
    }

    /// The same card with one burst, counted from 0, made slower by a factor from outside.
    #[must_use]
    pub fn with_disturbed_burst(mut self, burst: u64, factor: f64) -> Fake {
        self.disturbed.insert(burst, factor);
        self
    }

    /// The same card, which breaks after so many points were prepared.
    #[must_use]
    pub fn breaking_after(mut self, preparations: u64) -> Fake {
        self.until_broken = preparations;
        self
    }

    /// The same card with one point that its kernel is worse at, by a factor.
    #[must_use]
    pub fn with_slow_point(mut self, point: Point, factor: f64) -> Fake {
        self.slow.insert(point, factor);
        self
    }

    /// The same card with one point that is slower by a factor at one of three places in memory, or in a burst one of three
    /// times.
    #[must_use]
    pub fn with_two_speeds(mut self, point: Point, factor: f64) -> Fake {
        self.two_speeds.insert(point, factor);
        self
    }

    /// The same card with one point of which four launches in ten, as chance has it, are slower by a factor in replays.
    #[must_use]
    pub fn with_two_speeds_by_launch(mut self, point: Point, factor: f64) -> Fake {
        self.speed_by_launch.insert(point, factor);
        self
    }

    /// The same card with one point that is slower by up to a fraction, by its place in memory.
    #[must_use]
    pub fn with_speed_by_place(mut self, point: Point, fraction: f64) -> Fake {
        self.by_place.insert(point, fraction);
        self
    }

    /// The same card with a driver that says this of each candidate's call. Otherwise it says nothing.
    #[must_use]
    pub fn with_launches(mut self, launches: Vec<Result<CallLaunches, BackendError>>) -> Fake {
        self.launches = launches;
        self
    }

    /// After how many bursts it was asked for its kernels, each time.
    #[must_use]
    pub fn asked_after(&self) -> &[u64] {
        &self.asked_after
    }

    /// The same card with cycle counters that do not count.
    #[must_use]
    pub fn with_stuck_counters(mut self) -> Fake {
        self.counters_stuck = true;
        self
    }

    /// The time of one launch in microseconds at the full clock without noise.
    #[must_use]
    pub fn ideal_us(&self, point: &Point) -> f64 {
        let (compute, memory) = limits_us(point);
        compute.max(memory)
    }

    /// What truly bounds a point.
    #[must_use]
    pub fn bound(&self, point: &Point) -> Bound {
        let (compute, memory) = limits_us(point);
        if memory > compute { Bound::Memory } else { Bound::Compute }
    }

    /// Seconds that launches have taken so far.
    #[must_use]
    pub fn busy_seconds(&self) -> f64 {
        self.busy_s
    }

    /// Bursts so far.
    #[must_use]
    pub fn bursts(&self) -> u64 {
        self.bursts
    }

    fn current(&self) -> Result<(Point, usize), BackendError> {
        self.prepared.ok_or_else(|| BackendError::Device("nothing was prepared".into()))
    }

    /// A burst of the point at one speed.
    fn launch_alike(&mut self, burst: &Burst) -> Result<Vec<Launch>, BackendError> {
        let (point, index) = self.current()?;
        if !self.real.is_zero() {
            std::thread::sleep(self.real);
        }
        let disturbed = self.disturbed.get(&self.bursts).copied().unwrap_or(1.0);
        self.bursts += 1;
        self.pass(self.host_s[1], 0.0);
        self.boost_mhz = MAX_CLOCK_MHZ
            - BOOST_VARIES_MHZ * self.symmetric().abs()
            - MISTRUST_MHZ * self.mistrust_of(&point);
        self.clock_mhz = self.clock_mhz.min(self.boost_mhz);
        let of_candidate = self.candidates.get(index).map_or(1.0, |candidate| candidate.slowness);
        let slowness = of_candidate * disturbed * self.slow.get(&point).unwrap_or(&1.0);
        for _ in 0..burst.warmup {
            self.run_once(&point, slowness);
        }
        let sample = |_| {
            let launches: Vec<Launch> = (0..burst.each).map(|_| self.run_once(&point, slowness)).collect();
            Launch::mean(&launches)
        };
        Ok((0..burst.samples).map(sample).collect())
    }

    fn run_once(&mut self, point: &Point, slowness: f64) -> Launch {
        let bound = self.bound(point);
        let noise = 1.0 + self.noise * self.symmetric();
        let mut left_us = self.ideal_us(point) * slowness * noise;
        let (mut time_us, mut cycles) = (0.0, 0.0);
        while left_us > 0.0 {
            // Progress per µs: by the clock, or as it comes.
            let speed = (self.clock_mhz / MAX_CLOCK_MHZ).powf(bound.clock_exponent());
            let step_us = (left_us / speed).min(self.until_control_s * 1e6);
            let clock = self.clock_mhz;
            let dynamic = match bound {
                Bound::Compute => COMPUTE_W * share_of_peak(point),
                Bound::Memory | Bound::Both => MEMORY_W,
            };
            self.pass(step_us * 1e-6, dynamic);
            left_us -= step_us * speed;
            // A step too short for the arithmetic to see is the last.
            left_us = if left_us < 1e-9 { 0.0 } else { left_us };
            time_us += step_us;
            cycles += step_us * clock;
        }
        self.busy_s += time_us * 1e-6;
        self.mistrust = self.mistrust_of(point) * (-time_us * 1e-6 / MISTRUST_S).exp();
        let mhz = if self.counters_stuck { 0.0 } else { cycles / time_us };
        Launch { time_us, sm_clock_mhz: Some(mhz) }
    }

    /// All of it for a product above the cap, from its first launch; else what is left.
    fn mistrust_of(&self, point: &Point) -> f64 {
        let dynamic_w = COMPUTE_W * share_of_peak(point);
        let above_the_cap = self.bound(point) == Bound::Compute && IDLE_W + dynamic_w > CAP_W;
        if above_the_cap { 1.0 } else { self.mistrust }
    }

    /// Time goes by at some power above idle, at the full clock.
    fn pass(&mut self, seconds: f64, dynamic_w: f64) {
        let mut left = seconds;
        while left > 0.0 {
            let step = left.min(self.until_control_s);
            let leakage = LEAKAGE_W_PER_DEGREE * (self.celsius - COOL_C);
            let watts = IDLE_W + leakage + dynamic_w * (self.clock_mhz / MAX_CLOCK_MHZ).powf(POWER_EXPONENT);
            self.average_w += (watts - self.average_w) * (1.0 - (-step / AVERAGING_S).exp());
            let settled = COOL_C + DEGREES_PER_W * (watts - IDLE_W);
            self.celsius += (settled - self.celsius) * (1.0 - (-step / WARMING_S).exp());
            self.joules += watts * step;
            if (self.now_s / COUNTER_S).floor() != ((self.now_s + step) / COUNTER_S).floor() {
                self.counter_j = self.joules;
            }
            self.now_s += step;
            if let Some(due_s) = self.next_reading_s.filter(|due_s| *due_s <= self.now_s) {
                self.readings.push((self.now_s, self.counter_j));
                self.next_reading_s = Some(due_s + READING_S * (1.0 + 0.5 * self.symmetric()));
            }
            self.until_control_s -= step;
            if self.until_control_s < 1e-12 {
                self.until_control_s = CONTROL_S;
                self.control();
            }
            left -= step;
        }
    }

    fn control(&mut self) {
        if self.average_w > CAP_W {
            self.clock_mhz -= CLOCK_STEP_MHZ;
        } else if self.average_w < HEADROOM * CAP_W {
            self.clock_mhz += CLOCK_STEP_MHZ;
        }
        self.clock_mhz = self.clock_mhz.clamp(MIN_CLOCK_MHZ, self.boost_mhz);
    }

    /// Evenly spread in -1 to 1.
    fn symmetric(&mut self) -> f64 {
        self.random.random_range(-1.0..1.0)
    }
}

impl Default for Fake {
    fn default() -> Self {
        Fake::new()
    }
}

/// Of the dtype's peak. Grows with the series and levels off with the head dim, as real cards do.
fn share_of_peak(point: &Point) -> f64 {
    let Some(layer) = point.layer() else { return 1.0 };
    let d = f64::from(layer.head_dim().get());
    let share = match layer.series().get() {
        1 => 0.18,
        2 | 4 => 0.32,
        8 => 0.78,
        _ => 0.95,
    };
    share * d / (d + 30.0)
}

/// What the units of a dtype do, as on an H100.
fn peak_tflops(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F16 | Dtype::Bf16 => PEAK_TFLOPS,
        Dtype::F32 => PEAK_TFLOPS / 16.0,
        Dtype::Tf32 => PEAK_TFLOPS / 2.0,
        Dtype::F8e4m3 | Dtype::Int8 => PEAK_TFLOPS * 2.0,
    }
}

/// Microseconds that the arithmetic takes at the full clock, and the memory traffic.
fn limits_us(point: &Point) -> (f64, f64) {
    (
        point.flop() as f64 / (peak_tflops(point.dtype) * share_of_peak(point) * 1e6),
        point.bytes() as f64 / BYTES_PER_S * 1e6,
    )
}

impl Backend for Fake {
    fn device(&self) -> &Device {
        &self.device
    }

    fn software(&self) -> &Software {
        &self.software
    }

    fn timers(&self) -> &'static [Timer] {
        &[Timer::Event, Timer::Graph, Timer::Host]
    }

    fn supports(&self, _point: &Point) -> Result<(), BackendError> {
        Ok(())
    }

    fn memory(&self) -> Result<u64, BackendError> {
        Ok(MEMORY_BYTES)
    }

    fn footprint(&self, point: &Point) -> Result<u128, BackendError> {
        Ok(point.bytes())
    }

    fn reserve(&mut self, _dtype: Dtype, points: &[Point], _seed: u64) -> Result<(), BackendError> {
        match points.iter().map(Point::bytes).max() {
            Some(needed) if needed > u128::from(MEMORY_BYTES) => {
                Err(BackendError::OutOfMemory { needed, available: MEMORY_BYTES })
            }
            _ => Ok(()),
        }
    }

    fn prepare(&mut self, point: &Point) -> Result<Vec<Kernel>, BackendError> {
        self.prepared = None;
        if self.forgetful {
            let new = Fake::new();
            (self.clock_mhz, self.average_w, self.celsius) = (new.clock_mhz, new.average_w, new.celsius);
            (self.until_control_s, self.random) = (new.until_control_s, new.random);
            (self.boost_mhz, self.mistrust) = (new.boost_mhz, new.mistrust);
        }
        self.pass(self.host_s[0], 0.0);
        let broken = self.until_broken == 0;
        self.until_broken = self.until_broken.saturating_sub(1);
        match self.faults.get(point).or(broken.then_some(&Fault::Device)) {
            Some(Fault::OutOfMemory) => {
                return Err(BackendError::OutOfMemory { needed: point.bytes(), available: MEMORY_BYTES });
            }
            Some(Fault::Device) => return Err(BackendError::Device("simulated illegal address".into())),
            Some(Fault::WrongResult) | None => {}
        }
        self.prepared = Some((*point, 0));
        let named = |index: usize| Kernel { algo: Some(index.to_string().into()), ..Kernel::default() };
        match point.engine {
            Engine::Tuned => Ok((0..self.candidates.len()).map(named).collect()),
            _ => Ok(vec![named(0)]),
        }
    }

    fn choose(&mut self, index: usize) -> Result<(), BackendError> {
        let (point, _) = self.current()?;
        if index > 0 && (point.engine != Engine::Tuned || index >= self.candidates.len()) {
            return Err(BackendError::Device(format!("no candidate {index}")));
        }
        self.prepared = Some((point, index));
        Ok(())
    }

    fn call_launches(&mut self) -> Result<Option<CallLaunches>, BackendError> {
        let (_, index) = self.current()?;
        self.asked_after.push(self.bursts);
        self.launches.get(index).cloned().transpose()
    }

    /// Of a point with two speeds each third sample is of the slower one.
    fn launch(&mut self, burst: &Burst) -> Result<Vec<Launch>, BackendError> {
        let (point, _) = self.current()?;
        let mut launches = self.launch_alike(burst)?;
        let slower = self.two_speeds.get(&point).unwrap_or(&1.0);
        launches.iter_mut().skip(2).step_by(3).for_each(|launch| launch.time_us *= slower);
        Ok(launches)
    }

    fn make_graph(&mut self, _replay: &Replay) -> Result<(), BackendError> {
        self.pass(self.graph_s, 0.0);
        Ok(())
    }

    /// The mean of each visit's launches. What the L2 holds makes no difference, and the place only at [two
    /// speeds](Fake::with_two_speeds).
    fn replay(&mut self, replay: &Replay) -> Result<Vec<Launch>, BackendError> {
        let (point, _) = self.current()?;
        let Replay { place, visits, warmup, launches } = *replay;
        let visit = |visit| {
            let mut launches =
                self.launch_alike(&Burst { warmup, samples: launches, each: 1, timer: Timer::Graph })?;
            if let Some(factor) = self.speed_by_launch.get(&point).copied() {
                let slow = launches.iter_mut().filter(|_| self.symmetric() < -0.2);
                slow.for_each(|launch| launch.time_us *= factor);
            }
            let two_speeds = self.two_speeds.get(&point).filter(|_| (place + visit) % 3 == 2).unwrap_or(&1.0);
            // The golden section spreads the places evenly.
            let of_place = (f64::from(place + visit) * 0.618).fract();
            let slower = two_speeds * (1.0 + self.by_place.get(&point).unwrap_or(&0.0) * of_place);
            let mean = Launch::mean(&launches);
            Ok(Launch { time_us: mean.time_us * slower, ..mean })
        };
        (0..visits).map(visit).collect()
    }

    fn launch_metered(&mut self, burst: &Burst) -> Result<(Vec<Launch>, Vec<EnergyReading>), BackendError> {
        let began_s = self.now_s;
        self.next_reading_s = Some(began_s);
        let launches = self.launch_alike(burst);
        self.next_reading_s = None;
        let took_s = self.now_s - began_s;
        let readings = std::mem::take(&mut self.readings).into_iter();
        let reading = |(at_s, joules)| EnergyReading { share: (at_s - began_s) / took_s, joules };
        Ok((launches?, readings.map(reading).collect()))
    }

    fn verify(&mut self) -> Result<(), BackendError> {
        let (point, index) = self.current()?;
        let wrong = self.candidates.get(index).is_some_and(|candidate| !candidate.right);
        if wrong || self.faults.get(&point) == Some(&Fault::WrongResult) {
            return Err(BackendError::WrongResult("C[0, 0, 0] is 1, want 2".into()));
        }
        Ok(())
    }

    fn energy_j(&mut self) -> Option<f64> {
        Some(self.counter_j)
    }

    fn telemetry(&mut self) -> Telemetry {
        let capped = self.clock_mhz < self.boost_mhz;
        Telemetry {
            power_w: Some(self.average_w),
            temp_c: Some(self.celsius as u32),
            throttle: Some(if capped { "sw_power_cap" } else { "none" }.into()),
            ..Telemetry::default()
        }
    }

    fn now(&self) -> Duration {
        Duration::from_secs_f64(self.now_s)
    }

    fn idle(&mut self, duration: Duration) {
        self.pass(duration.as_secs_f64(), 0.0);
    }
}

/// The published sizes at one head dim, by the default engine.
///
/// # Panics
/// For a head dim that is none, and an op that the layer does not determine.
#[must_use]
pub fn point(op: Op, head_dim: u64, pacing: Pacing) -> Point {
    Point { pacing, ..made_up::point(op, head_dim) }
}

/// Both ops at head dims of every series, small and large, with the published sizes: 70 points.
#[must_use]
pub fn points(pacing: Pacing) -> Vec<Point> {
    let head_dims = [1, 2, 4, 8, 16, 32, 64].into_iter().flat_map(|series| {
        // Odd multiples of the series keep it.
        let multiple = |share: f64| (((2700.0 / series as f64 - 1.0) / 2.0 * share) as u64) * 2 + 1;
        [0.0, 0.2, 0.45, 0.7, 1.0].map(|share| series * multiple(share))
    });
    let head_dims: Vec<u64> = head_dims.collect();
    Op::all_of_attention().flat_map(|op| head_dims.iter().map(move |d| point(op, *d, pacing))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_points_cover_every_series() {
        let series: BTreeSet<u8> =
            points(Pacing::None).iter().filter_map(|p| Some(p.layer()?.series().get())).collect();
        assert_eq!(series.len(), 7);
    }
}

//! A simulated power-capped GPU, for tests: deterministic, with a clock that falls as the card warms
//! up and recovers as it idles, and with faults where they are asked for.

use crate::backend::{Backend, BackendError, Burst, Launch};
use hovera_core::{
    AttentionShape, Batch, Cache, Device, Dtype, Engine, HeadDim, Heads, Kernel, Layout, Op, Pacing, Point,
    Seq, Software, Telemetry, Timer,
};
use std::collections::BTreeMap;
use std::time::Duration;

const MAX_CLOCK_MHZ: f64 = 1980.0;
const MEMORY_BYTES: u64 = 80_000_000_000;
/// Busy seconds until the clock has lost most of what it will lose, and idle seconds until it is back.
const WARMING_S: f64 = 0.03;
const COOLING_S: f64 = 0.03;
/// The share of the clock that a warm card loses at full power.
const LOST_CLOCK: f64 = 0.4;

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

/// The simulated card.
pub struct Fake {
    device: Device,
    software: Software,
    faults: BTreeMap<Point, Fault>,
    noise: f64,
    now: Duration,
    /// 0 when cool, towards 1 when warm.
    warmth: f64,
    random: u64,
    prepared: Option<Point>,
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
            noise: 0.001,
            now: Duration::ZERO,
            warmth: 0.0,
            random: 0x9E37_79B9_7F4A_7C15,
            prepared: None,
        }
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

    /// The time of one launch in microseconds on the cool card without noise.
    #[must_use]
    pub fn ideal_us(&self, point: &Point) -> f64 {
        point.flop() as f64 / (tflops(point) * 1e6)
    }

    fn current(&self) -> Result<Point, BackendError> {
        self.prepared.ok_or_else(|| BackendError::Device("nothing was prepared".into()))
    }

    fn run_once(&mut self, point: &Point) -> Launch {
        let power = tflops(point) / PEAK_TFLOPS;
        let clock = MAX_CLOCK_MHZ * (1.0 - LOST_CLOCK * self.warmth * power);
        let time_us = self.ideal_us(point) * MAX_CLOCK_MHZ / clock * (1.0 + self.noise * self.symmetric());
        self.now += Duration::from_secs_f64(time_us * 1e-6);
        self.warmth = 1.0 - (1.0 - self.warmth) * (-time_us * 1e-6 * power / WARMING_S).exp();
        Launch { time_us, sm_clock_mhz: Some(clock) }
    }

    /// Evenly spread in -1 to 1, by xorshift64.
    fn symmetric(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

impl Default for Fake {
    fn default() -> Self {
        Fake::new()
    }
}

const PEAK_TFLOPS: f64 = 800.0;

/// Grows with the series and levels off with the head dim, as real cards do.
fn tflops(point: &Point) -> f64 {
    let d = f64::from(point.shape.head_dim().get());
    let series = f64::from(point.shape.series().get());
    PEAK_TFLOPS * (series / 64.0).powf(0.4) * d / (d + 100.0)
}

impl Backend for Fake {
    fn device(&self) -> &Device {
        &self.device
    }

    fn software(&self) -> &Software {
        &self.software
    }

    fn timers(&self) -> &'static [Timer] {
        &[Timer::Event, Timer::Host]
    }

    fn supports(&self, point: &Point) -> Result<(), BackendError> {
        match point.dtype {
            Dtype::F16 | Dtype::Bf16 => Ok(()),
            other => Err(BackendError::Unsupported(format!("dtype {other}: this device has f16 and bf16"))),
        }
    }

    fn memory(&self) -> Result<u64, BackendError> {
        Ok(MEMORY_BYTES)
    }

    fn footprint(&self, point: &Point) -> u128 {
        point.bytes()
    }

    fn reserve(&mut self, _dtype: Dtype, points: &[Point], _seed: u64) -> Result<(), BackendError> {
        match points.iter().map(|p| self.footprint(p)).max() {
            Some(needed) if needed > u128::from(MEMORY_BYTES) => {
                Err(BackendError::OutOfMemory { needed, available: MEMORY_BYTES })
            }
            _ => Ok(()),
        }
    }

    fn prepare(&mut self, point: &Point) -> Result<Vec<Kernel>, BackendError> {
        self.prepared = None;
        match self.faults.get(point) {
            Some(Fault::OutOfMemory) => {
                return Err(BackendError::OutOfMemory { needed: point.bytes(), available: MEMORY_BYTES });
            }
            Some(Fault::Device) => return Err(BackendError::Device("simulated illegal address".into())),
            Some(Fault::WrongResult) | None => {}
        }
        self.prepared = Some(*point);
        Ok(vec![Kernel::default()])
    }

    fn choose(&mut self, index: usize) -> Result<(), BackendError> {
        self.current()?;
        match index {
            0 => Ok(()),
            _ => Err(BackendError::Device(format!("no candidate {index}"))),
        }
    }

    fn launch(&mut self, burst: &Burst) -> Result<Vec<Launch>, BackendError> {
        let point = self.current()?;
        for _ in 0..burst.warmup {
            self.run_once(&point);
        }
        Ok((0..burst.samples).map(|_| self.run_once(&point)).collect())
    }

    fn verify(&mut self) -> Result<(), BackendError> {
        match self.faults.get(&self.current()?) {
            Some(Fault::WrongResult) => Err(BackendError::WrongResult("C[0, 0, 0] is 1, want 2".into())),
            _ => Ok(()),
        }
    }

    fn energy_j(&mut self) -> Option<f64> {
        None
    }

    fn telemetry(&mut self) -> Telemetry {
        Telemetry { power_w: Some(700.0 * self.warmth), ..Telemetry::default() }
    }

    fn now(&self) -> Duration {
        self.now
    }

    fn idle(&mut self, duration: Duration) {
        self.now += duration;
        self.warmth *= (-duration.as_secs_f64() / COOLING_S).exp();
    }
}

/// Both ops at head dims of every series, small and large, with the published sizes.
#[must_use]
pub fn points(pacing: Pacing) -> Vec<Point> {
    let head_dims = [1, 2, 4, 8, 16, 32, 64, 1365, 1366, 1364, 1352, 1360, 1376, 1344];
    let shape = |d: u64| -> Option<AttentionShape> {
        let (a, b, s) = (Heads::new(12).ok()?, Batch::new(4).ok()?, Seq::new(2048).ok()?);
        AttentionShape::from_head_dim(a, b, s, HeadDim::new(d).ok()?).ok()
    };
    let point = |op, shape| Point {
        op,
        dtype: Dtype::F16,
        layout: Layout::Nn,
        engine: Engine::Cublas,
        pacing,
        cache: Cache::Hot,
        shape,
    };
    Op::ALL
        .iter()
        .flat_map(|op| head_dims.iter().filter_map(move |d| shape(*d)).map(move |shape| point(*op, shape)))
        .collect()
}

//! The CPU as a device.

use crate::{machine, memory, product, verify};
use hovera_bench::{Backend, BackendError, Burst, Launch};
use hovera_core::{Cache, Device, Dtype, Engine, Kernel, Point, Software, Telemetry, Timer};
use rand::SeedableRng;
use rand::distr::Distribution;
use rand::rngs::SmallRng;
use rand_distr::StandardNormal;
use std::collections::TryReserveError;
use std::time::{Duration, Instant};

/// f32 GEMMs on all cores, timed by the host's clock.
pub struct CpuBackend {
    device: Device,
    software: Software,
    started: Instant,
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
    prepared: Option<Point>,
    /// Whether the GEMM library has the memory that it keeps.
    has_scratch: bool,
}

impl CpuBackend {
    /// The machine this runs on.
    #[must_use]
    pub fn open() -> CpuBackend {
        CpuBackend {
            device: Device {
                name: machine::processor_name(),
                backend: "cpu".into(),
                threads: Some(rayon::current_num_threads() as u32),
                ..Device::default()
            },
            software: Software { gemm: format!("faer {FAER_VERSION}"), ..Software::default() },
            started: Instant::now(),
            a: Vec::new(),
            b: Vec::new(),
            c: Vec::new(),
            prepared: None,
            has_scratch: false,
        }
    }

    fn current(&self) -> Result<Point, BackendError> {
        self.prepared.ok_or_else(|| BackendError::Device("no point is prepared".into()))
    }

    /// Has every thread take its scratch while there is room for it, before operands fill that.
    fn take_scratch(&mut self) -> Result<(), TryReserveError> {
        if self.has_scratch {
            return Ok(());
        }
        let floats = usize::try_from(scratch() / 4).unwrap_or(usize::MAX);
        drop(room(floats)?);
        product::on_every_thread();
        self.has_scratch = true;
        Ok(())
    }

    fn run(&mut self, point: &Point) {
        let (gemm, (a, b, c)) = (point.gemm(), lengths(point));
        product::batched(gemm, point.layout, &self.a[..a], &self.b[..b], &mut self.c[..c]);
    }
}

/// As Cargo.lock has it: a test compares them.
const FAER_VERSION: &str = "0.24.4";

/// Elements of A, B and C. `supports` and the arena made sure that they fit in memory.
fn lengths(point: &Point) -> (usize, usize, usize) {
    let gemm = point.gemm();
    (gemm.a_len() as usize, gemm.b_len() as usize, gemm.c_len() as usize)
}

fn normal(seed: u64, len: usize) -> Result<Vec<f32>, TryReserveError> {
    let mut draws = room(len)?;
    let random = SmallRng::seed_from_u64(seed);
    draws.extend(Distribution::<f32>::sample_iter(StandardNormal, random).take(len));
    Ok(draws)
}

/// Room for exactly so many numbers. Where the system gives none that is an error, and no end of the process.
fn room(len: usize) -> Result<Vec<f32>, TryReserveError> {
    let mut numbers = Vec::new();
    numbers.try_reserve_exact(len)?;
    Ok(numbers)
}

/// Bytes of scratch that the GEMM library takes for each thread the first time, and keeps: twice the cache of the
/// third level (private-gemm-x86 0.1.22, `millikernel`). Where it cannot have them the process is aborted.
fn scratch() -> u64 {
    2 * machine::third_level_cache() * (rayon::current_num_threads() as u64 + 1)
}

impl Backend for CpuBackend {
    fn device(&self) -> &Device {
        &self.device
    }

    fn software(&self) -> &Software {
        &self.software
    }

    fn timers(&self) -> &'static [Timer] {
        &[Timer::Host]
    }

    fn supports(&self, point: &Point) -> Result<(), BackendError> {
        if !point.op.is_product() {
            return Err(BackendError::Unsupported(format!(
                "op {}: the CPU backend has products of matrices alone; engine cudnn computes it, on a GPU",
                point.op
            )));
        }
        if point.engine != Engine::Cpu {
            return Err(BackendError::Unsupported(format!(
                "engine {}: the CPU backend has only the engine cpu",
                point.engine
            )));
        }
        if point.dtype != Dtype::F32 {
            return Err(BackendError::Unsupported(format!(
                "dtype {}: the CPU backend computes in f32 only",
                point.dtype
            )));
        }
        if point.cache != Cache::Hot {
            return Err(BackendError::Unsupported(format!(
                "cache {}: the CPU backend has only hot ones",
                point.cache
            )));
        }
        Ok(())
    }

    fn memory(&self) -> Result<u64, BackendError> {
        Ok(memory::available())
    }

    fn footprint(&self, point: &Point) -> Result<u128, BackendError> {
        Ok(point.bytes())
    }

    fn reserve(&mut self, _dtype: Dtype, points: &[Point], seed: u64) -> Result<(), BackendError> {
        let largest = |len: fn(&Point) -> u128| points.iter().map(len).max().unwrap_or(0);
        let a = largest(|p| p.gemm().a_len());
        let b = largest(|p| p.gemm().b_len());
        let c = largest(|p| p.gemm().c_len());
        let needed = (a + b + c) * u128::from(Dtype::F32.size());
        self.prepared = None;
        // What an earlier reservation holds is there to be had again.
        (self.a, self.b, self.c) = (Vec::new(), Vec::new(), Vec::new());
        let refused = || BackendError::OutOfMemory { needed, available: memory::available() };
        if needed > u128::from(memory::available()) {
            return Err(refused());
        }
        self.take_scratch().map_err(|_| refused())?;
        let mut fill = || -> Result<(), TryReserveError> {
            self.a = normal(seed, a as usize)?;
            self.b = normal(seed.wrapping_add(1), b as usize)?;
            self.c = room(c as usize)?;
            self.c.resize(c as usize, 0.0);
            Ok(())
        };
        fill().map_err(|_| {
            (self.a, self.b, self.c) = (Vec::new(), Vec::new(), Vec::new());
            BackendError::OutOfMemory { needed, available: memory::available() }
        })
    }

    fn prepare(&mut self, point: &Point) -> Result<Vec<Kernel>, BackendError> {
        self.prepared = None;
        self.supports(point)?;
        let (a, b, c) = lengths(point);
        if self.a.len() < a || self.b.len() < b || self.c.len() < c {
            return Err(BackendError::Device("the point is larger than the arena that was reserved".into()));
        }
        self.c[..c].fill(f32::NAN);
        self.prepared = Some(*point);
        Ok(vec![Kernel::default()])
    }

    fn choose(&mut self, index: usize) -> Result<(), BackendError> {
        let (_, _, c) = lengths(&self.current()?);
        if index != 0 {
            return Err(BackendError::Device(format!("no candidate {index}: the CPU backend has one")));
        }
        self.c[..c].fill(f32::NAN);
        Ok(())
    }

    fn launch(&mut self, burst: &Burst) -> Result<Vec<Launch>, BackendError> {
        let point = self.current()?;
        if burst.timer != Timer::Host {
            return Err(BackendError::Unsupported(format!(
                "timer {}: the CPU backend has only the host's clock",
                burst.timer
            )));
        }
        for _ in 0..burst.warmup {
            self.run(&point);
        }
        let timed = (0..burst.samples).map(|_| {
            let start = Instant::now();
            self.run(&point);
            Launch { time_us: start.elapsed().as_secs_f64() * 1e6, sm_clock_mhz: None }
        });
        Ok(timed.collect())
    }

    fn verify(&mut self) -> Result<(), BackendError> {
        let point = self.current()?;
        let (a, b, c) = lengths(&point);
        verify::check(point.gemm(), point.layout, &self.a[..a], &self.b[..b], &self.c[..c])
            .map_err(BackendError::WrongResult)
    }

    fn energy_j(&mut self) -> Option<f64> {
        None
    }

    fn telemetry(&mut self) -> Telemetry {
        Telemetry::default()
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn idle(&mut self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Op, made_up};

    const BURST: Burst = Burst { warmup: 1, samples: 5, each: 1, timer: Timer::Host };

    fn point(op: Op, d: u64) -> Point {
        point_of(op, (3, 2, 33, d))
    }

    /// A product of a layer of a heads, b, s and head dim.
    fn point_of(op: Op, sizes: (u64, u64, u64, u64)) -> Point {
        let point = made_up::point_of_layer(op, made_up::layer(sizes));
        Point { dtype: Dtype::F32, engine: Engine::Cpu, ..point }
    }

    #[test]
    fn points_are_prepared_checked_and_timed_in_one_arena() {
        let mut cpu = CpuBackend::open();
        let points = [point(Op::Score, 1), point(Op::Values, 65), point(Op::Score, 40)];
        cpu.reserve(Dtype::F32, &points, 1).unwrap();
        for p in points {
            cpu.prepare(&p).unwrap();
            assert!(cpu.verify().is_err(), "nothing was computed yet");
            let launches = cpu.launch(&BURST).unwrap();
            cpu.verify().unwrap();
            cpu.choose(0).unwrap();
            assert!(cpu.verify().is_err(), "the result is poisoned again");
            assert_eq!(launches.len(), 5);
            assert!(launches.iter().all(|l| l.time_us > 0.0 && l.sm_clock_mhz.is_none()));
        }
    }

    #[test]
    fn operands_are_standard_normal_and_repeat() {
        let draws = normal(3, 100_000).unwrap();
        let mean = draws.iter().map(|x| f64::from(*x)).sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        assert_eq!(draws[..100], normal(3, 100).unwrap()[..]);
        assert_ne!(draws[..100], normal(4, 100).unwrap()[..]);
    }

    #[test]
    fn what_the_cpu_does_not_do_is_refused_with_what_it_does() {
        let cpu = CpuBackend::open();
        let half = Point { dtype: Dtype::F16, ..point(Op::Score, 8) };
        assert_eq!(
            cpu.supports(&half).unwrap_err().to_string(),
            "dtype f16: the CPU backend computes in f32 only"
        );
        let cublas = Point { engine: Engine::Cublas, ..point(Op::Score, 8) };
        assert!(cpu.supports(&cublas).is_err());
        let cold = Point { cache: Cache::Cold, ..point(Op::Score, 8) };
        assert!(cpu.supports(&cold).unwrap_err().to_string().starts_with("cache cold: "));
    }

    #[test]
    fn memory_that_is_not_there_is_an_error_and_the_next_smaller_points_are_measured() {
        let huge = |seq| point_of(Op::Score, (64, 64, seq, 8));
        let mut cpu = CpuBackend::open();
        // More than any machine has: 64 x 64 products of a million by a million.
        let error = cpu.reserve(Dtype::F32, &[huge(1 << 20)], 1).unwrap_err();
        assert!(matches!(error, BackendError::OutOfMemory { .. }), "{error}");
        // More than any address space: the allocation is refused.
        assert!(room(usize::MAX / 8).is_err() && normal(1, usize::MAX / 4).is_err());
        cpu.reserve(Dtype::F32, &[point(Op::Score, 8)], 1).unwrap();
        cpu.prepare(&point(Op::Score, 8)).unwrap();
        cpu.launch(&BURST).unwrap();
        cpu.verify().unwrap();
    }

    #[test]
    fn calls_out_of_order_are_errors() {
        let mut cpu = CpuBackend::open();
        assert!(cpu.launch(&BURST).is_err() && cpu.choose(0).is_err() && cpu.verify().is_err());
        assert!(cpu.prepare(&point(Op::Score, 8)).is_err());
    }

    #[test]
    fn the_version_in_the_front_matter_is_the_one_that_runs() {
        let lock = include_str!("../../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"faer\"\nversion = \"{FAER_VERSION}\"")));
    }
}

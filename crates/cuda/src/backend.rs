//! [`CudaBackend`].

mod probe;

pub use probe::{Checked, Probe};

use crate::arena::Layout as ArenaLayout;
use crate::burst::{Bench, EventTimer};
use crate::device::Card;
use crate::nvml::{self, Limits};
use crate::sys::{
    Blas, BmmCall, Context, Driver, Entry, Half, Kernels, Matrices, Memory, NanCount, Reference, Stream,
};
use crate::torch_bmm::{bmm_call, workspace_bytes};
use crate::verify;
use hovera_bench::{Backend, BackendError, Burst, Launch};
use hovera_core::{Cache, Device, Dtype, Engine, Kernel, Layout, Point, Software, Telemetry, Timer};
use nvml_wrapper::Nvml;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The oldest card that the kernels are compiled for: a V100.
const OLDEST_CARD: (u32, u32) = (7, 0);

/// Device memory left alone: cuBLAS loads kernels as they are first used, some hundred MiB in all.
const MEMORY_MARGIN: u64 = 768 << 20;

/// Every byte of the poison. 0xFFFF is a NaN in fp16 and in bf16.
const POISON: u8 = 0xFF;

/// Streams of the seed's random numbers.
const STREAM_A: u32 = 0;
const STREAM_B: u32 = 1;

/// One NVIDIA GPU, running batched GEMMs by cuBLAS exactly as `torch.bmm` does.
///
/// ```no_run
/// use hovera_bench::Backend;
/// let backend = hovera_cuda::CudaBackend::open(0)?;
/// println!("{} with {}", backend.device().name, backend.software().gemm);
/// # Ok::<(), hovera_bench::BackendError>(())
/// ```
pub struct CudaBackend {
    // Dropped in this order: cuBLAS before its workspace, everything before the context.
    blas: Blas,
    arena: Option<Arena>,
    scratch: Memory,
    timer: EventTimer,
    kernels: Kernels,
    stream: Rc<Stream>,
    context: Rc<Context>,
    prepared: Option<Prepared>,
    telemetry: Option<(Nvml, String)>,
    card: Card,
    device: Device,
    software: Software,
    warnings: Vec<String>,
    stamps: bool,
    opened: Instant,
}

struct Arena {
    memory: Memory,
    layout: ArenaLayout,
    dtype: Dtype,
}

#[derive(Clone, Copy)]
struct Prepared {
    point: Point,
    call: BmmCall,
}

impl CudaBackend {
    /// Takes hold of a GPU, numbered as CUDA does (`CUDA_VISIBLE_DEVICES` counts).
    ///
    /// # Errors
    /// [`BackendError::Unavailable`] when the driver, cuBLAS or the GPU is missing, too old or out of
    /// memory, naming what was tried and what to do.
    pub fn open(ordinal: u32) -> Result<CudaBackend, BackendError> {
        let driver = Driver::open()?;
        let card = Card::find(&driver, ordinal)?;
        if card.compute_capability < OLDEST_CARD {
            let (major, minor) = card.compute_capability;
            return Err(BackendError::Unavailable(format!(
                "GPU {ordinal} ({}) has compute capability {major}.{minor}: hovera needs 7.0 (V100) or newer",
                driver.name(card.handle)?
            )));
        }
        Self::start(driver, card).map_err(|error| match error {
            BackendError::Unavailable(text) => BackendError::Unavailable(text),
            error => BackendError::Unavailable(format!(
                "GPU {ordinal} does not start: {error}. Is its memory full, or in use by another process \
                 in exclusive mode? nvidia-smi tells"
            )),
        })
    }

    fn start(driver: Driver, card: Card) -> Result<CudaBackend, BackendError> {
        let mut warnings = Vec::new();
        let telemetry = nvml::start().and_then(|nvml| {
            let uuid = nvml::Card::find(&nvml, card.uuid)?.into_uuid();
            Ok((nvml, uuid))
        });
        let telemetry = telemetry.map_err(|warning| warnings.push(warning)).ok();
        let limits = known(&telemetry).map_or(Limits::default(), |card| card.limits());

        let context = Context::retain(driver, card.handle)?;
        let stream = Rc::new(Stream::new(&context)?);
        let kernels = Kernels::load(&context, card.sm_count)?;
        let timer = EventTimer::new(&context, &kernels)?;
        let scratch = Memory::allocate(&context, scratch::BYTES)?;
        let blas = Blas::new(&context, &stream)?;
        // CUDA loads a kernel when it is first launched, which would stall the first burst.
        kernels.hold(&stream, 0)?;
        kernels.stamp(&stream, timer.stamp_region(&kernels, 0)?)?;
        stream.synchronize()?;

        let software = Software {
            driver: telemetry.as_ref().and_then(|(nvml, _)| nvml.sys_driver_version().ok()),
            cuda: Some(driver.cuda()),
            gemm: blas.version().to_owned(),
            ..Software::default()
        };
        Ok(CudaBackend {
            device: card.describe(&driver, &limits)?,
            software,
            blas,
            arena: None,
            scratch,
            timer,
            kernels,
            stream,
            context,
            prepared: None,
            telemetry,
            card,
            warnings,
            stamps: true,
            opened: Instant::now(),
        })
    }

    /// What is missing without being an error, each as a sentence.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether [`launch`](Backend::launch) measures the true SM clock, by a tiny kernel between
    /// launches. On by default.
    pub fn set_stamps(&mut self, on: bool) {
        self.stamps = on;
    }

    /// What tests look at. Not part of the interface.
    #[doc(hidden)]
    pub fn probe(&mut self) -> Probe<'_> {
        Probe { backend: self }
    }

    fn workspace_bytes(&self) -> u64 {
        workspace_bytes(self.card.compute_capability.0)
    }

    fn arena_layout(&self, dtype: Dtype, points: &[Point]) -> ArenaLayout {
        ArenaLayout::new(points.iter().map(Point::gemm), dtype, self.workspace_bytes())
    }

    /// The prepared point's matrices in the arena.
    fn matrices(&self, point: &Point) -> Result<Matrices<'_>, BackendError> {
        let misuse = |text: &str| Err(BackendError::Device(text.to_owned()));
        let Some(Arena { memory, layout, dtype }) = &self.arena else {
            return misuse("no memory is reserved: call reserve before prepare");
        };
        if point.dtype != *dtype || !layout.fits(point.gemm(), point.dtype) {
            return misuse("the point was not among those that memory was reserved for");
        }
        let gemm = point.gemm();
        let size = u64::from(point.dtype.size());
        let front = |region: std::ops::Range<u64>, elements: u128| {
            let bytes = u64::try_from(elements).map_or(u64::MAX, |elements| elements * size);
            memory.region(region.start..region.start + bytes)
        };
        Ok(Matrices {
            gemm,
            half: half(point.dtype)?,
            b_transposed: point.layout == Layout::Nt,
            a: front(layout.a(), gemm.a_len())?,
            b: front(layout.b(), gemm.b_len())?,
            c: front(layout.c(), gemm.c_len())?,
        })
    }

    fn prepared(&self) -> Result<Prepared, BackendError> {
        self.prepared.ok_or_else(|| {
            BackendError::Device("no point is prepared: call prepare before launch".to_owned())
        })
    }

    /// Overwrites the point's C with NaN.
    fn poison(&self, point: &Point) -> Result<(), BackendError> {
        self.stream.fill_bytes(self.matrices(point)?.c, POISON)?;
        self.stream.synchronize()
    }

    /// Looks for poison in all of C, and compares sampled entries with an f64 reference.
    fn check(&self, point: &Point) -> Result<(), BackendError> {
        let matrices = self.matrices(point)?;
        let (gemm, half) = (matrices.gemm, matrices.half);
        let found_at = self.scratch.region(scratch::NAN_COUNT)?;
        self.stream.write(found_at, &[NanCount { count: 0, first: u64::MAX }])?;
        self.kernels.count_nan(&self.stream, matrices.c, half, found_at)?;
        let mut found = [NanCount { count: 0, first: 0 }];
        self.stream.read(found_at, &mut found)?;
        let [NanCount { count, first }] = found;
        if count > 0 {
            return Err(verify::incomplete(gemm, count, first));
        }
        let (entries, references) = self.references(&matrices)?;
        verify::compare(half, gemm.k(), &entries, &references)
    }

    /// What the sampled entries of C are and should be.
    fn references(&self, matrices: &Matrices<'_>) -> Result<(Vec<Entry>, Vec<Reference>), BackendError> {
        let entries = verify::entries(matrices.gemm);
        let out = self.scratch.region(scratch::REFERENCES)?;
        let entries_at = self.scratch.region(scratch::ENTRIES)?;
        self.kernels.reference_dots(&self.stream, matrices, &entries, entries_at, out)?;
        let mut references = vec![Reference::default(); entries.len()];
        self.stream.read(out, &mut references)?;
        Ok((entries, references))
    }
}

impl Backend for CudaBackend {
    fn device(&self) -> &Device {
        &self.device
    }

    fn software(&self) -> &Software {
        &self.software
    }

    fn timers(&self) -> &'static [Timer] {
        &[Timer::Event]
    }

    fn supports(&self, point: &Point) -> Result<(), BackendError> {
        if point.engine != Engine::Cublas {
            return Err(BackendError::Unsupported(format!(
                "engine {}: the cuda backend has {}",
                point.engine,
                Engine::Cublas
            )));
        }
        if point.cache != Cache::Hot {
            return Err(BackendError::Unsupported(format!(
                "cache {}: the cuda backend has {}",
                point.cache,
                Cache::Hot
            )));
        }
        if half(point.dtype)? == Half::Bf16 && self.card.compute_capability.0 < 8 {
            return Err(BackendError::Unsupported(format!(
                "dtype bf16: {} has no bf16 tensor cores (compute capability 8.0 or newer has); f16 works",
                self.device.name
            )));
        }
        Ok(())
    }

    fn memory(&self) -> Result<u64, BackendError> {
        self.context.make_current()?;
        let held = self.arena.as_ref().map_or(0, |arena| arena.memory.bytes());
        Ok((self.context.free_memory()? + held).saturating_sub(MEMORY_MARGIN))
    }

    fn footprint(&self, point: &Point) -> u128 {
        self.arena_layout(point.dtype, std::slice::from_ref(point)).total()
    }

    fn reserve(&mut self, dtype: Dtype, points: &[Point], seed: u64) -> Result<(), BackendError> {
        let half = half(dtype)?;
        if let Some(other) = points.iter().find(|point| point.dtype != dtype) {
            return Err(BackendError::Device(format!(
                "a {} point among those to reserve memory for {dtype}",
                other.dtype
            )));
        }
        let available = self.memory()?;
        let layout = self.arena_layout(dtype, points);
        let needed = layout.total();
        let bytes = match u64::try_from(needed) {
            Ok(bytes) if bytes <= available => bytes,
            _ => return Err(BackendError::OutOfMemory { needed, available }),
        };
        self.prepared = None;
        // The old arena goes first, so that both never have to fit at once.
        let memory = match self.arena.take() {
            Some(arena) if arena.memory.bytes() >= bytes => arena.memory,
            old => {
                drop(old);
                Memory::allocate(&self.context, bytes)?
            }
        };
        self.blas.set_workspace(memory.region(layout.workspace())?)?;
        for (region, stream_id) in [(layout.a(), STREAM_A), (layout.b(), STREAM_B)] {
            self.kernels.fill_normal(&self.stream, memory.region(region)?, half, seed, stream_id)?;
        }
        self.stream.synchronize()?;
        self.arena = Some(Arena { memory, layout, dtype });
        Ok(())
    }

    fn prepare(&mut self, point: &Point) -> Result<Vec<Kernel>, BackendError> {
        self.prepared = None;
        self.supports(point)?;
        self.context.make_current()?;
        self.poison(point)?;
        self.prepared = Some(Prepared { point: *point, call: bmm_call(point.gemm(), point.layout) });
        // cuBLAS does not tell which kernel it chose.
        Ok(vec![Kernel::default()])
    }

    fn choose(&mut self, index: usize) -> Result<(), BackendError> {
        let prepared = self.prepared()?;
        if index != 0 {
            return Err(BackendError::Device(format!("no candidate {index}: cuBLAS chooses by itself")));
        }
        self.context.make_current()?;
        self.poison(&prepared.point)
    }

    fn launch(&mut self, burst: &Burst) -> Result<Vec<Launch>, BackendError> {
        let prepared = self.prepared()?;
        if !self.timers().contains(&burst.timer) {
            return Err(BackendError::Unsupported(format!(
                "timer {}: the cuda backend has {}",
                burst.timer,
                Timer::Event
            )));
        }
        self.context.make_current()?;
        let matrices = self.matrices(&prepared.point)?;
        let bench = Bench {
            stream: &self.stream,
            kernels: &self.kernels,
            stamps: self.stamps,
            launch: &|| self.blas.bmm(&prepared.call, &matrices),
        };
        self.timer.burst(&bench, burst.warmup, burst.samples)
    }

    fn verify(&mut self) -> Result<(), BackendError> {
        let prepared = self.prepared()?;
        self.context.make_current()?;
        self.check(&prepared.point)
    }

    fn energy_j(&mut self) -> Option<f64> {
        None
    }

    fn telemetry(&mut self) -> Telemetry {
        known(&self.telemetry).map_or(Telemetry::default(), |card| card.telemetry())
    }

    fn now(&self) -> Duration {
        self.opened.elapsed()
    }

    fn idle(&mut self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

impl Drop for CudaBackend {
    fn drop(&mut self) {
        // Nothing may still be queued when cuBLAS and the memory go. What fails here has failed, and
        // been reported, before.
        if self.context.make_current().is_ok() {
            _ = self.stream.synchronize();
        }
    }
}

fn known(telemetry: &Option<(Nvml, String)>) -> Option<nvml::Card<'_>> {
    telemetry.as_ref().map(|(nvml, uuid)| nvml::Card::known(nvml, uuid.clone()))
}

/// # Errors
/// [`BackendError::Unsupported`] for a dtype of other than 16 bits.
fn half(dtype: Dtype) -> Result<Half, BackendError> {
    match dtype {
        Dtype::F16 => Ok(Half::F16),
        Dtype::Bf16 => Ok(Half::Bf16),
        Dtype::F32 | Dtype::Tf32 | Dtype::F8e4m3 | Dtype::Int8 => {
            Err(BackendError::Unsupported(format!("dtype {dtype}: the cuda backend has f16 and bf16")))
        }
    }
}

/// What lies where in the scratch memory of the check.
mod scratch {
    use crate::sys::{Entry, NanCount, Reference};
    use crate::verify::SAMPLES;
    use std::ops::Range;

    const fn after(start: u64, count: usize, size: usize) -> Range<u64> {
        start..start + (count * size) as u64
    }

    pub(super) const NAN_COUNT: Range<u64> = after(0, 1, size_of::<NanCount>());
    pub(super) const ENTRIES: Range<u64> = after(NAN_COUNT.end, SAMPLES, size_of::<Entry>());
    pub(super) const REFERENCES: Range<u64> = after(ENTRIES.end, SAMPLES, size_of::<Reference>());
    pub(super) const BYTES: u64 = REFERENCES.end;
}

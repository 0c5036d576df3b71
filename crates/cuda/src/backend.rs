//! [`CudaBackend`].

mod checking;
mod fused;
mod launching;
mod memory;
mod prepared;
mod probe;
mod replaying;
mod softmax;
mod stamps_add;

pub use probe::{Checked, Probe};

use crate::arena::ArenaLayout;
use crate::arithmetic::{Ability, arithmetic};
use crate::burst::{Length, Stopwatch};
use crate::energy_log::EnergyLog;
use crate::gpu::Gpu;
use crate::nvml::{self, GpuLimits, NvmlDevice};
use crate::sys::{
    Attention, AttentionPlan, Blas, CapturedWork, Context, Cudnn, Driver, Kernels, Lt, Memory, Stream,
    find_cudnn,
};
use crate::trouble::{Trouble, of_the_driver, troubles};
use hovera_bench::{Backend, BackendError, Burst, EnergyReading, Launch, Replay};
use hovera_core::procedure::replay::MOST_PLACES;
use hovera_core::{CallLaunches, Device, Dtype, Kernel, Point, Software, Telemetry, Timer};
use nvml_wrapper::Nvml;
use prepared::{Prepared, Turn, Turns};
use stamps_add::{StampsAdd, ToldByVisits};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The oldest card that the kernels are compiled for: a V100.
const OLDEST_CARD: (u32, u32) = (7, 0);

/// Device memory left alone: cuBLAS loads kernels as they are first used, some hundred MiB in all.
const MEMORY_MARGIN: u64 = 768 << 20;

/// A device's timer tells the time of a launch well enough if it steps by this: 0.03 % of 100 µs.
const FINE_STEP_NS: u64 = 32;

/// Streams of the seed's random numbers.
const STREAM_A: u32 = 0;
const STREAM_B: u32 = 1;

/// One NVIDIA GPU, running batched GEMMs: by cuBLAS exactly as `torch.bmm` does, or by any of the
/// algorithms that cublasLt offers.
///
/// ```no_run
/// use hovera_bench::Backend;
/// let backend = hovera_cuda::CudaBackend::open(0)?;
/// println!("{} with {}", backend.device().name, backend.software().gemm);
/// # Ok::<(), hovera_bench::BackendError>(())
/// ```
pub struct CudaBackend {
    prepared: Option<Prepared>,
    blas: Blas,
    /// Or why there is none.
    lt: Result<Rc<Lt>, String>,
    /// How fused attention is computed, of what was asked for so far.
    plans: RefCell<BTreeMap<Attention, Rc<AttentionPlan>>>,
    /// Or why there is none. From the first point of fused attention on.
    cudnn: OnceCell<Result<Rc<Cudnn>, String>>,
    arena: Option<Arena>,
    scratch: Rc<Memory>,
    stopwatch: Stopwatch,
    kernels: Kernels,
    stream: Rc<Stream>,
    context: Rc<Context>,
    telemetry: Option<(Arc<Nvml>, String)>,
    /// From the first metered burst on.
    energy_log: Option<EnergyLog>,
    gpu: Gpu,
    device: Device,
    software: Software,
    troubles: Vec<Trouble>,
    stamps: bool,
    /// Whether two stamps tell how long a single launch took.
    timer_is_fine: bool,
    /// What fills the L2 ahead of a replay, from the first graph on.
    other_data: Option<Rc<Memory>>,
    /// From the first graph on.
    stamps_add: Option<StampsAdd>,
    opened: Instant,
}

struct Arena {
    memory: Rc<Memory>,
    layout: ArenaLayout,
    dtype: Dtype,
    /// So many places for replays at the most.
    places: u32,
}

impl CudaBackend {
    /// Takes hold of a GPU, numbered as CUDA does (`CUDA_VISIBLE_DEVICES` counts).
    ///
    /// # Errors
    /// [`BackendError::Unavailable`] when the driver, cuBLAS or the GPU is missing, too old or out of
    /// memory, naming what was tried and what to do.
    pub fn open(ordinal: u32) -> Result<CudaBackend, BackendError> {
        Self::open_with(ordinal, None)
    }

    /// The same with one cuBLAS and no other: its file, or the folder that it lies in.
    ///
    /// # Errors
    /// As [`CudaBackend::open`].
    pub fn open_with_cublas(ordinal: u32, cublas: &Path) -> Result<CudaBackend, BackendError> {
        Self::open_with(ordinal, Some(cublas))
    }

    fn open_with(ordinal: u32, cublas: Option<&Path>) -> Result<CudaBackend, BackendError> {
        let driver = Driver::open()?;
        let gpu = Gpu::find(&driver, ordinal)?;
        if gpu.compute_capability < OLDEST_CARD {
            let (major, minor) = gpu.compute_capability;
            return Err(BackendError::Unavailable(format!(
                "GPU {ordinal} ({}) has compute capability {major}.{minor}: hovera needs 7.0 (V100) or newer",
                driver.name(gpu.handle)?
            )));
        }
        Self::start(driver, gpu, cublas).map_err(|error| match error {
            BackendError::Unavailable(text) => BackendError::Unavailable(text),
            error => BackendError::Unavailable(format!(
                "GPU {ordinal} does not start: {error}. Is its memory full, or in use by another process \
                 in exclusive mode? nvidia-smi tells"
            )),
        })
    }

    fn start(driver: Driver, gpu: Gpu, cublas: Option<&Path>) -> Result<CudaBackend, BackendError> {
        let telemetry = nvml::start().and_then(|nvml| {
            let uuid = NvmlDevice::find(&nvml, gpu.uuid)?.into_uuid();
            Ok((Arc::new(nvml), uuid))
        });
        // Before this process itself is one that uses the card.
        let (limits, found) = match &telemetry {
            Ok((nvml, uuid)) => {
                let known = NvmlDevice::known(nvml, uuid.clone());
                let limits = known.limits();
                let found = troubles(&limits, &known.state());
                (limits, found)
            }
            Err(why) => (GpuLimits::default(), vec![Trouble::Unknown(format!("{why}."))]),
        };
        let found = found.into_iter().chain(of_the_driver(&driver)).collect();
        let telemetry = telemetry.ok();

        let context = Context::retain(driver, gpu.handle)?;
        let stream = Stream::new(&context)?;
        let mut kernels = Kernels::load(&context, gpu.sm_count, gpu.has_clusters())?;
        let stopwatch = Stopwatch::new(&context, &kernels)?;
        let scratch = Memory::allocate(&context, scratch::BYTES)?;
        let device = gpu.describe(&driver, &limits)?;
        let blas = Blas::open(&stream, cublas)?;
        let lt = Lt::open(&context, blas.path()).map_err(|error| error.to_string());
        stream.write(scratch.region(scratch::UNIT_SCALE)?, &[1f32.to_bits()])?;
        // CUDA loads a kernel when it is first launched, which would stall the first burst.
        kernels.hold(&stream, 0)?;
        kernels.try_clusters(&stream);
        kernels.stamp(&stream, stopwatch.stamp_region(&kernels, 0)?)?;
        stream.synchronize()?;

        let timer_is_fine = stopwatch.timer_step_ns(&stream, &kernels)? <= FINE_STEP_NS;

        let software = Software {
            driver: telemetry.as_ref().and_then(|(nvml, _)| nvml.sys_driver_version().ok()),
            cuda: Some(driver.cuda()),
            gemm: blas.version().to_owned(),
            cudnn: find_cudnn(driver.version()).ok(),
            ..Software::default()
        };
        Ok(CudaBackend {
            prepared: None,
            device,
            software,
            blas,
            lt,
            plans: RefCell::default(),
            cudnn: OnceCell::new(),
            arena: None,
            scratch,
            stopwatch,
            kernels,
            stream,
            context,
            telemetry,
            energy_log: None,
            gpu,
            troubles: found,
            stamps: true,
            timer_is_fine,
            other_data: None,
            stamps_add: None,
            opened: Instant::now(),
        })
    }

    /// What would spoil a measurement on this card, as it was before this backend started to use it.
    #[must_use]
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
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

    /// Memory for all of these points, with so many places for replays at the most.
    fn room_for(
        &mut self,
        points: &[Point],
        places: u32,
    ) -> Result<(u32, ArenaLayout, Rc<Memory>), BackendError> {
        let available = self.memory()?;
        let layout = self.arena_layout(points, places);
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
                self.blas.leave_workspace()?;
                drop(old);
                Memory::allocate(&self.context, bytes)?
            }
        };
        Ok((places, layout, memory))
    }

    fn ability(&self) -> Ability<'_> {
        Ability {
            name: &self.device.name,
            compute_capability: self.gpu.compute_capability,
            l2_bytes: self.device.l2_bytes,
            no_lt: self.lt.as_ref().err().map(String::as_str),
        }
    }

    /// What a library failed at may have cost the device. The driver knows; a library may not say.
    fn judged(&self, error: BackendError) -> BackendError {
        match error {
            BackendError::Device(text) => match self.stream.synchronize() {
                Err(BackendError::Lost(why)) => BackendError::Lost(format!("{text}; {why}")),
                _ => BackendError::Device(text),
            },
            error => error,
        }
    }

    fn prepared(&self) -> Result<&Prepared, BackendError> {
        self.prepared.as_ref().ok_or_else(nothing_prepared)
    }

    fn run(&mut self, burst: &Burst) -> Result<Vec<Launch>, BackendError> {
        self.context.make_current()?;
        let added_us = if burst.timer == Timer::Graph { self.stamps_add()?.between_us } else { 0.0 };
        let prepared = self.prepared()?;
        let queue = || self.queue(prepared);
        let next_burst = || prepared.turns.next_burst();
        let bench = self.bench(prepared, &next_burst, &queue);
        match burst.timer {
            Timer::Host => self.stopwatch.by_host(&bench, burst.warmup, burst.samples),
            Timer::Graph if burst.samples > 0 => self.launch_in_graphs(prepared, burst, added_us),
            Timer::Event | Timer::Graph => self.stopwatch.by_events(&bench, burst.warmup, burst.samples),
        }
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
        if self.timer_is_fine {
            &[Timer::Graph, Timer::Event, Timer::Host]
        } else {
            &[Timer::Event, Timer::Graph, Timer::Host]
        }
    }

    fn supports(&self, point: &Point) -> Result<(), BackendError> {
        self.ability().supports(point)?;
        if point.op.is_product() { Ok(()) } else { self.cudnn().map(drop) }
    }

    fn memory(&self) -> Result<u64, BackendError> {
        self.context.make_current()?;
        let held = self.arena.as_ref().map_or(0, |arena| arena.memory.bytes());
        Ok((self.context.free_memory()? + held).saturating_sub(MEMORY_MARGIN))
    }

    fn footprint(&self, point: &Point) -> Result<u128, BackendError> {
        if let Some(refusal) = point.product().narrow_rows(point.dtype) {
            return Err(BackendError::Unsupported(refusal));
        }
        Ok(self.arena_layout(std::slice::from_ref(point), 1).total())
    }

    fn reserve(&mut self, dtype: Dtype, points: &[Point], seed: u64) -> Result<(), BackendError> {
        if let Some(other) = points.iter().find(|point| point.dtype != dtype) {
            return Err(BackendError::Device(format!(
                "a {} point among those to reserve memory for {dtype}",
                other.dtype
            )));
        }
        // Places for replays are worth having, and no point needs more than one.
        let (places, layout, memory) = match self.room_for(points, MOST_PLACES) {
            Err(BackendError::OutOfMemory { .. }) => self.room_for(points, 1)?,
            room => room?,
        };
        for (region, stream_id) in [(layout.a(), STREAM_A), (layout.b(), STREAM_B)] {
            let (region, operand) = (memory.region(region)?, arithmetic(dtype).operand);
            self.kernels.fill_normal(&self.stream, region, operand, seed, stream_id)?;
        }
        self.stream.synchronize()?;
        self.arena = Some(Arena { memory, layout, dtype, places });
        Ok(())
    }

    fn prepare(&mut self, point: &Point) -> Result<Vec<Kernel>, BackendError> {
        self.prepared = None;
        self.supports(point)?;
        self.context.make_current()?;
        self.poison(point)?;
        let program = self.program(point).map_err(|error| self.judged(error))?;
        self.run_ahead(point, &program).map_err(|error| self.judged(error))?;
        let kernels = program.kernels();
        let turns = Turns::new(self.need(point));
        let (length, told, earlier_graphs) = (Cell::default(), RefCell::default(), RefCell::default());
        self.prepared =
            Some(Prepared { point: *point, program, turns, length, told, captured: None, earlier_graphs });
        Ok(kernels)
    }

    fn choose(&mut self, index: usize) -> Result<(), BackendError> {
        self.context.make_current()?;
        let prepared = self.prepared.as_mut().ok_or_else(nothing_prepared)?;
        prepared.program.choose(index)?;
        prepared.turns.restart();
        prepared.length.set(Length::default());
        prepared.told.replace(ToldByVisits::default());
        let prepared = self.prepared()?;
        self.poison(&prepared.point)?;
        self.run_ahead(&prepared.point, &prepared.program)
    }

    fn call_launches(&mut self) -> Result<Option<CallLaunches>, BackendError> {
        self.context.make_current()?;
        let prepared = self.prepared()?;
        let captured = CapturedWork::record(&self.stream, || self.queue_in_turn(prepared, Turn::default()));
        captured.and_then(|captured| captured.launches()).map_err(|error| self.judged(error))
    }

    fn launch(&mut self, burst: &Burst) -> Result<Vec<Launch>, BackendError> {
        self.run(burst).map_err(|error| self.judged(error))
    }

    fn make_graph(&mut self, replay: &Replay) -> Result<(), BackendError> {
        self.make_captured(replay).map_err(|error| self.judged(error))
    }

    fn replay(&mut self, replay: &Replay) -> Result<Vec<Launch>, BackendError> {
        self.run_replay(replay).map_err(|error| self.judged(error))
    }

    fn launch_metered(&mut self, burst: &Burst) -> Result<(Vec<Launch>, Vec<EnergyReading>), BackendError> {
        let log = self.energy_log.take().or_else(|| {
            let (nvml, uuid) = self.telemetry.as_ref()?;
            energy_log(nvml, uuid)
        });
        let (launches, readings) = match &log {
            Some(log) => log.during(|| self.launch(burst)),
            None => (self.launch(burst), Vec::new()),
        };
        self.energy_log = log;
        Ok((launches?, readings))
    }

    fn verify(&mut self) -> Result<(), BackendError> {
        self.context.make_current()?;
        let prepared = self.prepared()?;
        self.check(&prepared.point, prepared.turns.last()).map_err(|error| self.judged(error))
    }

    fn energy_j(&mut self) -> Option<f64> {
        known(&self.telemetry)?.energy_j()
    }

    fn telemetry(&mut self) -> Telemetry {
        known(&self.telemetry).map_or(Telemetry::default(), |gpu| gpu.telemetry())
    }

    fn now(&self) -> Duration {
        self.opened.elapsed()
    }

    fn idle(&mut self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// A log of the card's energy, which reads nothing of a card that NVML no longer knows.
fn energy_log(nvml: &Arc<Nvml>, uuid: &str) -> Option<EnergyLog> {
    let (nvml, uuid) = (Arc::clone(nvml), uuid.to_owned());
    let log = EnergyLog::start(move |bursts| {
        let gpu = NvmlDevice::known(&nvml, uuid);
        if let Some(counter) = gpu.energy_counter() {
            bursts.attend(counter);
        }
    });
    log.ok()
}

fn known(telemetry: &Option<(Arc<Nvml>, String)>) -> Option<NvmlDevice<'_>> {
    telemetry.as_ref().map(|(nvml, uuid)| NvmlDevice::known(nvml, uuid.clone()))
}

fn nothing_prepared() -> BackendError {
    BackendError::Device("no point is prepared: call prepare before launch".to_owned())
}

/// What lies where in the scratch memory.
mod scratch {
    use crate::sys::{Entry, Missing, Reference};
    use crate::verify::SAMPLES;
    use std::ops::Range;

    const fn after(start: u64, count: usize, size: usize) -> Range<u64> {
        start..start + (count * size) as u64
    }

    pub(super) const MISSING: Range<u64> = after(0, 1, size_of::<Missing>());
    /// An f32 of 1; the 16 bytes keep what follows aligned.
    pub(super) const UNIT_SCALE: Range<u64> = after(MISSING.end, 16, 1);
    pub(super) const ENTRIES: Range<u64> = after(UNIT_SCALE.end, SAMPLES, size_of::<Entry>());
    pub(super) const REFERENCES: Range<u64> = after(ENTRIES.end, SAMPLES, size_of::<Reference>());
    pub(super) const BYTES: u64 = REFERENCES.end;
}

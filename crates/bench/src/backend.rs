//! What a device must offer to be measured.

use hovera_core::{CallLaunches, Device, Dtype, Kernel, Point, Software, Telemetry, Timer};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Something that runs batched GEMMs and says how long they took.
///
/// The order of calls: [`reserve`](Backend::reserve) once, then for each point
/// [`prepare`](Backend::prepare), any number of [`launch`](Backend::launch), [`replay`](Backend::replay) and
/// [`verify`](Backend::verify). Time is the backend's own, so that a simulated device can have a
/// simulated clock.
pub trait Backend {
    /// The card, for the front matter.
    fn device(&self) -> &Device;

    /// Driver and libraries, for the front matter. `hovera` and `revision` are the caller's to fill.
    fn software(&self) -> &Software;

    /// Which timers [`launch`](Backend::launch) has, the best first. With [`Timer::Graph`] there is
    /// [`replay`](Backend::replay) as well.
    fn timers(&self) -> &[Timer];

    /// Whether this backend can run the point's dtype, layout and engine at all.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`], naming what is not supported and what would be.
    fn supports(&self, point: &Point) -> Result<(), BackendError>;

    /// Bytes that operands, results and workspace may take.
    ///
    /// # Errors
    /// [`BackendError::Device`] when the device does not answer.
    fn memory(&self) -> Result<u64, BackendError>;

    /// Bytes the device must hold to run this point, workspace and alignment included.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for sizes that are known not to be computed by what is there,
    /// [`BackendError::Lost`] when the device is not there to be asked.
    fn footprint(&self, point: &Point) -> Result<u128, BackendError>;

    /// Allocates one arena that fits every one of `points` (each of one dtype), and fills the operand
    /// part with standard normal numbers drawn from `seed`.
    ///
    /// # Errors
    /// [`BackendError::OutOfMemory`], or what the device says.
    fn reserve(&mut self, dtype: Dtype, points: &[Point], seed: u64) -> Result<(), BackendError>;

    /// Makes `point` the current one, and poisons C. Returns the kernels that can compute it, the
    /// library's first choice first: one for an engine that does not choose, every candidate for
    /// [`Engine::Tuned`](hovera_core::Engine::Tuned). The first is the one that is launched. Nothing
    /// is launched here.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`], or [`BackendError::Device`] when nothing can compute the point. Of a
    /// device that was [lost](BackendError::Lost) and can be opened anew, this does so first.
    fn prepare(&mut self, point: &Point) -> Result<Vec<Kernel>, BackendError>;

    /// Makes candidate `index` of the current point the one that is launched, and poisons C.
    ///
    /// # Errors
    /// [`BackendError::Device`] when there is no such candidate.
    fn choose(&mut self, index: usize) -> Result<(), BackendError>;

    /// What one launch of the current point makes the device do, by the candidate that is launched. Nothing of it runs.
    /// Nothing where the device does not tell; a backend that does not override this says nothing.
    ///
    /// # Errors
    /// [`BackendError::Device`] when there is no current point, or asking failed.
    fn call_launches(&mut self) -> Result<Option<CallLaunches>, BackendError> {
        Ok(None)
    }

    /// Runs a burst of the current point, and returns one entry per timed launch.
    ///
    /// # Errors
    /// [`BackendError::Device`] when a launch fails, [`BackendError::Unsupported`] for a timer that is
    /// not one of [`timers`](Backend::timers).
    fn launch(&mut self, burst: &Burst) -> Result<Vec<Launch>, BackendError>;

    /// The same, with what the card's total-energy counter said meanwhile, in the order it was read; nothing
    /// where it has none. The device must not have to wait for a reading, which takes some milliseconds. A
    /// backend that does not override this reads once, ahead of the burst.
    ///
    /// # Errors
    /// As [`launch`](Backend::launch).
    fn launch_metered(&mut self, burst: &Burst) -> Result<(Vec<Launch>, Vec<EnergyReading>), BackendError> {
        let ahead = self.energy_j().map(|joules| EnergyReading { share: 0.0, joules });
        Ok((self.launch(burst)?, ahead.into_iter().collect()))
    }

    /// Makes the graph of a [`replay`](Backend::replay), which may take the host a millisecond, so that the card can rest
    /// meanwhile. Else `replay` makes it.
    ///
    /// # Errors
    /// As of `replay`.
    fn make_graph(&mut self, _replay: &Replay) -> Result<(), BackendError> {
        Ok(())
    }

    /// Runs a graph of visits of the current point: at each the L2 is filled with something else, and then come `warmup`
    /// launches that do not count and `launches` that do. One entry per visit: the mean time of these launches, and the
    /// mean clock during them. A backend has this if [`Timer::Graph`] is one of its [`timers`](Backend::timers).
    ///
    /// # Errors
    /// [`BackendError::Device`] when a launch fails, [`BackendError::Unsupported`] without [`Timer::Graph`].
    fn replay(&mut self, replay: &Replay) -> Result<Vec<Launch>, BackendError> {
        let Replay { launches, .. } = replay;
        Err(BackendError::Unsupported(format!("{} has no graph of {launches} launches", self.device().name)))
    }

    /// Checks what the launches since [`prepare`](Backend::prepare) or [`choose`](Backend::choose)
    /// left in C: no poison, and sampled entries that agree with an f64 reference.
    ///
    /// # Errors
    /// [`BackendError::WrongResult`] when the result is wrong or incomplete.
    fn verify(&mut self) -> Result<(), BackendError>;

    /// The card's total-energy counter in J, where it has one.
    fn energy_j(&mut self) -> Option<f64>;

    /// The card's readings right now.
    fn telemetry(&mut self) -> Telemetry;

    /// Time since some fixed moment.
    fn now(&self) -> Duration;

    /// Leaves the device idle for so long.
    fn idle(&mut self, duration: Duration);
}

/// Launches back to back: `warmup` that do not count, then `samples` that are timed, each of `each` launches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    /// Launches ahead of the timed ones.
    pub warmup: u32,
    /// Times to take.
    pub samples: u32,
    /// Launches that share one of them, at least one; more than one with [`Timer::Graph`] only.
    pub each: u32,
    /// What their times are read from.
    pub timer: Timer,
}

/// Visits in one graph, each with its operands at another place in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// The place of the first visit; each further one is at the next. There are as many as fit in memory, and then they
    /// come again.
    pub place: u32,
    /// How many there are, at least one.
    pub visits: u32,
    /// Launches of each ahead of the timed ones.
    pub warmup: u32,
    /// Timed launches of each, at least one.
    pub launches: u32,
}

/// One timed launch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// How long it took, in microseconds.
    pub time_us: f64,
    /// The true mean SM clock during it in MHz, where the backend can measure that.
    pub sm_clock_mhz: Option<f64>,
}

impl Launch {
    /// The mean of some, one at the least: of their times, and of their clocks as long as each took.
    pub(crate) fn mean(launches: &[Launch]) -> Launch {
        let count = launches.len() as f64;
        let time_us = launches.iter().map(|launch| launch.time_us).sum::<f64>() / count;
        let cycles = |launch: &Launch| Some(launch.time_us * launch.sm_clock_mhz?);
        let cycles: Option<f64> = launches.iter().map(cycles).sum();
        Launch { time_us, sm_clock_mhz: cycles.map(|cycles| cycles / count / time_us) }
    }
}

/// What the total-energy counter said in the course of a burst.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EnergyReading {
    /// How much of the burst was over then, by the time that it took: 0 at its beginning, 1 at its end.
    pub share: f64,
    /// The counter, in J.
    pub joules: f64,
}

/// Why a backend did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum BackendError {
    /// No library, driver or card; the text names what was tried and what to do.
    #[error("{0}")]
    Unavailable(String),
    /// A dtype, layout or engine this backend does not have.
    #[error("{0}")]
    Unsupported(String),
    /// The operands do not fit.
    #[error("out of memory: {needed} bytes needed, {available} available")]
    OutOfMemory {
        /// Bytes asked for.
        needed: u128,
        /// Bytes there are.
        available: u64,
    },
    /// The product was computed, and is wrong.
    #[error("wrong result: {0}")]
    WrongResult(String),
    /// Somebody asked for an end: nothing is wrong with the point or the device.
    #[error("stopped on request")]
    Stopped,
    /// The device or a library refused or broke.
    #[error("{0}")]
    Device(String),
    /// The device is beyond use until it is opened anew: after an error that it cannot recover from, or
    /// because it does not answer.
    #[error("{0}")]
    Lost(String),
}

impl BackendError {
    /// Whether the device itself is at fault, rather than the point.
    pub(crate) fn is_of_the_device(&self) -> bool {
        matches!(self, BackendError::Device(_) | BackendError::Unavailable(_) | BackendError::Lost(_))
    }
}

//! What cards are here, and what would stop a good measurement on them.

use crate::gpu::Gpu;
use crate::nvml::{self, GpuLimits, GpuState, NvmlDevice};
use crate::sys::{Driver, find_cublas, find_cudnn};
use crate::trouble::{Trouble, of_the_driver, troubles};
use hovera_bench::BackendError;
use hovera_core::Device;

/// One card, as `hovera devices` shows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ListedDevice {
    /// The number that [`CudaBackend::open`](crate::CudaBackend::open) takes.
    pub ordinal: u32,
    /// The card.
    pub device: Device,
    /// Bytes of its memory that are free.
    pub memory_free: Option<u64>,
    /// How busy it is, in percent.
    pub utilization_percent: Option<u32>,
    /// How many processes compute on it.
    pub other_processes: Option<usize>,
    /// GPU temperature, in °C.
    pub temperature_c: Option<u32>,
    /// What would spoil a measurement, or should be known of it. Empty on a good card.
    pub troubles: Vec<Trouble>,
}

/// How many NVIDIA GPUs `CUDA_VISIBLE_DEVICES` lets through.
///
/// # Errors
/// [`BackendError::Unavailable`], as [`devices`].
pub fn device_count() -> Result<u32, BackendError> {
    Driver::open()?.device_count()
}

/// The cuBLAS that products would be computed by, `cuBLAS 13.1.0 (libcublas.so.13)`. It is loaded, and nothing of it started.
///
/// # Errors
/// [`BackendError::Unavailable`] when there is no driver, or no cuBLAS, naming what was tried and what to do.
pub fn cublas() -> Result<String, BackendError> {
    find_cublas(Driver::open()?.version())
}

/// The cuDNN that fused attention would be computed by, `cuDNN 9.19.0 for CUDA 13 (libcudnn.so.9)`. It is loaded, and
/// nothing of it started.
///
/// # Errors
/// [`BackendError::Unavailable`] when there is no driver, and no cuDNN or one that will not do, naming what was tried and
/// what to do.
pub fn cudnn() -> Result<String, BackendError> {
    find_cudnn(Driver::open()?.version())
}

/// Every NVIDIA GPU that `CUDA_VISIBLE_DEVICES` lets through, in CUDA's order. Takes no memory and
/// starts nothing on them.
///
/// # Errors
/// [`BackendError::Unavailable`] when there is no driver, too old a driver, or no GPU, naming what was
/// tried and what to do.
pub fn devices() -> Result<Vec<ListedDevice>, BackendError> {
    let driver = Driver::open()?;
    let nvml = nvml::start();
    (0..driver.device_count()?)
        .map(|ordinal| {
            let gpu = Gpu::find(&driver, ordinal)?;
            let known = match &nvml {
                Ok(nvml) => NvmlDevice::find(nvml, gpu.uuid),
                Err(reason) => Err(reason.clone()),
            };
            let (limits, state, unknown) = match known {
                Ok(known) => (known.limits(), known.state(), None),
                Err(reason) => {
                    (GpuLimits::default(), GpuState::default(), Some(Trouble::Unknown(format!("{reason}."))))
                }
            };
            Ok(ListedDevice {
                ordinal,
                device: gpu.describe(&driver, &limits)?,
                memory_free: state.memory_free,
                utilization_percent: state.utilization_percent,
                other_processes: state.other_processes,
                temperature_c: state.temperature_c,
                troubles: unknown
                    .into_iter()
                    .chain(troubles(&limits, &state))
                    .chain(of_the_driver(&driver))
                    .collect(),
            })
        })
        .collect()
}

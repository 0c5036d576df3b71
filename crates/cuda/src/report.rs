//! What cards are here, and what would stop a good measurement on them.

use crate::device::Card;
use crate::findings::{Finding, findings};
use crate::nvml::{self, Condition, Limits};
use crate::sys::Driver;
use hovera_bench::BackendError;
use hovera_core::Device;

/// One card, as `hovera devices` shows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeviceReport {
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
    pub findings: Vec<Finding>,
}

/// How many NVIDIA GPUs `CUDA_VISIBLE_DEVICES` lets through.
///
/// # Errors
/// [`BackendError::Unavailable`], as [`devices`].
pub fn device_count() -> Result<u32, BackendError> {
    Driver::open()?.device_count()
}

/// Every NVIDIA GPU that `CUDA_VISIBLE_DEVICES` lets through, in CUDA's order. Takes no memory and
/// starts nothing on them.
///
/// # Errors
/// [`BackendError::Unavailable`] when there is no driver, too old a driver, or no GPU, naming what was
/// tried and what to do.
pub fn devices() -> Result<Vec<DeviceReport>, BackendError> {
    let driver = Driver::open()?;
    let nvml = nvml::start();
    (0..driver.device_count()?)
        .map(|ordinal| {
            let card = Card::find(&driver, ordinal)?;
            let known = match &nvml {
                Ok(nvml) => nvml::Card::find(nvml, card.uuid),
                Err(reason) => Err(reason.clone()),
            };
            let (limits, condition, unknown) = match known {
                Ok(card) => (card.limits(), card.condition(), None),
                Err(reason) => {
                    (Limits::default(), Condition::default(), Some(Finding::Unknown(format!("{reason}."))))
                }
            };
            Ok(DeviceReport {
                ordinal,
                device: card.describe(&driver, &limits)?,
                memory_free: condition.memory_free,
                utilization_percent: condition.utilization_percent,
                other_processes: condition.other_processes,
                temperature_c: condition.temperature_c,
                findings: unknown.into_iter().chain(findings(&limits, &condition)).collect(),
            })
        })
        .collect()
}

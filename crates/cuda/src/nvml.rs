//! What the driver's management library says of a card.

use hovera_core::Telemetry;
use nvml_wrapper::Nvml;
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor, TemperatureThreshold};

/// One card, found by its UUID: NVML numbers cards in an order of its own, and does not know of
/// `CUDA_VISIBLE_DEVICES`.
pub(crate) struct NvmlDevice<'n> {
    nvml: &'n Nvml,
    uuid: String,
}

/// What does not change while hovera runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct GpuLimits {
    pub(crate) sm_clock_max_mhz: Option<u32>,
    pub(crate) memory_clock_max_mhz: Option<u32>,
    pub(crate) power_limit_w: Option<f64>,
    pub(crate) power_limit_default_w: Option<f64>,
    pub(crate) ecc: Option<bool>,
}

/// What other users of the card and its owner's settings do to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct GpuState {
    /// Compute processes that are not this one.
    pub(crate) other_processes: Option<usize>,
    pub(crate) utilization_percent: Option<u32>,
    pub(crate) memory_free: Option<u64>,
    pub(crate) memory_total: Option<u64>,
    pub(crate) application_clock_mhz: Option<u32>,
    pub(crate) application_clock_default_mhz: Option<u32>,
    pub(crate) temperature_c: Option<u32>,
    pub(crate) slowdown_temperature_c: Option<u32>,
    pub(crate) throttle: Option<ThrottleReasons>,
    pub(crate) mig: Option<bool>,
    /// Whether ECC will be on after the next reset.
    pub(crate) ecc_pending: Option<bool>,
    pub(crate) persistence: Option<bool>,
}

/// Loads and starts NVML.
///
/// # Errors
/// A sentence: measuring works without it.
pub(crate) fn start() -> Result<Nvml, String> {
    Nvml::init().map_err(|error| {
        format!("NVML (libnvidia-ml.so.1) does not start, so that power, temperature and throttling stay unknown: {error}")
    })
}

impl NvmlDevice<'_> {
    /// # Errors
    /// A sentence, when NVML does not know the card.
    pub(crate) fn find(nvml: &Nvml, uuid: [u8; 16]) -> Result<NvmlDevice<'_>, String> {
        // A MIG instance has a UUID of its own kind.
        let found = ["GPU-", "MIG-"]
            .into_iter()
            .map(|kind| NvmlDevice { nvml, uuid: format!("{kind}{}", hyphenated(uuid)) })
            .find(|card| card.device().is_some());
        found.ok_or_else(|| {
            "NVML does not know this GPU, so that its power, temperature and throttling stay unknown"
                .to_owned()
        })
    }

    /// The name that NVML knows it by, for [`NvmlDevice::known`].
    pub(crate) fn into_uuid(self) -> String {
        self.uuid
    }

    /// A card found before.
    pub(crate) fn known(nvml: &Nvml, uuid: String) -> NvmlDevice<'_> {
        NvmlDevice { nvml, uuid }
    }

    fn device(&self) -> Option<nvml_wrapper::Device<'_>> {
        self.nvml.device_by_uuid(self.uuid.as_str()).ok()
    }

    pub(crate) fn limits(&self) -> GpuLimits {
        let Some(device) = self.device() else { return GpuLimits::default() };
        GpuLimits {
            sm_clock_max_mhz: device.max_clock_info(Clock::SM).ok(),
            memory_clock_max_mhz: device.max_clock_info(Clock::Memory).ok(),
            power_limit_w: device.enforced_power_limit().ok().map(watts),
            power_limit_default_w: device.power_management_limit_default().ok().map(watts),
            ecc: device.is_ecc_enabled().ok().map(|state| state.currently_enabled),
        }
    }

    pub(crate) fn state(&self) -> GpuState {
        let Some(device) = self.device() else { return GpuState::default() };
        let own = std::process::id();
        let memory = device.memory_info().ok();
        GpuState {
            other_processes: device
                .running_compute_processes()
                .ok()
                .map(|processes| processes.iter().filter(|process| process.pid != own).count()),
            utilization_percent: device.utilization_rates().ok().map(|rates| rates.gpu),
            memory_free: memory.as_ref().map(|memory| memory.free),
            memory_total: memory.as_ref().map(|memory| memory.total),
            application_clock_mhz: device.applications_clock(Clock::Graphics).ok(),
            application_clock_default_mhz: device.default_applications_clock(Clock::Graphics).ok(),
            temperature_c: device.temperature(TemperatureSensor::Gpu).ok(),
            slowdown_temperature_c: device.temperature_threshold(TemperatureThreshold::Slowdown).ok(),
            throttle: device.current_throttle_reasons().ok(),
            // An instance does not tell the mode of its card.
            mig: match self.uuid.starts_with("MIG-") {
                true => Some(true),
                false => device.mig_mode().ok().map(|mode| mode.current != 0),
            },
            ecc_pending: device.is_ecc_enabled().ok().map(|state| state.pending_enabled),
            persistence: device.is_in_persistent_mode().ok(),
        }
    }

    /// Energy the card has used since the driver was loaded, in J.
    pub(crate) fn energy_j(&self) -> Option<f64> {
        self.energy_counter()?()
    }

    /// The same to be read many times: the card is looked up once.
    pub(crate) fn energy_counter(&self) -> Option<impl Fn() -> Option<f64>> {
        let device = self.device()?;
        Some(move || device.total_energy_consumption().ok().map(|millijoules| millijoules as f64 / 1e3))
    }

    /// The readings of a results row. The true SM clock and the energy of a launch are not NVML's to
    /// tell.
    pub(crate) fn telemetry(&self) -> Telemetry {
        let Some(device) = self.device() else { return Telemetry::default() };
        Telemetry {
            nvml_clock_mhz: device.clock_info(Clock::SM).ok(),
            power_w: device.power_usage().ok().map(watts),
            temp_c: device.temperature(TemperatureSensor::Gpu).ok(),
            throttle: device.current_throttle_reasons().ok().map(|reasons| throttle_names(reasons).into()),
            ..Telemetry::default()
        }
    }
}

/// NVML's names of the reasons in lower case, joined by `+`; `none` when there is none.
pub(crate) fn throttle_names(reasons: ThrottleReasons) -> String {
    let mut names: Vec<String> = reasons
        .iter_names()
        .filter(|(_, reason)| !reason.is_empty())
        .map(|(name, _)| name.to_lowercase())
        .collect();
    let unknown = reasons.difference(ThrottleReasons::all());
    if !unknown.is_empty() {
        names.push(format!("{:#x}", unknown.bits()));
    }
    if names.is_empty() { "none".to_owned() } else { names.join("+") }
}

fn watts(milliwatts: u32) -> f64 {
    f64::from(milliwatts) / 1e3
}

/// 8-4-4-4-12 hex digits.
fn hyphenated(uuid: [u8; 16]) -> String {
    let mut text = String::new();
    for (index, byte) in uuid.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_as_nvml_writes_it() {
        let uuid = std::array::from_fn(|index| index as u8 * 17);
        assert_eq!(hyphenated(uuid), "00112233-4455-6677-8899-aabbccddeeff");
    }

    #[test]
    fn throttle_reasons_in_words() {
        assert_eq!(throttle_names(ThrottleReasons::empty()), "none");
        let capped = ThrottleReasons::SW_POWER_CAP | ThrottleReasons::SW_THERMAL_SLOWDOWN;
        assert_eq!(throttle_names(capped), "sw_power_cap+sw_thermal_slowdown");
        assert_eq!(throttle_names(ThrottleReasons::from_bits_retain(1 << 40 | 1)), "gpu_idle+0x10000000000");
    }
}

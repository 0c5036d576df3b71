//! What a card says of itself, and the columns that hold it.

use crate::results::field::{Field, stored};
use crate::words::shared::SharedText;

/// Readings taken while, or right after, a point ran. What a card does not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Telemetry {
    /// True mean SM clock over the timed launches, in MHz.
    pub sm_clock_mhz: Option<f64>,
    /// NVML's SM clock reading, in MHz. It lags a launch by far.
    pub nvml_clock_mhz: Option<u32>,
    /// NVML's power reading, in W.
    pub power_w: Option<f64>,
    /// Energy of one launch, in J.
    pub energy_j: Option<f64>,
    /// GPU temperature, in °C.
    pub temp_c: Option<u32>,
    /// Why the clock was held back: NVML's reasons joined by `+`, `none` when there is none.
    pub throttle: Option<SharedText>,
}

/// A column for each of its fields.
pub(crate) const COLUMNS: &[Field<Telemetry>] = &[
    stored!(Telemetry.sm_clock_mhz, "MHz", "True mean SM clock over the timed launches."),
    stored!(Telemetry.nvml_clock_mhz, "MHz", "NVML's SM clock reading, which lags a launch by far."),
    stored!(Telemetry.power_w, "W", "NVML's power reading."),
    stored!(Telemetry.energy_j, "J", "Energy of one launch, the whole card's."),
    stored!(Telemetry.temp_c, "°C", "GPU temperature."),
    stored!(Telemetry.throttle, "", "Why the clock was held back: NVML's reasons joined by `+`, or `none`."),
];

//! What a run has to say at its end: the TOML document after the rows.

use serde::{Deserialize, Serialize};

/// What one run of the program found while it measured rows of the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// On which card: its index in the front matter's `[[device]]` list; the first where it is absent.
    #[serde(default, skip_serializing_if = "is_first")]
    pub device: u32,
    /// How many points it measured.
    pub points: u64,
    /// How long it took, in s.
    pub wall_seconds: f64,
    /// How much of that its launches took, in s.
    pub busy_seconds: f64,
    /// Groups of launches that something outside the program made slower: thrown away and measured again.
    pub disturbed_groups: u64,
    /// How the sentinel moved, one for each shape that served as one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sentinel: Vec<Sentinel>,
    /// The soak ahead of the first sustained point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settling: Option<Settling>,
}

fn is_first(device: &u32) -> bool {
    *device == 0
}

/// One shape, measured again and again through a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sentinel {
    /// Which shape, in words.
    pub point: String,
    /// When it was measured, in s from the start of the run.
    pub at_seconds: Vec<f64>,
    /// Its median time of each measurement, in µs.
    pub time_us: Vec<f64>,
    /// The row's invariant of each measurement: cycles where the SMs bound it, else µs.
    pub invariant: Vec<f64>,
    /// (max - min) / median of `time_us`.
    pub time_drift: f64,
    /// (max - min) / median of `invariant`.
    pub invariant_drift: f64,
}

/// How a card came to its steady state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settling {
    /// Which shape it was kept busy with, in words.
    pub point: String,
    /// Whether clock and power stood still before the time ran out.
    pub settled: bool,
    /// How long it took, in s.
    pub seconds: f64,
    /// The mean SM clock at its end, in MHz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sm_clock_mhz: Option<f64>,
    /// The power at its end, in W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_w: Option<f64>,
    /// The temperature at its end, in °C.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_c: Option<u32>,
    /// Launches over wall time of all sustained points after it.
    pub busy_share: f64,
}

/// The document.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Trailer {
    #[serde(default)]
    pub(crate) session: Vec<Session>,
}

//! As much of nvbench's JSON as is read: `nvbench/json_printer.cu` of NVIDIA/nvbench, file version 1.0. What is
//! not asked for is skipped.

use hovera_core::Device;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    #[serde(default)]
    meta: Option<Meta>,
    #[serde(default)]
    devices: Option<Vec<ListedDevice>>,
    benchmarks: Option<Vec<Benchmark>>,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default)]
    version: Versions,
}

#[derive(Debug, Default, Deserialize)]
struct Versions {
    #[serde(default)]
    nvbench: Option<Version>,
}

#[derive(Debug, Deserialize)]
struct Version {
    string: String,
}

/// A card, as nvbench describes it.
#[derive(Debug, Deserialize)]
struct ListedDevice {
    id: i64,
    name: String,
    /// 900 is compute capability 9.0.
    sm_version: Option<u32>,
    number_of_sms: Option<u32>,
    global_memory_size: Option<u64>,
    l2_cache_size: Option<u64>,
    ecc_state: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Benchmark {
    name: String,
    min_samples: Option<u32>,
    states: Option<Vec<State>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct State {
    #[serde(default)]
    name: String,
    /// Absent in CPU-only benchmarks.
    #[serde(default)]
    device: Option<i64>,
    /// An empty list is written as null.
    axis_values: Option<Vec<Named>>,
    summaries: Option<Vec<Summary>>,
    #[serde(default)]
    is_skipped: bool,
    skip_reason: Option<String>,
}

/// A value.
#[derive(Debug, Deserialize)]
struct Named {
    name: String,
    value: Text,
}

/// What some versions write as a string and others as a number; nothing of a list or table.
#[derive(Debug, Deserialize)]
#[serde(from = "Value")]
struct Text(String);

impl From<Value> for Text {
    fn from(value: Value) -> Text {
        Text(match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        })
    }
}

#[derive(Debug, Deserialize)]
struct Summary {
    tag: String,
    data: Option<Vec<Named>>,
}

impl Document {
    pub(super) fn benchmarks(&self) -> &[Benchmark] {
        self.benchmarks.as_deref().unwrap_or_default()
    }

    /// nvbench's version.
    pub(super) fn version(&self) -> Option<&str> {
        Some(self.meta.as_ref()?.version.nvbench.as_ref()?.string.as_str())
    }

    pub(super) fn device(&self, number: i64) -> Option<Device> {
        let listed = self.devices.as_ref()?.iter().find(|listed| listed.id == number)?;
        Some(Device {
            name: listed.name.clone(),
            backend: "cuda".to_owned(),
            compute_capability: listed.sm_version.map(|v| format!("{}.{}", v / 100, v % 100 / 10)),
            sm_count: listed.number_of_sms,
            memory_bytes: listed.global_memory_size,
            l2_bytes: listed.l2_cache_size,
            ecc: listed.ecc_state,
            ..Device::default()
        })
    }
}

impl Benchmark {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn min_samples(&self) -> Option<u32> {
        self.min_samples
    }

    pub(super) fn states(&self) -> &[State] {
        self.states.as_deref().unwrap_or_default()
    }
}

impl State {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn device(&self) -> i64 {
        self.device.unwrap_or(-1)
    }

    pub(super) fn is_skipped(&self) -> bool {
        self.is_skipped
    }

    pub(super) fn skip_reason(&self) -> &str {
        self.skip_reason.as_deref().unwrap_or_default()
    }

    /// The names of its axes.
    pub(super) fn axes(&self) -> impl Iterator<Item = &str> {
        self.axis_values.iter().flatten().map(|axis| axis.name.as_str())
    }

    /// The value of an axis, by its name in any case.
    pub(super) fn axis(&self, name: &str) -> Option<&str> {
        let axes = self.axis_values.as_ref()?;
        Some(axes.iter().find(|axis| axis.name.eq_ignore_ascii_case(name))?.value.0.as_str())
    }

    /// The value of a summary.
    pub(super) fn summary(&self, tag: &str) -> Option<&str> {
        let summary = self.summaries.as_ref()?.iter().find(|summary| summary.tag == tag)?;
        Some(summary.data.as_ref()?.iter().find(|value| value.name == "value")?.value.0.as_str())
    }
}

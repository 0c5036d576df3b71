//! Under what conditions a file was measured, and where it comes from.

use super::results_file::ResultsFile;
use super::sentence::excerpt;
use hovera_core::{Device, Method, PredictionInfo, Source, in_percent};

/// The longest value that is repeated, in characters.
const LONGEST_VALUE: usize = 120;

/// One condition: a name of the report's and a value of the file's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    /// What it belongs to: `source`, `prediction`, `card`, `software`, `method`, `file`.
    pub(super) about: &'static str,
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// The facts of a file that it tells.
pub(super) fn facts(source: &ResultsFile) -> Vec<Fact> {
    let front_matter = &source.results.front_matter;
    let software = &front_matter.software;
    let file = [
        ("name", Some(source.name.clone())),
        ("SHA-256", Some(source.sha256.clone())),
        ("rows", Some(source.results.rows.len().to_string())),
        ("sweep", Some(front_matter.sweep.name.clone())),
        ("spec hash", Some(front_matter.sweep.spec_hash.clone())),
        ("started", Some(front_matter.started.clone())),
    ];
    let software = [
        ("hovera", Some(software.hovera.clone())),
        ("revision", software.revision.clone()),
        ("driver", software.driver.clone()),
        ("CUDA", software.cuda.clone()),
        ("GEMM library", Some(software.gemm.clone())),
    ];
    about("file", file)
        .chain(front_matter.source.iter().flat_map(|source| about("source", self::source(source))))
        .chain(front_matter.prediction.iter().flat_map(|by| about("prediction", prediction(by))))
        .chain(front_matter.device.iter().flat_map(|device| about("card", card(device))))
        .chain(about("software", software))
        .chain(about("method", method(&front_matter.method)))
        .collect()
}

fn about<const N: usize>(
    about: &'static str,
    facts: [(&'static str, Option<String>); N],
) -> impl Iterator<Item = Fact> {
    let told = facts.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
    told.map(move |(name, value)| Fact { about, name, value: excerpt(&value, LONGEST_VALUE) })
}

/// What an imported file was imported from.
fn source(source: &Source) -> [(&'static str, Option<String>); 5] {
    [
        ("origin", source.origin.clone()),
        ("licence", source.licence.clone()),
        ("its file", Some(source.file.clone())),
        ("its format", Some(source.format.clone())),
        ("dated", source.dated.clone()),
    ]
}

/// What predicted rows were predicted by.
fn prediction(by: &PredictionInfo) -> [(&'static str, Option<String>); 4] {
    [
        ("constants of", Some(by.card.clone())),
        ("library", Some(by.library.clone())),
        ("calibration points", Some(by.points.to_string())),
        ("coverage of the intervals", Some(in_percent(by.coverage, 0))),
    ]
}

fn card(device: &Device) -> [(&'static str, Option<String>); 12] {
    let mib = |bytes: Option<u64>| bytes.map(|bytes| format!("{} MiB", bytes >> 20));
    let mhz = |mhz: Option<u32>| mhz.map(|mhz| format!("{mhz} MHz"));
    let watt = |watt: Option<f64>| watt.map(|watt| format!("{watt} W"));
    [
        ("name", Some(device.name.clone())),
        ("backend", Some(device.backend.clone())),
        ("id", device.id.clone()),
        ("compute capability", device.compute_capability.clone()),
        ("SMs", device.sm_count.map(|count| count.to_string())),
        ("threads", device.threads.map(|count| count.to_string())),
        ("memory", mib(device.memory_bytes)),
        ("L2 cache", mib(device.l2_bytes)),
        ("highest SM clock", mhz(device.sm_clock_max_mhz)),
        ("highest memory clock", mhz(device.memory_clock_max_mhz)),
        ("power limit", watt(device.power_limit_w)),
        ("ECC", device.ecc.map(|on| if on { "on" } else { "off" }.to_owned())),
    ]
}

fn method(method: &Method) -> [(&'static str, Option<String>); 17] {
    let number = |value: Option<f64>| value.map(|value| value.to_string());
    let samples = match (method.min_samples, method.max_samples) {
        (Some(least), Some(most)) if least == most => Some(least.to_string()),
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (least, most) => least.or(most).map(|samples| samples.to_string()),
    };
    [
        ("preset", method.preset.clone()),
        ("pacing", Some(method.pacing.clone())),
        ("cache", method.cache.clone()),
        ("idle after, of the busy time", number(method.idle_after)),
        ("idle before, ms", number(method.idle_before_ms)),
        ("idle at the least, of the busy time", number(method.idle_least)),
        ("idle ratio", number(method.idle_ratio)),
        ("run in, s", number(method.run_in_seconds)),
        ("sustained, s", number(method.sustained_seconds)),
        ("timer", Some(method.timer.clone())),
        ("warm-up launches", method.warmup.map(|launches| launches.to_string())),
        ("samples", samples),
        ("time that counts", Some(method.stat.to_string())),
        ("target of the interval", number(method.ci_target)),
        ("order", method.order.clone()),
        ("operands", Some(method.data.clone())),
        ("seed", method.seed.map(|seed| seed.to_string())),
    ]
}

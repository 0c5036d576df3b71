//! What the machine says of itself.

use std::fs;

/// The processor's product name; the architecture where the system does not tell.
pub(crate) fn processor_name() -> String {
    field("/proc/cpuinfo", "model name").unwrap_or_else(|| format!("CPU ({})", std::env::consts::ARCH))
}

/// Bytes that can be allocated without swapping, or no limit where the system does not tell.
pub(crate) fn available_memory() -> u64 {
    field("/proc/meminfo", "MemAvailable")
        .and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok())
        .map_or(u64::MAX, |kib| kib * 1024)
}

/// The first `name : value` line of one of the kernel's tables.
fn field(path: &str, name: &str) -> Option<String> {
    let table = fs::read_to_string(path).ok()?;
    let (_, value) = table.lines().filter_map(|l| l.split_once(':')).find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}

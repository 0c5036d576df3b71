//! What the machine says of itself.

use std::fs;

/// The processor's product name; the architecture where the system does not tell.
pub(crate) fn processor_name() -> String {
    field("/proc/cpuinfo", "model name").unwrap_or_else(|| format!("CPU ({})", std::env::consts::ARCH))
}

/// The size of the cache of the third level in bytes; a generous guess where the system does not tell.
pub(crate) fn third_level_cache() -> u64 {
    const GUESS: u64 = 64 << 20;
    let size = fs::read_to_string("/sys/devices/system/cpu/cpu0/cache/index3/size").ok();
    let kib = size.and_then(|size| size.trim().strip_suffix('K')?.parse::<u64>().ok());
    kib.map_or(GUESS, |kib| kib * 1024)
}

/// The first `name : value` line of one of the kernel's tables.
fn field(path: &str, name: &str) -> Option<String> {
    let table = fs::read_to_string(path).ok()?;
    let (_, value) = table.lines().filter_map(|l| l.split_once(':')).find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}

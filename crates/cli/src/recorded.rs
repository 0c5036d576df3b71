//! The sweeps that real GPUs measured, built into the binary.

use anyhow::{Result, bail};

mod table {
    include!(concat!(env!("OUT_DIR"), "/recorded.rs"));
}

/// One sweep that is built in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recorded {
    /// The GPU, as a file name.
    pub(crate) gpu: &'static str,
    /// The sweep's name.
    pub(crate) sweep: &'static str,
    /// The results file.
    pub(crate) text: &'static str,
}

fn all() -> impl Iterator<Item = Recorded> {
    table::FILES.iter().map(|&(gpu, sweep, text)| Recorded { gpu, sweep, text })
}

/// The sweeps that `GPU` or `GPU/SWEEP` names.
pub(crate) fn find(slug: &str) -> Result<Vec<Recorded>> {
    let found: Vec<Recorded> =
        all().filter(|r| r.gpu == slug || format!("{}/{}", r.gpu, r.sweep) == slug).collect();
    if found.is_empty() {
        let names: Vec<String> = all().map(|r| format!("recorded:{}/{}", r.gpu, r.sweep)).collect();
        bail!("recorded:{slug}: no such sweep is built in; there are {}", names.join(", "));
    }
    Ok(found)
}

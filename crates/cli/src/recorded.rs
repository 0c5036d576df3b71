//! The sweeps that real GPUs measured, built into the binary.

use crate::args::Named;
use crate::exit;
use crate::talk::streams;
use crate::talk::table::{Cell, Room, Table};
use anyhow::{Result, bail};
use hovera_core::Results;

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

/// `hovera recorded`: a line for each, or the results file of one.
pub(crate) fn recorded(args: &Named) -> Result<u8> {
    if let Some(slug) = &args.name {
        match find(slug.strip_prefix("recorded:").unwrap_or(slug))?.as_slice() {
            [one] => streams::print(one.text)?,
            several => {
                let names: Vec<String> = several.iter().map(|r| format!("{}/{}", r.gpu, r.sweep)).collect();
                bail!("{slug}: want one sweep of {}", names.join(", "));
            }
        }
        return Ok(exit::DONE);
    }
    let columns = [
        ("sweep", Room::Kept),
        ("rows", Room::Kept),
        ("day", Room::Kept),
        ("library", Room::LeftOut(1)),
        ("GPU", Room::LeftOut(2)),
    ];
    let mut table = Table::new(columns);
    for Recorded { gpu, sweep, text } in all() {
        let results = Results::parse(sweep, text)?;
        let front = &results.front_matter;
        table.row(vec![
            Cell::plain(format!("recorded:{gpu}/{sweep}")),
            Cell::plain(results.rows.len()),
            Cell::plain(front.started.split('T').next().unwrap_or_default()),
            Cell::plain(&front.software.gemm),
            Cell::plain(front.device.first().map_or("-", |device| device.name.as_str())),
        ]);
    }
    streams::print(&table.text(streams::width()))?;
    Ok(exit::DONE)
}

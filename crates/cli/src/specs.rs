//! The specs that are built into the binary: `hovera specs`, and what `hovera run NAME` measures.

use crate::args::Named;
use crate::exit;
use crate::files::reading::{Wanted, read_text};
use crate::plan_summary::duration;
use crate::talk::streams;
use crate::talk::table::{Cell, Room, Table};
use crate::talk::voice::shown;
use anyhow::{Result, bail};
use hovera_core::{CostModel, Engine, Plan, Processor, SweepSpec};
use std::path::Path;

mod table {
    include!(concat!(env!("OUT_DIR"), "/sweeps.rs"));
}

fn find(name: &str) -> Option<&'static str> {
    table::FILES.iter().find(|(built_in, _)| *built_in == name).map(|&(_, text)| text)
}

/// The spec that a command line names: a file, or where there is none of that name, one that is built in.
///
/// # Errors
/// Neither, or the file cannot be read.
pub(crate) fn read(spec: &Path) -> Result<String> {
    let name = spec.to_string_lossy();
    // What has a folder or an ending is a file.
    let is_name = !name.contains(['/', '\\', '.']);
    match find(&name).filter(|_| !spec.exists()) {
        Some(text) => Ok(text.to_owned()),
        None if is_name && !spec.exists() => {
            bail!(
                "{}: no such file, and no spec of that name is built in; there are {}",
                shown(spec),
                names()
            )
        }
        None => read_text(spec, Wanted::Spec),
    }
}

fn names() -> String {
    table::FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// `hovera specs`: a line for each, or the text of one.
pub(crate) fn specs(args: &Named) -> Result<u8> {
    if let Some(name) = &args.name {
        let Some(text) = find(name) else {
            bail!("{}: no spec of that name is built in; there are {}", shown(name), names())
        };
        streams::print(text)?;
        return Ok(exit::DONE);
    }
    let columns =
        [("spec", Room::Kept), ("points", Room::Kept), ("on an H100", Room::Kept), ("what", Room::Cut)];
    let mut table = Table::new(columns);
    for (name, text) in table::FILES {
        let spec = SweepSpec::parse(name, text)?;
        let plan = Plan::expand(&spec, Engine::Cublas)?.in_measuring_order(spec.method());
        let seconds = CostModel::new(Processor::reference(Engine::Cublas), spec.method())
            .sweep_seconds(plan.points(), 1);
        table.row(vec![
            Cell::plain(name),
            Cell::plain(plan.len()),
            Cell::plain(format!("about {}", duration(seconds))),
            Cell::plain(what(text)),
        ]);
    }
    streams::print(&table.text(streams::width()))?;
    Ok(exit::DONE)
}

/// The comment that a spec begins with, up to the end of its first sentence.
fn what(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
    let comment = lines.collect::<Vec<_>>().join(" ");
    comment.split_once(". ").map_or(comment.trim_end_matches('.'), |(first, _)| first).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_is_read_under_its_own_name_and_says_what_it_is() {
        assert!(table::FILES.len() >= 10);
        for (name, text) in table::FILES {
            let spec = SweepSpec::parse(name, text).unwrap();
            assert_eq!(spec.name(), *name);
            assert!(what(text).len() > 20, "{name}: {:?}", what(text));
        }
    }

    #[test]
    fn what_a_spec_is_ends_with_its_first_sentence() {
        assert_eq!(what("# One\n# two. Three.\nname = \"x\""), "One two");
        assert_eq!(what("# One.\nname = \"x\" # four"), "One");
        assert_eq!(what("name = \"x\""), "");
    }
}

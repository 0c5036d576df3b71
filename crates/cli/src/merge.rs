//! `hovera merge`: the shards of a sweep, joined to one results file.

use crate::args::Merge as Args;
use crate::exit;
use crate::files::output::{self, NewFile};
use crate::files::reading::{Wanted, read_bytes};
use crate::talk::counted::{counted, counted_with};
use crate::talk::voice::{Voice, shown};
use anyhow::{Context, Result, bail, ensure};
use hovera_core::{CostModel, Device, Merge, Merged, Results, Row, Shard, SweepSpec};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// How many shards that lack points are named.
const NAMED: usize = 20;

pub(crate) fn merge(args: &Args, voice: Voice) -> Result<u8> {
    let paths = files(&args.shards, &args.output)?;
    let mut merge: Option<Merge> = None;
    // Into how many shards the sweep was split, where all files say the same.
    let mut counts: Vec<Option<NonZeroU32>> = Vec::new();
    for path in &paths {
        let name = shown(path);
        let results = read(&name, path, args.partial, voice)?;
        counts.push(results.front_matter.sweep.shard.map(Shard::count));
        merge = Some(match merge {
            None => Merge::begin(&name, results)?,
            Some(mut merge) => {
                merge.add(&name, results)?;
                merge
            }
        });
    }
    let merged = merge.context("no file to merge")?.finish();
    counts.dedup();
    let count = if let [Some(count)] = counts[..] { Some(count) } else { None };
    if !merged.missing.is_empty() {
        let gaps = describe_gaps(&merged, count)?;
        ensure!(args.partial, "{gaps}\nwant every point: measure what is missing, or give --partial");
        voice.warn(&gaps);
    }
    let text = merged.results.to_csv();
    if args.output.as_os_str() == "-" {
        output::print(text.as_bytes(), &paths)?;
    } else {
        let check = |earlier: &Path| refuse_loss(earlier, &merged.results);
        output::write(&[NewFile::replacing(args.output.clone(), text.into_bytes(), check)], &paths)?;
    }
    voice.say(&describe(&merged, paths.len(), &args.output));
    Ok(exit::DONE)
}

/// The files, with those of each folder by name. The output is none of them.
fn files(arguments: &[PathBuf], output: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for argument in arguments {
        if !argument.is_dir() {
            files.push(argument.clone());
            continue;
        }
        let cannot = || format!("{}: cannot read", argument.display());
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(argument).with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            if path.extension().is_some_and(|ending| ending == "csv") && path.is_file() {
                inside.push(path);
            }
        }
        if let Ok(output) = output.canonicalize() {
            inside.retain(|path| path.canonicalize().ok().as_ref() != Some(&output));
        }
        ensure!(!inside.is_empty(), "{}: holds no .csv file: want the shards in it", argument.display());
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

/// A file whose last row is cut off is taken as far as it goes where gaps are.
fn read(name: &str, path: &Path, partial: bool, voice: Voice) -> Result<Results> {
    let bytes = read_bytes(path, Wanted::Results)?;
    if !partial {
        return Results::parse(name, &bytes)
            .context("nothing was merged; to continue a run that was stopped, give its command again");
    }
    let (results, torn) = Results::parse_repairing(name, &bytes)?;
    if let Some(tail) = torn {
        voice.warn(&format!("{name}:{}: cut off here; the rows before it are merged", tail.line));
    }
    Ok(results)
}

/// What is missing, by the shard that was to measure it where that is known.
fn describe_gaps(merged: &Merged, count: Option<NonZeroU32>) -> Result<String> {
    let (missing, all) = (merged.missing.len(), merged.plan.len());
    let head = format!("{missing} of {} missing", counted_with(all, "point", ["is", "are"]));
    let Some(count) = count else { return Ok(head) };
    let sweep = &merged.results.front_matter.sweep;
    let spec = SweepSpec::parse(&sweep.name, &sweep.spec)?;
    let split = merged.plan.split(count, |point| CostModel::shard_cost(point, spec.method()));
    // Each shard's points that are missing, and all of them.
    let mut shards: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    let mut missing = merged.missing.iter().peekable();
    for (point, shard) in merged.plan.points().iter().zip(split.shards()) {
        let (lacks, has) = shards.entry(*shard).or_default();
        *has += 1;
        *lacks += usize::from(missing.next_if_eq(&point).is_some());
    }
    shards.retain(|_, (lacks, _)| *lacks > 0);
    let named = shards.iter().take(NAMED).map(|(shard, (lacks, all))| match lacks == all {
        true => format!("shard {shard}/{count} lacks all its {all}"),
        false => format!("shard {shard}/{count} lacks {lacks} of {all}"),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match shards.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more shards lack points"),
    };
    Ok(format!("{head}: {named}{more}"))
}

/// Only a file whose rows are all among the merged ones may be replaced: nothing is lost with it.
fn refuse_loss(path: &Path, merged: &Results) -> Result<()> {
    let name = shown(path);
    let ours: BTreeMap<_, &Row> = merged.rows.iter().map(|row| (row.point, row)).collect();
    let card = |results: &Results, row: &Row| -> Option<Device> {
        results.front_matter.device.get(row.device as usize).cloned()
    };
    let kept = |earlier: &Results, row: &Row| {
        ours.get(&row.point).is_some_and(|now| {
            let same = Row { device: now.device, ..row.clone() } == **now;
            same && card(earlier, row) == card(merged, now)
        })
    };
    let earlier = read_bytes(path, Wanted::Results).ok().and_then(|bytes| Results::parse(&name, &bytes).ok());
    match earlier {
        Some(earlier) if earlier.rows.iter().all(|row| kept(&earlier, row)) => Ok(()),
        _ => bail!("{name}: is there already and holds what is not merged; choose another file with -o"),
    }
}

fn describe(merged: &Merged, files: usize, output: &Path) -> String {
    let (rows, cards) = (merged.results.rows.len(), merged.results.front_matter.device.len());
    let repeated = match merged.repeated {
        0 => String::new(),
        repeated => format!(", {repeated} of them in several files"),
    };
    let whereto = match output.as_os_str() == "-" {
        true => String::new(),
        false => format!(" -> {}", output.display()),
    };
    format!(
        "{}: {} of {}{repeated}{whereto}",
        counted(files, "file"),
        counted(rows, "row"),
        counted(cards, "card")
    )
}

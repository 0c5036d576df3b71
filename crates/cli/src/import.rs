//! `hovera import`: other benchmarks' files into results.

use crate::args::{Import, ImportCommon, ImportFormat};
use crate::safe_write::safe_write;
use crate::streams;
use crate::voice::Voice;
use crate::{VERSION, exit};
use anyhow::{Context, Result, bail, ensure};
use hovera_core::{Datasheet, Results};
use hovera_import::nvbench::Unsaid;
use hovera_import::{Imported, Provenance, Selection, cookbook, csv, nvbench};
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;

pub(crate) fn import(args: &Import, voice: Voice) -> Result<u8> {
    let common = match &args.format {
        ImportFormat::Cookbook(args) => &args.common,
        ImportFormat::Csv(args) => &args.common,
        ImportFormat::Nvbench(args) => &args.common,
    };
    let provenance = Provenance {
        file: common.file.display().to_string(),
        device: common.device.clone(),
        origin: common.source.clone(),
        licence: common.licence.clone(),
        hovera: VERSION.split(' ').next().unwrap_or_default().to_owned(),
    };
    let selection = Selection {
        ops: common.op.clone(),
        tensor_parallel: common.tensor_parallel.map(|ranks| ranks.get()),
    };
    let input = open(&common.file)?;
    let imported = match &args.format {
        ImportFormat::Cookbook(args) => cookbook::read(input, &provenance, &selection, args.method)?,
        ImportFormat::Csv(args) => csv::read(input, &map(&args.map)?, &provenance, &selection)?,
        ImportFormat::Nvbench(args) => {
            let unsaid = Unsaid {
                benchmark: args.benchmark.clone(),
                dtype: args.dtype,
                layout: args.layout,
                engine: args.engine,
            };
            nvbench::read(input, &unsaid, &provenance, &selection)?
        }
    };
    finish(common, &imported, voice)
}

fn map(path: &Path) -> Result<csv::Map> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("{name}: cannot read"))?;
    Ok(csv::Map::parse(&name, &text)?)
}

fn open(path: &Path) -> Result<BufReader<File>> {
    let cannot = || format!("{}: cannot read", path.display());
    let file = File::open(path).with_context(cannot)?;
    ensure!(!file.metadata().with_context(cannot)?.is_dir(), "{}: a folder; want a file", path.display());
    Ok(BufReader::new(file))
}

/// Writes the results and says what became of the file.
fn finish(common: &ImportCommon, imported: &Imported, voice: Voice) -> Result<u8> {
    let Imported { results, account } = imported;
    let text = results.to_csv();
    // What cannot be read back would be found out by whoever needs it.
    Results::parse(&common.output.display().to_string(), &text)
        .context("what was imported makes no results file; nothing was written")?;
    if common.output.as_os_str() == "-" {
        streams::print_bytes(text.as_bytes())?;
    } else {
        refuse_measured(&common.output)?;
        safe_write(&common.output, text.as_bytes())?;
    }
    voice.say(&format!("{}: {account}", common.file.display()));
    for trouble in account.troubles() {
        voice.warn(&format!("{}: {trouble}", common.file.display()));
    }
    for device in &results.front_matter.device {
        if device.backend == "cuda" && Datasheet::lookup(&device.name).is_none() {
            let known: Vec<_> = Datasheet::product_names().collect();
            voice.warn(&format!(
                "there is no datasheet of {:?}, so no share of its peak can be told; there are {}",
                device.name,
                known.join(", ")
            ));
        }
    }
    let whereto = match common.output.as_os_str() == "-" {
        true => String::new(),
        false => format!(" -> {}", common.output.display()),
    };
    voice.say(&format!("{} rows{whereto}", results.rows.len()));
    Ok(exit::DONE)
}

/// An earlier import may be replaced: its source makes it again. What was measured, or is no results file,
/// may not.
fn refuse_measured(path: &Path) -> Result<()> {
    let name = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        read => read.with_context(|| format!("{name}: cannot read what is there already"))?,
    };
    match Results::parse(&name, &bytes) {
        Ok(earlier) if earlier.front_matter.source.is_some() => Ok(()),
        _ => bail!("{name}: is there already and was not imported; choose another file with -o"),
    }
}

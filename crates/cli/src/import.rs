//! `hovera import`: other benchmarks' files into results.

use crate::args::{Import, ImportColumns, ImportCommon, ImportFormat, ImportTool};
use crate::counted::counted;
use crate::output::{self, NewFile};
use crate::reading::{Wanted, open, read_bytes, read_text};
use crate::voice::Voice;
use crate::{VERSION, exit};
use anyhow::{Context, Result, bail};
use hovera_core::{Datasheet, Results};
use hovera_import::nvbench::Unsaid;
use hovera_import::tools::{Tool, Untold, ValueUnit};
use hovera_import::{Imported, Naming, Provenance, Selection, cookbook, csv, nvbench, tools};
use std::path::{Path, PathBuf};

pub(crate) fn import(args: &Import, voice: Voice) -> Result<u8> {
    use ImportFormat::{
        Aiter, CutlassProfiler, HipblasltBench, RocblasBench, Triton, Tritonbench, Tunableop,
    };
    let common = match &args.format {
        ImportFormat::Cookbook(args) => &args.common,
        ImportFormat::Csv(args) => &args.common,
        ImportFormat::Nvbench(args) => &args.common,
        HipblasltBench(args)
        | RocblasBench(args)
        | Tunableop(args)
        | CutlassProfiler(args)
        | Triton(args)
        | Tritonbench(args)
        | Aiter(args) => &args.common,
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
    let mut inputs = vec![common.file.clone()];
    let table = |args: &ImportTool, tool| -> Result<Imported> {
        let unit = args.unit.as_deref();
        let untold = Untold {
            dtype: args.dtype,
            layout: args.layout,
            unit: unit.map(|unit| if unit == "ms" { ValueUnit::Milliseconds } else { ValueUnit::Tflops }),
            columns: naming(&args.columns)?,
        };
        let input = open(&common.file, Wanted::Table)?;
        Ok(tools::read(input, tool, &untold, &provenance, &selection)?)
    };
    let imported = match &args.format {
        ImportFormat::Cookbook(args) => {
            let input = open(&common.file, Wanted::CookbookLog)?;
            cookbook::read(input, &provenance, &selection, args.method)?
        }
        ImportFormat::Csv(args) => {
            inputs.push(args.map.clone());
            csv::read(open(&common.file, Wanted::Table)?, &map(&args.map)?, &provenance, &selection)?
        }
        ImportFormat::Nvbench(args) => {
            let unsaid = Unsaid {
                benchmark: args.benchmark.clone(),
                dtype: args.dtype,
                layout: args.layout,
                engine: args.engine,
                axes: naming(&args.columns)?,
            };
            nvbench::read(open(&common.file, Wanted::NvbenchJson)?, &unsaid, &provenance, &selection)?
        }
        HipblasltBench(args) => table(args, Tool::HipblasltBench)?,
        RocblasBench(args) => table(args, Tool::RocblasBench)?,
        Tunableop(args) => table(args, Tool::TunableOp)?,
        CutlassProfiler(args) => table(args, Tool::CutlassProfiler)?,
        Triton(args) => table(args, Tool::Triton)?,
        Tritonbench(args) => table(args, Tool::Tritonbench)?,
        Aiter(args) => table(args, Tool::Aiter)?,
    };
    finish(common, &inputs, &imported, voice)
}

fn naming(columns: &ImportColumns) -> Result<Naming> {
    Ok(Naming::parse(&columns.axis, &columns.r#where, &columns.ignore)?)
}

fn map(path: &Path) -> Result<csv::Map> {
    let name = path.display().to_string();
    Ok(csv::Map::parse(&name, &read_text(path, Wanted::ImportMap)?)?)
}

/// Writes the results and says what became of the file.
fn finish(common: &ImportCommon, inputs: &[PathBuf], imported: &Imported, voice: Voice) -> Result<u8> {
    let Imported { results, account } = imported;
    let text = results.to_csv();
    // What cannot be read back would be found out by whoever needs it.
    Results::parse(&common.output.display().to_string(), &text).with_context(|| {
        let warnings: Vec<_> = account.warnings.iter().map(|warning| format!("\n{warning}")).collect();
        format!("what was imported makes no results file; nothing was written{}", warnings.concat())
    })?;
    if common.output.as_os_str() == "-" {
        output::print(text.as_bytes(), inputs)?;
    } else {
        let file = NewFile::replacing(common.output.clone(), text.into_bytes(), refuse_measured);
        output::write(&[file], inputs)?;
    }
    voice.say(&format!("{}: {account}", common.file.display()));
    for trouble in account.troubles() {
        voice.warn(&format!("{}: {trouble}", common.file.display()));
    }
    for device in &results.front_matter.device {
        if device.backend != "cpu" && Datasheet::lookup(&device.name).is_none() {
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
    voice.say(&format!("{}{whereto}", counted(results.rows.len(), "row")));
    Ok(exit::DONE)
}

/// An earlier import may be replaced: its source makes it again. What was measured, or is no results file,
/// may not.
fn refuse_measured(path: &Path) -> Result<()> {
    let name = path.display().to_string();
    let earlier = read_bytes(path, Wanted::Results).ok().and_then(|bytes| Results::parse(&name, &bytes).ok());
    match earlier {
        Some(earlier) if earlier.front_matter.source.is_some() => Ok(()),
        _ => bail!("{name}: is there already and was not imported; choose another file with -o"),
    }
}

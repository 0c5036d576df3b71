//! `hovera import`: other benchmarks' files into results.

mod tables;

use crate::args::{Import, ImportColumns, ImportCommon, ImportFormat, ImportOptions, ImportTool};
use crate::files::output::{self, NewFile};
use crate::files::reading::{Wanted, open, read_bytes, read_text};
use crate::talk::counted::counted;
use crate::talk::voice::Voice;
use crate::{VERSION, exit};
use anyhow::{Context, Result, bail, ensure};
use hovera_core::{Datasheet, Engine, Plan, Results, SweepSpec};
use hovera_import::nvbench::Unsaid;
use hovera_import::tools::{Tool, Untold, ValueUnit};
use hovera_import::{Imported, Naming, Provenance, Selection, cookbook, csv, nvbench, tools};
use std::path::{Path, PathBuf};

pub(crate) fn import(args: &Import, voice: Voice) -> Result<u8> {
    match &args.format {
        ImportFormat::Cookbook(args) => one(&args.common, &[], voice, |file| {
            let input = open(file.path, Wanted::CookbookLog)?;
            Ok(cookbook::read(input, &file.provenance, &file.selection, args.method)?)
        }),
        ImportFormat::Csv(args) => one(&args.common, std::slice::from_ref(&args.map), voice, |file| {
            let input = open(file.path, Wanted::Table)?;
            Ok(csv::read(input, &map(&args.map)?, &file.provenance, &file.selection)?)
        }),
        ImportFormat::Nvbench(args) => one(&args.common, &[], voice, |file| {
            let unsaid = Unsaid {
                benchmark: args.benchmark.clone(),
                dtype: args.dtype,
                layout: args.layout,
                engine: args.engine,
                axes: naming(&args.columns)?,
            };
            let input = open(file.path, Wanted::NvbenchJson)?;
            Ok(nvbench::read(input, &unsaid, &file.provenance, &file.selection)?)
        }),
        ImportFormat::HipblasltBench(args) => of_tool(args, Tool::HipblasltBench, voice),
        ImportFormat::RocblasBench(args) => of_tool(args, Tool::RocblasBench, voice),
        ImportFormat::Tunableop(args) => of_tool(args, Tool::TunableOp, voice),
        ImportFormat::CutlassProfiler(args) => of_tool(args, Tool::CutlassProfiler, voice),
        ImportFormat::Triton(args) => of_tool(args, Tool::Triton, voice),
        ImportFormat::Tritonbench(args) => of_tool(args, Tool::Tritonbench, voice),
        ImportFormat::Aiter(args) => of_tool(args, Tool::Aiter, voice),
        ImportFormat::Aiconfigurator(args) => tables::import(args, voice),
    }
}

/// A file to import, and what its user says of it.
struct Told<'a> {
    path: &'a Path,
    provenance: Provenance,
    selection: Selection,
}

/// Imports one file into one of results. `others` are further files that it is read by.
fn one(
    common: &ImportCommon,
    others: &[PathBuf],
    voice: Voice,
    read: impl FnOnce(&Told<'_>) -> Result<Imported>,
) -> Result<u8> {
    let (path, options) = (&common.file, &common.options);
    let name = path.display().to_string();
    let told = Told { path, provenance: provenance(options, name.clone()), selection: selection(options)? };
    let inputs: Vec<PathBuf> = [path].into_iter().chain(others).chain(&options.shapes).cloned().collect();
    finish(&name, &options.output, &inputs, &read(&told)?, voice)?;
    Ok(exit::DONE)
}

fn of_tool(args: &ImportTool, tool: Tool, voice: Voice) -> Result<u8> {
    let is_told = args.unit.is_some() || !args.program.is_empty();
    ensure!(
        tool == Tool::Triton || !is_told,
        "--unit and --program are for triton: {}'s tables say what their columns are",
        tool.as_str()
    );
    one(&args.common, &[], voice, |file| {
        let unit = args.unit.as_deref();
        let untold = Untold {
            dtype: args.dtype,
            layout: args.layout,
            unit: unit.map(|unit| if unit == "ms" { ValueUnit::Milliseconds } else { ValueUnit::Tflops }),
            programs: args.program.clone(),
            columns: naming(&args.columns)?,
        };
        let input = open(file.path, Wanted::Table)?;
        Ok(tools::read(input, tool, &untold, &file.provenance, &file.selection)?)
    })
}

fn provenance(options: &ImportOptions, file: String) -> Provenance {
    Provenance {
        file,
        device: options.device.clone(),
        origin: options.source.clone(),
        licence: options.licence.clone(),
        hovera: VERSION.split(' ').next().unwrap_or_default().to_owned(),
    }
}

fn selection(options: &ImportOptions) -> Result<Selection> {
    let products = |path: &PathBuf| -> Result<_> {
        let spec = SweepSpec::parse(&path.display().to_string(), &read_text(path, Wanted::Spec)?)?;
        Ok(Plan::expand(&spec, Engine::Cublas)?.points().iter().map(|point| point.gemm).collect())
    };
    Ok(Selection {
        ops: options.op.clone(),
        tensor_parallel: options.tensor_parallel.map(|ranks| ranks.get()),
        products: options.shapes.as_ref().map(products).transpose()?,
    })
}

fn naming(columns: &ImportColumns) -> Result<Naming> {
    Ok(Naming::parse(&columns.axis, &columns.r#where, &columns.ignore)?)
}

fn map(path: &Path) -> Result<csv::Map> {
    let name = path.display().to_string();
    Ok(csv::Map::parse(&name, &read_text(path, Wanted::ImportMap)?)?)
}

/// Writes the results and says what became of the file.
fn finish(file: &str, output: &Path, inputs: &[PathBuf], imported: &Imported, voice: Voice) -> Result<()> {
    let Imported { results, account } = imported;
    let text = results.to_csv();
    // What cannot be read back would be found out by whoever needs it.
    Results::parse(&output.display().to_string(), &text).with_context(|| {
        let warnings: Vec<_> = account.warnings.iter().map(|warning| format!("\n{warning}")).collect();
        format!("what was imported makes no results file; nothing was written{}", warnings.concat())
    })?;
    if output.as_os_str() == "-" {
        output::print(text.as_bytes(), inputs)?;
    } else {
        let file = NewFile::replacing(output.to_owned(), text.into_bytes(), refuse_measured);
        output::write(&[file], inputs)?;
    }
    voice.say(&format!("{file}: {account}"));
    for trouble in account.troubles() {
        voice.warn(&format!("{file}: {trouble}"));
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
    let whereto = match output.as_os_str() == "-" {
        true => String::new(),
        false => format!(" -> {}", output.display()),
    };
    voice.say(&format!("{}{whereto}", counted(results.rows.len(), "row")));
    Ok(())
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

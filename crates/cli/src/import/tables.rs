//! `hovera import aiconfigurator`: one or many tables, into one results file or one of each.

use super::{finish, provenance, selection};
use crate::args::{ImportAiconfigurator, ImportOptions};
use crate::exit;
use crate::files::output::make_folder;
use crate::files::reading::{Wanted, read_binary};
use crate::run::file_name::slug;
use crate::talk::counted::counted;
use crate::talk::voice::{Voice, shown};
use anyhow::{Context, Result, ensure};
use hovera_core::FrontMatter;
use hovera_import::aiconfigurator::Reader;
use hovera_import::{ImportError, Imported, Naming, Selection};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How deep below a folder tables are looked for.
const DEPTH: usize = 16;

pub(super) fn import(args: &ImportAiconfigurator, voice: Voice) -> Result<u8> {
    let options = &args.options;
    let columns = Naming::parse(&[], &args.r#where, &args.ignore)?;
    let selection = selection(options)?;
    let tables = tables(&args.files)?;
    let mut inputs: Vec<PathBuf> = tables.iter().map(|table| table.path.clone()).collect();
    inputs.extend(options.shapes.clone());
    let task = Task { options, columns, selection, inputs };
    let names_folder = options.output.as_os_str().as_encoded_bytes().ends_with(b"/");
    if names_folder || options.output.is_dir() {
        task.one_of_each(&tables, voice)
    } else {
        task.one(&tables, voice)
    }
}

struct Task<'a> {
    options: &'a ImportOptions,
    columns: Naming,
    selection: Selection,
    inputs: Vec<PathBuf>,
}

struct Table {
    path: PathBuf,
    /// Whether it was found in a folder, where files of other kinds may be.
    was_found: bool,
}

impl Task<'_> {
    /// All rows in one file.
    fn one(&self, tables: &[Table], voice: Voice) -> Result<u8> {
        let file = match tables {
            [one] => one.path.display().to_string(),
            several => counted(several.len(), "table"),
        };
        let provenance = provenance(self.options, file.clone());
        let mut reader = Reader::new(&self.columns, &provenance, &self.selection);
        let mut others = 0;
        for table in tables {
            match reader.add(&shown(&table.path), read_binary(&table.path, Wanted::AiconfiguratorTable)?) {
                Err(ImportError::NoGemms { .. }) if table.was_found => others += 1,
                added => added?,
            }
        }
        finish(&file, &self.options.output, &self.inputs, &reader.finish()?, voice)?;
        say_others(others, voice);
        Ok(exit::DONE)
    }

    /// A results file of each table. One that cannot be imported keeps no other from it.
    fn one_of_each(&self, tables: &[Table], voice: Voice) -> Result<u8> {
        let folder = &self.options.output;
        make_folder(folder)?;
        let mut written: BTreeSet<String> = BTreeSet::new();
        let (mut others, mut failed) = (0, Vec::new());
        for table in tables {
            let imported = match self.table(&table.path) {
                Err(error) if table.was_found && is_of_no_gemms(&error) => {
                    others += 1;
                    continue;
                }
                imported => imported,
            };
            let write = |imported: Imported| {
                let name = file_name(&imported.results.front_matter, &written);
                finish(&shown(&table.path), &folder.join(&name), &self.inputs, &imported, voice)?;
                written.insert(name);
                Ok(())
            };
            if let Err(error) = imported.and_then(write) {
                voice.warn(&format!("{}: not imported: {error:#}", shown(&table.path)));
                failed.push(shown(&table.path));
            }
        }
        say_others(others, voice);
        ensure!(
            failed.is_empty(),
            "{} of {} could not be imported: {}",
            failed.len(),
            counted(tables.len(), "table"),
            failed.join(", ")
        );
        voice.say(&format!("{} in {}", counted(written.len(), "results file"), shown(folder)));
        Ok(exit::DONE)
    }

    fn table(&self, path: &Path) -> Result<Imported> {
        let provenance = provenance(self.options, path.display().to_string());
        let mut reader = Reader::new(&self.columns, &provenance, &self.selection);
        reader.add(&provenance.file, read_binary(path, Wanted::AiconfiguratorTable)?)?;
        Ok(reader.finish()?)
    }
}

fn is_of_no_gemms(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ImportError::NoGemms { .. }))
}

fn say_others(others: usize, voice: Voice) {
    if others > 0 {
        voice.say(&format!("{} of no GEMMs left out", counted(others, "table")));
    }
}

/// `nvidia-l40s-sglang-0-5-10.csv`, with a number where another table has that name already.
fn file_name(front_matter: &FrontMatter, taken: &BTreeSet<String>) -> String {
    let cards = front_matter.device.iter().map(|device| device.name.as_str());
    let words: Vec<&str> = cards.chain([front_matter.software.gemm.as_str()]).collect();
    let stem = slug(&words.join(" "));
    let numbered = (2_u32..).map(|number| format!("{stem}-{number}.csv"));
    let mut names = std::iter::once(format!("{stem}.csv")).chain(numbered);
    names.find(|name| !taken.contains(name)).expect("there are more numbers than tables")
}

/// The tables that arguments name, those of a folder in the order of their names.
fn tables(arguments: &[PathBuf]) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    for argument in arguments {
        if !argument.is_dir() {
            tables.push(Table { path: argument.clone(), was_found: false });
            continue;
        }
        let before = tables.len();
        search(argument, DEPTH, &mut tables)?;
        ensure!(tables.len() > before, "{}: no .parquet file in this folder or below", shown(argument));
    }
    Ok(tables)
}

fn search(folder: &Path, depth: usize, tables: &mut Vec<Table>) -> Result<()> {
    let cannot = || format!("{}: cannot read the folder", shown(folder));
    ensure!(depth > 0, "{}: folders are nested too deeply", shown(folder));
    let mut entries =
        fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).with_context(cannot)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // Links are not followed: they may lead back.
        let kind = entry.file_type().with_context(cannot)?;
        let path = entry.path();
        if kind.is_dir() {
            search(&path, depth - 1, tables)?;
        } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "parquet") {
            tables.push(Table { path, was_found: true });
        }
    }
    Ok(())
}

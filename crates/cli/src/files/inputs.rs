//! Results that are named on the command line.

use crate::files::reading::{Wanted, read_bytes};
use crate::recorded;
use crate::talk::voice::shown;
use anyhow::{Result, bail};
use hovera_core::{FileKind, Readings, Results};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a results argument stands for.
#[derive(Debug)]
pub(crate) struct Input {
    /// The argument, or what is built in by that name.
    pub(crate) name: String,
    /// Start of the names of the files that are made from it.
    pub(crate) stem: OsString,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Results(Box<Results>),
    Readings(Readings),
}

/// A file named on the command line, not yet read as anything.
#[derive(Debug)]
pub(crate) struct File {
    /// The argument, or what is built in by that name.
    pub(crate) name: String,
    /// The same without its folder.
    pub(crate) short: String,
    /// Start of the names of the files that are made from it.
    pub(crate) stem: OsString,
    pub(crate) bytes: Vec<u8>,
}

/// Reads a results file, published readings, or `recorded:NAME`, which can stand for several.
pub(crate) fn read(argument: &Path) -> Result<Vec<Input>> {
    let parse = |File { name, stem, bytes, .. }| -> Result<Input> {
        let content = parse(&name, &bytes)?;
        Ok(Input { name, stem, content })
    };
    files(argument)?.into_iter().map(parse).collect()
}

/// The files that an argument names: a path, or `recorded:NAME`.
pub(crate) fn files(argument: &Path) -> Result<Vec<File>> {
    if let Some(slug) = recorded_name(argument) {
        let file = |r: recorded::Recorded| {
            let name = format!("recorded:{}/{}", r.gpu, r.sweep);
            let stem = format!("{}-{}", r.gpu, r.sweep).into();
            File { short: name.clone(), name, stem, bytes: r.text.as_bytes().to_vec() }
        };
        return Ok(recorded::find(slug)?.into_iter().map(file).collect());
    }
    let name = shown(argument);
    let bytes = read_bytes(argument, Wanted::Results)?;
    let stem = argument.file_stem().map_or_else(|| "results".into(), OsString::from);
    let short = argument.file_name().map_or_else(|| name.clone(), shown);
    Ok(vec![File { name, short, stem, bytes }])
}

/// The files among some arguments: what no output may be.
pub(crate) fn paths(arguments: &[PathBuf]) -> Vec<PathBuf> {
    arguments.iter().filter(|argument| recorded_name(argument).is_none()).cloned().collect()
}

/// The name after `recorded:`, where an argument is one.
pub(crate) fn recorded_name(argument: &Path) -> Option<&str> {
    argument.to_str().and_then(|argument| argument.strip_prefix("recorded:"))
}

/// Arguments as a message names them.
pub(crate) fn in_words(arguments: &[PathBuf]) -> String {
    arguments.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn parse(name: &str, bytes: &[u8]) -> Result<Content> {
    Ok(match FileKind::of_text(bytes) {
        Some(FileKind::Results) => Content::Results(Box::new(Results::parse(name, bytes)?)),
        Some(FileKind::Readings) => Content::Readings(Readings::parse(name, bytes)?),
        None => {
            bail!("{name}: neither a results file (a column time_median_us) nor published readings (reading)")
        }
    })
}

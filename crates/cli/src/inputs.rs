//! Files named on the command line.

use crate::recorded;
use anyhow::{Context, Result, bail};
use hovera_core::{FileKind, Readings, Results};
use std::path::Path;

/// What a results argument stands for.
#[derive(Debug)]
pub(crate) struct Input {
    /// The argument, or what is built in by that name.
    pub(crate) name: String,
    /// Start of the names of the files that are made from it.
    pub(crate) stem: String,
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
    /// Start of the names of the files that are made from it.
    pub(crate) stem: String,
    pub(crate) bytes: Vec<u8>,
}

/// Reads a results file, published readings, or `recorded:NAME`, which can stand for several.
pub(crate) fn read(argument: &str) -> Result<Vec<Input>> {
    let parse = |File { name, stem, bytes }| -> Result<Input> {
        let content = parse(&name, &bytes)?;
        Ok(Input { name, stem, content })
    };
    files(argument)?.into_iter().map(parse).collect()
}

/// The files that an argument names: a path, or `recorded:NAME`.
pub(crate) fn files(argument: &str) -> Result<Vec<File>> {
    if let Some(slug) = argument.strip_prefix("recorded:") {
        let file = |r: recorded::Recorded| File {
            name: format!("recorded:{}/{}", r.gpu, r.sweep),
            stem: format!("{}-{}", r.gpu, r.sweep),
            bytes: r.text.as_bytes().to_vec(),
        };
        return Ok(recorded::find(slug)?.into_iter().map(file).collect());
    }
    let path = Path::new(argument);
    let bytes = std::fs::read(path).with_context(|| format!("{argument}: cannot read"))?;
    let stem = path.file_stem().map_or_else(|| "results".into(), |s| s.to_string_lossy().into_owned());
    Ok(vec![File { name: argument.to_owned(), stem, bytes }])
}

fn parse(name: &str, bytes: &[u8]) -> Result<Content> {
    Ok(match FileKind::of(bytes) {
        Some(FileKind::Results) => Content::Results(Box::new(Results::parse(name, bytes)?)),
        Some(FileKind::Readings) => Content::Readings(Readings::parse(name, bytes)?),
        None => {
            bail!("{name}: neither a results file (a column time_median_us) nor published readings (reading)")
        }
    })
}

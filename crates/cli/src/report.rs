//! `hovera report`: results into a document.

use crate::args;
use crate::exit;
use crate::inputs::{self, File};
use crate::voice::Voice;
use crate::whole_files;
use anyhow::{Context, Result, bail};
use hovera_core::FileKind;
use hovera_report::{OutputFile, Report, ResultsFile};
use std::path::Path;

/// Without the git revision: the same results give the same report until the version changes.
const MADE_WITH: &str = concat!("hovera ", env!("CARGO_PKG_VERSION"));

pub(crate) fn report(args: &args::Report, voice: Voice) -> Result<u8> {
    let folder = args.output.parent().unwrap_or(Path::new(""));
    let files = files(&args.results, &args.output)?;
    let files: Vec<_> = files.into_iter().map(|file| (folder.join(file.name), file.bytes)).collect();
    whole_files::write(&files, voice)?;
    Ok(exit::DONE)
}

/// The report that `output` names, and what belongs beside it, not yet written.
pub(crate) fn files(results: &[String], output: &Path) -> Result<Vec<OutputFile>> {
    let ending = output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let Some(name) = output.file_name().and_then(|name| name.to_str()) else {
        bail!("{}: want the name of a file", output.display());
    };
    if !["html", "md", "tex"].contains(&ending) {
        bail!("{}: want a name that ends in .html, .md or .tex", output.display());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if ending == "tex" && !name.chars().all(plain) {
        // TeX has no way to name other files that every installation understands.
        bail!("{}: want letters, digits, '-', '_' and '.' in the name", output.display());
    }
    let mut sources = Vec::new();
    for argument in results {
        for file in inputs::files(argument)? {
            sources.push(results_file(&file)?);
        }
    }
    let report = Report::new(&sources, MADE_WITH)?;
    Ok(match ending {
        "html" => vec![report.html(name)],
        "md" => report.markdown(name),
        _ => report.latex(name)?,
    })
}

fn results_file(file: &File) -> Result<ResultsFile> {
    let File { name, bytes, .. } = file;
    if FileKind::of(bytes) == Some(FileKind::Readings) {
        bail!("{name}: published readings, not measurements: want a results file");
    }
    let path = Path::new(name);
    let short = path.file_name().map_or_else(|| name.clone(), |short| short.to_string_lossy().into_owned());
    // `recorded:GPU/SWEEP` is no path.
    let short = if name.starts_with("recorded:") { name } else { &short };
    ResultsFile::parse(name, short, bytes).context("no report")
}

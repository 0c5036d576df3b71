//! `hovera report`: results into a document.

use crate::args;
use crate::exit;
use crate::files::inputs::{self, File};
use crate::files::output::{self, NewFile};
use crate::talk::voice::Voice;
use anyhow::{Context, Result, bail};
use hovera_core::FileKind;
use hovera_report::{OutputFile, Report, ResultsFile};
use std::path::{Path, PathBuf};

/// Without the git revision: the same results give the same report until the version changes.
const MADE_WITH: &str = concat!("hovera ", env!("CARGO_PKG_VERSION"));

pub(crate) fn report(args: &args::Report, voice: Voice) -> Result<u8> {
    let folder = args.output.parent().unwrap_or(Path::new(""));
    let files = files(&args.results, &args.output)?;
    let mut files: Vec<_> =
        files.into_iter().map(|file| NewFile::new(folder.join(file.name), file.bytes)).collect();
    // As it is named, whatever the bytes of the name.
    if let Some(document) = files.first_mut() {
        document.path.clone_from(&args.output);
    }
    output::write_and_say(&files, &inputs::paths(&args.results), voice)?;
    Ok(exit::DONE)
}

/// The report that `output` names, and what belongs beside it, not yet written.
pub(crate) fn files(results: &[PathBuf], output: &Path) -> Result<Vec<OutputFile>> {
    let ending = output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let Some(file_name) = output.file_name() else {
        bail!("{}: want the name of a file", output.display());
    };
    let lossy = file_name.to_string_lossy();
    let name = &*lossy;
    if !["html", "md", "tex"].contains(&ending) {
        bail!("{}: want a name that ends in .html, .md or .tex", output.display());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if ending == "tex" && !name.chars().all(plain) {
        // TeX has no way to name other files that every installation understands.
        bail!("{}: want letters, digits, '-', '_' and '.' in the name", output.display());
    }
    if ending == "md" && file_name.to_str().is_none() {
        bail!("{}: want a name in UTF-8: the text names its pictures by it", output.display());
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
    let File { name, short, bytes, .. } = file;
    if FileKind::of_text(bytes) == Some(FileKind::Readings) {
        bail!("{name}: published readings, not measurements: want a results file");
    }
    ResultsFile::parse(name, short, bytes).context("no report")
}

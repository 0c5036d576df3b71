//! The HTML report in a headless Chromium, as its readers use it. Skipped, and said so, where there is none.

// A test's own functions fail by panicking too, and say so where they skip.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod chart;
mod devtools;
mod hostile;
mod look;
mod table;

use devtools::Page;
use hovera_report::{Report, ResultsFile};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The recorded sweep of the published charts on a card.
pub(crate) fn recorded(gpu: &str) -> Vec<u8> {
    recorded_sweep(gpu, "attention-a12")
}

/// A recorded sweep of a card.
pub(crate) fn recorded_sweep(gpu: &str, sweep: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../sweeps/recorded/{gpu}/{sweep}.csv"));
    std::fs::read(path).unwrap()
}

/// A report as a file.
pub(crate) struct Html {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl Html {
    pub(crate) fn of_files(files: &[Vec<u8>]) -> Html {
        let files: Vec<ResultsFile> = files
            .iter()
            .map(|bytes| ResultsFile::parse("results.csv", "results.csv", bytes).unwrap())
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        std::fs::write(&path, Report::new(&files, "hovera").unwrap().html("report.html").bytes).unwrap();
        Html { _folder: folder, path }
    }

    pub(crate) fn of_the_h100_and_the_h200() -> Html {
        Html::of_files(&[recorded("nvidia-h100-80gb-hbm3"), recorded("nvidia-h200")])
    }

    /// The recorded training step of twelve models.
    pub(crate) fn of_models() -> Html {
        Html::of_files(&[recorded_sweep("nvidia-h100-80gb-hbm3", "models-8192-tokens")])
    }

    /// A browser that shows it.
    pub(crate) fn open(&self) -> Option<Page> {
        let mut page = Page::open()?;
        page.load(&self.path);
        Some(page)
    }
}

/// A row of the recorded H100 by op and hidden size: each column by name.
pub(crate) fn csv_row(op: &str, hidden: u32) -> impl Fn(&str) -> String {
    let text = String::from_utf8(recorded("nvidia-h100-80gb-hbm3")).unwrap();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let heads: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    let column = move |name: &str| heads.iter().position(|head| head == name).unwrap();
    let (op_at, hidden_at) = (column("op"), column("hidden"));
    let is_it = |row: &Vec<String>| row[op_at] == op && row[hidden_at] == hidden.to_string();
    let row = lines.map(|line| line.split(',').map(str::to_owned).collect()).find(is_it).unwrap();
    move |name| row[column(name)].clone()
}

#[track_caller]
pub(crate) fn assert_quiet(page: &mut Page) {
    assert_eq!(page.complaints(), Vec::<String>::new());
}

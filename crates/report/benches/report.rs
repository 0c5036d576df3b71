//! Reports of the H100's full sweep, 5460 rows: read, made, and written in each format.

// A benchmark fails by panicking.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use hovera_report::{Report, ResultsFile};
use std::path::Path;

fn main() {
    divan::main();
}

fn text() -> Vec<u8> {
    let path = "../../sweeps/recorded/nvidia-h100-80gb-hbm3/attention-a12-full.csv";
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn report(text: &[u8]) -> Report {
    let file = ResultsFile::parse("full.csv", "full.csv", text).unwrap();
    assert_eq!(file.results.rows.len(), 5460);
    Report::new(&[file], "hovera").unwrap()
}

#[divan::bench]
fn read_and_find(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.bench(|| report(&text));
}

#[divan::bench]
fn html(bencher: Bencher<'_, '_>) {
    let report = report(&text());
    bencher.bench(|| report.html("r.html"));
}

#[divan::bench]
fn markdown(bencher: Bencher<'_, '_>) {
    let report = report(&text());
    bencher.bench(|| report.markdown("r.md"));
}

#[divan::bench]
fn latex(bencher: Bencher<'_, '_>) {
    let report = report(&text());
    bencher.bench(|| report.latex("r.tex").unwrap());
}

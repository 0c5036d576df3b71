//! Two results files compared, and written. The numbers are a recorded sweep's, many times over.

// A benchmark fails by panicking.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::ItemsCount;
use hovera_analysis::{CompareOptions, ComparedFile, Comparison};
use hovera_core::{AttentionShape, Batch, Results, Row};
use std::path::Path;

const ROWS: [usize; 2] = [5460, 100_000];

fn main() {
    divan::main();
}

#[divan::bench(args = ROWS, max_time = 3)]
fn compare(bencher: Bencher<'_, '_>, rows: usize) {
    let results = recorded(rows);
    bencher.counter(ItemsCount::new(rows)).bench(|| compared(&results));
}

#[divan::bench(args = ROWS, max_time = 3)]
fn write_csv(bencher: Bencher<'_, '_>, rows: usize) {
    let comparison = compared(&recorded(rows));
    bencher.counter(ItemsCount::new(rows)).bench(|| hovera_report::comparison::csv(&comparison));
}

fn compared(results: &Results) -> Comparison {
    let source = ComparedFile { name: "a", results, device: None };
    Comparison::of_sources(&[source, source], &[], &CompareOptions::default()).unwrap()
}

/// The rows of the full sweep at batch 4, then at others with the same times.
fn recorded(rows: usize) -> Results {
    let path = "../../sweeps/recorded/nvidia-h100-80gb-hbm3/attention-a12-full.csv";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut results = Results::parse("full.csv", std::fs::read(path).unwrap()).unwrap();
    let sweep = std::mem::take(&mut results.rows);
    results.rows =
        (4..).flat_map(|batch| sweep.iter().map(move |row| at_batch(row, batch))).take(rows).collect();
    results
}

fn at_batch(row: &Row, batch: u64) -> Row {
    let shape = row.point.layer().unwrap();
    let batch = Batch::new(batch).unwrap();
    let shape = AttentionShape::from_hidden(shape.heads(), batch, shape.seq(), shape.hidden()).unwrap();
    let gemm = shape.gemm(row.point.op).unwrap();
    Row { point: hovera_core::Point { model: shape.into(), gemm, ..row.point }, ..row.clone() }
}

//! Comparisons of real and of made-up results.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

mod called_differently;
mod files;
mod fleet;
mod gate;
mod losses;
mod properties;
mod recorded_runs;
mod refusals;
mod sweeps_page;
mod two_speeds;

use hovera_analysis::{CompareError, CompareOptions, ComparedFile, Comparison};
use hovera_core::Results;

const H200: &str = "repeatability/nvidia-h200";

fn compare(base: &Results, other: &Results, options: &CompareOptions) -> Result<Comparison, CompareError> {
    compare_all(&[base, other], &[], options)
}

/// The first file against the others, with further runs of the first.
fn compare_all(
    files: &[&Results],
    repeats: &[&Results],
    options: &CompareOptions,
) -> Result<Comparison, CompareError> {
    fn named<'a>(files: &[&'a Results]) -> Vec<ComparedFile<'a>> {
        let name = |i| if i == 0 { "base" } else { "other" };
        let file =
            |(i, results): (usize, &&'a Results)| ComparedFile { name: name(i), results, device: None };
        files.iter().enumerate().map(file).collect()
    }
    Comparison::of_sources(&named(files), &named(repeats), options)
}

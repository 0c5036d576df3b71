//! Comparisons of real and of made-up results.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

mod files;
mod fleet;
mod losses;
mod properties;
mod recorded_runs;
mod refusals;
mod two_speeds;

use hovera_analysis::{CompareError, CompareOptions, ComparedFile, Comparison};
use hovera_core::Results;

const H200: &str = "repeatability/nvidia-h200";

fn compare(base: &Results, other: &Results, options: &CompareOptions) -> Result<Comparison, CompareError> {
    let source = |name, results| ComparedFile { name, results, device: None };
    Comparison::of_sources(&[source("base", base), source("other", other)], &[], options)
}

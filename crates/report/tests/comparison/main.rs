//! Comparisons of real and of made-up results.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

mod files;
mod fleet;
mod output;
mod properties;
mod refusals;

mod recorded_runs;

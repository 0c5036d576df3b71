//! Benchmark results against benchmark results: ratios with intervals, and what may be said of them.

#![forbid(unsafe_code)]

mod comparison;

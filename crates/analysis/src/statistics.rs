//! The statistics of verdicts: tails of distributions, and many tests at once.

mod distribution;
mod false_discovery;

pub use distribution::{NORMAL_95, normal_upper_tail, student_quantile, student_upper_tail};
pub use false_discovery::benjamini_hochberg;

#[cfg(test)]
mod tests;

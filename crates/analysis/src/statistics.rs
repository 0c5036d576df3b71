//! The statistics of verdicts: tails of distributions, and many tests at once.

mod distribution;
mod false_discovery;

pub(crate) use distribution::{
    NORMAL_95, normal_half_width, normal_upper_tail, squares_about_mean, student_quantile, student_upper_tail,
};
pub(crate) use false_discovery::benjamini_hochberg;

#[cfg(test)]
mod scipy;
#[cfg(test)]
mod tests;

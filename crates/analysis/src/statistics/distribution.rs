//! The tails of the normal and of Student's distribution, and the scatter that they are scaled by.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A normal variable is within so many standard deviations of its mean with 95 % probability: Φ⁻¹(0.975).
pub(crate) const NORMAL_95: f64 = 1.959_963_984_540_054;

/// The probability that a standard normal variable is above `z`.
pub(crate) fn normal_upper_tail(z: f64) -> f64 {
    Normal::standard().sf(z)
}

/// A standard normal variable is within so many standard deviations of its mean with `probability`, 0.001 to 0.999.
pub(crate) fn normal_half_width(probability: f64) -> f64 {
    Normal::standard().inverse_cdf((1.0 + probability.clamp(0.001, 0.999)) / 2.0)
}

/// The probability that a variable of Student's distribution is above `t`; `degrees_of_freedom` is above 0.
pub(crate) fn student_upper_tail(t: f64, degrees_of_freedom: f64) -> f64 {
    student(degrees_of_freedom).sf(t)
}

/// The value that a variable of Student's distribution is below with `probability`, 0.001 to 0.999;
/// `degrees_of_freedom` is above 0.
pub(crate) fn student_quantile(probability: f64, degrees_of_freedom: f64) -> f64 {
    student(degrees_of_freedom).inverse_cdf(probability)
}

/// The sum of the squares of what values differ by from their mean; 0 of nothing.
pub(crate) fn squares_about_mean(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean) * (value - mean)).sum()
}

fn student(degrees_of_freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).expect("degrees of freedom are above 0")
}

//! The tails of the normal and of Student's distribution.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A normal variable is within so many standard deviations of its mean with 95 % probability: Φ⁻¹(0.975).
pub const NORMAL_95: f64 = 1.959_963_984_540_054;

/// The probability that a standard normal variable is above `z`.
#[must_use]
pub fn normal_upper_tail(z: f64) -> f64 {
    Normal::standard().sf(z)
}

/// The probability that a variable of Student's distribution is above `t`; `degrees_of_freedom` is above 0.
#[must_use]
pub fn student_upper_tail(t: f64, degrees_of_freedom: f64) -> f64 {
    student(degrees_of_freedom).sf(t)
}

/// The value that a variable of Student's distribution is below with `probability`, 0.001 to 0.999;
/// `degrees_of_freedom` is above 0.
#[must_use]
pub fn student_quantile(probability: f64, degrees_of_freedom: f64) -> f64 {
    student(degrees_of_freedom).inverse_cdf(probability)
}

fn student(degrees_of_freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).expect("degrees of freedom are above 0")
}

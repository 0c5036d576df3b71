//! Fractions as percent.

/// A fraction as a number of percent, without the digits that binary fractions add.
///
/// ```
/// assert_eq!(hovera_core::percent(0.07).to_string(), "7");
/// assert_eq!((0.07f64 * 100.0).to_string(), "7.000000000000001");
/// ```
#[must_use]
pub fn percent(fraction: f64) -> f64 {
    (fraction * 1e6).round() / 1e4
}

//! Fractions as percent.

/// A fraction as a number of percent, without digits that binary fractions add.
pub(crate) fn percent(fraction: f64) -> f64 {
    (fraction * 1e6).round() / 1e4
}

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

/// A fraction in percent, with so many decimals.
///
/// ```
/// assert_eq!(hovera_core::in_percent(0.0623, 1), "6.2 %");
/// ```
#[must_use]
pub fn in_percent(fraction: f64, decimals: usize) -> String {
    format!("{:.decimals$} %", fraction * 100.0)
}

/// How far a ratio is from 1, with its sign, with so many decimals.
///
/// ```
/// assert_eq!(hovera_core::change_in_percent(0.938, 1), "-6.2 %");
/// assert_eq!(hovera_core::change_in_percent(1.062, 1), "+6.2 %");
/// ```
#[must_use]
pub fn change_in_percent(ratio: f64, decimals: usize) -> String {
    format!("{:+.decimals$} %", (ratio - 1.0) * 100.0)
}

//! Numbers as they are written for people.

/// A positive number with three significant digits, and all that it has before the point.
pub(crate) fn three_digits(value: f64) -> String {
    format!("{value:.decimals$}", decimals = decimals_of(value))
}

/// The decimals that give a positive number three significant digits.
pub(crate) fn decimals_of(value: f64) -> usize {
    let magnitude = if value > 0.0 { value.log10().floor() } else { 0.0 };
    (2.0 - magnitude).clamp(0.0, 12.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_have_three_digits() {
        let words = [231.94, 28.106, 0.031_25, 1234.5, 0.0].map(three_digits);
        assert_eq!(words, ["232", "28.1", "0.0312", "1234", "0.00"]);
    }
}

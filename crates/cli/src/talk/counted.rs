//! How many of something.

/// `1 point`, `12 points`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `1 point is`, `12 points are`: for verbs that follow.
pub(crate) fn counted_with(count: usize, what: &str, [one, many]: [&str; 2]) -> String {
    format!("{} {}", counted(count, what), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_several() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "point")), ["0 points", "1 point", "2 points"]);
        assert_eq!(counted_with(1, "point", ["is", "are"]), "1 point is");
        assert_eq!(counted_with(3, "point", ["is", "are"]), "3 points are");
    }
}

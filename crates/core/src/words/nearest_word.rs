//! Which known word a misspelt one was meant to be.

/// The candidate within two edits of `word`, if there is one; the nearest wins. Two letters that changed places are
/// one edit.
#[must_use]
pub fn nearest_word(word: &str, candidates: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_different_word_is_not() {
        let keys = ["heads", "head_dim", "hidden", "op"];
        assert_eq!(nearest_word("head", keys), Some("heads"));
        assert_eq!(nearest_word("head-dim", keys), Some("head_dim"));
        assert_eq!(nearest_word("hiden", keys), Some("hidden"));
        assert_eq!(nearest_word("ehasd", keys), Some("heads"));
        assert_eq!(nearest_word("colour", keys), None);
        assert_eq!(nearest_word("x", keys), None);
    }
}

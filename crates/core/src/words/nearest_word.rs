//! Which known word a misspelt one was meant to be.

/// The candidate within two edits of `word`, if there is one; the nearest wins. Two letters that changed places are
/// one edit.
pub(crate) fn nearest(word: &str, candidates: &[&'static str]) -> Option<&'static str> {
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
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
        assert_eq!(nearest("head", &keys), Some("heads"));
        assert_eq!(nearest("head-dim", &keys), Some("head_dim"));
        assert_eq!(nearest("hiden", &keys), Some("hidden"));
        assert_eq!(nearest("ehasd", &keys), Some("heads"));
        assert_eq!(nearest("colour", &keys), None);
        assert_eq!(nearest("x", &keys), None);
    }
}

//! As much of a text as a message can repeat.

/// The text, or its first `longest` characters and an ellipsis.
///
/// ```
/// assert_eq!(hovera_core::excerpt("häufig", 3), "häu…");
/// assert_eq!(hovera_core::excerpt("häufig", 6), "häufig");
/// ```
#[must_use]
pub fn excerpt(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

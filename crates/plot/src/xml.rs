//! Text from anywhere, made safe inside an XML element.

use crate::font::is_control;

/// `text` as XML character data: markup characters escaped, control characters dropped.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_control(*c)) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_stays_text() {
        assert_eq!(escape("</text><script>&amp;\u{1b}"), "&lt;/text&gt;&lt;script&gt;&amp;amp;");
    }
}

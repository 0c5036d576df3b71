//! Text in HTML.

use crate::document::sentence::{Part, Sentence};

/// `text` as character data or as an attribute's value in quotes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A sentence whose quotes are marked as such.
pub(super) fn sentence(sentence: &Sentence) -> String {
    let part = |part: &Part| match part {
        Part::Words(words) => escape(words),
        Part::Quote(quote) => format!("<q>{}</q>", escape(quote)),
    };
    sentence.parts().iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_stays_text() {
        assert_eq!(escape(r#"</q><script>"a"&'b'"#), "&lt;/q&gt;&lt;script&gt;&quot;a&quot;&amp;&#39;b&#39;");
        let quoted = Sentence::new("a < b: ").quote("<img src=x onerror=alert(1)>");
        assert_eq!(sentence(&quoted), "a &lt; b: <q>&lt;img src=x onerror=alert(1)&gt;</q>");
    }
}

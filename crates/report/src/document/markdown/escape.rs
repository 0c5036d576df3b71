//! Text in Markdown.

use crate::document::sentence::{Part, Sentence};

/// The report's own words: punctuation that Markdown could read as markup is escaped.
pub(super) fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text out of a file as a code span, in which nothing is markup, a link or a mention. A `|` is escaped, as
/// a table needs it; outside of one the backslash is shown.
pub(super) fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let inner = text.replace('|', "\\|");
    let inner = inner.trim();
    match inner.is_empty() {
        true => "–".to_owned(),
        false if inner.starts_with('`') || inner.ends_with('`') => format!("{fence} {inner} {fence}"),
        false => format!("{fence}{inner}{fence}"),
    }
}

/// Lines of a file as a block of code.
pub(super) fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}toml\n{text}\n{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A sentence whose quotes are code.
pub(super) fn sentence(sentence: &Sentence) -> String {
    let part = |part: &Part| match part {
        Part::Words(text) => words(text),
        Part::Quote(text) => code(text),
    };
    sentence.parts().iter().map(part).collect()
}

/// A file's name as the target of a link.
pub(super) fn link(name: &str) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    name.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_file_stays_inside_its_code_span() {
        assert_eq!(code("a ``b` c"), "```a ``b` c```");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(code("](http://x) | <b> @all"), "`](http://x) \\| <b> @all`");
        assert_eq!(code(" "), "–");
        assert_eq!(fenced("a\n```\nb"), "````toml\na\n```\nb\n````\n");
    }

    #[test]
    fn words_and_links_are_escaped() {
        assert_eq!(words("a_b *c* [d](e) <f> #1"), "a\\_b \\*c\\* \\[d\\](e) \\<f\\> \\#1");
        assert_eq!(link("my report (1)-score.svg"), "my%20report%20%281%29-score.svg");
    }
}

//! Sentences in which the report's own words and text from files stay apart.

use std::fmt;

/// The longest piece of a file's text that a report repeats, in characters.
const LONGEST_QUOTE: usize = 200;

/// A sentence, or several, that a renderer can still escape piece by piece.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sentence(Vec<Part>);

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// The report's own words.
    Words(String),
    /// Text out of a results file, shortened and without control characters.
    Quote(String),
}

impl Sentence {
    pub(super) fn new(words: impl Into<String>) -> Sentence {
        Sentence(vec![Part::Words(words.into())])
    }

    pub(super) fn words(mut self, words: impl Into<String>) -> Sentence {
        self.0.push(Part::Words(words.into()));
        self
    }

    pub(super) fn quote(mut self, text: &str) -> Sentence {
        self.0.push(Part::Quote(excerpt(text, LONGEST_QUOTE)));
        self
    }

    /// All of it as it is, for where quotes need no marks.
    pub(super) fn plain(&self) -> String {
        let text = |part: &Part| match part {
            Part::Words(text) | Part::Quote(text) => text.clone(),
        };
        self.0.iter().map(text).collect()
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Words(text) => f.write_str(text),
            Part::Quote(text) => write!(f, "“{text}”"),
        })
    }
}

/// Text of a file as one line of at most so many characters, without the characters that are orders to
/// whatever shows them: C0 and C1 controls, marks that turn the direction of reading, noncharacters.
pub(super) fn excerpt(text: &str, longest: usize) -> String {
    let one_line = |c: char| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
    // One more than is kept tells that there is more.
    let shown: String = text.chars().map(one_line).filter(|c| !is_order(*c)).take(longest + 1).collect();
    hovera_core::excerpt(&shown, longest)
}

fn is_order(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// A number with three significant digits, whole from 100 on, with an exponent where it would be a row of digits.
pub(super) fn three_digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if value.abs() >= 1e12 {
        return format!("{value:.2e}");
    }
    let decimals = (2.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    format!("{value:.decimals$}")
}

/// A count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_file_is_one_line_without_orders_and_not_endless() {
        assert_eq!(excerpt("a\u{1b}[31m\nb\u{202e}c\u{feff}", 200), "a[31m bc");
        assert_eq!(excerpt("abcdef", 3), "abc…");
        assert_eq!(excerpt("abc", 3), "abc");
        let huge = Sentence::new("x ").quote(&"y".repeat(1_000_000));
        assert_eq!(huge.to_string().chars().count(), 2 + 200 + 3);
    }

    #[test]
    fn numbers_have_three_digits() {
        let words = [765.83, 98.26, 5.4, 0.031_25, 12_345.6, 0.0, 1e300].map(three_digits);
        assert_eq!(words, ["766", "98.3", "5.40", "0.0312", "12346", "0", "1.00e300"]);
    }
}

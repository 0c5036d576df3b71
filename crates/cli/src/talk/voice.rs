//! What the program says to the person, on stderr.

use crate::talk::streams;
use std::path::Path;

/// Says things, or keeps quiet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice {
    pub(crate) quiet: bool,
}

impl Voice {
    /// A plain line, left out when quiet.
    pub(crate) fn say(self, text: &str) {
        if !self.quiet {
            streams::say(&format!("{}\n", printable(text)));
        }
    }

    /// Something that may be wrong, said even when quiet.
    pub(crate) fn warn(self, text: &str) {
        streams::say(&format!("\u{1b}[1;33mwarning:\u{1b}[0m {}\n", printable(text)));
    }

    /// What ended the program.
    pub(crate) fn error(self, text: &str) {
        streams::say(&format!("\u{1b}[1;31merror:\u{1b}[0m {}\n", printable(text)));
    }
}

/// Text from files may hold anything: what would steer a terminal, or show its text in another order, is shown and
/// not sent.
pub(crate) fn printable(text: &str) -> String {
    let shown = |c: char| -> String {
        if is_hidden(c) && c != '\n' { c.escape_unicode().collect() } else { c.into() }
    };
    text.chars().map(shown).collect()
}

/// A path as a message names it, in one line.
pub(crate) fn shown(path: impl AsRef<Path>) -> String {
    printable_line(&path.as_ref().display().to_string())
}

/// The same of what must stay in its line, such as a cell of a table.
pub(crate) fn printable_line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

/// Whether a character is not seen itself but changes what is: control characters, and what writes from the right to
/// the left, joins, or is of no width (UAX #9; the classes Cc, Cf, Zl and Zp as far as terminals heed them).
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_escape_is_shown_and_not_sent() {
        assert_eq!(printable("a\u{1b}[31mb\nc\u{9b}"), "a\\u{1b}[31mb\nc\\u{9b}");
        assert_eq!(printable_line("a\nb\r"), "a\\nb\\u{d}");
    }

    #[test]
    fn text_is_shown_in_the_order_in_which_it_stands() {
        // "Trojan Source": a name that a terminal would show as another.
        assert_eq!(printable("a\u{202e}vsc.b"), "a\\u{202e}vsc.b");
        for c in
            ['\u{200e}', '\u{200f}', '\u{061c}', '\u{2066}', '\u{2069}', '\u{feff}', '\u{2028}', '\u{e0041}']
        {
            assert_eq!(printable(&format!("x{c}y")), format!("x{}y", c.escape_unicode()));
        }
        assert_eq!(printable("H100 µ ü 模型 ‑ …"), "H100 µ ü 模型 ‑ …");
    }
}

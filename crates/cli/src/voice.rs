//! What the program says to the person, on stderr.

use crate::streams;

/// Says things, or keeps quiet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice {
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
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

/// Text from files may hold anything: control characters, terminal escapes among them, are shown and
/// not sent.
pub(crate) fn printable(text: &str) -> String {
    let shown = |c: char| -> String {
        if c.is_control() && c != '\n' { c.escape_default().collect() } else { c.into() }
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_escape_is_shown_and_not_sent() {
        assert_eq!(printable("a\u{1b}[31mb\nc\u{9b}"), "a\\u{1b}[31mb\nc\\u{9b}");
    }
}

//! Text in LaTeX.

use crate::document::sentence::{Part, Sentence};

/// Without a break, so many characters may stand in a quote.
const UNBROKEN: usize = 12;

/// `text` as itself: no character of it is a command, a ligature or one that the fonts lack.
pub(super) fn escape(text: &str) -> String {
    text.chars().map(character).collect()
}

fn character(c: char) -> String {
    let known = match c {
        '\\' => r"\textbackslash{}",
        '{' => r"\{",
        '}' => r"\}",
        '$' => r"\$",
        '&' => r"\&",
        '#' => r"\#",
        '%' => r"\%",
        '_' => r"\_",
        '^' => r"\textasciicircum{}",
        '~' => r"\textasciitilde{}",
        '<' => r"\textless{}",
        '>' => r"\textgreater{}",
        '|' => r"\textbar{}",
        '"' => r"{\ttfamily\char34}",
        '`' => r"{\ttfamily\char96}",
        '\'' => r"{\ttfamily\char39}",
        // Not the first half of a dash.
        '-' => "-{}",
        '–' => "--",
        '±' => r"$\pm$",
        '×' => r"$\times$",
        '·' => r"$\cdot$",
        'µ' | 'μ' => r"$\mu$",
        '°' => r"$^\circ$",
        '…' => r"\dots{}",
        '\t' => " ",
        c if c == ' ' || c.is_ascii_graphic() => return c.to_string(),
        // Said, not drawn: pdflatex stops at a character that it has no glyph for.
        c => return format!("[U+{:04X}]", u32::from(c)),
    };
    known.to_owned()
}

/// Text out of a file, in type of its own, that may break anywhere.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from(r"\texttt{");
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % UNBROKEN == 0 {
            out.push_str(r"\hspace{0pt}");
        }
        out.push_str(&character(c));
    }
    out + "}"
}

/// A sentence whose quotes are told by their type.
pub(super) fn sentence(sentence: &Sentence) -> String {
    let part = |part: &Part| match part {
        Part::Words(text) => escape(text),
        Part::Quote(text) => quote(text),
    };
    sentence.parts().iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_stay_text() {
        assert_eq!(
            escape(r"\input{/etc/passwd} 50% of $x_1^2$ & #1 ~"),
            r"\textbackslash{}input\{/etc/passwd\} 50\% of \$x\_1\textasciicircum{}2\$ \& \#1 \textasciitilde{}"
        );
        assert_eq!(escape("卡 – ±"), r"[U+5361] -- $\pm$");
        assert_eq!(quote("abcdefghijklmn"), r"\texttt{abcdefghijkl\hspace{0pt}mn}");
    }

    proptest! {
        #[test]
        fn nothing_but_known_commands_and_printable_ascii_comes_out(text in any::<String>()) {
            let escaped = escape(&text);
            prop_assert!(escaped.bytes().all(|b| (b' '..=b'~').contains(&b)));
            // Without what the escaping itself writes, no special character is left.
            let commands = [
                r"\textbackslash{}", r"\{", r"\}", r"\$", r"\&", r"\#", r"\%", r"\_", r"\textasciicircum{}",
                r"\textasciitilde{}", r"\textless{}", r"\textgreater{}", r"\textbar{}", r"{\ttfamily\char34}",
                r"{\ttfamily\char96}", r"{\ttfamily\char39}", "-{}", r"$\pm$", r"$\times$", r"$\cdot$", r"$\mu$",
                r"$^\circ$", r"\dots{}",
            ];
            let rest = commands.iter().fold(escaped, |rest, command| rest.replace(command, ""));
            prop_assert!(!rest.contains(['\\', '{', '}', '$', '&', '#', '%', '_', '^', '~']), "{}", rest);
        }
    }
}

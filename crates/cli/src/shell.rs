//! Commands that are shown to be copied into a shell.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A word as a shell takes it. Control characters, and bytes that are no text, stand in the form `$'\012'`, which
/// bash, zsh and the shells of POSIX 2024 read.
pub(crate) fn word(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref();
    let Some(text) = word.to_str().filter(|text| !text.chars().any(crate::talk::voice::is_hidden)) else {
        return escaped(word.as_bytes());
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A file as a shell and then a command takes it: one whose name begins with `-` is no option.
pub(crate) fn argument(path: &Path) -> String {
    match path.as_os_str().as_bytes().starts_with(b"-") {
        true => word(Path::new(".").join(path)),
        false => word(path),
    }
}

fn escaped(bytes: &[u8]) -> String {
    let byte = |byte: &u8| match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        other => format!("\\{other:03o}"),
    };
    format!("$'{}'", bytes.iter().map(byte).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_apart() {
        assert_eq!(word("sweeps/a-12.toml"), "sweeps/a-12.toml");
        assert_eq!(word("my sweep's.toml"), r"'my sweep'\''s.toml'");
        assert_eq!(word(""), "''");
        assert_eq!(argument(Path::new("-o.csv")), "./-o.csv");
        assert_eq!(argument(Path::new("my out.csv")), "'my out.csv'");
        assert_eq!(word("~/a"), "'~/a'");
        assert_eq!(word("two\nlines'"), r"$'two\012lines\''");
    }

    #[test]
    fn bytes_that_are_no_text_keep_their_values() {
        let output = std::process::Command::new("bash")
            .args(["-c", &format!("printf %s {}", word(OsStr::from_bytes(b"a\xFF'b\\\n\xE2\x80\xAE")))])
            .output();
        assert_eq!(output.unwrap().stdout, b"a\xFF'b\\\n\xE2\x80\xAE");
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for text in
            ["a b", "it's", "$(date)", "a;b|c&d", "*.csv", "`x`", "\"q\"", "back\\slash", "~", "#a", "ü"]
        {
            let output =
                std::process::Command::new("sh").args(["-c", &format!("printf %s {}", word(text))]).output();
            assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), text);
        }
    }
}

//! The command that has the rest of a sweep measured.

use crate::args::Run;
use std::path::Path;

/// `; go on with: hovera run sweep.toml -o sweep.csv --resume`, of the command as it was typed. `--resume`
/// refuses a file that is not there any more, where the same command would begin another.
pub(super) fn go_on(args: &Run, results: &Path) -> String {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if args.output.is_none() {
        words.extend(["-o".to_owned(), results.display().to_string()]);
    }
    if !args.resume {
        words.push("--resume".to_owned());
    }
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("; go on with: hovera {}", quoted.join(" "))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_apart() {
        assert_eq!(quoted("sweeps/a-12.toml"), "sweeps/a-12.toml");
        assert_eq!(quoted("my sweep's.toml"), r"'my sweep'\''s.toml'");
        assert_eq!(quoted(""), "''");
    }
}

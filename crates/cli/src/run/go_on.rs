//! The command that has the rest of a sweep measured.

use crate::args::Measuring;
use crate::shell;
use std::ffi::OsString;
use std::path::Path;

/// `; continue with: hovera run sweep.toml -o sweep.csv --resume`, of the command as it was typed. `--resume`
/// refuses a file that is not there any more, where the same command would begin another.
pub(super) fn go_on(args: &Measuring, results: &Path) -> String {
    let mut words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if args.output.is_none() {
        words.extend(["-o".into(), results.into()]);
    }
    if !args.resume {
        words.push("--resume".into());
    }
    let quoted: Vec<String> = words.iter().map(shell::word).collect();
    format!("; continue with: hovera {}", quoted.join(" "))
}

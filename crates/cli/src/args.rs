//! The command line as typed: a file for each subcommand.

mod compare;
mod explain;
mod figures;
mod import;
mod kernels;
mod merge;
mod plot;
mod report;
mod run;

pub(crate) use compare::{Compare, Percent};
pub(crate) use explain::Explain;
pub(crate) use figures::Figures;
pub(crate) use import::{Import, ImportCommon, ImportFormat};
pub(crate) use kernels::Kernels;
pub(crate) use merge::Merge;
pub(crate) use plot::{Chart, Format, Overlay, Plot};
pub(crate) use report::Report;
pub(crate) use run::{BackendName, Devices, Run};

use crate::exit;
use crate::streams;
use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use hovera_core::UnknownWord;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  finished, but some points failed, a figure is stale, or a comparison found what it was to fail for
  2  bad input or usage; nothing was written
  3  no usable device, or none any more; what was measured is kept
  130, 143  stopped by Ctrl-C, by SIGTERM; what was measured is kept
  141  run -o -: standard output was closed before the sweep ended

Start here:
  hovera figures                                   redraw every figure from the recorded sweeps, no GPU needed
  hovera run sweeps/attention-a12.toml             measure the two published charts on this machine's GPU
  hovera plot recorded:nvidia-h100-80gb-hbm3       draw a sweep that is built into this program
  hovera report recorded:nvidia-h200 -o h200.html  say what it shows, in words, charts and tables
  hovera compare before.csv after.csv              say what became faster or slower
  hovera merge shards/ -o sweep.csv                join what the nodes of a cluster measured (run --shard)";

/// How fast the attention GEMMs run at a hidden size and head dim, on a GPU, and why.
#[derive(Debug, Parser)]
#[command(name = "hovera", version = crate::VERSION, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say only what went wrong.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say what came of each point as it is measured.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// When to use colour (NO_COLOR is honoured).
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// What the arguments ask for, before they are read: help and usage errors are coloured too.
    fn asked_for(arguments: &[OsString]) -> Color {
        let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
        let mut asked = Color::Auto;
        for (i, word) in words.iter().enumerate() {
            let value = match word.strip_prefix("--color") {
                Some("") => words.get(i + 1).copied(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            if let Some(colour) = value.and_then(|value| <Color as ValueEnum>::from_str(value, false).ok()) {
                asked = colour;
            }
        }
        asked
    }
}

/// Help or a usage error in the place of a command.
pub(crate) struct Said(clap::Error);

impl Said {
    /// Prints it; the exit code.
    pub(crate) fn print(self) -> u8 {
        let text = self.0.render().ansi().to_string();
        if self.0.use_stderr() {
            streams::say(&text);
            return exit::BAD_INPUT;
        }
        match streams::print(&text) {
            Ok(()) => exit::DONE,
            Err(error) => {
                streams::say(&format!("error: {error:#}\n"));
                exit::BAD_INPUT
            }
        }
    }
}

/// The command that the arguments give; all output is coloured as they ask for.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Cli, Said> {
    let arguments: Vec<OsString> = arguments.collect();
    let (ours, claps) = match Color::asked_for(&arguments) {
        Color::Auto => (anstream::ColorChoice::Auto, ColorChoice::Auto),
        Color::Always => (anstream::ColorChoice::Always, ColorChoice::Always),
        Color::Never => (anstream::ColorChoice::Never, ColorChoice::Never),
    };
    ours.write_global();
    let matches = Cli::command().color(claps).try_get_matches_from(arguments).map_err(Said)?;
    Cli::from_arg_matches(&matches).map_err(Said)
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Plot(Plot),
    Figures(Figures),
    Report(Report),
    Explain(Explain),
    Import(Import),
    Compare(Compare),
    Merge(Merge),
    Devices,
    Kernels(Kernels),
    /// Print a shell completion script.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print this program's manual page (roff).
    Man,
    /// Run one GPU for a sweep, which this program starts for itself.
    #[command(hide = true)]
    Worker {
        #[arg(long)]
        device: u32,
        #[arg(long)]
        library: Option<PathBuf>,
    },
}

/// A word of the library's.
fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: UnknownWord| format!("want {}", error.choices))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}

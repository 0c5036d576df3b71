//! The command line as typed: a file for each subcommand.

mod advise;
mod compare;
mod demo;
mod explain;
mod figures;
mod import;
mod kernels;
mod merge;
mod model;
mod plot;
mod predict;
mod report;
mod run;

pub(crate) use advise::{Advise, LayerSizes, MlpLayers};
pub(crate) use compare::{Compare, ComparisonFormat, Percent};
pub(crate) use demo::Demo;
pub(crate) use explain::Explain;
pub(crate) use figures::Figures;
pub(crate) use import::{
    Import, ImportAiconfigurator, ImportColumns, ImportCommon, ImportFormat, ImportOptions, ImportTool,
};
pub(crate) use kernels::Kernels;
pub(crate) use merge::Merge;
pub(crate) use model::{Asked, AttentionAs, FuseWhich, GroupsHow, LogitsOf, Model, TableFormat};
pub(crate) use plot::{Chart, Format, Overlay, Plot, markers};
pub(crate) use predict::{Calibrate, Predict};
pub(crate) use report::Report;
pub(crate) use run::{BackendName, Devices, Measuring, Run};

use crate::exit;
use crate::talk::streams;
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::num::NonZeroU32;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Exit codes:
  0         done
  1         finished, but some points failed, a figure is stale, or a comparison found a slowdown
            (--fail-if-slower)
  2         bad input or usage; nothing was written
  3         no usable device, or the last one was lost; the rows measured so far are kept
  130, 143  stopped by Ctrl-C, by SIGTERM; the rows measured so far are kept
  141       run -o -: standard output was closed before the sweep ended

Start here:
  hovera demo                                draw both published charts and write a report
  hovera figures                             redraw every figure from the recorded sweeps
  hovera run attention-a12                   measure the two published charts on this GPU
  hovera plot recorded:nvidia-h200           draw the sweeps of an H200 that are built in
  hovera report mine.csv -o mine.html        write a report: findings, charts and tables
  hovera model model:llama-3-8b --dry-run    list what a transformer multiplies, and its FLOP
  hovera advise model:gpt2                   list the sizes to change, and what that saves
  hovera compare before.csv after.csv        list what became faster or slower
  hovera predict attention-a12 --gpu H200    estimate how long a sweep takes on a GPU elsewhere
  hovera merge shards/ -o sweep.csv          join what the nodes of a cluster measured";

/// Measure how fast a GPU multiplies the matrices of a transformer, and why one shape is fast and its neighbour slow.
#[derive(Debug, Parser)]
#[command(name = "hovera", version = crate::VERSION, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    /// Without one, hovera says what to do first on this machine.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Print only warnings and errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
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
pub(crate) struct HelpOrUsage(clap::Error);

impl HelpOrUsage {
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
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Cli, HelpOrUsage> {
    let arguments: Vec<OsString> = arguments.collect();
    let (ours, claps) = match Color::asked_for(&arguments) {
        Color::Auto => (anstream::ColorChoice::Auto, ColorChoice::Auto),
        Color::Always => (anstream::ColorChoice::Always, ColorChoice::Always),
        Color::Never => (anstream::ColorChoice::Never, ColorChoice::Never),
    };
    ours.write_global();
    let matches = Cli::command().color(claps).try_get_matches_from(arguments).map_err(HelpOrUsage)?;
    Cli::from_arg_matches(&matches).map_err(HelpOrUsage)
}

/// One of what is built in.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Print this one.
    pub(crate) name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    Run(Run),
    Plot(Plot),
    Figures(Figures),
    Report(Report),
    Explain(Explain),
    Import(Import),
    Compare(Compare),
    Merge(Merge),
    /// List the GPUs of this machine, and what would spoil a measurement on them.
    Devices,
    Kernels(Kernels),
    Model(Model),
    Predict(Predict),
    Calibrate(Calibrate),
    Advise(Advise),
    /// List the specs that are built in, or print one.
    ///
    /// `hovera run NAME` measures one; `hovera specs NAME > my.toml` begins one of your own.
    Specs(Named),
    /// List the sweeps that real GPUs measured and that are built in, or print the results file of one.
    ///
    /// `plot`, `report`, `compare`, `explain` and `model` take one as `recorded:GPU/SWEEP`.
    Recorded(Named),
    /// Print a shell completion script.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual: a page for this program and one for each command (roff).
    Man {
        /// Folder for all of the pages; without it, the page of the program itself is printed.
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
    /// Run one GPU, or the CPU, for a sweep, which this program starts for itself.
    #[command(hide = true)]
    Worker {
        #[arg(long, conflicts_with = "device", required_unless_present = "device")]
        cpu: bool,
        #[arg(long)]
        device: Option<u32>,
        #[arg(long)]
        library: Option<PathBuf>,
    },
}

/// One of the library's words. Help and completions list them all.
fn word<T: Copy>(all: &'static [T], as_str: fn(T) -> &'static str) -> Word<T> {
    Word { all, as_str }
}

#[derive(Clone, Copy)]
struct Word<T: 'static> {
    all: &'static [T],
    as_str: fn(T) -> &'static str,
}

impl<T: Copy + Send + Sync + 'static> TypedValueParser for Word<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let Word { all, as_str } = *self;
        let parse = move |text: &str| {
            let words = || all.iter().map(|it| as_str(*it)).collect::<Vec<_>>().join(", ");
            all.iter().copied().find(|it| as_str(*it) == text).ok_or_else(|| format!("want {}", words()))
        };
        TypedValueParser::parse_ref(&parse, command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.all.iter().map(|it| PossibleValue::new((self.as_str)(*it)))))
    }
}

/// How many of something, or how large.
fn positive(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| format!("want a whole number from 1 to {}", u32::MAX))
}

/// Any number that starts something off.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("want a whole number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// Of what stands below the options of a command, in its lines as they are written.
    #[test]
    fn no_table_in_a_help_wraps_and_no_paragraph_is_broken_by_hand() {
        let program = Cli::command();
        let mut tables = 0;
        for command in std::iter::once(&program).chain(program.get_subcommands()) {
            let Some(text) = command.get_after_help().map(ToString::to_string) else { continue };
            let name = command.get_name();
            for (line, next) in text.lines().zip(text.lines().skip(1).chain([""])) {
                let is_table = line.starts_with("  ");
                tables += usize::from(is_table);
                assert!(
                    !is_table || line.chars().count() <= 100,
                    "{name} --help: too long for a line: {line}"
                );
                let is_broken =
                    !is_table && !line.is_empty() && !line.ends_with(['.', ':']) && !next.is_empty();
                assert!(!is_broken, "{name} --help: a paragraph is broken after: {line}");
            }
        }
        assert!(tables > 40, "{tables} lines of tables");
    }
}

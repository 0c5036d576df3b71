//! The `hovera` binary: arguments become library types here, and errors are printed in one place.

#![forbid(unsafe_code)]

mod advise;
mod args;
mod calibrate;
mod compare;
mod demo;
mod devices;
mod exit;
mod explain;
mod figures;
mod files;
mod forecasts;
mod import;
mod kernels;
mod man;
mod merge;
mod model;
mod plan_summary;
mod plot;
mod predict;
mod recorded;
mod report;
mod run;
mod shell;
mod specs;
mod talk;
mod worker;

use anyhow::Context;
use args::Command;
use std::process::ExitCode;
use std::sync::Arc;
use talk::streams::ReaderGone;
use talk::voice::Voice;

/// Version and, where built from a checkout, git revision.
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("HOVERA_REVISION_SUFFIX"));

fn main() -> ExitCode {
    let cli = match args::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(said) => return ExitCode::from(said.print()),
    };
    // A limit on the size of files (ulimit -f) is then an error like that of a full disk, and no end without a word.
    let heeded = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    let voice = Voice { quiet: cli.quiet };
    let dispatched =
        heeded.context("cannot listen to signals").and_then(|_| dispatch(cli.command.as_ref(), voice));
    let code = dispatched.unwrap_or_else(|error| {
        // Nobody is there to be told.
        if !error.is::<ReaderGone>() {
            voice.error(&chain(&error));
        }
        exit::code(&error)
    });
    ExitCode::from(code)
}

/// An error and its causes in one line. Some say their cause themselves: nothing is said twice.
fn chain(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !said.ends_with(&cause) {
            said.push_str(if said.is_empty() { "" } else { ": " });
            said.push_str(&cause);
        }
    }
    said
}

fn dispatch(command: Option<&Command>, voice: Voice) -> anyhow::Result<u8> {
    let Some(command) = command else { return demo::first_steps() };
    match command {
        Command::Demo(args) => demo::demo(args, voice),
        Command::Run(args) => run::run(args, voice),
        Command::Plot(args) => plot::plot(args, voice),
        Command::Figures(args) => figures::figures(args, voice),
        Command::Report(args) => report::report(args, voice),
        Command::Explain(args) => explain::explain(args),
        Command::Import(args) => import::import(args, voice),
        Command::Merge(args) => merge::merge(args, voice),
        Command::Compare(args) => compare::compare(args, voice),
        Command::Devices => devices::devices(),
        Command::Kernels(args) => kernels::kernels(args, voice),
        Command::Model(args) => model::model(args, voice),
        Command::Predict(args) => predict::predict(args, voice),
        Command::Calibrate(args) => calibrate::calibrate(args, voice),
        Command::Advise(args) => advise::advise(args, voice),
        Command::Specs(args) => specs::specs(args),
        Command::Recorded(args) => recorded::recorded(args),
        Command::Completions { shell } => man::completions(*shell),
        Command::Man { output } => man::man(output.as_deref(), voice),
        Command::Worker { device: Some(device), library, .. } => worker::serve(*device, library.as_deref()),
        Command::Worker { device: None, .. } => worker::serve_cpu(),
    }
}

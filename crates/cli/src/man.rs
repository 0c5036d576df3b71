//! Documentation that the command line writes about itself.

use crate::args::Cli;
use crate::exit;
use clap::CommandFactory;
use std::io;

pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    clap_complete::generate(shell, &mut Cli::command(), "hovera", &mut io::stdout());
    Ok(exit::DONE)
}

pub(crate) fn man() -> anyhow::Result<u8> {
    clap_mangen::Man::new(Cli::command()).render(&mut io::stdout())?;
    Ok(exit::DONE)
}

//! Documentation that the command line writes about itself.

use crate::args::Cli;
use crate::exit;
use crate::streams;
use clap::CommandFactory;

pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "hovera", &mut script);
    streams::print_bytes(&script)?;
    Ok(exit::DONE)
}

pub(crate) fn man() -> anyhow::Result<u8> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    streams::print_bytes(&page)?;
    Ok(exit::DONE)
}

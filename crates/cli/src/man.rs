//! Documentation that the command line writes about itself.

use crate::args::Cli;
use crate::exit;
use crate::files::output::{self, NewFile};
use crate::talk::streams;
use crate::talk::voice::Voice;
use anyhow::Result;
use clap::{Command, CommandFactory};
use std::path::Path;

pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "hovera", &mut script);
    streams::print_bytes(&script)?;
    Ok(exit::DONE)
}

/// The page of the program on standard output, or all pages in a folder.
pub(crate) fn man(folder: Option<&Path>, voice: Voice) -> Result<u8> {
    let Some(folder) = folder else {
        streams::print_bytes(&page(&Cli::command())?)?;
        return Ok(exit::DONE);
    };
    let mut program = Cli::command().disable_help_subcommand(true);
    // Names the commands as they are called: hovera-run.
    program.build();
    let mut pages = Vec::new();
    add_pages(&program, folder, &mut pages)?;
    output::make_folder(folder)?;
    output::write_and_say(&pages, &[], voice)?;
    Ok(exit::DONE)
}

fn add_pages(command: &Command, folder: &Path, pages: &mut Vec<NewFile<'_>>) -> Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    pages.push(NewFile::new(folder.join(format!("{name}.1")), page(command)?));
    let shown = command.get_subcommands().filter(|it| !it.is_hide_set() && it.get_name() != "help");
    shown.into_iter().try_for_each(|it| add_pages(it, folder, pages))
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}

//! Every page for people: its commands work, their outputs are what the program prints, its links lead somewhere.
//!
//! Blocks of a page and what is done with them:
//!
//! | block | what |
//! |---|---|
//! | `console` | each `$ command` is run, and prints what follows it; a line `…` stands for any lines |
//! | `console` after `<!-- recorded: GPU/SWEEP -->` | its words are those of a run here, its numbers those of the recorded file |
//! | `console` after `<!-- not run here: WHY -->` | is what another machine printed; there are three |
//! | `sh` | is run, and must succeed |
//! | any, after `<!-- file: NAME -->` | is a file of that name in the folder where the page's commands run |
//! | `toml` | is TOML |
//! | `python` | is run by `crates/cli/python/test.sh`, which has pandas |
//! | `text`, `csv` | is no command |
//!
//! What measures on a GPU is planned instead (`--dry-run`), and leaves the recorded sweep of its name. A command with a
//! word in capitals, such as `SPEC`, is a form: its options must be there.

mod page;
mod playground;

use page::{Block, Page};
use playground::Playground;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every page, the changelog apart: that is of the past.
fn pages() -> Vec<Page> {
    let mut found = Vec::new();
    let mut folders = vec![repository()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_page = name.ends_with(".md") && name != "CHANGELOG.md";
            if path.is_symlink() {
                continue;
            }
            match path.is_dir() {
                // Hidden folders, what was built, and what tests read.
                true if name.starts_with('.') || ["target", "tests", "gpu-test"].contains(&name) => {}
                true => folders.push(path),
                false if is_page => found.push(Page::read(&repository(), &path)),
                false => {}
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(found.len() >= 20, "{:?}", found.iter().map(|page| &page.name).collect::<Vec<_>>());
    found
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let mut dead = Vec::new();
    for page in &pages {
        for link in page.links() {
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target =
                if path.is_empty() { page.path.clone() } else { page.path.parent().unwrap().join(path) };
            let Ok(target) = target.canonicalize() else {
                dead.push(format!("{}: {link}", page.name));
                continue;
            };
            let linked = pages.iter().find(|other| other.path == target);
            if !heading.is_empty() && !linked.is_some_and(|linked| linked.headings().contains(heading)) {
                dead.push(format!("{}: no heading of {link}", page.name));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn every_block_is_of_a_kind_that_is_checked() {
    let kinds = ["console", "sh", "toml", "python", "text", "csv"];
    for page in pages() {
        for block in &page.blocks {
            assert!(kinds.contains(&block.language.as_str()), "{block}: want a language, one of {kinds:?}");
            let is_command = block.text.lines().any(|line| line.starts_with("$ "));
            assert_eq!(is_command, block.language == "console", "{block}");
            if block.language == "toml" {
                assert!(block.text.parse::<toml::Table>().is_ok(), "{block}: no TOML");
            }
        }
    }
}

#[test]
fn every_page_that_says_h_over_a_in_a_legend_says_what_it_is() {
    for page in pages() {
        let Some(first) = page.text.find("h/a = 8") else { continue };
        let around = &page.text[..(first + 700).min(page.text.len())];
        assert!(
            around.contains("largest power of"),
            "{}: explain `h/a = 8` where it first stands",
            page.name
        );
    }
}

#[test]
fn every_page_with_words_of_the_method_says_where_they_are_defined() {
    let words = ["sentinel", "invariant", "noisy", "burst", "bound", "disturbed", "steady"];
    for page in pages() {
        let text = page.text.to_lowercase();
        let uses = |word: &&&str| text.split(|c: char| !c.is_alphabetic()).any(|other| other == **word);
        if let Some(word) = words.iter().find(uses) {
            // The glossary itself, and the README, which defines the two words that it uses.
            let defines = page.name == "crates/README.md" || page.name == "README.md";
            assert!(
                defines || page.text.contains("README.md#the-words"),
                "{}: link what {word} is",
                page.name
            );
        }
    }
}

#[test]
fn every_command_works_and_prints_what_its_page_says() {
    let mut wrong = Vec::new();
    let (mut commands, mut outputs, mut not_run) = (0, 0, 0);
    for page in pages() {
        let playground = Playground::new(&repository(), &page);
        for block in &page.blocks {
            match block.language.as_str() {
                _ if block.not_run_here().is_some() => not_run += 1,
                "sh" => {
                    commands += 1;
                    wrong.extend(playground.succeeds(block).err());
                }
                "console" => {
                    for (command, output) in block.commands() {
                        outputs += 1;
                        wrong.extend(match block.recorded() {
                            Some(sweep) => {
                                playground.prints_as_recorded(block, &command, &output, sweep).err()
                            }
                            None => playground.prints(block, &command, &output).err(),
                        });
                    }
                }
                _ => {}
            }
        }
        for command in page.commands_within_lines() {
            commands += 1;
            let block = Block::line(&page, &command);
            wrong.extend(playground.succeeds(&block).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(commands > 60 && outputs > 6, "{commands} commands, {outputs} outputs");
    assert_eq!(not_run, 3);
}

#[test]
fn every_option_on_a_page_of_the_program_is_there() {
    let help = Playground::new(&repository(), &pages()[0]).all_help();
    let known: BTreeSet<&str> = help.split(|c: char| !(c.is_alphanumeric() || c == '-')).collect();
    // Of other programs.
    let others = ["--array", "--gpus", "--release", "--workspace", "--path", "--from", "--A", "--B"];
    for page in
        pages().iter().filter(|page| page.name.starts_with("crates/cli/pages/") || page.name == "README.md")
    {
        for option in page.options() {
            let there = known.contains(option.as_str()) || others.contains(&option.as_str());
            assert!(there, "{}: {option} is no option of hovera", page.name);
        }
    }
}

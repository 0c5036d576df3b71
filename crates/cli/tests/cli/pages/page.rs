//! A page of Markdown: its blocks, links, headings and commands.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

pub(super) struct Page {
    /// From the repository's folder.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) blocks: Vec<Block>,
}

/// A fenced block, with the comment just ahead of it.
pub(super) struct Block {
    page: String,
    line: usize,
    pub(super) language: String,
    pub(super) text: String,
    mark: Option<String>,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.page, self.line)
    }
}

impl Page {
    pub(super) fn read(repository: &Path, path: &Path) -> Page {
        let name = path.strip_prefix(repository).unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let blocks = blocks(&name, &text);
        Page { name, path: path.to_owned(), text, blocks }
    }

    /// The text without its blocks.
    fn prose(&self) -> String {
        let mut inside = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            if !inside && !fence {
                prose.push_str(line);
                prose.push('\n');
            }
        }
        prose
    }

    /// Where links and pictures lead, but those of the web.
    pub(super) fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let ends = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        ends.map(|(link, _)| link.to_owned()).filter(|link| !link.contains("://")).collect()
    }

    /// The anchors of the headings, as GitHub makes them.
    pub(super) fn headings(&self) -> BTreeSet<String> {
        let prose = self.prose();
        let titles = prose
            .lines()
            .filter(|line| line.starts_with('#'))
            .map(|line| line.trim_start_matches('#').trim());
        let anchor = |title: &str| -> String {
            let kept = title.to_lowercase();
            let kept = kept.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        };
        titles.map(anchor).collect()
    }

    /// What stands between backquotes in the prose, lines joined.
    fn quoted(&self) -> Vec<String> {
        let prose = self.prose();
        let paragraphs = prose.split("\n\n").flat_map(|paragraph| {
            // A cell of a table is a paragraph of its own, as a row's quotes are even.
            paragraph.split('`').skip(1).step_by(2).map(|text| text.replace('\n', " "))
        });
        paragraphs.collect()
    }

    /// `hovera …` between backquotes.
    pub(super) fn commands_within_lines(&self) -> Vec<String> {
        self.quoted().into_iter().filter(|text| text.starts_with("hovera ")).collect()
    }

    /// `--option` between backquotes.
    pub(super) fn options(&self) -> BTreeSet<String> {
        let words = self.quoted();
        let words = words.iter().flat_map(|text| text.split([' ', '=', ',']));
        words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
    }
}

fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut open, mut mark) = (None, None);
    for (number, line) in text.lines().enumerate() {
        let at = line.trim_start();
        match (&mut open, at.strip_prefix("```")) {
            (None, Some(language)) => {
                let block = Block {
                    page: page.to_owned(),
                    line: number + 1,
                    language: language.to_owned(),
                    text: String::new(),
                    mark: mark.take(),
                };
                open = Some((block, line.len() - at.len()));
            }
            (Some(_), Some(_)) => blocks.extend(open.take().map(|(block, _)| block)),
            (Some((block, indent)), None) => {
                block.text.push_str(line.get(*indent..).unwrap_or_default());
                block.text.push('\n');
            }
            (None, None) => {
                let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
                mark = comment.map(str::to_owned);
            }
        }
    }
    assert!(open.is_none(), "{page}: a block is not closed");
    blocks
}

impl Block {
    /// A command within a line.
    pub(super) fn line(page: &Page, command: &str) -> Block {
        let start = command.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let line = page.text.lines().position(|line| line.contains(&start)).unwrap_or_default() + 1;
        Block { page: page.name.clone(), line, language: "sh".into(), text: command.to_owned(), mark: None }
    }

    /// One command of a block.
    pub(super) fn of_command(block: &Block, command: &str) -> Block {
        let (page, line) = (block.page.clone(), block.line);
        Block { page, line, language: "sh".into(), text: command.to_owned(), mark: None }
    }

    fn marked(&self, key: &str) -> Option<&str> {
        self.mark.as_deref()?.strip_prefix(key)?.strip_prefix(": ")
    }

    /// The name of the file that this block is.
    pub(super) fn file(&self) -> Option<&str> {
        self.marked("file")
    }

    /// The recorded sweep that this block's numbers are of.
    pub(super) fn recorded(&self) -> Option<&str> {
        self.marked("recorded")
    }

    /// Why nothing here can run this block.
    pub(super) fn not_run_here(&self) -> Option<&str> {
        self.marked("not run here")
    }

    /// The commands of a `console` block, each with its output.
    pub(super) fn commands(&self) -> Vec<(String, String)> {
        let blocks =
            self.text.strip_prefix("$ ").unwrap_or_else(|| panic!("{self}: want `$ ` and a command first"));
        let parts = blocks.split("\n$ ").map(|part| part.strip_suffix('\n').unwrap_or(part));
        let split = |part: &str| {
            part.split_once('\n').map(|(command, output)| (command.to_owned(), output.to_owned()))
        };
        parts.map(|part| split(part).unwrap_or((part.to_owned(), String::new()))).collect()
    }
}

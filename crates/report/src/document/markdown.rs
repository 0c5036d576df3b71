//! A report as Markdown in GitHub's flavour, with its pictures in SVG files beside it.

mod escape;

use super::conditions::Fact;
use super::findings::Statement;
use super::grid::Grid;
use super::pictures::Picture;
use super::section::{Part, Section};
use super::summary::Summary;
use super::{OutputFile, Report, picture_name};
use escape::{code, fenced, sentence, words};

/// The document, then its pictures.
pub(super) fn files(report: &Report, name: &str) -> Vec<OutputFile> {
    let mut text = format!("# {} {}\n\n", report.subject.title(), codes(&report.cards));
    text += &summary(report, name);
    text += match (report.subject.of_attention, report.subject.has_series) {
        (true, true) => {
            "Throughput over hidden size, one line for each power of two that divides the head dim: a line \
             `h/a = 8` is every head dim that 8 divides and 16 does not, `h/a = 64` every multiple of 64.\n\n"
        }
        (false, true) => {
            "Throughput over the size that each sweep varies. Over hidden size, a line `h/a = 8` is every head dim that 8 \
             divides and 16 does not, `h/a = 64` every multiple of 64.\n\n"
        }
        (_, false) => "Throughput over the sizes that each sweep varies.\n\n",
    };
    if let Some(side_by_side) = &report.side_by_side {
        text += &format!("## Side by side\n\n{}", statements(&side_by_side.statements));
        text.extend(side_by_side.grids.iter().map(grid));
        let shown = |picture: &Picture| {
            format!("### {}\n\n{}", words(&picture.title), self::picture("all", picture, name))
        };
        let others = side_by_side.pictures.iter().filter(|picture| !report.is_first(picture));
        text.extend(others.map(shown));
    }
    text.extend(report.sections.iter().map(|section| self::section(report, section, name)));
    let picture = |(group, picture): (String, &Picture)| OutputFile {
        name: picture_name(name, &group, picture, "svg"),
        bytes: picture.figure.svg().as_bytes().to_vec(),
    };
    let pictures = report.pictures().map(picture);
    let sources: Vec<String> = report.sections.iter().map(|section| section.source.clone()).collect();
    text += &format!("Made by {} from {}.\n", words(&report.made_with), codes(&sources));
    let document = OutputFile { name: name.to_owned(), bytes: text.into_bytes() };
    std::iter::once(document).chain(pictures).collect()
}

/// The finding: three sentences, the first chart, a small table, what its words mean, and what was measured when.
fn summary(report: &Report, name: &str) -> String {
    let Summary { sentences, grid, made, definitions } = &report.summary;
    let mut text: String = sentences.iter().map(|said| format!("{}\n\n", sentence(said))).collect();
    if let Some((group, picture)) = report.first_picture() {
        text += &self::picture(&group, picture, name);
    }
    text += &grid.as_ref().map(self::grid).unwrap_or_default();
    text.extend(definitions.iter().map(|(op, it)| format!("- `{op}`: {}\n", words(it))));
    text.extend(made.iter().map(|made| format!("- {}\n", sentence(made))));
    text + "\n"
}

/// Names out of files, as code: nothing in them is a link, a mention or markup.
fn codes(names: &[String]) -> String {
    super::enumerated(&names.iter().map(|name| code(name)).collect::<Vec<_>>())
}

fn section(report: &Report, section: &Section, name: &str) -> String {
    let mut text = format!(
        "## {}\n\nSweep {}, file {}.\n\n",
        codes(&section.cards),
        code(&section.sweep),
        code(&section.source)
    );
    if let Some(origin) = &section.origin {
        text += &format!("**{}**\n\n", sentence(origin));
    }
    for part in &section.parts {
        text += &self::part(report, section, part, name);
    }
    text += &format!("### {}\n\n{}", section.how(), statements(&section.statements));
    text += "### Conditions and provenance\n\n";
    text += &facts(&section.facts);
    if !section.spec.is_empty() {
        text += &format!("{}:\n\n{}\n", section.the_spec(), fenced(&section.spec));
    }
    text
}

fn part(report: &Report, section: &Section, part: &Part, name: &str) -> String {
    let picture = match report.is_first(&part.picture) {
        true => "Its chart is the first one.\n\n".to_owned(),
        false => picture(&section.number.to_string(), &part.picture, name),
    };
    format!(
        "### {}\n\n{}{}{}",
        words(&part.title),
        picture,
        statements(&part.statements),
        part.table.as_ref().map(grid).unwrap_or_default()
    )
}

fn picture(group: &str, picture: &Picture, name: &str) -> String {
    let file = escape::link(&picture_name(name, group, picture, "svg"));
    let notes: String = picture.notes.iter().map(|note| format!("- {}\n", words(note))).collect();
    let notes = if notes.is_empty() { notes } else { format!("{notes}\n") };
    format!("![{}]({file})\n\n{notes}", words(&picture.title))
}

fn statements(statements: &[Statement]) -> String {
    if statements.is_empty() {
        return String::new();
    }
    let item = |statement: &Statement| {
        format!("- **{}.** {}\n", words(statement.topic), sentence(&statement.sentence))
    };
    statements.iter().map(item).collect::<String>() + "\n"
}

fn table(heads: &[String], alignment: &str, rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<String> = heads.iter().map(|_| alignment.to_owned()).collect();
    let rows: String = rows.map(|row| line(&row)).collect();
    format!("{}{}{rows}\n", line(heads), line(&rule))
}

fn grid(grid: &Grid) -> String {
    let heads: Vec<String> = grid.columns.iter().map(sentence).collect();
    let cell = |cell: &Option<String>| cell.as_deref().map_or("–".to_owned(), words);
    let rows = grid.rows.iter().map(|row| row.iter().map(cell).collect());
    format!("{}\n\n{}", words(&grid.caption), table(&heads, "---:", rows))
}

fn facts(facts: &[Fact]) -> String {
    let heads = ["of", "what", "value"].map(str::to_owned);
    let row = |fact: &Fact| vec![fact.about.to_owned(), words(fact.name), code(&fact.value)];
    table(&heads, "---", facts.iter().map(row))
}

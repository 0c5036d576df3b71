//! A report as LaTeX, with its figures in PDF files beside it.

mod escape;

use super::conditions::Fact;
use super::error::ReportError;
use super::findings::Statement;
use super::grid::Grid;
use super::pictures::Picture;
use super::section::{Part, Section};
use super::sentence::Sentence;
use super::summary::Summary;
use super::{OutputFile, Report, picture_name};
use escape::{escape, quote, sentence};

/// Nothing that a basic installation lacks, and no Unicode left to it.
const PREAMBLE: &str = r"\documentclass[a4paper]{article}
\usepackage[margin=2.2cm]{geometry}
\usepackage{graphicx}
\usepackage{booktabs}
\usepackage{array}
% The figures are PDF 1.7.
\pdfminorversion=7
% A bullet of the mathematical font: the other is not in every installation.
\renewcommand{\labelitemi}{$\bullet$}
\sloppy
% What figures and tables are, but where they are told of: none floats into another section.
\makeatletter
\newenvironment{here}[1]{\par\bigskip\noindent\begin{minipage}{\linewidth}\centering\belowcaptionskip=4pt
  \def\@captype{#1}}%
  {\end{minipage}\par\bigskip}
\makeatother
";

/// The width of a table's text, and so many characters that it has room for.
const TABLE_CM: f64 = 14.0;
const MOST_CHARACTERS: usize = 90;

/// The document, then its figures.
pub(super) fn files(report: &Report, name: &str) -> Result<Vec<OutputFile>, ReportError> {
    let introduction = match (report.subject.of_attention, report.subject.has_series) {
        (true, true) => {
            "Throughput over hidden size, one line for each power of two that divides the head dim: a line h/a = 8 is \
             every head dim that 8 divides and 16 does not, h/a = 64 every multiple of 64."
        }
        (false, true) => {
            "Throughput over the size that each sweep varies. Over hidden size, a line h/a = 8 is every head dim that 8 \
             divides and 16 does not, h/a = 64 every multiple of 64."
        }
        (_, false) => "Throughput over the sizes that each sweep varies.",
    };
    let mut text = format!(
        "{PREAMBLE}\\title{{{} {}}}\n\\author{{}}\n\\date{{}}\n\\begin{{document}}\n\\maketitle\n\n{}{introduction}\n\n",
        report.subject.title(),
        quotes(&report.cards),
        summary(report, name)
    );
    if let Some(side_by_side) = &report.side_by_side {
        text += &format!("\\section{{Side by side}}\n\n{}", statements(&side_by_side.statements));
        text.extend(side_by_side.grids.iter().map(grid));
        let others = side_by_side.pictures.iter().filter(|picture| !report.is_first(picture));
        text.extend(others.map(|picture| figure("all", picture, name)));
    }
    text.extend(report.sections.iter().map(|section| self::section(report, section, name)));
    let mut figures = Vec::new();
    for (group, picture) in report.pictures() {
        let bytes = picture.figure.pdf().map_err(|error| picture.refused(error))?;
        figures.push(OutputFile { name: picture_name(name, &group, picture, "pdf"), bytes });
    }
    let sources: Vec<String> = report.sections.iter().map(|section| section.source.clone()).collect();
    text += &format!(
        "\\bigskip\\noindent Made by {} from {}.\n\\end{{document}}\n",
        escape(&report.made_with),
        quotes(&sources)
    );
    let document = OutputFile { name: name.to_owned(), bytes: text.into_bytes() };
    Ok(std::iter::once(document).chain(figures).collect())
}

/// The finding: three sentences, the first chart, a small table, what its words mean, and what was measured when.
fn summary(report: &Report, name: &str) -> String {
    let Summary { sentences, grid, made, definitions } = &report.summary;
    let mut text: String = sentences.iter().map(|said| format!("{}\n\n", sentence(said))).collect();
    if let Some((group, picture)) = report.first_picture() {
        text += &figure(&group, picture, name);
    }
    text += &grid.as_ref().map(self::grid).unwrap_or_default();
    let definitions =
        definitions.iter().map(|(op, it)| format!("\\item[{}] {}\n", escape(op.as_str()), escape(it)));
    text += &format!("\\begin{{description}}\n{}\\end{{description}}\n\n", definitions.collect::<String>());
    let made: String = made.iter().map(|made| format!("\\item {}\n", sentence(made))).collect();
    text + &format!("\\begin{{itemize}}\n{made}\\end{{itemize}}\n\n")
}

fn quotes(names: &[String]) -> String {
    super::enumerated(&names.iter().map(|name| quote(name)).collect::<Vec<_>>())
}

fn section(report: &Report, section: &Section, name: &str) -> String {
    let mut text = format!(
        "\\section{{{}}}\n\nSweep {}, file {}.\n\n",
        quotes(&section.cards),
        quote(&section.sweep),
        quote(&section.source)
    );
    if let Some(origin) = &section.origin {
        text += &format!("\\textbf{{{}}}\n\n", sentence(origin));
    }
    for part in &section.parts {
        text += &self::part(report, section, part, name);
    }
    text += &format!("\\subsection{{{}}}\n\n{}", section.how(), statements(&section.statements));
    text + "\\subsection{Conditions and provenance}\n\n" + &facts(&section.facts)
}

fn part(report: &Report, section: &Section, part: &Part, name: &str) -> String {
    let figure = match report.is_first(&part.picture) {
        true => "Its chart is the first one.\n\n".to_owned(),
        false => figure(&section.number.to_string(), &part.picture, name),
    };
    format!(
        "\\subsection{{{}}}\n\n{}{}{}",
        escape(&part.title),
        figure,
        statements(&part.statements),
        part.table.as_ref().map(grid).unwrap_or_default()
    )
}

fn figure(group: &str, picture: &Picture, name: &str) -> String {
    let notes: Vec<String> = picture.notes.iter().map(|note| escape(note)).collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!(
        "\\begin{{here}}{{figure}}\n\\includegraphics[width=\\linewidth]{{{}}}\n\
         \\caption{{{}{notes}.}}\n\\end{{here}}\n\n",
        picture_name(name, group, picture, "pdf"),
        escape(&picture.title)
    )
}

fn statements(statements: &[Statement]) -> String {
    if statements.is_empty() {
        return String::new();
    }
    let item = |statement: &Statement| {
        format!("\\item \\textbf{{{}.}} {}\n", escape(statement.topic), sentence(&statement.sentence))
    };
    let items: String = statements.iter().map(item).collect();
    format!("\\begin{{itemize}}\n{items}\\end{{itemize}}\n\n")
}

/// A table as wide as it takes: cells in one line each, heads in as many as make them no wider than the cells.
fn grid(grid: &Grid) -> String {
    /// A head has words of about as many characters.
    const LEAST: usize = 12;
    let cells = |i: usize| grid.rows.iter().filter_map(move |row| row[i].as_deref());
    let longest = |i: usize| cells(i).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let all: usize = (0..grid.columns.len()).map(longest).sum();
    // A table of words that no page has room for breaks them.
    let breaks = |i: usize| all > MOST_CHARACTERS && longest(i) > MOST_CHARACTERS / grid.columns.len();
    let column = |i: usize| match breaks(i) {
        true => {
            let width = TABLE_CM * longest(i).min(MOST_CHARACTERS / 2) as f64 / all as f64;
            format!(">{{\\raggedright\\arraybackslash}}p{{{width:.2}cm}}")
        }
        false => "r".to_owned(),
    };
    let columns: String = (0..grid.columns.len()).map(column).collect();
    let head = |(i, head): (usize, &Sentence)| {
        let lines = broken(&head.plain(), longest(i).max(LEAST));
        let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
        if breaks(i) { lines.join(" ") } else { format!("\\shortstack[r]{{{}}}", lines.join("\\\\")) }
    };
    let heads: Vec<String> = grid.columns.iter().enumerate().map(head).collect();
    let cell = |cell: &Option<String>| cell.as_deref().map_or("--".to_owned(), escape);
    let row = |row: &Vec<Option<String>>| {
        format!("{} \\\\\n", row.iter().map(cell).collect::<Vec<_>>().join(" & "))
    };
    let rows: String = grid.rows.iter().map(row).collect();
    format!(
        "\\begin{{here}}{{table}}\n\\footnotesize\\setlength{{\\tabcolsep}}{{3pt}}\n\\caption{{{}}}\n\
         \\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n\\toprule\n{} \\\\\n\\midrule\n{rows}\\bottomrule\n\
         \\end{{tabular}}\n\\end{{here}}\n\n",
        escape(&grid.caption),
        heads.join(" & ")
    )
}

/// A text in lines of at most `width` characters, but for words that are longer.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn facts(facts: &[Fact]) -> String {
    let row = |fact: &Fact| {
        format!("{} & {} & {} \\\\\n", escape(fact.about), escape(fact.name), quote(&fact.value))
    };
    let rows: String = facts.iter().map(row).collect();
    format!(
        "{{\\footnotesize\\noindent\n\\begin{{tabular}}{{@{{}}ll>{{\\raggedright\\arraybackslash}}p{{10cm}}@{{}}}}\n\
         \\toprule\nof & what & value \\\\\n\\midrule\n{rows}\\bottomrule\n\\end{{tabular}}}}\n\n"
    )
}

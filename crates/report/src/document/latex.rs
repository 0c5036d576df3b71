//! A report as LaTeX, with its figures in PDF files beside it.

mod escape;

use super::conditions::Fact;
use super::error::ReportError;
use super::findings::Statement;
use super::grid::Grid;
use super::pictures::Picture;
use super::section::{Part, Section};
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
";

/// The document, then its figures.
pub(super) fn files(report: &Report, name: &str) -> Result<Vec<OutputFile>, ReportError> {
    let introduction = match (report.subject.of_attention, report.subject.has_series) {
        (true, _) => {
            "Throughput over hidden size, one line for each power of two that divides the head dim: a line h/a = 8 is \
             every head dim that 8 divides and 16 does not, h/a = 64 every multiple of 64."
        }
        (false, true) => {
            "Throughput over the size that each sweep varies. Over hidden size, a line h/a = 8 is every head dim that 8 \
             divides and 16 does not, h/a = 64 every multiple of 64."
        }
        (false, false) => "Throughput over the size that each sweep varies.",
    };
    let mut text = format!(
        "{PREAMBLE}\\title{{{} {}}}\n\\author{{}}\n\\date{{}}\n\\begin{{document}}\n\\maketitle\n\n{introduction}\n\n",
        report.subject.title(),
        quotes(&report.cards)
    );
    if let Some(side_by_side) = &report.side_by_side {
        text += &format!("\\section{{Side by side}}\n\n{}", statements(&side_by_side.statements));
        text.extend(side_by_side.grids.iter().map(grid));
        text.extend(side_by_side.pictures.iter().map(|picture| figure("all", picture, name)));
    }
    text.extend(report.sections.iter().map(|section| self::section(section, name)));
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

fn quotes(names: &[String]) -> String {
    super::enumerated(&names.iter().map(|name| quote(name)).collect::<Vec<_>>())
}

fn section(section: &Section, name: &str) -> String {
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
        text += &self::part(section, part, name);
    }
    text += &format!("\\subsection{{How it was measured}}\n\n{}", statements(&section.statements));
    text + "\\subsection{Conditions and provenance}\n\n" + &facts(&section.facts)
}

fn part(section: &Section, part: &Part, name: &str) -> String {
    format!(
        "\\subsection{{{}}}\n\n{}{}{}",
        escape(&part.title),
        figure(&section.number.to_string(), &part.picture, name),
        statements(&part.statements),
        grid(&part.table)
    )
}

fn figure(group: &str, picture: &Picture, name: &str) -> String {
    let notes: Vec<String> = picture.notes.iter().map(|note| escape(note)).collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!(
        "\\begin{{figure}}[htbp]\n\\centering\n\\includegraphics[width=\\linewidth]{{{}}}\n\
         \\caption{{{}{notes}.}}\n\\end{{figure}}\n\n",
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

/// A table as wide as it takes, all columns to the right under heads that wrap.
fn grid(grid: &Grid) -> String {
    let width = 14.0 / grid.columns.len() as f64;
    let columns = format!(">{{\\raggedleft\\arraybackslash}}p{{{width:.2}cm}}").repeat(grid.columns.len());
    let heads: Vec<String> = grid.columns.iter().map(|head| escape(&head.plain())).collect();
    let cell = |cell: &Option<String>| cell.as_deref().map_or("--".to_owned(), escape);
    let row = |row: &Vec<Option<String>>| {
        format!("{} \\\\\n", row.iter().map(cell).collect::<Vec<_>>().join(" & "))
    };
    let rows: String = grid.rows.iter().map(row).collect();
    format!(
        "\\begin{{table}}[htbp]\n\\centering\\footnotesize\\setlength{{\\tabcolsep}}{{3pt}}\n\\caption{{{}}}\n\
         \\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n\\toprule\n{} \\\\\n\\midrule\n{rows}\\bottomrule\n\
         \\end{{tabular}}\n\\end{{table}}\n\n",
        escape(&grid.caption),
        heads.join(" & ")
    )
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

//! The report: what results files say, as a plain value, and that value as HTML, Markdown and LaTeX.

mod any_product;
mod common_ground;
mod condition;
mod conditions;
mod error;
mod findings;
mod grid;
mod html;
mod latex;
#[cfg(test)]
mod made_up;
mod markdown;
mod measurements;
mod model_shares;
mod origin;
mod pictures;
mod results_file;
mod sample;
mod section;
mod sentence;
mod series_table;
mod side_by_side;
mod summary;
mod whole_models;

pub use error::ReportError;
pub use model_shares::{CostedFile, model_shares};
pub use results_file::ResultsFile;

use hovera_core::Op;
use pictures::Picture;
use section::Section;
use side_by_side::SideBySide;
use summary::Summary;
use whole_models::WholeModels;

/// A report: every statement, chart and table of it, not yet in any format.
#[derive(Debug)]
pub struct Report {
    /// The cards it is about, in the order of the files, each once.
    cards: Vec<String>,
    summary: Summary,
    /// Where the time of whole models goes.
    models: Option<Picture>,
    sections: Vec<Section>,
    side_by_side: Option<SideBySide>,
    /// What its files are of.
    subject: Subject,
    made_with: String,
}

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Subject {
    /// Whether every product is one of attention.
    of_attention: bool,
    /// Whether a chart has a line for each series.
    has_series: bool,
}

impl Subject {
    /// The start of its title.
    fn title(self) -> &'static str {
        if self.of_attention { "Attention GEMMs on" } else { "GEMMs on" }
    }
}

/// One file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Its name, without a folder.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Report {
    /// The report of some results files. `made_with` is the program and its version.
    ///
    /// # Errors
    /// [`ReportError`] for no file, a file without rows, a file that is there twice, and a chart that
    /// cannot be drawn.
    pub fn new(sources: &[ResultsFile], made_with: &str) -> Result<Report, ReportError> {
        if sources.is_empty() {
            return Err(ReportError::NoFile);
        }
        for (i, source) in sources.iter().enumerate() {
            if source.results.rows.is_empty() {
                return Err(ReportError::NoRows { file: source.name.clone() });
            }
            if let Some(first) = sources[..i].iter().find(|first| first.sha256 == source.sha256) {
                return Err(ReportError::Twice { file: source.name.clone(), first: first.name.clone() });
            }
        }
        let sections = sources
            .iter()
            .enumerate()
            .map(|(i, source)| Section::new(i, source))
            .collect::<Result<Vec<_>, _>>()?;
        let mut cards: Vec<String> = Vec::new();
        for card in sections.iter().flat_map(|section| &section.cards) {
            if !cards.contains(card) {
                cards.push(card.clone());
            }
        }
        let mut ops = sources.iter().flat_map(|source| &source.results.rows).map(|row| row.point.op);
        let subject = Subject {
            of_attention: ops.all(|op: Op| op.is_of_attention() || op.is_of_rows()),
            has_series: sections.iter().flat_map(|section| &section.parts).any(|part| part.has_series),
        };
        let side_by_side = SideBySide::of_files(sources)?;
        let models = WholeModels::of_files(sources)?;
        let summary = Summary::new(sources, &sections, side_by_side.as_ref(), models.as_ref());
        let models = models.and_then(|models| models.picture);
        Ok(Report {
            cards,
            summary,
            subject,
            models,
            side_by_side,
            sections,
            made_with: made_with.to_owned(),
        })
    }

    /// Every picture with what its file is named by: `1` for the first results file, `all` for all of them.
    fn pictures(&self) -> impl Iterator<Item = (String, &Picture)> {
        let models = self.models.iter();
        let across = models.chain(self.side_by_side.iter().flat_map(|both| &both.pictures));
        let of_sections = self
            .sections
            .iter()
            .flat_map(|section| section.parts.iter().map(|part| (section.number.to_string(), &part.picture)));
        across.map(|picture| ("all".to_owned(), picture)).chain(of_sections)
    }

    /// The picture that stands at the head, and not where its file or the comparison is told of.
    fn first_picture(&self) -> Option<(String, &Picture)> {
        self.pictures().next()
    }

    /// Whether a picture stands at the head.
    fn is_first(&self, picture: &Picture) -> bool {
        self.first_picture().is_some_and(|(_, first)| std::ptr::eq(first, picture))
    }

    /// One self-contained HTML file.
    #[must_use]
    pub fn html(&self, name: &str) -> OutputFile {
        OutputFile { name: name.to_owned(), bytes: html::page(self).into_bytes() }
    }

    /// A Markdown file in GitHub's flavour and its pictures, whose names start with that of the file.
    #[must_use]
    pub fn markdown(&self, name: &str) -> Vec<OutputFile> {
        markdown::files(self, name)
    }

    /// A LaTeX file and its figures as PDF, whose names start with that of the file.
    ///
    /// # Errors
    /// [`ReportError::Chart`] when a figure cannot be written.
    pub fn latex(&self, name: &str) -> Result<Vec<OutputFile>, ReportError> {
        latex::files(self, name)
    }
}

/// `a`, `a and b`, `a, b and c`.
fn enumerated(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The name of a picture beside the document `name`: `report-1-score-a12.svg` beside `report.md`.
fn picture_name(name: &str, group: &str, picture: &Picture, ending: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}-{group}-{}.{ending}", picture.stem)
}

#[cfg(test)]
mod tests;

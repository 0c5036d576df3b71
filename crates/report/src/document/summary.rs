//! What a report says first: the finding in three sentences, the sizes that models use, and what was measured when.

mod across;
mod alone;
mod sizes;

use super::condition::ConditionRows;
use super::findings::{Misaligned, Statement};
use super::grid::Grid;
use super::results_file::{ResultsFile, labels};
use super::section::Section;
use super::sentence::{Sentence, three_digits};
use super::side_by_side::SideBySide;
use super::whole_models::WholeModels;
use hovera_core::Op;
use std::collections::BTreeSet;

/// So many sentences a reader is given before the first chart.
const SENTENCES: usize = 3;

/// The head of a report.
#[derive(Debug)]
pub(super) struct Summary {
    /// Three at most.
    pub(super) sentences: Vec<Sentence>,
    /// A few rows; none where no row has a time.
    pub(super) grid: Option<Grid>,
    /// When and by what each file was measured, or by what it was predicted.
    pub(super) made: Vec<Sentence>,
    /// The products, each with what it computes.
    pub(super) definitions: Vec<(Op, &'static str)>,
}

impl Summary {
    pub(super) fn new(
        files: &[ResultsFile],
        sections: &[Section],
        side_by_side: Option<&SideBySide>,
        models: Option<&WholeModels>,
    ) -> Summary {
        let labels = labels(files);
        let comparison = side_by_side.and_then(|both| both.comparison.as_ref());
        let mut sentences = models.map_or_else(Vec::new, |models| models.sentences.clone());
        sentences.extend(match comparison {
            Some(comparison) => across::sentences(comparison),
            None => alone::sentences(files, &labels),
        });
        // The last place is that of what a head dim or another size costs, where something does.
        if let Some(cost) = odd_head_dims(files, &labels).or_else(|| steps(sections)) {
            sentences.truncate(SENTENCES - 1);
            sentences.push(cost);
        }
        sentences.truncate(SENTENCES);
        let grid = match (models, comparison) {
            (Some(models), _) => Some(models.grid.clone()),
            (None, Some(comparison)) => across::grid(comparison),
            (None, None) => alone::grid(files),
        };
        let ops: BTreeSet<Op> =
            files.iter().flat_map(|file| &file.results.rows).map(|row| row.point.op).collect();
        Summary {
            sentences,
            grid,
            made: files.iter().zip(&labels).map(|(file, label)| made(file, label)).collect(),
            definitions: ops.into_iter().map(|op| (op, op.definition())).collect(),
        }
    }
}

/// `“NVIDIA H200”: measured on 2026-11-25 by hovera 0.1.0 with cuBLAS 13.1.0.`
fn made(file: &ResultsFile, label: &str) -> Sentence {
    let front_matter = &file.results.front_matter;
    let said = Sentence::default().quote(label);
    if let Some(source) = &front_matter.source {
        let dated = source.dated.as_ref().map(|dated| (", dated ", dated));
        let said = said.words(": imported from ").quote(&source.file);
        return match dated {
            Some((lead, dated)) => said.words(lead).quote(dated).words("."),
            None => said.words("."),
        };
    }
    let software = &front_matter.software;
    if let Some(by) = &front_matter.prediction {
        let said = said.words(": predicted, not measured, by hovera ").quote(&software.hovera);
        return said
            .words(" with the constants of ")
            .quote(&by.card)
            .words(" and ")
            .quote(&by.library)
            .words(".");
    }
    let day = front_matter.started.split('T').next().unwrap_or_default();
    let by = [(": measured on ", day), (" by hovera ", &software.hovera), (" with ", &software.gemm)];
    let told = by.into_iter().filter(|(_, text)| !text.is_empty());
    told.fold(said, |said, (lead, text)| said.words(lead).quote(text)).words(".")
}

/// What odd head dims cost on each card, by the first product that tells.
fn odd_head_dims(files: &[ResultsFile], labels: &[String]) -> Option<Sentence> {
    let of_file = |(file, label): (&ResultsFile, &String)| {
        let groups = ConditionRows::all(&file.results);
        let found =
            groups.iter().find_map(|group| Some((group.condition.op, Misaligned::find(&group.lines())?)));
        found.map(|(op, cost)| (label.clone(), op, cost.odd()))
    };
    let found: Vec<(String, Op, f64)> = files.iter().zip(labels).filter_map(of_file).collect();
    let (_, op, _) = found.first()?;
    let mut said = Sentence::new("An odd head dim is slower than a multiple of 64 by a factor of ");
    let count = found.len();
    for (i, (label, _, factor)) in found.iter().enumerate() {
        let separator = match i {
            0 => "",
            _ if i + 1 == count => " and ",
            _ => ", ",
        };
        said = said.words(format!("{separator}{}", three_digits(*factor)));
        if files.len() > 1 {
            said = said.words(" on ").quote(label);
        }
    }
    Some(said.words(format!(" ({op}, large sizes).")))
}

/// The costliest small step of a size that a chart shows.
fn steps(sections: &[Section]) -> Option<Sentence> {
    let statements = sections.iter().flat_map(|section| &section.parts).flat_map(|part| &part.statements);
    let is_step = |statement: &&Statement| matches!(statement.topic, "Step" | "Off by one");
    statements.filter(is_step).map(|statement| statement.sentence.clone()).next()
}

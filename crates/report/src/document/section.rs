//! What a report says of one results file.

use super::any_product;
use super::condition::{ConditionRows, title};
use super::conditions::{Fact, facts};
use super::error::ReportError;
use super::findings::{self, Statement};
use super::grid::Grid;
use super::measurements::Measurements;
use super::origin::origin;
use super::pictures::Picture;
use super::results_file::{LONGEST_NAME, ResultsFile};
use super::sample::spread;
use super::sentence::{Sentence, counted, excerpt};
use super::series_table::series_table;
use hovera_core::{Device, Origin};
use hovera_plot::{ChartKind, ChartOptions, NamedChart};

/// So many conditions of a file have a chart at most.
const MOST_CHARTS: usize = 24;

/// One results file.
#[derive(Debug)]
pub(super) struct Section {
    /// Counted from 1; also what ids and pictures of the section are told apart by.
    pub(super) number: usize,
    /// The file's name.
    pub(super) source: String,
    /// The cards it was measured on.
    pub(super) cards: Vec<String>,
    /// The sweep's name.
    pub(super) sweep: String,
    /// Whose the numbers are.
    pub(super) numbers: Origin,
    /// What is to be known of the numbers before they are read, where there is something.
    pub(super) origin: Option<Sentence>,
    /// Of the file as a whole.
    pub(super) statements: Vec<Statement>,
    pub(super) parts: Vec<Part>,
    pub(super) facts: Vec<Fact>,
    /// The spec that was measured.
    pub(super) spec: String,
    pub(super) measurements: Measurements,
}

/// One condition of a file: a chart and what is to be said of it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) title: String,
    pub(super) statements: Vec<Statement>,
    /// None of a heat map.
    pub(super) table: Option<Grid>,
    pub(super) picture: Picture,
    /// Whether its lines are series of head dims.
    pub(super) has_series: bool,
}

impl Section {
    pub(super) fn new(index: usize, source: &ResultsFile) -> Result<Section, ReportError> {
        let front_matter = &source.results.front_matter;
        let number = index + 1;
        // What cannot be drawn is in the tables all the same.
        // A sweep over two sizes is a heat map. Its lines would be many, of a few points each.
        let as_lines = hovera_plot::charts(&source.results, &ChartOptions::default());
        let grids = match hovera_plot::suited_kind(&source.results) {
            ChartKind::HeatMap => {
                let options = ChartOptions { kind: ChartKind::HeatMap, ..ChartOptions::default() };
                hovera_plot::charts(&source.results, &options).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let (charts, refused) = match as_lines {
            Ok(charts) => (charts, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let is_drawn =
            |group: &ConditionRows<'_>| charts.iter().any(|named| named.condition == Some(group.condition));
        let part = |group: &ConditionRows<'_>| -> Result<Part, ReportError> {
            let picture = Picture::of_group(source, group, &charts)?;
            let unknown = Device::default();
            let device = usize::try_from(group.condition.device).ok();
            let device = device.and_then(|i| front_matter.device.get(i)).unwrap_or(&unknown);
            Ok(Part {
                title: picture.title.clone(),
                statements: findings::of_group(group, device),
                table: Some(series_table(group)),
                picture,
                has_series: true,
            })
        };
        let groups = ConditionRows::all(&source.results);
        let (mut drawn, empty): (Vec<&ConditionRows<'_>>, Vec<_>) =
            groups.iter().filter(|group| is_drawn(group)).partition(|group| group.has_lines());
        let mut statements = findings::of_file(&source.results);
        statements.extend(empty.into_iter().map(nothing_to_draw));
        statements.extend(refused.map(|why| Statement {
            topic: "Not drawn",
            sentence: Sentence::new("There is no chart of this file: ").quote(&why).words("."),
        }));
        let (mut others, empty): (Vec<&NamedChart>, Vec<_>) =
            charts.iter().filter(|named| named.condition.is_none()).partition(|named| !named.is_empty());
        if !grids.is_empty() {
            drawn.clear();
            others.clear();
        }
        statements.extend(empty.into_iter().map(|named| {
            Statement {
                topic: "Nothing to draw",
                sentence: Sentence::new("There is no chart of ")
                    .quote(&named.chart.title)
                    .words(": no point has a time."),
            }
        }));
        let grid_parts =
            grids.iter().map(|named| Part::of_grid(source, named)).collect::<Result<Vec<_>, _>>()?;
        let count = drawn.len() + others.len();
        let shown = spread(count, MOST_CHARTS);
        statements.extend((shown.len() < count).then(|| left_out(shown.len(), count)));
        let shown = shown.into_iter().map(|place| match drawn.get(place) {
            Some(group) => part(group),
            None => Part::of_any(source, others[place - drawn.len()]),
        });
        let of_lines = shown.collect::<Result<Vec<_>, _>>()?;
        let parts = grid_parts.into_iter().chain(of_lines).collect();
        Ok(Section {
            number,
            source: excerpt(&source.name, LONGEST_NAME),
            cards: source.cards(),
            sweep: excerpt(&front_matter.sweep.name, LONGEST_NAME),
            numbers: source.results.origin(),
            origin: origin(&source.results),
            statements,
            parts,
            facts: facts(source),
            spec: spec(&front_matter.sweep.spec),
            measurements: Measurements::of_results(&source.results),
        })
    }
}

impl Section {
    /// The name of the file without its ending.
    pub(super) fn stem(&self) -> &str {
        self.source.rsplit_once('.').map_or(&self.source, |(stem, _)| stem)
    }

    /// The heading over how the numbers were come by.
    pub(super) fn how(&self) -> &'static str {
        match self.numbers {
            Origin::Predicted => "How it was predicted",
            Origin::Measured | Origin::Imported => "How it was measured",
        }
    }

    /// The heading over all rows.
    pub(super) fn all_rows(&self) -> &'static str {
        match self.numbers {
            Origin::Predicted => "All predictions",
            Origin::Measured | Origin::Imported => "All measurements",
        }
    }

    /// The line above the spec.
    pub(super) fn the_spec(&self) -> String {
        format!("The spec that was {}", self.numbers)
    }
}

impl Part {
    /// Of a chart of another kind than the published one.
    fn of_any(source: &ResultsFile, named: &NamedChart) -> Result<Part, ReportError> {
        let picture = Picture::of_any(source, named)?;
        let unit = picture.unit;
        let (statements, table) = (any_product::statements(named, unit), any_product::table(named, unit));
        Ok(Part { title: picture.title.clone(), statements, table: Some(table), picture, has_series: false })
    }

    /// Of a heat map, whose cells have their numbers in them.
    fn of_grid(source: &ResultsFile, named: &NamedChart) -> Result<Part, ReportError> {
        let picture = Picture::of_any(source, named)?;
        let (title, statements) = (picture.title.clone(), any_product::ends(named, picture.unit));
        Ok(Part { title, statements, table: None, picture, has_series: false })
    }
}

/// Said in the place of a chart that would be empty.
fn nothing_to_draw(group: &ConditionRows<'_>) -> Statement {
    let sentence = Sentence::new(format!(
        "There is no chart of {}: none of its {} has a time.",
        title(&group.condition, false),
        counted(group.rows.len(), "point")
    ));
    Statement { topic: "Nothing to draw", sentence }
}

/// Said of charts that would make a page too large to open.
fn left_out(shown: usize, all: usize) -> Statement {
    let sentence = Sentence::new(format!(
        "{shown} of the {all} conditions of the file have a chart here, evenly spread; hovera plot draws them all."
    ));
    Statement { topic: "Not all drawn", sentence }
}

/// A spec's text, line by line and not endless.
fn spec(text: &str) -> String {
    const MOST_LINES: usize = 200;
    text.lines().take(MOST_LINES).map(|line| excerpt(line, 200)).collect::<Vec<_>>().join("\n")
}

//! Whole models, where files were written by `hovera model`: what the products of each take, and where the time goes.

use super::error::ReportError;
use super::grid::Grid;
use super::model_shares::{CostedFile, model_shares};
use super::pictures::Picture;
use super::results_file::{LONGEST_NAME, ResultsFile, labels};
use super::sample::spread;
use super::sentence::{Sentence, excerpt, three_digits};
use hovera_core::{Op, in_percent};
use hovera_model::{CostedModel, Line};
use hovera_plot::ChartOptions;

/// So many models have room in a picture, each with two bars.
const MOST_IN_PICTURE: usize = 24;

/// The models of all files.
#[derive(Debug)]
pub(super) struct WholeModels {
    /// Two, for the head of the report.
    pub(super) sentences: Vec<Sentence>,
    /// A row for each model.
    pub(super) grid: Grid,
    /// The share of each product in each model.
    pub(super) picture: Option<Picture>,
}

/// A model whose products were all measured.
struct Whole {
    name: String,
    workload: String,
    card: String,
    milliseconds: f64,
    tflops: f64,
    /// Shares of the time, 0 to 1.
    attention: f64,
    logits: f64,
    /// Whether its attention has the softmax, too.
    has_softmax: bool,
}

impl WholeModels {
    /// None where no file has all products of a model.
    ///
    /// # Errors
    /// [`ReportError::Model`] for a list of products that is none.
    pub(super) fn of_files(files: &[ResultsFile]) -> Result<Option<WholeModels>, ReportError> {
        let costed = files
            .iter()
            .map(|file| {
                let refused = |source| ReportError::Model { file: file.name.clone(), source };
                Ok(CostedFile {
                    results: &file.results,
                    models: CostedModel::of_results(&file.results).map_err(refused)?,
                })
            })
            .collect::<Result<Vec<_>, ReportError>>()?;
        let of_file = |(file, label): (&CostedFile<'_>, String)| {
            file.models.iter().filter_map(move |it| whole(it, &label)).collect::<Vec<_>>()
        };
        let all: Vec<Whole> = costed.iter().zip(labels(files)).flat_map(of_file).collect();
        if all.is_empty() {
            return Ok(None);
        }
        let several = files.len() > 1;
        let (sentences, grid) = (sentences(&all), grid(&all, several));
        Ok(Some(WholeModels { sentences, grid, picture: picture(costed)? }))
    }
}

/// A model whose products were all measured.
fn whole(it: &CostedModel<'_>, card: &str) -> Option<Whole> {
    let cost = &it.cost;
    let time_us = cost.time_us.filter(|time| *time > 0.0)?;
    let lines = || cost.sections.iter().flat_map(|section| &section.lines);
    let share =
        |is_it: fn(&Line<'_>) -> bool| lines().filter(|line| is_it(line)).map(|l| l.share_of_model).sum();
    let softmax: f64 =
        cost.sections.iter().filter_map(|it| it.softmax.as_ref()).map(|line| line.share_of_model).sum();
    Some(Whole {
        name: excerpt(&it.name, LONGEST_NAME),
        workload: excerpt(&it.workload, LONGEST_NAME),
        card: card.to_owned(),
        milliseconds: time_us / 1e3,
        tflops: cost.flop as f64 / time_us / 1e6,
        attention: share(|line| is_of(line, &[Op::Score, Op::Values, Op::Attention])) + softmax,
        logits: share(|line| is_of(line, &[Op::Logits])),
        has_softmax: cost.has_softmax(),
    })
}

/// Where the time of each goes. Of very many models the picture has some, evenly spread.
fn picture(mut files: Vec<CostedFile<'_>>) -> Result<Option<Picture>, ReportError> {
    let results: Vec<_> = files.iter().map(|file| file.results).collect();
    for file in &mut files {
        file.models.retain(|it| it.cost.time_us.is_some());
    }
    let count = files.iter().map(|file| file.models.len()).sum();
    let shown = spread(count, MOST_IN_PICTURE);
    let mut place = 0;
    for file in &mut files {
        file.models.retain(|_| {
            place += 1;
            shown.contains(&(place - 1))
        });
    }
    let Some(chart) = model_shares(&files, &ChartOptions::default()) else { return Ok(None) };
    let mut picture = Picture::of_models(chart, &results)?;
    if shown.len() < count {
        let note = "models are in this chart, evenly spread; hovera plot --chart shares draws them all";
        picture.notes.push(format!("{} of {count} {note}", shown.len()));
    }
    Ok(Some(picture))
}

/// Whether a line of a model is called as one of these products is.
fn is_of(line: &Line<'_>, ops: &[Op]) -> bool {
    ops.iter().any(|op| line.counted.name == op.as_str())
}

fn sentences(all: &[Whole]) -> Vec<Sentence> {
    let by = |of: fn(&Whole) -> f64| {
        let order = |a: &&Whole, b: &&Whole| of(a).total_cmp(&of(b));
        all.iter().min_by(order).zip(all.iter().max_by(order))
    };
    let (Some((quick, slow)), Some((low, high))) = (by(|it| it.milliseconds), by(|it| it.tflops)) else {
        return Vec::new();
    };
    let time = |it: &Whole| format!("{} ms", three_digits(it.milliseconds));
    let first = match all {
        [one] => Sentence::new("The products of ")
            .quote(&one.name)
            .words(format!(" take {} on ", time(one)))
            .quote(&one.card)
            .words(format!(", at {} TFLOP/s: ", three_digits(one.tflops)))
            .quote(&one.workload)
            .words("."),
        _ => Sentence::new(format!("The products of {} whole models take from {} (", all.len(), time(quick)))
            .quote(&quick.name)
            .words(format!(") to {} (", time(slow)))
            .quote(&slow.name)
            .words(format!("), at {} (", three_digits(low.tflops)))
            .quote(&low.name)
            .words(format!(") to {} TFLOP/s (", three_digits(high.tflops)))
            .quote(&high.name)
            .words(")."),
    };
    let shares = by(|it| it.attention).zip(by(|it| it.logits)).map(|((_, attention), (_, logits))| {
        let most = |said: Sentence, lead: &str, it: &Whole, share: f64| {
            said.words(format!("{lead} take {} of the time at most (", in_percent(share, 0)))
                .quote(&it.name)
                .words(")")
        };
        let said = most(Sentence::default(), of_attention(all), attention, attention.attention);
        most(said, ", the logits", logits, logits.logits).words(".")
    });
    std::iter::once(first).chain(shares).collect()
}

/// What the share of attention is of.
fn of_attention(all: &[Whole]) -> &'static str {
    match (all.iter().all(|it| it.has_softmax), all.iter().any(|it| it.has_softmax)) {
        (true, true) => "Score, softmax and values",
        (_, true) => "Score and values, with the softmax where it was measured,",
        _ => "Score and values",
    }
}

fn grid(all: &[Whole], several: bool) -> Grid {
    let mut columns = vec![Sentence::new("Model")];
    columns.extend(several.then(|| Sentence::new("Card")));
    // What all were asked to do stands in the caption.
    let shared = all.windows(2).all(|pair| pair[0].workload == pair[1].workload);
    columns.extend((!shared).then(|| Sentence::new("Workload")));
    columns.extend(
        ["Time, ms", "TFLOP/s", of_attention(all).trim_end_matches(','), "Logits"].map(Sentence::new),
    );
    let row = |it: &Whole| {
        let words = std::iter::once(it.name.clone())
            .chain(several.then(|| it.card.clone()))
            .chain((!shared).then(|| it.workload.clone()));
        let numbers = [
            three_digits(it.milliseconds),
            three_digits(it.tflops),
            in_percent(it.attention, 0),
            in_percent(it.logits, 0),
        ];
        words.chain(numbers).map(Some).collect()
    };
    let workload = all.first().filter(|_| shared).map(|it| format!(" ({})", it.workload)).unwrap_or_default();
    Grid {
        caption: format!(
            "Whole models{workload}: the time of all products{}.",
            if all.iter().any(|it| it.has_softmax) {
                ", and of the softmax where it was measured, and shares of it. Norms and communication are not in it"
            } else {
                ", and shares of it. Softmax, norms and communication are not in it"
            }
        ),
        columns,
        rows: all.iter().map(row).collect(),
    }
}

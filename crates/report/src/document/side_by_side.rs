//! Several files beside each other: the levels of their lines, and what may be said of their ratios.

use super::common_ground::CommonGround;
use super::condition::{ConditionRows, title};
use super::error::ReportError;
use super::findings::{Statement, large_sizes};
use super::grid::Grid;
use super::origin::{in_words, is_imported};
use super::pictures::Picture;
use super::results_file::{Labelled, ResultsFile, labels};
use super::sentence::{Sentence, counted, three_digits};
use hovera_analysis::{
    CompareError, CompareOptions, ComparedFile, Comparison, Condition, Metric, Summary, Verdict,
};
use hovera_core::Series;
use std::collections::BTreeMap;

/// What a report says of several files together.
#[derive(Debug)]
pub(super) struct SideBySide {
    pub(super) statements: Vec<Statement>,
    pub(super) grids: Vec<Grid>,
    pub(super) pictures: Vec<Picture>,
    /// By throughput, where the files may be held against each other.
    pub(super) comparison: Option<Comparison>,
}

impl SideBySide {
    /// None for a single file.
    ///
    /// # Errors
    /// [`ReportError::Chart`] when a chart cannot be drawn.
    pub(super) fn of_files(files: &[ResultsFile]) -> Result<Option<SideBySide>, ReportError> {
        if files.len() < 2 {
            return Ok(None);
        }
        let labels = labels(files);
        let labelled: Vec<Labelled<'_>> = files.iter().zip(labels.iter().map(String::as_str)).collect();
        let mut grids = levels(files, &labels);
        let (held, mut statements) = Held::of_files(&labelled);
        if let Some(Held { comparison, ground, files }) = &held {
            let differing = ground.as_ref().map(|ground| ground.in_words(files));
            statements.extend(differing.map(|sentence| Statement { topic: "Not alike", sentence }));
            grids.push(ratios(comparison));
            statements.extend(verdicts(comparison, "Verdict", "throughput"));
        }
        // Not of every card are the cycles known; then there is nothing to say of a clock.
        if let Ok(comparison) = compare(&labelled, Metric::TflopsAtClock) {
            statements.extend(verdicts(
                &comparison,
                "At equal clock",
                "throughput at the first one's rated clock",
            ));
        }
        // What is to be known of the pairs holds at any clock: it is said once.
        statements.extend(held.iter().flat_map(|held| notes(&held.comparison)));
        let (drawn, ground) = match &held {
            Some(Held { files, ground, .. }) => (files, ground.as_ref()),
            None => (&labelled, None),
        };
        let (pictures, mut refused) = Picture::across(drawn, held.is_some(), ground)?;
        refused.dedup();
        // Files that have nothing in common were said to.
        statements.extend(refused.iter().filter(|_| held.is_some()).map(|why| Statement {
            topic: "Not drawn",
            sentence: Sentence::new("There is no chart of these files together: ").quote(why).words("."),
        }));
        Ok(Some(SideBySide { statements, grids, pictures, comparison: held.map(|held| held.comparison) }))
    }
}

/// Files held against each other by throughput, as far as they may be.
struct Held<'f> {
    comparison: Comparison,
    /// What they are compared by, where they were not timed alike.
    ground: Option<CommonGround>,
    files: Vec<Labelled<'f>>,
}

impl<'f> Held<'f> {
    /// All of them, or, where some have nothing in common with the first, the others. Beside it why those are not compared.
    fn of_files(files: &[Labelled<'f>]) -> (Option<Held<'f>>, Vec<Statement>) {
        let refused = |why: Sentence| Statement { topic: "Not compared", sentence: why };
        let why = match Held::all_of(files) {
            Ok(held) => return (Some(held), Vec::new()),
            Err(why) => why,
        };
        let (base, others) = (files[0], &files[1..]);
        let alone: Vec<Result<Held<'_>, Sentence>> =
            others.iter().map(|other| Held::all_of(&[base, *other])).collect();
        let is_kept = |(other, alone): (&Labelled<'f>, &Result<_, _>)| alone.is_ok().then_some(*other);
        let kept: Vec<Labelled<'f>> =
            [base].into_iter().chain(others.iter().zip(&alone).filter_map(is_kept)).collect();
        match Held::all_of(&kept) {
            Ok(held) if kept.len() > 1 => {
                let left_out = alone.into_iter().filter_map(Result::err).map(refused).collect();
                (Some(held), left_out)
            }
            _ => (None, vec![refused(why)]),
        }
    }

    /// # Errors
    /// Why there is no ratio.
    fn all_of(files: &[Labelled<'f>]) -> Result<Held<'f>, Sentence> {
        let no_ratio =
            |error: &CompareError| Sentence::new("No ratio is given: ").quote(&error.to_string()).words(".");
        let error = match compare(files, Metric::Tflops) {
            Ok(comparison) => return Ok(Held { comparison, ground: None, files: files.to_vec() }),
            Err(error) => error,
        };
        let ground = CommonGround::of_files(files, &error).unwrap_or_else(|| Err(no_ratio(&error)))?;
        let comparison = ground.compare(files).map_err(|error| no_ratio(&error))?;
        Ok(Held { comparison, ground: Some(ground), files: files.to_vec() })
    }
}

fn compare(files: &[Labelled<'_>], metric: Metric) -> Result<Comparison, CompareError> {
    let sources: Vec<ComparedFile<'_>> = files
        .iter()
        .map(|(file, name)| ComparedFile { name, results: &file.results, device: None })
        .collect();
    Comparison::of_sources(&sources, &[], &CompareOptions { metric, ..CompareOptions::default() })
}

/// The levels of every condition that more than one file has, but for the index of the card.
fn levels(sources: &[ResultsFile], labels: &[String]) -> Vec<Grid> {
    type Levels = BTreeMap<Series, f64>;
    let with_imported = sources.iter().any(|file| is_imported(&file.results));
    let stats_differ = sources.windows(2).any(|pair| pair[0].results.stat() != pair[1].results.stat());
    let mut conditions: BTreeMap<Condition, BTreeMap<usize, Levels>> = BTreeMap::new();
    for (i, file) in sources.iter().enumerate() {
        for group in ConditionRows::all(&file.results) {
            let lines = group.lines();
            let large = lines.values().filter_map(|line| large_sizes(line));
            let levels = large.map(|large| (large.series, large.level)).collect();
            conditions
                .entry(group.condition.across_cards(with_imported))
                .or_default()
                .entry(i)
                .or_insert(levels);
        }
    }
    conditions.retain(|_, files| files.values().filter(|levels| !levels.is_empty()).count() > 1);
    let grid = |(condition, files): (Condition, BTreeMap<usize, Levels>)| {
        let head = |i: &usize| {
            let by = format!(", by the {} launch", in_words(sources[*i].results.stat()));
            let by = if stats_differ { by } else { String::new() };
            Sentence::default().quote(&labels[*i]).words(format!("{by}, TFLOP/s"))
        };
        let heads = files.keys().map(head);
        let row = |series: Series| {
            let cells: Vec<Option<String>> =
                files.values().map(|levels| levels.get(&series).copied().map(three_digits)).collect();
            let any = cells.iter().any(Option::is_some);
            any.then(|| std::iter::once(Some(series.to_string())).chain(cells).collect())
        };
        Grid {
            caption: format!(
                "{}: levels, the medians over the last quarter of the hidden sizes.",
                title(&condition, with_imported)
            ),
            columns: std::iter::once(Sentence::new("h/a")).chain(heads).collect(),
            rows: Series::ALL.into_iter().filter_map(row).collect(),
        }
    };
    conditions.into_iter().map(grid).collect()
}

/// Every summary of a comparison: by other file and op, each series and then all.
fn ratios(comparison: &Comparison) -> Grid {
    const COLUMNS: [&str; 9] =
        ["Points of", "h/a", "Ratio", "95 % interval", "Verdict", "Faster", "Slower", "Same", "Unsure"];
    let several = comparison.sides.len() > 2;
    let row = |summary: &Summary| {
        let other = if several { format!(", file {}", summary.other + 1) } else { String::new() };
        let ratio = &summary.ratio;
        let said = [
            format!("{}{other}", summary.op_in_words()),
            summary.series.map_or("all".to_owned(), |series| series.to_string()),
            format!("{:.3}", ratio.ratio),
            format!("{:.3} to {:.3}", ratio.low, ratio.high),
            ratio.verdict.as_str().to_owned(),
        ];
        said.into_iter().chain(summary.counts.map(|count| count.to_string())).map(Some).collect()
    };
    let margin = comparison.options.thresholds.margin * 100.0;
    Grid {
        caption: format!(
            "Throughput over that of the first file: geometric means, and how many points are faster, slower, the \
             same within {margin} % or too noisy to tell. One in {:.0} of those that are faster or slower may be so by \
             chance.",
            1.0 / comparison.options.thresholds.false_discovery_rate
        ),
        columns: COLUMNS.map(Sentence::new).to_vec(),
        rows: comparison.summaries.iter().map(row).collect(),
    }
}

/// Each other file against the first, in words.
fn verdicts(comparison: &Comparison, topic: &'static str, what: &str) -> Vec<Statement> {
    let base = &comparison.sides[0].label;
    let each = comparison.sides.iter().enumerate().skip(1);
    each.filter_map(|(i, side)| verdict(comparison, base, i, &side.label, what))
        .map(|sentence| Statement { topic, sentence })
        .collect()
}

/// What is to be known of all pairs, such as kernels that changed.
fn notes(comparison: &Comparison) -> impl Iterator<Item = Statement> {
    let notes = comparison.notes.iter();
    notes.map(|note| Statement { topic: "Note", sentence: Sentence::default().quote(note) })
}

fn verdict(comparison: &Comparison, base: &str, i: usize, label: &str, what: &str) -> Option<Sentence> {
    let points: Vec<_> = comparison.points.iter().filter(|point| point.other == i).collect();
    let of_ops: Vec<&Summary> = comparison
        .summaries
        .iter()
        .filter(|summary| summary.other == i && summary.series.is_none())
        .collect();
    if points.is_empty() {
        return None;
    }
    let count = |verdict: Verdict| points.iter().filter(|point| point.ratio.verdict == verdict).count();
    let means: Vec<String> = of_ops
        .iter()
        .map(|summary| {
            let ratio = &summary.ratio;
            format!(
                "{:.3} ({:.3} to {:.3}, {}) over {}",
                ratio.ratio,
                ratio.low,
                ratio.high,
                ratio.verdict.as_str(),
                summary.op_in_words()
            )
        })
        .collect();
    let unmatched = comparison.unmatched.iter().filter(|point| point.other == i).count();
    let unmatched = match unmatched {
        0 => String::new(),
        n => format!(" {} could not be compared.", counted(n, "further point")),
    };
    let sentence = Sentence::new(format!("Of {} that both have, ", counted(points.len(), "point")))
        .quote(label)
        .words(format!(
            " is faster at {}, slower at {} and the same at {}, and at {} the measurements are too noisy to tell. Its \
             {what} over that of ",
            count(Verdict::Faster),
            count(Verdict::Slower),
            count(Verdict::Same),
            count(Verdict::Unsure)
        ))
        .quote(base)
        .words(format!(" is, in the geometric mean, {}.{unmatched}", super::enumerated(&means)));
    Some(sentence)
}

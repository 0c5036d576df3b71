//! Results compared point by point.

mod across;
mod build;
mod error;
mod error_within_run;
mod fleet;
mod kernel_changes;
mod loss;
mod matching;
mod method;
mod pairs;
mod piecewise;
#[cfg(test)]
mod prose;
mod run_to_run;
mod side;
mod speed_counts;
mod summary;
mod verdict;

pub use across::Across;
pub use error::CompareError;
pub use fleet::{
    CardReadings, CardScore, Deviation, Fleet, FleetBuilder, FleetError, FleetOptions, GroupScore, Losses,
    Unmeasured,
};
pub use loss::{Loss, Lost};
pub use method::method_differences;
pub use side::{ComparedFile, Side};
pub use speed_counts::TwoSpeeds;
pub use summary::Summary;
pub use verdict::{Thresholds, Verdict};

use crate::completeness::Completeness;
use crate::metric::{Metric, Missing};
use crate::statistics::benjamini_hochberg;
use hovera_core::{Origin, Point, Stat, Status, in_percent};
use pairs::Pairs;
use side::sides;
use std::num::NonZeroU32;
use verdict::Estimate;

/// What is compared, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareOptions {
    /// The figure of merit.
    pub metric: Metric,
    /// The clock of [`Metric::TflopsAtClock`] in MHz; none for the base's rated boost clock.
    pub at_clock: Option<NonZeroU32>,
    /// Which of a point's times stands for it, with [`Metric::Tflops`]; none for what the methods say.
    pub stat: Option<Stat>,
    /// What may differ between the two of a pair.
    pub across: Vec<Across>,
    /// Whether times that were taken in different ways are compared.
    pub mixed_methods: bool,
    /// Whether what was predicted is compared, and has verdicts.
    pub predicted: bool,
    /// Where the lines are drawn.
    pub thresholds: Thresholds,
}

impl Default for CompareOptions {
    fn default() -> CompareOptions {
        CompareOptions {
            metric: Metric::Tflops,
            at_clock: None,
            stat: None,
            across: Vec::new(),
            mixed_methods: false,
            predicted: false,
            thresholds: Thresholds::default(),
        }
    }
}

/// The first of some sides against each other one.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// How it was compared; `stat` and `at_clock` hold what was used.
    pub options: CompareOptions,
    /// The base, then the others.
    pub sides: Vec<Side>,
    /// Points with a value on both sides: by other side, then in the order of points.
    pub points: Vec<PointComparison>,
    /// The other points, in the same order.
    pub unmatched: Vec<Unmatched>,
    /// By other side and op: each series, then all.
    pub summaries: Vec<Summary>,
    /// What to bear in mind.
    pub notes: Vec<String>,
}

/// One point on the base and on another side.
#[derive(Debug, Clone, PartialEq)]
pub struct PointComparison {
    /// Index of the other side, 1 or more.
    pub other: usize,
    /// The point, as the base has it; the product as whichever side knows a model calls it.
    pub point: Point,
    /// The metric on the base.
    pub base_value: f64,
    /// The metric on the other side.
    pub other_value: f64,
    /// The other value over the base's.
    pub ratio: Ratio,
    /// Which side's launches fall into two groups, where one's do.
    pub two_speeds: Option<TwoSpeeds>,
}

/// A ratio above 1 is better than the base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Other over base.
    pub ratio: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The probability that a ratio within the margin shows at least this.
    pub p: f64,
    /// The false discovery rate at which it would just be called different.
    pub q: f64,
    /// What may be said of it.
    pub verdict: Verdict,
}

impl Ratio {
    /// Not yet judged.
    fn unjudged(estimate: &Estimate) -> Ratio {
        let Estimate { ln, half_width, p } = *estimate;
        let [ratio, low, high] = [ln, ln - half_width, ln + half_width].map(f64::exp);
        Ratio { ratio, low, high, p, q: 1.0, verdict: Verdict::Unsure }
    }
}

impl Ratio {
    fn estimate(&self) -> Estimate {
        Estimate { ln: self.ratio.ln(), half_width: (self.high / self.low).ln() / 2.0, p: self.p }
    }
}

/// Gives all ratios of a table their q-values and verdicts.
fn judge<T>(table: &mut [T], ratio: impl Fn(&mut T) -> &mut Ratio, thresholds: &Thresholds) {
    let p: Vec<f64> = table.iter_mut().map(|it| ratio(it).p).collect();
    for (it, q) in table.iter_mut().zip(benjamini_hochberg(&p)) {
        let ratio = ratio(it);
        ratio.q = q;
        ratio.verdict = thresholds.judge(&ratio.estimate(), q);
    }
}

/// A point that could not be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmatched {
    /// Index of the other side of the pair.
    pub other: usize,
    /// The point.
    pub point: Point,
    /// Why.
    pub why: WhyNot,
    /// What became of it, where the base has a value and the other side has none.
    pub lost: Option<Loss>,
}

/// Why a point could not be compared.
#[derive(Debug, Clone, PartialEq)]
pub enum WhyNot {
    /// Only the base has it.
    OnlyInBase,
    /// Only the other side has it.
    OnlyInOther,
    /// It was skipped or failed on a side.
    NotMeasured {
        /// Index of that side.
        side: usize,
        /// What became of it.
        status: Status,
        /// Why.
        note: String,
    },
    /// The metric needs what a row does not have.
    NoValue(Missing),
}

impl Comparison {
    /// Compares the first side of `sources` with every other one. A file with several cards is several
    /// sides, and so is one with several values of what is compared across. From `repeats`, further runs
    /// of the base, comes how far a row differs from run to run; without any it is what was measured on
    /// other cards ([`Thresholds::run_to_run`] overrides both).
    ///
    /// # Errors
    /// [`CompareError`], for what is not comparable.
    pub fn of_sources(
        sources: &[ComparedFile<'_>],
        repeats: &[ComparedFile<'_>],
        options: &CompareOptions,
    ) -> Result<Comparison, CompareError> {
        options.thresholds.check()?;
        let mut all = Vec::new();
        for source in sources {
            all.extend(sides(source, options)?);
        }
        refuse_predicted(sources, options)?;
        let Some((base, others)) = all.split_first() else {
            return Err(CompareError::OneSide { label: "no file".to_owned() });
        };
        if others.is_empty() {
            return Err(CompareError::OneSide { label: base.side.label.clone() });
        }
        let mut comparison = Pairs::new(options, base, others)?.repeated(repeats)?.compare(others)?;
        for ComparedFile { name, results, .. } in sources.iter().chain(repeats) {
            let unfinished = Completeness::unfinished(results);
            comparison.notes.extend(unfinished.map(|there| format!("{name} is unfinished: it has {there}")));
        }
        let predicted =
            sources.iter().filter_map(|it| Some((it.name, it.results.front_matter.prediction.as_ref()?)));
        comparison.notes.extend(predicted.map(|(name, by)| {
            let share = in_percent(by.coverage, 0);
            format!(
                "{name} is predicted, not measured: by constants of {} with {}; a verdict counts its {share} intervals as errors",
                by.card, by.library
            )
        }));
        Ok(comparison)
    }

    /// The summaries and points that are called slower and whose ratio is `limit` (a fraction) or more
    /// below 1.
    pub fn slower_by(&self, limit: f64) -> impl Iterator<Item = Slower<'_>> {
        // 3 % taken off is 3 % slower, however the numbers round.
        let beyond = move |ratio: &Ratio| {
            ratio.verdict == Verdict::Slower && 1.0 - ratio.ratio >= limit * (1.0 - 1e-9)
        };
        let summaries = self.summaries.iter().filter(move |it| beyond(&it.ratio)).map(Slower::Summary);
        summaries.chain(self.points.iter().filter(move |it| beyond(&it.ratio)).map(Slower::Point))
    }

    /// How many points of a side have a verdict.
    #[must_use]
    pub fn count(&self, other: usize, verdict: Verdict) -> usize {
        self.points.iter().filter(|point| point.other == other && point.ratio.verdict == verdict).count()
    }
}

/// # Errors
/// [`CompareError::Predicted`], unless what was predicted is to be compared.
fn refuse_predicted(files: &[ComparedFile<'_>], options: &CompareOptions) -> Result<(), CompareError> {
    let predicted = files.iter().find(|file| file.results.origin() == Origin::Predicted);
    match predicted.filter(|_| !options.predicted) {
        Some(file) => Err(CompareError::Predicted { file: file.name.to_owned() }),
        None => Ok(()),
    }
}

/// What is slower than it may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slower<'a> {
    /// In the geometric mean of many points.
    Summary(&'a Summary),
    /// A point.
    Point(&'a PointComparison),
}

impl std::fmt::Display for WhyNot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WhyNot::OnlyInBase => f.write_str("only in the base"),
            WhyNot::OnlyInOther => f.write_str("only in the other"),
            WhyNot::NotMeasured { side, status, note } => {
                let side = if *side == 0 { "base" } else { "other" };
                write!(f, "{status} in the {side}")?;
                if note.is_empty() { Ok(()) } else { write!(f, ": {note}") }
            }
            WhyNot::NoValue(missing) => missing.fmt(f),
        }
    }
}

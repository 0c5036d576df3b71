//! What a chart does not show by itself.

use hovera_analysis::{Completeness, Dimension, Missing};
use hovera_core::{Op, Stat};
use std::fmt;

/// Something that the reader of a chart should be told beside it. Its `Display` is one line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// The data leave the published throughput axis, 0 to 250.
    YAxisGrown {
        /// The new upper end, in TFLOP/s.
        max: f64,
        /// The new distance of its ticks, in TFLOP/s.
        step: f64,
    },
    /// The data use little of the published throughput axis.
    YAxisFitted {
        /// The upper end, in TFLOP/s.
        max: f64,
        /// The distance of its ticks, in TFLOP/s.
        step: f64,
    },
    /// The data leave the published hidden size axis, 0 to 32768.
    XAxisGrown {
        /// The new upper end.
        max: f64,
        /// The new distance of its ticks.
        step: f64,
    },
    /// The data use little of the published hidden size axis.
    XAxisFitted {
        /// The upper end.
        max: f64,
        /// The distance of its ticks.
        step: f64,
    },
    /// Points beyond the right end that was asked for.
    CutRight {
        /// How many.
        points: usize,
        /// What the axis is of, in words.
        over: &'static str,
        /// The right end.
        x_max: f64,
    },
    /// Bands that are wider than what the axis shows.
    BandsCut {
        /// How many.
        points: usize,
    },
    /// Points above the upper end that was asked for.
    Cut {
        /// How many.
        points: usize,
        /// The upper end.
        y_max: f64,
        /// Its unit.
        unit: &'static str,
    },
    /// Points without a time. The line joins their neighbours.
    NotDrawn {
        /// How many failed.
        failed: usize,
        /// How many were skipped.
        skipped: usize,
    },
    /// Points that were measured, but lack what the metric needs. The line joins their neighbours.
    Without {
        /// How many.
        points: usize,
        /// What they lack.
        missing: Missing,
    },
    /// Points that a stated clock does not change.
    AsItHappened {
        /// How many.
        points: usize,
    },
    /// Points that one has and the other has not: they have no ratio.
    Unmatched {
        /// How many.
        points: usize,
    },
    /// Points at which no softmax was measured, which at others was: it is in none of the sums.
    WithoutSoftmax {
        /// How many.
        points: usize,
    },
    /// A file that is not the whole of its sweep.
    Unfinished {
        /// What it is called.
        file: String,
        /// How much of its sweep it has.
        there: Completeness,
    },
    /// Times that were taken by different methods in one chart, because it was asked for.
    MixedMethods {
        /// Such as `timer is event and host`.
        differences: Vec<String>,
    },
    /// Ratios without a band: an interval is of the median, and they are of another time.
    NoBandOf {
        /// How many.
        points: usize,
        /// The time.
        stat: Stat,
    },
    /// Ratios without a band: one side has no interval, or one as wide as its value.
    NoBand {
        /// How many.
        points: usize,
    },
    /// Rows under conditions that only one side has: no chart is drawn of them.
    LeftOut {
        /// How many rows.
        rows: usize,
    },
    /// Rows of an op that does not have what charts are over.
    NotOver {
        /// The op.
        op: Op,
        /// What charts are over.
        x: Dimension,
        /// How many rows.
        rows: usize,
    },
    /// Sizes at which a product of a layer is missing, or has no time.
    Incomplete {
        /// What the chart is over.
        x: Dimension,
        /// How many.
        sizes: usize,
    },
    /// A model of which products were not measured.
    NotAllMeasured {
        /// Its name.
        model: String,
        /// How many products have no time.
        products: usize,
    },
    /// Rows that no line joins, several of which can be at one place.
    Scattered {
        /// How many.
        points: usize,
    },
    /// Points whose launches fall into two groups: they stand at the speed of the larger one.
    TwoSpeeds {
        /// How many.
        points: usize,
    },
    /// Ratios of points that have two speeds on a side or on both.
    RatiosOfTwoSpeeds {
        /// How many.
        points: usize,
    },
    /// Points whose kernel the file does not tell, in a chart by kernels.
    KernelNotTold {
        /// How many.
        points: usize,
    },
    /// Points that no launch is behind.
    Predicted {
        /// How many.
        points: usize,
    },
    /// What was predicted by the kernels of one library, beside what was measured with another.
    OtherLibrary {
        /// The library, and its version, that the predictions are of.
        predicted: String,
        /// What was measured with.
        measured: String,
    },
    /// Points that are drawn although their confidence interval missed its target.
    Noisy {
        /// How many.
        points: usize,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::YAxisGrown { max, step } => {
                write!(f, "the throughput axis grew from the published 0-250 to 0-{max} by {step} TFLOP/s")
            }
            Note::YAxisFitted { max, step } => {
                write!(
                    f,
                    "the throughput axis is 0-{max} by {step} TFLOP/s: the data use less than a quarter of the \
                     published 0-250"
                )
            }
            Note::XAxisFitted { max, step } => {
                write!(
                    f,
                    "the hidden size axis is 0-{max} by {step}: the data use less than a quarter of the published \
                     0-32768"
                )
            }
            Note::CutRight { points, over, x_max } => {
                write!(f, "{points} {} beyond {over} {x_max} cut off", plural(*points, "point"))
            }
            Note::BandsCut { points } => {
                write!(f, "{points} {} cut off at the frame", plural(*points, "band"))
            }
            Note::XAxisGrown { max, step } => {
                write!(f, "the hidden size axis grew from the published 0-32768 to 0-{max} by {step}")
            }
            Note::Cut { points, y_max, unit } => {
                write!(f, "{points} {} above {y_max} {unit} cut off", plural(*points, "point"))
            }
            Note::Without { points, missing } => {
                write!(f, "{points} {} not drawn: {missing}", plural(*points, "point"))
            }
            Note::AsItHappened { points } => {
                write!(
                    f,
                    "{points} memory-bound {} drawn by time: it does not follow the SM clock",
                    plural(*points, "point")
                )
            }
            Note::NotDrawn { failed, skipped } => {
                let sum = failed + skipped;
                write!(f, "{sum} {} not drawn: {failed} failed, {skipped} skipped", plural(sum, "point"))
            }
            Note::WithoutSoftmax { points } => {
                write!(
                    f,
                    "no softmax was measured at {points} {}: it is left out of the sum at all of them",
                    plural(*points, "point")
                )
            }
            Note::Unmatched { points } => {
                write!(f, "{points} {} not drawn: measured on one side only", plural(*points, "point"))
            }
            Note::NoBand { points } => {
                write!(
                    f,
                    "{points} {} without a band: a side has no interval, or one as wide as its value",
                    plural(*points, "ratio")
                )
            }
            Note::Unfinished { file, there } => write!(f, "{file} is unfinished: it has {there}"),
            Note::MixedMethods { differences } => {
                write!(f, "measured by different methods: {}", differences.join("; "))
            }
            Note::NoBandOf { points, stat } => {
                write!(
                    f,
                    "{points} {} without a band: rows have an interval of the median time, not of the {stat}",
                    plural(*points, "ratio")
                )
            }
            Note::LeftOut { rows } => {
                write!(f, "{rows} {} in no chart: only one side has such conditions", plural(*rows, "row"))
            }
            Note::NotOver { op, x, rows } => {
                write!(f, "{rows} {} of op {op} in no chart: it has no {x}", plural(*rows, "row"))
            }
            Note::Incomplete { x, sizes } => {
                let word = plural(*sizes, "value");
                write!(f, "{sizes} {word} of {x} left out: not all products of a layer have a time there")
            }
            Note::NotAllMeasured { model, products } => {
                write!(
                    f,
                    "{model} is left out: {products} {} no time",
                    if *products == 1 { "product has" } else { "products have" }
                )
            }
            Note::Scattered { points } => write!(
                f,
                "{points} {} over FLOP: their sizes make no lines; --x and --by choose some",
                if *points == 1 { "dot" } else { "dots" }
            ),
            Note::RatiosOfTwoSpeeds { points } => {
                write!(
                    f,
                    "{points} {} of points with two speeds: faster over faster where both sides have two, else the band \
                     reaches to both",
                    plural(*points, "ratio")
                )
            }
            Note::KernelNotTold { points } => {
                write!(
                    f,
                    "{points} {} grey: the file does not say which kernel ran",
                    plural(*points, "point")
                )
            }
            Note::TwoSpeeds { points } => {
                let word = if *points == 1 {
                    "point has two speeds and is"
                } else {
                    "points have two speeds and are"
                };
                write!(f, "{points} {word} drawn at the one that most launches had")
            }
            Note::Predicted { points } => {
                write!(
                    f,
                    "{points} {} predicted, not measured",
                    if *points == 1 { "point is" } else { "points are" }
                )
            }
            Note::OtherLibrary { predicted, measured } => {
                write!(
                    f,
                    "predicted by kernels of {predicted}, measured with {measured}: another library may choose other kernels"
                )
            }
            Note::Noisy { points } => write!(f, "{points} noisy {} drawn", plural(*points, "point")),
        }
    }
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

//! What a chart of lines is over and what its lines are: as published, or as rows were arranged.

use super::axes::{size_axis, x_axis};
use super::note::Note;
use super::options::AxisMax;
use super::{colour, legend_entry, marker};
use crate::chart::{Axis, Colour, Marker};
use crate::colour_map::viridis;
use hovera_analysis::{Arrangement, Condition, Dimension};
use hovera_core::{Op, Row, Series};
use std::collections::BTreeSet;

/// matplotlib's `tab10`, the last three in another order: grey is told from colours worst.
const COLOURS: [u32; 10] =
    [0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2, 0x17becf, 0xbcbd22, 0x7f7f7f];
/// More lines of sizes than this are told by a scale of colours: which is larger is then seen.
const MOST_APART: usize = 7;
/// The light end of that scale is hardly seen on white.
const DARK_PART: f64 = 0.9;

/// Where rows stand in a chart of lines.
#[derive(Debug)]
pub(super) enum Course<'a> {
    /// Over hidden size, a line for each series.
    Published {
        /// Of the chart.
        title: String,
        /// What it holds fixed and its title does not say.
        sizes: String,
    },
    /// As they were arranged, with every line that there is.
    Arranged(&'a Arrangement, BTreeSet<u128>),
}

/// A row's place but for its height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) line: u128,
    pub(super) x: u128,
}

impl<'a> Course<'a> {
    /// Of rows under one condition.
    pub(super) fn published(condition: &Condition) -> Course<'a> {
        let title = super::title(condition.op, condition.heads);
        Course::Published { title, sizes: super::caption::sizes(condition) }
    }

    /// Of what was arranged out of some rows.
    pub(super) fn arranged(arrangement: &'a Arrangement, rows: &[&Row]) -> Course<'a> {
        Course::Arranged(arrangement, rows.iter().map(|row| arrangement.line_of(row)).collect())
    }

    pub(super) fn spot(&self, row: &Row) -> Spot {
        match self {
            Course::Published { .. } => Spot {
                line: Dimension::Series.of_point(&row.point),
                x: Dimension::Hidden.of_point(&row.point),
            },
            Course::Arranged(arrangement, _) => {
                Spot { line: arrangement.line_of(row), x: arrangement.x_of(row) }
            }
        }
    }

    /// Whether it is a published kind of chart.
    pub(super) fn is_published(&self) -> bool {
        matches!(self, Course::Published { .. })
    }

    /// Whether points are dots that no line joins.
    pub(super) fn is_scattered(&self) -> bool {
        matches!(self, Course::Arranged(Arrangement { is_scattered: true, .. }, _))
    }

    /// Whether it has several lines, whoever measured them.
    pub(super) fn has_lines(&self) -> bool {
        match self {
            Course::Published { .. } => true,
            Course::Arranged(_, lines) => lines.len() > 1,
        }
    }

    /// What a line is called.
    pub(super) fn label(&self, line: u128) -> String {
        let series = || Series::from_power(u64::try_from(line).ok()?);
        let Course::Arranged(arrangement, _) = self else {
            return series().map(legend_entry).unwrap_or_default();
        };
        match arrangement.by {
            None => op_words(&arrangement.ops, Op::as_str),
            Some(Dimension::Series) => series().map(legend_entry).unwrap_or_default(),
            Some(by) if by.is_size() => format!("{}={line}", by.letter()),
            Some(by) => arrangement.value_in_words(by, line),
        }
    }

    /// How a line looks.
    pub(super) fn look(&self, line: u128) -> (Colour, Marker) {
        let series = Series::from_power(u64::try_from(line).unwrap_or(0));
        let Course::Arranged(arrangement, lines) = self else {
            return series
                .map_or((Colour::hex(0), Marker::Circle), |series| (colour(series), marker(series)));
        };
        let by_power = matches!(arrangement.by, Some(Dimension::Series | Dimension::Alignment));
        if let Some(series) = series.filter(|_| by_power) {
            return (colour(series), marker(series));
        }
        let place = lines.iter().position(|other| *other == line).unwrap_or(0);
        if arrangement.by.is_some_and(Dimension::is_size) && lines.len() > MOST_APART {
            let part = DARK_PART * place as f64 / (lines.len() - 1) as f64;
            let shade = viridis(part);
            return (
                Colour { red: shade.0, green: shade.1, blue: shade.2 },
                Marker::ALL[place % Marker::ALL.len()],
            );
        }
        apart(place)
    }

    /// The title, in the style of the published two: the product, and what all of it have in common.
    pub(super) fn title(&self) -> String {
        match self {
            Course::Published { title, .. } => title.clone(),
            Course::Arranged(arrangement, _) => title(arrangement),
        }
    }

    /// What a chart holds fixed and its title does not say.
    pub(super) fn sizes(&self) -> String {
        match self {
            Course::Published { sizes, .. } => sizes.clone(),
            Course::Arranged(arrangement, _) => sizes(arrangement),
        }
    }

    /// What it is over, in a sentence.
    pub(super) fn over(&self) -> &'static str {
        match self {
            Course::Published { .. } => Dimension::Hidden.in_words(),
            Course::Arranged(arrangement, _) => arrangement.x.in_words(),
        }
    }

    /// What its lines are, in a sentence.
    pub(super) fn lines(&self) -> String {
        let Course::Arranged(arrangement, lines) = self else {
            return "with a line for each largest power of two that divides h/a, capped at 64".to_owned();
        };
        match arrangement.by {
            _ if arrangement.is_scattered => "dots that no line joins".to_owned(),
            Some(Dimension::Alignment) => {
                "with a line for each largest power of two that divides it, capped at 64".to_owned()
            }
            Some(by) if lines.len() > 1 => format!("with a line for each {}", by.in_words()),
            _ => "one line".to_owned(),
        }
    }

    /// Above the entries of the legend, where their words do not tell.
    pub(super) fn heading(&self) -> Option<String> {
        match self {
            Course::Arranged(Arrangement { by: Some(Dimension::Alignment), x, .. }, _) => {
                Some(x.in_words().to_owned())
            }
            _ => None,
        }
    }

    /// The horizontal axis for some values, and what there is to say of it.
    pub(super) fn x_axis(&self, values: &BTreeSet<u128>, end: AxisMax) -> (Axis, Option<Note>) {
        match self {
            Course::Published { .. } => x_axis(values.last().map_or(0.0, |last| *last as f64), end),
            Course::Arranged(arrangement, _) => (size_axis(arrangement.x, values, end), None),
        }
    }
}

/// Colour and marker of what has no colour of its own: each round of the markers begins with another one, so that no
/// two have both alike.
pub(super) fn apart(place: usize) -> (Colour, Marker) {
    let shape = place + place / COLOURS.len();
    (Colour::hex(COLOURS[place % COLOURS.len()]), Marker::ALL[shape % Marker::ALL.len()])
}

/// Several products as one phrase.
fn op_words(ops: &[Op], word: fn(Op) -> &'static str) -> String {
    ops.iter().map(|op| word(*op)).collect::<Vec<_>>().join(" / ")
}

/// `MLP Up, h to 4h`, `Logits, h=2560`, `GEMM, m=4096 k=4096`.
fn title(arrangement: &Arrangement) -> String {
    let Arrangement { ops, apart, ffn_over_hidden, .. } = arrangement;
    let mut told: Vec<String> = Vec::new();
    if let (Some(factor), [op]) = (ffn_over_hidden, ops.as_slice()) {
        let wide = if *factor == 1.0 { "h".to_owned() } else { format!("{factor}h") };
        let [from, to] = if *op == Op::MlpDown { [wide.as_str(), "h"] } else { ["h", wide.as_str()] };
        told.push(format!("{from} to {to}"));
    }
    told.extend(in_title(arrangement).map(|(size, value)| format!("{}={value}", size.letter())));
    told.extend(apart.iter().filter(|(it, _)| is_told_in_title(*it)).map(|(it, value)| {
        let word = arrangement.value_in_words(*it, *value);
        if *it == Dimension::Pass { word.replace('_', " ") } else { word }
    }));
    let told = told.join(" ");
    let op = op_words(ops, Op::title);
    if told.is_empty() { op } else { format!("{op}, {told}") }
}

/// Words that tell charts of one op apart and that a reader looks for ahead of the caption.
fn is_told_in_title(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Pass | Dimension::Kernel)
}

/// The fixed sizes that a title has: no batch and no sequence length, as published, and none that follows from others.
fn in_title(arrangement: &Arrangement) -> impl Iterator<Item = (Dimension, u128)> {
    let fixed = &arrangement.fixed;
    let of = |dimension: Dimension| fixed.iter().find(|(it, _)| *it == dimension).map(|(_, value)| *value);
    let [hidden, heads, head_dim] = [Dimension::Hidden, Dimension::Heads, Dimension::HeadDim].map(of);
    let of_attention = arrangement.ops.iter().all(|op| op.is_of_attention());
    let keys = of(Dimension::KvHeads).filter(|keys| Some(*keys) != heads);
    fixed.iter().copied().filter(move |(it, value)| match it {
        Dimension::Seq | Dimension::Batch | Dimension::SeqKey => false,
        Dimension::TensorParallel | Dimension::GemmBatch => *value > 1,
        Dimension::KvHeads => keys.is_some(),
        // The width of the heads follows from them, and so does the head dim of a layer as wide as they are.
        Dimension::Hidden => !(of_attention && heads.is_some() && head_dim.is_some()),
        Dimension::HeadDim => of_attention || hidden.zip(heads).is_none_or(|(h, a)| h != a * value),
        Dimension::Series => of_attention && head_dim.is_none(),
        _ => true,
    })
}

/// Batch, sequence length and keys, as far as they are fixed.
fn sizes(arrangement: &Arrangement) -> String {
    let of = |dimension: Dimension| {
        let found = arrangement.fixed.iter().find(|(it, _)| *it == dimension);
        found.map(|(_, value)| *value)
    };
    let seq = of(Dimension::Seq);
    let keys = of(Dimension::SeqKey).filter(|keys| Some(*keys) != seq);
    let told = [
        of(Dimension::Batch).map(|batch| format!("b={batch}")),
        seq.map(|seq| format!("s={seq}")),
        keys.map(|keys| format!("{keys} keys")),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A file name that tells an arrangement from others of its files.
pub(super) fn stem(arrangement: &Arrangement) -> String {
    let mut stem =
        format!("{}-over-{}", op_words(&arrangement.ops, Op::as_str).replace(" / ", "-"), arrangement.x);
    if let Some(by) = arrangement.by {
        stem.push_str(&format!("-by-{by}"));
    }
    for (it, value) in &arrangement.apart {
        let value_in_words = it.value_in_words(*value);
        stem.push_str(&match it {
            it if it.is_size() => format!("-{}{value}", it.letter()),
            Dimension::Gpu => format!("-card{value}"),
            Dimension::Kernel => format!("-kernel{value}"),
            Dimension::Pacing => format!("-pacing-{value_in_words}"),
            _ => format!("-{value_in_words}"),
        });
    }
    stem
}

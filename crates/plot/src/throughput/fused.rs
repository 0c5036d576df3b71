//! What charts of fused attention over one of its sizes have in common.

use super::course::apart;
use crate::chart::{Colour, Dash};
use hovera_analysis::Dimension;
use hovera_core::{Mask, Pass, Point, Row};
use std::collections::BTreeSet;

/// A pass under a mask: what is a line.
pub(super) type Line = (Pass, Mask);

/// What is held fixed, with its value.
pub(super) type Fixed = Vec<(Dimension, u128)>;

/// The sizes of attention, none of which follows from the others.
const SIZES: [Dimension; 8] = [
    Dimension::Heads,
    Dimension::KvHeads,
    Dimension::HeadDim,
    Dimension::HeadDimV,
    Dimension::Seq,
    Dimension::SeqKey,
    Dimension::Batch,
    Dimension::TensorParallel,
];

/// Every line there can be, in the order of legends.
const LINES: [Line; 4] = [
    (Pass::Forward, Mask::None),
    (Pass::Forward, Mask::Causal),
    (Pass::Backward, Mask::None),
    (Pass::Backward, Mask::Causal),
];

/// The sizes of a point of attention but for what a chart is over, and the words of some columns. Keys as many as
/// queries, and values as wide as keys, follow from these: they are 0 here.
pub(super) fn fixed(point: &Point, x: Dimension, words: &[Dimension]) -> Fixed {
    let model = &point.model;
    let value = |size: Dimension| match size {
        Dimension::SeqKey if model.seq_key.is_none() => 0,
        Dimension::HeadDimV if model.head_dim_v.is_none() => 0,
        size => size.of_point(point),
    };
    // The hidden size is the width of all heads.
    let is_x = |size: Dimension| size == x || x == Dimension::Hidden && size == Dimension::HeadDim;
    let sizes = SIZES.into_iter().filter(|size| !is_x(*size));
    sizes.chain(words.iter().copied()).map(|it| (it, value(it))).collect()
}

/// `a=32 kv=8`, for titles.
pub(super) fn heads(fixed: &Fixed, x: Dimension) -> String {
    let of = |size: Dimension| value(fixed, size);
    let heads = of(Dimension::Heads).map(|heads| format!("a={heads}"));
    let keys = of(Dimension::KvHeads).filter(|keys| Some(*keys) != of(Dimension::Heads));
    let keys = keys.map(|keys| format!("kv={keys}"));
    let head_dim = of(Dimension::HeadDim).filter(|_| x != Dimension::HeadDim).map(|d| format!("d={d}"));
    let ranks = of(Dimension::TensorParallel).filter(|ranks| *ranks > 1).map(|ranks| format!("tp={ranks}"));
    [heads, keys, head_dim, ranks].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// `b=4, s=2048`, for captions.
pub(super) fn sizes(fixed: &Fixed) -> String {
    let of = |size: Dimension| value(fixed, size);
    let told = [
        of(Dimension::Batch).map(|batch| format!("b={batch}")),
        of(Dimension::Seq).map(|seq| format!("s={seq}")),
        of(Dimension::SeqKey).map(|keys| format!("{keys} keys")),
        of(Dimension::HeadDimV).map(|width| format!("values of {width}")),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn value(fixed: &Fixed, size: Dimension) -> Option<u128> {
    fixed.iter().find(|(it, _)| *it == size).map(|(_, value)| *value).filter(|value| *value > 0)
}

/// What tells some fixed sizes and words from others, for file names.
pub(super) fn stem<'f>(fixed: &Fixed, others: impl Iterator<Item = &'f Fixed> + Clone) -> String {
    let differs = |i: usize, value: u128| others.clone().any(|other| other[i].1 != value);
    let told = fixed.iter().enumerate().filter(|(i, (_, value))| differs(*i, *value));
    told.map(|(_, (it, value))| match it.is_size() {
        true => format!("-{}{value}", it.letter()),
        false => format!("-{}", it.value_in_words(*value)),
    })
    .collect()
}

/// The lines that some rows are of, in their order.
pub(super) fn lines(rows: &[&Row]) -> Vec<Line> {
    let there: BTreeSet<Line> = rows.iter().map(|row| line(row)).collect();
    LINES.into_iter().filter(|line| there.contains(line)).collect()
}

pub(super) fn line(row: &Row) -> Line {
    (row.point.pass, row.point.mask)
}

/// `backward, causal`.
pub(super) fn label((pass, mask): Line) -> String {
    match mask {
        Mask::None => pass.to_string(),
        mask => format!("{pass}, {mask}"),
    }
}

/// How a line looks wherever it is drawn: told apart without colour as well.
pub(super) fn look(line: Line) -> (Colour, Dash) {
    let place = LINES.iter().position(|other| *other == line).unwrap_or_default();
    (apart(place).0, Dash::ALL[place])
}

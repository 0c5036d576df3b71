//! The columns that say which point a row is of.

use super::Wrong;
use crate::results::field::{Field, Value, Want, read_word};
use crate::shape::attention::{AttentionShape, ShapeError};
use crate::shape::dimension::{Batch, DimensionError, Heads, Hidden, MAX_DIMENSION, Seq};
use crate::shape::gemm::Gemm;
use crate::shape::op::Op;
use crate::shape::point::Point;
use crate::shape::vocabulary::{Cache, Dtype, Engine, Layout, Pacing};

/// A point in the making. A file whose row is read in has given each word; sizes can be empty.
#[derive(Default)]
pub(super) struct PointDraft {
    op: Option<Op>,
    dtype: Option<Dtype>,
    layout: Option<Layout>,
    engine: Option<Engine>,
    pacing: Option<Pacing>,
    cache: Option<Cache>,
    heads: Option<u64>,
    batch: Option<u64>,
    seq: Option<u64>,
    hidden: Option<u64>,
    gemm_batch: Option<u64>,
    m: Option<u64>,
    n: Option<u64>,
    k: Option<u64>,
}

type PointField = Field<Point, PointDraft>;

/// A word of the point: `word!(op, "Which product.")`.
macro_rules! word {
    ($field:ident, $doc:literal) => {
        PointField::stored(
            stringify!($field),
            "",
            $doc,
            |point| Value::Word(point.$field.as_str()),
            |draft, text| read_word(&mut draft.$field, text),
        )
    };
}

pub(super) const WORDS: &[PointField] = &[
    word!(op, "Which product."),
    word!(dtype, "Element type of the operands."),
    word!(layout, "How the operands are stored."),
    word!(engine, "What computed it."),
    word!(pacing, "What the device did between points."),
    word!(cache, "What the caches held."),
];

/// A size of the layer: empty for a product of no layer.
macro_rules! of_layer {
    ($field:ident, $doc:literal) => {
        PointField::stored(
            stringify!($field),
            "",
            $doc,
            |point| point.layer.map_or(Value::Empty, |layer| Value::Count(layer.$field().get().into())),
            |draft, text| read_size(&mut draft.$field, text),
        )
    };
}

/// A size of the GEMM.
macro_rules! of_gemm {
    ($field:ident, $doc:literal) => {
        PointField::stored(
            stringify!($field),
            "",
            $doc,
            |point| Value::Count(point.gemm.$field().into()),
            |draft, text| read_size(&mut draft.$field, text),
        )
    };
}

const HEAD_DIM: &str = "head_dim";

pub(super) const SIZES: &[PointField] = &[
    of_layer!(
        heads,
        "Attention heads `a` of the whole layer; like the next five empty for `gemm` and `bmm`."
    ),
    of_layer!(batch, "Micro-batch `b`."),
    of_layer!(seq, "Sequence length `s`."),
    of_layer!(hidden, "Hidden size `h`, as asked for."),
    PointField::derived(
        HEAD_DIM,
        "",
        "Head dim `d`, `h / a` rounded down.",
        |point| point.layer.map_or(Value::Empty, |layer| Value::Count(layer.head_dim().get().into())),
        |point| match point.layer {
            None => no_layer(point.op),
            Some(layer) => {
                let (hidden, heads) = (layer.hidden(), layer.heads());
                format!("{}, which is hidden = {hidden} over heads = {heads} rounded down", layer.head_dim())
            }
        },
    ),
    PointField::derived(
        "series",
        "",
        "The legend entry: the largest power of two that divides `d`, at most 64.",
        |point| point.layer.map_or(Value::Empty, |layer| Value::Count(layer.series().get().into())),
        |point| match point.layer {
            None => no_layer(point.op),
            Some(layer) => by_sizes(layer.series().get().into()),
        },
    ),
    of_gemm!(gemm_batch, "Products in the batch that one device computes."),
    of_gemm!(m, "Rows of A and C."),
    of_gemm!(n, "Columns of B and C."),
    of_gemm!(k, "The reduction: columns of A, rows of B."),
];

fn no_layer(op: Op) -> String {
    format!("nothing in a row of op {op}")
}

/// What a column must be that the op and the sizes determine.
pub(super) fn by_sizes(value: u128) -> String {
    format!("{value}, by the row's op and sizes")
}

fn a_size() -> String {
    format!("an integer, 1 to {MAX_DIMENSION}")
}

fn read_size(cell: &mut Option<u64>, text: &str) -> Result<(), Want> {
    if text.is_empty() {
        *cell = None;
        return Ok(());
    }
    let legal = |size: &u64| (1..=MAX_DIMENSION).contains(size);
    *cell = Some(text.parse().ok().filter(legal).ok_or_else(a_size)?);
    Ok(())
}

impl PointDraft {
    /// # Errors
    /// The first column that contradicts the others.
    pub(super) fn finish(&self) -> Result<Point, Wrong> {
        let op = word(self.op);
        let point = Point {
            op,
            dtype: word(self.dtype),
            layout: word(self.layout),
            engine: word(self.engine),
            pacing: word(self.pacing),
            cache: word(self.cache),
            layer: if op.is_of_layer() { Some(self.layer()?) } else { self.no_layer(op)? },
            gemm: self.gemm()?,
        };
        point.check().map_err(|misfit| {
            Wrong::new(misfit.size, format!("{}, by the row's op and sizes", misfit.want))
        })?;
        Ok(point)
    }

    fn layer(&self) -> Result<AttentionShape, Wrong> {
        let heads = size(Heads::NAME, self.heads, Heads::new)?;
        let batch = size(Batch::NAME, self.batch, Batch::new)?;
        let seq = size(Seq::NAME, self.seq, Seq::new)?;
        let hidden = size(Hidden::NAME, self.hidden, Hidden::new)?;
        AttentionShape::from_hidden_floored(heads, batch, seq, hidden).map_err(|error| match error {
            ShapeError::Dimension(DimensionError { name: HEAD_DIM, .. }) => {
                Wrong::new(Hidden::NAME, format!("no less than heads = {heads}"))
            }
            error => Wrong::new(Batch::NAME, format!("a smaller one: {error}")),
        })
    }

    /// A product of no layer has none of a layer's sizes.
    fn no_layer(&self, op: Op) -> Result<Option<AttentionShape>, Wrong> {
        let sizes = [
            (Heads::NAME, self.heads),
            (Batch::NAME, self.batch),
            (Seq::NAME, self.seq),
            (Hidden::NAME, self.hidden),
        ];
        match sizes.into_iter().find(|(_, size)| size.is_some()) {
            None => Ok(None),
            Some((column, _)) => Err(Wrong::new(column, no_layer(op))),
        }
    }

    fn gemm(&self) -> Result<Gemm, Wrong> {
        let sizes = (
            size("gemm_batch", self.gemm_batch, Ok)?,
            size("m", self.m, Ok)?,
            size("n", self.n, Ok)?,
            size("k", self.k, Ok)?,
        );
        Gemm::new(sizes.0, sizes.1, sizes.2, sizes.3).map_err(|error| Wrong::new(error.name, a_size()))
    }
}

/// A word, which no row that was read can lack.
fn word<T>(word: Option<T>) -> T {
    word.expect("each word of the row was read")
}

fn size<T>(
    column: &'static str,
    size: Option<u64>,
    new: fn(u64) -> Result<T, DimensionError>,
) -> Result<T, Wrong> {
    size.and_then(|size| new(size).ok()).ok_or_else(|| Wrong::new(column, a_size()))
}

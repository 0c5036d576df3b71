//! The columns that say which point a row is of.

use super::Wrong;
use crate::results::field::{Field, Value, Want, read_word};
use crate::shape::attention::{AttentionShape, ShapeError};
use crate::shape::dimension::{
    Batch, DimensionError, Ffn, HeadDim, HeadDimV, Heads, Hidden, KvHeads, MAX_DIMENSION, Seq, SeqKey,
    TensorParallel, Vocab,
};
use crate::shape::gemm::Gemm;
use crate::shape::model::ModelSizes;
use crate::shape::op::{Needs, Op, Pass};
use crate::shape::point::Point;
use crate::shape::vocabulary::{Cache, Dtype, Engine, Layout, Mask, Pacing};

/// A point in the making. A file whose row is read in has given each word; sizes can be empty.
#[derive(Default)]
pub(super) struct PointDraft {
    op: Option<Op>,
    pass: Option<Pass>,
    mask: Option<Mask>,
    dtype: Option<Dtype>,
    layout: Option<Layout>,
    engine: Option<Engine>,
    pacing: Option<Pacing>,
    cache: Option<Cache>,
    heads: Option<u64>,
    batch: Option<u64>,
    seq: Option<u64>,
    hidden: Option<u64>,
    head_dim: Option<u64>,
    kv_heads: Option<u64>,
    seq_key: Option<u64>,
    ffn: Option<u64>,
    vocab: Option<u64>,
    tensor_parallel: Option<u64>,
    head_dim_v: Option<u64>,
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

/// A size of the model: empty where the product does not depend on it.
macro_rules! of_model {
    ($field:ident, $doc:literal) => {
        PointField::stored(
            stringify!($field),
            "",
            $doc,
            |point| point.model.$field.map_or(Value::Empty, |size| Value::Count(size.get().into())),
            |draft, text| read_size(&mut draft.$field, text),
        )
        .or_blank()
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
        .or_blank()
    };
}

pub(super) const SIZES: &[PointField] = &[
    of_model!(
        heads,
        "Attention heads `a` of the whole layer. Each size of a model is empty where the product does not depend on it."
    ),
    of_model!(batch, "Micro-batch `b`."),
    of_model!(seq, "Sequence length `s`, that of the queries."),
    of_model!(
        hidden,
        "Hidden size `h`, as asked for. Of `score`, `values` and `attention` it is the width of the heads."
    ),
    of_model!(head_dim, "Head dim `d`. Of `score`, `values` and `attention` it is `h / a` rounded down."),
    PointField::derived(
        "series",
        "",
        "The legend entry: the largest power of two that divides `d`, at most 64.",
        |point| point.series().map_or(Value::Empty, |series| Value::Count(series.get().into())),
        |point| match point.series() {
            None => nothing(point.op),
            Some(series) => by_sizes(series.get().into()),
        },
    ),
    of_gemm!(
        gemm_batch,
        "Products in the batch that one device computes. Of `attention` the GEMM is that of the scores; of `softmax` the \
         batch has so many matrices of m rows and n columns."
    ),
    of_gemm!(m, "Rows of A and C."),
    of_gemm!(n, "Columns of B and C."),
    of_gemm!(k, "The reduction: columns of A, rows of B; 1 of `softmax`."),
];

/// What came with the ops of a whole model.
pub(super) const OF_MODEL: &[PointField] = &[
    PointField::stored(
        Pass::NAME,
        "",
        "Which product of a training step: `forward`, `data_gradient` (of A) or `weight_gradient` (of B); `backward` of \
         `attention`, all gradients at once.",
        |point| Value::Word(point.pass.as_str()),
        |draft, text| read_word(&mut draft.pass, text),
    )
    .since(1),
    of_model!(kv_heads, "Heads of keys and of values; empty where they are as many as `heads`.").since(1),
    of_model!(seq_key, "Length of the keys; empty where it is `seq`.").since(1),
    of_model!(ffn, "Width of the whole MLP.").since(1),
    of_model!(vocab, "Vocabulary, all of it.").since(1),
    PointField::stored(
        TensorParallel::NAME,
        "",
        "Tensor-parallel ranks that share the layer; the GEMM is what one of them computes.",
        |point| point.tensor_parallel().map_or(Value::Empty, |ranks| Value::Count(ranks.into())),
        |draft, text| read_size(&mut draft.tensor_parallel, text),
    )
    .since(1),
];

/// What came with fused attention.
pub(super) const OF_FUSED: &[PointField] = &[
    PointField::stored(
        Mask::NAME,
        "",
        "Which keys a query of `attention` looks at: `none`, all of them, or `causal`, its own and those before.",
        |point| if point.op.is_fused() { Value::Word(point.mask.as_str()) } else { Value::Empty },
        |draft, text| read_word(&mut draft.mask, text),
    )
    .since(1),
    of_model!(head_dim_v, "Head dim of the values of `attention`; empty where it is `head_dim`.").since(1),
];

fn nothing(op: Op) -> String {
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
    let legal = |size: &u64| (1..=MAX_DIMENSION).contains(size);
    *cell = Some(text.parse().ok().filter(legal).ok_or_else(a_size)?);
    Ok(())
}

impl PointDraft {
    /// # Errors
    /// The first column that contradicts the others.
    pub(super) fn finish(&self) -> Result<Point, Wrong> {
        let op = word(self.op);
        self.refuse_what_is_not_of(op)?;
        let point = Point {
            op,
            pass: self.pass.unwrap_or(Pass::Forward),
            mask: self.mask.unwrap_or(Mask::None),
            dtype: word(self.dtype),
            layout: word(self.layout),
            engine: word(self.engine),
            pacing: word(self.pacing),
            cache: word(self.cache),
            model: if op.is_of_layer() { self.model(op)? } else { ModelSizes::default() },
            gemm: self.gemm()?,
        };
        if !op.is_of_layer() && point.pass != Pass::Forward {
            return Err(Wrong::new(Pass::NAME, format!("forward: op {op} is of no model")));
        }
        if !op.passes().contains(&point.pass) {
            let passes: Vec<&str> = op.passes().iter().map(|pass| pass.as_str()).collect();
            return Err(Wrong::new(Pass::NAME, format!("a pass of op {op}: {}", passes.join(", "))));
        }
        if self.mask.is_some() && !op.is_fused() {
            return Err(Wrong::new(Mask::NAME, nothing(op)));
        }
        if let Err(error) = point.product().masked(point.mask) {
            return Err(Wrong::new(Mask::NAME, format!("none: {error}")));
        }
        point.check().map_err(|misfit| {
            Wrong::new(misfit.size, format!("{}, by the row's op and sizes", misfit.want))
        })?;
        match (op.is_of_attention().then(|| point.tensor_parallel()).flatten(), self.tensor_parallel) {
            (Some(ranks), Some(said)) if u64::from(ranks) != said => {
                Err(Wrong::new(TensorParallel::NAME, by_sizes(ranks.into())))
            }
            _ => Ok(point),
        }
    }

    /// The layer of a product of attention, whose head dim follows from its width.
    fn layer(&self) -> Result<AttentionShape, Wrong> {
        let heads = size(Heads::NAME, self.heads, Heads::new)?;
        let batch = size(Batch::NAME, self.batch, Batch::new)?;
        let seq = size(Seq::NAME, self.seq, Seq::new)?;
        let hidden = size(Hidden::NAME, self.hidden, Hidden::new)?;
        let layer =
            AttentionShape::from_hidden_floored(heads, batch, seq, hidden).map_err(|error| match error {
                ShapeError::Dimension(DimensionError { name: HeadDim::NAME, .. }) => {
                    Wrong::new(Hidden::NAME, format!("no less than heads = {heads}"))
                }
                error => Wrong::new(Batch::NAME, format!("a smaller one: {error}")),
            })?;
        let head_dim = layer.head_dim();
        if self.head_dim != Some(head_dim.get().into()) {
            let want = format!("{head_dim}, which is hidden = {hidden} over heads = {heads} rounded down");
            return Err(Wrong::new(HeadDim::NAME, want));
        }
        Ok(layer)
    }

    fn model(&self, op: Op) -> Result<ModelSizes, Wrong> {
        let sizes = if op.is_of_attention() {
            self.layer()?.into()
        } else {
            let needs = op.needs();
            ModelSizes {
                heads: self.optional(
                    Heads::NAME,
                    self.heads,
                    Heads::new,
                    needs.has(Needs::HEADS) && op != Op::Key,
                )?,
                batch: Some(size(Batch::NAME, self.batch, Batch::new)?),
                seq: Some(size(Seq::NAME, self.seq, Seq::new)?),
                hidden: self.optional(Hidden::NAME, self.hidden, Hidden::new, needs.has(Needs::HIDDEN))?,
                head_dim: self.optional(
                    HeadDim::NAME,
                    self.head_dim,
                    HeadDim::new,
                    needs.has(Needs::HEAD_DIM),
                )?,
                tensor_parallel: some(self.tensor_parallel, TensorParallel::new),
                ..ModelSizes::default()
            }
        };
        // In their one form: others may write what is as many as the heads, or as long as the queries.
        let (kv_heads, seq_key, head_dim_v) = (
            self.kv_heads.filter(|kv_heads| op == Op::Key || self.heads != Some(*kv_heads)),
            self.seq_key.filter(|seq_key| self.seq != Some(*seq_key)),
            self.head_dim_v.filter(|head_dim_v| self.head_dim != Some(*head_dim_v)),
        );
        Ok(ModelSizes {
            kv_heads: self.optional(KvHeads::NAME, kv_heads, KvHeads::new, op == Op::Key)?,
            seq_key: some(seq_key, SeqKey::new),
            head_dim_v: some(head_dim_v, HeadDimV::new),
            ffn: some(self.ffn, Ffn::new),
            vocab: some(self.vocab, Vocab::new),
            ..sizes
        })
    }

    /// A size that must be there if it is needed.
    fn optional<T>(
        &self,
        column: &'static str,
        said: Option<u64>,
        new: fn(u64) -> Result<T, DimensionError>,
        is_needed: bool,
    ) -> Result<Option<T>, Wrong> {
        if is_needed { size(column, said, new).map(Some) } else { Ok(some(said, new)) }
    }

    /// A row has no size that its op does not depend on. Those of a layer that are in each file, also of hovera before
    /// 0.2, may be there.
    fn refuse_what_is_not_of(&self, op: Op) -> Result<(), Wrong> {
        let (of_layer, needs) = (op.is_of_layer(), op.needs());
        let sizes = [
            (Heads::NAME, self.heads, of_layer),
            (Batch::NAME, self.batch, of_layer),
            (Seq::NAME, self.seq, of_layer),
            (Hidden::NAME, self.hidden, of_layer && !op.is_of_rows()),
            (HeadDim::NAME, self.head_dim, of_layer && !op.is_of_rows()),
            (KvHeads::NAME, self.kv_heads, needs.has(Needs::KV_HEADS)),
            (SeqKey::NAME, self.seq_key, needs.has(Needs::SEQ_KEY)),
            (Ffn::NAME, self.ffn, needs.has(Needs::FFN)),
            (Vocab::NAME, self.vocab, needs.has(Needs::VOCAB)),
            (TensorParallel::NAME, self.tensor_parallel, of_layer),
            (HeadDimV::NAME, self.head_dim_v, needs.has(Needs::HEAD_DIM_V)),
        ];
        match sizes.into_iter().find(|(_, size, is_of_it)| size.is_some() && !is_of_it) {
            None => Ok(()),
            Some((column, ..)) => Err(Wrong::new(column, nothing(op))),
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

/// A size that was [legal](read_size) when it was read.
fn some<T>(size: Option<u64>, new: fn(u64) -> Result<T, DimensionError>) -> Option<T> {
    size.and_then(|size| new(size).ok())
}

//! The sizes of a model that a product of one of its layers depends on.

use crate::shape::attention::AttentionShape;
use crate::shape::dimension::{
    Batch, DimensionError, Ffn, HeadDim, HeadDimV, Heads, Hidden, KvHeads, Seq, SeqKey, TensorParallel, Vocab,
};
use crate::shape::series::Series;
use serde::{Deserialize, Serialize};

/// Sizes of a model and of what it is given, each where it is known and matters. A `gemm` or `bmm` has none.
///
/// A product's own are in one form, so that equal products are equal points: [`Product::of_model`] keeps those that
/// the op depends on, and leaves out `kv_heads` that are as many as the heads, a `seq_key` that is `seq` and a
/// `head_dim_v` that is `head_dim`. The ranks that share a product of attention follow from its GEMM ([`Point::tensor_parallel`]).
///
/// To serde it is the eleven sizes in this order, 0 for none.
///
/// [`Product::of_model`]: crate::Product::of_model
/// [`Point::tensor_parallel`]: crate::Point::tensor_parallel
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "[u64; 11]", into = "[u64; 11]")]
pub struct ModelSizes {
    /// Attention heads `a` of the whole layer.
    pub heads: Option<Heads>,
    /// Micro-batch `b`.
    pub batch: Option<Batch>,
    /// Sequence length `s` of the queries, which is that of all that is no attention.
    pub seq: Option<Seq>,
    /// Hidden size `h`. Of a product of attention, the width of its heads.
    pub hidden: Option<Hidden>,
    /// Head dim `d`.
    pub head_dim: Option<HeadDim>,
    /// Heads of keys and of values, where they are not as many as the heads.
    pub kv_heads: Option<KvHeads>,
    /// Length of the keys, where that is not `seq`.
    pub seq_key: Option<SeqKey>,
    /// Width of the MLP.
    pub ffn: Option<Ffn>,
    /// Vocabulary.
    pub vocab: Option<Vocab>,
    /// Ranks that share the layer.
    pub tensor_parallel: Option<TensorParallel>,
    /// Head dim of the values of fused attention, where that is not `head_dim`.
    pub head_dim_v: Option<HeadDimV>,
}

impl ModelSizes {
    /// The attention layer, where these sizes make one.
    #[must_use]
    pub fn layer(&self) -> Option<AttentionShape> {
        Some(AttentionShape::of_sizes(self.heads?, self.batch?, self.seq?, self.hidden?, self.head_dim?))
    }

    /// Whether the hidden size is that of its heads, or what that was rounded down from, so that a head dim has one.
    #[must_use]
    pub fn is_as_wide_as_heads(&self) -> bool {
        self.layer().is_some_and(|layer| layer.hidden().get() / layer.heads().get() == layer.head_dim().get())
    }

    /// The legend entry of the head dim.
    #[must_use]
    pub fn series(&self) -> Option<Series> {
        Some(Series::of_head_dim(self.head_dim?))
    }

    /// Heads of keys and of values: as many as the heads where it is not said.
    #[must_use]
    pub fn kv_heads(&self) -> Option<u32> {
        self.kv_heads.map(KvHeads::get).or(self.heads.map(Heads::get))
    }

    /// Length of the keys: that of the queries where it is not said.
    #[must_use]
    pub fn seq_key(&self) -> Option<u32> {
        self.seq_key.map(SeqKey::get).or(self.seq.map(Seq::get))
    }

    /// Head dim of the values: that of queries and keys where it is not said.
    #[must_use]
    pub fn head_dim_v(&self) -> Option<u32> {
        self.head_dim_v.map(HeadDimV::get).or(self.head_dim.map(HeadDim::get))
    }

    /// Each size that is there, with the name of its column, in the order of the columns.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let sizes: [u64; 11] = (*self).into();
        // Each was a u32.
        NAMES.into_iter().zip(sizes).filter(|(_, size)| *size > 0).map(|(name, size)| (name, size as u32))
    }
}

const NAMES: [&str; 11] = [
    Heads::NAME,
    Batch::NAME,
    Seq::NAME,
    Hidden::NAME,
    HeadDim::NAME,
    KvHeads::NAME,
    SeqKey::NAME,
    Ffn::NAME,
    Vocab::NAME,
    TensorParallel::NAME,
    HeadDimV::NAME,
];

impl From<AttentionShape> for ModelSizes {
    fn from(layer: AttentionShape) -> ModelSizes {
        ModelSizes {
            heads: Some(layer.heads()),
            batch: Some(layer.batch()),
            seq: Some(layer.seq()),
            hidden: Some(layer.hidden()),
            head_dim: Some(layer.head_dim()),
            ..ModelSizes::default()
        }
    }
}

impl TryFrom<[u64; 11]> for ModelSizes {
    type Error = DimensionError;

    fn try_from(sizes: [u64; 11]) -> Result<ModelSizes, DimensionError> {
        fn some<T>(
            size: u64,
            new: fn(u64) -> Result<T, DimensionError>,
        ) -> Result<Option<T>, DimensionError> {
            if size == 0 { Ok(None) } else { new(size).map(Some) }
        }
        let [heads, batch, seq, hidden, head_dim, kv_heads, seq_key, ffn, vocab, tensor_parallel, head_dim_v] =
            sizes;
        Ok(ModelSizes {
            heads: some(heads, Heads::new)?,
            batch: some(batch, Batch::new)?,
            seq: some(seq, Seq::new)?,
            hidden: some(hidden, Hidden::new)?,
            head_dim: some(head_dim, HeadDim::new)?,
            kv_heads: some(kv_heads, KvHeads::new)?,
            seq_key: some(seq_key, SeqKey::new)?,
            ffn: some(ffn, Ffn::new)?,
            vocab: some(vocab, Vocab::new)?,
            tensor_parallel: some(tensor_parallel, TensorParallel::new)?,
            head_dim_v: some(head_dim_v, HeadDimV::new)?,
        })
    }
}

impl From<ModelSizes> for [u64; 11] {
    fn from(sizes: ModelSizes) -> [u64; 11] {
        let ModelSizes {
            heads,
            batch,
            seq,
            hidden,
            head_dim,
            kv_heads,
            seq_key,
            ffn,
            vocab,
            tensor_parallel,
            head_dim_v,
        } = sizes;
        [
            heads.map(Heads::get),
            batch.map(Batch::get),
            seq.map(Seq::get),
            hidden.map(Hidden::get),
            head_dim.map(HeadDim::get),
            kv_heads.map(KvHeads::get),
            seq_key.map(SeqKey::get),
            ffn.map(Ffn::get),
            vocab.map(Vocab::get),
            tensor_parallel.map(TensorParallel::get),
            head_dim_v.map(HeadDimV::get),
        ]
        .map(|size| size.unwrap_or(0).into())
    }
}

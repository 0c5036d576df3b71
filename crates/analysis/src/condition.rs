//! What rows must have in common to share a chart, a table or a level.

mod aspect;

pub use aspect::{Aspect, AspectValue};

use hovera_core::{
    Batch, Cache, Dtype, Engine, HeadDimV, Heads, KvHeads, Layout, Mask, Op, Pacing, Pass, Row, Seq, SeqKey,
};

/// Everything of a row that is neither on an axis nor in the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// Which of the files it is in: what is compared stays in the order of the files.
    pub file: u32,
    /// Which product.
    pub op: Op,
    /// Forward, or one of its gradients.
    pub pass: Pass,
    /// Which keys the queries look at, where the op is fused.
    pub mask: Mask,
    /// Attention heads.
    pub heads: Heads,
    /// Heads of keys and of values; none where they are as many.
    pub kv_heads: Option<KvHeads>,
    /// Element type.
    pub dtype: Dtype,
    /// How A and B are stored.
    pub layout: Layout,
    /// What computed it.
    pub engine: Engine,
    /// How it was paced.
    pub pacing: Pacing,
    /// What the caches held.
    pub cache: Cache,
    /// Micro-batch.
    pub batch: Batch,
    /// Sequence length.
    pub seq: Seq,
    /// Length of the keys; none where it is that of the queries.
    pub seq_key: Option<SeqKey>,
    /// Head dim of the values; none where it is that of queries and keys.
    pub head_dim_v: Option<HeadDimV>,
    /// Ranks that share the heads.
    pub tensor_parallel: u32,
    /// The card's index in its file.
    pub device: u32,
}

impl Condition {
    /// Of a row of the file with that number; none for a row of an op that no chart is of.
    #[must_use]
    pub fn of_row(row: &Row, file: u32) -> Option<Condition> {
        let point = row.point;
        let layer = point.layer().filter(|_| point.op.is_published())?;
        let tensor_parallel = point.tensor_parallel().unwrap_or(1);
        Some(Condition {
            file,
            op: point.op,
            pass: point.pass,
            mask: point.mask,
            heads: layer.heads(),
            dtype: point.dtype,
            layout: point.layout,
            engine: point.engine,
            pacing: point.pacing,
            cache: point.cache,
            batch: layer.batch(),
            seq: layer.seq(),
            kv_heads: point.model.kv_heads,
            seq_key: point.model.seq_key,
            head_dim_v: point.model.head_dim_v,
            tensor_parallel,
            device: row.device,
        })
    }

    /// What of this condition the rows of several cards have in common: all but the card. Imported numbers were
    /// paced as they were, and stand beside any: `with_imported`.
    #[must_use]
    pub fn across_cards(self, with_imported: bool) -> Condition {
        let shared = Condition { file: 0, device: 0, ..self };
        if !with_imported {
            return shared;
        }
        Condition { pacing: Pacing::ALL[0], cache: Cache::ALL[0], ..shared }
    }
}

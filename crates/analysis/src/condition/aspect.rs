//! The single things that rows may have in common.

use super::Condition;
use hovera_core::{
    Cache, Dtype, Engine, HeadDim, HeadDimV, KvHeads, Layout, Mask, Op, Pacing, Pass, Point, Seq, SeqKey,
};
use std::fmt;

/// One of the things that a [`Condition`] is made of, by the name that every message, chart and table gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Aspect {
    /// Which product.
    Op,
    /// Forward, or one of its gradients.
    Pass,
    /// Which keys the queries of fused attention look at.
    Mask,
    /// Attention heads.
    Heads,
    /// Heads of keys and of values.
    KvHeads,
    /// Element type.
    Dtype,
    /// How A and B are stored.
    Layout,
    /// What computed it.
    Engine,
    /// How it was paced.
    Pacing,
    /// What the caches held.
    Cache,
    /// Micro-batch.
    Batch,
    /// Sequence length.
    Seq,
    /// Length of the keys.
    SeqKey,
    /// Head dim of the values of fused attention.
    HeadDimV,
    /// Ranks that share the product.
    TensorParallel,
    /// The card's index in its file.
    Device,
}

impl Aspect {
    /// All of them, in the order in which they are told.
    pub const ALL: [Aspect; 16] = [
        Aspect::Op,
        Aspect::Pass,
        Aspect::Mask,
        Aspect::Heads,
        Aspect::KvHeads,
        Aspect::Dtype,
        Aspect::Layout,
        Aspect::Engine,
        Aspect::Pacing,
        Aspect::Cache,
        Aspect::Batch,
        Aspect::Seq,
        Aspect::SeqKey,
        Aspect::HeadDimV,
        Aspect::TensorParallel,
        Aspect::Device,
    ];

    /// What it is called: the column's name, where a column holds it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Aspect::Op => Op::NAME,
            Aspect::Pass => Pass::NAME,
            Aspect::Mask => Mask::NAME,
            Aspect::Heads => "heads",
            Aspect::KvHeads => KvHeads::NAME,
            Aspect::Dtype => Dtype::NAME,
            Aspect::Layout => Layout::NAME,
            Aspect::Engine => Engine::NAME,
            Aspect::Pacing => Pacing::NAME,
            Aspect::Cache => Cache::NAME,
            Aspect::Batch => "batch",
            Aspect::Seq => "seq",
            Aspect::SeqKey => SeqKey::NAME,
            Aspect::HeadDimV => HeadDimV::NAME,
            Aspect::TensorParallel => "tp",
            Aspect::Device => "device",
        }
    }

    /// What a point says of it; none where the point's op has no such thing, and of the card, which no point names.
    #[must_use]
    pub fn of_point(self, point: &Point) -> Option<AspectValue> {
        Some(match self {
            Aspect::Op => AspectValue::word(point.op as u32, point.op.as_str()),
            Aspect::Pass => AspectValue::word(point.pass as u32, point.pass.as_str()),
            Aspect::Mask => AspectValue::word(point.mask as u32, point.mask.as_str()),
            Aspect::Heads => AspectValue::Number(point.model.heads?.get()),
            Aspect::KvHeads if !point.op.depends_on(KvHeads::NAME) => return None,
            Aspect::KvHeads => kv_heads(point.model.kv_heads),
            Aspect::Dtype => AspectValue::word(point.dtype as u32, point.dtype.as_str()),
            Aspect::Layout => AspectValue::word(point.layout as u32, point.layout.as_str()),
            Aspect::Engine => AspectValue::word(point.engine as u32, point.engine.as_str()),
            Aspect::Pacing => AspectValue::word(point.pacing as u32, point.pacing.as_str()),
            Aspect::Cache => AspectValue::word(point.cache as u32, point.cache.as_str()),
            Aspect::Batch => AspectValue::Number(point.model.batch?.get()),
            Aspect::Seq => AspectValue::Number(point.model.seq?.get()),
            Aspect::SeqKey if !point.op.depends_on(SeqKey::NAME) => return None,
            Aspect::SeqKey => seq_key(point.model.seq_key),
            Aspect::HeadDimV if !point.op.is_of_attention() => return None,
            Aspect::HeadDimV => head_dim_v(point.model.head_dim_v),
            Aspect::TensorParallel => AspectValue::Number(point.tensor_parallel()?),
            Aspect::Device => return None,
        })
    }
}

/// As many as there are heads, where nothing else is said.
fn kv_heads(size: Option<KvHeads>) -> AspectValue {
    size.map_or(AspectValue::word(0, "heads"), |size| AspectValue::Number(size.get()))
}

/// As long as the queries, where nothing else is said.
fn seq_key(size: Option<SeqKey>) -> AspectValue {
    size.map_or(AspectValue::word(0, Seq::NAME), |size| AspectValue::Number(size.get()))
}

/// As wide as queries and keys, where nothing else is said.
fn head_dim_v(size: Option<HeadDimV>) -> AspectValue {
    size.map_or(AspectValue::word(0, HeadDim::NAME), |size| AspectValue::Number(size.get()))
}

/// What an [`Aspect`] is: a size or a word, each in the order of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AspectValue {
    /// A size, or an index.
    Number(u32),
    /// One of the words of a column.
    Word {
        /// Its place among them.
        rank: u32,
        /// The word.
        word: &'static str,
    },
}

impl AspectValue {
    const fn word(rank: u32, word: &'static str) -> AspectValue {
        AspectValue::Word { rank, word }
    }
}

impl fmt::Display for AspectValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AspectValue::Number(number) => number.fmt(f),
            AspectValue::Word { word, .. } => f.write_str(word),
        }
    }
}

impl Condition {
    /// What it says of one thing.
    #[must_use]
    pub fn value(&self, aspect: Aspect) -> AspectValue {
        match aspect {
            Aspect::Op => AspectValue::word(self.op as u32, self.op.as_str()),
            Aspect::Pass => AspectValue::word(self.pass as u32, self.pass.as_str()),
            Aspect::Mask => AspectValue::word(self.mask as u32, self.mask.as_str()),
            Aspect::Heads => AspectValue::Number(self.heads.get()),
            Aspect::KvHeads => kv_heads(self.kv_heads),
            Aspect::Dtype => AspectValue::word(self.dtype as u32, self.dtype.as_str()),
            Aspect::Layout => AspectValue::word(self.layout as u32, self.layout.as_str()),
            Aspect::Engine => AspectValue::word(self.engine as u32, self.engine.as_str()),
            Aspect::Pacing => AspectValue::word(self.pacing as u32, self.pacing.as_str()),
            Aspect::Cache => AspectValue::word(self.cache as u32, self.cache.as_str()),
            Aspect::Batch => AspectValue::Number(self.batch.get()),
            Aspect::Seq => AspectValue::Number(self.seq.get()),
            Aspect::SeqKey => seq_key(self.seq_key),
            Aspect::HeadDimV => head_dim_v(self.head_dim_v),
            Aspect::TensorParallel => AspectValue::Number(self.tensor_parallel),
            Aspect::Device => AspectValue::Number(self.device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::tests::row;

    #[test]
    fn a_condition_and_its_point_say_the_same_of_everything_but_the_card() {
        let row = row(64, 100.0, 1500.0);
        let condition = Condition::of_row(&row, 0).unwrap();
        for aspect in Aspect::ALL {
            let of_point = aspect.of_point(&row.point);
            let want = (aspect != Aspect::Device).then(|| condition.value(aspect));
            assert_eq!(of_point, want, "{}", aspect.name());
        }
    }

    #[test]
    fn every_name_is_another() {
        let names: std::collections::BTreeSet<&str> =
            Aspect::ALL.iter().map(|aspect| aspect.name()).collect();
        assert_eq!(names.len(), Aspect::ALL.len());
    }
}

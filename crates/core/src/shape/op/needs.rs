//! Which sizes a product depends on.

/// A set of the sizes that a product can depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needs(u16);

impl Needs {
    pub(super) const NOTHING: Needs = Needs(0);
    pub(crate) const HEADS: Needs = Needs(1);
    pub(super) const BATCH: Needs = Needs(1 << 1);
    pub(super) const SEQ: Needs = Needs(1 << 2);
    pub(crate) const HIDDEN: Needs = Needs(1 << 3);
    pub(crate) const HEAD_DIM: Needs = Needs(1 << 4);
    pub(crate) const KV_HEADS: Needs = Needs(1 << 5);
    pub(crate) const SEQ_KEY: Needs = Needs(1 << 6);
    pub(crate) const FFN: Needs = Needs(1 << 7);
    pub(crate) const VOCAB: Needs = Needs(1 << 8);
    pub(super) const RANKS: Needs = Needs(1 << 9);
    pub(super) const GEMM_BATCH: Needs = Needs(1 << 10);
    /// m, n and k.
    pub(super) const OF_ITS_OWN: Needs = Needs(1 << 11);
    pub(crate) const HEAD_DIM_V: Needs = Needs(1 << 12);

    /// What a key of a spec says.
    pub(super) fn of_key(key: &str) -> Needs {
        match key {
            "heads" => Needs::HEADS,
            "batch" => Needs::BATCH,
            "seq" => Needs::SEQ,
            "hidden" => Needs::HIDDEN,
            "head_dim" => Needs::HEAD_DIM,
            "head_dim_v" => Needs::HEAD_DIM_V,
            "kv_heads" => Needs::KV_HEADS,
            "seq_key" => Needs::SEQ_KEY,
            "ffn" => Needs::FFN,
            "vocab" => Needs::VOCAB,
            "tensor_parallel" => Needs::RANKS,
            "gemm_batch" => Needs::GEMM_BATCH,
            "m" | "n" | "k" => Needs::OF_ITS_OWN,
            _ => Needs::NOTHING,
        }
    }

    pub(super) const fn and(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Needs) -> Needs {
        Needs(self.0 & !other.0)
    }

    /// Whether any of the others is in it.
    pub(crate) const fn has(self, any: Needs) -> bool {
        self.0 & any.0 != 0
    }
}

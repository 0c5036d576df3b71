//! What m, n and k of a product are.

use super::Needs;

/// What a size of an op's GEMM is, as the layer has it. In the order in which messages name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Side {
    /// The tokens of the batch, b·s.
    Tokens,
    /// The queries that share a head of keys: the sequence length s, times the heads over the heads of keys.
    Seq,
    /// The length of the keys.
    SeqKey,
    /// The head dim d.
    HeadDim,
    /// The hidden size h.
    Hidden,
    /// What the heads of one rank are wide together, a·d over the ranks.
    HeadsWidth,
    /// What the heads of keys, or of values, of one rank are wide together, kv·d over the ranks.
    KeysWidth,
    /// What the queries, keys and values of one rank are wide together, (a + 2·kv)·d over the ranks.
    QkvWidth,
    /// The width of one rank's part of the MLP.
    MlpWidth,
    /// One rank's part of the vocabulary.
    Vocabulary,
    /// Any size: the product is of no layer.
    Free,
    /// 1: what is computed of rows alone has no reduction over a third size.
    One,
}

impl Side {
    /// In a sentence, `k being the …`; none for a size that has no name of its own.
    #[must_use]
    pub fn in_words(self) -> Option<&'static str> {
        match self {
            Side::Tokens => Some("tokens of the batch"),
            Side::Seq => Some("sequence length"),
            Side::SeqKey => Some("length of the keys"),
            Side::HeadDim => Some("head dim"),
            Side::Hidden => Some("hidden size"),
            Side::HeadsWidth => Some("width of the heads"),
            Side::KeysWidth => Some("width of the heads of keys"),
            Side::QkvWidth => Some("width of queries, keys and values"),
            Side::MlpWidth => Some("width of the MLP"),
            Side::Vocabulary => Some("vocabulary"),
            Side::Free | Side::One => None,
        }
    }

    /// The key of specs and results files that sets it, where one key does.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        match self {
            Side::Seq => Some("seq"),
            Side::SeqKey => Some("seq_key"),
            Side::HeadDim => Some("head_dim"),
            Side::Hidden => Some("hidden"),
            _ => None,
        }
    }

    /// What it depends on.
    pub(super) const fn needs(self) -> Needs {
        match self {
            Side::Tokens => Needs::BATCH.and(Needs::SEQ),
            Side::Seq => Needs::HEADS.and(Needs::KV_HEADS).and(Needs::SEQ),
            Side::SeqKey => Needs::SEQ.and(Needs::SEQ_KEY),
            Side::HeadDim => Needs::HEAD_DIM,
            Side::Hidden => Needs::HIDDEN,
            Side::HeadsWidth => Needs::HEADS.and(Needs::HEAD_DIM).and(Needs::RANKS),
            Side::KeysWidth | Side::QkvWidth => Side::HeadsWidth.needs().and(Needs::KV_HEADS),
            Side::MlpWidth => Needs::FFN.and(Needs::RANKS),
            Side::Vocabulary => Needs::VOCAB.and(Needs::RANKS),
            Side::Free => Needs::OF_ITS_OWN,
            Side::One => Needs::NOTHING,
        }
    }

    /// Whether ranks share it.
    pub(in crate::shape) fn is_shared(self) -> bool {
        self.needs().has(Needs::RANKS)
    }

    /// Whether it is in proportion to the head dim, where heads, batch and sequence length stay.
    pub(super) fn grows_with_head_dim(self) -> bool {
        match self {
            Side::HeadDim
            | Side::Hidden
            | Side::HeadsWidth
            | Side::KeysWidth
            | Side::QkvWidth
            | Side::MlpWidth => true,
            Side::Tokens | Side::Seq | Side::SeqKey | Side::Vocabulary | Side::Free | Side::One => false,
        }
    }
}

//! What rows differ by, each thing by one name: what charts are over, what tells their lines apart, what is chosen.

mod filter;

pub use filter::{Filter, FilterError};

use hovera_core::{
    Cache, Dtype, Engine, HeadDim, HeadDimV, KvHeads, Layout, Mask, Op, Pacing, Pass, Point, SeqKey,
    text_enum,
};

text_enum! {
    /// A size or a condition of a row, by the name of its column where it has one.
    ///
    /// Its values are numbers: a size itself, or the place of a word among the words of its column. 0 is a size that
    /// the row's product does not have.
    Dimension, "dimension" {
        /// Hidden size.
        Hidden = "hidden",
        /// Vocabulary.
        Vocab = "vocab",
        /// Width of the MLP.
        Ffn = "ffn",
        /// Attention heads.
        Heads = "heads",
        /// Heads of keys and of values.
        KvHeads = "kv_heads",
        /// Head dim, h/a.
        HeadDim = "head_dim",
        /// The largest power of two that divides the head dim, at most 64.
        Series = "series",
        /// Sequence length.
        Seq = "seq",
        /// Micro-batch.
        Batch = "batch",
        /// Length of the keys.
        SeqKey = "seq_key",
        /// Head dim of the values of fused attention.
        HeadDimV = "head_dim_v",
        /// Ranks that share the product.
        TensorParallel = "tensor_parallel",
        /// Rows of the result.
        M = "m",
        /// Columns of the result.
        N = "n",
        /// The reduction.
        K = "k",
        /// Products in the batch.
        GemmBatch = "gemm_batch",
        /// Floating-point operations of one launch.
        Flop = "flop",
        /// The largest power of two that divides what the chart is over, at most 64: what series are to head dims.
        Alignment = "alignment",
        /// Which product.
        Op = "op",
        /// Forward, or one of its gradients.
        Pass = "pass",
        /// Which keys the queries of fused attention look at.
        Mask = "mask",
        /// Element type.
        Dtype = "dtype",
        /// How A and B are stored.
        Layout = "layout",
        /// What computed it.
        Engine = "engine",
        /// How it was paced.
        Pacing = "pacing",
        /// What the caches held.
        Cache = "cache",
        /// The kernel that ran, by its name.
        Kernel = "kernel",
        /// The card, in one file or several.
        Gpu = "gpu",
    }
}

/// Sizes of a model, in the order in which they are told.
pub(crate) const OF_MODEL: [Dimension; 11] = [
    Dimension::Hidden,
    Dimension::Vocab,
    Dimension::Ffn,
    Dimension::Heads,
    Dimension::KvHeads,
    Dimension::HeadDim,
    Dimension::Seq,
    Dimension::Batch,
    Dimension::SeqKey,
    Dimension::HeadDimV,
    Dimension::TensorParallel,
];

/// Sizes of a product, in the order in which they are told.
const OF_GEMM: [Dimension; 4] = [Dimension::M, Dimension::N, Dimension::K, Dimension::GemmBatch];

impl Dimension {
    /// The sizes that a product is told by: those of the model that it depends on, or its own where it is of none.
    pub fn sizes_of(op: Op) -> impl Iterator<Item = Dimension> {
        let of_model = OF_MODEL.into_iter().filter(move |size| match size {
            Dimension::Hidden => op.is_of_layer() && !op.is_of_rows(),
            size => op.depends_on(size.as_str()),
        });
        let of_gemm = OF_GEMM.into_iter().filter(move |size| match size {
            Dimension::GemmBatch => op.depends_on("gemm_batch"),
            _ => !op.is_of_layer(),
        });
        of_model.chain(of_gemm)
    }

    /// The sizes of any product: m, n, k and how many there are.
    pub fn sizes_of_gemm() -> impl Iterator<Item = Dimension> {
        OF_GEMM.into_iter()
    }

    /// Whether it is a number that a chart can be over.
    #[must_use]
    pub fn is_size(self) -> bool {
        OF_MODEL.contains(&self) || OF_GEMM.contains(&self) || self == Dimension::Flop
    }

    /// Whether it is of the product alone, whatever model that is of.
    #[must_use]
    pub fn is_of_gemm(self) -> bool {
        OF_GEMM.contains(&self) || self == Dimension::Flop
    }

    /// What an axis of it is called.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Dimension::Hidden => "Hidden Size",
            Dimension::Vocab => "Vocabulary",
            Dimension::Ffn => "MLP Width",
            Dimension::Heads => "Heads",
            Dimension::KvHeads => "Heads of Keys",
            Dimension::HeadDim => "Head Dim",
            Dimension::Series => "h/a",
            Dimension::Seq => "Sequence Length",
            Dimension::Batch => "Micro-Batch",
            Dimension::SeqKey => "Length of the Keys",
            Dimension::HeadDimV => "Head Dim of the Values",
            Dimension::TensorParallel => "Tensor-Parallel Ranks",
            Dimension::M => "m",
            Dimension::N => "n",
            Dimension::K => "k",
            Dimension::GemmBatch => "Products in the Batch",
            Dimension::Flop => "FLOP",
            Dimension::Alignment => "Alignment",
            Dimension::Op => "Product",
            Dimension::Pass => "Pass",
            Dimension::Mask => "Mask",
            Dimension::Dtype => "Element Type",
            Dimension::Layout => "Layout",
            Dimension::Engine => "Engine",
            Dimension::Pacing => "Pacing",
            Dimension::Cache => "Cache",
            Dimension::Kernel => "Kernel",
            Dimension::Gpu => "GPU",
        }
    }

    /// In a sentence.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Dimension::Hidden => "hidden size",
            Dimension::Vocab => "vocabulary",
            Dimension::Ffn => "width of the MLP",
            Dimension::Heads => "heads",
            Dimension::KvHeads => "heads of keys",
            Dimension::HeadDim => "head dim",
            Dimension::Series => "h/a",
            Dimension::Seq => "sequence length",
            Dimension::Batch => "micro-batch",
            Dimension::SeqKey => "length of the keys",
            Dimension::HeadDimV => "head dim of the values",
            Dimension::TensorParallel => "tensor-parallel ranks",
            Dimension::GemmBatch => "products in the batch",
            Dimension::Flop => "FLOP",
            Dimension::Gpu => "GPU",
            other => other.as_str(),
        }
    }

    /// The field's letter for it, as in `a=12`.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Dimension::Hidden => "h",
            Dimension::Vocab => "v",
            Dimension::Heads => "a",
            Dimension::KvHeads => "kv",
            Dimension::HeadDim => "d",
            Dimension::Series => "h/a",
            Dimension::Seq => "s",
            Dimension::Batch => "b",
            Dimension::SeqKey => "keys",
            Dimension::TensorParallel => "tp",
            Dimension::GemmBatch => "batch",
            other => other.as_str(),
        }
    }

    /// What a point has of it, 0 where its product has no such thing. Of the card, the kernel and the alignment of what
    /// a chart is over no point tells: 0.
    #[must_use]
    pub fn of_point(self, point: &Point) -> u128 {
        let model = &point.model;
        let size = |size: Option<u32>| size.unwrap_or(0).into();
        match self {
            Dimension::Hidden => size(model.hidden.map(|it| it.get())),
            Dimension::Vocab => size(model.vocab.map(|it| it.get())),
            Dimension::Ffn => size(model.ffn.map(|it| it.get())),
            Dimension::Heads => size(model.heads.map(|it| it.get())),
            // As many as the heads, and as long as the queries, where nothing else is said.
            Dimension::KvHeads if point.op.depends_on(KvHeads::NAME) => size(model.kv_heads()),
            Dimension::SeqKey if point.op.depends_on(SeqKey::NAME) => size(model.seq_key()),
            Dimension::HeadDimV if point.op.depends_on(HeadDimV::NAME) => size(model.head_dim_v()),
            Dimension::KvHeads | Dimension::SeqKey | Dimension::HeadDimV => 0,
            Dimension::HeadDim => size(model.head_dim.map(HeadDim::get)),
            Dimension::Series => size(model.series().map(|it| it.get().into())),
            Dimension::Seq => size(model.seq.map(|it| it.get())),
            Dimension::Batch => size(model.batch.map(|it| it.get())),
            Dimension::TensorParallel => size(point.tensor_parallel()),
            Dimension::M => point.gemm.m().into(),
            Dimension::N => point.gemm.n().into(),
            Dimension::K => point.gemm.k().into(),
            Dimension::GemmBatch => point.gemm.gemm_batch().into(),
            Dimension::Flop => point.flop(),
            Dimension::Op => point.op as u128,
            Dimension::Pass => point.pass as u128,
            Dimension::Mask => point.mask as u128,
            Dimension::Dtype => point.dtype as u128,
            Dimension::Layout => point.layout as u128,
            Dimension::Engine => point.engine as u128,
            Dimension::Pacing => point.pacing as u128,
            Dimension::Cache => point.cache as u128,
            Dimension::Alignment | Dimension::Kernel | Dimension::Gpu => 0,
        }
    }

    /// One of its values as text: a number, or the word of its column.
    #[must_use]
    pub fn value_in_words(self, value: u128) -> String {
        let rank = usize::try_from(value).unwrap_or(usize::MAX);
        let word = match self {
            Dimension::Op => Op::ALL.get(rank).map(|it| it.as_str()),
            Dimension::Pass => Pass::ALL.get(rank).map(|it| it.as_str()),
            Dimension::Mask => Mask::ALL.get(rank).map(|it| it.as_str()),
            Dimension::Dtype => Dtype::ALL.get(rank).map(|it| it.as_str()),
            Dimension::Layout => Layout::ALL.get(rank).map(|it| it.as_str()),
            Dimension::Engine => Engine::ALL.get(rank).map(|it| it.as_str()),
            Dimension::Pacing => Pacing::ALL.get(rank).map(|it| it.as_str()),
            Dimension::Cache => Cache::ALL.get(rank).map(|it| it.as_str()),
            Dimension::Alignment if value == 1 => Some("odd"),
            Dimension::Alignment => return format!("divisible by {value}"),
            _ => None,
        };
        word.map_or_else(|| value.to_string(), str::to_owned)
    }

    /// The value of a word or number of its column; none for what its column cannot hold.
    fn value_of_word(self, word: &str) -> Option<u128> {
        fn rank<T: std::str::FromStr>(word: &str, rank: fn(T) -> u128) -> Option<u128> {
            word.parse().ok().map(rank)
        }
        match self {
            Dimension::Op => rank(word, |it: Op| it as u128),
            Dimension::Pass => rank(word, |it: Pass| it as u128),
            Dimension::Mask => rank(word, |it: Mask| it as u128),
            Dimension::Dtype => rank(word, |it: Dtype| it as u128),
            Dimension::Layout => rank(word, |it: Layout| it as u128),
            Dimension::Engine => rank(word, |it: Engine| it as u128),
            Dimension::Pacing => rank(word, |it: Pacing| it as u128),
            Dimension::Cache => rank(word, |it: Cache| it as u128),
            Dimension::Alignment | Dimension::Kernel | Dimension::Gpu => None,
            _ => word.parse().ok().filter(|size| *size > 0),
        }
    }

    /// Every word of its column, for messages; none of a size.
    fn words(self) -> Option<String> {
        let is_word = |word: &String| word.parse::<u128>().is_err();
        let all = (0..).map(|value| self.value_in_words(value)).take_while(is_word);
        let all: Vec<String> = if self == Dimension::Alignment { Vec::new() } else { all.collect() };
        (!all.is_empty()).then(|| all.join(", "))
    }
}

/// The largest power of two that divides a size, at most 64.
#[must_use]
pub fn alignment(size: u128) -> u128 {
    if size == 0 { 0 } else { 1 << size.trailing_zeros().min(6) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::made_up;

    #[test]
    fn a_product_is_told_by_the_sizes_of_its_model_or_by_its_own() {
        let sizes = |op| Dimension::sizes_of(op).map(Dimension::as_str).collect::<Vec<_>>().join(" ");
        assert_eq!(sizes(Op::Score), "hidden heads kv_heads head_dim seq batch seq_key tensor_parallel");
        assert_eq!(sizes(Op::MlpUp), "hidden ffn seq batch tensor_parallel");
        assert_eq!(sizes(Op::Softmax), "heads seq batch seq_key tensor_parallel");
        assert_eq!(sizes(Op::Logits), "hidden vocab seq batch tensor_parallel");
        assert_eq!((sizes(Op::Gemm), sizes(Op::Bmm)), ("m n k".to_owned(), "m n k gemm_batch".to_owned()));
    }

    #[test]
    fn a_point_s_sizes_are_those_of_its_columns() {
        let point = made_up::point(Op::Score, 96);
        let value = |dimension: Dimension| dimension.of_point(&point);
        assert_eq!([Dimension::Hidden, Dimension::HeadDim, Dimension::Series].map(value), [1152, 96, 32]);
        assert_eq!(
            [Dimension::KvHeads, Dimension::SeqKey, Dimension::TensorParallel].map(value),
            [12, 2048, 1]
        );
        assert_eq!(
            [Dimension::M, Dimension::N, Dimension::K, Dimension::GemmBatch].map(value),
            [2048, 2048, 96, 48]
        );
        assert_eq!((value(Dimension::Flop), value(Dimension::Vocab)), (point.flop(), 0));
        assert_eq!(Dimension::Dtype.value_in_words(value(Dimension::Dtype)), "f16");
    }

    #[test]
    fn alignment_is_to_any_size_what_series_are_to_head_dims() {
        assert_eq!([50_257, 50_258, 50_304, 96, 4096].map(alignment), [1, 2, 64, 32, 64]);
        let words = [1, 8].map(|value| Dimension::Alignment.value_in_words(value));
        assert_eq!(words, ["odd", "divisible by 8"]);
    }
}

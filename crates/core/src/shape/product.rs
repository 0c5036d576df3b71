//! A product of a model out of the model's sizes.

use crate::shape::dimension::{
    DimensionError, HeadDim, Heads, Hidden, KvHeads, Seq, SeqKey, TensorParallel, Vocab,
};
use crate::shape::gemm::Gemm;
use crate::shape::model::ModelSizes;
use crate::shape::op::{Needs, Op, Pass, Products, Side, Work};
use crate::shape::vocabulary::{Dtype, Mask};
use std::fmt;

/// What one device computes of an op, and the model that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Product {
    /// Which product of a layer, or a `gemm` or `bmm`.
    pub op: Op,
    /// Forward, or one of its gradients.
    pub pass: Pass,
    /// Which keys the queries look at, where the op is fused.
    pub mask: Mask,
    /// The sizes that it depends on, in their one form.
    pub model: ModelSizes,
    /// One tensor-parallel rank's share, or all of it.
    pub gemm: Gemm,
}

/// What tensor parallelism made more than the whole: some share of it is computed for nothing, or twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Adjustment {
    /// The ranks do not divide the vocabulary, which is padded until they do.
    PaddedVocab {
        /// The vocabulary.
        vocab: u32,
        /// The ranks.
        ranks: u32,
    },
    /// There are more ranks than heads of keys: several ranks have the same one.
    SharedKeys {
        /// Heads of keys.
        kv_heads: u32,
        /// The ranks.
        ranks: u32,
    },
}

impl fmt::Display for Adjustment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Adjustment::PaddedVocab { vocab, ranks } => {
                let padded = u64::from(vocab).next_multiple_of(ranks.into());
                write!(
                    f,
                    "vocab {vocab} is padded to {padded}, so that {ranks} tensor-parallel ranks divide it"
                )
            }
            Adjustment::SharedKeys { kv_heads, ranks } => {
                let shared = ranks / kv_heads;
                write!(
                    f,
                    "kv_heads {kv_heads} are fewer than the {ranks} tensor-parallel ranks: {shared} ranks compute \
                     the same keys and values"
                )
            }
        }
    }
}

/// Sizes of a model that make no such product.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProductError {
    /// A size that the op depends on is not there.
    #[error("op {op} depends on {size}")]
    Missing {
        /// The op.
        op: Op,
        /// The size.
        size: &'static str,
    },
    /// A `gemm` or `bmm` is of no model: its own sizes make it.
    #[error("op {0} is of no model: it has m, n and k of its own")]
    OfNoModel(Op),
    /// Heads that are not shared evenly by the heads of keys.
    #[error("heads = {heads} is not a multiple of kv_heads = {kv_heads}")]
    UnevenGroups {
        /// Attention heads.
        heads: u32,
        /// Heads of keys.
        kv_heads: u32,
    },
    /// A size that the ranks do not divide, and that cannot be padded.
    #[error("{size} = {value} is not a multiple of tensor_parallel = {ranks}")]
    UnevenShares {
        /// Which size.
        size: &'static str,
        /// Its value.
        value: u32,
        /// The ranks.
        ranks: u32,
    },
    /// Heads of keys that neither divide the ranks nor are divided by them.
    #[error("kv_heads = {kv_heads} and tensor_parallel = {ranks}: want one to be a multiple of the other")]
    UnevenKeys {
        /// Heads of keys.
        kv_heads: u32,
        /// The ranks.
        ranks: u32,
    },
    /// A pass that the op does not have.
    #[error("op {op} has no pass {pass}: want {}", words(.op.passes()))]
    NoSuchPass {
        /// The op.
        op: Op,
        /// The pass.
        pass: Pass,
    },
    /// A mask of an op that has none.
    #[error("op {op} has no mask")]
    NoMask {
        /// The op.
        op: Op,
    },
    /// A causal mask where there are not as many keys as queries: which key is a query's own nobody could say.
    #[error(
        "mask = causal with seq_key = {seq_key} other than seq = {seq}: want mask = none, or as many keys as queries"
    )]
    CausalKeys {
        /// The queries.
        seq: u32,
        /// The keys.
        seq_key: u32,
    },
    /// A size, or a product of sizes, out of range.
    #[error(transparent)]
    Dimension(#[from] DimensionError),
}

fn words(passes: &[Pass]) -> String {
    passes.iter().map(|pass| pass.as_str()).collect::<Vec<_>>().join(", ")
}

impl ProductError {
    /// Whether a size does not divide another.
    #[must_use]
    pub(crate) fn is_uneven(&self) -> bool {
        use ProductError::{UnevenGroups, UnevenKeys, UnevenShares};
        matches!(self, UnevenGroups { .. } | UnevenShares { .. } | UnevenKeys { .. })
    }

    /// The key of a spec whose value does not fit the others.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            ProductError::UnevenGroups { .. } => KvHeads::NAME,
            ProductError::UnevenShares { .. } | ProductError::UnevenKeys { .. } => TensorParallel::NAME,
            ProductError::Missing { size, .. } => size,
            ProductError::OfNoModel(_) => Op::NAME,
            ProductError::NoSuchPass { .. } => Pass::NAME,
            ProductError::NoMask { .. } => Mask::NAME,
            ProductError::CausalKeys { .. } => SeqKey::NAME,
            ProductError::Dimension(error) => error.name,
        }
    }
}

impl Product {
    /// What one of `tensor_parallel` ranks computes of an op of a model; without a number of ranks, all of it.
    ///
    /// The ranks share the heads, the width of the MLP and the vocabulary, as Megatron-LM's do (arXiv 1909.08053,
    /// section 3), and all have the tokens and the hidden size. A vocabulary is padded until the ranks divide it.
    /// Heads of keys that are fewer than the ranks are computed by several of them.
    ///
    /// Heads that share keys are one product, whose m is their queries one below the other: queries of
    /// b × a × s × d, as they are stored, are b·kv matrices of (a / kv)·s × d.
    ///
    /// ```
    /// use hovera_core::{Ffn, Heads, Hidden, HeadDim, KvHeads, Batch, Seq, ModelSizes, Op, Pass, Product};
    /// let llama_3_8b = ModelSizes {
    ///     heads: Some(Heads::new(32)?), head_dim: Some(HeadDim::new(128)?), kv_heads: Some(KvHeads::new(8)?),
    ///     hidden: Some(Hidden::new(4096)?), ffn: Some(Ffn::new(14_336)?),
    ///     batch: Some(Batch::new(1)?), seq: Some(Seq::new(8192)?), ..ModelSizes::default()
    /// };
    /// let qkv = Product::of_model(Op::Qkv, Pass::Forward, &llama_3_8b).unwrap().gemm;
    /// assert_eq!((qkv.m(), qkv.n(), qkv.k()), (8192, (32 + 2 * 8) * 128, 4096));
    /// let score = Product::of_model(Op::Score, Pass::Forward, &llama_3_8b).unwrap().gemm;
    /// assert_eq!((score.gemm_batch(), score.m(), score.n(), score.k()), (8, 4 * 8192, 8192, 128));
    /// # Ok::<(), hovera_core::DimensionError>(())
    /// ```
    ///
    /// # Errors
    /// [`ProductError`]: what is missing, or does not divide, or is too large for BLAS.
    pub fn of_model(op: Op, pass: Pass, sizes: &ModelSizes) -> Result<Product, ProductError> {
        if !op.is_of_layer() {
            return Err(ProductError::OfNoModel(op));
        }
        if !op.passes().contains(&pass) {
            return Err(ProductError::NoSuchPass { op, pass });
        }
        let model = sizes.in_one_form(op)?;
        let ranks = sizes.tensor_parallel.map_or(1, TensorParallel::get);
        let share = Share { op, model: &model, ranks };
        let [m, n, k] = op.sides(pass).map(|side| share.side(side));
        let gemm_batch = match op.products() {
            Products::PerHead => share.batch()? * u64::from(share.kv_heads()?),
            Products::PerQueryHead => share.batch()? * u64::from(share.heads()?),
            Products::One | Products::Any => 1,
        };
        Ok(Product { op, pass, mask: Mask::None, model, gemm: Gemm::new(gemm_batch, m?, n?, k?)? })
    }

    /// The same under a mask.
    ///
    /// # Errors
    /// [`ProductError::NoMask`] for a mask of what is not fused, [`ProductError::CausalKeys`] for a causal one where
    /// keys are not as many as queries.
    pub fn masked(self, mask: Mask) -> Result<Product, ProductError> {
        match (mask, self.model.seq.zip(self.model.seq_key)) {
            (Mask::Causal, _) if !self.op.is_fused() => Err(ProductError::NoMask { op: self.op }),
            (Mask::Causal, Some((seq, seq_key))) => {
                Err(ProductError::CausalKeys { seq: seq.get(), seq_key: seq_key.get() })
            }
            _ => Ok(Product { mask, ..self }),
        }
    }

    /// Floating-point operations of one launch: those of its GEMM.
    ///
    /// Of fused attention those of its products of matrices, and none of the softmax between them: forward
    /// 2·b·a·s·t·(d + e), for s queries, t keys, head dim d and e of the values, which is 4·b·a·s·t·d where both are one;
    /// backward 2·b·a·s·t·(3·d + 2·e), 2.5 times as many, for the scores are computed anew. Half of them under a causal
    /// mask. These are the conventions of FlashAttention's benchmarks (arXiv 2307.08691, section 4.1).
    ///
    /// Of a softmax [five for each element](SOFTMAX_FLOP).
    #[must_use]
    pub fn flop(&self) -> u128 {
        match self.op.work() {
            Work::Product => return self.gemm.flop(),
            Work::Rows => return SOFTMAX_FLOP * self.gemm.c_len(),
            Work::Fused => {}
        }
        let (d, e) = (u128::from(self.gemm.k()), u128::from(self.head_dim_v()));
        let widths = if self.pass == Pass::Backward { 3 * d + 2 * e } else { d + e };
        let scores = self.gemm.c_len();
        if self.mask == Mask::Causal { scores * widths } else { 2 * scores * widths }
    }

    /// The least memory traffic of one launch in bytes: that of its GEMM.
    ///
    /// Of fused attention Q, K, V and O, which is all that its forward pass reads and writes. Its backward pass reads
    /// these, the gradient of O and an fp32 number of each query, and writes the gradients of Q, K and V.
    ///
    /// Of a softmax its matrix, read once and written once.
    #[must_use]
    pub fn bytes(&self, dtype: Dtype) -> u128 {
        match self.op.work() {
            Work::Product => return self.gemm.bytes(dtype),
            Work::Rows => return 2 * u128::from(dtype.size()) * self.gemm.c_len(),
            Work::Fused => {}
        }
        let (batch, queries, keys) =
            (u128::from(self.gemm.gemm_batch()), u128::from(self.gemm.m()), u128::from(self.gemm.n()));
        let rows = batch * (queries + keys);
        let width = u128::from(self.gemm.k()) + u128::from(self.head_dim_v());
        let matrices = u128::from(dtype.size()) * rows * width;
        match self.pass {
            Pass::Backward => 2 * matrices + size_of::<f32>() as u128 * batch * queries,
            _ => matrices,
        }
    }

    /// What [`flop`](Product::flop) and [`bytes`](Product::bytes) count of an op where that is a convention, and not
    /// simply what its GEMM has: of fused attention, by its two passes, and of a softmax.
    #[must_use]
    pub fn conventions(op: Op) -> Option<[&'static str; 2]> {
        match op.work() {
            Work::Product => None,
            Work::Fused => Some([
                "2*b*a*s*t*(d + e) forward, which is 4*b*a*s*t*d where the values are as wide as the keys (e = d); \
                 2*b*a*s*t*(3*d + 2*e) backward, 2.5 times that; half of either where mask = causal; none for the softmax",
                "Q, K, V and O once each forward; backward these, the gradient of each, and 4 bytes for each query",
            ]),
            Work::Rows => Some([
                "5*b*a*s*t: largest of a row, difference, exponential, sum and quotient, one each of an element",
                "the scores read once and the probabilities written once",
            ]),
        }
    }

    /// Why nothing that is known computes it on a GPU, of fused attention: cuDNN's kernels load
    /// [`FUSED_ROW_BYTES`] at once, do not check that rows are as long, and compute something else where they are
    /// not refused.
    #[must_use]
    pub fn narrow_rows(&self, dtype: Dtype) -> Option<String> {
        let widths = [self.gemm.k(), self.head_dim_v()];
        self.op.is_fused().then(|| narrow_rows(widths, dtype.size())).flatten()
    }

    /// What a row of V, and of O, is wide: of fused attention alone.
    pub(crate) fn head_dim_v(&self) -> u32 {
        self.model.head_dim_v.map_or(self.gemm.k(), |head_dim_v| head_dim_v.get())
    }

    /// A `gemm` or `bmm`.
    ///
    /// # Errors
    /// [`ProductError::Missing`] for an op of a layer, whose sizes a GEMM does not tell.
    pub(crate) fn of_no_model(op: Op, gemm: Gemm) -> Result<Product, ProductError> {
        match op.is_of_layer() {
            true => Err(ProductError::Missing { op, size: "hidden" }),
            false => {
                let (pass, mask, model) = (Pass::Forward, Mask::None, ModelSizes::default());
                Ok(Product { op, pass, mask, model, gemm })
            }
        }
    }

    /// What tensor parallelism made more than the whole.
    #[must_use]
    pub fn adjustment(&self, ranks: u32) -> Option<Adjustment> {
        let kv_heads = self.model.kv_heads().filter(|_| self.op.needs().has(Needs::KV_HEADS));
        match (self.model.vocab.map(Vocab::get), kv_heads) {
            (Some(vocab), _) if !vocab.is_multiple_of(ranks) => {
                Some(Adjustment::PaddedVocab { vocab, ranks })
            }
            (_, Some(kv_heads)) if kv_heads < ranks => Some(Adjustment::SharedKeys { kv_heads, ranks }),
            _ => None,
        }
    }
}

/// Floating-point operations of a softmax for each element: the comparison for the largest of its row, the difference from
/// it, the exponential, the sum and the quotient. ELECTRA's count of a transformer's FLOP has the same five
/// (`SOFTMAX_FLOPS` in google-research/electra, flops_computation.py), and so many TensorFlow's profiler
/// (flops_registry.py).
pub const SOFTMAX_FLOP: u128 = 5;

/// The bytes that kernels of fused attention load at once.
pub const FUSED_ROW_BYTES: u32 = 16;

/// Why no fused attention is computed of heads of these widths, of keys and of values, in elements of so many bytes.
#[must_use]
pub fn narrow_rows([head_dim, head_dim_v]: [u32; 2], element_bytes: u32) -> Option<String> {
    let multiple = FUSED_ROW_BYTES / element_bytes;
    let rows = [("head_dim", head_dim), ("head_dim_v", head_dim_v)];
    let (name, width) = rows.into_iter().find(|(_, width)| !width.is_multiple_of(multiple))?;
    Some(format!(
        "{name} {width}: cuDNN's fused attention has heads of multiples of {multiple} alone, and computes others \
         wrong where it does not refuse them"
    ))
}

impl ModelSizes {
    /// The sizes that an op depends on, and no others, as they are where two equal products have equal ones.
    fn in_one_form(&self, op: Op) -> Result<ModelSizes, ProductError> {
        let needs = op.needs();
        let is_of_seq = |key: &SeqKey| Some(key.get()) == self.seq.map(Seq::get);
        let mut model = ModelSizes {
            heads: self.heads.filter(|_| needs.has(Needs::HEADS)),
            batch: self.batch,
            seq: self.seq,
            hidden: self.hidden.filter(|_| needs.has(Needs::HIDDEN)),
            head_dim: self.head_dim.filter(|_| needs.has(Needs::HEAD_DIM)),
            kv_heads: self.kv_heads.filter(|_| needs.has(Needs::KV_HEADS)),
            seq_key: self.seq_key.filter(|key| needs.has(Needs::SEQ_KEY) && !is_of_seq(key)),
            ffn: self.ffn.filter(|_| needs.has(Needs::FFN)),
            vocab: self.vocab.filter(|_| needs.has(Needs::VOCAB)),
            tensor_parallel: None,
            head_dim_v: self.head_dim_v.filter(|of_values| {
                needs.has(Needs::HEAD_DIM_V) && Some(of_values.get()) != self.head_dim.map(HeadDim::get)
            }),
        };
        if op == Op::Key {
            // Its heads are those of keys.
            model.kv_heads =
                self.kv_heads.or(self.heads.map(|heads| KvHeads::new(heads.get().into())).transpose()?);
            model.heads = None;
        } else {
            model.kv_heads = model.kv_heads.filter(|kv| Some(kv.get()) != self.heads.map(Heads::get));
        }
        if op.is_of_attention() {
            model.hidden = self.width_of_heads()?;
        } else {
            let one = || TensorParallel::new(1);
            model.tensor_parallel = Some(self.tensor_parallel.map_or_else(one, Ok)?);
        }
        Ok(model)
    }

    /// A product of attention does not depend on the hidden size beside its heads: it is a·d, or what that was rounded
    /// down from.
    fn width_of_heads(&self) -> Result<Option<Hidden>, DimensionError> {
        let (Some(heads), Some(head_dim)) = (self.heads, self.head_dim) else { return Ok(None) };
        let (heads, head_dim) = (heads.get(), head_dim.get());
        match self.hidden {
            Some(hidden) if hidden.get() / heads == head_dim => Ok(Some(hidden)),
            _ => Hidden::new(u64::from(heads) * u64::from(head_dim)).map(Some),
        }
    }
}

/// One rank's share of an op.
pub(super) struct Share<'m> {
    pub(super) op: Op,
    pub(super) model: &'m ModelSizes,
    pub(super) ranks: u32,
}

impl Share<'_> {
    fn known<T>(&self, size: &'static str, value: Option<T>) -> Result<T, ProductError> {
        value.ok_or(ProductError::Missing { op: self.op, size })
    }

    fn divided(&self, size: &'static str, value: u32) -> Result<u32, ProductError> {
        match value.is_multiple_of(self.ranks) {
            true => Ok(value / self.ranks),
            false => Err(ProductError::UnevenShares { size, value, ranks: self.ranks }),
        }
    }

    pub(super) fn batch(&self) -> Result<u64, ProductError> {
        Ok(self.known("batch", self.model.batch)?.get().into())
    }

    fn seq(&self) -> Result<u64, ProductError> {
        Ok(self.known("seq", self.model.seq)?.get().into())
    }

    fn head_dim(&self) -> Result<u64, ProductError> {
        Ok(self.known("head_dim", self.model.head_dim)?.get().into())
    }

    pub(super) fn heads(&self) -> Result<u32, ProductError> {
        self.divided("heads", self.known("heads", self.model.heads)?.get())
    }

    /// Heads of keys, and of values.
    pub(super) fn kv_heads(&self) -> Result<u32, ProductError> {
        let kv_heads = self.known("kv_heads", self.model.kv_heads())?;
        if let Some(heads) = self.model.heads.map(Heads::get) {
            if !heads.is_multiple_of(kv_heads) {
                return Err(ProductError::UnevenGroups { heads, kv_heads });
            }
            self.heads()?;
        }
        match (kv_heads.is_multiple_of(self.ranks), self.ranks.is_multiple_of(kv_heads)) {
            (true, _) => Ok(kv_heads / self.ranks),
            (false, true) => Ok(1),
            (false, false) => Err(ProductError::UnevenKeys { kv_heads, ranks: self.ranks }),
        }
    }

    /// A size of the GEMM.
    ///
    /// # Errors
    /// As [`Product::of_model`].
    pub(super) fn side(&self, side: Side) -> Result<u64, ProductError> {
        Ok(match side {
            Side::Tokens => self.batch()? * self.seq()?,
            // Each head of keys is that of as many heads.
            Side::Seq => u64::from(self.heads()? / self.kv_heads()?) * self.seq()?,
            Side::SeqKey => self.known("seq", self.model.seq_key())?.into(),
            Side::HeadDim => self.head_dim()?,
            Side::Hidden => self.known("hidden", self.model.hidden)?.get().into(),
            Side::HeadsWidth => u64::from(self.heads()?) * self.head_dim()?,
            Side::KeysWidth => u64::from(self.kv_heads()?) * self.head_dim()?,
            Side::QkvWidth => {
                (u64::from(self.heads()?) + 2 * u64::from(self.kv_heads()?)) * self.head_dim()?
            }
            Side::MlpWidth => self.divided("ffn", self.known("ffn", self.model.ffn)?.get())?.into(),
            Side::Vocabulary => self.known("vocab", self.model.vocab)?.get().div_ceil(self.ranks).into(),
            Side::One => 1,
            Side::Free => return Err(ProductError::OfNoModel(self.op)),
        })
    }
}

#[cfg(test)]
mod tests;

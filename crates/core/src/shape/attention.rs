//! The shape of an attention layer and the GEMMs it asks for.

use crate::shape::dimension::{Batch, DimensionError, HeadDim, Heads, Hidden, Seq, TensorParallel, checked};
use crate::shape::gemm::Gemm;
use crate::shape::model::ModelSizes;
use crate::shape::op::{Op, Pass};
use crate::shape::product::Product;
use crate::shape::series::Series;

/// An attention layer: `a` heads of head dim `d`, micro-batch `b`, sequence length `s`.
///
/// ```
/// use hovera_core::{AttentionShape, Batch, HeadDim, Heads, Op, Seq};
/// let shape = AttentionShape::from_head_dim(
///     Heads::new(12)?, Batch::new(4)?, Seq::new(2048)?, HeadDim::new(64)?,
/// )?;
/// assert_eq!(shape.hidden().get(), 768);
/// assert_eq!(shape.series().get(), 64);
/// let gemm = shape.gemm(Op::Score).unwrap();
/// assert_eq!((gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()), (48, 2048, 2048, 64));
/// assert_eq!(gemm.flop(), 25_769_803_776);
/// # Ok::<(), hovera_core::ShapeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttentionShape {
    heads: Heads,
    batch: Batch,
    seq: Seq,
    hidden: Hidden,
    head_dim: HeadDim,
}

/// Sizes that make no attention layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A size, or a product of sizes, out of range.
    #[error(transparent)]
    Dimension(#[from] DimensionError),
    /// A hidden size that the heads do not divide.
    #[error("hidden = {hidden} is not a multiple of heads = {heads}")]
    Remainder {
        /// The hidden size.
        hidden: Hidden,
        /// The heads.
        heads: Heads,
    },
}

impl AttentionShape {
    /// The layer whose hidden size is `heads · head_dim`.
    ///
    /// # Errors
    /// [`ShapeError::Dimension`] when `heads · head_dim` or `batch · heads` is too large for BLAS.
    pub fn from_head_dim(
        heads: Heads,
        batch: Batch,
        seq: Seq,
        head_dim: HeadDim,
    ) -> Result<AttentionShape, ShapeError> {
        let hidden = Hidden::new(u64::from(heads.get()) * u64::from(head_dim.get()))?;
        Self::build(heads, batch, seq, hidden, head_dim)
    }

    /// The layer of a hidden size that the heads divide.
    ///
    /// # Errors
    /// [`ShapeError::Remainder`] when they do not divide it, [`ShapeError::Dimension`] when
    /// `batch · heads` is too large for BLAS.
    pub fn from_hidden(
        heads: Heads,
        batch: Batch,
        seq: Seq,
        hidden: Hidden,
    ) -> Result<AttentionShape, ShapeError> {
        if !hidden.get().is_multiple_of(heads.get()) {
            return Err(ShapeError::Remainder { hidden, heads });
        }
        Self::from_hidden_floored(heads, batch, seq, hidden)
    }

    /// As [`AttentionShape::from_hidden`], but with `d = ⌊h/a⌋` where the heads do not divide `h`,
    /// as the original benchmark does. Both numbers are kept.
    ///
    /// # Errors
    /// [`ShapeError::Dimension`] when `h < a`, or `batch · heads` is too large for BLAS.
    pub fn from_hidden_floored(
        heads: Heads,
        batch: Batch,
        seq: Seq,
        hidden: Hidden,
    ) -> Result<AttentionShape, ShapeError> {
        let head_dim = HeadDim::new(u64::from(hidden.get() / heads.get()))?;
        Self::build(heads, batch, seq, hidden, head_dim)
    }

    fn build(
        heads: Heads,
        batch: Batch,
        seq: Seq,
        hidden: Hidden,
        head_dim: HeadDim,
    ) -> Result<AttentionShape, ShapeError> {
        checked("gemm_batch", u128::from(batch.get()) * u128::from(heads.get()))?;
        Ok(Self::of_sizes(heads, batch, seq, hidden, head_dim))
    }

    /// Of sizes that a model has, whatever they are together.
    pub(super) fn of_sizes(
        heads: Heads,
        batch: Batch,
        seq: Seq,
        hidden: Hidden,
        head_dim: HeadDim,
    ) -> AttentionShape {
        AttentionShape { heads, batch, seq, hidden, head_dim }
    }

    /// Attention heads `a`.
    #[must_use]
    pub fn heads(self) -> Heads {
        self.heads
    }

    /// Micro-batch `b`.
    #[must_use]
    pub fn batch(self) -> Batch {
        self.batch
    }

    /// Sequence length `s`.
    #[must_use]
    pub fn seq(self) -> Seq {
        self.seq
    }

    /// Hidden size `h`, as asked for: `a · d`, or more where the remainder was floored.
    #[must_use]
    pub fn hidden(self) -> Hidden {
        self.hidden
    }

    /// Head dim `d`.
    #[must_use]
    pub fn head_dim(self) -> HeadDim {
        self.head_dim
    }

    /// The legend entry.
    #[must_use]
    pub fn series(self) -> Series {
        Series::of_head_dim(self.head_dim)
    }

    /// Heads, batch, seq, hidden and head dim, in the order of a results file's columns.
    #[must_use]
    pub fn sizes(self) -> [u32; 5] {
        [self.heads.get(), self.batch.get(), self.seq.get(), self.hidden.get(), self.head_dim.get()]
    }

    /// The GEMM of a product of attention ([`Op::is_of_attention`]), as one device computes all of it. `score`: m = s,
    /// n = s, k = d. `values`: m = s, n = d, k = s. Both run b·a products. None for any other op.
    #[must_use]
    pub fn gemm(self, op: Op) -> Option<Gemm> {
        self.share(op, 1)
    }

    /// What one of `ranks` tensor-parallel ranks computes of such an op: the products of a/ranks heads. None
    /// where the ranks do not divide the heads, and for any other op.
    #[must_use]
    pub fn share(self, op: Op, ranks: u32) -> Option<Gemm> {
        let tensor_parallel = Some(TensorParallel::new(ranks.into()).ok()?);
        let sizes = ModelSizes { tensor_parallel, ..self.into() };
        let product = op.is_of_attention().then(|| Product::of_model(op, Pass::Forward, &sizes).ok())??;
        Some(product.gemm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dims(a: u64, b: u64, s: u64) -> (Heads, Batch, Seq) {
        (Heads::new(a).unwrap(), Batch::new(b).unwrap(), Seq::new(s).unwrap())
    }

    #[test]
    fn the_published_charts_right_end() {
        let (a, b, s) = dims(12, 4, 2048);
        let shape = AttentionShape::from_head_dim(a, b, s, HeadDim::new(2730).unwrap()).unwrap();
        assert_eq!(shape.hidden().get(), 32_760);
        // 2 · 48 · 2048 · 2048 · 2730, by hand.
        assert_eq!(shape.gemm(Op::Score).unwrap().flop(), 1_099_243_192_320);
        assert_eq!(shape.gemm(Op::Values).unwrap().flop(), 1_099_243_192_320);
        let values = shape.gemm(Op::Values).unwrap();
        assert_eq!((values.m(), values.n(), values.k()), (2048, 2730, 2048));
    }

    #[test]
    fn a_remainder_is_refused_or_floored_with_both_numbers_kept() {
        let (a, b, s) = dims(12, 4, 2048);
        let h = Hidden::new(4096).unwrap();
        assert_eq!(
            AttentionShape::from_hidden(a, b, s, h).unwrap_err().to_string(),
            "hidden = 4096 is not a multiple of heads = 12"
        );
        let floored = AttentionShape::from_hidden_floored(a, b, s, h).unwrap();
        assert_eq!((floored.hidden().get(), floored.head_dim().get()), (4096, 341));
        let small = AttentionShape::from_hidden_floored(a, b, s, Hidden::new(11).unwrap());
        assert_eq!(small.unwrap_err().to_string(), "head_dim = 0: want 1 to 2147483647");
    }

    #[test]
    fn a_layer_has_the_gemms_of_attention_and_no_other() {
        let (a, b, s) = dims(12, 4, 2048);
        let shape = AttentionShape::from_head_dim(a, b, s, HeadDim::new(64).unwrap()).unwrap();
        for op in Op::ALL {
            assert_eq!(shape.gemm(*op).is_some(), op.is_of_attention(), "{op}");
        }
    }

    #[test]
    fn ranks_share_the_heads() {
        let (a, b, s) = dims(12, 4, 2048);
        let shape = AttentionShape::from_head_dim(a, b, s, HeadDim::new(64).unwrap()).unwrap();
        let share = |ranks| shape.share(Op::Values, ranks).map(|gemm| (gemm.gemm_batch(), gemm.n()));
        assert_eq!(share(1), shape.gemm(Op::Values).map(|gemm| (gemm.gemm_batch(), gemm.n())));
        assert_eq!((share(1), share(4), share(12)), (Some((48, 64)), Some((12, 64)), Some((4, 64))));
        assert_eq!((share(0), share(5), share(24)), (None, None, None));
        assert_eq!(shape.gemm(Op::Qkv), None);
    }

    #[test]
    fn a_product_of_legal_sizes_can_be_illegal() {
        let (a, b, s) = dims(65_536, 65_536, 1);
        let error = AttentionShape::from_head_dim(a, b, s, HeadDim::new(1).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "gemm_batch = 4294967296: want 1 to 2147483647");
        let error = AttentionShape::from_head_dim(a, dims(1, 1, 1).1, s, HeadDim::new(65_536).unwrap());
        assert_eq!(error.unwrap_err().to_string(), "hidden = 4294967296: want 1 to 2147483647");
    }

    proptest! {
        #[test]
        fn both_ops_do_the_same_work(a in 1u64..200, b in 1u64..50, s in 1u64..9000, d in 1u64..9000) {
            let (a, b, s) = dims(a, b, s);
            let shape = AttentionShape::from_head_dim(a, b, s, HeadDim::new(d).unwrap()).unwrap();
            prop_assert_eq!(shape.gemm(Op::Score).unwrap().flop(), shape.gemm(Op::Values).unwrap().flop());
            prop_assert_eq!(shape, AttentionShape::from_hidden(a, b, s, shape.hidden()).unwrap());
        }
    }
}

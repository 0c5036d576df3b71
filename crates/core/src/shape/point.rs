//! One thing to measure.

use crate::shape::attention::AttentionShape;
use crate::shape::gemm::Gemm;
use crate::shape::op::{Op, Products, Side};
use crate::shape::series::Series;
use crate::shape::vocabulary::{Cache, Dtype, Engine, Layout, Pacing};
use serde::{Deserialize, Serialize};

/// One point of a sweep: what is computed, by what, on which operands, and how it is paced.
/// Two results of equal points on one device are measurements of the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Point {
    /// Which product.
    pub op: Op,
    /// Element type.
    pub dtype: Dtype,
    /// How A and B are stored.
    pub layout: Layout,
    /// What computes it.
    pub engine: Engine,
    /// What the device does between measurements.
    pub pacing: Pacing,
    /// What the caches hold.
    pub cache: Cache,
    /// The whole layer that the product is of; none for a `gemm` or `bmm`, which is of no layer.
    pub layer: Option<AttentionShape>,
    /// The product that one device computes: the layer's, or one rank's share of it.
    pub gemm: Gemm,
}

/// A GEMM that is none of what its point says it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{size} = {value}: want {want}")]
#[non_exhaustive]
pub struct Misfit {
    /// Which size, as the results file names it: `gemm_batch`, `m`, `n` or `k`.
    pub size: &'static str,
    /// Its value.
    pub value: u32,
    /// What would fit.
    pub want: String,
}

impl Point {
    /// The batched GEMM this point times.
    #[must_use]
    pub fn gemm(&self) -> Gemm {
        self.gemm
    }

    /// Floating-point operations of one launch.
    #[must_use]
    pub fn flop(&self) -> u128 {
        self.gemm.flop()
    }

    /// The least memory traffic of one launch, which is also what the operands and result occupy.
    #[must_use]
    pub fn bytes(&self) -> u128 {
        self.gemm.bytes(self.dtype)
    }

    /// The legend entry; none of a product of no layer.
    #[must_use]
    pub fn series(&self) -> Option<Series> {
        Some(self.layer?.series())
    }

    /// Over how many tensor-parallel ranks the heads of an attention product are shared: b·a over the
    /// products that this device computes. None for other ops.
    #[must_use]
    pub fn tensor_parallel(&self) -> Option<u32> {
        let layer = self.layer.filter(|_| self.op.products() == Products::PerHead)?;
        Some(layer.batch().get() * layer.heads().get() / self.gemm.gemm_batch())
    }

    /// What m, n and k of this point's GEMM are.
    #[must_use]
    pub fn sides(&self) -> [Side; 3] {
        let [m, n, k] = self.op.sides();
        let is_k = |size: u32| self.layer.and_then(|layer| layer.side(k)) == Some(size.into());
        if self.op.may_be_turned() && is_k(self.gemm.n()) { [m, k, n] } else { [m, n, k] }
    }

    /// Compares the GEMM with the op and the layer, as far as they determine it ([`Point::sides`]). `score` and
    /// `values`: [`AttentionShape::share`] for some number of ranks. The other products of a layer have one
    /// row for each token, m = b·s. Their hidden side is h: k of `qkv`, `mlp_up` and `logits`, n of
    /// `projection` and `mlp_down`. What the other side is a rank's share of depends on more than the
    /// layer's sizes. The original benchmark runs `logits` the other way round, with h as n: either will do.
    ///
    /// # Errors
    /// [`Misfit`], the first size that cannot be.
    pub fn check(&self) -> Result<(), Misfit> {
        let gemm = self.gemm;
        match (self.op.products(), self.layer) {
            (Products::One, _) => require("gemm_batch", gemm.gemm_batch(), Some(1))?,
            (Products::PerHead, Some(layer)) => check_ranks(layer, gemm)?,
            (Products::PerHead, None) | (Products::Any, _) => {}
        }
        let Some(layer) = self.layer else { return Ok(()) };
        let [m, n, k] = self.sides().map(|side| layer.side(side));
        require("m", gemm.m(), m)?;
        require("n", gemm.n(), n)?;
        require("k", gemm.k(), k)
    }
}

fn require(size: &'static str, value: u32, want: Option<u64>) -> Result<(), Misfit> {
    match want {
        Some(want) if want != u64::from(value) => Err(Misfit { size, value, want: want.to_string() }),
        _ => Ok(()),
    }
}

/// Each rank has whole heads, and as many as any other.
fn check_ranks(layer: AttentionShape, gemm: Gemm) -> Result<(), Misfit> {
    let (batch, heads, products) = (layer.batch().get(), layer.heads().get(), gemm.gemm_batch());
    if products.is_multiple_of(batch) && heads.is_multiple_of(products / batch) {
        return Ok(());
    }
    let want = format!("{}, or one rank's share of it, {batch} for each of its heads", batch * heads);
    Err(Misfit { size: "gemm_batch", value: products, want })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;

    fn point(op: Op, sizes: (u64, u64, u64, u64)) -> Point {
        let layer = op.is_of_layer().then(|| made_up::layer((12, 4, 128, 64)));
        Point { layer, ..made_up::product(op, sizes) }
    }

    fn misfit(op: Op, sizes: (u64, u64, u64, u64)) -> String {
        point(op, sizes).check().unwrap_err().to_string()
    }

    #[test]
    fn a_rank_s_share_tells_how_many_ranks_there_are() {
        for (products, ranks) in [(48, 1), (24, 2), (12, 4), (4, 12)] {
            let point = point(Op::Score, (products, 128, 128, 64));
            assert_eq!((point.check(), point.tensor_parallel()), (Ok(()), Some(ranks)));
        }
        for products in [96, 20, 8 * 4, 2, 1] {
            assert_eq!(
                misfit(Op::Values, (products, 128, 64, 128)),
                format!(
                    "gemm_batch = {products}: want 48, or one rank's share of it, 4 for each of its heads"
                )
            );
        }
        assert_eq!(point(Op::Qkv, (1, 512, 2304, 768)).tensor_parallel(), None);
    }

    #[test]
    fn what_the_layer_determines_must_be_so() {
        assert_eq!(misfit(Op::Score, (48, 128, 64, 128)), "n = 64: want 128");
        assert_eq!(misfit(Op::Values, (48, 64, 64, 128)), "m = 64: want 128");
        for (op, right) in [
            (Op::Qkv, (1, 512, 2304 / 8, 768)),
            (Op::Projection, (1, 512, 768, 768 / 2)),
            (Op::MlpUp, (1, 512, 2048, 768)),
            (Op::MlpDown, (1, 512, 768, 3072)),
            (Op::Logits, (1, 512, 50_257, 768)),
            (Op::Logits, (1, 512, 768, 50_257)),
            (Op::Gemm, (1, 3, 4, 5)),
            (Op::Bmm, (7, 3, 4, 5)),
        ] {
            assert_eq!(point(op, right).check(), Ok(()), "{op}");
        }
        assert_eq!(misfit(Op::Qkv, (1, 512, 2304, 769)), "k = 769: want 768");
        assert_eq!(misfit(Op::Projection, (1, 512, 769, 768)), "n = 769: want 768");
        assert_eq!(misfit(Op::MlpDown, (1, 128, 768, 3072)), "m = 128: want 512");
        assert_eq!(misfit(Op::Logits, (1, 512, 50_257, 769)), "k = 769: want 768");
        assert_eq!(misfit(Op::Logits, (4, 128, 50_257, 768)), "gemm_batch = 4: want 1");
        assert_eq!(misfit(Op::Gemm, (2, 3, 4, 5)), "gemm_batch = 2: want 1");
    }
}

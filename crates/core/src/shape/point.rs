//! One thing to measure.

mod order;

pub use order::PointOrder;

use crate::shape::attention::AttentionShape;
use crate::shape::dimension::Heads;
use crate::shape::gemm::Gemm;
use crate::shape::model::ModelSizes;
use crate::shape::op::{Op, Pass, Products, Side};
use crate::shape::product::{Product, ProductError, Share};
use crate::shape::series::Series;
use crate::shape::vocabulary::{Cache, Dtype, Engine, Layout, Mask, Pacing};
use serde::{Deserialize, Serialize};

/// One point of a sweep: what is computed, by what, on which operands, and how it is paced.
/// Two results of equal points on one device are measurements of the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Point {
    /// Which product.
    pub op: Op,
    /// Forward, or one of its gradients.
    pub pass: Pass,
    /// Which keys the queries look at, where the op is [fused](Op::is_fused); [`Mask::None`] of any other.
    pub mask: Mask,
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
    /// The model that the product is of, as far as it depends on it; nothing for a `gemm` or `bmm`.
    pub model: ModelSizes,
    /// The product that one device computes: the model's, or one rank's share of it. Of fused attention it is that of
    /// the scores; of a softmax m and n are those of its matrices, and k is 1.
    pub gemm: Gemm,
}

/// A GEMM that is none of what its point says it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{size} = {value}: want {want}")]
#[non_exhaustive]
pub struct Misfit {
    /// Which size, as the results file names it: `gemm_batch`, `m`, `n` or `k`, or one of the model's.
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

    /// Floating-point operations of one launch: [`Product::flop`].
    #[must_use]
    pub fn flop(&self) -> u128 {
        self.product().flop()
    }

    /// The least memory traffic of one launch, which is also what the operands and result occupy:
    /// [`Product::bytes`].
    #[must_use]
    pub fn bytes(&self) -> u128 {
        self.product().bytes(self.dtype)
    }

    /// FLOP per byte of the least memory traffic.
    #[must_use]
    pub fn arithmetic_intensity(&self) -> f64 {
        self.flop() as f64 / self.bytes() as f64
    }

    /// What it computes, whatever computes it and how.
    #[must_use]
    pub fn product(&self) -> Product {
        let Point { op, pass, mask, model, gemm, .. } = *self;
        Product { op, pass, mask, model, gemm }
    }

    /// The point of the same product for whoever knows no model: what is multiplied and how it is stored stays. What is
    /// no [product of matrices](Op::is_product) stays as it is.
    #[must_use]
    pub fn of_no_model(self) -> Point {
        if !self.op.is_product() {
            return self;
        }
        let op = if self.gemm.gemm_batch() == 1 { Op::Gemm } else { Op::Bmm };
        Point { op, pass: Pass::Forward, model: ModelSizes::default(), ..self }
    }

    /// The attention layer that it is of; none of a product that does not depend on one.
    #[must_use]
    pub fn layer(&self) -> Option<AttentionShape> {
        self.model.layer()
    }

    /// The legend entry; none of a product without heads.
    #[must_use]
    pub fn series(&self) -> Option<Series> {
        self.model.series()
    }

    /// Over how many tensor-parallel ranks the product is shared. Of a product of attention it is the queries of all
    /// heads over those that this device computes. None where it is not known.
    #[must_use]
    pub fn tensor_parallel(&self) -> Option<u32> {
        if !self.op.is_of_attention() {
            return self.model.tensor_parallel.map(|ranks| ranks.get());
        }
        let layer = self.layer()?;
        let size = |size: u32| u128::from(size);
        let all = size(layer.batch().get()) * size(layer.heads().get()) * size(layer.seq().get());
        let sides = self.op.sides(self.pass).into_iter().zip(self.gemm_sizes());
        let (_, queries) = sides.filter(|(side, _)| *side == Side::Seq).map(|(_, size)| size).next()?;
        let here = size(queries) * size(self.gemm.gemm_batch());
        if all.is_multiple_of(here) { u32::try_from(all / here).ok() } else { None }
    }

    fn gemm_sizes(&self) -> [(&'static str, u32); 3] {
        [("m", self.gemm.m()), ("n", self.gemm.n()), ("k", self.gemm.k())]
    }

    /// What m, n and k of this point's GEMM are.
    #[must_use]
    pub fn sides(&self) -> [Side; 3] {
        // Keys as long as the queries have the sequence's length.
        let one_length =
            |side| if side == Side::SeqKey && self.model.seq_key.is_none() { Side::Seq } else { side };
        self.sides_by_op().map(one_length)
    }

    fn sides_by_op(&self) -> [Side; 3] {
        let [m, n, k] = self.op.sides(self.pass);
        let is_turned = self.op.may_be_turned()
            && self.pass == Pass::Forward
            && self.model.hidden.is_some_and(|hidden| hidden.get() == self.gemm.n());
        if is_turned { [m, k, n] } else { [m, n, k] }
    }

    /// Compares the GEMM with the op and the model, as far as they determine it. `score` and `values`:
    /// [`Product::of_model`] for some number of ranks. The other products of a model have one row for each token,
    /// m = b·s, and a hidden side, h. Their third side is one rank's share of what the model tells; files of
    /// others, and of hovera before 0.2, may not tell it. The original benchmark runs `logits` the other way round,
    /// with h as n: either will do.
    ///
    /// # Errors
    /// [`Misfit`], the first size that cannot be.
    pub fn check(&self) -> Result<(), Misfit> {
        if self.op.products() == Products::One {
            require("gemm_batch", self.gemm.gemm_batch(), Some(1))?;
        }
        if !self.op.is_of_layer() {
            return Ok(());
        }
        let ranks = if self.op.is_of_attention() { self.ranks_of_heads()? } else { self.tensor_parallel() };
        let share = Share { op: self.op, model: &self.model, ranks: ranks.unwrap_or(1) };
        if self.op.is_of_attention() {
            let products = share.kv_heads().and_then(|kv_heads| Ok(share.batch()? * u64::from(kv_heads)));
            require("gemm_batch", self.gemm.gemm_batch(), self.wanted(products)?)?;
        }
        if self.op.products() == Products::PerQueryHead && ranks.is_some() {
            let products = share.heads().and_then(|heads| Ok(share.batch()? * u64::from(heads)));
            require("gemm_batch", self.gemm.gemm_batch(), self.wanted(products)?)?;
        }
        for (side, (name, size)) in self.sides_by_op().into_iter().zip(self.gemm_sizes()) {
            if ranks.is_some() || !side.is_shared() {
                require(name, size, self.wanted(share.side(side))?)?;
            }
        }
        Ok(())
    }

    /// A size that the model determines; none where it does not tell all that the size depends on.
    fn wanted(&self, size: Result<u64, ProductError>) -> Result<Option<u64>, Misfit> {
        let misfit = |size, value, want| Err(Misfit { size, value, want });
        match size {
            Ok(size) => Ok(Some(size)),
            Err(ProductError::UnevenGroups { heads, kv_heads }) => {
                misfit("kv_heads", kv_heads, format!("a divisor of heads = {heads}"))
            }
            Err(ProductError::UnevenShares { size, value, ranks }) => {
                misfit("tensor_parallel", ranks, format!("a divisor of {size} = {value}"))
            }
            Err(ProductError::UnevenKeys { kv_heads, ranks }) => {
                misfit("tensor_parallel", ranks, format!("a divisor or a multiple of kv_heads = {kv_heads}"))
            }
            Err(_) => Ok(None),
        }
    }

    /// The ranks that share the heads. Each has whole heads of keys, and as many as any other.
    fn ranks_of_heads(&self) -> Result<Option<u32>, Misfit> {
        let Some((batch, kv_heads)) = self.model.batch.zip(self.model.kv_heads()) else { return Ok(None) };
        if let Some(heads) = self.model.heads.map(Heads::get).filter(|heads| !heads.is_multiple_of(kv_heads))
        {
            let want = format!("a divisor of heads = {heads}");
            return Err(Misfit { size: "kv_heads", value: kv_heads, want });
        }
        let (batch, products) = (batch.get(), self.gemm.gemm_batch());
        let here = products / batch;
        if !products.is_multiple_of(batch) || !kv_heads.is_multiple_of(here) {
            let whole = u64::from(batch) * u64::from(kv_heads);
            let want = format!("{whole}, or one rank's share of it, {batch} for each of its heads");
            return Err(Misfit { size: "gemm_batch", value: products, want });
        }
        let by_queries = self.tensor_parallel().filter(|ranks| here * ranks == kv_heads || here == 1);
        Ok(Some(by_queries.unwrap_or(kv_heads / here)))
    }
}

fn require(size: &'static str, value: u32, want: Option<u64>) -> Result<(), Misfit> {
    match want {
        Some(want) if want != u64::from(value) => Err(Misfit { size, value, want: want.to_string() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;

    fn point(op: Op, sizes: (u64, u64, u64, u64)) -> Point {
        let model =
            if op.is_of_layer() { made_up::layer((12, 4, 128, 64)).into() } else { ModelSizes::default() };
        Point { model, ..made_up::product(op, sizes) }
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

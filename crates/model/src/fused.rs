//! Attention as one kernel computes it, in the place of its two products.

use hovera_core::{
    Batch, DimensionError, Dtype, HeadDim, HeadDimV, Heads, Hidden, KvHeads, Mask, ModelSizes, Op, Pass,
    Product, Seq, SeqKey,
};
use std::fmt;

/// Scores, softmax and values of one rank's heads in one kernel: what most models run. The products `score` and `values`
/// stand for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FusedAttention {
    product: Product,
}

/// Its sizes, one rank's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FusedSizes {
    pub(crate) batch: u64,
    pub(crate) heads: u64,
    pub(crate) kv_heads: u64,
    pub(crate) queries: u64,
    pub(crate) keys: u64,
    pub(crate) head_dim: u64,
    pub(crate) head_dim_v: u64,
}

impl FusedAttention {
    /// None for sizes that make none.
    pub(crate) fn new(sizes: FusedSizes, mask: Mask, pass: Pass) -> Option<FusedAttention> {
        let FusedSizes { batch, heads, kv_heads, queries, keys, head_dim, head_dim_v } = sizes;
        let model = || -> Result<ModelSizes, DimensionError> {
            Ok(ModelSizes {
                batch: Some(Batch::new(batch)?),
                heads: Some(Heads::new(heads)?),
                kv_heads: Some(KvHeads::new(kv_heads)?).filter(|_| kv_heads != heads),
                seq: Some(Seq::new(queries)?),
                seq_key: Some(SeqKey::new(keys)?).filter(|_| keys != queries),
                hidden: Some(Hidden::new(heads.saturating_mul(head_dim))?),
                head_dim: Some(HeadDim::new(head_dim)?),
                head_dim_v: Some(HeadDimV::new(head_dim_v)?).filter(|_| head_dim_v != head_dim),
                ..ModelSizes::default()
            })
        };
        let product = Product::of_model(Op::Attention, pass, &model().ok()?).ok()?.masked(mask).ok()?;
        Some(FusedAttention { product })
    }

    /// What is computed.
    #[must_use]
    pub fn product(&self) -> Product {
        self.product
    }

    /// The softmax between the two products that it stands for, forward; none of a backward pass.
    fn softmax(&self) -> Option<Product> {
        let is_forward = self.product.pass == Pass::Forward;
        is_forward.then(|| Product::of_model(Op::Softmax, Pass::Forward, &self.product.model).ok())?
    }

    /// The same of another pass.
    pub(crate) fn of_pass(&self, pass: Pass) -> FusedAttention {
        FusedAttention { product: Product { pass, ..self.product } }
    }

    /// Floating-point operations of one launch: [`Product::flop`].
    #[must_use]
    pub fn flop(&self) -> u128 {
        self.product.flop()
    }

    /// Why it is not computed in an element type, if it is not.
    #[must_use]
    pub fn refusal(&self, dtype: Dtype) -> Option<String> {
        match dtype {
            Dtype::F16 | Dtype::Bf16 => self.product.narrow_rows(dtype),
            _ => Some(format!("{dtype}: fused attention is computed in f16 and bf16")),
        }
    }

    /// Sizes by the keys of specs, in the order in which they are told; what follows from others is left out.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let model = self.product.model;
        let all = [
            (Batch::NAME, model.batch.map(Batch::get)),
            (Heads::NAME, model.heads.map(Heads::get)),
            (KvHeads::NAME, model.kv_heads.map(KvHeads::get)),
            (Seq::NAME, model.seq.map(Seq::get)),
            (SeqKey::NAME, model.seq_key.map(SeqKey::get)),
            (HeadDim::NAME, model.head_dim.map(HeadDim::get)),
            (HeadDimV::NAME, model.head_dim_v.map(HeadDimV::get)),
        ];
        all.into_iter().filter_map(|(key, size)| Some((key, size?)))
    }
}

/// The softmax of each attention, each once. Of a training step there is none: nobody measures its gradient, without which
/// the forward one would be a part of a step that looks like all of it.
pub(crate) fn softmaxes(fused: &[FusedAttention]) -> Vec<Product> {
    let is_trained = |attention: &&FusedAttention| fused.contains(&attention.of_pass(Pass::Backward));
    let mut distinct = Vec::new();
    for softmax in fused.iter().filter(|it| !is_trained(it)).filter_map(FusedAttention::softmax) {
        if !distinct.contains(&softmax) {
            distinct.push(softmax);
        }
    }
    distinct
}

/// `attention forward causal batch=1 heads=32 kv_heads=8 seq=8192 head_dim=128`.
impl fmt::Display for FusedAttention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Product { op, pass, mask, .. } = self.product;
        write!(f, "{op} {pass} {mask}")?;
        self.sizes().try_for_each(|(key, size)| write!(f, " {key}={size}"))
    }
}

/// What [`FusedAttention`] writes; none of anything else.
pub(crate) fn parse(text: &str) -> Option<FusedAttention> {
    let mut words = text.split(' ');
    let op: Op = words.next()?.parse().ok()?;
    let (pass, mask) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let sizes: Vec<(&str, u64)> = words
        .map(|word| word.split_once('=').and_then(|(key, size)| Some((key, size.parse().ok()?))))
        .collect::<Option<_>>()?;
    let of = |key: &str| sizes.iter().find(|(it, _)| *it == key).map(|(_, size)| *size);
    let (heads, seq, head_dim) = (of(Heads::NAME)?, of(Seq::NAME)?, of(HeadDim::NAME)?);
    let sizes = FusedSizes {
        batch: of(Batch::NAME)?,
        heads,
        kv_heads: of(KvHeads::NAME).unwrap_or(heads),
        queries: seq,
        keys: of(SeqKey::NAME).unwrap_or(seq),
        head_dim,
        head_dim_v: of(HeadDimV::NAME).unwrap_or(head_dim),
    };
    FusedAttention::new(sizes, mask, pass).filter(|_| op.is_fused())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;
    use hovera_core::{Engine, Plan, SweepSpec};

    fn all() -> Vec<FusedAttention> {
        let sizes = FusedSizes {
            batch: 2,
            heads: 32,
            kv_heads: 8,
            queries: 512,
            keys: 512,
            head_dim: 192,
            head_dim_v: 128,
        };
        let decode = FusedSizes { queries: 1, keys: 8192, kv_heads: 32, head_dim_v: 192, ..sizes };
        [
            FusedAttention::new(sizes, Mask::Causal, Pass::Forward),
            FusedAttention::new(sizes, Mask::Causal, Pass::Backward),
            FusedAttention::new(decode, Mask::None, Pass::Forward),
        ]
        .map(Option::unwrap)
        .to_vec()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let all = all();
        assert_eq!(
            all[0].to_string(),
            "attention forward causal batch=2 heads=32 kv_heads=8 seq=512 head_dim=192 head_dim_v=128"
        );
        assert_eq!(
            all[2].to_string(),
            "attention forward none batch=2 heads=32 seq=1 seq_key=8192 head_dim=192"
        );
        for attention in all {
            assert_eq!(parse(&attention.to_string()), Some(attention));
        }
        for wrong in
            ["", "attention", "score forward none batch=1 heads=1 seq=1 head_dim=8", "attention forward none"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn its_sweep_measures_what_it_is() {
        let text = spec("m", Dtype::Bf16, &[], &all());
        let plan = Plan::expand(&SweepSpec::parse("m.toml", &text).unwrap(), Engine::Cublas).unwrap();
        let planned: Vec<Product> = plan.points().iter().map(|point| point.product()).collect();
        let fused: Vec<Product> = all().iter().map(FusedAttention::product).collect();
        // And the softmax of what is not trained.
        assert_eq!(planned, [fused, softmaxes(&all())].concat());
        let softmaxes = softmaxes(&all());
        assert_eq!(softmaxes.iter().map(|it| it.gemm.to_string()).collect::<Vec<_>>(), ["64x1x8192x1"]);
        assert_eq!(self::softmaxes(&[all()[2], all()[2]]), softmaxes);
    }

    #[test]
    fn flop_are_counted_as_rows_count_them() {
        // 2·b·a·s·t·(d + e), half of it when causal; backward 2·(3·d + 2·e).
        let scores = 2 * 32 * 512 * 512;
        assert_eq!(all()[0].flop(), scores * (192 + 128));
        assert_eq!(all()[1].flop(), scores * (3 * 192 + 2 * 128));
    }
}

//! Fused attention: what a point asks of it, where its matrices lie, and whether they hold what they should.

mod placement;
mod reference;
mod sampled;

pub(crate) use placement::{Placement, workspace_bytes};
pub(crate) use reference::{Head, Key, Query, Tolerance, compare_row, compare_statistic};
pub(crate) use sampled::{Sample, samples};

use crate::sys::{Attention, AttentionPass, AttentionShape};
use hovera_core::{Dtype, Mask, Pass, Point, Seq};

/// What a point of fused attention asks for: one rank's heads. None of a point whose sizes make none.
pub(crate) fn attention(point: &Point) -> Option<Attention> {
    if !point.op.is_fused() {
        return None;
    }
    let (model, gemm) = (&point.model, point.gemm());
    let (batch, queries) = (model.batch?.get(), model.seq.map(Seq::get)?);
    let kv_heads = gemm.gemm_batch() / batch;
    let shape = AttentionShape {
        batch,
        heads: gemm.m() / queries * kv_heads,
        kv_heads,
        queries,
        keys: gemm.n(),
        head_dim: gemm.k(),
        head_dim_v: model.head_dim_v()?,
    };
    Some(Attention {
        shape,
        is_bf16: match point.dtype {
            Dtype::F16 => false,
            Dtype::Bf16 => true,
            _ => return None,
        },
        is_causal: point.mask == Mask::Causal,
        pass: if point.pass == Pass::Backward { AttentionPass::Backward } else { AttentionPass::Forward },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Engine, Plan, SweepSpec};

    #[test]
    fn a_point_asks_for_the_heads_of_its_rank() {
        let text = "name = \"n\"\nop = \"attention\"\npass = \"backward\"\nmask = \"causal\"\ndtype = \"bf16\"\nheads = 32\n\
                    kv_heads = 8\nhead_dim = 192\nhead_dim_v = 128\nbatch = 3\nseq = 100\ntensor_parallel = [1, 4, 16]\n";
        let spec = SweepSpec::parse("n.toml", text).unwrap();
        let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
        let heads: Vec<_> = plan
            .points()
            .iter()
            .map(|point| {
                let Attention { shape, is_bf16, is_causal, pass } = attention(point).unwrap();
                assert!(is_bf16 && is_causal && pass == AttentionPass::Backward);
                assert_eq!((shape.batch, shape.queries, shape.keys), (3, 100, 100));
                assert_eq!((shape.head_dim, shape.head_dim_v), (192, 128));
                (shape.heads, shape.kv_heads)
            })
            .collect();
        assert_eq!(heads, [(32, 8), (8, 2), (2, 1)]);
    }

    #[test]
    fn what_is_not_fused_asks_for_none() {
        assert_eq!(attention(&hovera_core::made_up::point(hovera_core::Op::Score, 64)), None);
    }
}

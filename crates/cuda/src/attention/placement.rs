//! Where the matrices of fused attention lie in a set of A, B and C.

use crate::sys::{Attention, AttentionLengths, AttentionPass, AttentionShape};
use std::ops::Range;

/// As `cudaMalloc`, and so PyTorch, aligns.
const ALIGNMENT: u128 = 256;

/// Bytes that plans were seen to ask for whatever the shape.
const LEAST_WORKSPACE: u128 = 1 << 20;

/// The matrices in bytes: Q and the gradient of O from the beginning of A, K and V of B, and what is computed of C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) q: Range<u128>,
    /// Of the backward pass, as are those that follow O.
    pub(crate) d_o: Range<u128>,
    pub(crate) k: Range<u128>,
    pub(crate) v: Range<u128>,
    pub(crate) o: Range<u128>,
    pub(crate) statistics: Range<u128>,
    pub(crate) d_q: Range<u128>,
    pub(crate) d_k: Range<u128>,
    pub(crate) d_v: Range<u128>,
    pub(crate) d_q_sum: Range<u128>,
    pub(crate) row_sum: Range<u128>,
}

/// Lays one range behind the other.
struct Tape(u128);

impl Tape {
    fn next(&mut self, bytes: u128) -> Range<u128> {
        let start = self.0.next_multiple_of(ALIGNMENT);
        self.0 = start + bytes;
        start..self.0
    }
}

impl Placement {
    pub(crate) fn new(attention: Attention) -> Placement {
        let AttentionLengths { q, k, v, o, rows } = attention.shape.lengths();
        let element = u128::from(attention.element().size());
        let float = size_of::<f32>() as u128;
        let of_training = if attention.pass == AttentionPass::Forward { 0 } else { 1 };
        let (mut a, mut b, mut c) = (Tape(0), Tape(0), Tape(0));
        Placement {
            q: a.next(q * element),
            d_o: a.next(o * element * of_training),
            k: b.next(k * element),
            v: b.next(v * element),
            o: c.next(o * element),
            statistics: c.next(rows * float * of_training),
            d_q: c.next(q * element * of_training),
            d_k: c.next(k * element * of_training),
            d_v: c.next(v * element * of_training),
            d_q_sum: c.next(q * float * of_training),
            row_sum: c.next(rows * float * of_training),
        }
    }

    /// Bytes of A, B and C.
    pub(crate) fn lengths(&self) -> [u128; 3] {
        [self.d_o.end.max(self.q.end), self.v.end, self.row_sum.end.max(self.o.end)]
    }
}

/// What the library's plans work in, in bytes: gradients of keys and values for each head, where heads share keys. So
/// much was asked for by cuDNN 9.14 and 9.19; what a plan asks for beyond it is allocated when it is made.
pub(crate) fn workspace_bytes(attention: Attention) -> u128 {
    let AttentionShape { heads, kv_heads, .. } = attention.shape;
    if attention.pass != AttentionPass::Backward || heads == kv_heads {
        return LEAST_WORKSPACE;
    }
    let AttentionLengths { k, v, .. } = attention.shape.lengths();
    let of_each_head = (k + v) * u128::from(heads / kv_heads.max(1));
    LEAST_WORKSPACE + of_each_head * u128::from(attention.element().size())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attention(pass: AttentionPass) -> Attention {
        let shape = AttentionShape {
            batch: 2,
            heads: 6,
            kv_heads: 3,
            queries: 5,
            keys: 7,
            head_dim: 16,
            head_dim_v: 8,
        };
        Attention { shape, is_bf16: true, is_causal: false, pass }
    }

    #[test]
    fn matrices_are_aligned_apart_and_as_long_as_they_are() {
        let place = Placement::new(attention(AttentionPass::Backward));
        let of_each = |ranges: &[&Range<u128>]| {
            assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
            assert!(ranges.iter().all(|range| range.start % 256 == 0));
            ranges.iter().map(|range| range.end - range.start).collect::<Vec<_>>()
        };
        assert_eq!(of_each(&[&place.q, &place.d_o]), [2 * 6 * 5 * 16 * 2, 2 * 6 * 5 * 8 * 2]);
        assert_eq!(of_each(&[&place.k, &place.v]), [2 * 3 * 7 * 16 * 2, 2 * 3 * 7 * 8 * 2]);
        let Placement { o, statistics, d_q, d_k, d_v, d_q_sum, row_sum, .. } = &place;
        let bytes = of_each(&[o, statistics, d_q, d_k, d_v, d_q_sum, row_sum]);
        assert_eq!(bytes, [960, 240, 1920, 1344, 672, 3840, 240]);
        assert_eq!(place.lengths(), [place.d_o.end, place.v.end, place.row_sum.end]);
    }

    #[test]
    fn a_forward_pass_has_no_more_than_q_k_v_and_o() {
        let place = Placement::new(attention(AttentionPass::Forward));
        let q_k_v_o = [place.q.end, place.v.end, place.o.end];
        assert!(place.lengths().iter().zip(q_k_v_o).all(|(length, end)| *length < end + 256));
    }

    #[test]
    fn shared_keys_need_as_much_workspace_as_cudnn_asks_for() {
        // 32 heads of 8, s = 8192, d = 64: 67,109,120 bytes, and at d = 256 four times as many.
        for (head_dim, asked) in [(64, 67_109_120), (128, 134_217_984), (256, 268_435_712)] {
            let shape = AttentionShape {
                batch: 1,
                heads: 32,
                kv_heads: 8,
                queries: 8192,
                keys: 8192,
                head_dim,
                head_dim_v: head_dim,
            };
            let pass = AttentionPass::Backward;
            let bytes = workspace_bytes(Attention { shape, is_bf16: true, is_causal: true, pass });
            assert!((asked..asked + (2 << 20)).contains(&bytes), "{head_dim}: {bytes}");
        }
        assert_eq!(workspace_bytes(attention(AttentionPass::Forward)), 1 << 20);
    }
}

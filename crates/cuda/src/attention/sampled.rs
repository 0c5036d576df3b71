//! Which rows of fused attention are checked.

use crate::sys::AttentionShape;
use hovera_core::SplitMix64;
use std::collections::BTreeSet;

/// Multiplications that a check may take on the host, about: some 50 ms.
const BUDGET: u64 = 50_000_000;

/// The fewest and the most rows of one head of keys.
const ROWS: (u64, u64) = (3, 12);

/// Rows of one head of keys of one sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) batch: u32,
    pub(crate) kv_head: u32,
    /// Queries: which of the heads that share the keys, and which of its queries.
    pub(crate) queries: Vec<(u32, u32)>,
    /// Keys, whose gradients are checked.
    pub(crate) keys: Vec<u32>,
}

/// The first head of the first sequence, the last of the last, and one in between; of each the first and the last row,
/// where tiles are cut off, and others. The same for the same shape.
pub(crate) fn samples(shape: AttentionShape, backward: bool) -> Vec<Sample> {
    let mut stream = SplitMix64::of_seed(0x9E37_79B9_7F4A_7C15);
    let mut below = |bound: u32| (stream.number() % u64::from(bound)) as u32;
    let last = (shape.batch - 1, shape.kv_heads - 1);
    let between = (below(shape.batch), below(shape.kv_heads));
    let heads: BTreeSet<(u32, u32)> =
        if backward { [(0, 0), last].into() } else { [(0, 0), between, last].into() };
    let group = shape.heads / shape.kv_heads;
    let widths = u64::from(shape.head_dim) + u64::from(shape.head_dim_v);
    let rows = |cost: u64| {
        let each = BUDGET / heads.len() as u64;
        (each / cost.max(1)).clamp(ROWS.0, ROWS.1)
    };
    let of_query = u64::from(shape.keys) * widths;
    let of_key = u64::from(group) * u64::from(shape.queries) * widths * 2;
    let (queries, keys) = (rows(of_query), if backward { rows(of_key) } else { 0 });
    heads
        .iter()
        .map(|(batch, kv_head)| {
            let mut of_head: BTreeSet<(u32, u32)> = [(0, 0), (group - 1, shape.queries - 1)].into();
            of_head.extend((2..queries).map(|_| (below(group), below(shape.queries))));
            let mut of_keys: BTreeSet<u32> =
                if keys > 0 { [0, shape.keys - 1].into() } else { BTreeSet::new() };
            of_keys.extend((2..keys).map(|_| below(shape.keys)));
            Sample {
                batch: *batch,
                kv_head: *kv_head,
                queries: of_head.into_iter().collect(),
                keys: of_keys.into_iter().collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_checked_and_all_lies_within() {
        for (queries, keys) in [(1, 1), (1, 131_072), (8192, 8192), (5, 3)] {
            let shape = AttentionShape {
                batch: 3,
                heads: 12,
                kv_heads: 4,
                queries,
                keys,
                head_dim: 128,
                head_dim_v: 64,
            };
            for backward in [false, true] {
                let samples = samples(shape, backward);
                assert!(samples.len() >= 2);
                assert_eq!((samples[0].batch, samples[0].kv_head), (0, 0));
                let last = samples.last().unwrap();
                assert_eq!((last.batch, last.kv_head), (2, 3));
                for sample in &samples {
                    assert!(sample.queries.contains(&(0, 0)) && sample.queries.contains(&(2, queries - 1)));
                    assert!(sample.queries.iter().all(|(head, query)| *head < 3 && *query < queries));
                    assert!(sample.keys.iter().all(|key| *key < keys));
                    let ends = sample.keys.contains(&0) && sample.keys.contains(&(keys - 1));
                    assert_eq!((ends, sample.keys.is_empty()), (backward, !backward));
                }
                assert_eq!(samples, super::samples(shape, backward));
            }
        }
    }
}

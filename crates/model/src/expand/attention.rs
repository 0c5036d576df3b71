//! The products of an attention layer.

use super::{Shares, gemm, linear};
use crate::error::ModelError;
use crate::fused::{FusedAttention, FusedSizes};
use crate::product::{Forward, LaidOutGemm};
use crate::transformer::{Attention, Qkv};
use crate::workload::Groups;
use hovera_core::{Layout, Mask, Pass};

pub(super) fn products(shares: &mut Shares<'_>, attention: Attention) -> Result<Vec<Forward>, ModelError> {
    let (tokens, hidden) = (shares.tokens, u64::from(shares.model.hidden));
    match attention {
        Attention::Grouped { heads, kv_heads, head_dim, qkv, window } => {
            let (heads, kv_heads) = (shares.part("heads", heads)?, shares.kv_heads(kv_heads)?);
            let d = u64::from(head_dim);
            let line = |name, outputs| linear(shares, name, tokens, outputs, hidden);
            let mut products = match shares.workload.fuse.qkv(qkv) {
                Qkv::Fused => vec![line("qkv", (heads + 2 * kv_heads) * d)?],
                Qkv::Separate => {
                    vec![line("query", heads * d)?, line("key", kv_heads * d)?, line("value", kv_heads * d)?]
                }
            };
            products.extend(heads_products(shares, [heads, kv_heads], [d, d], window)?);
            products.push(linear(shares, "projection", tokens, hidden, heads * d)?);
            Ok(products)
        }
        Attention::Latent { heads, q_rank, kv_rank, nope_dim, rope_dim, value_dim } => {
            // The narrow states are whole on every rank.
            let heads = shares.part("heads", heads)?;
            let [kv_rank, nope, rope, value] = [kv_rank, nope_dim, rope_dim, value_dim].map(u64::from);
            let line = |name, outputs, inputs| linear(shares, name, tokens, outputs, inputs);
            let mut products = match q_rank.map(u64::from) {
                Some(rank) => {
                    vec![line("query_down", rank, hidden)?, line("query_up", heads * (nope + rope), rank)?]
                }
                None => vec![line("query", heads * (nope + rope), hidden)?],
            };
            products.push(line("kv_down", kv_rank + rope, hidden)?);
            products.push(line("kv_up", heads * (nope + value), kv_rank)?);
            products.extend(heads_products(shares, [heads, heads], [nope + rope, value], None)?);
            products.push(linear(shares, "projection", tokens, hidden, heads * value)?);
            if shares.workload.tensor_parallel > 1 {
                shares.say("each rank computes all of the narrow states of latent attention".to_owned());
            }
            Ok(products)
        }
    }
}

/// Scores, softmax and values in one kernel, forward. New tokens see each other as a decoder's do, which is what a causal
/// mask is; queries that are fewer than the keys have none. A sliding window bounds the keys where it bounds those of the
/// two products. None for sizes that make none.
pub(super) fn fused(
    shares: &mut Shares<'_>,
    attention: Attention,
) -> Result<Option<FusedAttention>, ModelError> {
    let (heads, kv_heads, widths, window) = match attention {
        Attention::Grouped { heads, kv_heads, head_dim, window, .. } => {
            (shares.part("heads", heads)?, shares.kv_heads(kv_heads)?, [head_dim; 2], window)
        }
        Attention::Latent { heads, nope_dim, rope_dim, value_dim, .. } => {
            let heads = shares.part("heads", heads)?;
            (heads, heads, [nope_dim.saturating_add(rope_dim), value_dim], None)
        }
    };
    let (queries, keys) = lengths(shares, window);
    let sizes = FusedSizes {
        batch: shares.workload.batch.into(),
        heads,
        kv_heads,
        queries: queries.into(),
        keys: keys.into(),
        head_dim: widths[0].into(),
        head_dim_v: widths[1].into(),
    };
    let mask = if keys == queries { Mask::Causal } else { Mask::None };
    if keys != queries && queries > 1 {
        shares.say(format!("fused attention of {queries} queries and {keys} keys is without a mask"));
    }
    Ok(FusedAttention::new(sizes, mask, Pass::Forward))
}

/// Queries of a sequence, and the keys that they see.
fn lengths(shares: &Shares<'_>, window: Option<u32>) -> (u32, u32) {
    let queries = shares.workload.seq;
    let keys = match (shares.workload.keys, window) {
        (None, _) => queries,
        // A cache holds what a window still shows.
        (Some(keys), Some(window)) => keys.min(window.max(queries)),
        (Some(keys), None) => keys,
    };
    (queries, keys)
}

/// Query times key, stored by rows as the queries are, and probabilities times values, for each head or for the heads
/// of each group together.
fn heads_products(
    shares: &Shares<'_>,
    [heads, kv_heads]: [u64; 2],
    [key_dim, value_dim]: [u64; 2],
    window: Option<u32>,
) -> Result<[Forward; 2], ModelError> {
    let workload = shares.workload;
    let (queries, keys) = lengths(shares, window);
    let [queries, keys, batch] = [queries, keys, workload.batch].map(u64::from);
    let (products, queries) = match workload.groups {
        Groups::Together => (batch * kv_heads, heads / kv_heads * queries),
        Groups::Copied => (batch * heads, queries),
    };
    let product = |name, n, k, layout| {
        let gemm = gemm(shares, name, [products, queries, n, k])?;
        Ok(Forward { name, product: LaidOutGemm { gemm, layout }, times: 1 })
    };
    Ok([product("score", keys, key_dim, Layout::Nt)?, product("values", value_dim, keys, Layout::Nn)?])
}

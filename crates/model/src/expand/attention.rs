//! The products of an attention layer.

use super::{Shares, gemm, linear};
use crate::error::ModelError;
use crate::product::{Forward, LaidOutGemm};
use crate::transformer::{Attention, Qkv};
use crate::workload::Groups;
use hovera_core::Layout;

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

/// Query times key, stored by rows as the queries are, and probabilities times values, for each head or for the heads
/// of each group together.
fn heads_products(
    shares: &Shares<'_>,
    [heads, kv_heads]: [u64; 2],
    [key_dim, value_dim]: [u64; 2],
    window: Option<u32>,
) -> Result<[Forward; 2], ModelError> {
    let workload = shares.workload;
    let queries = workload.seq;
    let keys = match (workload.keys, window) {
        (None, _) => queries,
        // A cache holds what a window still shows.
        (Some(keys), Some(window)) => keys.min(window.max(queries)),
        (Some(keys), None) => keys,
    };
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

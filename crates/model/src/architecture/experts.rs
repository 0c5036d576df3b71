//! Decoders whose layers have experts. Gate and up projection of an expert are one product, as transformers 5 has
//! them.

use super::Sizes;
use super::decoder::{Style, attention_of_layers, hidden, vocab, width};
use crate::error::ModelError;
use crate::fields::Fields;
use crate::transformer::{Attention, Experts, Layer, Mlp, MlpKind, Transformer};
use serde_json::Value;

const COUNT: &str = "the number of experts";
const PER_TOKEN: &str = "how many experts a token runs through";
const WIDTH: &str = "the width of an expert";

/// Experts of that width, of which a token runs through some.
pub(super) fn of_width(
    fields: &Fields<'_>,
    counts: &[&'static str],
    per_token_key: &'static str,
    width: u32,
) -> Result<Experts, ModelError> {
    let count = fields.size_of(counts, COUNT)?;
    let per_token = fields.size(per_token_key, PER_TOKEN)?;
    if per_token > count {
        return Err(fields.refuse(
            per_token_key,
            per_token,
            format!("at most the {count} experts there are"),
        ));
    }
    let mlp = Mlp { width, kind: MlpKind::GatedFused };
    Ok(Experts { count, per_token, mlp, shared: None, shared_is_weighed: false })
}

/// So many shared experts are one MLP as wide as all of them.
pub(super) fn shared(
    fields: &Fields<'_>,
    key: &'static str,
    width: u32,
    style: &Style,
) -> Result<Option<Mlp>, ModelError> {
    let Some(count) = fields.count(key)?.filter(|count| *count > 0) else { return Ok(None) };
    let width = width
        .checked_mul(count)
        .ok_or_else(|| fields.refuse(key, count, format!("so few that {width} times that is a width")))?;
    Ok(Some(Mlp { width, kind: style.mlp }))
}

/// Each layer has experts or, where `is_dense` says so, an MLP.
pub(super) fn layers(
    attention: Vec<Attention>,
    experts: Experts,
    mlp: Option<Mlp>,
    is_dense: impl Fn(u32) -> bool,
) -> Vec<Layer> {
    let layer = |(at, attention)| match is_dense(at) {
        true => Layer { count: 1, attention, mlp, experts: None },
        false => Layer { count: 1, attention, mlp: None, experts: Some(experts) },
    };
    Transformer::grouped((0..).zip(attention).map(layer))
}

/// All layers have experts, as wide as `intermediate_size`.
pub(super) fn mixtral(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let hidden = hidden(fields)?;
    let attention = attention_of_layers(fields, style, hidden)?;
    let counts = ["num_local_experts", "num_experts"];
    let experts = of_width(fields, &counts, "num_experts_per_tok", width(fields)?)?;
    let layers = layers(attention, experts, None, |_| false);
    Ok(Sizes { hidden, vocab: vocab(fields)?, embedding: None, layers })
}

/// Its router picks two experts, whatever the key says.
pub(super) fn phimoe(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    if fields.size("num_experts_per_tok", PER_TOKEN)? != 2 {
        return Err(fields.wants("num_experts_per_tok", "2: the router of phimoe knows no other"));
    }
    mixtral(fields, style)
}

/// A shared expert beside the others, weighed by a linear layer of one output.
pub(super) fn qwen2_moe(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let width = fields.size("shared_expert_intermediate_size", "the width of the shared expert")?;
    qwen(fields, style, Some(Mlp { width, kind: style.mlp }))
}

pub(super) fn qwen3_moe(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    qwen(fields, style, None)
}

fn qwen(fields: &Fields<'_>, style: &Style, shared: Option<Mlp>) -> Result<Sizes, ModelError> {
    let hidden = hidden(fields)?;
    let attention = attention_of_layers(fields, style, hidden)?;
    let counts = ["num_experts", "num_local_experts"];
    let expert_width = fields.size("moe_intermediate_size", WIDTH)?;
    let experts = of_width(fields, &counts, "num_experts_per_tok", expert_width)?;
    let experts = Experts { shared, shared_is_weighed: shared.is_some(), ..experts };
    let step = fields.size("decoder_sparse_step", "of how many layers the last has experts")?;
    let without = fields.list("mlp_only_layers")?.unwrap_or_default();
    if without.iter().any(|layer| !layer.is_u64()) {
        return Err(fields.wants("mlp_only_layers", "a list of the layers that have no experts"));
    }
    let is_dense = |at: u32| without.contains(&Value::from(at)) || !(at + 1).is_multiple_of(step);
    let any_dense = (0..).zip(&attention).any(|(at, _)| is_dense(at));
    let mlp = any_dense.then(|| width(fields)).transpose()?.map(|width| Mlp { width, kind: style.mlp });
    let layers = layers(attention, experts, mlp, is_dense);
    Ok(Sizes { hidden, vocab: vocab(fields)?, embedding: None, layers })
}

pub(super) fn glm4_moe(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let hidden = hidden(fields)?;
    let attention = attention_of_layers(fields, style, hidden)?;
    let layers = after_dense_ones(fields, style, attention)?;
    Ok(Sizes { hidden, vocab: vocab(fields)?, embedding: None, layers })
}

/// The first `first_k_dense_replace` layers have an MLP, all others experts: the keys of DeepSeek.
pub(super) fn after_dense_ones(
    fields: &Fields<'_>,
    style: &Style,
    attention: Vec<Attention>,
) -> Result<Vec<Layer>, ModelError> {
    let expert_width = fields.size("moe_intermediate_size", WIDTH)?;
    let experts = of_width(fields, &["n_routed_experts"], "num_experts_per_tok", expert_width)?;
    let experts = Experts { shared: shared(fields, "n_shared_experts", expert_width, style)?, ..experts };
    let dense = fields.count("first_k_dense_replace")?.ok_or_else(|| {
        fields.missing("first_k_dense_replace", "how many layers have no experts, 0 or more")
    })?;
    if fields.count("moe_layer_freq")?.is_some_and(|step| step != 1) {
        return Err(fields.wants("moe_layer_freq", "1: transformers knows no other"));
    }
    let mlp = (dense > 0).then(|| width(fields)).transpose()?.map(|width| Mlp { width, kind: style.mlp });
    Ok(layers(attention, experts, mlp, |at| at < dense))
}

/// Experts in every so many layers from one layer to another.
pub(super) fn ernie4_5_moe(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let hidden = hidden(fields)?;
    let attention = attention_of_layers(fields, style, hidden)?;
    let expert_width = fields.size("moe_intermediate_size", WIDTH)?;
    let experts = of_width(fields, &["moe_num_experts"], "moe_k", expert_width)?;
    let experts =
        Experts { shared: shared(fields, "moe_num_shared_experts", expert_width, style)?, ..experts };
    let last = u32::try_from(attention.len()).unwrap_or(u32::MAX).saturating_sub(1);
    let first = fields
        .count("moe_layer_start_index")?
        .ok_or_else(|| fields.missing("moe_layer_start_index", "the first layer that has experts"))?;
    let end = match fields.integer("moe_layer_end_index")? {
        None => return Err(fields.missing("moe_layer_end_index", "the last layer that has experts, or -1")),
        Some(-1) => last,
        Some(end) => u32::try_from(end).map_err(|_| {
            fields.wants("moe_layer_end_index", format!("a layer, 0 to {last}, or -1 for the last"))
        })?,
    };
    let step = fields.size("moe_layer_interval", "of how many layers the last has experts")?;
    let mlp = Some(Mlp { width: width(fields)?, kind: style.mlp });
    let is_dense = |at: u32| !((first..=end).contains(&at) && (at + 1).is_multiple_of(step));
    let layers = layers(attention, experts, mlp, is_dense);
    Ok(Sizes { hidden, vocab: vocab(fields)?, embedding: None, layers })
}

/// Experts in the layers that `moe_layers` lists, or in each `interleave_moe_layer_step`th, beside an MLP as wide as one of
/// them; another MLP in the others.
pub(super) fn llama4(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let hidden = hidden(fields)?;
    let attention = attention_of_layers(fields, style, hidden)?;
    let expert_width = width(fields)?;
    let experts = of_width(fields, &["num_local_experts"], "num_experts_per_tok", expert_width)?;
    let experts = Experts { shared: Some(Mlp { width: expert_width, kind: style.mlp }), ..experts };
    let listed = fields.list("moe_layers")?;
    let step = match listed {
        Some(_) => None,
        None => Some(fields.size("interleave_moe_layer_step", "of how many layers the last has experts")?),
    };
    let is_dense = |at: u32| match (listed, step) {
        (Some(listed), _) => !listed.contains(&Value::from(at)),
        (None, step) => !step.is_some_and(|step| (at + 1).is_multiple_of(step)),
    };
    let any_dense = (0..).zip(&attention).any(|(at, _)| is_dense(at));
    let dense = || fields.size("intermediate_size_mlp", "the width of the MLP of layers without experts");
    let mlp = any_dense.then(dense).transpose()?.map(|width| Mlp { width, kind: style.mlp });
    let layers = layers(attention, experts, mlp, is_dense);
    Ok(Sizes { hidden, vocab: vocab(fields)?, embedding: None, layers })
}

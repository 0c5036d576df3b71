//! The GPTs and others whose keys have names of their own.

use super::decoder::{Style, grouped, quotient, vocab};
use super::{Sizes, layers};
use crate::error::ModelError;
use crate::fields::Fields;
use crate::transformer::{Attention, Layer, Mlp};

/// What these have in common once their keys are read.
struct Gpt {
    hidden: u32,
    layers: u32,
    heads: u32,
    kv_heads: u32,
    head_dim: u32,
    width: u32,
}

impl Gpt {
    fn sizes(&self, fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
        let Gpt { hidden, layers, heads, kv_heads, head_dim, width } = *self;
        let attention = Attention::Grouped { heads, kv_heads, head_dim, qkv: style.qkv, window: None };
        let mlp = Some(Mlp { width, kind: style.mlp });
        let layers = vec![Layer { count: layers, attention, mlp, experts: None }];
        Ok(Sizes { hidden, vocab: vocab(fields)?, embedding: None, layers })
    }
}

const HEADS: &str = "the number of attention heads";
const WIDTH: &str = "the width of the MLP";

/// Four times the hidden size.
fn four_times(fields: &Fields<'_>, key: &str, hidden: u32) -> Result<u32, ModelError> {
    let most = u32::try_from(hovera_core::MAX_DIMENSION).unwrap_or(u32::MAX);
    let width = hidden.checked_mul(4).filter(|width| *width <= most);
    width.ok_or_else(|| fields.refuse(key, hidden, "a hidden size of which four times is a size as well"))
}

/// GPT-2, GPT-J and CodeGen: `n_inner` that is not there is four times `n_embd`.
pub(super) fn gpt2(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    gpt2_sizes(fields)?.sizes(fields, style)
}

fn gpt2_sizes(fields: &Fields<'_>) -> Result<Gpt, ModelError> {
    let hidden = fields.size_of(&["n_embd", "hidden_size"], "the hidden size")?;
    let heads = fields.size_of(&["n_head", "num_attention_heads"], HEADS)?;
    Ok(Gpt {
        hidden,
        layers: layers::count(fields, &["n_layer", "num_hidden_layers"])?,
        heads,
        kv_heads: heads,
        head_dim: quotient(fields, ["n_embd", "n_head"], hidden, heads)?,
        width: match fields.optional_size("n_inner")? {
            Some(width) => width,
            None => four_times(fields, "n_embd", hidden)?,
        },
    })
}

/// GPT-2's keys, and whether all heads share one key and value head.
pub(super) fn gpt_bigcode(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let gpt = gpt2_sizes(fields)?;
    let Some(multi_query) = fields.flag("multi_query")? else {
        return Err(fields.missing("multi_query", "true or false"));
    };
    let kv_heads = if multi_query { 1 } else { gpt.heads };
    Gpt { kv_heads, ..gpt }.sizes(fields, style)
}

pub(super) fn gpt_neo(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let hidden = fields.size("hidden_size", "the hidden size")?;
    let heads = fields.size("num_heads", HEADS)?;
    let gpt = Gpt {
        hidden,
        layers: layers::count(fields, &["num_layers"])?,
        heads,
        kv_heads: heads,
        head_dim: quotient(fields, ["hidden_size", "num_heads"], hidden, heads)?,
        width: match fields.optional_size("intermediate_size")? {
            Some(width) => width,
            None => four_times(fields, "hidden_size", hidden)?,
        },
    };
    gpt.sizes(fields, style)
}

/// The embedding of OPT-350M is narrower than its layers.
pub(super) fn opt(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let hidden = fields.size("hidden_size", "the hidden size")?;
    let heads = fields.size("num_attention_heads", HEADS)?;
    let gpt = Gpt {
        hidden,
        layers: layers::count(fields, &["num_hidden_layers"])?,
        heads,
        kv_heads: heads,
        head_dim: quotient(fields, ["hidden_size", "num_attention_heads"], hidden, heads)?,
        width: fields.size("ffn_dim", WIDTH)?,
    };
    let embedding = fields.optional_size("word_embed_proj_dim")?.filter(|width| *width != hidden);
    Ok(Sizes { embedding, ..gpt.sizes(fields, style)? })
}

pub(super) fn bloom(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let hidden = fields.size_of(&["hidden_size", "n_embed"], "the hidden size")?;
    let heads = fields.size_of(&["n_head", "num_attention_heads"], HEADS)?;
    let gpt = Gpt {
        hidden,
        layers: layers::count(fields, &["n_layer", "num_hidden_layers"])?,
        heads,
        kv_heads: heads,
        head_dim: quotient(fields, ["hidden_size", "n_head"], hidden, heads)?,
        width: four_times(fields, "hidden_size", hidden)?,
    };
    gpt.sizes(fields, style)
}

/// Its MLP is four times as wide as its layers: transformers 5.24 does not read `expansion_ratio`.
pub(super) fn mpt(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    if fields.optional_size("expansion_ratio")?.is_some_and(|times| times != 4) {
        return Err(fields.wants("expansion_ratio", "4: transformers knows no other"));
    }
    let hidden = fields.size("d_model", "the hidden size")?;
    let heads = fields.size("n_heads", HEADS)?;
    let gpt = Gpt {
        hidden,
        layers: layers::count(fields, &["n_layers"])?,
        heads,
        kv_heads: heads,
        head_dim: quotient(fields, ["d_model", "n_heads"], hidden, heads)?,
        width: four_times(fields, "d_model", hidden)?,
    };
    gpt.sizes(fields, style)
}

/// With `new_decoder_architecture` heads are grouped; without it, all share one key and value head where
/// `multi_query` says so.
pub(super) fn falcon(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    const HEADS_KEY: &str = "num_attention_heads";
    let hidden = fields.size("hidden_size", "the hidden size")?;
    let heads = fields.size_of(&[HEADS_KEY, "n_head"], HEADS)?;
    let flag = |key| fields.flag(key)?.ok_or_else(|| fields.missing(key, "true or false"));
    let kv_heads = match (flag("new_decoder_architecture")?, flag("multi_query")?) {
        (true, _) => match fields.optional_size_of(&["num_kv_heads", "n_head_kv"])? {
            Some(kv_heads) => grouped(fields, "num_kv_heads", HEADS_KEY, heads, kv_heads)?,
            None => heads,
        },
        (false, true) => 1,
        (false, false) => heads,
    };
    let gpt = Gpt {
        hidden,
        layers: layers::count(fields, &["num_hidden_layers", "n_layer"])?,
        heads,
        kv_heads,
        head_dim: quotient(fields, ["hidden_size", HEADS_KEY], hidden, heads)?,
        width: match fields.optional_size("ffn_hidden_size")? {
            Some(width) => width,
            None => four_times(fields, "hidden_size", hidden)?,
        },
    };
    gpt.sizes(fields, style)
}

//! Decoders that name their sizes as Llama does.

use super::{Sizes, layers};
use crate::error::ModelError;
use crate::fields::Fields;
use crate::transformer::{Attention, Layer, Mlp, MlpKind, Qkv, Transformer};

/// What an architecture is where the keys of its configuration do not tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) qkv: Qkv,
    pub(crate) mlp: MlpKind,
    pub(crate) kv_heads: KvHeads,
    pub(crate) head_dim: HeadDim,
    pub(crate) window: Window,
}

/// How many key and value heads there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KvHeads {
    /// As many as heads.
    AsHeads,
    /// `num_key_value_heads`, or as many as heads where it is not there.
    OrHeads,
    /// `num_key_value_heads`, which must be there: transformers would take some number. `null` is as many as heads.
    Given,
}

/// How large a head is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadDim {
    /// h/a.
    Quotient,
    /// `head_dim`, or h/a where it is not there.
    OrQuotient,
    /// `head_dim`, which must be there: transformers would take some number.
    Given,
}

/// Which layers have a sliding window where `layer_types` is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    /// None.
    None,
    /// All, where `sliding_window` is there.
    All,
    /// With `use_sliding_window`, those from `max_window_layers` on.
    Qwen,
    /// Every other one, the first among them.
    Alternate,
    /// All but the last of each `sliding_window_pattern`.
    Pattern,
    /// Llama 4: most layers see a chunk of `attention_chunk_size` keys.
    Chunks,
    /// `layer_types` must be there where `sliding_window` is.
    Listed,
}

pub(super) fn read(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let hidden = hidden(fields)?;
    let mlp = Some(Mlp { width: width(fields)?, kind: style.mlp });
    let layers = attention_of_layers(fields, style, hidden)?.into_iter().map(|attention| Layer {
        count: 1,
        attention,
        mlp,
        experts: None,
    });
    Ok(Sizes { hidden, vocab: vocab(fields)?, embedding: None, layers: Transformer::grouped(layers) })
}

pub(super) fn hidden(fields: &Fields<'_>) -> Result<u32, ModelError> {
    fields.size("hidden_size", "the hidden size")
}

pub(super) fn vocab(fields: &Fields<'_>) -> Result<u32, ModelError> {
    fields.size("vocab_size", "the size of the vocabulary")
}

pub(super) fn width(fields: &Fields<'_>) -> Result<u32, ModelError> {
    fields.size("intermediate_size", "the width of the MLP")
}

/// The attention of each layer.
pub(super) fn attention_of_layers(
    fields: &Fields<'_>,
    style: &Style,
    hidden: u32,
) -> Result<Vec<Attention>, ModelError> {
    let count = layers::count(fields, &["num_hidden_layers"])?;
    let heads = fields.size("num_attention_heads", "the number of attention heads")?;
    let kv_heads = kv_heads(fields, style.kv_heads, heads)?;
    let head_dim = match style.head_dim {
        HeadDim::Quotient => None,
        HeadDim::OrQuotient => fields.optional_size("head_dim")?,
        HeadDim::Given => Some(fields.size("head_dim", "the size of a head")?),
    };
    let head_dim = head_dim
        .map_or_else(|| quotient(fields, ["hidden_size", "num_attention_heads"], hidden, heads), Ok)?;
    let windows = layers::windows(fields, count, style.window)?;
    let qkv = style.qkv;
    Ok(windows
        .into_iter()
        .map(|window| Attention::Grouped { heads, kv_heads, head_dim, qkv, window })
        .collect())
}

fn kv_heads(fields: &Fields<'_>, rule: KvHeads, heads: u32) -> Result<u32, ModelError> {
    const KEY: &str = "num_key_value_heads";
    let kv_heads = match rule {
        KvHeads::AsHeads => return Ok(heads),
        KvHeads::Given if !fields.has(KEY) => {
            return Err(
                fields.missing(KEY, format!("the number of key and value heads, {heads} or a divisor"))
            );
        }
        KvHeads::OrHeads | KvHeads::Given => fields.optional_size(KEY)?.unwrap_or(heads),
    };
    grouped(fields, KEY, "num_attention_heads", heads, kv_heads)
}

/// Each key and value head serves as many heads as any other.
pub(super) fn grouped(
    fields: &Fields<'_>,
    key: &'static str,
    heads_key: &str,
    heads: u32,
    kv_heads: u32,
) -> Result<u32, ModelError> {
    match heads.is_multiple_of(kv_heads) {
        true => Ok(kv_heads),
        false => Err(fields.refuse(key, kv_heads, format!("a divisor of {heads_key} = {heads}"))),
    }
}

/// h/a.
pub(super) fn quotient(
    fields: &Fields<'_>,
    [hidden_key, heads_key]: [&str; 2],
    hidden: u32,
    heads: u32,
) -> Result<u32, ModelError> {
    match hidden.is_multiple_of(heads) {
        true => Ok(hidden / heads),
        false => Err(fields.refuse(
            heads_key,
            heads,
            format!("a divisor of {hidden_key} = {hidden}, or head_dim where the architecture has it"),
        )),
    }
}

//! DeepSeek V2 and V3: latent attention, and experts after a few layers without them.

use super::decoder::{Style, hidden, vocab};
use super::{Sizes, experts, layers};
use crate::error::ModelError;
use crate::fields::Fields;
use crate::transformer::Attention;

pub(super) fn deepseek(fields: &Fields<'_>, style: &Style) -> Result<Sizes, ModelError> {
    let hidden = hidden(fields)?;
    let count = layers::count(fields, &["num_hidden_layers"])?;
    // `null` is a model whose queries come from the hidden states (V2-Lite).
    if !fields.has("q_lora_rank") {
        return Err(fields.missing("q_lora_rank", "the width of the queries' narrow state, or null"));
    }
    let attention = Attention::Latent {
        heads: fields.size("num_attention_heads", "the number of attention heads")?,
        q_rank: fields.optional_size("q_lora_rank")?,
        kv_rank: fields.size("kv_lora_rank", "the width of the narrow state of keys and values")?,
        nope_dim: fields.size("qk_nope_head_dim", "the part of a head's key without the position")?,
        rope_dim: fields.size("qk_rope_head_dim", "the part of a key with the position")?,
        value_dim: fields.size("v_head_dim", "the size of a head's value")?,
    };
    let layers = experts::after_dense_ones(fields, style, vec![attention; count as usize])?;
    Ok(Sizes { hidden, vocab: vocab(fields)?, embedding: None, layers })
}

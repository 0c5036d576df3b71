//! hovera's own short form of a model: TOML, a table for each kind of layer.

use crate::error::ModelError;
use crate::fields::Fields;
use crate::transformer::{Attention, Experts, Layer, MAX_LAYERS, Mlp, MlpKind, Qkv, Transformer};
use serde_json::{Map, Value};

/// What such a file's architecture is called.
pub(crate) const OWN: &str = "toml";

const MLPS: [(&str, MlpKind); 3] =
    [("plain", MlpKind::Plain), ("gated", MlpKind::Gated), ("gated_fused", MlpKind::GatedFused)];

/// TOML as JSON's values: what TOML has beyond those (dates, NaN) is no part of a model.
pub(crate) fn parse(file: &str, text: &str) -> Result<Map<String, Value>, ModelError> {
    toml::from_str(text).map_err(|error| {
        let byte = error.span().map_or(0, |span| span.start);
        ModelError::Syntax {
            file: file.to_owned(),
            line: 1 + text.bytes().take(byte).filter(|b| *b == b'\n').count(),
            format: "TOML",
            reason: error.message().replace('\n', ", "),
        }
    })
}

/// The caller refuses the keys of the document that are unknown; those of its layers are refused here.
pub(crate) fn read(fields: &Fields<'_>, name: &str) -> Result<Transformer, ModelError> {
    let name = fields.text("name")?.unwrap_or(name).to_owned();
    // For people.
    fields.text("source")?;
    let hidden = fields.size("hidden", "the hidden size")?;
    let vocab = fields.size("vocab", "the size of the vocabulary")?;
    let embedding = fields.optional_size("embedding")?.filter(|width| *width != hidden);
    let tables = fields.tables("layer")?;
    if tables.is_empty() {
        return Err(fields.missing("layer", "a [[layer]] table for each kind of layer"));
    }
    let layers = tables.iter().map(layer).collect::<Result<Vec<_>, _>>()?;
    let count = layers.iter().map(|layer| u64::from(layer.count)).sum::<u64>();
    if count > MAX_LAYERS {
        return Err(fields.refuse("layer", format!("{count} layers"), format!("at most {MAX_LAYERS}")));
    }
    let layers = Transformer::grouped(layers);
    Ok(Transformer {
        name,
        architecture: OWN.to_owned(),
        hidden,
        vocab,
        embedding,
        layers,
        remarks: Vec::new(),
    })
}

fn layer(fields: &Fields<'_>) -> Result<Layer, ModelError> {
    if !fields.has("count") {
        return Err(fields.missing("count", format!("how many layers of this kind, 1 to {MAX_LAYERS}")));
    }
    let count = fields.number("count", 1, MAX_LAYERS)?;
    let attention = attention(fields)?;
    let experts = experts(fields)?;
    let mlp = match fields.optional_size("ffn")? {
        Some(width) => Some(Mlp { width, kind: mlp_kind(fields, "mlp")? }),
        None if experts.is_some() => None,
        None => return Err(fields.missing("ffn", "the width of the MLP, or experts")),
    };
    fields.refuse_unknown()?;
    Ok(Layer { count, attention, mlp, experts })
}

fn mlp_kind(fields: &Fields<'_>, key: &'static str) -> Result<MlpKind, ModelError> {
    let words = MLPS.map(|(word, _)| word).join(", ");
    fields.word(key, &MLPS)?.ok_or_else(|| fields.missing(key, format!("one of {words}")))
}

fn attention(fields: &Fields<'_>) -> Result<Attention, ModelError> {
    let heads = fields.size("heads", "the number of attention heads")?;
    if let Some(kv_rank) = fields.optional_size("kv_rank")? {
        return Ok(Attention::Latent {
            heads,
            q_rank: fields.optional_size("q_rank")?,
            kv_rank,
            nope_dim: fields.size("nope_dim", "the part of a head's key without the position")?,
            rope_dim: fields.size("rope_dim", "the part of a key with the position")?,
            value_dim: fields.size("value_dim", "the size of a head's value")?,
        });
    }
    let kv_heads = fields.optional_size("kv_heads")?.unwrap_or(heads);
    if !heads.is_multiple_of(kv_heads) {
        return Err(fields.wants("kv_heads", format!("a divisor of heads = {heads}")));
    }
    let qkv = fields.word("qkv", &[("separate", Qkv::Separate), ("fused", Qkv::Fused)])?;
    Ok(Attention::Grouped {
        heads,
        kv_heads,
        head_dim: fields.size("head_dim", "the size of a head")?,
        qkv: qkv.ok_or_else(|| fields.missing("qkv", "separate or fused"))?,
        window: fields.optional_size("window")?,
    })
}

fn experts(fields: &Fields<'_>) -> Result<Option<Experts>, ModelError> {
    let Some(count) = fields.optional_size("experts")? else { return Ok(None) };
    let per_token = fields.size("experts_per_token", "how many experts a token runs through")?;
    if per_token > count {
        return Err(fields.wants("experts_per_token", format!("at most the {count} experts there are")));
    }
    let width = fields.size("expert_ffn", "the width of an expert")?;
    let kind = mlp_kind(fields, "expert_mlp")?;
    let shared = match fields.optional_size("shared_ffn")? {
        Some(width) => Some(Mlp { width, kind: mlp_kind(fields, "shared_mlp")? }),
        None => None,
    };
    let shared_is_weighed = fields.flag("shared_is_weighed")?.unwrap_or(false);
    if shared_is_weighed && shared.is_none() {
        return Err(fields.wants("shared_is_weighed", "shared_ffn with it"));
    }
    Ok(Some(Experts { count, per_token, mlp: Mlp { width, kind }, shared, shared_is_weighed }))
}

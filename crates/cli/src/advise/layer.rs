//! A layer by the command line's sizes, as the text of a model.

use crate::args::{LayerSizes, MlpLayers};
use anyhow::{Result, ensure};
use std::num::NonZeroU32;

/// What errors and tables call it.
pub(super) const NAME: &str = "the layer";

/// hovera's own TOML of the layer. Without a vocabulary there is one of 1, which does not count.
pub(super) fn toml(sizes: &LayerSizes) -> Result<String> {
    let number = |size: Option<NonZeroU32>, usual: u32| size.map_or(usual, NonZeroU32::get);
    let (hidden, heads) = (number(sizes.hidden, 1), number(sizes.heads, 1));
    ensure!(
        sizes.head_dim.is_some() || hidden.is_multiple_of(heads),
        "--hidden {hidden} is no multiple of --heads {heads}; want --head-dim too"
    );
    let mlp = match sizes.mlp {
        None | Some(MlpLayers::Plain) => "plain",
        Some(MlpLayers::Gated) => "gated",
    };
    Ok(format!(
        "name = \"{NAME}\"\nhidden = {hidden}\nvocab = {}\n[[layer]]\ncount = {}\nheads = {heads}\nkv_heads = {}\nhead_dim = {}\n\
         qkv = \"fused\"\nffn = {}\nmlp = \"{mlp}\"\n",
        number(sizes.vocab, 1),
        number(sizes.layers, 1),
        number(sizes.kv_heads, heads),
        number(sizes.head_dim, hidden / heads),
        number(sizes.ffn, hidden.saturating_mul(4)),
    ))
}

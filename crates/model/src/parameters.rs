//! How many weights the linear layers have.

use crate::transformer::{Attention, Experts, Layer, Mlp, Transformer};

impl Transformer {
    /// Weights of all linear layers, that of the logits included: no embedding, bias or norm.
    #[must_use]
    pub fn linear_parameters(&self) -> u128 {
        self.weights(|experts| experts.count)
    }

    /// Those that each token meets: of the experts, only those that it runs through.
    #[must_use]
    pub fn active_linear_parameters(&self) -> u128 {
        self.weights(|experts| experts.per_token)
    }

    fn weights(&self, experts: fn(&Experts) -> u32) -> u128 {
        let [hidden, vocab] = [self.hidden, self.vocab].map(u128::from);
        let layers: u128 =
            self.layers.iter().map(|layer| u128::from(layer.count) * of_layer(layer, hidden, experts)).sum();
        let around = match self.embedding.map(u128::from) {
            None => vocab * hidden,
            Some(width) => 2 * width * hidden + vocab * width,
        };
        layers + around
    }
}

fn of_layer(layer: &Layer, hidden: u128, experts: fn(&Experts) -> u32) -> u128 {
    let mlp = |mlp: Mlp| hidden * u128::from(mlp.width) * if mlp.kind.is_gated() { 3 } else { 2 };
    let of_experts = layer.experts.map_or(0, |it| {
        let shared = it.shared.map_or(0, mlp) + if it.shared_is_weighed { hidden } else { 0 };
        u128::from(experts(&it)) * mlp(it.mlp) + u128::from(it.count) * hidden + shared
    });
    of_attention(layer.attention, hidden) + layer.mlp.map_or(0, mlp) + of_experts
}

fn of_attention(attention: Attention, hidden: u128) -> u128 {
    match attention {
        Attention::Grouped { heads, kv_heads, head_dim, .. } => {
            let [heads, kv_heads, d] = [heads, kv_heads, head_dim].map(u128::from);
            2 * hidden * d * (heads + kv_heads)
        }
        Attention::Latent { heads, q_rank, kv_rank, nope_dim, rope_dim, value_dim } => {
            let [heads, kv_rank, nope, rope, value] =
                [heads, kv_rank, nope_dim, rope_dim, value_dim].map(u128::from);
            let queries = match q_rank.map(u128::from) {
                Some(rank) => rank * (hidden + heads * (nope + rope)),
                None => hidden * heads * (nope + rope),
            };
            let keys_and_values = hidden * (kv_rank + rope) + kv_rank * heads * (nope + value);
            queries + keys_and_values + hidden * heads * value
        }
    }
}

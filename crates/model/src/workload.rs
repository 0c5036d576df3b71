//! What a model is asked to do.

use crate::transformer::{MlpKind, Qkv};

/// One pass of a model, on one of several tensor-parallel ranks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Workload {
    /// Sequences.
    pub batch: u32,
    /// New tokens of each sequence: 1 in decoding.
    pub seq: u32,
    /// Keys that these tokens see, themselves and what the cache holds; none where the cache is empty.
    pub keys: Option<u32>,
    /// Ranks that share heads, widths and the vocabulary.
    pub tensor_parallel: u32,
    /// Whether the backward products are part of it.
    pub training: bool,
    /// For which tokens there are logits.
    pub logits: Logits,
    /// How tokens spread over the experts.
    pub balance: Balance,
    /// Which linear layers on the same input are one product.
    pub fuse: Fuse,
    /// What heads do that share keys and values.
    pub groups: Groups,
}

/// For which tokens there are logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logits {
    /// For each.
    All,
    /// For the last of each sequence, as in generation.
    Last,
}

/// How tokens spread over the experts of a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Balance {
    /// Each expert has as many as any other, or one more.
    Even,
    /// One expert has so many times the mean, at most every token; the others share the rest evenly.
    Busiest(f64),
}

/// What heads do that share keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// They are one product, whose m is their queries one below the other: what the ops `score` and `values` are.
    Together,
    /// Each multiplies a copy of its own, as transformers' eager attention does.
    Copied,
}

/// Which linear layers on the same input are one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fuse {
    /// As the model's code in transformers has them.
    AsModel,
    /// Queries, keys and values in one, and gate and up in one, as servers and training frameworks have them.
    All,
    /// None.
    None,
}

impl Fuse {
    pub(crate) fn qkv(self, qkv: Qkv) -> Qkv {
        match self {
            Fuse::AsModel => qkv,
            Fuse::All => Qkv::Fused,
            Fuse::None => Qkv::Separate,
        }
    }

    pub(crate) fn mlp(self, kind: MlpKind) -> MlpKind {
        match (self, kind.is_gated()) {
            (Fuse::AsModel, _) | (_, false) => kind,
            (Fuse::All, true) => MlpKind::GatedFused,
            (Fuse::None, true) => MlpKind::Gated,
        }
    }
}

impl Workload {
    /// A forward pass over so many sequences of so many tokens, on one device.
    #[must_use]
    pub fn forward(batch: u32, seq: u32) -> Workload {
        Workload {
            batch,
            seq,
            keys: None,
            tensor_parallel: 1,
            training: false,
            logits: Logits::All,
            balance: Balance::Even,
            fuse: Fuse::AsModel,
            groups: Groups::Together,
        }
    }

    /// The step that makes the next token of so many sequences, each of which sees so many keys.
    #[must_use]
    pub fn decode(batch: u32, keys: u32) -> Workload {
        Workload { keys: Some(keys), ..Workload::forward(batch, 1) }
    }
}

impl Balance {
    /// So many tokens for experts, in groups of experts that have as many: how many experts, and how many tokens each.
    /// Together they have tokens · per_token; experts that have none are left out.
    pub(crate) fn spread(self, experts: u32, per_token: u32, tokens: u64) -> Vec<(u64, u64)> {
        let all = tokens * u64::from(per_token);
        let experts = u64::from(experts);
        let busiest = match self {
            Balance::Even => None,
            Balance::Busiest(times) => {
                let mean = all as f64 / experts as f64;
                // No expert sees a token twice, and the others must have room for the rest.
                let least = all.saturating_sub(tokens * (experts - 1)).max(all.div_ceil(experts));
                Some(((mean * times).round() as u64).clamp(least, tokens))
            }
        };
        let mut groups: Vec<(u64, u64)> = busiest.map(|tokens| (1, tokens)).into_iter().collect();
        let (left, others) = (all - busiest.unwrap_or(0), experts - busiest.map_or(0, |_| 1));
        if let (Some(each), Some(more)) = (left.checked_div(others), left.checked_rem(others)) {
            groups.extend([(more, each + 1), (others - more, each)]);
        }
        groups.retain(|(experts, tokens)| *experts > 0 && *tokens > 0);
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_token_runs_through_its_experts_and_no_expert_sees_one_twice(
            experts in 1u32..300, per_token in 1u32..10, tokens in 1u64..100_000, times in 0.0f64..300.0,
            even: bool,
        ) {
            let per_token = per_token.min(experts);
            let balance = if even { Balance::Even } else { Balance::Busiest(times) };
            let groups = balance.spread(experts, per_token, tokens);
            prop_assert_eq!(
                groups.iter().map(|(experts, each)| experts * each).sum::<u64>(),
                tokens * u64::from(per_token)
            );
            prop_assert!(groups.iter().map(|(experts, _)| experts).sum::<u64>() <= u64::from(experts));
            prop_assert!(groups.iter().all(|(_, each)| (1..=tokens).contains(each)));
        }
    }
}

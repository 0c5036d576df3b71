//! A size of a model, another value of it, and the model that has that value.

use hovera_model::{Attention, Experts, Layer, Mlp, Transformer};
use std::fmt;

/// A size that a model's author may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Size {
    /// Entries of the vocabulary.
    Vocab,
    /// Width of the MLP.
    Ffn,
    /// Width of an expert.
    ExpertFfn,
    /// Width of the MLP that all tokens run through beside the experts.
    SharedFfn,
    /// Head dim, at the same number of heads.
    HeadDim,
    /// Attention heads, all of them as wide together as before.
    Heads,
    /// Attention heads of one tensor-parallel rank, at the same head dim.
    HeadsPerRank,
}

impl Size {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Size::Vocab => "vocab",
            Size::Ffn => "ffn",
            Size::ExpertFfn => "expert_ffn",
            Size::SharedFfn => "shared_ffn",
            Size::HeadDim => "head_dim",
            Size::Heads => "heads",
            Size::HeadsPerRank => "heads_per_rank",
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Heads, those of keys and values, and the head dim of a kind of layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HeadsOf {
    pub(crate) heads: u32,
    pub(crate) kv_heads: u32,
    pub(crate) head_dim: u32,
}

impl HeadsOf {
    /// None of latent attention, whose sizes depend on each other otherwise.
    fn of_layer(layer: &Layer) -> Option<HeadsOf> {
        match layer.attention {
            Attention::Grouped { heads, kv_heads, head_dim, .. } => {
                Some(HeadsOf { heads, kv_heads, head_dim })
            }
            Attention::Latent { .. } => None,
        }
    }
}

/// What a change sets, of all layers that have the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Vocab(u32),
    Ffn { from: u32, to: u32 },
    ExpertFfn { from: u32, to: u32 },
    SharedFfn { from: u32, to: u32 },
    Heads { from: HeadsOf, to: HeadsOf },
}

impl Setting {
    /// The model with it. What is alike before is alike after, so that layers stay in their places.
    pub(crate) fn apply(self, model: &Transformer) -> Transformer {
        let mut changed = model.clone();
        match self {
            Setting::Vocab(to) => changed.vocab = to,
            Setting::Ffn { from, to } => {
                let widths = changed.layers.iter_mut().filter_map(|layer| layer.mlp.as_mut());
                widths.for_each(|mlp| replace(mlp, from, to));
            }
            Setting::ExpertFfn { from, to } => {
                experts(&mut changed).for_each(|experts| replace(&mut experts.mlp, from, to));
            }
            Setting::SharedFfn { from, to } => {
                let shared = experts(&mut changed).filter_map(|experts| experts.shared.as_mut());
                shared.for_each(|mlp| replace(mlp, from, to));
            }
            Setting::Heads { from, to } => {
                for layer in changed.layers.iter_mut().filter(|layer| HeadsOf::of_layer(layer) == Some(from))
                {
                    if let Attention::Grouped { heads, kv_heads, head_dim, .. } = &mut layer.attention {
                        (*heads, *kv_heads, *head_dim) = (to.heads, to.kv_heads, to.head_dim);
                    }
                }
            }
        }
        changed
    }
}

fn replace(mlp: &mut Mlp, from: u32, to: u32) {
    if mlp.width == from {
        mlp.width = to;
    }
}

fn experts(model: &mut Transformer) -> impl Iterator<Item = &mut Experts> {
    model.layers.iter_mut().filter_map(|layer| layer.experts.as_mut())
}

/// One size at another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Which size.
    pub size: Size,
    /// Its value.
    pub from: u32,
    /// The other value.
    pub to: u32,
    pub(crate) setting: Setting,
}

impl Change {
    /// What else a change of heads changes: the head dim of as wide heads. None where nothing else does.
    #[must_use]
    pub fn head_dims(&self) -> Option<[u32; 2]> {
        match (self.size, self.setting) {
            (Size::Heads, Setting::Heads { from, to }) => Some([from.head_dim, to.head_dim]),
            _ => None,
        }
    }

    /// The model with it.
    #[must_use]
    pub fn apply(&self, model: &Transformer) -> Transformer {
        self.setting.apply(model)
    }
}

/// `vocab 50257 to 50304`, `heads 32 to 20 (head_dim 80 to 128)`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} to {}", self.size, self.from, self.to)?;
        match self.head_dims() {
            Some([from, to]) => write!(f, " (head_dim {from} to {to})"),
            None => Ok(()),
        }
    }
}

/// The values of a model's sizes, each once.
pub(crate) struct Values {
    pub(crate) ffn: Vec<u32>,
    pub(crate) expert_ffn: Vec<u32>,
    pub(crate) shared_ffn: Vec<u32>,
    pub(crate) heads: Vec<HeadsOf>,
}

impl Values {
    pub(crate) fn of_model(model: &Transformer) -> Values {
        let layers = || model.layers.iter();
        let experts = || layers().filter_map(|layer| layer.experts);
        Values {
            ffn: each_once(layers().filter_map(|layer| Some(layer.mlp?.width))),
            expert_ffn: each_once(experts().map(|experts| experts.mlp.width)),
            shared_ffn: each_once(experts().filter_map(|experts| Some(experts.shared?.width))),
            heads: each_once(layers().filter_map(HeadsOf::of_layer)),
        }
    }
}

fn each_once<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

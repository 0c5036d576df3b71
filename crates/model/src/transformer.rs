//! A decoder as far as its matrix products go: what a configuration says of its sizes, in one form for all
//! architectures.

/// More layers than any model has.
pub(crate) const MAX_LAYERS: u64 = 10_000;

/// A decoder-only transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transformer {
    /// What it is called: the file's name, or what the file says.
    pub name: String,
    /// Its architecture, as `model_type` has it; `toml` where the file is hovera's own.
    pub architecture: String,
    /// Hidden size h.
    pub hidden: u32,
    /// Entries of the vocabulary, v: the logits of a token.
    pub vocab: u32,
    /// Width of the embedding where it is not h: two more linear layers lead from it to h and back (OPT).
    pub embedding: Option<u32>,
    /// Its layers, those that are alike together, in the order in which the first of each kind comes.
    pub layers: Vec<Layer>,
    /// What was read otherwise than one might expect, a sentence each.
    pub remarks: Vec<String>,
}

/// A kind of layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// How many there are of it.
    pub count: u32,
    /// Its attention.
    pub attention: Attention,
    /// Its MLP, for every token; none where there are experts instead.
    pub mlp: Option<Mlp>,
    /// Its experts.
    pub experts: Option<Experts>,
}

/// How queries, keys and values are made, and how many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// Heads that share keys and values in groups; as many of either is the usual attention, one key and
    /// value for all is multi-query attention.
    Grouped {
        /// Query heads, a.
        heads: u32,
        /// Key and value heads, a divisor of a.
        kv_heads: u32,
        /// Head dim d.
        head_dim: u32,
        /// Which of their linear layers are one.
        qkv: Qkv,
        /// How many keys a query sees at most; none where it sees all.
        window: Option<u32>,
    },
    /// DeepSeek's latent attention (arXiv 2405.04434): queries, and keys and values together, come from
    /// narrower states. Each head's keys have a part of their own and one with the position that all share.
    Latent {
        /// Heads, a.
        heads: u32,
        /// Width of the queries' narrow state; none where they come from the hidden states.
        q_rank: Option<u32>,
        /// Width of the narrow state of keys and values.
        kv_rank: u32,
        /// Of a head's query and key, without the position.
        nope_dim: u32,
        /// Of a head's query and the shared key, with the position.
        rope_dim: u32,
        /// Of a head's value.
        value_dim: u32,
    },
}

/// Which of the linear layers of queries, keys and values are one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qkv {
    /// Three.
    Separate,
    /// One.
    Fused,
}

/// A feed-forward part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mlp {
    /// Its width.
    pub width: u32,
    /// Its linear layers.
    pub kind: MlpKind,
}

/// The linear layers of an MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MlpKind {
    /// Up and down.
    Plain,
    /// Gate, up and down.
    Gated,
    /// Gate and up in one, and down.
    GatedFused,
}

impl MlpKind {
    /// Whether there is a gate.
    #[must_use]
    pub fn is_gated(self) -> bool {
        self != MlpKind::Plain
    }
}

/// MLPs of which each token runs through a few, and what else such a layer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Experts {
    /// How many there are.
    pub count: u32,
    /// How many a token runs through.
    pub per_token: u32,
    /// Each of them.
    pub mlp: Mlp,
    /// An MLP that every token runs through beside them.
    pub shared: Option<Mlp>,
    /// Whether a linear layer of one output weighs that shared MLP (Qwen 2).
    pub shared_is_weighed: bool,
}

impl Transformer {
    /// All layers.
    #[must_use]
    pub fn layer_count(&self) -> u32 {
        self.layers.iter().map(|layer| layer.count).sum()
    }

    /// Layers that are alike become one kind.
    pub(crate) fn grouped(layers: impl IntoIterator<Item = Layer>) -> Vec<Layer> {
        let mut kinds: Vec<Layer> = Vec::new();
        for layer in layers {
            match kinds.iter_mut().find(|kind| layer.is_like(kind)) {
                Some(kind) => kind.count += layer.count,
                None => kinds.push(layer),
            }
        }
        kinds
    }
}

impl Layer {
    /// Whether they differ in nothing but how many there are.
    fn is_like(&self, other: &Layer) -> bool {
        (self.attention, self.mlp, self.experts) == (other.attention, other.mlp, other.experts)
    }
}

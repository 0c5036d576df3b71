//! `hovera advise`.

use super::{Asked, Measuring, TableFormat, positive, word};
use clap::{Args, ValueEnum};
use hovera_core::Dtype;
use std::num::NonZeroU32;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
What is looked at: vocab (larger only), ffn, expert_ffn and shared_ffn, head_dim, heads at the same width, and with \
tensor-parallel ranks the heads of each. Of each size the best neighbouring value is shown, if it saves 1 % of the time \
or more and its 80 % interval does not reach zero. A smaller model is faster by itself: what fewer FLOP save is no \
advice. Of values that save the same, the roundest is taken.

What is not in it: softmax, norms, activations, embeddings, fused attention, communication between ranks. Times are \
predicted unless --measure is given.

Examples:
  hovera advise model:gpt2 --batch 4 --seq 1024              a vocabulary of 50304, not 50257
  hovera advise --hidden 1584 --heads 12                     a head dim of 128, not 132
  hovera advise llama/config.json --gpu H100 --gpu A100      what is good on both
  hovera advise model:gpt2 --card card.toml --measure        measured on the GPU here
  hovera advise recorded:nvidia-h100-80gb-hbm3/logits-vocab  product by product, as measured";

/// List the sizes of a model that cost, and which neighbouring value saves how much.
///
/// Without an argument it is a layer by --hidden and --heads.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Advise {
    /// Hugging Face's config.json, or the folder that it is in; hovera's own TOML; `model:NAME` for a public model that
    /// is built in. Or a results file, or `recorded:NAME`, of which each product is looked at by itself.
    #[arg(value_name = "CONFIG|RESULTS", required_unless_present = "hidden", conflicts_with_all = ["hidden", "heads"])]
    pub(crate) subject: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) layer: LayerSizes,
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Of what type the operands are. [default: bf16; with --backend cpu f32]
    #[arg(long, value_parser = word(Dtype::ALL, Dtype::as_str))]
    pub(crate) dtype: Option<Dtype>,
    /// A card that `hovera calibrate` wrote a file of. Given several times, the card that a change saves least on decides.
    #[arg(long, value_name = "CARD.toml")]
    pub(crate) card: Vec<PathBuf>,
    /// A GPU whose constants, or whose family's, are built in. [default: the one of the results file, else an H100]
    #[arg(long, value_name = "NAME")]
    pub(crate) gpu: Vec<String>,
    /// How the table is printed.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: TableFormat,
    /// Time what is advised on the card at hand, before and after, and show that beside what was promised.
    #[arg(long)]
    pub(crate) measure: bool,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
}

/// A layer that no file describes.
#[derive(Debug, Args)]
pub(crate) struct LayerSizes {
    /// Hidden size.
    #[arg(long, value_name = "H", value_parser = positive, requires = "heads")]
    pub(crate) hidden: Option<NonZeroU32>,
    /// Attention heads.
    #[arg(long, value_name = "A", value_parser = positive, requires = "hidden")]
    pub(crate) heads: Option<NonZeroU32>,
    /// Heads of keys and values. [default: as many as heads]
    #[arg(long, value_name = "N", value_parser = positive, requires = "hidden")]
    pub(crate) kv_heads: Option<NonZeroU32>,
    /// Head dim. [default: the hidden size over the heads]
    #[arg(long, value_name = "D", value_parser = positive, requires = "hidden")]
    pub(crate) head_dim: Option<NonZeroU32>,
    /// Width of the MLP. [default: four times the hidden size]
    #[arg(long, value_name = "N", value_parser = positive, requires = "hidden")]
    pub(crate) ffn: Option<NonZeroU32>,
    /// The linear layers of the MLP. [default: plain]
    #[arg(long, value_name = "KIND", requires = "hidden")]
    pub(crate) mlp: Option<MlpLayers>,
    /// Vocabulary; without it there are no logits.
    #[arg(long, value_name = "V", value_parser = positive, requires = "hidden")]
    pub(crate) vocab: Option<NonZeroU32>,
    /// How many such layers the model has. [default: 1]
    #[arg(long, value_name = "N", value_parser = positive, requires = "hidden")]
    pub(crate) layers: Option<NonZeroU32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MlpLayers {
    /// Up and down.
    Plain,
    /// Gate, up and down.
    Gated,
}

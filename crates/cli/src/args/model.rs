//! `hovera model`.

use super::{Measuring, positive, word};
use clap::{Args, ValueEnum};
use hovera_core::Dtype;
use hovera_model::Override;
use std::num::NonZeroU32;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Not counted: norms, activations, embeddings, rotary positions, communication between ranks, the optimiser.

Shares are shares of the time of the products. Attention is listed twice: as its two products, and as the one kernel \
that computes both (attention). Each sum counts one of the two and says which. Where cuDNN is found the softmax between \
the two products is measured and counted with them; not in a training step.

Examples:
  hovera model model:gpt2 model:llama-3-8b --seq 8192 --dry-run  list two models, without a GPU
  hovera model llama/config.json --seq 8192 -o llama.csv         measure each product once
  hovera model llama.csv                                         print the file's table again
  hovera model model:gpt2 --set vocab=50304 --dry-run            list it with another vocabulary
  hovera model model:qwen3-8b --batch 64 --decode 8192           a decoding step with a cache

crates/model/README.md lists the architectures, the keys of the TOML, and what is counted.";

/// List the matrix products of a transformer, measure each once, and print where the time goes.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Model {
    /// A Hugging Face config.json or its folder; hovera's own TOML; or `model:NAME`, a public model that is built in.
    /// Or results files that this command wrote: their tables are printed again.
    #[arg(required = true, value_name = "CONFIG")]
    pub(crate) configs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The element type of the operands. [default: bf16; with --backend cpu f32]
    #[arg(long, value_parser = word(Dtype::ALL, Dtype::as_str))]
    pub(crate) dtype: Option<Dtype>,
    /// How attention is measured: as its two products only, or also as one kernel (f16 and bf16, by cuDNN). [default: both
    /// if a cuDNN is found that computes it]
    #[arg(long, value_name = "WHICH")]
    pub(crate) attention: Option<AttentionAs>,
    /// Also measure sizes next to those of the products: the next multiples of 16 bytes and of 64.
    #[arg(long)]
    pub(crate) neighbours: bool,
    /// The format of the tables.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: TableFormat,
    /// List products and FLOP, and measure nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) measuring: Measuring,
}

/// What the models are asked to do.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// The number of sequences. [default: 1]
    #[arg(long, value_name = "B", value_parser = positive)]
    pub(crate) batch: Option<NonZeroU32>,
    /// New tokens of each sequence. [default: 2048]
    #[arg(long, value_name = "S", value_parser = positive)]
    pub(crate) seq: Option<NonZeroU32>,
    /// Keys that the tokens attend to: their own and those of a cache. [default: as many as tokens]
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with = "training")]
    pub(crate) keys: Option<NonZeroU32>,
    /// A decoding step: one new token for each sequence, which attends to N keys. Short for --seq 1 --keys N.
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with_all = ["seq", "keys", "training"])]
    pub(crate) decode: Option<NonZeroU32>,
    /// Tensor-parallel ranks; the products are those of one rank. [default: 1]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) tensor_parallel: Option<NonZeroU32>,
    /// A training step: each product, and the gradients of its operands.
    #[arg(long)]
    pub(crate) training: bool,
    /// Which tokens have logits. [default: all]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) logits: Option<LogitsOf>,
    /// One expert has FACTOR times the mean number of tokens; the others share the rest evenly. [default: all evenly]
    #[arg(long, value_name = "FACTOR", value_parser = factor, allow_negative_numbers = true)]
    pub(crate) balance: Option<f64>,
    /// Whether q, k and v, and gate and up, are computed as one product. [default: as in the model's code]
    #[arg(long, value_name = "WHICH")]
    pub(crate) fuse: Option<FuseWhich>,
    /// Heads that share keys: one product for a whole group, or one for each head with a copy of the keys.
    /// [default: together]
    #[arg(long, value_name = "HOW")]
    pub(crate) groups: Option<GroupsHow>,
    /// Set a key of the configuration. For a model of pictures and text, a key of its text part.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub(crate) set: Vec<Override>,
}

impl Asked {
    /// Its options, and which of them are given.
    pub(crate) fn given(&self) -> [(&'static str, bool); 11] {
        let Asked { batch, seq, keys, decode, tensor_parallel, training, logits, balance, fuse, groups, set } =
            self;
        [
            ("--batch", batch.is_some()),
            ("--seq", seq.is_some()),
            ("--keys", keys.is_some()),
            ("--decode", decode.is_some()),
            ("--tensor-parallel", tensor_parallel.is_some()),
            ("--training", *training),
            ("--logits", logits.is_some()),
            ("--balance", balance.is_some()),
            ("--fuse", fuse.is_some()),
            ("--groups", groups.is_some()),
            ("--set", !set.is_empty()),
        ]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogitsOf {
    /// Each token.
    All,
    /// The last token of each sequence.
    Last,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FuseWhich {
    All,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AttentionAs {
    /// Its two products.
    Products,
    /// Its two products, and one kernel.
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupsHow {
    Together,
    Copied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// A table for people, as wide as the terminal.
    Table,
    /// A row for each product.
    Csv,
    /// An object for each product.
    Json,
    /// Markdown.
    Md,
}

/// How many times the mean.
fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|factor: &f64| factor.is_finite() && *factor >= 1.0);
    factor.ok_or_else(|| "want a number from 1".to_owned())
}

fn key_and_value(text: &str) -> Result<Override, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok(Override::new(key.trim(), value.trim())),
        _ => Err("want KEY=VALUE, such as vocab_size=50304".to_owned()),
    }
}

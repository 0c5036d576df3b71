//! `hovera explain`.

use super::{positive, word};
use clap::Args;
use hovera_core::{Dtype, Engine, Layout, Op, Pacing};
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Explain why a point is as fast as it is: the kernel that ran, its tiles and padding, the alignment of its operands,
/// how far it is from the limits of compute and memory, and how fast its neighbours are.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A results file, or `recorded:NAME` for a sweep built into this program.
    pub(crate) results: PathBuf,
    /// Hidden size of the point. A softmax has none.
    #[arg(
        long,
        value_name = "H",
        value_parser = positive,
        allow_negative_numbers = true,
        required_if_eq_any = ops_with_hidden()
    )]
    pub(crate) hidden: Option<NonZeroU32>,
    /// Its op: a product of a layer.
    #[arg(
        long,
        value_parser = word(Op::ALL, Op::as_str),
        hide_possible_values = true,
        long_help = ops_of_a_layer()
    )]
    pub(crate) op: Op,
    /// A card file of `hovera calibrate`, whose constants say what was expected. [default: the constants built in for the
    /// GPU, if there are any]
    #[arg(long, value_name = "CARD.toml")]
    pub(crate) card: Option<PathBuf>,
    /// Its attention heads. If the file has several values of this or of an option below, each is explained.
    #[arg(long, value_name = "A", value_parser = positive)]
    pub(crate) heads: Option<NonZeroU32>,
    /// Its micro-batch.
    #[arg(long, value_name = "B", value_parser = positive)]
    pub(crate) batch: Option<NonZeroU32>,
    /// Its sequence length.
    #[arg(long, value_name = "S", value_parser = positive)]
    pub(crate) seq: Option<NonZeroU32>,
    /// Its element type.
    #[arg(long, value_parser = word(Dtype::ALL, Dtype::as_str))]
    pub(crate) dtype: Option<Dtype>,
    /// How its B is stored.
    #[arg(long, value_parser = word(Layout::ALL, Layout::as_str))]
    pub(crate) layout: Option<Layout>,
    /// What computed it.
    #[arg(long, value_parser = word(Engine::ALL, Engine::as_str))]
    pub(crate) engine: Option<Engine>,
    /// How it was paced.
    #[arg(long, value_parser = word(Pacing::ALL, Pacing::as_str))]
    pub(crate) pacing: Option<Pacing>,
}

/// The ops that depend on the hidden size, or are told by it: a point of any of them is asked for by it.
fn ops_with_hidden() -> Vec<(&'static str, &'static str)> {
    Op::ALL.iter().filter(|op| !op.is_of_rows()).map(|op| ("op", op.as_str())).collect()
}

/// What can be asked for, from the table of ops.
fn ops_of_a_layer() -> String {
    let line = |op: &Op| format!("\n- {op}: {}", op.definition());
    let ops = Op::ALL.iter().filter(|op| op.is_of_layer());
    format!("Its op, a product of a layer:{}", ops.map(line).collect::<String>())
}

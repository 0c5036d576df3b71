//! `hovera predict` and `hovera calibrate`.

use super::positive;
use clap::Args;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Say what a sweep would take on a GPU, without one: each point of SPEC becomes a `predicted` row with an interval.
///
/// The constants are those of a card file (`hovera calibrate`), or of a GPU family that is built in: Hopper and Ampere. A
/// row says which of them it stands on: this model of `card`, one of its `family`, or another family with this card's
/// `datasheet`. What cannot be predicted is skipped, with the reason: other dtypes than f16 and bf16, fused attention, the
/// steady state, cold caches.
#[derive(Debug, Args)]
pub(crate) struct Predict {
    /// The sweep: a file (TOML; sweeps/README.md has its keys), or one of `hovera specs` by its name.
    pub(crate) spec: PathBuf,
    /// By the constants of this card.
    #[arg(long, value_name = "CARD.toml", required_unless_present = "gpu")]
    pub(crate) card: Option<PathBuf>,
    /// On this GPU, by its product name as in `H200` or `NVIDIA A100-SXM4-80GB`. [default: that of the card file]
    #[arg(long, value_name = "NAME")]
    pub(crate) gpu: Option<String>,
    /// Where the rows go; `-` is standard output. [default: NAME-DEVICE-predicted.csv in this folder]
    #[arg(short, long, value_name = "RESULTS.csv")]
    pub(crate) output: Option<PathBuf>,
}

/// Measure a few points of a GPU, fit the constants of `hovera predict` to them, and write the card file.
///
/// The points are chosen by a rule, and measured as `hovera run` measures, in about five seconds. Of RESULTS they are taken
/// instead of being measured. Where the GPU is of a family that is built in, the fit starts from it.
#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// Results of one GPU whose rows are the points.
    pub(crate) results: Vec<PathBuf>,
    /// The card file.
    #[arg(short, long, value_name = "CARD.toml")]
    pub(crate) output: PathBuf,
    /// How many points. [default: as many as five seconds allow; of RESULTS all]
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub(crate) points: Option<NonZeroU32>,
    /// Which GPU to measure, as CUDA numbers them. [default: 0]
    #[arg(long, value_name = "N", conflicts_with = "results")]
    pub(crate) device: Option<u32>,
    /// Start from nothing that is built in, though the GPU is of a family.
    #[arg(long)]
    pub(crate) alone: bool,
}

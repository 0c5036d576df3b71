//! `hovera predict` and `hovera calibrate`.

use super::positive;
use clap::Args;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Estimate how long a sweep takes on a GPU that is not here: each point of SPEC becomes a `predicted` row with an interval.
///
/// The constants come from a card file (`hovera calibrate`), or from a GPU family that is built in: Hopper and Ampere. The
/// column tier says which: `card`, this model of card; `family`, another card of its family; `datasheet`, another family
/// with this card's datasheet. Some points cannot be predicted and are skipped, with the reason: types other than f16 and
/// bf16, fused attention, the steady state, cold caches.
#[derive(Debug, Args)]
pub(crate) struct Predict {
    /// The sweep: a file (TOML; sweeps/README.md has its keys), or one of `hovera specs` by its name.
    pub(crate) spec: PathBuf,
    /// Use the constants of this card.
    #[arg(long, value_name = "CARD.toml", required_unless_present = "gpu")]
    pub(crate) card: Option<PathBuf>,
    /// The GPU, by its product name, such as `H200` or `NVIDIA A100-SXM4-80GB`. [default: that of the card file]
    #[arg(long, value_name = "NAME")]
    pub(crate) gpu: Option<String>,
    /// Where the rows go; `-` is standard output. [default: NAME-DEVICE-predicted.csv in this folder]
    #[arg(short, long, value_name = "RESULTS.csv")]
    pub(crate) output: Option<PathBuf>,
}

/// Measure a few points of a GPU, fit the constants of `hovera predict` to them, and write the card file.
///
/// It measures as `hovera run` does, in about five seconds. With RESULTS it takes the points from these files instead. If
/// the GPU is of a family that is built in, the fit starts from that family.
#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// Results of one GPU, whose rows are the points.
    pub(crate) results: Vec<PathBuf>,
    /// The card file.
    #[arg(short, long, value_name = "CARD.toml")]
    pub(crate) output: PathBuf,
    /// How many points. [default: as many as five seconds allow; with RESULTS all,
    /// at most 400, spread over their kinds]
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub(crate) points: Option<NonZeroU32>,
    /// Which GPU to measure, by CUDA's number. [default: 0]
    #[arg(long, value_name = "N", conflicts_with = "results")]
    pub(crate) device: Option<u32>,
    /// Do not start from a family that is built in.
    #[arg(long)]
    pub(crate) alone: bool,
}

//! `hovera kernels`.

use super::word;
use clap::Args;
use hovera_core::Engine;
use std::path::PathBuf;

/// List which kernels a library would run for a sweep, without timing anything.
///
/// hovera captures each call into a CUDA graph and asks the driver for the kernels in it; nothing is computed. With two
/// libraries it lists what an upgrade changes. For the engine `tuned` it lists cuBLAS's default choice.
#[derive(Debug, Args)]
pub(crate) struct Kernels {
    /// The sweep: a file (TOML; sweeps/README.md has its keys), or one of `hovera specs` by its name.
    pub(crate) spec: PathBuf,
    /// Write a row for each point and library to this file, instead of a summary; `-` is standard output.
    #[arg(short, long, value_name = "KERNELS.csv")]
    pub(crate) output: Option<PathBuf>,
    /// Which GPU, by CUDA's number.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) device: u32,
    /// What computes the products, instead of what the spec says.
    #[arg(long, value_parser = word(Engine::OF_SWEEPS, Engine::as_str))]
    pub(crate) engine: Option<Engine>,
    /// Ask this cuBLAS: a libcublas.so or its folder. Give it twice to compare two.
    /// [default: the one that `run` finds]
    #[arg(long, value_name = "PATH")]
    pub(crate) library: Vec<PathBuf>,
}

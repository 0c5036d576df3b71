//! `hovera kernels`.

use super::word;
use clap::Args;
use hovera_core::Engine;
use std::path::PathBuf;

/// Say which kernels a library would run for a sweep, without timing anything.
///
/// Each call is captured into a CUDA graph, and the driver is asked for the kernels in it: no product is computed. With
/// two libraries, say what an upgrade changes. Of the engine `tuned` this is cuBLAS's own way.
#[derive(Debug, Args)]
pub(crate) struct Kernels {
    /// The sweep: a file (TOML; sweeps/README.md has its keys), or one of `hovera specs` by its name.
    pub(crate) spec: PathBuf,
    /// Write a row for each point and library there instead of a summary; `-` is standard output.
    #[arg(short, long, value_name = "KERNELS.csv")]
    pub(crate) output: Option<PathBuf>,
    /// Which GPU, as CUDA numbers them.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) device: u32,
    /// What computes the products, instead of what the spec says.
    #[arg(long, value_parser = word(Engine::OF_SWEEPS, Engine::as_str))]
    pub(crate) engine: Option<Engine>,
    /// Ask this cuBLAS, a libcublas.so or the folder that it lies in; given twice, both.
    /// [default: the one that `run` finds]
    #[arg(long, value_name = "PATH")]
    pub(crate) library: Vec<PathBuf>,
}

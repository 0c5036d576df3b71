//! A [`Backend`](hovera_bench::Backend) on the CPU: real f32 GEMMs on all cores, checked like a
//! GPU's. Its rows name the CPU and the engine `cpu`, so they cannot pass for a GPU's.

#![forbid(unsafe_code)]

mod backend;
mod machine;
mod memory;
mod product;
mod verify;

pub use backend::CpuBackend;

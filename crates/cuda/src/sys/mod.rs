//! The only unsafe code of hovera: the CUDA driver, cuBLAS, cublasLt and cuDNN behind types that cannot be misused.
//!
//! No call of what is exported here makes the device touch memory that it was not given, or that has been freed:
//! sizes, alignments and contexts are checked where work is queued, and whatever the work uses is owned until the
//! work has ended, by graphs too. Wrong use is an error. What is left to the callers is the order in which they queue
//! ([`Region`]).
//!
//! `cudarc` gives the types and constants of NVIDIA's headers. Its loading is not used: it panics when
//! a library or symbol is missing, would take a toolkit's `libcublas.so` ahead of `LD_LIBRARY_PATH` and
//! whatever the driver can run, reads status codes of newer drivers as an enum that lacks them, and
//! panics in drop code after a device error.

mod blas;
mod context;
mod cudnn;
mod driver;
mod element;
mod functions;
mod graph;
mod kept;
mod kernels;
mod launches;
mod library;
mod lt;
mod matrices;
mod memory;
mod stream;
mod torch_bmm;

#[cfg(test)]
mod misuse;

pub(crate) use blas::{Blas, find_cublas};
pub(crate) use context::Context;
pub(crate) use cudnn::{
    Attention, AttentionLengths, AttentionPass, AttentionPlan, AttentionRegions, AttentionShape, Cudnn,
    Gradients, Softmax, SoftmaxPlan, find as find_cudnn,
};
pub(crate) use driver::{Attribute, Driver};
pub(crate) use element::{Arithmetic, Compute, Element};
pub(crate) use graph::{CapturedWork, Graph};
pub(crate) use kernels::{Entry, Kernels, Missing, Reference, Stamp};
pub(crate) use lt::{AlgorithmConfig, Candidate, Lt, LtProduct};
pub(crate) use matrices::Matrices;
pub(crate) use memory::{Memory, Region};
pub(crate) use stream::{Event, Stream};
pub(crate) use torch_bmm::workspace_bytes;

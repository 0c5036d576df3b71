//! The only unsafe code of hovera: the CUDA driver, cuBLAS and cublasLt behind types that cannot be misused.
//!
//! `cudarc` gives the types and constants of NVIDIA's headers. Its loading is not used: it panics when
//! a library or symbol is missing, would take a toolkit's `libcublas.so` ahead of `LD_LIBRARY_PATH` and
//! whatever the driver can run, reads status codes of newer drivers as an enum that lacks them, and
//! panics in drop code after a device error.

mod blas;
mod context;
mod driver;
mod element;
mod functions;
mod graph;
mod kernels;
mod library;
mod lt;
mod memory;
mod stream;

pub(crate) use blas::{Blas, BmmCall, Operation};
pub(crate) use context::Context;
pub(crate) use driver::{Attribute, Driver};
pub(crate) use element::{Arithmetic, Compute, Element};
pub(crate) use graph::Graph;
pub(crate) use kernels::{Entry, Kernels, Matrices, Missing, Reference, Stamp};
pub(crate) use lt::{AlgorithmConfig, Candidate, Lt, LtProduct};
pub(crate) use memory::{Memory, Region};
pub(crate) use stream::{Event, Stream};

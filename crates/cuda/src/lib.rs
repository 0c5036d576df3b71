//! The hovera backend for NVIDIA GPUs.
//!
//! [`CudaBackend`] runs batched GEMMs by cuBLAS exactly as `torch.bmm` does, times each launch by CUDA
//! events with the queue kept ahead of the device, measures the true SM clock of each launch, and
//! checks every shape against an f64 reference before timing it. [`devices`] says what cards are here and
//! what would spoil a measurement on them.
//!
//! It builds without CUDA and runs with CUDA 12 and 13: the driver and cuBLAS are looked for when they
//! are first needed, and an error says where.

#[allow(unsafe_code)]
mod sys;

mod arena;
mod backend;
mod burst;
mod device;
mod findings;
mod nvml;
mod report;
mod sm_clock;
mod torch_bmm;
mod verify;

pub use backend::CudaBackend;
#[doc(hidden)]
pub use backend::{Checked, Probe};
pub use report::{DeviceReport, devices};

//! The hovera backend for NVIDIA GPUs.
//!
//! [`CudaBackend`] runs batched GEMMs by cuBLAS exactly as `torch.bmm` does, or by any algorithm that
//! cublasLt offers, fused attention by cuDNN, as PyTorch's cuDNN backend does, and a softmax by cuDNN. It times them by
//! CUDA events with the queue kept ahead of the device, by replaying a CUDA graph, or by the host's clock, measures the
//! true SM clock of each launch, and checks results against an f64 reference. [`devices`] says what cards are here and what would spoil a measurement on them.
//!
//! It builds without CUDA and runs with CUDA 12 and 13: the driver, cuBLAS and cuDNN are looked for when they
//! are first needed, and an error says where. cuDNN need not be there.

#[allow(unsafe_code)]
mod sys;

mod algorithm_names;
mod arena;
mod arithmetic;
mod attention;
mod backend;
mod burst;
mod candidates;
mod devices;
mod energy_log;
mod gpu;
mod nvml;
mod sm_clock;
mod softmax;
mod trouble;
mod verify;

pub use backend::CudaBackend;
#[doc(hidden)]
pub use backend::{Checked, Probe};
pub use devices::{ListedDevice, cublas, cudnn, device_count, devices};
pub use trouble::Trouble;

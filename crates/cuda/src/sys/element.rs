//! Element types, as the kernels, cuBLAS and cublasLt number them.

use cudarc::cublas::sys::{cublasComputeType_t as Raw, cudaDataType_t};
use half::{bf16, f16};
use std::ffi::c_int;

/// The type of a matrix's elements. The order is that of `kernels.cu`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    F16,
    Bf16,
    F32,
    E4m3,
    I8,
    I32,
}

impl Element {
    /// Bytes of one.
    pub(crate) fn size(self) -> u32 {
        match self {
            Element::E4m3 | Element::I8 => 1,
            Element::F16 | Element::Bf16 => 2,
            Element::F32 | Element::I32 => 4,
        }
    }

    /// The byte that poison consists of: a NaN of every float type, and an int32 that no sum of
    /// fewer than 132,000 products of int8 reaches. `kernels.cu` looks for the same.
    pub(crate) fn poison(self) -> u8 {
        match self {
            Element::I8 | Element::I32 => 0x80,
            _ => 0xFF,
        }
    }

    /// Numbers of a float type of 16 or 32 bits as they lie in memory.
    ///
    /// # Panics
    /// For another type.
    pub(crate) fn decoded(self, bytes: &[u8]) -> Vec<f32> {
        let halves = || bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
        match self {
            Element::F16 => halves().map(|bits| f16::from_bits(bits).to_f32()).collect(),
            Element::Bf16 => halves().map(|bits| bf16::from_bits(bits).to_f32()).collect(),
            Element::F32 => bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
            Element::E4m3 | Element::I8 | Element::I32 => panic!("{self:?} is no float of 16 or 32 bits"),
        }
    }

    /// What `kernels.cu` calls it.
    pub(super) fn code(self) -> i32 {
        self as i32
    }

    /// What cuBLAS and cublasLt call it.
    pub(super) fn cuda(self) -> c_int {
        let raw = match self {
            Element::F16 => cudaDataType_t::CUDA_R_16F,
            Element::Bf16 => cudaDataType_t::CUDA_R_16BF,
            Element::F32 => cudaDataType_t::CUDA_R_32F,
            Element::E4m3 => cudaDataType_t::CUDA_R_8F_E4M3,
            Element::I8 => cudaDataType_t::CUDA_R_8I,
            Element::I32 => cudaDataType_t::CUDA_R_32I,
        };
        raw as c_int
    }
}

/// How products are formed and added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compute {
    /// In fp32.
    F32,
    /// In fp32, of operands rounded to tf32.
    Tf32,
    /// In int32.
    I32,
}

impl Compute {
    pub(super) fn raw(self) -> c_int {
        let raw = match self {
            Compute::F32 => Raw::CUBLAS_COMPUTE_32F,
            Compute::Tf32 => Raw::CUBLAS_COMPUTE_32F_FAST_TF32,
            Compute::I32 => Raw::CUBLAS_COMPUTE_32I,
        };
        raw as c_int
    }

    /// The type of alpha and beta.
    pub(super) fn scale(self) -> Element {
        match self {
            Compute::F32 | Compute::Tf32 => Element::F32,
            Compute::I32 => Element::I32,
        }
    }

    /// The bits of alpha = 1 in [`Compute::scale`]. Beta, 0, is 0 in both.
    pub(super) fn one(self) -> u32 {
        match self {
            Compute::F32 | Compute::Tf32 => 1f32.to_bits(),
            Compute::I32 => 1,
        }
    }
}

/// What a dtype means for the matrices and their product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arithmetic {
    /// Of A and B.
    pub(crate) operand: Element,
    /// Of C.
    pub(crate) result: Element,
    pub(crate) compute: Compute,
}

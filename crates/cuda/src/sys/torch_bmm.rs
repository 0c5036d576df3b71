//! What `torch.bmm` asks of cuBLAS, call for call, so that numbers compare with PyTorch's.

use cudarc::cublas::sys::cublasOperation_t;
use hovera_core::{Gemm, Layout};
use std::ffi::c_int;

/// Whether cuBLAS reads an operand transposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    N,
    T,
}

impl Operation {
    pub(super) fn raw(self) -> c_int {
        match self {
            Operation::N => cublasOperation_t::CUBLAS_OP_N as c_int,
            Operation::T => cublasOperation_t::CUBLAS_OP_T as c_int,
        }
    }
}

/// The shape arguments of `cublasGemmStridedBatchedEx` and `cublasGemmEx`: a product of column-major matrices. There is none but those
/// that [`bmm_call`] makes, which read and write all of the operands and results of a [`Gemm`] and nothing beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BmmCall {
    /// Whether the second operand goes first, since Cᵀ = Bᵀ·Aᵀ.
    pub(super) swapped: bool,
    pub(super) operations: (Operation, Operation),
    pub(super) m: u32,
    pub(super) n: u32,
    pub(super) k: u32,
    /// Leading dimensions of the first operand, the second, and the result.
    pub(super) leading: (u32, u32, u32),
    /// Elements from one product's matrix to the next's, of the same three.
    pub(super) strides: (i64, i64, i64),
    pub(super) batch: u32,
}

/// Elements from one product's matrix to the next's. Neither size is more than `i32::MAX`.
fn stride(rows: u32, columns: u32) -> i64 {
    i64::from(rows) * i64::from(columns)
}

/// The arguments PyTorch passes for C = A·B (`baddbmm_out_cuda_impl` and `prepare_batch_matrix_for_cublas`
/// in ATen/native/cuda/Blas.cpp, `_cublasAdjustLdLevel3` in ATen/cuda/CUDABlas.cpp).
///
/// cuBLAS is column-major, so that row-major C = A·B is asked for as Cᵀ = Bᵀ·Aᵀ. A result of one
/// column is column-major as it stands: PyTorch then asks for C = A·B with A transposed. For a batch
/// of one, PyTorch calls the plain GEMM instead of the batched, as it does for `torch.nn.functional.linear` without a
/// bias (`gemm_internal_cublas` in ATen/cuda/CUDABlas.cpp).
pub(super) fn bmm_call(gemm: Gemm, layout: Layout) -> BmmCall {
    let (m, n, k, batch) = (gemm.m(), gemm.n(), gemm.k(), gemm.gemm_batch());
    let (a_stride, b_stride, c_stride) = (stride(m, k), stride(k, n), stride(m, n));
    if n == 1 {
        // B is one column: k×1 row-major reads as 1×k transposed, 1×k stored transposed as k×1.
        let b = match layout.transposes_b() {
            false if k > 1 => (Operation::T, 1),
            _ => (Operation::N, k),
        };
        let a = match layout.transposes_a() {
            true => (Operation::N, m),
            false if k == 1 && m == 1 => (Operation::N, k),
            false => (Operation::T, k),
        };
        let strides = (a_stride, b_stride, c_stride);
        return BmmCall {
            swapped: false,
            operations: (a.0, b.0),
            m,
            n,
            k,
            leading: (a.1, b.1, m),
            strides,
            batch,
        };
    }
    let b = if layout.transposes_b() { (Operation::T, k) } else { (Operation::N, n) };
    let a = if layout.transposes_a() { (Operation::T, m) } else { (Operation::N, k) };
    let (operations, strides) = ((b.0, a.0), (b_stride, a_stride, c_stride));
    BmmCall { swapped: true, operations, m: n, n: m, k, leading: (b.1, a.1, n), strides, batch }
}

/// Bytes of workspace that PyTorch gives cuBLAS (`parseChosenWorkspaceSize` in
/// ATen/cuda/CublasHandlePool.cpp): 32 MiB from Hopper on, before that `:4096:2:16:8`.
pub(crate) fn workspace_bytes(compute_capability_major: u32) -> u64 {
    if compute_capability_major >= 9 { 32 << 20 } else { (2 * 4096 + 8 * 16) << 10 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `cublasGemmStridedBatchedEx` in f64, read literally from cuBLAS's documentation. Panics when it reads or
    /// writes beyond the matrices.
    fn column_major(call: &BmmCall, first: &[f64], second: &[f64], len: usize) -> Vec<f64> {
        let at = |matrix: &[f64], operation, (leading, start): (u32, i64), row: u32, column: u32| {
            let (row, column) = match operation {
                Operation::N => (row, column),
                Operation::T => (column, row),
            };
            assert!(row < leading, "row {row} outside leading dimension {leading}");
            matrix[start as usize + (column * leading + row) as usize]
        };
        let mut c = vec![f64::NAN; len];
        for x in 0..i64::from(call.batch) {
            let (a, b) = ((call.leading.0, x * call.strides.0), (call.leading.1, x * call.strides.1));
            for i in 0..call.m {
                for j in 0..call.n {
                    let terms = (0..call.k).map(|l| {
                        at(first, call.operations.0, a, i, l) * at(second, call.operations.1, b, l, j)
                    });
                    let index = (x * call.strides.2) as usize + (j * call.leading.2 + i) as usize;
                    c[index] = terms.sum();
                }
            }
        }
        c
    }

    proptest! {
        #[test]
        fn the_call_computes_the_row_major_product_and_touches_nothing_else(
            (batch, m, n, k) in (1u64..4, 1u64..6, 1u64..6, 1u64..6), layout in prop::sample::select(Layout::OF_SWEEPS),
        ) {
            let gemm = Gemm::new(batch, m, n, k).unwrap();
            let a: Vec<f64> = (0..gemm.a_len()).map(|x| (x * x + 1) as f64).collect();
            let b: Vec<f64> = (0..gemm.b_len()).map(|x| (3 * x + 2) as f64).collect();
            let call = bmm_call(gemm, layout);
            let (first, second) = if call.swapped { (&b, &a) } else { (&a, &b) };
            let c = column_major(&call, first, second, gemm.c_len() as usize);
            let (batch, m, n, k) = (batch as usize, m as usize, n as usize, k as usize);
            for x in 0..batch {
                let (a, b) = (&a[x * m * k..][..m * k], &b[x * k * n..][..k * n]);
                for i in 0..m {
                    for j in 0..n {
                        let want: f64 = (0..k)
                            .map(|l| {
                                let in_a = if layout.transposes_a() { l * m + i } else { i * k + l };
                                a[in_a] * if layout.transposes_b() { b[j * k + l] } else { b[l * n + j] }
                            })
                            .sum();
                        prop_assert_eq!(c[(x * m + i) * n + j], want);
                    }
                }
            }
        }
    }

    #[test]
    fn the_published_shapes_as_pytorch_asks_for_them() {
        let score = bmm_call(Gemm::new(48, 2048, 2048, 64).unwrap(), Layout::Nn);
        assert_eq!((score.m, score.n, score.k, score.leading), (2048, 2048, 64, (2048, 64, 2048)));
        let k_cache = bmm_call(Gemm::new(48, 2048, 2048, 64).unwrap(), Layout::Nt);
        assert_eq!((k_cache.operations, k_cache.leading), ((Operation::T, Operation::N), (64, 64, 2048)));
        // The gradient of 4096×1024 weights over 8192 tokens: `grad_output.t() @ input`.
        let weights = bmm_call(Gemm::new(1, 4096, 1024, 8192).unwrap(), Layout::Tn);
        assert_eq!((weights.m, weights.n, weights.k), (1024, 4096, 8192));
        assert_eq!((weights.operations, weights.leading), ((Operation::N, Operation::T), (1024, 4096, 1024)));
    }

    #[test]
    fn the_workspace_is_pytorchs() {
        assert_eq!(workspace_bytes(8), 8_519_680);
        assert_eq!(workspace_bytes(9), 33_554_432);
    }
}

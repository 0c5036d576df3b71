//! What `torch.bmm` asks of cuBLAS, call for call, so that numbers compare with PyTorch's.

use crate::sys::{BmmCall, Operation};
use hovera_core::{Gemm, Layout};

/// The arguments PyTorch passes for C = A·B (`baddbmm_out_cuda_impl` and `prepare_batch_matrix_for_cublas`
/// in ATen/native/cuda/Blas.cpp, `_cublasAdjustLdLevel3` in ATen/cuda/CUDABlas.cpp).
///
/// cuBLAS is column-major, so that row-major C = A·B is asked for as Cᵀ = Bᵀ·Aᵀ. A result of one
/// column is column-major as it stands: PyTorch then asks for C = A·B with A transposed. For a batch
/// of one, PyTorch calls the plain GEMM instead of the batched.
pub(crate) fn bmm_call(gemm: Gemm, layout: Layout) -> BmmCall {
    let (m, n, k) = (gemm.m(), gemm.n(), gemm.k());
    if n == 1 {
        // B is one column: k×1 row-major reads as 1×k transposed, 1×k stored transposed as k×1.
        let b = match layout {
            Layout::Nn if k > 1 => (Operation::T, 1),
            Layout::Nn | Layout::Nt => (Operation::N, k),
        };
        let a = if k == 1 && m == 1 { Operation::N } else { Operation::T };
        return BmmCall { swapped: false, operations: (a, b.0), m, n, k, leading: (k, b.1, m) };
    }
    let b = match layout {
        Layout::Nn => (Operation::N, n),
        Layout::Nt => (Operation::T, k),
    };
    BmmCall { swapped: true, operations: (b.0, Operation::N), m: n, n: m, k, leading: (b.1, k, n) }
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

    /// `cublasGemmStridedBatchedEx` on one product in f64, read literally from cuBLAS's documentation.
    fn column_major(call: &BmmCall, first: &[f64], second: &[f64], len: usize) -> Vec<f64> {
        let at = |matrix: &[f64], operation, leading: u32, row: u32, column: u32| {
            let (row, column) = match operation {
                Operation::N => (row, column),
                Operation::T => (column, row),
            };
            assert!(row < leading, "row {row} outside leading dimension {leading}");
            matrix[(column * leading + row) as usize]
        };
        let mut c = vec![f64::NAN; len];
        for i in 0..call.m {
            for j in 0..call.n {
                c[(j * call.leading.2 + i) as usize] = (0..call.k)
                    .map(|l| {
                        at(first, call.operations.0, call.leading.0, i, l)
                            * at(second, call.operations.1, call.leading.1, l, j)
                    })
                    .sum();
            }
        }
        c
    }

    proptest! {
        #[test]
        fn the_call_computes_the_row_major_product(m in 1u64..6, n in 1u64..6, k in 1u64..6, nt: bool) {
            let gemm = Gemm::new(1, m, n, k).unwrap();
            let (m, n, k) = (m as usize, n as usize, k as usize);
            let a: Vec<f64> = (0..m * k).map(|x| (x * x + 1) as f64).collect();
            let b: Vec<f64> = (0..k * n).map(|x| (3 * x + 2) as f64).collect();
            let layout = if nt { Layout::Nt } else { Layout::Nn };
            let call = bmm_call(gemm, layout);
            let (first, second) = if call.swapped { (&b, &a) } else { (&a, &b) };
            let c = column_major(&call, first, second, m * n);
            for i in 0..m {
                for j in 0..n {
                    let want: f64 = (0..k)
                        .map(|l| a[i * k + l] * if nt { b[j * k + l] } else { b[l * n + j] })
                        .sum();
                    prop_assert_eq!(c[i * n + j], want);
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
    }

    #[test]
    fn the_workspace_is_pytorchs() {
        assert_eq!(workspace_bytes(8), 8_519_680);
        assert_eq!(workspace_bytes(9), 33_554_432);
    }
}

//! The batched product itself.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use hovera_core::{Gemm, Layout};
use rayon::prelude::*;

/// C = A·B for every product of the batch, row-major and dense. `a`, `b` and `c` hold exactly the
/// elements of the batch.
pub(crate) fn batched(gemm: Gemm, layout: Layout, a: &[f32], b: &[f32], c: &mut [f32]) {
    let (m, n, k) = (gemm.m() as usize, gemm.n() as usize, gemm.k() as usize);
    let one = |((a, b), c): ((&[f32], &[f32]), &mut [f32]), par: Par| {
        let b = match layout {
            Layout::Nn => MatRef::from_row_major_slice(b, k, n),
            Layout::Nt => MatRef::from_column_major_slice(b, k, n),
        };
        let c = MatMut::from_row_major_slice_mut(c, m, n);
        matmul(c, Accum::Replace, MatRef::from_row_major_slice(a, m, k), b, 1.0, par);
    };
    let batch = gemm.gemm_batch() as usize;
    let threads = rayon::current_num_threads();
    if batch.is_multiple_of(threads) || batch >= 4 * threads {
        // Whole products to each core: no core waits for another inside a product.
        let operands = a.par_chunks_exact(m * k).zip(b.par_chunks_exact(k * n));
        operands.zip(c.par_chunks_exact_mut(m * n)).for_each(|product| one(product, Par::Seq));
    } else {
        let operands = a.chunks_exact(m * k).zip(b.chunks_exact(k * n));
        operands.zip(c.chunks_exact_mut(m * n)).for_each(|product| one(product, Par::rayon(0)));
    }
}

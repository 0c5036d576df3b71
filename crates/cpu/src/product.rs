//! The batched product itself.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use hovera_core::{Gemm, Layout};
use rayon::prelude::*;

/// A small product on each thread that computes one later, and on this one.
pub(crate) fn on_every_thread() {
    const SIDE: usize = 256;
    let small = |_| {
        let (a, b, mut c) = (vec![1.0f32; SIDE * SIDE], vec![1.0f32; SIDE * SIDE], vec![0.0f32; SIDE * SIDE]);
        let of = |numbers| MatRef::from_row_major_slice(numbers, SIDE, SIDE);
        let into = MatMut::from_row_major_slice_mut(&mut c, SIDE, SIDE);
        matmul(into, Accum::Replace, of(&a), of(&b), 1.0, Par::Seq);
    };
    rayon::broadcast(|_| small(()));
    small(());
}

/// C = A·B for every product of the batch, row-major and dense. `a`, `b` and `c` hold exactly the
/// elements of the batch.
pub(crate) fn batched(gemm: Gemm, layout: Layout, a: &[f32], b: &[f32], c: &mut [f32]) {
    let (m, n, k) = (gemm.m() as usize, gemm.n() as usize, gemm.k() as usize);
    let one = |((a, b), c): ((&[f32], &[f32]), &mut [f32]), par: Par| {
        let operand = |numbers, rows, columns, transposed| match transposed {
            false => MatRef::from_row_major_slice(numbers, rows, columns),
            true => MatRef::from_column_major_slice(numbers, rows, columns),
        };
        let a = operand(a, m, k, layout.transposes_a());
        let b = operand(b, k, n, layout.transposes_b());
        let c = MatMut::from_row_major_slice_mut(c, m, n);
        matmul(c, Accum::Replace, a, b, 1.0, par);
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

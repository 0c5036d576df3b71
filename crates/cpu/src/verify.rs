//! Whether a product was computed right.

use hovera_core::{Gemm, Layout};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const ENTRIES: usize = 64;

/// Compares sampled entries of C with f64 dot products, and looks for entries that nobody wrote.
///
/// The tolerance is `8·√k·2⁻²⁴·Σ|aᵢbᵢ|`: rounding errors of a k-term f32 dot product grow as √k
/// unless they conspire (Higham and Mary, SIAM J. Sci. Comput. 41, 2019).
pub(crate) fn check(gemm: Gemm, layout: Layout, a: &[f32], b: &[f32], c: &[f32]) -> Result<(), String> {
    if let Some(at) = c.iter().position(|x| x.is_nan()) {
        return Err(format!("element {at} of C was never written"));
    }
    let (m, n, k) = (gemm.m() as usize, gemm.n() as usize, gemm.k() as usize);
    let batch = gemm.gemm_batch() as usize;
    let mut random = SmallRng::seed_from_u64(0);
    for sample in 0..ENTRIES {
        let (x, i, j) = match sample {
            0 => (0, 0, 0),
            1 => (batch - 1, m - 1, n - 1),
            _ => (random.random_range(0..batch), random.random_range(0..m), random.random_range(0..n)),
        };
        let (mut want, mut magnitude) = (0.0f64, 0.0f64);
        for l in 0..k {
            let in_a = if layout.transposes_a() { l * m + i } else { i * k + l };
            let in_b = if layout.transposes_b() { j * k + l } else { l * n + j };
            let term = f64::from(a[x * m * k + in_a]) * f64::from(b[x * k * n + in_b]);
            want += term;
            magnitude += term.abs();
        }
        let got = f64::from(c[(x * m + i) * n + j]);
        let tolerance = 8.0 * (k as f64).sqrt() * 2f64.powi(-24) * magnitude;
        if (got - want).abs() > tolerance {
            return Err(format!("C[{x}, {i}, {j}] is {got}, want {want} ± {tolerance:e}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product;

    fn operands(gemm: Gemm) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let mut random = SmallRng::seed_from_u64(7);
        let mut fill = |len: u128| (0..len).map(|_| random.random_range(-1.0..1.0)).collect();
        (fill(gemm.a_len()), fill(gemm.b_len()), vec![f32::NAN; gemm.c_len() as usize])
    }

    #[test]
    fn every_layout_and_odd_size_is_computed_right_and_a_wrong_one_is_caught() {
        for (batch, m, n, k) in
            [(1, 1, 1, 1), (3, 5, 7, 1), (2, 17, 1, 33), (13, 64, 65, 63), (1, 130, 257, 100)]
        {
            let gemm = Gemm::new(batch, m, n, k).unwrap();
            let (a, b, mut c) = operands(gemm);
            for &layout in Layout::OF_SWEEPS {
                product::batched(gemm, layout, &a, &b, &mut c);
                for &other in Layout::OF_SWEEPS {
                    // A matrix of one row or column is stored the same way either way.
                    let differs = layout.transposes_a() != other.transposes_a() && m > 1 && k > 1
                        || layout.transposes_b() != other.transposes_b() && n > 1 && k > 1;
                    assert_eq!(check(gemm, other, &a, &b, &c).is_err(), differs, "{layout} as {other}");
                }
            }
        }
    }

    #[test]
    fn an_entry_that_was_never_written_is_found() {
        let gemm = Gemm::new(2, 30, 40, 5).unwrap();
        let (a, b, mut c) = operands(gemm);
        product::batched(gemm, Layout::Nn, &a, &b, &mut c);
        c[1234] = f32::NAN;
        assert_eq!(check(gemm, Layout::Nn, &a, &b, &c).unwrap_err(), "element 1234 of C was never written");
    }
}

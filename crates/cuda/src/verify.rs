//! Whether a computed result is right.

use crate::sys::{Entry, Half, Reference};
use hovera_bench::BackendError;
use hovera_core::Gemm;

/// Entries checked beside the corners.
const EDGE_SAMPLES: usize = 16;
const INNER_SAMPLES: usize = 64;

/// How many entries [`entries`] picks.
pub(crate) const SAMPLES: usize = 6 + 2 * EDGE_SAMPLES + INNER_SAMPLES;

/// The entries to check: corners, the last row and the last column (where tiles are cut off), and
/// entries from all over. The same for the same shape.
pub(crate) fn entries(gemm: Gemm) -> Vec<Entry> {
    let (batches, m, n) = (gemm.gemm_batch(), gemm.m(), gemm.n());
    let mut state = 0x9E37_79B9_7F4A_7C15;
    let mut below = |bound: u32| (split_mix(&mut state) % u64::from(bound)) as u32;
    let mut entries = vec![
        Entry::new(0, 0, 0),
        Entry::new(0, 0, n - 1),
        Entry::new(0, m - 1, 0),
        Entry::new(0, m - 1, n - 1),
        Entry::new(batches - 1, 0, 0),
        Entry::new(batches - 1, m - 1, n - 1),
    ];
    for _ in 0..EDGE_SAMPLES {
        entries.push(Entry::new(below(batches), m - 1, below(n)));
        entries.push(Entry::new(below(batches), below(m), n - 1));
    }
    for _ in 0..INNER_SAMPLES {
        entries.push(Entry::new(below(batches), below(m), below(n)));
    }
    entries
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// How far a correct entry may be from the f64 dot product of the same 16-bit operands:
///
/// - The result is rounded to 16 bits: half a unit in the last place, `u·|dot|`, and half the smallest
///   subnormal near zero.
/// - Split-K kernels may keep partial sums in the result's type (cuBLAS's default math mode allows it,
///   and so does PyTorch's). Partial sums of independent terms are of size √Σp²; `4·u·√Σp²` is room
///   for the rounding of several.
/// - Tensor cores truncate each fp32 addition (up to 2⁻²³ of the partial sum, always the same way, so
///   the errors add up over k). Partial sums of random terms stay within `4·√Σp²`.
///
/// For standard normal operands a wrong entry is off by about √2·√Σp², which is 70 times the tolerance
/// in bf16 and 400 times in fp16 at k = 2730.
fn tolerance(half: Half, k: u32, reference: &Reference) -> f64 {
    let (unit, smallest) = match half {
        Half::F16 => (2f64.powi(-11), 2f64.powi(-25)),
        Half::Bf16 => (2f64.powi(-8), 2f64.powi(-134)),
    };
    let size = reference.sum_sq.sqrt();
    let accumulation = f64::from(k) * 2f64.powi(-23) * 4.0 * size;
    // The rounding is of what was accumulated, not of the exact sum.
    (unit * reference.dot.abs() + 4.0 * unit * size + accumulation) * (1.0 + unit) + smallest
}

/// # Errors
/// [`BackendError::WrongResult`] for the first entry that is off.
pub(crate) fn compare(
    half: Half,
    k: u32,
    entries: &[Entry],
    references: &[Reference],
) -> Result<(), BackendError> {
    for (entry, reference) in entries.iter().zip(references) {
        let allowed = tolerance(half, k, reference);
        let off = (reference.got - reference.dot).abs();
        if off > allowed || off.is_nan() {
            return Err(BackendError::WrongResult(format!(
                "C[{}][{}][{}] is {}, the f64 reference {:.9}: off by {off:.3e}, tolerance {allowed:.3e}",
                entry.batch, entry.i, entry.j, reference.got, reference.dot
            )));
        }
    }
    Ok(())
}

/// The error for a result with NaNs in it, `first` being the index of the first of them.
pub(crate) fn incomplete(gemm: Gemm, count: u64, first: u64) -> BackendError {
    let (m, n) = (u64::from(gemm.m()), u64::from(gemm.n()));
    BackendError::WrongResult(format!(
        "{count} of {} entries are NaN or were never written, the first at C[{}][{}][{}]",
        gemm.c_len(),
        first / (m * n),
        first / n % m,
        first % n
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::{bf16, f16};
    use proptest::prelude::*;

    #[test]
    fn corners_and_edges_are_among_the_entries() {
        let picked = entries(Gemm::new(48, 2048, 2730, 64).unwrap());
        assert_eq!(picked.len(), SAMPLES);
        assert!(picked.iter().all(|e| e.batch < 48 && e.i < 2048 && e.j < 2730));
        assert!(picked.contains(&Entry::new(0, 0, 0)) && picked.contains(&Entry::new(47, 2047, 2729)));
        assert!(picked.iter().filter(|e| e.i == 2047).count() > EDGE_SAMPLES);
        assert!(picked.iter().filter(|e| e.j == 2729).count() > EDGE_SAMPLES);
        assert_eq!(picked, entries(Gemm::new(48, 2048, 2730, 128).unwrap()));
    }

    fn normal(state: &mut u64) -> f64 {
        let mut uniform = || (split_mix(state) >> 11) as f64 / (1u64 << 53) as f64;
        let (u, v) = (1.0 - uniform(), uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// Rounds as the result type does.
    fn round(half: Half, x: f64) -> f64 {
        match half {
            Half::F16 => f16::from_f64(x).to_f64(),
            Half::Bf16 => bf16::from_f64(x).to_f64(),
        }
    }

    /// A tensor core at its worst: every addition truncated to 24 bits, split-K partials rounded to 16.
    fn worst_kernel(half: Half, a: &[f64], b: &[f64], split: usize) -> f64 {
        let truncated = |x: f64| {
            let nearest = x as f32;
            if f64::from(nearest).abs() > x.abs() { f32::from_bits(nearest.to_bits() - 1) } else { nearest }
        };
        let part = a.len().div_ceil(split);
        let partials = a.chunks(part).zip(b.chunks(part)).map(|(a, b)| {
            let sum = a.iter().zip(b).fold(0f32, |sum, (x, y)| truncated(f64::from(sum) + x * y));
            if split > 1 { round(half, sum.into()) } else { sum.into() }
        });
        round(half, partials.sum())
    }

    fn reference(half: Half, k: usize, seed: u64, split: usize) -> (Reference, Vec<f64>, Vec<f64>) {
        let mut state = seed;
        let a: Vec<f64> = (0..k).map(|_| round(half, normal(&mut state))).collect();
        let b: Vec<f64> = (0..k).map(|_| round(half, normal(&mut state))).collect();
        let terms = || a.iter().zip(&b).map(|(x, y)| x * y);
        let got = worst_kernel(half, &a, &b, split);
        (Reference { got, dot: terms().sum(), sum_sq: terms().map(|p| p * p).sum() }, a, b)
    }

    proptest! {
        #[test]
        fn a_correct_kernel_passes(k in 1usize..3000, split in 1usize..9, seed: u64, is_bf16: bool) {
            let half = if is_bf16 { Half::Bf16 } else { Half::F16 };
            let (reference, ..) = reference(half, k, seed, split);
            let entry = [Entry::new(0, 0, 0)];
            prop_assert_eq!(compare(half, k as u32, &entry, &[reference]), Ok(()));
        }

        #[test]
        fn another_entrys_value_does_not(k in 64usize..3000, seed: u64, is_bf16: bool) {
            let half = if is_bf16 { Half::Bf16 } else { Half::F16 };
            // The chance that 8 wrong entries all pass is below 0.05⁸.
            let references: Vec<Reference> = (0..8)
                .map(|x| Reference {
                    got: reference(half, k, seed ^ (x + 100), 1).0.got,
                    ..reference(half, k, seed ^ x, 1).0
                })
                .collect();
            prop_assert!(compare(half, k as u32, &[Entry::new(1, 2, 3); 8], &references).is_err());
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = Reference { got: 3.0, dot: 2.0, sum_sq: 1.0 };
        let error = compare(Half::F16, 8, &[Entry::new(1, 2, 3)], &[wrong]).unwrap_err().to_string();
        assert!(
            error.starts_with("wrong result: C[1][2][3] is 3, the f64 reference 2.000000000: off by 1.000e0"),
            "{error}"
        );
        let nan = Reference { got: f64::NAN, ..wrong };
        assert!(compare(Half::Bf16, 8, &[Entry::new(0, 0, 0)], &[nan]).is_err());
        let error = incomplete(Gemm::new(2, 3, 4, 5).unwrap(), 7, 21).to_string();
        assert_eq!(
            error,
            "wrong result: 7 of 24 entries are NaN or were never written, the first at C[1][2][1]"
        );
    }
}

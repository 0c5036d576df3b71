//! Whether a computed result is right.

use crate::sys::{Arithmetic, Compute, Element, Entry, Reference};
use hovera_bench::BackendError;
use hovera_core::{Gemm, SplitMix64};

/// Entries checked beside the corners.
const EDGE_SAMPLES: usize = 16;
const INNER_SAMPLES: usize = 64;

/// How many entries [`entries`] picks.
pub(crate) const SAMPLES: usize = 6 + 2 * EDGE_SAMPLES + INNER_SAMPLES;

/// The entries to check: corners, the last row and the last column (where tiles are cut off), and
/// entries from all over. The same for the same shape.
pub(crate) fn entries(gemm: Gemm) -> Vec<Entry> {
    let (batches, m, n) = (gemm.gemm_batch(), gemm.m(), gemm.n());
    let mut stream = SplitMix64::of_seed(0x9E37_79B9_7F4A_7C15);
    let mut below = |bound: u32| (stream.number() % u64::from(bound)) as u32;
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

/// How far a correct entry may be from the f64 dot product of the same operands:
///
/// - The result is rounded to its type: half a unit in the last place, `u·|dot|`, and half the smallest
///   subnormal near zero.
/// - Split-K kernels may keep partial sums in the result's type (cuBLAS's default math mode allows it,
///   and so does PyTorch's). Partial sums of independent terms are of size √Σp²; `4·u·√Σp²` is room
///   for the rounding of several.
/// - Tensor cores truncate each fp32 addition (up to 2⁻²³ of the partial sum, always the same way, so
///   the errors add up over k). Partial sums of random terms stay within `4·√Σp²`.
/// - Hopper's fp8 tensor cores add 32 products at a time, aligned to the largest and truncated to 13
///   bits after the point (DeepSeek-V3, arXiv 2412.19437, section 3.3.2: "around 14 bits"): 2⁻¹³ of the
///   partial sum once for every 32 products, and the products' own cut-off bits, which are random, √k
///   times.
/// - tf32 operands lose up to 2⁻¹⁰ of their value each, whether rounded or truncated.
/// - int32 sums are exact.
///
/// For standard normal operands a wrong entry is off by about √2·√Σp², which at k = 2730 is 400 times the
/// tolerance in fp16, 70 times in bf16 and tf32, and 15 times in fp8.
fn tolerance(arithmetic: Arithmetic, k: u32, reference: &Reference) -> f64 {
    let (unit, smallest) = match arithmetic.result {
        Element::F16 => (2f64.powi(-11), 2f64.powi(-25)),
        Element::Bf16 => (2f64.powi(-8), 2f64.powi(-134)),
        Element::F32 => (2f64.powi(-24), 2f64.powi(-150)),
        Element::E4m3 => (2f64.powi(-4), 2f64.powi(-10)),
        Element::I8 | Element::I32 => return 0.0,
    };
    let k = f64::from(k);
    let truncated = match arithmetic.operand {
        Element::E4m3 => (k / 32.0 + k.sqrt()) * 2f64.powi(-13),
        _ => k * 2f64.powi(-23),
    };
    let cut_operand = if arithmetic.compute == Compute::Tf32 { 2f64.powi(-10) } else { 0.0 };
    let size = reference.sum_sq.sqrt();
    let accumulation = truncated * 4.0 * size;
    let operands = 2.0 * cut_operand * (reference.dot.abs() + 4.0 * size);
    // The rounding is of what was accumulated, not of the exact sum.
    (unit * reference.dot.abs() + 4.0 * unit * size + accumulation + operands) * (1.0 + unit) + smallest
}

/// # Errors
/// [`BackendError::WrongResult`] for the first entry that is off.
pub(crate) fn compare(
    arithmetic: Arithmetic,
    k: u32,
    entries: &[Entry],
    references: &[Reference],
) -> Result<(), BackendError> {
    for (entry, reference) in entries.iter().zip(references) {
        let allowed = tolerance(arithmetic, k, reference);
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

/// The error for a result with missing entries, `first` being the index of the first of them.
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
    use crate::arithmetic::arithmetic;
    use half::{bf16, f16};
    use hovera_core::Dtype;
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

    fn normal(stream: &mut SplitMix64) -> f64 {
        let mut uniform = || (stream.number() >> 11) as f64 / (1u64 << 53) as f64;
        let (u, v) = (1.0 - uniform(), uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// Rounds as the type does.
    fn round(element: Element, x: f64) -> f64 {
        match element {
            Element::F16 => f16::from_f64(x).to_f64(),
            Element::Bf16 => bf16::from_f64(x).to_f64(),
            Element::F32 => f64::from(x as f32),
            Element::E4m3 => {
                let place = 2f64.powi((x.abs().log2().floor() as i32).max(-6) - 3);
                (x / place).round_ties_even() * place
            }
            Element::I8 => (32.0 * x).round_ties_even().clamp(-127.0, 127.0),
            Element::I32 => x,
        }
    }

    /// Cut off after so many bits, the leading one not counted.
    fn truncated(x: f64, bits: u32) -> f64 {
        f64::from_bits(x.to_bits() >> (52 - bits) << (52 - bits))
    }

    /// A tensor core at its worst: operands and every addition truncated, split-K partials rounded.
    fn worst_kernel(arithmetic: Arithmetic, a: &[f64], b: &[f64], split: usize) -> f64 {
        let operand = |x: f64| if arithmetic.compute == Compute::Tf32 { truncated(x, 10) } else { x };
        // fp8 products are added 32 at a time.
        let (step, bits) = if arithmetic.operand == Element::E4m3 { (32, 13) } else { (1, 23) };
        let part = a.len().div_ceil(split);
        let partials = a.chunks(part).zip(b.chunks(part)).map(|(a, b)| {
            let sum = a.chunks(step).zip(b.chunks(step)).fold(0.0, |sum, (a, b)| {
                let products = a.iter().zip(b).map(|(x, y)| operand(*x) * operand(*y));
                truncated(sum + products.sum::<f64>(), bits)
            });
            if split > 1 { round(arithmetic.result, sum) } else { sum }
        });
        round(arithmetic.result, partials.sum())
    }

    fn reference(dtype: Dtype, k: usize, seed: u64, split: usize) -> Reference {
        let arithmetic = arithmetic(dtype);
        let mut stream = SplitMix64::of_seed(seed);
        let mut operand =
            || -> Vec<f64> { (0..k).map(|_| round(arithmetic.operand, normal(&mut stream))).collect() };
        let (a, b) = (operand(), operand());
        let terms = || a.iter().zip(&b).map(|(x, y)| x * y);
        let got = match arithmetic.compute {
            Compute::I32 => terms().sum(),
            _ => worst_kernel(arithmetic, &a, &b, split),
        };
        Reference { got, dot: terms().sum(), sum_sq: terms().map(|p| p * p).sum() }
    }

    fn dtype() -> impl Strategy<Value = Dtype> {
        prop::sample::select(Dtype::ALL)
    }

    proptest! {
        #[test]
        fn a_correct_kernel_passes(k in 1usize..3000, split in 1usize..9, seed: u64, dtype in dtype()) {
            let reference = reference(dtype, k, seed, split);
            let entry = [Entry::new(0, 0, 0)];
            prop_assert_eq!(compare(arithmetic(dtype), k as u32, &entry, &[reference]), Ok(()));
        }

        #[test]
        fn the_value_of_another_entry_does_not(k in 64usize..3000, seed: u64, dtype in dtype()) {
            // The chance that 8 wrong entries all pass is below 0.1⁸.
            let references: Vec<Reference> = (0..8)
                .map(|x| Reference {
                    got: reference(dtype, k, seed ^ (x + 100), 1).got,
                    ..reference(dtype, k, seed ^ x, 1)
                })
                .collect();
            let entries = [Entry::new(1, 2, 3); 8];
            prop_assert!(compare(arithmetic(dtype), k as u32, &entries, &references).is_err());
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = Reference { got: 3.0, dot: 2.0, sum_sq: 1.0 };
        let error =
            compare(arithmetic(Dtype::F16), 8, &[Entry::new(1, 2, 3)], &[wrong]).unwrap_err().to_string();
        assert!(
            error.starts_with("wrong result: C[1][2][3] is 3, the f64 reference 2.000000000: off by 1.000e0"),
            "{error}"
        );
        let nan = Reference { got: f64::NAN, ..wrong };
        assert!(compare(arithmetic(Dtype::Bf16), 8, &[Entry::new(0, 0, 0)], &[nan]).is_err());
        let error = incomplete(Gemm::new(2, 3, 4, 5).unwrap(), 7, 21).to_string();
        assert_eq!(
            error,
            "wrong result: 7 of 24 entries are NaN or were never written, the first at C[1][2][1]"
        );
    }
}

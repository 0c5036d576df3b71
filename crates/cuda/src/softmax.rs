//! A softmax of rows: what a point asks of it, and whether what was computed is one.

use crate::sys::{Element, Softmax};
use hovera_bench::BackendError;
use hovera_core::{Dtype, Point, SplitMix64};
use std::collections::{BTreeMap, BTreeSet};

/// Exponentials that a check may take on the host, about: some 10 ms.
const BUDGET: u64 = 1_000_000;

/// The fewest and the most rows that are checked.
const ROWS: (u64, u64) = (4, 64);

/// What a point of a softmax asks for. None of any other.
pub(crate) fn softmax(point: &Point) -> Option<Softmax> {
    if !point.op.is_of_rows() {
        return None;
    }
    let gemm = point.gemm();
    Some(Softmax {
        rows: u64::from(gemm.gemm_batch()) * u64::from(gemm.m()),
        columns: gemm.n(),
        is_bf16: match point.dtype {
            Dtype::F16 => false,
            Dtype::Bf16 => true,
            _ => return None,
        },
    })
}

/// The first row, the last, and others in between. The same for the same shape.
pub(crate) fn sampled_rows(softmax: Softmax) -> BTreeSet<u64> {
    let mut stream = SplitMix64::of_seed(0x9E37_79B9_7F4A_7C15);
    let count = (BUDGET / u64::from(softmax.columns)).clamp(ROWS.0, ROWS.1);
    let between = (2..count).map(|_| stream.number() % softmax.rows);
    between.chain([0, softmax.rows - 1]).collect()
}

/// How far off a correct probability p may be.
///
/// - The library rounds twice: exponentials to the type of the matrices, and the quotient again. Each is off by half a
///   unit in the last place, u·p at most; an H100's cuDNN 9.19 was off by up to 1.6 u·p in rows of 1000 and more. As much
///   again as the 2 u·p of two roundings is room for what of its arithmetic nobody tells: 4 u·p, which is two units in the
///   last place. Another row, or a row whose sum lacks a part, is off by a large part of p.
/// - Below the smallest normal number of f16 each rounding is off by half its smallest step.
/// - The exponential, the sum and the quotient are fp32. An exponential by the fast instruction is off by 2⁻²² of itself
///   for each unit of its argument, scores of standard normal values differ by less than 12, and what lies in a sum of
///   fp32 is the same for the whole row: 2⁻¹⁴ of p is room for all of it.
///
/// The sum of a row's probabilities is 1, but for what rounding adds. Errors of the quotients can all be of one sign: where
/// a row's sum is next to a power of two, what was rounded before is rounded back to itself. That is u at most. Those of the
/// exponentials are independent from one score to another; equal scores are rounded alike, and bf16 has few that differ.
/// Of these eight times the root of the sum of the squares is room for the largest of many.
#[derive(Debug, Clone, Copy)]
struct Tolerance {
    unit: f64,
    smallest_step: f64,
}

/// So many halves of a unit in the last place a probability may be off.
const OF_ROUNDINGS: f64 = 4.0;

/// What fp32 may leave out of a probability, as a share of it.
const OF_FP32: f64 = 1.0 / 16_384.0;

impl Tolerance {
    fn of(element: Element) -> Tolerance {
        match element {
            Element::Bf16 => Tolerance { unit: 2f64.powi(-8), smallest_step: 2f64.powi(-133) },
            _ => Tolerance { unit: 2f64.powi(-11), smallest_step: 2f64.powi(-24) },
        }
    }

    fn of_probability(self, p: f64) -> f64 {
        (OF_ROUNDINGS * self.unit + OF_FP32) * p + self.smallest_step
    }

    fn of_sum(self, scores: &[f32], reference: &[f64]) -> f64 {
        // By score, what its probabilities add up to may be off by.
        let mut alike: BTreeMap<u32, f64> = BTreeMap::new();
        for (score, p) in scores.iter().zip(reference) {
            *alike.entry(score.to_bits()).or_default() += self.unit * p + self.smallest_step;
        }
        let squares: f64 = alike.values().map(|off| off.powi(2)).sum();
        self.unit + 8.0 * squares.sqrt() + OF_FP32
    }
}

/// Probabilities of a row of scores, in f64.
fn reference(scores: &[f32]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponential = |score: &f32| (f64::from(*score) - f64::from(largest)).exp();
    let sum: f64 = scores.iter().map(exponential).sum();
    scores.iter().map(|score| exponential(score) / sum).collect()
}

/// Compares a row of probabilities with the softmax of its scores.
///
/// # Errors
/// [`BackendError::WrongResult`], naming the first entry that is off, or the row whose sum is.
pub(crate) fn compare(row: u64, element: Element, scores: &[f32], got: &[f32]) -> Result<(), BackendError> {
    let (tolerance, wanted) = (Tolerance::of(element), reference(scores));
    for (column, (&got, &want)) in got.iter().zip(&wanted).enumerate() {
        let (off, allowed) = ((f64::from(got) - want).abs(), tolerance.of_probability(want));
        // Also a NaN is no result.
        if off.is_nan() || off > allowed {
            return Err(BackendError::WrongResult(format!(
                "softmax[{row}][{column}] is {got}, the f64 reference {want:.9}: off by {off:.3e}, tolerance {allowed:.3e}"
            )));
        }
    }
    let off = got.iter().map(|p| f64::from(*p)).sum::<f64>() - 1.0;
    let allowed = tolerance.of_sum(scores, &wanted);
    if off.abs() > allowed {
        return Err(BackendError::WrongResult(format!(
            "softmax[{row}] adds up to {:.6}: off by {off:.3e}, tolerance {allowed:.3e}",
            1.0 + off
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::{bf16, f16};
    use hovera_core::{Op, made_up};

    fn rounded(element: Element, value: f64) -> f32 {
        match element {
            Element::Bf16 => bf16::from_f64(value).to_f32(),
            _ => f16::from_f64(value).to_f32(),
        }
    }

    /// Scores like those of a sweep: about normal, of the element's type.
    fn scores(count: usize, element: Element) -> Vec<f32> {
        let mut stream = SplitMix64::of_seed(count as u64);
        let mut uniform = || (stream.number() >> 11) as f64 / (1u64 << 53) as f64;
        (0..count).map(|_| rounded(element, (0..12).map(|_| uniform()).sum::<f64>() - 6.0)).collect()
    }

    #[test]
    fn a_point_asks_for_the_rows_of_its_rank() {
        let point = made_up::softmax((12, 4, 100, 7));
        let of = |point: &Point| softmax(point).unwrap();
        assert_eq!(of(&point), Softmax { rows: 48 * 100, columns: 7, is_bf16: false });
        assert!(of(&Point { dtype: Dtype::Bf16, ..point }).is_bf16);
        assert_eq!(softmax(&Point { dtype: Dtype::F32, ..point }), None);
        assert_eq!(softmax(&made_up::point(Op::Score, 64)), None);
    }

    #[test]
    fn both_ends_are_checked_and_all_lies_within() {
        for (rows, columns) in [(1, 1), (7, 33), (98_304, 2048), (3, 4_000_000)] {
            let softmax = Softmax { rows, columns, is_bf16: false };
            let sampled = sampled_rows(softmax);
            assert!(sampled.contains(&0) && sampled.last() == Some(&(rows - 1)), "{rows}: {sampled:?}");
            assert!(sampled.len() as u64 <= ROWS.1 && sampled == sampled_rows(softmax));
        }
    }

    #[test]
    fn what_is_rounded_is_right_and_another_row_a_half_and_a_key_too_few_are_not() {
        for element in [Element::F16, Element::Bf16] {
            for columns in [1, 2, 33, 1000, 2048, 65_536] {
                let scores = scores(columns, element);
                let row: Vec<f32> = reference(&scores).into_iter().map(|p| rounded(element, p)).collect();
                let says = |got: &[f32]| compare(3, element, &scores, got).map_err(|error| error.to_string());
                assert_eq!(says(&row), Ok(()), "{element:?} {columns}");
                let mut one_nan = row.clone();
                one_nan[columns - 1] = f32::NAN;
                assert!(says(&one_nan).unwrap_err().contains(&format!("softmax[3][{}] is NaN", columns - 1)));
                if columns == 1 {
                    continue;
                }
                let mut turned = row.clone();
                turned.rotate_left(1);
                assert!(says(&turned).unwrap_err().contains("softmax[3]["), "{element:?} {columns}");
                // The keys from the middle on are not in the sum.
                let half: f64 = reference(&scores)[..columns / 2].iter().sum();
                let half: Vec<f32> =
                    reference(&scores).into_iter().map(|p| rounded(element, p / half)).collect();
                assert!(says(&half).unwrap_err().contains("softmax[3][0] is "), "{element:?} {columns}");
            }
        }
    }

    #[test]
    fn what_is_rounded_twice_is_right_too_and_three_units_off_are_not() {
        for element in [Element::F16, Element::Bf16] {
            for columns in [2, 33, 2048, 65_536] {
                let scores = scores(columns, element);
                let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let exponentials: Vec<f64> =
                    scores.iter().map(|score| f64::from(score - largest).exp()).collect();
                let sum: f64 = exponentials.iter().sum();
                // As an H100 does it: the exponential is kept in the matrix's type before it is divided.
                let twice = |e: &f64| rounded(element, f64::from(rounded(element, *e)) / sum);
                let mut row: Vec<f32> = exponentials.iter().map(twice).collect();
                assert_eq!(compare(0, element, &scores, &row), Ok(()), "{element:?} {columns}");
                // The most probable: of one below the smallest normal number its step counts.
                let most = scores.iter().position(|score| *score == largest).unwrap();
                row[most] *= 1.0 + 6.0 * Tolerance::of(element).unit as f32;
                assert!(compare(0, element, &scores, &row).is_err(), "{element:?} {columns}");
            }
        }
    }

    #[test]
    fn quotients_that_are_all_rounded_one_way_are_right() {
        for element in [Element::F16, Element::Bf16] {
            let unit = Tolerance::of(element).unit;
            // Equal scores but one, whose exponentials add up to a little more than a power of two.
            let last = (unit * 2048.0 * 0.9).ln() as f32;
            let scores: Vec<f32> =
                std::iter::repeat_n(0.0, 2048).chain([rounded(element, last.into())]).collect();
            let sum = 2048.0 + f64::from(*scores.last().unwrap()).exp();
            let row: Vec<f32> = scores
                .iter()
                .map(|score| rounded(element, f64::from(rounded(element, f64::from(*score).exp())) / sum))
                .collect();
            assert_eq!(compare(0, element, &scores, &row), Ok(()), "{element:?}");
        }
    }

    #[test]
    fn errors_of_one_sign_are_seen_in_the_sum_though_each_is_within_its_tolerance() {
        let element = Element::F16;
        let scores = scores(2048, element);
        let tolerance = Tolerance::of(element);
        let up = |p: f64| (p + 0.9 * tolerance.of_probability(p)) as f32;
        let row: Vec<f32> = reference(&scores).into_iter().map(up).collect();
        let error = compare(0, element, &scores, &row).unwrap_err().to_string();
        assert!(error.contains("softmax[0] adds up to 1.0"), "{error}");
    }

    #[test]
    fn the_largest_score_is_subtracted_before_anything_overflows() {
        assert_eq!(reference(&[60_000.0, 60_000.0]), [0.5, 0.5]);
        assert_eq!(reference(&[1.0]), [1.0]);
    }
}

//! Rows of attention in f64, and how far a correct one may be from them.

use crate::sys::Element;
use hovera_bench::BackendError;
use std::ops::Range;

/// The matrices of one head of keys of one sequence, as they are on the device: its keys and values, and of the heads
/// of queries that share them one below the other what there is.
pub(crate) struct Head<'h> {
    pub(crate) k: &'h [f32],
    pub(crate) v: &'h [f32],
    pub(crate) head_dim: usize,
    pub(crate) head_dim_v: usize,
    /// Queries of each head.
    pub(crate) queries: usize,
    pub(crate) is_causal: bool,
    /// What scores are multiplied by, as the device has it.
    pub(crate) scale: f32,
}

/// What the backward pass has of a query.
pub(crate) struct Query<'h> {
    /// Which of its head, from 0 on.
    pub(crate) index: usize,
    pub(crate) q: &'h [f32],
    /// The output and its gradient, and the statistic, where they are known.
    pub(crate) o: &'h [f32],
    pub(crate) d_o: &'h [f32],
    pub(crate) statistic: f32,
}

/// A value in f64, and what its rounding errors are in proportion to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sum {
    pub(crate) value: f64,
    /// The sum of the squares of its terms.
    squares: f64,
    /// The sum of their magnitudes.
    magnitudes: f64,
    /// The sum of the squares of the factors that are not rounded.
    factors: f64,
    /// The sum of the magnitudes of what each head adds, which is rounded before it is added.
    heads: f64,
    /// How far off it may be by the factors that are differences of fp32 sums.
    of_differences: f64,
}

impl Sum {
    /// Adds `rounded`·`factor`, the first of which is stored in 16 bits before, and was off by so much before that.
    fn add(&mut self, (rounded, off): (f64, f64), factor: f64) {
        let term = rounded * factor;
        self.of_differences += off * factor.abs();
        self.value += term;
        self.squares += term * term;
        self.magnitudes += term.abs();
        self.factors += factor * factor;
    }
}

/// How far off a correct value may be.
///
/// - The result is rounded to its type: half a unit in the last place, u·|x|.
/// - Probabilities, and the gradients of scores, are rounded to the type of the operands before they are multiplied
///   (P has V's type in the graph that the library is given). Such errors are independent: u·√Σterm², of which eight
///   are room for the largest of many. Below the smallest normal number of f16 they are no longer in proportion: half
///   its smallest step each.
/// - Scores, exponentials and sums are fp32, and an error of a row's statistic is in all of its terms alike: 2⁻¹⁵ of
///   the sum of their magnitudes is room for an exponential by the fast instruction (2⁻²²) of a score of ±30.
/// - The gradient of a score is a probability times a difference of two fp32 sums, which may cancel: a query that sees
///   one key has none. Tensor cores truncate each addition, up to 2⁻²³ of the sum.
/// - Gradients of keys that heads share are rounded for each head.
///
/// An output of standard normal values that is wrong is off by about √2·√Σterm², which is 40 times the tolerance in
/// bf16, and 300 times in f16.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tolerance {
    unit: f64,
    smallest_step: f64,
}

impl Tolerance {
    pub(crate) fn of(element: Element) -> Tolerance {
        match element {
            Element::Bf16 => Tolerance { unit: 2f64.powi(-8), smallest_step: 2f64.powi(-133) },
            _ => Tolerance { unit: 2f64.powi(-11), smallest_step: 2f64.powi(-24) },
        }
    }

    pub(crate) fn of_sum(&self, sum: &Sum) -> f64 {
        let Tolerance { unit, smallest_step } = *self;
        let rounded = unit * (sum.value.abs() + sum.heads);
        let independent = 8.0 * unit * sum.squares.sqrt() + 4.0 * smallest_step * sum.factors.sqrt();
        let coherent = 2f64.powi(-15) * sum.magnitudes + sum.of_differences;
        (rounded + independent + coherent) * (1.0 + unit) + smallest_step
    }

    /// Of a statistic, an fp32 logarithm of a sum of exponentials: a key more or less among 16,384 is seen.
    pub(crate) fn of_statistic(statistic: f64) -> f64 {
        1e-5 * (1.0 + statistic.abs())
    }
}

/// What a query should get.
pub(crate) struct QueryReference {
    pub(crate) o: Vec<Sum>,
    pub(crate) statistic: f64,
    /// Its gradient; nothing where no gradient of O is known.
    pub(crate) d_q: Vec<Sum>,
}

/// What a key should get.
pub(crate) struct Key {
    pub(crate) d_k: Vec<Sum>,
    pub(crate) d_v: Vec<Sum>,
}

/// Compares a row of a matrix with what it should be.
///
/// # Errors
/// [`BackendError::WrongResult`] for the first number that is off.
pub(crate) fn compare_row(
    what: &str,
    [batch, head, token]: [u32; 3],
    got: &[f32],
    want: &[Sum],
    tolerance: Tolerance,
) -> Result<(), BackendError> {
    for (column, (got, want)) in got.iter().zip(want).enumerate() {
        let at = || format!("{what}[{batch}][{head}][{token}][{column}]");
        compare(at, *got, want.value, tolerance.of_sum(want))?;
    }
    Ok(())
}

/// The same of a query's statistic.
///
/// # Errors
/// [`BackendError::WrongResult`] where it is off.
pub(crate) fn compare_statistic(
    [batch, head, token]: [u32; 3],
    got: f32,
    want: f64,
) -> Result<(), BackendError> {
    compare(
        || format!("the statistic of query [{batch}][{head}][{token}]"),
        got,
        want,
        Tolerance::of_statistic(want),
    )
}

fn compare(at: impl Fn() -> String, got: f32, want: f64, allowed: f64) -> Result<(), BackendError> {
    let off = (f64::from(got) - want).abs();
    if off <= allowed {
        return Ok(());
    }
    Err(BackendError::WrongResult(format!(
        "{} is {got}, the f64 reference {want:.9}: off by {off:.3e}, tolerance {allowed:.3e}",
        at()
    )))
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// The gradient of a score before the scale: the query's gradient times the value less the sum of its row; and how far
/// off fp32 sums may be.
fn difference(query: &Query<'_>, value: &[f32]) -> (f64, f64) {
    let magnitude = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (f64::from(*a) * f64::from(*b)).abs()).sum()
    };
    let sums = magnitude(query.d_o, value) + magnitude(query.o, query.d_o);
    (dot(query.d_o, value) - dot(query.o, query.d_o), value.len() as f64 * 2f64.powi(-23) * sums)
}

impl Head<'_> {
    fn key(&self, index: usize) -> &[f32] {
        &self.k[index * self.head_dim..][..self.head_dim]
    }

    fn value(&self, index: usize) -> &[f32] {
        &self.v[index * self.head_dim_v..][..self.head_dim_v]
    }

    fn keys(&self) -> usize {
        self.k.len() / self.head_dim
    }

    /// Keys that a query looks at.
    fn seen(&self, query: usize) -> Range<usize> {
        0..if self.is_causal { query + 1 } else { self.keys() }
    }

    /// Output, statistic and, of a query with a gradient of its output, gradient.
    pub(crate) fn query(&self, query: &Query<'_>) -> QueryReference {
        let scale = f64::from(self.scale);
        let scores: Vec<f64> =
            self.seen(query.index).map(|key| scale * dot(query.q, self.key(key))).collect();
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - largest).exp()).sum();
        let statistic = largest + sum.ln();
        let mut o = vec![Sum::default(); self.head_dim_v];
        let mut d_q = vec![Sum::default(); if query.d_o.is_empty() { 0 } else { self.head_dim }];
        for (key, score) in scores.iter().enumerate() {
            let probability = (score - statistic).exp();
            for (o, value) in o.iter_mut().zip(self.value(key)) {
                o.add((probability, 0.0), f64::from(*value));
            }
            if d_q.is_empty() {
                continue;
            }
            let (d_score, off) = difference(query, self.value(key));
            let d_score = (scale * probability * d_score, scale * probability * off);
            for (d_q, key) in d_q.iter_mut().zip(self.key(key)) {
                d_q.add(d_score, f64::from(*key));
            }
        }
        QueryReference { o, statistic, d_q }
    }

    /// Gradients of a key and its value, by the queries of all heads that share them: those of a head in a row.
    pub(crate) fn gradients<'q>(&self, key: usize, queries: impl Iterator<Item = Query<'q>>) -> Key {
        let scale = f64::from(self.scale);
        let none = |width| vec![Sum::default(); width];
        let (mut d_k, mut d_v) = (none(self.head_dim), none(self.head_dim_v));
        let (mut of_head_k, mut of_head_v) = (vec![0.0; self.head_dim], vec![0.0; self.head_dim_v]);
        for query in queries {
            if self.seen(query.index).contains(&key) {
                let score = scale * dot(query.q, self.key(key));
                let probability = (score - f64::from(query.statistic)).exp();
                let (d_score, off) = difference(&query, self.value(key));
                let (d_score, off) = (scale * probability * d_score, scale * probability * off);
                for ((sum, of_head), factor) in d_v.iter_mut().zip(&mut of_head_v).zip(query.d_o) {
                    sum.add((probability, 0.0), f64::from(*factor));
                    *of_head += probability * f64::from(*factor);
                }
                for ((sum, of_head), factor) in d_k.iter_mut().zip(&mut of_head_k).zip(query.q) {
                    sum.add((d_score, off), f64::from(*factor));
                    *of_head += d_score * f64::from(*factor);
                }
            }
            if query.index + 1 == self.queries {
                close_head(&mut d_k, &mut of_head_k);
                close_head(&mut d_v, &mut of_head_v);
            }
        }
        Key { d_k, d_v }
    }
}

/// What a head has added is rounded.
fn close_head(sums: &mut [Sum], of_head: &mut [f64]) {
    for (sum, of_head) in sums.iter_mut().zip(of_head) {
        sum.heads += of_head.abs();
        *of_head = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: usize = 4;
    const E: usize = 3;
    const KEYS: usize = 5;
    const GROUP: usize = 2;

    /// Numbers between -1 and 1.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    struct Made {
        q: Vec<f32>,
        k: Vec<f32>,
        v: Vec<f32>,
        d_o: Vec<f32>,
        is_causal: bool,
    }

    impl Made {
        fn new(is_causal: bool) -> Made {
            let rows = GROUP * KEYS;
            let (q, k) = (numbers(rows * D, 1), numbers(KEYS * D, 2));
            Made { q, k, v: numbers(KEYS * E, 3), d_o: numbers(rows * E, 4), is_causal }
        }

        fn head(&self) -> Head<'_> {
            let Made { k, v, is_causal, .. } = self;
            Head { k, v, head_dim: D, head_dim_v: E, queries: KEYS, is_causal: *is_causal, scale: 0.5 }
        }

        fn rows(&self) -> Vec<QueryReference> {
            (0..GROUP * KEYS).map(|row| self.head().query(&self.query(row, &[], &[], 0.0))).collect()
        }

        fn query<'m>(&'m self, row: usize, o: &'m [f32], d_o: &'m [f32], statistic: f32) -> Query<'m> {
            Query { index: row % KEYS, q: &self.q[row * D..][..D], o, d_o, statistic }
        }

        /// Σ dO·O, whose gradients are those that the backward pass computes.
        fn loss(&self) -> f64 {
            let rows = self.rows();
            let of_row = |(row, reference): (usize, &QueryReference)| {
                let d_o = &self.d_o[row * E..][..E];
                reference.o.iter().zip(d_o).map(|(o, d_o)| o.value * f64::from(*d_o)).sum::<f64>()
            };
            rows.iter().enumerate().map(of_row).sum()
        }

        /// By a small difference of one number.
        fn slope(&self, change: impl Fn(&mut Made) -> &mut f32) -> f64 {
            let at = |by: f32| {
                let mut made = Made {
                    q: self.q.clone(),
                    k: self.k.clone(),
                    v: self.v.clone(),
                    ..Made::new(self.is_causal)
                };
                let number = change(&mut made);
                let before = *number;
                *number += by;
                let moved = f64::from(*number) - f64::from(before);
                (made.loss(), moved)
            };
            let ((up, right), (down, left)) = (at(1e-3), at(-1e-3));
            (up - down) / (right - left)
        }
    }

    #[test]
    fn a_row_is_the_softmax_of_its_scores_times_the_values() {
        let made = Made { q: vec![0.0; GROUP * KEYS * D], ..Made::new(true) };
        // Without scores each key that is seen counts alike.
        let rows = made.rows();
        let mean: f64 = (0..3).map(|key| f64::from(made.v[key * E + 1])).sum::<f64>() / 3.0;
        assert!((rows[2].o[1].value - mean).abs() < 1e-12);
        assert!((rows[2].statistic - 3f64.ln()).abs() < 1e-12);
        let whole = Made { is_causal: false, ..made };
        assert!((whole.rows()[2].statistic - 5f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn gradients_are_the_slopes_of_the_output() {
        for is_causal in [false, true] {
            let made = Made::new(is_causal);
            let rows = made.rows();
            let o: Vec<f32> = rows.iter().flat_map(|row| row.o.iter().map(|o| o.value as f32)).collect();
            let query = |row: usize| {
                let (o, d_o) = (&o[row * E..][..E], &made.d_o[row * E..][..E]);
                made.query(row, o, d_o, rows[row].statistic as f32)
            };
            let near = |got: f64, want: f64, what: &str| {
                assert!((got - want).abs() < 1e-4, "{what}, causal {is_causal}: {got} and {want}");
            };
            for row in 0..GROUP * KEYS {
                let d_q = made.head().query(&query(row)).d_q;
                for (i, d_q) in d_q.iter().enumerate() {
                    near(d_q.value, made.slope(|made| &mut made.q[row * D + i]), "dQ");
                }
            }
            for key in 0..KEYS {
                let Key { d_k, d_v } = made.head().gradients(key, (0..GROUP * KEYS).map(query));
                for (i, d_k) in d_k.iter().enumerate() {
                    near(d_k.value, made.slope(|made| &mut made.k[key * D + i]), "dK");
                }
                for (i, d_v) in d_v.iter().enumerate() {
                    near(d_v.value, made.slope(|made| &mut made.v[key * E + i]), "dV");
                }
                // Each of the two heads is rounded by itself.
                assert!(d_v.iter().all(|d_v| d_v.heads >= d_v.value.abs() - 1e-12));
            }
        }
    }

    #[test]
    fn the_gradient_of_a_query_that_sees_one_key_is_nothing_but_what_fp32_leaves_of_it() {
        let made = Made::new(true);
        let o: Vec<f32> = made.rows()[0].o.iter().map(|o| o.value as f32).collect();
        let query = made.query(0, &o, &made.d_o[..E], 0.0);
        for d_q in made.head().query(&query).d_q {
            assert!(d_q.value.abs() < 1e-7, "{d_q:?}");
            // An H100 left 5e-8 of products of about 1.
            let allowed = Tolerance::of(Element::Bf16).of_sum(&d_q);
            assert!((1e-8..1e-5).contains(&allowed), "{allowed}");
        }
    }

    #[test]
    fn a_tolerance_is_far_below_what_another_row_would_be_off_by() {
        let (t, d) = (4096, 64);
        let (k, v, q) = (numbers(t * d, 5), numbers(t * d, 6), numbers(2 * d, 7));
        let head =
            Head { k: &k, v: &v, head_dim: d, head_dim_v: d, queries: 2, is_causal: false, scale: 0.125 };
        let of = |row: usize| {
            head.query(&Query { index: row, q: &q[row * d..][..d], o: &[], d_o: &[], statistic: 0.0 })
        };
        let (one, other) = (of(0), of(1));
        for (element, times) in [(Element::Bf16, 4.0), (Element::F16, 30.0)] {
            let tolerance = Tolerance::of(element);
            let typical: Vec<f64> = one
                .o
                .iter()
                .zip(&other.o)
                .map(|(one, other)| (one.value - other.value).abs() / tolerance.of_sum(one))
                .collect();
            let mean = typical.iter().sum::<f64>() / typical.len() as f64;
            assert!(mean > times, "{element:?}: {mean}");
        }
    }
}

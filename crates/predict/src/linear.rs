//! Symmetric linear systems of a few hundred unknowns.

/// Sums that are added up beside one another: of one alone each addition waits for the one before. As many on every machine, so
/// that the result is the same bits.
const LANES: usize = 8;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// A Cholesky factor of a symmetric positive definite matrix, row by row.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    size: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// None where the matrix, of `size` by `size` numbers, is not positive definite.
    pub(crate) fn new(mut matrix: Vec<f64>, size: usize) -> Option<Cholesky> {
        for row in 0..size {
            for column in 0..=row {
                let (above, below) = matrix.split_at(row * size);
                let this = &below[..size];
                let other = if column == row { this } else { &above[column * size..(column + 1) * size] };
                let sum = dot(&this[..column], &other[..column]);
                let left = this[column] - sum;
                let pivot = if column == row { None } else { Some(other[column]) };
                matrix[row * size + column] = match pivot {
                    Some(pivot) => left / pivot,
                    None if left > 0.0 && left.is_finite() => left.sqrt(),
                    None => return None,
                };
            }
        }
        Some(Cholesky { size, lower: matrix })
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.lower[row * self.size..row * self.size + row + 1]
    }

    /// The factor's share of a solution: `L⁻¹ y`.
    pub(crate) fn half(&self, y: &[f64]) -> Vec<f64> {
        let mut x = y.to_vec();
        for row in 0..self.size {
            let factors = self.row(row);
            let sum = dot(&factors[..row], &x[..row]);
            x[row] = (x[row] - sum) / factors[row];
        }
        x
    }

    /// What, multiplied by the matrix, is `y`.
    pub(crate) fn solve(&self, y: &[f64]) -> Vec<f64> {
        let mut x = self.half(y);
        for row in (0..self.size).rev() {
            x[row] /= self.lower[row * self.size + row];
            let value = x[row];
            for (column, factor) in self.row(row)[..row].iter().enumerate() {
                x[column] -= factor * value;
            }
        }
        x
    }

    /// ln of the determinant's root.
    pub(crate) fn half_log_determinant(&self) -> f64 {
        (0..self.size).map(|row| self.lower[row * self.size + row].ln()).sum()
    }
}

//! A batched matrix product and what it costs.

use crate::shape::dimension::{DimensionError, checked};
use crate::shape::vocabulary::Dtype;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// `gemm_batch` independent products C\[m×n\] = A\[m×k\]·B\[k×n\], in BLAS order: k is the reduction.
/// To serde it is the four sizes in this order, checked as by [`Gemm::new`] when they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "[u64; 4]", into = "[u64; 4]")]
pub struct Gemm {
    gemm_batch: NonZeroU32,
    m: NonZeroU32,
    n: NonZeroU32,
    k: NonZeroU32,
}

impl Gemm {
    /// One product of two numbers.
    pub(crate) const ONE: Gemm =
        Gemm { gemm_batch: NonZeroU32::MIN, m: NonZeroU32::MIN, n: NonZeroU32::MIN, k: NonZeroU32::MIN };

    /// # Errors
    /// [`DimensionError`] when a size is zero or larger than BLAS takes.
    pub fn new(gemm_batch: u64, m: u64, n: u64, k: u64) -> Result<Gemm, DimensionError> {
        Ok(Gemm {
            gemm_batch: checked("gemm_batch", gemm_batch.into())?,
            m: checked("m", m.into())?,
            n: checked("n", n.into())?,
            k: checked("k", k.into())?,
        })
    }

    /// How many products.
    #[must_use]
    pub fn gemm_batch(self) -> u32 {
        self.gemm_batch.get()
    }

    /// Rows of A and C.
    #[must_use]
    pub fn m(self) -> u32 {
        self.m.get()
    }

    /// Columns of B and C.
    #[must_use]
    pub fn n(self) -> u32 {
        self.n.get()
    }

    /// Columns of A, rows of B: the reduction.
    #[must_use]
    pub fn k(self) -> u32 {
        self.k.get()
    }

    /// Elements of A over the whole batch.
    #[must_use]
    pub fn a_len(self) -> u128 {
        self.over_batch(self.m, self.k)
    }

    /// Elements of B over the whole batch.
    #[must_use]
    pub fn b_len(self) -> u128 {
        self.over_batch(self.k, self.n)
    }

    /// Elements of C over the whole batch.
    #[must_use]
    pub fn c_len(self) -> u128 {
        self.over_batch(self.m, self.n)
    }

    fn over_batch(self, rows: NonZeroU32, columns: NonZeroU32) -> u128 {
        u128::from(self.gemm_batch.get()) * u128::from(rows.get()) * u128::from(columns.get())
    }

    /// Floating-point operations: `2·gemm_batch·m·n·k`, a multiplication and an addition for each
    /// term of each dot product. Four sizes below 2³¹ cannot overflow 128 bits.
    #[must_use]
    pub fn flop(self) -> u128 {
        2 * self.c_len() * u128::from(self.k.get())
    }

    /// The least memory traffic in bytes: A and B read once, C written once,
    /// `gemm_batch·(size·(m·k + k·n) + output size·m·n)`, the two sizes being those of
    /// [`Dtype::size`] and [`Dtype::output_size`].
    #[must_use]
    pub fn bytes(self, dtype: Dtype) -> u128 {
        u128::from(dtype.size()) * (self.a_len() + self.b_len())
            + u128::from(dtype.output_size()) * self.c_len()
    }

    /// FLOP per byte of the least memory traffic.
    #[must_use]
    pub fn arithmetic_intensity(self, dtype: Dtype) -> f64 {
        self.flop() as f64 / self.bytes(dtype) as f64
    }
}

impl TryFrom<[u64; 4]> for Gemm {
    type Error = DimensionError;

    fn try_from([gemm_batch, m, n, k]: [u64; 4]) -> Result<Gemm, DimensionError> {
        Gemm::new(gemm_batch, m, n, k)
    }
}

impl From<Gemm> for [u64; 4] {
    fn from(gemm: Gemm) -> [u64; 4] {
        [gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()].map(u64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn flop_and_bytes_of_a_product_counted_by_hand() {
        // 3 products of 2×5 by 5×4: each of 3·2·4 = 24 dot products has 5 multiplications and 5 additions.
        let gemm = Gemm::new(3, 2, 4, 5).unwrap();
        assert_eq!(gemm.flop(), 240);
        // A 3·2·5 = 30, B 3·5·4 = 60, C 24 elements.
        assert_eq!((gemm.a_len(), gemm.b_len(), gemm.c_len()), (30, 60, 24));
        assert_eq!(gemm.bytes(Dtype::F16), 228);
        assert_eq!(gemm.bytes(Dtype::F32), 456);
        assert_eq!((gemm.bytes(Dtype::F8e4m3), gemm.bytes(Dtype::Int8)), (90 + 2 * 24, 90 + 4 * 24));
        assert!((gemm.arithmetic_intensity(Dtype::F16) - 240.0 / 228.0).abs() < 1e-15);
    }

    #[test]
    fn the_largest_product_does_not_overflow() {
        let max = 2_147_483_647;
        let gemm = Gemm::new(max, max, max, max).unwrap();
        assert_eq!(gemm.flop(), 2 * 2_147_483_647u128.pow(4));
        assert_eq!(gemm.bytes(Dtype::F32), 12 * 2_147_483_647u128.pow(3));
    }

    #[test]
    fn an_illegal_size_is_named() {
        assert_eq!(Gemm::new(1, 2, 0, 4).unwrap_err().to_string(), "n = 0: want 1 to 2147483647");
        assert_eq!(Gemm::new(1 << 31, 1, 1, 1).unwrap_err().name, "gemm_batch");
    }

    proptest! {
        #[test]
        fn flop_counts_the_innermost_steps(b in 1u64..6, m in 1u64..6, n in 1u64..6, k in 1u64..6) {
            let mut steps = 0u128;
            for _ in 0..b { for _ in 0..m { for _ in 0..n { for _ in 0..k { steps += 2; } } } }
            prop_assert_eq!(Gemm::new(b, m, n, k).unwrap().flop(), steps);
        }
    }
}

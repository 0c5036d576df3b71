//! How wide the loads of an operand can be.

use crate::shape::gemm::Gemm;
use crate::shape::op::Work;
use crate::shape::point::Point;
use crate::shape::vocabulary::{Dtype, Layout};

/// The widest load or store of one thread, in bytes. Tensor core kernels that copy with anything narrower
/// run at a fraction of the speed, and the bulk copies of Hopper (TMA) want row strides of multiples of
/// it (CUDA C++ Programming Guide, "Device Memory Accesses" and "Tensor Memory Access").
pub const VECTOR_BYTES: u64 = 16;

/// The alignment of every row of A, B and C, their first elements being as aligned as can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// A, B and C; of fused attention Q, K and V, whose rows O's are as long as; of a softmax the scores A and the
    /// probabilities C.
    pub operands: Vec<Operand>,
}

/// One matrix as it is stored: rows of so many elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    /// `A`, `B` or `C`, or `Q`, `K` or `V`.
    pub name: char,
    /// Which size of the GEMM a row has: `m`, `n` or `k`.
    pub row: char,
    /// That size: the leading dimension.
    pub elements: u32,
    /// Bytes of an element.
    element_bytes: u32,
}

impl Operand {
    /// The largest power of two that divides the bytes of a row.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let row = u64::from(self.elements) * u64::from(self.element_bytes);
        1 << row.trailing_zeros()
    }

    /// What the row must be a multiple of, in elements, for loads of [`VECTOR_BYTES`].
    #[must_use]
    pub fn wanted_multiple(&self) -> u64 {
        VECTOR_BYTES / u64::from(self.element_bytes)
    }
}

impl Alignment {
    /// A is row-major m×k or k×m and B k×n or n×k, as the layout says; C is row-major m×n.
    #[must_use]
    pub fn of_gemm(gemm: Gemm, dtype: Dtype, layout: Layout) -> Alignment {
        let operand = |name, row, element_bytes| {
            let elements = match row {
                'm' => gemm.m(),
                'n' => gemm.n(),
                _ => gemm.k(),
            };
            Operand { name, row, elements, element_bytes }
        };
        let a_row = if layout.transposes_a() { 'm' } else { 'k' };
        let b_row = if layout.transposes_b() { 'k' } else { 'n' };
        Alignment {
            operands: vec![
                operand('A', a_row, dtype.size()),
                operand('B', b_row, dtype.size()),
                operand('C', 'n', dtype.output_size()),
            ],
        }
    }

    /// Whether every row allows loads of [`VECTOR_BYTES`].
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.operands.iter().all(|operand| operand.bytes() >= VECTOR_BYTES)
    }

    /// The operands that keep loads below [`VECTOR_BYTES`], all of the least alignment.
    #[must_use]
    pub fn limiting(&self) -> Vec<Operand> {
        let least = self.operands.iter().map(Operand::bytes).min().unwrap_or(VECTOR_BYTES);
        let limits = |operand: &&Operand| operand.bytes() == least && least < VECTOR_BYTES;
        self.operands.iter().filter(limits).copied().collect()
    }
}

impl Point {
    /// The alignment of its operands and its result.
    #[must_use]
    pub fn alignment(&self) -> Alignment {
        let operand = |name, row, elements| Operand { name, row, elements, element_bytes: self.dtype.size() };
        let operands = match self.op.work() {
            Work::Product => return Alignment::of_gemm(self.gemm, self.dtype, self.layout),
            Work::Fused => {
                let (head_dim, of_values) = (self.gemm.k(), self.product().head_dim_v());
                vec![operand('Q', 'k', head_dim), operand('K', 'k', head_dim), operand('V', 'k', of_values)]
            }
            Work::Rows => ['A', 'C'].map(|name| operand(name, 'n', self.gemm.n())).to_vec(),
        };
        Alignment { operands }
    }
}

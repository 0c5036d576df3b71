//! The matrices of a batched product, in device memory.

use super::element::Arithmetic;
use super::memory::Region;
use super::torch_bmm::{BmmCall, bmm_call};
use hovera_bench::BackendError;
use hovera_core::{Gemm, Layout};

/// What is computed: two products of the same kind differ only in where their matrices lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProductKind {
    pub(super) gemm: Gemm,
    pub(super) arithmetic: Arithmetic,
    pub(super) layout: Layout,
}

/// The operands and the result of a batched GEMM. Each fits its region, is aligned to its elements, and C has no byte
/// in common with A or B.
#[derive(Clone, Copy)]
pub(crate) struct Matrices<'m> {
    kind: ProductKind,
    call: BmmCall,
    a: Region<'m>,
    b: Region<'m>,
    c: Region<'m>,
}

impl<'m> Matrices<'m> {
    /// # Errors
    /// [`BackendError::Device`] when a region is too small for the shape or not aligned, or C overlaps an operand.
    pub(crate) fn new(
        gemm: Gemm,
        arithmetic: Arithmetic,
        layout: Layout,
        [a, b, c]: [Region<'m>; 3],
    ) -> Result<Matrices<'m>, BackendError> {
        let (operand, result) = (arithmetic.operand.size(), arithmetic.result.size());
        for (what, region, elements, size) in
            [("A", a, gemm.a_len(), operand), ("B", b, gemm.b_len(), operand), ("C", c, gemm.c_len(), result)]
        {
            // What does not fit in 64 bits does not fit in a region.
            region.holds(what, u64::try_from(elements).unwrap_or(u64::MAX), size as usize)?;
            region.is_aligned_to(what, size.into())?;
        }
        c.is_apart_from("C and A", &a)?;
        c.is_apart_from("C and B", &b)?;
        Ok(Matrices { kind: ProductKind { gemm, arithmetic, layout }, call: bmm_call(gemm, layout), a, b, c })
    }

    pub(super) fn kind(&self) -> ProductKind {
        self.kind
    }

    /// The call that computes C = A·B.
    pub(super) fn call(&self) -> BmmCall {
        self.call
    }

    pub(crate) fn gemm(&self) -> Gemm {
        self.kind.gemm
    }

    pub(crate) fn arithmetic(&self) -> Arithmetic {
        self.kind.arithmetic
    }

    /// How A and B are stored.
    pub(super) fn layout(&self) -> Layout {
        self.kind.layout
    }

    pub(crate) fn a(&self) -> Region<'m> {
        self.a
    }

    pub(crate) fn b(&self) -> Region<'m> {
        self.b
    }

    pub(crate) fn c(&self) -> Region<'m> {
        self.c
    }

    /// A, B and C.
    pub(super) fn regions(&self) -> [Region<'m>; 3] {
        [self.a, self.b, self.c]
    }

    /// First and second operand of the call.
    pub(super) fn operands(&self) -> (Region<'m>, Region<'m>) {
        if self.call.swapped { (self.b, self.a) } else { (self.a, self.b) }
    }
}

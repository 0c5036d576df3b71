//! Why a value of a size costs.

use crate::subject::Line;
use hovera_core::{Alignment, Dtype, Point, VECTOR_BYTES};
use std::fmt;

/// Why a value costs more than its neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// Rows of this length do not all begin where loads of 16 bytes can.
    Alignment {
        /// The loads that the rows of the worst product allow, in bytes.
        bytes: u64,
    },
    /// The tiles of the kernels, and the waves of them, fit the neighbour better.
    Tiles,
}

impl Cause {
    /// By the products that change: the alignment of the worst of them where the change mends it.
    pub(crate) fn of_lines(before: &[Line], after: &[Line], dtype: Dtype) -> Cause {
        let changed = before.iter().zip(after).filter(|(before, after)| before != after);
        Self::of_widths(changed.map(|(before, after)| {
            [before, after]
                .map(|line| load_bytes(&Alignment::of_gemm(line.product.gemm, dtype, line.product.layout)))
        }))
    }

    /// The same of points before and after.
    pub(crate) fn of_points(points: &[[Point; 2]]) -> Cause {
        Self::of_widths(points.iter().map(|both| both.map(|point| load_bytes(&point.alignment()))))
    }

    fn of_widths(widths: impl Iterator<Item = [u64; 2]>) -> Cause {
        match widths.filter(|[before, after]| before < after).min() {
            Some([bytes, _]) => Cause::Alignment { bytes },
            None => Cause::Tiles,
        }
    }

    /// In one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Cause::Alignment { .. } => "alignment",
            Cause::Tiles => "tiles",
        }
    }
}

/// The widest loads that all rows of a product allow.
fn load_bytes(alignment: &Alignment) -> u64 {
    let widths = alignment.operands.iter().map(|operand| operand.bytes().min(VECTOR_BYTES));
    widths.min().unwrap_or(VECTOR_BYTES)
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Alignment { bytes } => write!(f, "rows allow loads of {bytes} B, not of {VECTOR_BYTES}"),
            Cause::Tiles => f.write_str("tiles and waves of them fit less well"),
        }
    }
}

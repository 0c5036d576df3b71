//! One allocation for everything a sweep computes with.

use hovera_core::{Dtype, Gemm};
use std::ops::Range;

/// cuBLAS picks kernels by the alignment of its operands; `cudaMalloc`, and so PyTorch, gives 256 bytes.
const ALIGNMENT: u128 = 256;

/// Where A, B, C and the workspace lie in the arena, in bytes. Each region fits the largest of the
/// points, and each point uses the front of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    a: u128,
    b: u128,
    c: u128,
    workspace: u128,
}

impl Layout {
    pub(crate) fn new(gemms: impl IntoIterator<Item = Gemm>, dtype: Dtype, workspace: u64) -> Layout {
        let size = u128::from(dtype.size());
        let padded = |bytes: u128| bytes.next_multiple_of(ALIGNMENT);
        let mut layout = Layout { workspace: padded(workspace.into()), ..Layout::default() };
        for gemm in gemms {
            layout.a = layout.a.max(padded(gemm.a_len() * size));
            layout.b = layout.b.max(padded(gemm.b_len() * size));
            layout.c = layout.c.max(padded(gemm.c_len() * size));
        }
        layout
    }

    /// Bytes of the whole arena.
    pub(crate) fn total(&self) -> u128 {
        self.a + self.b + self.c + self.workspace
    }

    pub(crate) fn a(&self) -> Range<u64> {
        range(0, self.a)
    }

    pub(crate) fn b(&self) -> Range<u64> {
        range(self.a, self.b)
    }

    pub(crate) fn c(&self) -> Range<u64> {
        range(self.a + self.b, self.c)
    }

    pub(crate) fn workspace(&self) -> Range<u64> {
        range(self.a + self.b + self.c, self.workspace)
    }

    /// Whether a product's operands and result fit.
    pub(crate) fn fits(&self, gemm: Gemm, dtype: Dtype) -> bool {
        let one = Layout::new([gemm], dtype, 0);
        one.a <= self.a && one.b <= self.b && one.c <= self.c
    }
}

/// Beyond 64 bits there is no memory: such an arena was refused before its ranges are asked for.
fn range(start: u128, length: u128) -> Range<u64> {
    let clamp = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
    clamp(start)..clamp(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_single_product_counted_by_hand() {
        // A 3·5, B 5·7, C 3·7 elements of 2 bytes: 30, 70 and 42 bytes, each padded to 256.
        let layout = Layout::new([Gemm::new(1, 3, 7, 5).unwrap()], Dtype::F16, 1000);
        assert_eq!(layout.total(), 3 * 256 + 1024);
        assert_eq!((layout.a(), layout.b()), (0..256, 256..512));
        assert_eq!((layout.c(), layout.workspace()), (512..768, 768..1792));
    }

    proptest! {
        #[test]
        fn regions_are_aligned_adjacent_and_fit_every_product(
            sizes in prop::collection::vec((1u64..9, 1u64..900, 1u64..900, 1u64..900), 1..6),
        ) {
            let gemms: Vec<Gemm> =
                sizes.iter().map(|&(batch, m, n, k)| Gemm::new(batch, m, n, k).unwrap()).collect();
            let layout = Layout::new(gemms.iter().copied(), Dtype::Bf16, 1 << 20);
            let regions = [layout.a(), layout.b(), layout.c(), layout.workspace()];
            let mut end = 0;
            for region in &regions {
                prop_assert_eq!(region.start, end);
                prop_assert_eq!(region.start % 256, 0);
                end = region.end;
            }
            prop_assert_eq!(u128::from(end), layout.total());
            for gemm in gemms {
                prop_assert!(layout.fits(gemm, Dtype::Bf16));
                prop_assert!(Layout::new([gemm], Dtype::Bf16, 1 << 20).total() <= layout.total());
            }
        }
    }
}

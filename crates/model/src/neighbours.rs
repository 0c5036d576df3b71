//! Sizes near those of a model that may cost less.

use crate::product::LaidOutGemm;
use hovera_core::{Dtype, Gemm, VECTOR_BYTES};

/// Tiles of kernels are as wide as multiples of it.
const TILE_STEP: u32 = 64;

/// No neighbour is larger by more than this share.
const NEAR: f64 = 1.0 / 16.0;

impl LaidOutGemm {
    /// The products that differ from it in one of m, n and k: the next multiple of what loads of 16 bytes want, and the
    /// next of 64, as far as they are near.
    #[must_use]
    pub fn neighbours(&self, dtype: Dtype) -> Vec<LaidOutGemm> {
        let gemm = self.gemm;
        let [batch, m, n, k] = [gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()];
        let steps = [u32::try_from(VECTOR_BYTES).unwrap_or(TILE_STEP) / dtype.size(), TILE_STEP];
        let larger = |size: u32| {
            let sizes = steps.map(|step| size.checked_next_multiple_of(step));
            let near = move |next: &u32| *next > size && f64::from(*next - size) <= NEAR * f64::from(size);
            let mut sizes: Vec<u32> = sizes.into_iter().flatten().filter(near).collect();
            sizes.dedup();
            sizes
        };
        let sizes = (larger(m).into_iter().map(|m| [m, n, k]))
            .chain(larger(n).into_iter().map(|n| [m, n, k]))
            .chain(larger(k).into_iter().map(|k| [m, n, k]));
        let product = |[m, n, k]: [u32; 3]| {
            let gemm = Gemm::new(batch.into(), m.into(), n.into(), k.into()).ok()?;
            Some(LaidOutGemm { gemm, ..*self })
        };
        sizes.filter_map(product).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::Layout;

    #[test]
    fn neighbours_are_the_next_multiples_of_8_and_64() {
        let gemm = Gemm::new(1, 8192, 50_257, 2560).unwrap();
        let sizes = |product: LaidOutGemm, dtype| {
            let of = |it: &LaidOutGemm| (it.gemm.m(), it.gemm.n(), it.gemm.k());
            product.neighbours(dtype).iter().map(of).collect::<Vec<_>>()
        };
        let logits = LaidOutGemm { gemm, layout: Layout::Nt };
        assert_eq!(sizes(logits, Dtype::Bf16), [(8192, 50_264, 2560), (8192, 50_304, 2560)]);
        assert_eq!(sizes(logits, Dtype::F32), [(8192, 50_260, 2560), (8192, 50_304, 2560)]);
        // 8 would be another product than 7, and so would 64 instead of 40.
        let small = LaidOutGemm { gemm: Gemm::new(3, 7, 40, 121).unwrap(), layout: Layout::Nn };
        assert_eq!(sizes(small, Dtype::F16), [(7, 40, 128)]);
    }
}

//! One thing to measure.

use crate::gemm::Gemm;
use crate::shape::AttentionShape;
use crate::vocabulary::{Cache, Dtype, Engine, Layout, Op, Pacing};

/// One point of a sweep: what is computed, by what, on which operands, and how it is paced.
/// Two results of equal points on one device are measurements of the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// Which product.
    pub op: Op,
    /// Element type.
    pub dtype: Dtype,
    /// How B is stored.
    pub layout: Layout,
    /// What computes it.
    pub engine: Engine,
    /// What the device does between measurements.
    pub pacing: Pacing,
    /// What the caches hold.
    pub cache: Cache,
    /// The attention layer.
    pub shape: AttentionShape,
}

impl Point {
    /// The batched GEMM this point times.
    #[must_use]
    pub fn gemm(&self) -> Gemm {
        self.shape.gemm(self.op)
    }

    /// Floating-point operations of one launch.
    #[must_use]
    pub fn flop(&self) -> u128 {
        self.gemm().flop()
    }

    /// The least memory traffic of one launch, which is also what the operands and result occupy.
    #[must_use]
    pub fn bytes(&self) -> u128 {
        self.gemm().bytes(self.dtype)
    }
}

//! The words a point is described with.

use crate::text_enum::text_enum;

text_enum! {
    /// Which product of the attention layer.
    Op, "op" {
        /// Query times key transposed.
        Score = "score",
        /// Attention probabilities times values.
        Values = "values",
    }
}

text_enum! {
    /// Element type of the operands and the result. Accumulation is in fp32.
    Dtype, "dtype" {
        /// IEEE half precision.
        F16 = "f16",
        /// bfloat16.
        Bf16 = "bf16",
        /// IEEE single precision.
        F32 = "f32",
    }
}

impl Dtype {
    /// Bytes of one element.
    #[must_use]
    pub fn size(self) -> u32 {
        match self {
            Dtype::F16 | Dtype::Bf16 => 2,
            Dtype::F32 => 4,
        }
    }
}

text_enum! {
    /// How the operands are stored. A is always row-major m×k.
    Layout, "layout" {
        /// B is row-major k×n, as the original benchmark has it.
        Nn = "nn",
        /// B is stored n×k, as a real K cache is.
        Nt = "nt",
    }
}

text_enum! {
    /// What computes the product.
    Engine, "engine" {
        /// cuBLAS's own choice, which is what `torch.bmm` runs.
        Cublas = "cublas",
        /// A Rust GEMM library on the CPU.
        Cpu = "cpu",
    }
}

text_enum! {
    /// What the device does between measurements.
    Pacing, "pacing" {
        /// Back to back: each point is timed at whatever clock and power its neighbours left behind.
        None = "none",
        /// Idle before each point in proportion to the heat just made, so that a power-capped GPU
        /// has recovered.
        Burst = "burst",
    }
}

text_enum! {
    /// What the caches hold when a timed launch starts.
    Cache, "cache" {
        /// The operands of the launch before, which are the same.
        Hot = "hot",
    }
}

text_enum! {
    /// What became of a point.
    Status, "status" {
        /// Measured, and the confidence interval reached its target.
        Ok = "ok",
        /// Measured, but the stopping rule ran out before the target.
        Noisy = "noisy",
        /// Not run; the note says why.
        Skipped = "skipped",
        /// Run, but without a number to trust; the note says why.
        Failed = "failed",
    }
}

impl Status {
    /// Whether such a row has times.
    #[must_use]
    pub fn has_times(self) -> bool {
        matches!(self, Status::Ok | Status::Noisy)
    }
}

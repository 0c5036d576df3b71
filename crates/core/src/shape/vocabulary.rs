//! The words a point is described with.

use crate::shape::op::Op;
use crate::words::text_enum::text_enum;

text_enum! {
    /// Element type of the operands. Products are accumulated in fp32, those of `int8` in int32.
    Dtype, "dtype" {
        /// IEEE half precision.
        F16 = "f16",
        /// bfloat16.
        Bf16 = "bf16",
        /// IEEE single precision.
        F32 = "f32",
        /// IEEE single precision in memory, rounded to TF32 (10 bits of mantissa) by the tensor cores.
        Tf32 = "tf32",
        /// fp8 with 4 bits of exponent and 3 of mantissa.
        F8e4m3 = "e4m3",
        /// 8-bit signed integers.
        Int8 = "int8",
    }
}

impl Dtype {
    /// Bytes of one element of A or B.
    #[must_use]
    pub fn size(self) -> u32 {
        match self {
            Dtype::F16 | Dtype::Bf16 => 2,
            Dtype::F32 | Dtype::Tf32 => 4,
            Dtype::F8e4m3 | Dtype::Int8 => 1,
        }
    }

    /// Bytes of one element of C: as A's, but for `e4m3`, whose product is written in 16 bits, and for
    /// `int8`, whose product is the int32 it was accumulated in.
    #[must_use]
    pub fn output_size(self) -> u32 {
        match self {
            Dtype::F8e4m3 => 2,
            Dtype::Int8 => 4,
            Dtype::F16 | Dtype::Bf16 | Dtype::F32 | Dtype::Tf32 => self.size(),
        }
    }
}

text_enum! {
    /// How the operands are stored, A by the first letter and B by the second.
    Layout, "layout" {
        /// A is row-major m×k, B row-major k×n, as the original benchmark has them.
        Nn = "nn",
        /// B is stored n×k, as a real K cache and the weights of `torch.nn.Linear` are.
        Nt = "nt",
        /// A is stored k×m, as in the gradient of weights.
        Tn = "tn",
        /// A is stored k×m and B n×k, as other benchmarks can have them.
        Tt = "tt",
        /// Not known: an imported file does not say.
        Other = "other",
    }
}

impl Layout {
    /// Those that a sweep can have.
    pub const OF_SWEEPS: &'static [Layout] = &[Layout::Nn, Layout::Nt, Layout::Tn, Layout::Tt];

    /// Whether A is stored k×m.
    #[must_use]
    pub fn transposes_a(self) -> bool {
        matches!(self, Layout::Tn | Layout::Tt)
    }

    /// Whether B is stored n×k.
    #[must_use]
    pub fn transposes_b(self) -> bool {
        matches!(self, Layout::Nt | Layout::Tt)
    }
}

text_enum! {
    /// What computes the product.
    Engine, "engine" {
        /// cuBLAS's own choice, which is what `torch.bmm` runs.
        Cublas = "cublas",
        /// cublasLt's first heuristic candidate.
        CublasLt = "cublaslt",
        /// The fastest of cublasLt's candidates and cuBLAS's own choice, found by fair timing.
        Tuned = "tuned",
        /// A Rust GEMM library on the CPU.
        Cpu = "cpu",
        /// cuDNN: its fused attention, by the first plan of its heuristics, which is what PyTorch's cuDNN backend of
        /// `scaled_dot_product_attention` runs, and its softmax. It computes what is no product of matrices, and nothing
        /// else.
        Cudnn = "cudnn",
        /// A kernel of CUTLASS; of imported files, as are those that follow.
        Cutlass = "cutlass",
        /// A kernel that Triton compiled.
        Triton = "triton",
        /// rocBLAS's own choice.
        Rocblas = "rocblas",
        /// A kernel of hipBLASLt.
        Hipblaslt = "hipblaslt",
        /// Something else, or not known.
        Other = "other",
    }
}

impl Engine {
    /// Those that a sweep can have.
    pub const OF_SWEEPS: &'static [Engine] =
        &[Engine::Cublas, Engine::CublasLt, Engine::Tuned, Engine::Cpu, Engine::Cudnn];

    /// Whether it computes an op: those that are no products of matrices are cuDNN's, and it has no others.
    #[must_use]
    pub fn computes(self, op: Op) -> bool {
        (self == Engine::Cudnn) != op.is_product()
    }
}

text_enum! {
    /// Which keys a query of fused attention looks at.
    Mask, "mask" {
        /// All of them.
        None = "none",
        /// Its own and those before: key j for query i where j ≤ i. There are as many keys as queries.
        Causal = "causal",
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
        /// Back to back after a soak that ended when clock and power had settled: the steady state
        /// under the card's own limits.
        Sustained = "sustained",
        /// Not known: an imported file does not say.
        Other = "other",
    }
}

impl Pacing {
    /// Those that a sweep can have.
    pub const OF_SWEEPS: &'static [Pacing] = &[Pacing::None, Pacing::Burst, Pacing::Sustained];
}

text_enum! {
    /// What a launch's time is read from.
    Timer, "timer" {
        /// CUDA events around each launch, with the queue ahead of the device.
        Event = "event",
        /// Readings of the device's own timer within CUDA graphs. Points that are [compact](crate::Size::Compact) are
        /// timed by replays at several places in memory: the L2 is filled with something else, some launches run that
        /// do not count, and then those that do. Larger points are timed launch by launch,
        /// or some short ones together.
        Graph = "graph",
        /// The host's clock around launch and synchronise.
        Host = "host",
    }
}

text_enum! {
    /// Which of a point's times stands for it.
    Stat, "stat" {
        /// The middle one.
        Median = "median",
        /// The fastest: what the original reports since 2024.
        Min = "min",
        /// The slowest: what the paper's own logs report.
        Max = "max",
        /// The mean over all: what nvbench reports.
        Mean = "mean",
    }
}

impl Default for Stat {
    /// What hovera goes by.
    fn default() -> Stat {
        Stat::Median
    }
}

text_enum! {
    /// What the caches hold when a timed launch starts.
    Cache, "cache" {
        /// The operands of the launch before, which are the same.
        Hot = "hot",
        /// Other data: before a launch's operands and result are used again, more than twice the L2 cache
        /// has been read or written.
        Cold = "cold",
        /// Not known: an imported file does not say.
        Other = "other",
    }
}

impl Cache {
    /// Those that a sweep can have.
    pub const OF_SWEEPS: &'static [Cache] = &[Cache::Hot, Cache::Cold];
}

text_enum! {
    /// What became of a point.
    #[non_exhaustive]
    Status, "status" {
        /// Measured, and the confidence interval reached its target.
        Ok = "ok",
        /// Measured, but the stopping rule ran out before the target.
        Noisy = "noisy",
        /// Not measured: a model says it, with an interval.
        Predicted = "predicted",
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
        matches!(self, Status::Ok | Status::Noisy | Status::Predicted)
    }

    /// Whether its times are of launches, not of a model.
    #[must_use]
    pub fn is_measured(self) -> bool {
        matches!(self, Status::Ok | Status::Noisy)
    }
}

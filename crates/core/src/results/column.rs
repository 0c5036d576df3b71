//! The columns of a results file.

use crate::words::text_enum::text_enum;

text_enum! {
    /// A column of a results file, in the order in which they are written. A column that does not
    /// apply is empty. Times are in microseconds.
    Column, "column" {
        /// Which product.
        Op = "op",
        /// Element type.
        Dtype = "dtype",
        /// How the operands are stored.
        Layout = "layout",
        /// What computed it.
        Engine = "engine",
        /// What the device did between points.
        Pacing = "pacing",
        /// What the caches held.
        Cache = "cache",
        /// Index into the front matter's `[[device]]` list.
        Device = "device",
        /// Attention heads `a` of the whole layer; this and the next five are empty for a product of no layer.
        Heads = "heads",
        /// Micro-batch `b`.
        Batch = "batch",
        /// Sequence length `s`.
        Seq = "seq",
        /// Hidden size `h`, as asked for.
        Hidden = "hidden",
        /// Head dim `d`.
        HeadDim = "head_dim",
        /// The legend entry, derived from `head_dim`.
        Series = "series",
        /// Products in the batch that one device computes; this and the next three must fit the layer.
        GemmBatch = "gemm_batch",
        /// Rows of A and C.
        M = "m",
        /// Columns of B and C.
        N = "n",
        /// The reduction.
        K = "k",
        /// Floating-point operations of one launch, derived.
        Flop = "flop",
        /// Least memory traffic of one launch, derived.
        Bytes = "bytes",
        /// How many launches were timed.
        Samples = "samples",
        /// The fastest.
        TimeMin = "time_min_us",
        /// The middle one.
        TimeMedian = "time_median_us",
        /// The mean.
        TimeMean = "time_mean_us",
        /// The slowest.
        TimeMax = "time_max_us",
        /// Half-width of a 95 % confidence interval of the median.
        TimeCi = "time_ci_us",
        /// Median of time × clock.
        CyclesMedian = "cycles_median",
        /// TFLOP/s by the time that the front matter names, derived.
        Tflops = "tflops",
        /// True mean SM clock.
        SmClock = "sm_clock_mhz",
        /// NVML's SM clock.
        NvmlClock = "nvml_clock_mhz",
        /// NVML's power reading.
        Power = "power_w",
        /// Energy of one launch.
        Energy = "energy_j",
        /// GPU temperature in °C.
        Temp = "temp_c",
        /// Why the clock was held back.
        Throttle = "throttle",
        /// Algorithm id.
        Algo = "algo",
        /// Tile.
        Tile = "tile",
        /// Pipeline stages.
        Stages = "stages",
        /// Split-K factor.
        SplitK = "split_k",
        /// Thread block cluster.
        Cluster = "cluster",
        /// Waves over the SMs.
        Waves = "waves",
        /// Workspace in bytes.
        WorkspaceBytes = "workspace_bytes",
        /// What became of the point.
        Status = "status",
        /// Why, where the status needs a reason, and what else there is to say.
        Note = "note",
        /// What bounds the product. Files of before 0.2 do not have this column.
        Bound = "bound",
    }
}

impl Column {
    /// Whether a file may lack it.
    #[must_use]
    pub fn is_optional(self) -> bool {
        self == Column::Bound
    }
}

//! What the makers say of their GPUs, and what that bounds.

use crate::results::bound::Bound;
use crate::shape::op::Work;
use crate::shape::point::Point;
use crate::shape::vocabulary::Dtype;

/// Rated figures of one GPU model. Dense: some tables, PyTorch's among them, give figures with
/// structured sparsity, which are twice as high and apply to no product that is measured here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datasheet {
    /// The model, as it is written about.
    pub name: &'static str,
    /// What NVML calls it, without `NVIDIA` or `Tesla`.
    product_names: &'static [&'static str],
    /// Streaming multiprocessors.
    pub sm_count: u32,
    /// Rated boost clock of the SMs in MHz.
    pub boost_mhz: u32,
    /// Dense tensor core peak in TFLOP/s as the maker rates it: fp16 operands (bf16 too, where the GPU
    /// has it), fp32 accumulate. For most models that is the boost clock times what the tensor cores do
    /// in a cycle; the H100 PCIe and the B200 are rated lower.
    pub peak_tflops: f64,
    /// The peaks of the other dtypes.
    other_peaks: OtherPeaks,
    /// Memory bandwidth in GB/s.
    pub memory_gb_s: f64,
    /// L2 cache in MB, where it is published.
    pub l2_mb: Option<u32>,
}

/// Dense peaks in TFLOP/s (TOP/s for int8) at the boost clock; `None` where the GPU has no units for
/// the dtype, or the figure is not sure.
#[derive(Debug, Clone, Copy, PartialEq)]
struct OtherPeaks {
    /// Of the CUDA cores: a multiply-add per core and cycle.
    f32: Option<f64>,
    tf32: Option<f64>,
    /// With fp32 accumulate.
    e4m3: Option<f64>,
    int8: Option<f64>,
}

const A100: OtherPeaks = OtherPeaks { f32: Some(19.5), tf32: Some(156.0), e4m3: None, int8: Some(624.0) };

/// The datasheet's f32 peak is 67: at 1980 MHz, while its tensor peaks are at 1830. This is 132 SMs of 128
/// cores at 1830 MHz, so that a share of it at another clock is one of what the cores can do there.
const H100_SXM: OtherPeaks =
    OtherPeaks { f32: Some(61.8), tf32: Some(495.0), e4m3: Some(1979.0), int8: Some(1979.0) };

/// "NVIDIA Tesla V100", "NVIDIA A100", "NVIDIA H100" and "NVIDIA L40S Tensor Core GPU" datasheets, "NVIDIA
/// H200 Tensor Core GPU" datasheet, "NVIDIA Ada GPU architecture" whitepaper 2.1 (appendix A), "NVIDIA
/// Blackwell architecture technical brief" (HGX B200). Where they print figures with sparsity, half of them.
const DATASHEETS: &[Datasheet] = &[
    Datasheet {
        name: "V100 SXM2",
        product_names: &["V100-SXM2-16GB", "V100-SXM2-32GB"],
        sm_count: 80,
        boost_mhz: 1530,
        peak_tflops: 125.0,
        other_peaks: OtherPeaks { f32: Some(15.7), tf32: None, e4m3: None, int8: None },
        memory_gb_s: 900.0,
        l2_mb: Some(6),
    },
    Datasheet {
        name: "A100 SXM4 40 GB",
        product_names: &["A100-SXM4-40GB"],
        sm_count: 108,
        boost_mhz: 1410,
        peak_tflops: 312.0,
        other_peaks: A100,
        memory_gb_s: 1555.0,
        l2_mb: Some(40),
    },
    Datasheet {
        name: "A100 SXM4 80 GB",
        product_names: &["A100-SXM4-80GB"],
        sm_count: 108,
        boost_mhz: 1410,
        peak_tflops: 312.0,
        other_peaks: A100,
        memory_gb_s: 2039.0,
        l2_mb: Some(40),
    },
    Datasheet {
        name: "H100 SXM5",
        product_names: &["H100 80GB HBM3"],
        sm_count: 132,
        boost_mhz: 1830,
        peak_tflops: 989.0,
        other_peaks: H100_SXM,
        memory_gb_s: 3350.0,
        l2_mb: Some(50),
    },
    Datasheet {
        name: "H100 PCIe",
        product_names: &["H100 PCIe"],
        sm_count: 114,
        boost_mhz: 1755,
        peak_tflops: 756.0,
        other_peaks: OtherPeaks {
            f32: Some(51.2),
            tf32: Some(378.0),
            e4m3: Some(1513.0),
            int8: Some(1513.0),
        },
        memory_gb_s: 2000.0,
        l2_mb: Some(50),
    },
    Datasheet {
        name: "H200 SXM5",
        product_names: &["H200"],
        sm_count: 132,
        boost_mhz: 1830,
        peak_tflops: 989.0,
        other_peaks: H100_SXM,
        memory_gb_s: 4800.0,
        l2_mb: Some(50),
    },
    Datasheet {
        name: "L40S",
        product_names: &["L40S"],
        sm_count: 142,
        boost_mhz: 2520,
        peak_tflops: 362.0,
        other_peaks: OtherPeaks { f32: Some(91.6), tf32: Some(183.0), e4m3: Some(733.0), int8: Some(733.0) },
        memory_gb_s: 864.0,
        l2_mb: None,
    },
    Datasheet {
        name: "RTX 4090",
        product_names: &["GeForce RTX 4090"],
        sm_count: 128,
        boost_mhz: 2520,
        peak_tflops: 165.0,
        other_peaks: OtherPeaks { f32: Some(82.6), tf32: Some(82.6), e4m3: Some(330.0), int8: Some(661.0) },
        memory_gb_s: 1008.0,
        l2_mb: Some(72),
    },
    Datasheet {
        name: "B200",
        product_names: &["B200"],
        sm_count: 148,
        boost_mhz: 1965,
        peak_tflops: 2250.0,
        other_peaks: OtherPeaks { f32: None, tf32: Some(1125.0), e4m3: Some(4500.0), int8: Some(4500.0) },
        memory_gb_s: 8000.0,
        l2_mb: None,
    },
];

impl Datasheet {
    /// The datasheet of a GPU by NVML's product name, such as `NVIDIA H100 80GB HBM3`.
    ///
    /// The whole name must match, but for case and a leading `NVIDIA` or `Tesla`: an `H100 NVL`, an
    /// `RTX 4090 Laptop GPU` or a MIG slice is another GPU, and a wrong peak is worse than none.
    #[must_use]
    pub fn lookup(product_name: &str) -> Option<&'static Datasheet> {
        let words: Vec<&str> = product_name
            .split_whitespace()
            .skip_while(|word| ["nvidia", "tesla"].iter().any(|maker| word.eq_ignore_ascii_case(maker)))
            .collect();
        let name = words.join(" ");
        DATASHEETS.iter().find(|sheet| sheet.product_names.iter().any(|n| n.eq_ignore_ascii_case(&name)))
    }

    /// Every product name that [`Datasheet::lookup`] finds, as NVML spells it, but for the maker.
    pub fn product_names() -> impl Iterator<Item = &'static str> {
        DATASHEETS.iter().flat_map(|sheet| sheet.product_names.iter().copied())
    }

    /// The dense peak in TFLOP/s of one dtype at the rated boost clock, where it is in the table.
    #[must_use]
    pub fn peak(&self, dtype: Dtype) -> Option<f64> {
        match dtype {
            Dtype::F16 => Some(self.peak_tflops),
            // Tensor cores have it since they have tf32.
            Dtype::Bf16 => self.other_peaks.tf32.and(Some(self.peak_tflops)),
            Dtype::F32 => self.other_peaks.f32,
            Dtype::Tf32 => self.other_peaks.tf32,
            Dtype::F8e4m3 => self.other_peaks.e4m3,
            Dtype::Int8 => self.other_peaks.int8,
        }
    }

    /// The arithmetic intensity in FLOP per byte at which the peak and the memory bandwidth bound a
    /// product alike (the roofline's ridge: Williams, Waterman and Patterson, CACM 52(4), 2009).
    #[must_use]
    pub fn ridge(&self, dtype: Dtype) -> Option<f64> {
        Some(self.peak(dtype)? * 1e3 / self.memory_gb_s)
    }

    /// About how long one launch of `point` takes, in seconds, before anything was measured. None for dtypes whose
    /// peak is not in the table.
    ///
    /// Its FLOP take as long as at a share of the dtype's peak, its bytes as at a share of the bandwidth. Aligned
    /// kernels do the one while they do the other, but for a part: the root of the sum of both squares. Where the
    /// largest power of two that divides n and k is below 8 the loads are narrow and keep the SMs busy: both
    /// add up. The shares are fitted to the rows of default engines that an H100 and an H200 recorded over hidden
    /// sizes and heads: of one file they are right within 10 % in the mean. A softmax takes as long as its bytes do at a
    /// share of its own.
    #[must_use]
    pub fn launch_seconds(&self, point: &Point) -> Option<f64> {
        let (flop, bytes) = (point.flop() as f64, point.bytes() as f64);
        let at_peak = flop / (self.peak(point.dtype)? * 1e12);
        let at_bandwidth = bytes / (self.memory_gb_s * 1e9);
        if point.op.is_of_rows() {
            return Some(at_bandwidth / SOFTMAX_SHARE);
        }
        let one_after_the_other = |share| Some(at_peak / share + at_bandwidth / 0.9);
        match (point.dtype, alignment(point)) {
            (Dtype::F32, _) | (_, 3..) => {
                let (compute, memory) = (at_peak / 0.8, at_bandwidth / 0.8);
                Some((compute * compute + memory * memory).sqrt())
            }
            (_, 0) => one_after_the_other(0.14),
            (_, 1 | 2) => one_after_the_other(0.28),
        }
    }

    /// What should bound `point`: its arithmetic intensity against the card's ridge point, at the share of the peak
    /// that an H100 reached in fp16 at large hidden sizes: 140, 250 and 650 of 989 TFLOP/s where the largest power
    /// of two that divides n and k is 1, is 2 or 4, and is 8 or more. f32, which needs no tensor cores, loses
    /// nothing at a misaligned head dim.
    ///
    /// Where memory should, but rows allow no loads of 16 bytes, the SMs are kept busy with loading too. On H100s time went
    /// with the clock to the power -0.82 where n or k is odd (16 drawn products, four processes), which is nearer to the SMs'
    /// -1 than to half of that. Of nine others, whose rows led to this rule, cycles differed by 0.13 % in the middle and 0.69 %
    /// at the most, the geometric mean by 0.26 and 2.12 %. Where both are multiples of 2 or 4 it was -0.5 to -0.8
    /// (sweeps/repeatability). A product by a vector has no rows to load.
    ///
    /// What fits the L2 is another matter: its traffic is the cache's. On H100s time
    /// went with the clock to the power -0.85 to -0.98 where n or k was odd, and to -0.3 to -0.9, -0.5 in the middle,
    /// where it was not (162 shapes, four processes). Of the latter those that are fast enough do not follow the clock
    /// ([`memory_bound_below_s`](Datasheet::memory_bound_below_s)).
    #[must_use]
    pub fn expected_bound(&self, point: &Point) -> Option<Bound> {
        let (compute, memory) = self.estimate_limits(point)?;
        // The scores of fused attention never leave the SMs, and their exponentials are the SMs' too: wherever Q, K and V
        // lie, its time goes with the clock. In four passes of 20 shapes that fit an H100's L2 cycles were within 0.24 % and
        // times within 0.79 % (medians, sweeps/repeatability/*/fused-[1-4].csv).
        if point.op.is_fused() && memory <= compute {
            return Some(Bound::Compute);
        }
        let is_odd = alignment(point) == 0;
        if point.bytes() <= CACHED_BYTES {
            return Some(if is_odd { Bound::Compute } else { Bound::Both });
        }
        if memory <= compute {
            return Some(Bound::Compute);
        }
        Some(match () {
            () if point.gemm().n() == 1 || point.alignment().is_full() => Bound::Memory,
            () if is_odd => Bound::Compute,
            () => Bound::Both,
        })
    }

    /// The same where it is known that a launch takes so many s.
    #[must_use]
    pub fn expected_bound_of_launch(&self, point: &Point, launch_s: f64) -> Option<Bound> {
        match self.memory_bound_below_s(point) {
            Some(below_s) if launch_s < below_s => Some(Bound::Memory),
            _ => self.expected_bound(point),
        }
    }

    /// A launch of the point that takes less than so many s is bound by memory, though the point is expected to be bound by
    /// both: it moves what fits the L2 at more than 0.55 of the bandwidth of the card's memory. None where its time does not
    /// matter.
    ///
    /// Time went with the clock to the power -0.85 below 400 GB/s on H100s, -0.5 from there to 1600, -0.34 below 1800, -0.22
    /// below 2000, and -0.07, 0.00, -0.14 and -0.19, each ±0.1, in bands up to more than 3000 GB/s (294 times four passes, four
    /// cards, `sweeps/repeatability` and its history). Of 36 shapes that were drawn and measured after that, and are bound by memory by this, it
    /// was -0.31 ±0.05 on one H100, and of 53 others -0.64. Below 400 GB/s it was -0.64 on an H200, so that such stay between the two.
    #[must_use]
    pub fn memory_bound_below_s(&self, point: &Point) -> Option<f64> {
        let is_between = self.expected_bound(point) == Some(Bound::Both);
        let is_cached = point.bytes() <= CACHED_BYTES;
        (is_between && is_cached).then(|| point.bytes() as f64 / (CACHE_SHARE * self.memory_gb_s * 1e9))
    }

    /// Whether [`expected_bound`](Datasheet::expected_bound) is beyond doubt, whatever the launches seem to say. So it
    /// is where the estimated arithmetic takes at least two and a half times as long as the traffic: on an H100 the
    /// rows whose time did not follow the clock all stayed below twice. And of what fits the L2, whose replays rest so
    /// long that the clock hardly changes between them.
    #[must_use]
    pub fn bound_is_certain(&self, point: &Point) -> bool {
        point.bytes() <= CACHED_BYTES
            || self.estimate_limits(point).is_some_and(|(compute, memory)| compute >= 2.5 * memory)
    }

    /// Seconds that the arithmetic takes, and the memory traffic.
    fn estimate_limits(&self, point: &Point) -> Option<(f64, f64)> {
        let share_of_peak = match (point.dtype, alignment(point)) {
            (Dtype::F32, _) => 0.65,
            (_, 0) => 0.14,
            (_, 1 | 2) => 0.25,
            _ => 0.65,
        };
        let compute = point.flop() as f64 / (self.peak(point.dtype)? * share_of_peak * 1e12);
        let memory = point.bytes() as f64 / (self.memory_gb_s * 1e9);
        Some((compute, memory))
    }
}

/// The share of the bandwidth that cuDNN's softmax reaches: 1.1 to 2.0 of an H100's 3.35 TB/s at rows of 1024 to 6144
/// (cuDNN 9.19, f16).
const SOFTMAX_SHARE: f64 = 0.4;

/// What an H100's L2 holds, in bytes.
const CACHED_BYTES: u128 = 50_000_000;

/// The share of the memory's bandwidth from which on the traffic of the L2 does not follow the SMs' clock.
const CACHE_SHARE: f64 = 0.55;

/// The largest power of two that divides n and k, as an exponent. Of an attention product they are the sequence
/// length and the head dim; of fused attention, which stores no scores, the head dims count alone, and of a softmax the
/// length of its rows.
fn alignment(point: &Point) -> u32 {
    let (n, k) = (point.gemm.n(), point.gemm.k());
    let rows = match point.op.work() {
        Work::Product => n | k,
        Work::Fused => point.product().head_dim_v() | k,
        Work::Rows => n,
    };
    rows.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::vocabulary::Engine;
    use crate::sweep::plan::Plan;
    use crate::sweep::spec::SweepSpec;

    #[test]
    fn nvmls_names_find_their_datasheets() {
        for (product, name) in [
            ("NVIDIA H100 80GB HBM3", "H100 SXM5"),
            ("NVIDIA H100 PCIe", "H100 PCIe"),
            ("NVIDIA H200", "H200 SXM5"),
            ("NVIDIA A100-SXM4-40GB", "A100 SXM4 40 GB"),
            ("A100-SXM4-40GB", "A100 SXM4 40 GB"),
            ("NVIDIA A100-SXM4-80GB", "A100 SXM4 80 GB"),
            ("Tesla V100-SXM2-16GB", "V100 SXM2"),
            ("NVIDIA L40S", "L40S"),
            ("NVIDIA GeForce RTX 4090", "RTX 4090"),
            ("nvidia b200", "B200"),
        ] {
            assert_eq!(Datasheet::lookup(product).map(|sheet| sheet.name), Some(name), "{product}");
        }
    }

    #[test]
    fn a_gpu_that_only_sounds_alike_has_none() {
        for product in [
            "",
            "NVIDIA",
            "NVIDIA H100 NVL",
            "NVIDIA H200 NVL",
            "NVIDIA H100 80GB HBM3 MIG 1g.10gb",
            "NVIDIA A100-PCIE-40GB",
            "NVIDIA A100 80GB PCIe",
            "NVIDIA L40",
            "NVIDIA GeForce RTX 4090 Laptop GPU",
            "NVIDIA GeForce RTX 4090 D",
            "NVIDIA GB200",
        ] {
            assert_eq!(Datasheet::lookup(product), None, "{product}");
        }
    }

    #[test]
    fn a_dense_peak_is_what_the_units_do_at_the_boost_clock() {
        // FLOP per SM and cycle with fp32 (int8: int32) accumulate, by generation: f16, f32, tf32, e4m3, int8.
        let dtypes = [Dtype::F16, Dtype::F32, Dtype::Tf32, Dtype::F8e4m3, Dtype::Int8];
        for (product, flop) in [
            ("V100-SXM2-16GB", [1024, 128, 0, 0, 0]),
            ("A100-SXM4-40GB", [2048, 128, 1024, 0, 4096]),
            ("A100-SXM4-80GB", [2048, 128, 1024, 0, 4096]),
            ("H100 80GB HBM3", [4096, 256, 2048, 8192, 8192]),
            ("H200", [4096, 256, 2048, 8192, 8192]),
            ("L40S", [1024, 256, 512, 2048, 2048]),
            ("GeForce RTX 4090", [512, 256, 256, 1024, 2048]),
        ] {
            let sheet = Datasheet::lookup(product).unwrap();
            for (dtype, flop) in dtypes.into_iter().zip(flop) {
                let tflops = f64::from(sheet.sm_count) * f64::from(sheet.boost_mhz) * f64::from(flop) / 1e6;
                match sheet.peak(dtype) {
                    Some(peak) => assert!((tflops / peak - 1.0).abs() < 0.015, "{product} {dtype}: {tflops}"),
                    None => assert_eq!(flop, 0, "{product} {dtype}"),
                }
            }
        }
    }

    #[test]
    fn a_card_without_units_for_a_dtype_has_no_peak_for_it() {
        let peak = |product, dtype| Datasheet::lookup(product).unwrap().peak(dtype);
        assert_eq!(peak("V100-SXM2-32GB", Dtype::Bf16), None);
        assert_eq!(peak("A100-SXM4-80GB", Dtype::Bf16), Some(312.0));
        assert_eq!(peak("B200", Dtype::F32), None);
        // The H100 PCIe is rated below what its units do at its boost clock, by the same factor in each.
        let pcie =
            [Dtype::F16, Dtype::Tf32, Dtype::F8e4m3, Dtype::Int8].map(|d| peak("H100 PCIe", d).unwrap());
        assert!(pcie.iter().zip([2.0, 1.0, 4.0, 4.0]).all(|(p, f)| (p / f - 378.0).abs() < 0.5), "{pcie:?}");
    }

    fn estimate(sizes: &str) -> Option<f64> {
        let spec = SweepSpec::parse("t.toml", &format!("name = \"t\"\nheads = 12\n{sizes}")).unwrap();
        let sheet = Datasheet::lookup("NVIDIA H100 80GB HBM3").unwrap();
        Plan::expand(&spec, Engine::Cublas).unwrap().points().iter().map(|p| sheet.launch_seconds(p)).sum()
    }

    #[test]
    fn one_launch_of_every_published_shape_is_estimated_within_a_quarter_of_the_measured_16_8_s() {
        let seconds = estimate("head_dim = { from = 1, to = 2730 }").unwrap();
        assert!((seconds / 16.8 - 1.0).abs() < 0.25, "{seconds}");
    }

    #[test]
    fn intensity_against_the_ridge_point_of_the_series_tells_what_bounds() {
        let bounds = |op: &str, d: u32| {
            let text = format!("name = \"t\"\nheads = 12\nop = \"{op}\"\nhead_dim = {d}");
            let plan = Plan::expand(&SweepSpec::parse("t.toml", &text).unwrap(), Engine::Cublas).unwrap();
            Datasheet::lookup("NVIDIA H100 80GB HBM3").unwrap().expected_bound(&plan.points()[0])
        };
        let [memory, compute, both] = [Bound::Memory, Bound::Compute, Bound::Both].map(Some);
        assert_eq!([8, 64, 96, 512].map(|d| bounds("score", d)), [memory, memory, memory, compute]);
        let sure = |d: u32| {
            let text = format!("name = \"t\"\nheads = 12\nop = \"score\"\nhead_dim = {d}");
            let plan = Plan::expand(&SweepSpec::parse("t.toml", &text).unwrap(), Engine::Cublas).unwrap();
            Datasheet::lookup("NVIDIA H100 80GB HBM3").unwrap().bound_is_certain(&plan.points()[0])
        };
        // 480 FLOP per byte are two and a half times what the share of 65 % of the peak needs: head dim 904.
        assert_eq!([512, 896, 912, 2048, 255].map(sure), [false, false, true, true, true]);
        // A misaligned product is slower, so that memory stops bounding it alone, or at all.
        assert_eq!([1, 2, 4, 9, 97].map(|d| bounds("score", d)), [compute, both, both, compute, compute]);
        // A product by a vector has no rows to load.
        assert_eq!([1, 3].map(|d| bounds("values", d)), [memory, compute]);
    }

    #[test]
    fn what_fits_the_cache_is_bound_by_memory_where_it_is_fast() {
        let sheet = Datasheet::lookup("NVIDIA H100 80GB HBM3").unwrap();
        let [memory, compute, both] = [Bound::Memory, Bound::Compute, Bound::Both].map(Some);
        let point = |head_dim| {
            crate::made_up::point_of_layer(crate::Op::Score, crate::made_up::layer((20, 1, 1024, head_dim)))
        };
        // 47.8 MB at 2.06 and 1.7 TB/s.
        let cached = point(72);
        assert_eq!((cached.bytes(), sheet.expected_bound(&cached)), (47_841_280, both));
        let bounds =
            |point: &Point, times: [f64; 2]| times.map(|us| sheet.expected_bound_of_launch(point, us * 1e-6));
        assert_eq!(bounds(&cached, [23.2, 28.1]), [memory, both]);
        // Odd rows keep the SMs busy, and more than the cache holds is another matter.
        assert_eq!(bounds(&point(71), [1.0, 28.1]), [compute, compute]);
        let larger = crate::made_up::point(crate::Op::Score, 512);
        assert_eq!(
            (bounds(&larger, [1.0, 400.0]), sheet.memory_bound_below_s(&larger)),
            ([compute; 2], None)
        );
    }

    #[test]
    fn fused_attention_is_bound_by_the_sms_wherever_its_matrices_lie_and_decoding_by_the_cache() {
        let bound = |sizes: &str| {
            let text = format!("name = \"t\"\nheads = 12\nop = \"attention\"\n{sizes}");
            let plan = Plan::expand(&SweepSpec::parse("t.toml", &text).unwrap(), Engine::Cublas).unwrap();
            Datasheet::lookup("NVIDIA H100 80GB HBM3").unwrap().expected_bound(&plan.points()[0]).unwrap()
        };
        // 13 and 50 MB, and twice as much.
        for head_dim in [16, 64, 128] {
            assert_eq!(bound(&format!("head_dim = {head_dim}")), Bound::Compute, "{head_dim}");
        }
        assert_eq!(bound("head_dim = 128\nbatch = 16\nseq = 1\nseq_key = 8192"), Bound::Memory);
    }

    #[test]
    fn a_thin_product_takes_the_time_of_its_traffic() {
        // Head dim 8: C alone is 48 · 2048² · 2 bytes, 403 MB at 0.8 of 3350 GB/s.
        let seconds = estimate("op = \"score\"\nhead_dim = 8").unwrap();
        assert!((seconds / 1.5e-4 - 1.0).abs() < 0.03, "{seconds}");
    }

    #[test]
    fn slower_units_take_longer() {
        // Deep enough that the arithmetic alone counts.
        let at = |dtype: &str| {
            estimate(&format!(
                "dtype = \"{dtype}\"\nop = \"score\"\nseq = 65536\nbatch = 1\nhead_dim = 65536"
            ))
            .unwrap()
        };
        assert!((at("f32") / at("f16") - 16.0).abs() < 0.1);
        assert!((at("tf32") / at("f16") - 2.0).abs() < 0.01);
        assert!((at("f16") / at("e4m3") - 2.0).abs() < 0.01);
    }
}

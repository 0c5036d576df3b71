//! One whole file of each format.

use super::{How, import, naming, rows};
use hovera_core::{Dtype, Layout, Stat};
use hovera_import::nvbench::Unsaid;
use hovera_import::tools::{Tool, Untold, ValueUnit};
use hovera_import::{Imported, Naming};

fn of_tool(tool: Tool, untold: Untold, bytes: &[u8], device: Option<&str>) -> Imported {
    import(&How::Tool(tool, untold), bytes, device).expect("a file of this tool")
}

/// What the front matter says of how times were taken, and of the library.
fn method(imported: &Imported) -> (Stat, &str, &str) {
    let front = &imported.results.front_matter;
    (front.method.stat, front.method.timer.as_str(), front.software.gemm.as_str())
}

#[test]
fn hipblaslt_bench() {
    let imported =
        of_tool(Tool::HipblasltBench, Untold::default(), include_bytes!("files/hipblaslt-bench.txt"), None);
    assert_eq!(
        rows(&imported),
        [
            "gemm bf16 nt hipblaslt other cold 1x16x4096x8192: mean 20 us, AMD Instinct MI300X; alpha = 1; beta = 0; \
             scaleA = 0; bias_vector = 0",
            "bmm f16 tn hipblaslt other cold 3x32x64x128: mean 5 us, AMD Instinct MI300X; alpha = 1; beta = 0; scaleA = 0; \
             bias_vector = 0",
        ]
    );
    assert_eq!(method(&imported), (Stat::Mean, "event", "hipBLASLt 100000, hipBLASLt git 3a1b2c"));
    assert_eq!(imported.account.troubles(), Vec::<String>::new());
}

#[test]
fn rocblas_bench() {
    let card = Some("AMD Instinct MI250X");
    let imported =
        of_tool(Tool::RocblasBench, Untold::default(), include_bytes!("files/rocblas-bench.txt"), card);
    assert_eq!(
        rows(&imported),
        [
            "bmm f16 nn rocblas other other 2x32x64x128: mean 4 us of 50, AMD Instinct MI250X; alpha = 1; beta = 0"
        ]
    );
    assert_eq!(method(&imported), (Stat::Mean, "host", "rocBLAS 4.1.0"));
    assert_eq!(imported.account.troubles(), Vec::<String>::new());
}

#[test]
fn tunableop() {
    let imported =
        of_tool(Tool::TunableOp, Untold::default(), include_bytes!("files/tunableop_results0.csv"), None);
    assert_eq!(
        rows(&imported),
        [
            "gemm bf16 nt hipblaslt other other 1x16x4096x8192: mean 20 us, gfx90a, Gemm_Hipblaslt_TN_9012",
            "gemm f16 tn rocblas other other 1x32x64x128: mean 3.5 us, gfx90a, Gemm_Rocblas_77",
            "bmm f16 nn other other other 3x32x64x128: mean 5 us, gfx90a, Default",
        ]
    );
    let versions = "HIPBLASLT_VERSION 0.10.0, PT_VERSION 2.5.1, ROCM_VERSION 6.2.0.0-66-fb9b4f2";
    assert_eq!(method(&imported), (Stat::Mean, "not known", versions));
    assert!(imported.account.to_string().contains("left out: 1 not run"), "{}", imported.account);
}

#[test]
fn cutlass_profiler() {
    let card = Some("NVIDIA H100 80GB HBM3");
    let imported =
        of_tool(Tool::CutlassProfiler, Untold::default(), include_bytes!("files/cutlass_profiler.csv"), card);
    assert_eq!(
        rows(&imported),
        [
            "gemm f16 nt cutlass other other 1x16x4096x8192: mean 20 us, NVIDIA H100 80GB HBM3, cutlass_fast; the fastest of \
             2 kernels; alpha = 1; beta = 0",
            "gemm tf32 tn cutlass other other 1x64x32x128: mean 4 us, NVIDIA H100 80GB HBM3, cutlass_s1688tf32gemm; \
             alpha = 1; beta = 0",
        ]
    );
    assert_eq!(method(&imported), (Stat::Mean, "event", "not known"));
    let said = imported.account.to_string();
    assert!(said.contains("left out: 1 whose result was incorrect"), "{said}");
}

#[test]
fn triton() {
    let untold = Untold { dtype: Some(Dtype::F16), unit: Some(ValueUnit::Tflops), ..Untold::default() };
    let card = Some("NVIDIA A100-SXM4-80GB");
    let file = include_bytes!("files/triton-matmul-performance.csv");
    let imported = of_tool(Tool::Triton, untold, file, card);
    // 2 · 256 · 512 · 1024 FLOP, 268.435 MFLOP: 10.7 us at 25 TFLOP/s. The second row has twice as many.
    assert_eq!(
        rows(&imported),
        [
            "gemm f16 nn cublas other cold 1x256x512x1024: median 21.4748 us, NVIDIA A100-SXM4-80GB; BLOCK = 64.000000",
            "gemm e4m3 nn triton other cold 1x256x512x1024: median 10.7374 us, NVIDIA A100-SXM4-80GB; BLOCK = 64.000000",
            "gemm f16 nn other other cold 1x256x512x1024: median 1000 us, NVIDIA A100-SXM4-80GB, naive; BLOCK = 64.000000",
            "gemm f16 nn cublas other cold 1x512x512x1024: median 20 us, NVIDIA A100-SXM4-80GB; BLOCK = 64.000000",
            "gemm f16 nn other other cold 1x512x512x1024: median 1789.57 us, NVIDIA A100-SXM4-80GB, naive; \
             BLOCK = 64.000000",
        ]
    );
    assert_eq!(method(&imported), (Stat::Median, "event", "not known"));
}

#[test]
fn tritonbench() {
    let untold = Untold { dtype: Some(Dtype::Bf16), layout: Some(Layout::Nt), ..Untold::default() };
    let imported =
        of_tool(Tool::Tritonbench, untold, include_bytes!("files/tritonbench.csv"), Some("NVIDIA H200"));
    assert_eq!(
        rows(&imported),
        [
            "gemm bf16 nt other other other 1x256x512x1024: median 20 us, NVIDIA H200, aten_matmul",
            "gemm bf16 nt triton other other 1x256x512x1024: median 10 us, NVIDIA H200",
            "bmm bf16 nt other other other 4x256x512x1024: median 80 us, NVIDIA H200, aten_matmul",
        ]
    );
    assert_eq!(method(&imported), (Stat::Median, "not known", "not known"));
    let said = imported.account.troubles().join("; ");
    assert!(said.contains("3: triton-latency = \"CUDA\": want a finite number above 0"), "{said}");
}

#[test]
fn aiter() {
    let imported =
        of_tool(Tool::Aiter, Untold::default(), include_bytes!("files/aiter-tuned_gemm.csv"), None);
    let note = "bias = False; outdtype = torch.bfloat16; scaleAB = False; bpreshuffle = False";
    assert_eq!(
        rows(&imported),
        [
            format!(
                "gemm bf16 other hipblaslt other other 1x16x4096x8192: mean 20 us, AMD Instinct MI300X, Cijk_one; {note}"
            ),
            format!(
                "gemm bf16 other triton other other 1x32x4096x8192: mean 21.5 us, AMD Instinct MI300X, _gemm_a16w16; {note}"
            ),
            format!(
                "gemm bf16 other other other other 1x16x4096x8192: mean 10 us, AMD gfx950, 256 CUs, bf16gemm_fp32bf16; {note}"
            ),
        ]
    );
    assert_eq!(method(&imported), (Stat::Mean, "not known", "not known"));
    assert_eq!(imported.account.troubles(), Vec::<String>::new());
}

#[test]
fn nvbench_of_axes_that_its_author_named() {
    let how = How::Nvbench(Unsaid { axes: naming(&["shape=MxNxK"], &[], &[]), ..Unsaid::default() });
    let imported = import(&how, include_bytes!("files/nvbench.json"), None).expect("nvbench's JSON");
    // 1.959964 · 5 % of 10 us over √400.
    assert_eq!(
        rows(&imported),
        [
            "bmm f16 other other other cold 48x64x32x128: min 8, max 50, mean 10 us ±0.0489991 of 400, NVIDIA L40S; standard \
             deviation 5.00 %; algo = 7",
            "gemm bf16 other other other cold 1x64x32x129: skipped, NVIDIA L40S; no algorithm for this shape; algo = 7",
        ]
    );
    assert_eq!(method(&imported), (Stat::Mean, "event", "not known, by matmul of nvbench 0.1.0"));
    let card = &imported.results.front_matter.device[0];
    assert_eq!(
        (card.sm_count, card.compute_capability.as_deref(), card.ecc),
        (Some(142), Some("8.9"), Some(true))
    );
}

#[test]
fn aiconfigurator() {
    let file = include_bytes!("../parquet/zstd.parquet");
    let imported = import(&How::Aiconfigurator(Naming::default()), file, None).expect("a table of GEMMs");
    let want = |row: usize| {
        let (m, n) = ([1, 16, 1024][row % 3], 8 * (1 + row / 3));
        let us = super::digits((1 + row) as f64 / 256.0 * 1e3);
        format!(
            "gemm bf16 nt other other other 1x{m}x{n}x4096: mean {us} us, NVIDIA A100-SXM4-80GB, torch_flow"
        )
    };
    assert_eq!(rows(&imported), (0..600).map(want).collect::<Vec<_>>());
    assert_eq!(method(&imported), (Stat::Mean, "graph", "TRTLLM 1.2.3"));
}

#[test]
fn the_benchmark_s_mm_form_of_2024() {
    let card = Some("NVIDIA A100-SXM4-40GB");
    let imported = import(&How::Cookbook, include_bytes!("files/mm-2024.out"), card).expect("a log");
    // 2 · 512 · 100 · 256 FLOP at 0.026 TFLOP/s, and 2 · 1536 · 101 · 256 at 0.079.
    assert_eq!(
        rows(&imported),
        [
            "gemm f16 nt cublas none hot 1x512x100x256: mean 1008.25 us of 100, NVIDIA A100-SXM4-40GB; throughput printed to \
             ±0.0005 TFLOP/s",
            "gemm f16 nt cublas none hot 1x1536x101x256: mean 1005.44 us of 100, NVIDIA A100-SXM4-40GB; throughput printed to \
             ±0.0005 TFLOP/s",
        ]
    );
    assert_eq!(method(&imported).0, Stat::Mean);
    assert_eq!(method(&imported).1, "host");
}

#[test]
fn a_spreadsheet_by_its_map() {
    let (table, map) = (include_bytes!("files/bench.csv"), include_str!("files/bench.map.toml"));
    let imported = import(&How::Csv(map), table, None).expect("a table");
    assert_eq!(
        rows(&imported),
        [
            "gemm bf16 nt cublas other other 1x16x4096x8192: median 20 us, NVIDIA L40S",
            "gemm bf16 tn cublas other other 1x32x64x128: median 4 us, NVIDIA A100-SXM4-80GB",
            // By the second header: n is 33.
            "gemm bf16 nn cublas other other 1x33x64x128: median 5 us, NVIDIA A100-SXM4-80GB",
        ]
    );
    assert_eq!(method(&imported), (Stat::Median, "event", "not known"));
    assert_eq!((imported.account.not_selected, imported.account.troubles()), (1, Vec::new()));
}

#[test]
fn columns_of_several_programs_by_their_map() {
    let (table, map) = (include_bytes!("files/providers.csv"), include_str!("files/providers.map.toml"));
    let imported = import(&How::Csv(map), table, Some("NVIDIA A100-SXM4-80GB")).expect("a table");
    assert_eq!(
        rows(&imported),
        [
            "gemm f16 nn triton other cold 1x256x512x1024: median 10.7374 us, NVIDIA A100-SXM4-80GB",
            "gemm f16 nn cublas other cold 1x256x512x1024: median 21.4748 us, NVIDIA A100-SXM4-80GB",
            "gemm f16 nn cublas other cold 1x512x512x1024: median 20 us, NVIDIA A100-SXM4-80GB",
            "gemm f16 nn other other cold 1x512x512x1024: median 1073.74 us, NVIDIA A100-SXM4-80GB, mine",
        ]
    );
    assert_eq!(imported.account.unreadable.count, 1);
}

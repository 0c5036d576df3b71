//! hovera's own rows, written in each format, come back with their products and times.

use super::{How, import};
use hovera_core::{Dtype, Engine, Layout, Op, Row, Stat, Status, Timing, made_up};
use hovera_import::nvbench::Unsaid;
use hovera_import::tools::{Tool, Untold, ValueUnit};
use proptest::prelude::*;

const MAP: &str = "time_unit = \"us\"\n[column]\ngemm_batch = \"b\"\nm = \"m\"\nn = \"n\"\nk = \"k\"\ndtype = \"type\"\n\
                   layout = \"layout\"\ntime_mean = \"us\"\n";

/// What a format can say of a product.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Can {
    batch: bool,
    layouts: &'static [Layout],
    dtypes: &'static [Dtype],
}

const ALL_LAYOUTS: &[Layout] = &[Layout::Nn, Layout::Nt, Layout::Tn, Layout::Tt];
const HALVES: &[Dtype] = &[Dtype::F16, Dtype::Bf16];

/// The formats that text can be written in. Parquet's are in the reader's own tests.
fn formats() -> Vec<(&'static str, How<'static>, Can)> {
    let tool = |tool| {
        let untold = Untold {
            dtype: Some(Dtype::F16),
            layout: Some(Layout::Nt),
            unit: Some(ValueUnit::Milliseconds),
            ..Untold::default()
        };
        How::Tool(tool, untold)
    };
    let blas = Can { batch: true, layouts: ALL_LAYOUTS, dtypes: HALVES };
    let nt = Can { batch: true, layouts: &[Layout::Nt], dtypes: &[Dtype::F16] };
    vec![
        ("csv", How::Csv(MAP), blas),
        ("nvbench", How::Nvbench(Unsaid::default()), blas),
        ("hipblaslt", tool(Tool::HipblasltBench), blas),
        ("rocblas", tool(Tool::RocblasBench), blas),
        ("tunableop", tool(Tool::TunableOp), blas),
        ("cutlass", tool(Tool::CutlassProfiler), blas),
        ("triton", tool(Tool::Triton), Can { layouts: &[Layout::Nn], ..nt }),
        ("tritonbench", tool(Tool::Tritonbench), nt),
        ("aiter", tool(Tool::Aiter), Can { dtypes: HALVES, ..nt }),
        ("mm", How::Cookbook, Can { batch: false, ..nt }),
    ]
}

/// N, N and so on, of a column-major product.
fn letters(layout: Layout) -> (&'static str, &'static str) {
    match layout {
        Layout::Nt => ("T", "N"),
        Layout::Tn => ("N", "T"),
        Layout::Tt => ("T", "T"),
        _ => ("N", "N"),
    }
}

fn written(format: &str, rows: &[Row]) -> String {
    let head = match format {
        "csv" => "b,m,n,k,type,layout,us\n",
        "nvbench" => {
            "{\"devices\": [{\"id\": 0, \"name\": \"Card\"}], \"benchmarks\": [{\"name\": \"gemm\", \"states\": ["
        }
        "hipblaslt" => "[0]:transA,transB,grouped_gemm,batch_count,m,n,k,a_type,hipblaslt-Gflops,us\n",
        "rocblas" => "transA,transB,M,N,K,batch_count,a_type,rocblas-Gflops,us\n",
        "cutlass" => "Operation,Disposition,batch_count,m,n,k,A,B,Runtime,GFLOPs\n",
        "triton" => "B,M,N,K,Triton\n",
        "tritonbench" => "(B, M, N, K);triton-latency\n",
        "aiter" => "B,M,N,K,dtype,us,kernelName\n",
        _ => "",
    };
    let line = |row: &Row| {
        let (point, gemm) = (row.point, row.point.gemm);
        let (b, m, n, k) = (gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k());
        let us = row.timing.and_then(|timing| timing.mean_us).expect("a mean");
        let (ms, tflops) = (us / 1e3, point.flop() as f64 / us / 1e6);
        let (gflops, (a, bt)) = (tflops * 1e3, letters(point.layout));
        let is_bf16 = point.dtype == Dtype::Bf16;
        let of_rocm = if is_bf16 { "bf16_r" } else { "f16_r" };
        match format {
            "csv" => format!("{b},{m},{n},{k},{},{},{us}\n", point.dtype, point.layout),
            "nvbench" => {
                let axes =
                    [("b", b.to_string()), ("m", m.to_string()), ("n", n.to_string()), ("k", k.to_string())];
                let words = [("T", point.dtype.to_string()), ("layout", point.layout.to_string())];
                let axis = |(name, value): (&str, String)| {
                    format!("{{\"name\": \"{name}\", \"value\": \"{value}\"}}")
                };
                let axes: Vec<String> = axes.into_iter().chain(words).map(axis).collect();
                format!(
                    "{{\"device\": 0, \"axis_values\": [{}], \"summaries\": [{{\"tag\": \"nv/cold/time/gpu/mean\", \
                     \"data\": [{{\"name\": \"value\", \"value\": \"{}\"}}]}}]}},",
                    axes.join(", "),
                    us / 1e6
                )
            }
            "hipblaslt" => format!("    {a},{bt},0,{b},{n},{m},{k},{of_rocm},{gflops},{us}\n"),
            "rocblas" => format!("{a},{bt},{n},{m},{k},{b},{of_rocm},{gflops},{us}\n"),
            "tunableop" => {
                let kind = if b == 1 { "Gemm" } else { "GemmStridedBatched" };
                let dtype = if is_bf16 { "BFloat16" } else { "Half" };
                let batch = if b == 1 { String::new() } else { format!("_B_{b}") };
                format!("{kind}TunableOp_{dtype}_{a}{bt},x_{n}_{m}_{k}{batch},Default,{ms}\n")
            }
            "cutlass" => {
                let word = if is_bf16 { "bf16" } else { "f16" };
                let order = |is_transposed: bool| if is_transposed { "column" } else { "row" };
                // Row by row: A is transposed where the column-major B is.
                let (a, b_order) = (order(bt == "T"), order(a == "T"));
                format!("k,passed,{b},{m},{n},{k},{word}:{a},{word}:{b_order},{ms},{gflops}\n")
            }
            "triton" => format!("{b}.0,{m}.0,{n}.0,{k}.0,{ms}\n"),
            "tritonbench" => format!("({b}, {m}, {n}, {k});{ms}\n"),
            "aiter" => {
                format!("{b},{m},{n},{k},torch.{},{us},name\n", if is_bf16 { "bfloat16" } else { "float16" })
            }
            "mm" => format!(
                "Elapsed time for {m}x{k}x{n}, b=1: {:.4}\nThroughput (in TFLOP/s) for {m}x{k}x{n}, b=1: {tflops}\n",
                us / 1e6
            ),
            other => unreachable!("{other}"),
        }
    };
    let mut text = head.to_owned() + &rows.iter().map(line).collect::<String>();
    if format == "nvbench" {
        text.pop();
        text += "]}]}";
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn hovera_s_own_rows_written_in_each_format_come_back_with_their_times(
        products in prop::collection::btree_map(
            [1u64..5, 1u64..3000, 1u64..3000, 1u64..3000], (1.0f64..1e5, 0usize..4, 0usize..2), 1..12
        )
    ) {
        for (format, how, can) in formats() {
            let own = |([b, m, n, k], (us, layout, dtype)): (&[u64; 4], &(f64, usize, usize))| {
                let b = if can.batch { *b } else { 1 };
                let op = if b == 1 { Op::Gemm } else { Op::Bmm };
                let mut row = made_up::row_of(made_up::product(op, (b, *m, *n, *k))).lost(Status::Ok, "");
                row.point.layout = can.layouts[layout % can.layouts.len()];
                row.point.dtype = can.dtypes[dtype % can.dtypes.len()];
                row.point.engine = Engine::Other;
                Row { timing: Some(Timing::only(Stat::Mean, *us, None)), ..row }
            };
            let mut own: Vec<Row> = products.iter().map(own).collect();
            let mut seen = Vec::new();
            own.retain(|row| { let is_new = !seen.contains(&row.point.gemm); seen.push(row.point.gemm); is_new });
            let device = (format != "nvbench").then_some("Card");
            let imported = import(&how, written(format, &own).as_bytes(), device);
            let imported = imported.map_err(|why| TestCaseError::fail(format!("{format}: {why}")))?;
            prop_assert_eq!(imported.results.rows.len(), own.len(), "{}", format);
            for (read, written) in imported.results.rows.iter().zip(&own) {
                let (read_point, written_point) = (read.point, written.point);
                prop_assert_eq!(read_point.op, written_point.op, "{}", format);
                prop_assert_eq!(read_point.gemm, written_point.gemm, "{}", format);
                prop_assert_eq!(read_point.dtype, written_point.dtype, "{}", format);
                prop_assert_eq!(read_point.layout, written_point.layout, "{}", format);
                let time = read.timing.and_then(|timing| timing.time_us(imported.results.stat())).unwrap();
                let own = written.timing.unwrap().mean_us.unwrap();
                prop_assert!((time / own - 1.0).abs() < 1e-9, "{}: {} us for {}", format, time, own);
            }
        }
    }
}

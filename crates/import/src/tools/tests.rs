//! Tables as the tools write them. Every number is made up.

use super::*;
use hovera_core::{Cache, Engine, Op};
use proptest::prelude::*;

fn provenance(device: Option<&str>) -> Provenance {
    Provenance { file: "t.csv".into(), device: device.map(str::to_owned), ..Provenance::default() }
}

fn untold(named: &[&str], filters: &[&str], ignored: &[&str]) -> Untold {
    let [named, filters, ignored] =
        [named, filters, ignored].map(|list| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    Untold { columns: Naming::parse(&named, &filters, &ignored).unwrap(), ..Untold::default() }
}

fn import(tool: Tool, text: &str, untold: &Untold, device: Option<&str>) -> Result<Imported, String> {
    let imported = read(text.as_bytes(), tool, untold, &provenance(device), &Selection::default());
    let imported = imported.map_err(|error| error.to_string())?;
    let results = &imported.results;
    assert_eq!(&Results::parse("r.csv", results.to_csv()).unwrap(), results, "what is written is read back");
    Ok(imported)
}

/// dtype, layout, engine, cache, products, m, n, k and the time in ns of each row.
fn rows(imported: &Imported) -> Vec<(String, [u32; 4], f64)> {
    let stat = imported.results.stat();
    let of = |row: &Row| {
        let (point, gemm) = (row.point, row.point.gemm);
        let words = format!("{} {} {} {}", point.dtype, point.layout, point.engine, point.cache);
        let time_ns = (row.timing.unwrap().time_us(stat).unwrap() * 1e3).round();
        (words, [gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()], time_ns)
    };
    imported.results.rows.iter().map(of).collect()
}

fn row(words: &str, sizes: [u32; 4], time_ns: f64) -> (String, [u32; 4], f64) {
    (words.to_owned(), sizes, time_ns)
}

const HIPBLASLT: &str = "hipBLASLt version: 1\nDevice ID 0 : AMD Instinct MI300X gfx942:sramecc+:xnack-\n\
[0]:transA,transB,grouped_gemm,batch_count,m,n,k,alpha,beta,lda,stride_a,a_type,b_type,c_type,d_type,compute_type,rotating_buffer,hipblaslt-Gflops,hipblaslt-GB/s,us\n\
    T,N,0,1,512,128,256,1,0,256,131072,f16_r,f16_r,f16_r,f16_r,f32_r,512,3.35544e+03,9,10\n\
    --Solution index: 7\n\
[0]:transA,transB,grouped_gemm,batch_count,m,n,k,alpha,beta,lda,stride_a,a_type,b_type,c_type,d_type,compute_type,rotating_buffer,hipblaslt-Gflops,hipblaslt-GB/s,us\n\
    N,T,0,8,512,128,256,1,0,512,131072,bf16_r,bf16_r,bf16_r,bf16_r,f32_r,512,13421.8,9,20\n\
    N,N,0,1,512,128,257,1,0,512,131072,f16_r,f16_r,f16_r,f16_r,f16_r,512,1,9,20\n\
    N,N,0,1,512,128,0,1,0,512,131072,f16_r,f16_r,f16_r,f16_r,f32_r,512,1,9,20\n";

#[test]
fn hipblaslt_bench_is_column_major_with_a_header_for_each_problem() {
    let imported = import(Tool::HipblasltBench, HIPBLASLT, &Untold::default(), None).unwrap();
    assert_eq!(
        rows(&imported),
        [
            row("f16 nt hipblaslt cold", [1, 128, 512, 256], 10_000.0),
            row("bf16 tn hipblaslt cold", [8, 128, 512, 256], 20_000.0),
        ]
    );
    assert_eq!(imported.results.front_matter.device[0].name, "AMD Instinct MI300X");
    assert_eq!(imported.results.front_matter.device[0].backend, "hip");
    let said = imported.account.to_string();
    assert!(said.contains("left out: 1 accumulated in f16"), "{said}");
    assert!(imported.account.troubles()[0].contains("k = 0: want 1 to"), "{:?}", imported.account.troubles());
    assert_eq!(imported.account.inconsistent.count, 0);
    // Two alphas are two products.
    let other = HIPBLASLT.replacen("512,128,256,1,0,512", "512,128,256,2,0,512", 1);
    let said = import(Tool::HipblasltBench, &other, &Untold::default(), None).unwrap_err();
    assert!(said.contains("nothing says what \"alpha\" (1 at 4, 2 at 7) is"), "{said}");
    let one = import(Tool::HipblasltBench, &other, &untold(&[], &["alpha=2"], &[]), None).unwrap();
    assert_eq!(one.results.rows.len(), 1);
    let wrong = HIPBLASLT.replace("3.35544e+03", "33.5544e+03");
    let wrong = import(Tool::HipblasltBench, &wrong, &Untold::default(), None).unwrap();
    let said = wrong.account.troubles().join("; ");
    assert!(said.contains("the time counts; first at\n  4: 33.5544 TFLOP/s, 3.3554 by the time"), "{said}");
    assert!(
        import(Tool::HipblasltBench, "T,N,0\n", &Untold::default(), Some("X"))
            .unwrap_err()
            .contains("no line has the names")
    );
}

#[test]
fn rocblas_bench_has_its_dtype_in_the_command_line_and_us_twice() {
    let text = "./rocblas-bench -f gemm_ex --transposeA T -m 512 -r bf16_r\n\
                transA,transB,M,N,K,alpha,lda,beta,ldb,ldc,batch_count,cold_iters,hot_iters,rocblas-Gflops,us,CPU-Gflops,us,norm_error\n\
                T,N,512,128,256,1,256,0,256,512,4,2,10,13421.8,10,5,99,0\n";
    let imported = import(Tool::RocblasBench, text, &Untold::default(), Some("AMD Instinct MI250X")).unwrap();
    assert_eq!(rows(&imported), [row("bf16 nt rocblas other", [4, 128, 512, 256], 10_000.0)]);
    let results = &imported.results;
    assert_eq!((results.rows[0].timing.unwrap().samples, results.stat()), (Some(10), Stat::Mean));
    assert_eq!(results.front_matter.method.timer, "host");
    let untyped = text.replace(" -r bf16_r", "");
    let said = import(Tool::RocblasBench, &untyped, &Untold::default(), Some("X")).unwrap_err();
    assert!(said.contains("dtype is not said: name it with --dtype"), "{said}");
    let typed = Untold { dtype: Some(Dtype::F32), ..Untold::default() };
    assert_eq!(
        import(Tool::RocblasBench, &untyped, &typed, Some("X")).unwrap().results.rows[0].point.dtype,
        Dtype::F32
    );
    assert!(
        import(Tool::RocblasBench, text, &Untold::default(), None)
            .unwrap_err()
            .contains("does not say which GPU")
    );
}

/// A problem of hipblaslt-bench, and of rocblas-bench: 512 by 128 by 256, T and N, so that lda is 256.
const ONE: &str = "[0]:transA,transB,batch_count,m,n,k,lda,ldb,ldd,a_type,b_type,c_type,d_type,compute_type,use_gpu_timer,us\n";

#[test]
fn results_of_another_type_and_longer_rows_are_other_products() {
    let with = |lines: &[&str], untold: &Untold| {
        let table = format!("{}{}", ONE.replace(",us\n", ",hipblaslt-Gflops,us\n"), lines.join("\n"));
        import(Tool::HipblasltBench, &table, untold, Some("AMD Instinct MI300X"))
    };
    let usual = "T,N,1,512,128,256,256,256,512,f16_r,fp16_r,f16_r,f16_r,f32_r,1,3355.44,10";
    let wide = "T,N,1,512,128,256,256,256,512,f16_r,f16_r,f32_r,f32_r,f32_r,1,2796.2,12";
    let padded = "T,N,1,512,129,256,320,256,512,f16_r,f16_r,f16_r,f16_r,f32_r,1,1,12";
    let fast = "T,N,1,512,130,256,256,256,512,f16_r,f16_r,f16_r,f16_r,f32_fast_r,1,1,12";
    let one = with(&[usual], &Untold::default()).unwrap();
    assert_eq!(rows(&one), [row("f16 nt hipblaslt other", [1, 128, 512, 256], 10_000.0)]);
    assert_eq!(one.results.rows[0].note, "", "a product of one type with nothing between its rows");
    let said = with(&[usual, wide], &Untold::default()).unwrap_err();
    assert!(
        said.contains("\"c_type\" (as usual at 2, f32_r at 3), \"d_type\" (as usual at 2, f32_r at 3) is"),
        "{said}"
    );
    let wide_alone = with(&[usual, wide], &untold(&[], &["d_type=f32_r"], &["c_type"])).unwrap();
    assert_eq!(rows(&wide_alone), [row("f16 nt hipblaslt other", [1, 128, 512, 256], 12_000.0)]);
    assert_eq!(
        with(&[wide], &Untold::default()).unwrap().results.rows[0].note,
        "c_type = f32_r; d_type = f32_r"
    );
    let said = with(&[usual, padded], &Untold::default()).unwrap_err();
    assert!(said.contains("what \"lda\" (as usual at 2, 320 at 3) is"), "{said}");
    let said = with(&[usual, fast], &Untold::default()).unwrap_err();
    assert!(said.contains("what \"compute_type\" (as usual at 2, f32_fast_r at 3) is"), "{said}");
    // A header without the column comes of a version that pads nothing.
    let older = format!(
        "{usual}\n[0]:transA,transB,batch_count,m,n,k,a_type,hipblaslt-Gflops,us\nT,N,1,513,128,256,f16_r,1,9"
    );
    assert_eq!(with(&[&older], &Untold::default()).unwrap().results.rows.len(), 2);
    // rocblas-bench says how many launches a mean is of: they are no reason to take the mean of two products.
    let launches =
        ONE.replace("[0]:", "").replace("m,n,k", "M,N,K").replace(",us\n", ",hot_iters,rocblas-Gflops,us\n");
    let padded = padded.replace("129", "128").replace(",1,1,12", ",1,10,1,12");
    let table = format!("{launches}{}\n{padded}\n", usual.replace(",1,3355.44", ",1,10,3355.44"));
    let said =
        import(Tool::RocblasBench, &table, &Untold::default(), Some("AMD Instinct MI250X")).unwrap_err();
    assert!(said.contains("what \"lda\" (as usual at 2, 320 at 3) is"), "{said}");
}

#[test]
fn products_of_two_types_and_tables_that_a_spreadsheet_saved_are_not_taken_for_others() {
    let rocblas = "transA,transB,M,N,K,a_type,b_type,rocblas-Gflops,us\nT,N,512,128,256,f16_r,bf16_r,1,10\n\
                   T,N,512,128,256,f16_r,fp16_r,3355.44,10\n";
    let imported = import(Tool::RocblasBench, rocblas, &Untold::default(), Some("X")).unwrap();
    assert_eq!(imported.results.rows.len(), 1);
    assert!(imported.account.to_string().contains("left out: 1 of f16_r and bf16_r"), "{}", imported.account);
    for (tool, text, says) in [
        (
            Tool::Triton,
            "M;N;K;Triton\n64;32;16;0,5\n",
            "columns between semicolons, and they are to be between commas",
        ),
        (Tool::Aiter, "M\tN\tK\tus\tkernelName\n1\t2\t3\t4\tk\n", "columns between tabs, and"),
        (
            Tool::Tritonbench,
            "\"(M, N, K)\",aten-latency\n\"(1, 2, 3)\",4\n",
            "between commas, and they are to be between semicolons",
        ),
    ] {
        let said = import(tool, text, &Untold::default(), Some("X")).unwrap_err();
        assert!(said.contains(says), "no {says:?} in {said}");
    }
}

#[test]
fn one_file_has_one_version_and_its_timer_is_told_where_all_rows_have_it() {
    let table = |flags: [&str; 2], second: &str| {
        let head = ONE.replace(",us\n", ",hipblaslt-Gflops,us\n");
        let line = |n: u32, flag: &str| {
            format!("T,N,1,512,{n},256,256,256,512,f16_r,f16_r,f16_r,f16_r,f32_r,{flag},1,10\n")
        };
        format!(
            "hipBLASLt version: 1000\nhipBLASLt git version: abc\n{head}{}hipBLASLt version: {second}\n{head}{}",
            line(128, flags[0]),
            line(129, flags[1])
        )
    };
    let import =
        |text: &str| import(Tool::HipblasltBench, text, &Untold::default(), Some("AMD Instinct MI300X"));
    for (flags, timer) in [(["1", "1"], "event"), (["0", "0"], "host"), (["1", "0"], "not known")] {
        let front = import(&table(flags, "1000")).unwrap().results.front_matter;
        assert_eq!(front.method.timer, timer, "{flags:?}");
        assert_eq!(front.software.gemm, "hipBLASLt 1000, hipBLASLt git abc");
    }
    let said = import(&table(["1", "1"], "1100")).unwrap_err();
    assert!(said.starts_with("t.csv:5: a second version, \"1100\" after \"hipBLASLt 1000\""), "{said}");
}

const TUNABLE: &str = "Validator,PT_VERSION,2.4.0\nValidator,ROCM_VERSION,6.1.0.0\nValidator,GCN_ARCH_NAME,gfx942:sramecc+:xnack-\n\
GemmTunableOp_Half_TN,tn_512_128_256,Gemm_Hipblaslt_TN_1234,0.010\n\
GemmTunableOp_BFloat16_NT,nt_512_128_256_ld_512_128_512,Gemm_Rocblas_55,0.020\n\
GemmStridedBatchedTunableOp_float_NN,nn_64_32_16_8_8,Default,0.005\n\
GemmStridedBatchedTunableOp_float_NN,nn_64_32_17_B_9_ld_64_17_64,Default,0.006\n\
GemmTunableOp_Half_TN,tn_513_128_256,Default,inf\n\
ScaledGemmTunableOp_Half_TN,tn_513_128_256,Default,0.1\n\
GemmTunableOp_double_TN,tn_513_128_256,Default,0.1\n";

#[test]
fn tunable_op_s_best_solutions_are_column_major_in_ms() {
    let imported = import(Tool::TunableOp, TUNABLE, &Untold::default(), None).unwrap();
    assert_eq!(
        rows(&imported),
        [
            row("f16 nt hipblaslt other", [1, 128, 512, 256], 10_000.0),
            row("bf16 tn rocblas other", [1, 128, 512, 256], 20_000.0),
            row("f32 nn other other", [8, 32, 64, 16], 5_000.0),
            row("f32 nn other other", [9, 32, 64, 17], 6_000.0),
        ]
    );
    let results = &imported.results;
    assert_eq!(results.rows[0].kernel_name(), Some("Gemm_Hipblaslt_TN_1234"));
    assert_eq!(results.front_matter.device[0].name, "gfx942");
    assert_eq!(results.front_matter.software.gemm, "PT_VERSION 2.4.0, ROCM_VERSION 6.1.0.0");
    let said = imported.account.to_string();
    assert!(said.contains("left out: 1 ScaledGemm, 1 not run"), "{said}");
    assert!(imported.account.troubles()[0].contains("dtype = \"double\""));
    let two = format!("{TUNABLE}Validator,ROCM_VERSION,6.2.0.0\n");
    let said = import(Tool::TunableOp, &two, &Untold::default(), None).unwrap_err();
    assert!(
        said.contains("t.csv:11: a second version, \"6.2.0.0\" after \"ROCM_VERSION 6.1.0.0\""),
        "{said}"
    );
    let cards = format!(
        "{TUNABLE}Validator,GCN_ARCH_NAME,gfx90a\nGemmTunableOp_Half_TN,tn_512_128_256,Default,0.010\n"
    );
    let both = import(Tool::TunableOp, &cards, &Untold::default(), None).unwrap();
    assert_eq!(both.results.rows[4].device, 1);
    let padded = TUNABLE.replace("ld_512_128_512", "ld_576_128_512");
    let padded =
        format!("{padded}GemmTunableOp_BFloat16_NT,nt_512_129_256_ld_512_129_512,Gemm_Rocblas_55,0.020\n");
    let said = import(Tool::TunableOp, &padded, &Untold::default(), None).unwrap_err();
    assert!(said.contains("what \"ld\" (576_128_512 at 5, as usual at 7) is"), "{said}");
    let named = import(Tool::TunableOp, &cards, &Untold::default(), Some("AMD Instinct MI300X")).unwrap_err();
    assert!(named.contains("a second card, \"gfx90a\" after \"gfx942\""), "{named}");
}

const CUTLASS: &str = "=============================\nCSV Results:\n\n\
Problem,Provider,OperationKind,Operation,Disposition,Status,gemm_kind,m,n,k,A,B,C,D,alpha,beta,split_k_slices,batch_count,op_class,accum,cta_m,Bytes,Flops,Flops/Byte,Runtime,GB/s,GFLOPs\n\
1,CUTLASS,gemm,k_one,passed,success,universal,512,128,256,f16:row,f16:column,f32:row,f32:row,1,0,1,1,tensorop,f32,128,9,33554432,9,0.020,9,1677.72\n\
1,CUTLASS,gemm,k_two,not_verified,success,universal,512,128,256,f16:row,f16:column,f32:row,f32:row,1,0,1,1,tensorop,f32,256,9,33554432,9,0.010,9,3355.44\n\
1,CUTLASS,gemm,k_wrong,incorrect,success,universal,512,128,256,f16:row,f16:column,f32:row,f32:row,1,0,1,1,tensorop,f32,64,9,33554432,9,0.001,9,33554.4\n\
1,cuBLAS,gemm,cublas_gemm,passed,success,universal,512,128,256,f16:row,f16:column,f32:row,f32:row,1,0,1,1,tensorop,f32,0,9,33554432,9,0.008,9,4194.3\n\
2,CUTLASS,spgemm,k_sparse,passed,success,universal,512,128,256,f16:row,f16:column,f32:row,f32:row,1,0,1,1,tensorop,f32,64,9,9,9,0.001,9,9\n\
3,CUTLASS,gemm,k_half,passed,success,universal,512,128,256,f16:row,f16:column,f32:row,f32:row,1,0,1,1,tensorop,f16,64,9,9,9,0.001,9,9\n\
4,CUTLASS,gemm,k_eight,passed,success,universal,512,128,256,fe4m3:column,fe4m3:row,f32:row,f32:row,1,0,1,3,tensorop,f32,64,9,9,9,0.030,9,3355.44\n";

#[test]
fn cutlass_profiler_s_fastest_kernel_that_was_not_found_wrong_counts() {
    let imported = import(Tool::CutlassProfiler, CUTLASS, &Untold::default(), Some("NVIDIA H200")).unwrap();
    assert_eq!(
        rows(&imported),
        [
            row("f16 nt cutlass other", [1, 512, 128, 256], 10_000.0),
            row("f16 nt cublas other", [1, 512, 128, 256], 8_000.0),
            row("e4m3 tn cutlass other", [3, 512, 128, 256], 30_000.0),
        ]
    );
    let first = &imported.results.rows[0];
    assert_eq!(first.kernel_name(), Some("k_two"));
    assert!(first.note.starts_with("the fastest of 2 kernels; alpha = 1; beta = 0"), "{}", first.note);
    let said = imported.account.to_string();
    assert!(
        said.contains("left out: 1 accumulated in f16, 1 spgemm, 1 whose result was incorrect"),
        "{said}"
    );
    let scaled = CUTLASS.replacen("f32:row,1,0,1,3", "f32:row,1,1,1,3", 1);
    let said = import(Tool::CutlassProfiler, &scaled, &Untold::default(), Some("X")).unwrap_err();
    assert!(said.contains("nothing says what \"beta\" (0 at "), "{said}");
    // Also where it is the fastest of the same sizes.
    let scaled = CUTLASS.replacen("f32:row,f32:row,1,0,1,1", "f32:row,f32:row,1,1,1,1", 1);
    let said = import(Tool::CutlassProfiler, &scaled, &Untold::default(), Some("X")).unwrap_err();
    assert!(said.contains("\"beta\" (1 at 5, 0 at 6)"), "{said}");
    let half = CUTLASS.replacen("f32:row,f32:row", "f16:row,f16:row", 1);
    let said = import(Tool::CutlassProfiler, &half, &Untold::default(), Some("X")).unwrap_err();
    assert!(said.contains("\"D\" (as usual at 5, f32 at 6)"), "{said}");
    assert!(imported.results.rows[0].note.ends_with("; D = f32"), "{}", imported.results.rows[0].note);
    let grouped = CUTLASS.replacen("success,universal", "success,grouped", 1);
    let grouped = import(Tool::CutlassProfiler, &grouped, &Untold::default(), Some("X")).unwrap();
    assert!(grouped.account.to_string().contains("1 grouped"), "{}", grouped.account);
    let file = &CUTLASS[CUTLASS.find("Problem").unwrap()..];
    assert_eq!(
        import(Tool::CutlassProfiler, file, &Untold::default(), Some("NVIDIA H200")).unwrap().results,
        imported.results
    );
}

#[test]
fn triton_s_columns_are_programs_in_the_unit_that_the_script_knows() {
    let table =
        "M,N,K,cuBLAS,Triton [FP16],torch\n256.0,256.0,512.0,0.5,0.25,\n512.0,256.0,512.0,1,nan,2.5\n";
    let of = |unit| Untold { dtype: Some(Dtype::Bf16), unit, ..Untold::default() };
    let imported =
        import(Tool::Triton, table, &of(Some(ValueUnit::Tflops)), Some("NVIDIA A100-SXM4-80GB")).unwrap();
    // 2 · 256 · 256 · 512 FLOP at 0.5 TFLOP/s, and twice that at 1 and at 2.5.
    assert_eq!(
        rows(&imported),
        [
            row("bf16 nn cublas cold", [1, 256, 256, 512], 134_218.0),
            row("f16 nn triton cold", [1, 256, 256, 512], 268_435.0),
            row("bf16 nn cublas cold", [1, 512, 256, 512], 134_218.0),
            row("bf16 nn other cold", [1, 512, 256, 512], 53_687.0),
        ]
    );
    assert_eq!(
        (imported.results.rows[3].kernel_name(), imported.results.stat()),
        (Some("torch"), Stat::Median)
    );
    assert_eq!(imported.account.unreadable.count, 1);
    let ms = import(Tool::Triton, table, &of(Some(ValueUnit::Milliseconds)), Some("X")).unwrap();
    assert_eq!(rows(&ms)[0].2, 500_000.0);
    let said = import(Tool::Triton, table, &of(None), Some("X")).unwrap_err();
    assert!(said.contains("name it with --unit tflops or ms"), "{said}");
    let square =
        import(Tool::Triton, "N,Triton\n1024.0,100\n", &of(Some(ValueUnit::Tflops)), Some("X")).unwrap();
    assert_eq!(rows(&square), [row("bf16 nn triton cold", [1, 1024, 1024, 1024], 21_475.0)]);
}

#[test]
fn a_setting_in_a_table_of_triton_s_is_no_program() {
    let typed = |programs: &[&str], untold: Untold| Untold {
        dtype: Some(Dtype::F16),
        unit: Some(ValueUnit::Milliseconds),
        programs: programs.iter().map(|name| (*name).to_owned()).collect(),
        ..untold
    };
    let import =
        |table: &str, untold: &Untold| import(Tool::Triton, table, untold, Some("NVIDIA A100-SXM4-80GB"));
    // Ahead of a size, behind the sizes with whole numbers, and in words.
    for (head, first, second) in [
        ("BLOCK,M,N,K,torch", "64.5,256.0,256.0,512.0,0.5", "128.5,256.0,256.0,512.0,0.25"),
        ("M,N,K,BLOCK,torch", "256.0,256.0,512.0,64.0,0.5", "256.0,256.0,512.0,128.0,0.25"),
        ("M,N,K,torch,BLOCK", "256.0,256.0,512.0,0.5,64.0", "256.0,256.0,512.0,0.25,128.0"),
        ("M,N,K,BLOCK,torch", "256.0,256.0,512.0,small,0.5", "256.0,256.0,512.0,large,0.25"),
    ] {
        let table = format!("{head}\n{first}\n{second}\n");
        let said = import(&table, &typed(&[], Untold::default())).unwrap_err();
        assert!(said.contains("nothing says what \"BLOCK\" (") && said.contains("--program NAME"), "{said}");
        let kernels = import(&table, &typed(&[], untold(&["BLOCK=kernel"], &[], &[]))).unwrap().results;
        let names: Vec<&str> = kernels.rows.iter().map(|row| row.kernel_name().unwrap()).collect();
        assert!(names.len() == 2 && names[0].starts_with("torch, ") && names[0] != names[1], "{names:?}");
        // One that does not differ is a fact of all rows.
        let alone = import(&format!("{head}\n{first}\n"), &typed(&[], Untold::default())).unwrap();
        assert_eq!(rows(&alone), [row("f16 nn other cold", [1, 256, 256, 512], 500_000.0)]);
        assert!(alone.results.rows[0].note.starts_with("BLOCK = "), "{}", alone.results.rows[0].note);
    }
    // Whole numbers of an engine are its times, and of another program where its user says so.
    let whole = "M,N,K,cuBLAS,mine\n256.0,256.0,512.0,2,4\n512.0,256.0,512.0,3,6\n";
    let said = import(whole, &typed(&[], Untold::default())).unwrap_err();
    assert!(said.contains("what \"mine\" (4 at 2, 6 at 3) is"), "{said}");
    let named = import(whole, &typed(&["cuBLAS", "mine"], Untold::default())).unwrap();
    assert_eq!(rows(&named).iter().map(|row| row.2).collect::<Vec<_>>(), [2e6, 4e6, 3e6, 6e6]);
    let one = import(whole, &typed(&["mine"], untold(&[], &[], &["cuBLAS"]))).unwrap();
    assert_eq!(rows(&one).iter().map(|row| row.2).collect::<Vec<_>>(), [4e6, 6e6]);
    let alone = import("M,N,K,mine\n256,256,512,2\n", &typed(&[], Untold::default())).unwrap_err();
    assert!(alone.contains("name one with --program"), "{alone}");
    let absent = import(whole, &typed(&["yours"], Untold::default())).unwrap_err();
    assert!(absent.contains("column = \"yours\": want a column of t.csv:1"), "{absent}");
    // Quantiles of a program's column, and the difference of two.
    let ends = "M,N,K,torch,torch-min,torch-max,Diff\n256,256,512,0.5,0.4,0.6,-0.1\n";
    assert_eq!(rows(&import(ends, &typed(&[], Untold::default())).unwrap()).len(), 1);
    // Newer versions tell the unit.
    let newer = "M,N,K,cuBLAS (TFLOPS),Triton [FP8] (TFLOPS),torch (latency (ms)),mine (GB/s),torch-max (latency (ms))\n\
                 256,256,512,50.0,100.0,2,900.0,3\n";
    let newer = import(newer, &Untold { dtype: Some(Dtype::F16), ..Untold::default() }).unwrap();
    assert_eq!(
        rows(&newer),
        [
            row("f16 nn cublas cold", [1, 256, 256, 512], 1_342.0),
            row("e4m3 nn triton cold", [1, 256, 256, 512], 671.0),
            row("f16 nn other cold", [1, 256, 256, 512], 2_000_000.0),
        ]
    );
    assert!(newer.account.to_string().contains("left out: 1 in GB/s, which is no time or throughput"));
    // A size by another name.
    let joined = "shape,torch\n256x128x512,0.5\n";
    let sized = import(joined, &typed(&[], untold(&["shape=MxNxK"], &[], &[]))).unwrap();
    assert_eq!(rows(&sized), [row("f16 nn other cold", [1, 256, 128, 512], 500_000.0)]);
}

#[test]
fn columns_that_tell_kernels_apart_do_so_together() {
    let biased = format!(
        "{AITER}gfx942,304,512,128,256,True,torch.bfloat16,torch.bfloat16,False,False,hipblaslt,7,0,11,Cijk_one,0.0,3.05,9\n\
         gfx942,304,512,128,256,True,torch.bfloat16,torch.float32,False,False,hipblaslt,7,0,12,Cijk_one,0.0,2.8,9\n"
    );
    let named = untold(&["bias=kernel", "outdtype=kernel"], &["gfx=gfx942"], &[]);
    let imported = import(Tool::Aiter, &biased, &named, None).unwrap();
    let names: Vec<&str> = imported.results.rows.iter().map(|row| row.kernel_name().unwrap()).collect();
    assert_eq!(
        names,
        [
            "Cijk_one, bias=False outdtype=torch.bfloat16",
            "Cijk_one, bias=True outdtype=torch.bfloat16",
            "Cijk_one, bias=True outdtype=torch.float32"
        ]
    );
}

#[test]
fn tritonbench_s_tuples_are_sizes_and_its_average_is_no_row() {
    let table = "(M, N, K);aten-latency;aten-tflops;triton-latency;triton-tflops;triton-speedup\n\
                 (256, 512, 128);0.010;3.355;0.020 (±1.5%);1.678;0.5\n\
                 (512, 512, 128);CUDA OOM;;0.040;1.678;0.5\naverage;0.01;3;0.03;1.6;0.5\n";
    let typed = Untold { dtype: Some(Dtype::F16), ..Untold::default() };
    let imported = import(Tool::Tritonbench, table, &typed, Some("NVIDIA H200")).unwrap();
    assert_eq!(
        rows(&imported),
        [
            row("f16 other other other", [1, 256, 512, 128], 10_000.0),
            row("f16 other triton other", [1, 256, 512, 128], 20_000.0),
            row("f16 other triton other", [1, 512, 512, 128], 40_000.0),
        ]
    );
    assert_eq!(imported.results.rows[0].kernel_name(), Some("aten"));
    assert_eq!((imported.account.unreadable.count, imported.account.inconsistent.count), (1, 0));
    let unnamed = table.replace("(M, N, K)", "x_val");
    let said = import(Tool::Tritonbench, &unnamed, &typed, Some("X")).unwrap_err();
    assert!(said.contains("say what its sizes are with --axis"), "{said}");
    let named = Untold { dtype: Some(Dtype::F16), ..untold(&["x_val=MxKxN"], &[], &[]) };
    let gemm = import(Tool::Tritonbench, &unnamed, &named, Some("X")).unwrap().results.rows[0].point.gemm;
    assert_eq!((gemm.m(), gemm.n(), gemm.k()), (256, 128, 512));
}

const AITER: &str = "gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,solidx,splitK,us,kernelName,err_ratio,tflops,bw\n\
gfx942,304,512,128,256,False,torch.bfloat16,torch.bfloat16,False,False,hipblaslt,7,0,10,Cijk_one,0.0,3.36,9\n\
gfx950,256,512,128,256,False,torch.bfloat16,torch.bfloat16,False,False,asm,8,2,5,bf16gemm,0.0,6.71,9\n";

#[test]
fn aiter_s_rows_have_their_cards_and_say_what_tells_them_apart() {
    let imported = import(Tool::Aiter, AITER, &Untold::default(), None).unwrap();
    assert_eq!(
        rows(&imported),
        [
            row("bf16 other hipblaslt other", [1, 512, 128, 256], 10_000.0),
            row("bf16 other other other", [1, 512, 128, 256], 5_000.0),
        ]
    );
    let results = &imported.results;
    let cards: Vec<_> = results.front_matter.device.iter().map(|device| device.name.as_str()).collect();
    assert_eq!(cards, ["AMD Instinct MI300X", "AMD gfx950, 256 CUs"]);
    assert_eq!(results.rows.iter().map(|row| row.device).collect::<Vec<_>>(), [0, 1]);
    assert!(
        results.rows[0].note.contains("bias = False; outdtype = torch.bfloat16"),
        "{}",
        results.rows[0].note
    );
    let named = import(Tool::Aiter, AITER, &Untold::default(), Some("MI300X")).unwrap_err();
    assert!(
        named.contains("a second card, \"AMD gfx950, 256 CUs\" after \"AMD Instinct MI300X\""),
        "{named}"
    );
    let biased = format!(
        "{AITER}gfx942,304,512,128,256,True,torch.bfloat16,torch.bfloat16,False,False,hipblaslt,7,0,11,Cijk_one,0.0,3.05,9\n"
    );
    let said = import(Tool::Aiter, &biased, &Untold::default(), None).unwrap_err();
    assert!(said.contains("nothing says what \"bias\" (False at 2, True at 4) is"), "{said}");
    let one = import(Tool::Aiter, &biased, &untold(&[], &["bias=True"], &[]), None).unwrap();
    assert_eq!(rows(&one)[0].2, 11_000.0);
    let batched = "B,M,N,K,us,kernelName\n16,512,128,256,10,k\n";
    let typed = Untold { dtype: Some(Dtype::F16), layout: Some(Layout::Nt), ..Untold::default() };
    let imported = import(Tool::Aiter, batched, &typed, Some("AMD Instinct MI300X")).unwrap();
    assert_eq!(rows(&imported), [row("f16 nt other other", [16, 512, 128, 256], 10_000.0)]);
    assert_eq!(imported.results.rows[0].point.op, Op::Bmm);
    assert_eq!(
        (imported.results.rows[0].point.cache, imported.results.rows[0].point.engine),
        (Cache::Other, Engine::Other)
    );
    let unknown = import(Tool::Aiter, AITER, &untold(&[], &["colour=red"], &[]), None).unwrap_err();
    assert!(unknown.contains("column = \"colour\": want a column of t.csv:1"), "{unknown}");
}

#[test]
fn a_second_header_with_other_columns_and_lines_of_another_width_are_not_read_by_the_first() {
    let other = format!(
        "{AITER}gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,solidx,splitK,ms,name,err,rate,bytes\n"
    );
    let said = import(Tool::Aiter, &other, &Untold::default(), None).unwrap_err();
    assert!(
        said.starts_with("t.csv:4: \"gfx,cu_num,M") && said.contains("is not the one of line 1"),
        "{said}"
    );
    // The same columns in another order are.
    let again =
        format!("{AITER}us,kernelName,gfx,cu_num,M,N,K,dtype\n12,k,gfx942,304,513,128,256,torch.float16\n");
    let said = import(Tool::Aiter, &again, &Untold::default(), None).unwrap_err();
    assert!(said.contains("\"bias\" (False at 2, no such column elsewhere)"), "{said}");
    let ignored = untold(&[], &[], &["M"]);
    assert!(import(Tool::Aiter, &again, &ignored, None).is_err());
    let cut = format!("{AITER}gfx942,304,512\n");
    let cut = import(Tool::Aiter, &cut, &Untold::default(), None).unwrap();
    assert!(cut.account.troubles()[0].contains("4: 3 fields: want 18, as the header has"));
    let latin = read(
        &b"M,N,K,\xb5s\n"[..],
        Tool::Triton,
        &Untold::default(),
        &provenance(None),
        &Selection::default(),
    );
    assert!(latin.unwrap_err().to_string().contains("t.csv:1: not UTF-8"));
}

/// The tables that say what these products of fp16 took, by tool.
fn rendered(tool: Tool, products: &[([u32; 3], f64)]) -> String {
    let head = match tool {
        Tool::HipblasltBench => "[0]:transA,transB,batch_count,m,n,k,a_type,hipblaslt-Gflops,us\n",
        Tool::RocblasBench => "transA,transB,M,N,K,a_type,rocblas-Gflops,us,CPU-Gflops,us\n",
        Tool::TunableOp => "Validator,PT_VERSION,2.4.0\n",
        Tool::CutlassProfiler => "Operation,Disposition,m,n,k,A,B,Runtime,GFLOPs\n",
        Tool::Triton => "M,N,K,Triton\n",
        Tool::Tritonbench => "(M, N, K);triton-latency\n",
        Tool::Aiter => "M,N,K,dtype,us,kernelName,tflops\n",
    };
    let line = |([m, n, k], us): &([u32; 3], f64)| {
        let (ms, gflops) = (us / 1e3, 2.0 * f64::from(*m) * f64::from(*n) * f64::from(*k) / us / 1e3);
        match tool {
            Tool::HipblasltBench => format!("    T,N,1,{n},{m},{k},f16_r,{gflops},{us}\n"),
            Tool::RocblasBench => format!("T,N,{n},{m},{k},f16_r,{gflops},{us},1,2\n"),
            Tool::TunableOp => format!("GemmTunableOp_Half_TN,tn_{n}_{m}_{k},Default,{ms}\n"),
            Tool::CutlassProfiler => format!("k,passed,{m},{n},{k},f16:row,f16:column,{ms},{gflops}\n"),
            Tool::Triton => format!("{m}.0,{n}.0,{k}.0,{ms}\n"),
            Tool::Tritonbench => format!("({m}, {n}, {k});{ms}\n"),
            Tool::Aiter => format!("{m},{n},{k},torch.float16,{us},name,{}\n", gflops / 1e3),
        }
    };
    head.to_owned() + &products.iter().map(line).collect::<String>()
}

const TOOLS: [Tool; 7] = [
    Tool::HipblasltBench,
    Tool::RocblasBench,
    Tool::TunableOp,
    Tool::CutlassProfiler,
    Tool::Triton,
    Tool::Tritonbench,
    Tool::Aiter,
];

proptest! {
    #[test]
    fn every_format_gives_back_the_times_that_were_written_in_it(
        products in prop::collection::btree_map([1u32..2000, 1u32..2000, 1u32..2000], 1.0f64..1e6, 1..10)
    ) {
        let products: Vec<_> = products.into_iter().collect();
        let told = Untold {
            dtype: Some(Dtype::F16),
            unit: Some(ValueUnit::Milliseconds),
            ..Untold::default()
        };
        for tool in TOOLS {
            let imported = import(tool, &rendered(tool, &products), &told, Some("Card")).unwrap();
            prop_assert_eq!(imported.account.inconsistent.count, 0);
            prop_assert_eq!(imported.results.rows.len(), products.len());
            for (row, (sizes, us)) in imported.results.rows.iter().zip(&products) {
                let gemm = row.point.gemm;
                prop_assert_eq!([gemm.m(), gemm.n(), gemm.k()], *sizes);
                let time = row.timing.unwrap().time_us(imported.results.stat()).unwrap();
                prop_assert!((time / us - 1.0).abs() < 1e-9, "{}: {time} us for {us}", tool.as_str());
            }
        }
    }

    #[test]
    fn no_change_of_a_table_makes_a_reader_panic(
        which in 0usize..7, start in 0usize..1500, length in 0usize..30, insert in "[ -~\n]{0,12}|\\PC{0,3}"
    ) {
        let mut text = [HIPBLASLT, TUNABLE, CUTLASS, AITER].concat();
        let mut start = start.min(text.len());
        while !text.is_char_boundary(start) { start -= 1; }
        let mut end = (start + length).min(text.len());
        while !text.is_char_boundary(end) { end += 1; }
        text.replace_range(start..end, &insert);
        let _ = read(text.as_bytes(), TOOLS[which], &Untold::default(), &provenance(None), &Selection::default());
        let _ = read(text.as_bytes(), TOOLS[which], &Untold::default(), &provenance(Some("Card")), &Selection::default());
    }
}

//! `hovera import`. The logs are made up.

use crate::folder::Folder;
use hovera_core::{Results, Stat};

/// Two layers, of which the second is one of two ranks, with noise between.
const LOG: &str = "1.13.1 \n\n\
[2023-10-11 12:13:14,156] [INFO] noise\n\
num_attention_heads: 4, hidden_size: 256, train_micro_batch_size_per_gpu: 2, tensor_mp_size: 1, pipeline_mp_size: 1, dp_size: 1\n\
Elapsed time for attention_key_query_prob (8x128x64x128): 0.0001\n\
Throughput (in TFLOP/s) for attention_key_query_prob (8x128x64x128): 0.168\n\
Elapsed time for attention_softmax (2x4x128x128): 0.0012\n\
Elapsed time for attention_prob_times_values (8x128x128x64): 0.0001\n\
Throughput (in TFLOP/s) for attention_prob_times_values (8x128x128x64): 0.168\n\
=====\n\
num_attention_heads: 4, hidden_size: 256, train_micro_batch_size_per_gpu: 2, tensor_mp_size: 2, pipeline_mp_size: 1, dp_size: 1\n\
Elapsed time for attention_key_query_prob (4x128x64x128): 0.0001\n\
Throughput (in TFLOP/s) for attention_key_query_prob (4x128x64x128): 0.084\n\
Throughput (in TFLOP/s) for attention_prob_times_values (4x128x128x64): nan\n";

const CARD: &str = "NVIDIA A100-SXM4-40GB";

fn folder() -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("logs")).unwrap();
    folder.write("logs/h.out", LOG);
    folder
}

fn import(folder: &Folder, more: &[&str]) -> (String, String) {
    let args = [&["import", "cookbook", "logs/h.out", "--device", CARD][..], more].concat();
    let output = folder.hovera(&args).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    (String::from_utf8(output.stdout).unwrap(), said)
}

#[test]
fn a_log_becomes_results_that_are_drawn_and_explained() {
    let folder = folder();
    let (_, said) = import(&folder, &["-o", "a100.csv", "--source", "somebody", "--licence", "Apache-2.0"]);
    for line in [
        "logs/h.out: read 2 configurations, 4 other lines\n",
        "no GEMM, not imported: 1 attention_softmax\n",
        "times are the slowest launch of each point by the host's clock (paper-2023): its labels are those of 2023\n",
        "1 times something cannot be read and is left out; first at\n  14: ",
        "3 rows -> a100.csv\n",
    ] {
        assert!(said.contains(line), "no {line:?} in {said}");
    }
    let text = folder.read("a100.csv");
    assert!(
        text.contains("# origin = \"somebody\"\n# licence = \"Apache-2.0\"\n# file = \"h.out\"\n"),
        "{text}"
    );
    let results = Results::parse("a100.csv", &text).unwrap();
    let ranks: Vec<_> = results.rows.iter().map(|row| row.point.tensor_parallel()).collect();
    assert_eq!((results.stat(), ranks), (Stat::Max, vec![Some(1), Some(1), Some(2)]));

    folder.hovera(&["plot", "a100.csv", "--format", "svg"]).assert().success();
    // One hidden size on one rank and on two.
    let charts = ["a100-score-over-tensor_parallel.svg", "a100-values-a4.svg"];
    assert_eq!(folder.files(), [&charts[..], &["a100.csv", "logs"]].concat());
    assert!(folder.read(charts[0]).contains(">Tensor-Parallel Ranks</text>"));
    let (code, said) = folder.fails(&["plot", "a100.csv", "--stat", "median"]);
    assert_eq!(code, 2);
    assert!(said.contains("stat = median: no row has a time_median_us; want stat = max"), "{said}");

    let explained =
        folder.hovera(&["explain", "a100.csv", "--hidden", "256", "--op", "values"]).output().unwrap();
    let explained = String::from_utf8(explained.stdout).unwrap();
    assert!(explained.contains("time        max 99.86 us of 99 launches\n"), "{explained}");
}

#[test]
fn standard_output_gets_the_same_and_a_selection_less() {
    let folder = folder();
    let (all, _) = import(&folder, &["-o", "-"]);
    import(&folder, &["-o", "same.csv"]);
    assert_eq!(all, folder.read("same.csv"));
    let (some, said) = import(&folder, &["-o", "-", "--op", "score,values", "--tensor-parallel", "1"]);
    assert_eq!(Results::parse("-", some).unwrap().rows.len(), 2);
    assert!(said.contains(", 1 not asked for, "), "{said}");
}

#[test]
fn an_import_replaces_an_earlier_one_and_nothing_else() {
    let folder = folder();
    import(&folder, &["-o", "out.csv"]);
    import(&folder, &["-o", "out.csv", "--op", "score"]);
    assert_eq!(Results::parse("out.csv", folder.read("out.csv")).unwrap().rows.len(), 2);
    let measured = crate::made_up::two_engines();
    for there in [measured.as_str(), "my notes\n", ""] {
        folder.write("out.csv", there);
        let (code, said) =
            folder.fails(&["import", "cookbook", "logs/h.out", "--device", CARD, "-o", "out.csv"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("out.csv: is there already and was not imported"), "{said}");
        assert_eq!(folder.read("out.csv"), there);
    }
    assert_eq!(folder.files(), ["logs", "out.csv"]);
}

#[test]
fn what_cannot_be_imported_is_refused_and_nothing_is_written() {
    let folder = folder();
    folder.write("empty.out", "");
    folder.write("mm.out", "Throughput (in TFLOP/s) for 64x32x128: 4.096\n");
    for (args, says) in [
        (&["logs/h.out"][..], "logs/h.out: does not say which GPU was measured: name it with --device"),
        (&["empty.out", "--device", CARD], "empty.out: no measurement to import"),
        (&["none.out", "--device", CARD], "none.out: cannot read"),
        (&["logs", "--device", CARD], "logs: a folder; want a log of the original benchmark"),
        (&["mm.out", "--device", CARD], "name the rule with --method paper-2023, worst-2024, cookbook-2024"),
        (&["mm.out", "--device", CARD, "--method", "best"], "want paper-2023, worst-2024, cookbook-2024"),
        (&["mm.out", "--op", "mm"], "want score, softmax, values, attention, qkv"),
        (&["mm.out", "--tensor-parallel", "0"], "--tensor-parallel"),
    ] {
        let (code, said) = folder.fails(&[&["import", "cookbook"][..], args, &["-o", "out.csv"]].concat());
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "no {says:?} in {said}");
        assert_eq!(folder.files(), ["empty.out", "logs", "mm.out"]);
    }
}

#[test]
fn a_card_without_a_datasheet_is_answered_with_those_that_have_one() {
    let folder = folder();
    let mut hovera =
        folder.hovera(&["import", "cookbook", "logs/h.out", "--device", "A100", "-o", "-", "-q"]);
    let said = String::from_utf8(hovera.output().unwrap().stderr).unwrap();
    assert!(said.contains("there is no datasheet of \"A100\""), "{said}");
    assert!(said.contains("A100-SXM4-40GB, A100-SXM4-80GB, H100 80GB HBM3"), "{said}");
}

#[test]
fn what_a_log_says_is_not_sent_to_the_terminal() {
    let folder = Folder::new();
    folder.write("evil.out", &LOG.replace("attention_softmax", "\u{1b}[31mred\u{7}"));
    let args = ["import", "cookbook", "evil.out", "--device", CARD, "-o", "-"];
    let said = String::from_utf8(folder.hovera(&args).output().unwrap().stderr).unwrap();
    assert!(said.contains("1 \\u{1b}[31mred\\u{7}"), "{said}");
}

const TABLE: &str = "name,batch,M,N,K,ms\nbmm,8,64,128,32,0.5\nbmm,8,64,128,64,OOM\n";

const MAP: &str = "time_unit = \"ms\"\n[column]\nop = \"name\"\ngemm_batch = \"batch\"\nm = \"M\"\nn = \"N\"\nk = \"K\"\n\
                   time_median = \"ms\"\n[constant]\ndtype = \"bf16\"\n";

#[test]
fn a_table_is_imported_by_its_map() {
    let folder = Folder::new();
    folder.write("t.csv", TABLE);
    folder.write("map.toml", MAP);
    let args = ["import", "csv", "t.csv", "--map", "map.toml", "--device", CARD, "-o", "out.csv"];
    let output = folder.hovera(&args).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("t.csv: read 2 records\nthe file does not say layout, engine, pacing, cache: recorded as other (not known)\n\
             times are by stat = median, in ms, as the map says\n"),
        "{said}"
    );
    assert!(said.contains("3: time_median = \"OOM\": want a finite number above 0"), "{said}");
    let rows = Results::parse("out.csv", folder.read("out.csv")).unwrap().rows;
    assert_eq!((rows.len(), rows[0].timing.unwrap().median_us), (1, Some(500.0)));

    folder.hovera(&["plot", "out.csv", "--format", "svg"]).assert().success();
    let svg = folder.read("out-bmm-over-m.svg");
    assert!(svg.contains(">Batched GEMM, ") && svg.contains("imported: "), "{svg}");

    folder.write("map.toml", &MAP.replace("K", "depth"));
    let (code, said) = folder.fails(&args);
    assert_eq!(code, 2);
    assert!(said.contains("t.csv:1: column \"depth\" is nowhere in the header"), "{said}");
    folder.write("map.toml", "time_unit = 3");
    assert!(folder.fails(&args).1.contains("map.toml:1: "));
    assert_eq!(folder.fails(&["import", "csv", "t.csv", "--device", CARD, "-o", "x.csv"]).0, 2);
}

#[test]
fn nvbench_s_json_is_imported_with_its_card() {
    let folder = Folder::new();
    let value =
        |name: &str, value: &str| format!(r#"{{"name": "{name}", "type": "int64", "value": "{value}"}}"#);
    let summary =
        |tag: &str, number: &str| format!(r#"{{"tag": "{tag}", "data": [{}]}}"#, value("value", number));
    let json = format!(
        r#"{{"devices": [{{"id": 0, "name": "NVIDIA L40S", "number_of_sms": 142}}], "benchmarks": [{{"name": "gemm",
        "states": [{{"device": 0, "axis_values": [{}, {}, {}], "is_skipped": false,
        "summaries": [{}, {}]}}]}}]}}"#,
        value("M", "64"),
        value("N", "32"),
        value("K", "16"),
        summary("nv/cold/sample_size", "20"),
        summary("nv/cold/time/gpu/mean", "0.00025")
    );
    folder.write("b.json", &json);
    let (code, said) = folder.fails(&["import", "nvbench", "b.json", "-o", "out.csv"]);
    assert_eq!(code, 2);
    assert!(said.contains("dtype is not said: name it with --dtype"), "{said}");
    folder.hovera(&["import", "nvbench", "b.json", "--dtype", "f16", "-o", "out.csv"]).assert().success();
    let results = Results::parse("out.csv", folder.read("out.csv")).unwrap();
    assert_eq!((results.stat(), results.front_matter.device[0].name.as_str()), (Stat::Mean, "NVIDIA L40S"));
    assert_eq!(results.rows[0].timing.unwrap().mean_us, Some(250.0));
    folder.write("b.json", &json[..json.len() - 1]);
    let (code, said) = folder.fails(&["import", "nvbench", "b.json", "--dtype", "f16", "-o", "new.csv"]);
    assert_eq!(code, 2);
    assert!(said.contains("b.json:3: not nvbench's JSON: EOF while parsing"), "{said}");
    assert_eq!(folder.files(), ["b.json", "out.csv"]);
}

/// nvbench's JSON of one state of an axis that hovera does not know, by its mean, its fastest and slowest launch.
fn nvbench_of(mean_s: &str, min_s: &str, max_s: &str) -> String {
    let axis = |name: &str, value: &str| format!(r#"{{"name": "{name}", "value": "{value}"}}"#);
    let summary = |tag: &str, value: &str| {
        format!(r#"{{"tag": "nv/cold/{tag}", "data": [{{"name": "value", "value": "{value}"}}]}}"#)
    };
    let axes = [axis("shape", "4096x4096x1024"), axis("T", "F16"), axis("algo", "a")].join(", ");
    let summaries = [
        summary("sample_size", "10000"),
        summary("time/gpu/mean", mean_s),
        summary("time/gpu/min", min_s),
        summary("time/gpu/max", max_s),
        summary("time/gpu/stdev/relative", "0.05"),
    ];
    format!(
        r#"{{"devices": [{{"id": 0, "name": "NVIDIA H100 80GB HBM3"}}], "benchmarks": [{{"name": "gemm",
        "states": [{{"device": 0, "axis_values": [{axes}], "summaries": [{}]}}]}}]}}"#,
        summaries.join(", ")
    )
}

#[test]
fn two_of_nvbench_s_files_are_told_apart_by_the_deviation_of_their_launches() {
    let folder = Folder::new();
    // Ten thousand launches, of which one each took very long: the range says nothing.
    folder.write("a.json", &nvbench_of("0.000120", "0.000110", "0.002400"));
    folder.write("b.json", &nvbench_of("0.000050", "0.000045", "0.001000"));
    for name in ["a", "b"] {
        let (json, csv) = (format!("{name}.json"), format!("{name}.csv"));
        folder.hovera(&["import", "nvbench", &json, "--axis", "shape=MxNxK", "-o", &csv]).assert().success();
    }
    let output = folder.hovera(&["compare", "a.csv", "b.csv"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    let all = said.lines().find(|line| line.starts_with("gemm  all")).unwrap_or_default();
    assert!(all.contains("2.400") && all.contains("faster"), "{said}");
    // It is of the mean, as what is compared is.
    assert!(!said.contains("as wide as the median's"), "{said}");
}

#[test]
fn what_an_import_says_of_units_and_of_kernels() {
    let folder = Folder::new();
    folder.write("t.csv", "m,n,k,kernel,time\n4096,4096,4096,naive,3.0\n4096,4096,4096,cublas,0.3\n");
    let map = "time_unit = \"us\"\n[column]\nm = \"m\"\nn = \"n\"\nk = \"k\"\ntime_mean = \"time\"\n\
               [constant]\ndtype = \"f16\"\n";
    folder.write("map.toml", map);
    let args =
        ["import", "csv", "t.csv", "--map", "map.toml", "--device", "NVIDIA H100 80GB HBM3", "-o", "o.csv"];
    let (code, said) = folder.fails(&args);
    assert_eq!(code, 2);
    assert!(said.contains("nothing says what \"kernel\" (naive at 2, cublas at 3) is"), "{said}");
    folder.write("map.toml", &format!("{map}[where]\nkernel = \"cublas\"\n"));
    let said = String::from_utf8(folder.hovera(&args).output().unwrap().stderr).unwrap();
    assert!(
        said.contains("the file does not say layout, engine, pacing, cache: recorded as other"),
        "{said}"
    );
    assert!(said.contains("458130 TFLOP/s") && said.contains("ms would fit"), "{said}");
    // Kernels of one point in one file are sides of a comparison.
    folder
        .write("map.toml", &map.replace("[constant]", "kernel = \"kernel\"\n[constant]").replace("us", "ms"));
    folder.hovera(&args).assert().success();
    let output = folder.hovera(&["compare", "o.csv"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("o.csv, kernel cublas") && said.contains("o.csv, kernel naive"), "{said}");
}

#[test]
fn the_tables_of_other_tools_are_imported_by_their_names() {
    let folder = Folder::new();
    let h200 = "NVIDIA H200";
    let cases: [(&str, &str, &[&str], f64); 7] = [
        (
            "hipblaslt-bench",
            "Device ID 0 : AMD Instinct MI300X gfx942\n[0]:transA,transB,batch_count,m,n,k,a_type,hipblaslt-Gflops,us\n\
             T,N,1,512,128,256,f16_r,3355.44,10\n",
            &[],
            10.0,
        ),
        (
            "rocblas-bench",
            "transA,transB,M,N,K,rocblas-Gflops,us\nT,N,512,128,256,3355.44,10\n",
            &["--dtype", "f16", "--device", "AMD Instinct MI250X"],
            10.0,
        ),
        (
            "tunableop",
            "GemmTunableOp_Half_TN,tn_512_128_256,Default,0.02\n",
            &["--device", "AMD Instinct MI300X"],
            20.0,
        ),
        (
            "cutlass-profiler",
            "Operation,Disposition,m,n,k,A,B,Runtime\nk,passed,512,128,256,f16:row,f16:column,0.02\n",
            &["--device", h200],
            20.0,
        ),
        (
            "triton",
            "M,N,K,Triton\n512,128,256,0.02\n",
            &["--dtype", "f16", "--unit", "ms", "--device", h200],
            20.0,
        ),
        (
            "tritonbench",
            "shape;triton-latency\n(512, 128, 256);0.02\n",
            &["--dtype", "f16", "--axis", "shape=MxNxK", "--device", h200],
            20.0,
        ),
        (
            "aiter",
            "gfx,cu_num,M,N,K,bias,dtype,us,kernelName\ngfx942,304,512,128,256,True,torch.float16,9,k\n\
             gfx942,304,512,128,256,False,torch.float16,8,k\n",
            &["--where", "bias=True"],
            9.0,
        ),
    ];
    for (tool, text, more, time_us) in cases {
        folder.write("t.txt", text);
        let args = [&["import", tool, "t.txt", "-o", "out.csv"][..], more].concat();
        let output = folder.hovera(&args).output().unwrap();
        assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
        let results = Results::parse("out.csv", folder.read("out.csv")).unwrap();
        let time = results.rows[0].timing.unwrap().time_us(results.stat()).unwrap();
        assert!(results.rows.len() == 1 && (time / time_us - 1.0).abs() < 1e-9, "{tool}: {time}");
        assert_eq!(results.front_matter.source.unwrap().format, tool);
        // Another tool's table is refused, and nothing is written.
        folder.write("t.txt", "a,b\n1,2\n");
        let (code, said) = folder.fails(&args);
        assert_eq!(code, 2, "{tool}: {said}");
        assert!(said.contains("t.txt: no measurement to import"), "{tool}: {said}");
    }
    // A table that begins with the number of its rank is no JSON.
    folder.write(
        "t.txt",
        "[0]:transA,transB,m,n,k,a_type,hipblaslt-Gflops,us\nT,N,512,128,256,f16_r,3355.44,10\n",
    );
    let rank = ["import", "hipblaslt-bench", "t.txt", "--device", "AMD Instinct MI300X", "-o", "out.csv"];
    folder.hovera(&rank).assert().success();
    let (code, said) = folder.fails(&[&rank[..], &["--unit", "ms"]].concat());
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("--unit and --program are for triton: hipblaslt-bench's tables say what"),
        "{said}"
    );
    // A setting of Triton's table is said what it is, or its programs are named.
    folder.write("t.txt", "M,N,K,BLOCK,mine\n512,128,256,64,2\n512,128,256,128,1\n");
    let triton =
        ["import", "triton", "t.txt", "--dtype", "f16", "--unit", "ms", "--device", h200, "-o", "out.csv"];
    assert!(folder.fails(&triton).1.contains("name one with --program"));
    folder
        .hovera(&[&triton[..], &["--program", "mine", "--axis", "BLOCK=kernel"]].concat())
        .assert()
        .success();
    let results = Results::parse("out.csv", folder.read("out.csv")).unwrap();
    let names: Vec<_> = results.rows.iter().map(|row| row.kernel_name().unwrap()).collect();
    assert_eq!(names, ["mine, 64", "mine, 128"]);
}

/// 600 made-up rows as AIConfigurator has them, of bf16 on an A100.
const PARQUET: &[u8] = include_bytes!("../../../import/tests/parquet/zstd.parquet");

fn tables() -> Folder {
    let folder = Folder::new();
    for below in ["systems/a100/gemm/trtllm/1.2.3", "systems/a100/attention"] {
        std::fs::create_dir_all(folder.path(below)).unwrap();
    }
    std::fs::write(folder.path("systems/a100/gemm/trtllm/1.2.3/gemm_perf.parquet"), PARQUET).unwrap();
    folder
}

#[test]
fn a_table_of_aiconfigurator_becomes_results() {
    let folder = tables();
    folder.write(
        "two.toml",
        "name = \"two\"\nop = \"gemm\"\ndtype = \"f16\"\nm = [1, 16, 32]\nn = 8\nk = 4096\n",
    );
    let table = "systems/a100/gemm/trtllm/1.2.3/gemm_perf.parquet";
    let args = ["import", "aiconfigurator", table, "-o", "a100.csv", "--licence", "Apache-2.0"];
    let output = folder.hovera(&args).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("read 600 rows\n") && said.ends_with("600 rows -> a100.csv\n"), "{said}");
    let results = Results::parse("a100.csv", folder.read("a100.csv")).unwrap();
    // The sixth row: 1024 tokens, 16 outputs, 6/256 ms.
    let row = &results.rows[5];
    let gemm = row.point.gemm;
    assert_eq!((gemm.m(), gemm.n(), gemm.k(), row.point.layout.as_str()), (1024, 16, 4096, "nt"));
    assert_eq!((results.stat(), row.timing.unwrap().mean_us), (Stat::Mean, Some(23.4375)));
    folder.hovera(&[&args[..], &["--shapes", "two.toml"]].concat()).assert().success();
    let some = Results::parse("a100.csv", folder.read("a100.csv")).unwrap().rows;
    assert_eq!(some.iter().map(|row| row.point.gemm.m()).collect::<Vec<_>>(), [1, 16]);
}

#[test]
fn a_folder_of_tables_becomes_a_results_file_of_each() {
    let folder = tables();
    let args = ["import", "aiconfigurator", "systems", "-o", "out/"];
    folder.hovera(&args).assert().success();
    let name = "out/nvidia-a100-sxm4-80gb-trtllm-1-2-3.csv";
    assert_eq!(Results::parse(name, folder.read(name)).unwrap().rows.len(), 600);
    // A second table of the same card and version has a number.
    std::fs::create_dir_all(folder.path("systems/again")).unwrap();
    std::fs::write(folder.path("systems/again/gemm_perf.parquet"), PARQUET).unwrap();
    folder.hovera(&args).assert().success();
    assert_eq!(folder.read("out/nvidia-a100-sxm4-80gb-trtllm-1-2-3-2.csv"), folder.read(name));
    std::fs::remove_dir_all(folder.path("systems/again")).unwrap();
    // One that is damaged is named, and keeps none of the others from it.
    std::fs::write(folder.path("systems/a100/attention/a.parquet"), &PARQUET[..PARQUET.len() - 9]).unwrap();
    std::fs::remove_file(folder.path(name)).unwrap();
    let (code, said) = folder.fails(&args);
    assert_eq!(code, 2);
    assert!(said.contains("systems/a100/attention/a.parquet: not imported: "), "{said}");
    assert!(said.contains("1 of 2 tables could not be imported: systems/a100/attention/a.parquet"), "{said}");
    assert_eq!(Results::parse(name, folder.read(name)).unwrap().rows.len(), 600);
    std::fs::create_dir(folder.path("empty")).unwrap();
    let (code, said) = folder.fails(&["import", "aiconfigurator", "empty", "-o", "x.csv"]);
    assert_eq!(code, 2);
    assert!(said.contains("empty: no .parquet file in this folder or below"), "{said}");
}

#[test]
fn what_is_no_table_of_aiconfigurator_is_refused_and_nothing_is_written() {
    let folder = Folder::new();
    std::fs::write(folder.path("cut.parquet"), &PARQUET[..PARQUET.len() / 2]).unwrap();
    folder.write("t.csv", "m,n,k\n1,2,3\n");
    folder.write("spec.toml", "name = \"s\"\nheads = 12\nhead_dim = 64\n");
    for (file, says) in [
        ("cut.parquet", "cut.parquet: not a Parquet file that can be read: "),
        ("t.csv", "t.csv: not a Parquet file that can be read: "),
        ("spec.toml", "spec.toml: a sweep's spec; want a table of AIConfigurator (Parquet)"),
    ] {
        let (code, said) = folder.fails(&["import", "aiconfigurator", file, "-o", "x.csv"]);
        assert_eq!(code, 2);
        assert!(said.contains(says), "no {says:?} in {said}");
    }
    std::fs::write(folder.path("whole.parquet"), PARQUET).unwrap();
    let (code, said) = folder.fails(&["plot", "whole.parquet"]);
    assert_eq!(code, 2);
    assert!(said.contains("results with: hovera import aiconfigurator whole.parquet"), "{said}");
    assert_eq!(folder.files(), ["cut.parquet", "spec.toml", "t.csv", "whole.parquet"]);
}

//! Files that each have one thing that an importer can get wrong, by the numbers of the issue that lists them.

use super::{How, import, naming, rows};
use hovera_core::Dtype;
use hovera_import::Naming;
use hovera_import::nvbench::Unsaid;
use hovera_import::tools::{Tool, Untold, ValueUnit};

const PLAIN: &str = "time_unit = \"us\"\n[column]\nm = \"m\"\nn = \"n\"\nk = \"k\"\ntime_mean = \"us\"\n[constant]\ndtype = \"f16\"\n";
const H100: Option<&str> = Some("NVIDIA H100 80GB HBM3");

fn tool(tool: Tool) -> How<'static> {
    let untold = Untold { dtype: Some(Dtype::F16), unit: Some(ValueUnit::Milliseconds), ..Untold::default() };
    How::Tool(tool, untold)
}

/// A state of nvbench's with these axes, of 10 us.
fn state(axes: &str, device: u32) -> String {
    let axis = |(name, value): (&str, &str)| format!("{{\"name\": \"{name}\", \"value\": \"{value}\"}}");
    let axes: Vec<String> = axes.split(' ').filter_map(|text| text.split_once('=')).map(axis).collect();
    format!(
        "{{\"device\": {device}, \"axis_values\": [{}], \"summaries\": [{{\"tag\": \"nv/cold/time/gpu/mean\", \
         \"data\": [{{\"name\": \"value\", \"value\": \"0.00001\"}}]}}]}}",
        axes.join(", ")
    )
}

fn nvbench(states: &[String]) -> String {
    format!(
        "{{\"devices\": [{{\"id\": 0, \"name\": \"NVIDIA H100 PCIe\"}}, {{\"id\": 1, \"name\": \"NVIDIA L40S\"}}], \
         \"benchmarks\": [{{\"name\": \"gemm\", \"states\": [{}]}}]}}",
        states.join(", ")
    )
}

fn by_nvbench() -> How<'static> {
    How::Nvbench(Unsaid::default())
}

/// What is said where a file is refused.
fn refused(how: &How<'_>, text: &str, device: Option<&str>) -> String {
    import(how, text.as_bytes(), device).expect_err("a file that is refused")
}

#[test]
fn point_1_different_kernels_are_never_one_row() {
    let cases: [(How<'_>, String, &str); 6] = [
        (
            How::Csv(PLAIN),
            "m,n,k,kernel,us\n64,32,16,naive,90\n64,32,16,cublas,10\n".into(),
            "nothing says what \"kernel\" (naive at 2, cublas at 3) is",
        ),
        (
            by_nvbench(),
            nvbench(&[state("m=64 n=32 k=16 t=F16 algo=a", 0), state("m=64 n=32 k=16 t=F16 algo=b", 0)]),
            "nothing says what \"algo\" (a at 1, b at 2) is",
        ),
        (
            tool(Tool::Aiter),
            "gfx,cu_num,M,N,K,bias,us,kernelName\ngfx942,304,64,32,16,True,90,k\ngfx942,304,64,32,16,False,80,k\n".into(),
            "nothing says what \"bias\" (True at 2, False at 3) is",
        ),
        (
            tool(Tool::HipblasltBench),
            "transA,transB,m,n,k,alpha,a_type,hipblaslt-Gflops,us\nT,N,64,32,16,1,f16_r,1,9\nT,N,64,32,17,2,f16_r,1,9\n".into(),
            "nothing says what \"alpha\" (1 at 2, 2 at 3) is",
        ),
        (
            tool(Tool::RocblasBench),
            "transA,transB,M,N,K,beta,a_type,rocblas-Gflops,us\nT,N,64,32,16,1,f16_r,1,9\nT,N,64,32,16,0,f16_r,1,9\n".into(),
            "nothing says what \"beta\" (1 at 2, 0 at 3) is",
        ),
        (
            tool(Tool::Triton),
            "M,N,K,BLOCK,Triton\n64.0,32.0,16.0,32.0,0.5\n64.0,32.0,16.0,64.0,0.4\n".into(),
            "nothing says what \"BLOCK\" (32.0 at 2, 64.0 at 3) is",
        ),
    ];
    for (how, text, says) in cases {
        let said = refused(&how, &text, H100.filter(|_| !text.contains("gfx") && !text.contains("devices")));
        assert!(said.contains(says) && said.contains("ignore"), "no {says:?} in {said}");
    }
    // Solutions of one product in one file of TunableOp, and programs of one table, are rows of their own.
    let twice = "GemmTunableOp_Half_TN,tn_64_32_16,Default,0.02\nGemmTunableOp_Half_TN,tn_64_32_16,Gemm_Rocblas_1,0.01\n";
    assert_eq!(import(&tool(Tool::TunableOp), twice.as_bytes(), H100).unwrap().results.rows.len(), 2);
    // A product that is 48 products is not one.
    let batched = nvbench(&[state("m=64 n=32 k=16 t=F16 BatchSize=48", 0)]);
    let batched = import(&by_nvbench(), batched.as_bytes(), None).unwrap();
    assert_eq!(rows(&batched), ["bmm f16 other other other cold 48x64x32x16: mean 10 us, NVIDIA H100 PCIe"]);
    // The note of a merged row is that of the time that counts.
    let map = "time_unit = \"us\"\n[column]\nm = \"m\"\nn = \"n\"\nk = \"k\"\ntime_min = \"us\"\nnote = \"note\"\n[constant]\ndtype = \"f16\"\n";
    let merged = b"m,n,k,us,note\n64,32,16,9,warm-up\n64,32,16,8,second\n";
    let note = &import(&How::Csv(map), merged, H100).unwrap().results.rows[0].note;
    assert!(note.starts_with("measured 2 times") && note.ends_with("; second"), "{note}");
}

#[test]
fn point_2_a_second_header_is_followed_or_refused() {
    let swapped = b"m,n,k,us\n64,32,16,90\nk,n,m,us\n17,33,65,91\n";
    assert_eq!(
        rows(&import(&How::Csv(PLAIN), swapped, H100).unwrap()),
        [
            "gemm f16 other other other other 1x64x32x16: mean 90 us, NVIDIA H100 80GB HBM3",
            "gemm f16 other other other other 1x65x33x17: mean 91 us, NVIDIA H100 80GB HBM3",
        ]
    );
    let said = refused(&How::Csv(PLAIN), "m,n,k,us\n64,32,16,90\nm,n,k,ms\n64,32,17,0.09\n", H100);
    assert!(said.starts_with("made-up:3: \"m,n,k,ms\" looks like a second header"), "{said}");
    let aiter = "M,N,K,us,kernelName\n64,32,16,9,k\nM,N,K,ms,name\n64,32,17,9,k\n";
    let said = refused(&tool(Tool::Aiter), aiter, H100);
    assert!(said.starts_with("made-up:3: \"M,N,K,ms,name\" looks like a second header"), "{said}");
    let triton = "M,N,K,Triton\n64,32,16,0.5\nK,N,M,Triton\n17,33,65,0.25\n";
    let followed = rows(&import(&tool(Tool::Triton), triton.as_bytes(), H100).unwrap());
    assert!(followed[1].contains("1x65x33x17: median 250 us"), "{followed:?}");
    let rocblas = "transA,transB,M,N,K,a_type,rocblas-Gflops,us\nN,N,64,32,16,f16_r,1,9\n\
                   transA,transB,K,N,M,a_type,rocblas-Gflops,us\nN,N,17,33,65,f16_r,1,8\n";
    let followed = rows(&import(&tool(Tool::RocblasBench), rocblas.as_bytes(), H100).unwrap());
    assert!(followed[1].contains("1x33x65x17: mean 8 us"), "{followed:?}");
}

#[test]
fn point_3_a_second_card_or_library_is_its_own_or_refused_with_both() {
    let with_cards = PLAIN.replace("[constant]", "device = \"gpu\"\n[constant]");
    let two = [
        (How::Csv(&with_cards), "m,n,k,gpu,us\n64,32,16,NVIDIA L40S,9\n64,32,16,NVIDIA A100-SXM4-40GB,8\n".to_owned()),
        (by_nvbench(), nvbench(&[state("m=64 n=32 k=16 t=F16", 0), state("m=64 n=32 k=16 t=F16", 1)])),
        (
            tool(Tool::Aiter),
            "gfx,cu_num,M,N,K,us,kernelName\ngfx942,304,64,32,16,9,k\ngfx950,256,64,32,16,8,k\n".to_owned(),
        ),
        (
            tool(Tool::TunableOp),
            "Validator,GCN_ARCH_NAME,gfx942\nGemmTunableOp_Half_TN,tn_64_32_16,Default,0.02\n\
             Validator,GCN_ARCH_NAME,gfx90a\nGemmTunableOp_Half_TN,tn_64_32_16,Default,0.01\n"
                .to_owned(),
        ),
        (
            tool(Tool::HipblasltBench),
            "Device ID 0 : AMD Instinct MI300X gfx942\ntransA,transB,m,n,k,a_type,hipblaslt-Gflops,us\nT,N,64,32,16,f16_r,1,9\n\
             Device ID 0 : AMD Instinct MI250X gfx90a\nT,N,64,32,16,f16_r,1,8\n"
                .to_owned(),
        ),
    ];
    for (how, text) in &two {
        let imported = import(how, text.as_bytes(), None).unwrap();
        let cards: Vec<u32> = imported.results.rows.iter().map(|row| row.device).collect();
        assert_eq!((cards, imported.results.front_matter.device.len()), (vec![0, 1], 2), "{text}");
        let said = refused(how, text, H100);
        let names = imported.results.front_matter.device.iter().all(|card| said.contains(&card.name));
        assert!(said.contains("a second card") && names && said.contains("leave it out"), "{said}");
    }
    let versions = "rocBLAS version: 4.1.0\ntransA,transB,M,N,K,a_type,rocblas-Gflops,us\nT,N,64,32,16,f16_r,1,9\n\
                    rocBLAS version: 4.2.0\nT,N,64,32,17,f16_r,1,9\n";
    let said = refused(&tool(Tool::RocblasBench), versions, H100);
    assert!(said.contains("a second version, \"4.2.0\" after \"rocBLAS 4.1.0\""), "{said}");
}

#[test]
fn point_4_a_unit_that_cannot_be_is_noticed_in_every_format() {
    // 4096³ in 0.3 ms are 458 TFLOP/s; read as us they are 458,130.
    let cases: [(How<'_>, &str, &str); 6] = [
        (How::Csv(PLAIN), "m,n,k,us\n4096,4096,4096,0.3\n", "Read as us; ms would fit"),
        (tool(Tool::Aiter), "M,N,K,us,kernelName\n4096,4096,4096,0.3,k\n", "is probably wrong"),
        (tool(Tool::Triton), "M,N,K,Triton\n4096,4096,4096,0.0003\n", "is probably wrong"),
        (
            tool(Tool::Tritonbench),
            "(M, N, K);triton-latency\n(4096, 4096, 4096);0.0003\n",
            "is probably wrong",
        ),
        (
            tool(Tool::TunableOp),
            "GemmTunableOp_Half_TN,tn_4096_4096_4096,Default,0.0003\n",
            "is probably wrong",
        ),
        (
            tool(Tool::HipblasltBench),
            "transA,transB,m,n,k,a_type,hipblaslt-Gflops,us\nT,N,4096,4096,4096,f16_r,458130,0.3\n",
            "1 times something has an elapsed time that is not that of its throughput",
        ),
    ];
    for (how, text, says) in cases {
        let troubles = import(&how, text.as_bytes(), H100).unwrap().account.troubles().join("; ");
        assert!(
            troubles.contains("458130 TFLOP/s, and the datasheet of NVIDIA H100 80GB HBM3 has 989 in f16"),
            "{troubles}"
        );
        assert!(troubles.contains(says), "no {says:?} in {troubles}");
    }
    // Without a datasheet what no card does.
    let unknown = import(&How::Csv(PLAIN), b"m,n,k,us\n4096,4096,4096,0.3\n", Some("Card")).unwrap();
    assert!(
        unknown.account.troubles().join("").contains("and no card does 20,000. Read as us; ms would fit")
    );
}

#[test]
fn point_7_what_nobody_stated_is_not_known_and_is_listed() {
    let cases: [(How<'_>, String, &str, &str); 5] = [
        (
            How::Csv(PLAIN),
            "m,n,k,us\n64,32,16,90\n".into(),
            "gemm f16 other other other other",
            "the file does not say layout, engine, pacing, cache: recorded as other",
        ),
        (
            by_nvbench(),
            nvbench(&[state("m=64 n=32 k=16 t=F16", 0)]),
            "gemm f16 other other other cold",
            "layout, engine, pacing:",
        ),
        (
            tool(Tool::CutlassProfiler),
            "Operation,Disposition,m,n,k,A,B,Runtime\nk,passed,64,32,16,f16:row,f16:row,0.5\n".into(),
            "gemm f16 nn other other other",
            "engine, pacing, cache:",
        ),
        (
            tool(Tool::TunableOp),
            "GemmTunableOp_Half_NN,nn_64_32_16,Default,0.5\n".into(),
            "gemm f16 nn other other other",
            "engine, pacing, cache:",
        ),
        (
            tool(Tool::Aiter),
            "M,N,K,us,kernelName\n64,32,16,9,k\n".into(),
            "gemm f16 other other other other",
            "layout, engine, pacing, cache:",
        ),
    ];
    for (how, text, words, said) in cases {
        let imported = import(&how, text.as_bytes(), H100).unwrap();
        assert!(rows(&imported)[0].starts_with(words), "{:?}", rows(&imported));
        assert!(imported.account.to_string().contains(said), "no {said:?} in {}", imported.account);
    }
}

#[test]
fn point_8_reasons_are_whole_numbers_may_be_numbers_and_another_encoding_is_refused() {
    let long = "x".repeat(150);
    let text = nvbench(&[state("m=64 n=32 k=16 t=F16", 0), state("m=0 n=32 k=16 t=F16", 0)]).replacen(
        "{\"device\": 0, \"axis_values\": [{\"name\": \"m\", \"value\": \"0\"",
        &format!(
            "{{\"name\": \"{long}\", \"device\": 0, \"axis_values\": [{{\"name\": \"m\", \"value\": \"0\""
        ),
        1,
    );
    let imported = import(&by_nvbench(), text.as_bytes(), None).unwrap();
    let said = imported.account.troubles().join("");
    assert!(
        said.contains("m = 0: want 1 to 2147483647"),
        "the name is long, and the reason behind it: {said}"
    );
    let numbers =
        nvbench(&[state("m=64 n=32 k=16 t=F16", 0)]).replace("\"64\"", "64").replace("\"0.00001\"", "1e-5");
    assert_eq!(rows(&import(&by_nvbench(), numbers.as_bytes(), None).unwrap()).len(), 1);
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("m,n,k,us\n64,32,16,90\n".bytes().flat_map(|byte| [byte, 0]))
        .collect();
    let latin1 = b"m,n,k,\xb5s\n64,32,16,90\n";
    for how in [How::Csv(PLAIN), tool(Tool::Aiter), tool(Tool::Triton), tool(Tool::CutlassProfiler)] {
        let said = import(&how, &utf16, H100).unwrap_err();
        assert_eq!(said, "made-up:1: not UTF-8, but UTF-16: save it as UTF-8");
        let said = import(&how, latin1, H100).unwrap_err();
        assert_eq!(said, "made-up:1: not UTF-8, perhaps Latin-1: save it as UTF-8");
    }
    // A byte order mark and line ends of other systems are no other encoding.
    let marked = "\u{feff}m,n,k,us\r\n64,32,16,90\r\n";
    assert_eq!(rows(&import(&How::Csv(PLAIN), marked.as_bytes(), H100).unwrap()).len(), 1);
    let marked = "\u{feff}M,N,K,Triton\r\n64,32,16,0.5\r\n";
    assert_eq!(rows(&import(&tool(Tool::Triton), marked.as_bytes(), H100).unwrap()).len(), 1);
}

#[test]
fn what_is_no_file_of_a_format_is_refused_by_all() {
    let all = [
        How::Cookbook,
        How::Csv(PLAIN),
        by_nvbench(),
        tool(Tool::HipblasltBench),
        tool(Tool::RocblasBench),
        tool(Tool::TunableOp),
        tool(Tool::CutlassProfiler),
        tool(Tool::Triton),
        tool(Tool::Tritonbench),
        tool(Tool::Aiter),
        How::Aiconfigurator(Naming::default()),
    ];
    for text in ["", "\n\n", "no table\n", "a,b,c\n1,2,3\n", "{}", "%PDF-1.7\n\u{0}\u{1}"] {
        for how in &all {
            let said = refused(how, text, H100);
            assert!(said.starts_with("made-up"), "{said}");
        }
    }
    // A column that is named and is not there.
    let how =
        How::Tool(Tool::Aiter, Untold { columns: naming(&[], &["colour=red"], &[]), ..Untold::default() });
    let said = refused(&how, "M,N,K,us,kernelName\n64,32,16,9,k\n", H100);
    assert!(said.contains("\"colour\": want a column of made-up:1"), "{said}");
}

use super::*;
use hovera_core::{Cache, Dtype, Engine, Layout, Op, Pacing, Stat};
use proptest::prelude::*;

const MAP: &str = r#"
time_unit = "ms"
stat = "median"
timer = "event"
[column]
op = "which"
gemm_batch = "B"
m = "M"
n = "N"
k = "K"
dtype = "dtype"
time_median = "median (ms)"
time_min = "fastest"
samples = "runs"
note = "remark"
[constant]
layout = "nt"
heads = 4
batch = 2
seq = 128
hidden = 256
"#;

const TABLE: &str = "\u{feff},which,B,M,N,K,dtype,median (ms),fastest,runs,remark\n\
0,bmm,8,64,128,32,torch.float16,0.5,0.25,20,\n\
1,score,8,128,128,64,torch.bfloat16,0.5,0.25,20,\"a, b\"\n\
2,,,64,128,32,float32,2,,,\n\
3,bmm,8,64,128,33,torch.float16,OOM,,,\n\
4,bmm,8,64,128,34,torch.float16,nan,,,\n\
5,bmm,8,64,128,0,torch.float16,1,,,\n\
6,bmm\n";

fn provenance() -> Provenance {
    Provenance { file: "t.csv".into(), device: Some("Card".into()), ..Provenance::default() }
}

fn import(map: &str, table: &str) -> Result<Imported, ImportError> {
    read(table.as_bytes(), &Map::parse("map.toml", map)?, &provenance(), &Selection::default())
}

fn refused(map: &str, table: &str) -> String {
    import(map, table).unwrap_err().to_string()
}

#[test]
fn a_table_is_read_by_its_map() {
    let imported = import(MAP, TABLE).unwrap();
    let rows = &imported.results.rows;
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.point.op, row.point.dtype, row.point.gemm.k(), row.timing.unwrap()))
        .collect();
    let timing =
        Timing { samples: Some(20), median_us: Some(500.0), min_us: Some(250.0), ..Timing::default() };
    assert_eq!(
        seen,
        [
            (Op::Bmm, Dtype::F16, 32, timing),
            (Op::Score, Dtype::Bf16, 64, timing),
            (Op::Gemm, Dtype::F32, 32, Timing::only(Stat::Median, 2000.0, None)),
        ]
    );
    assert_eq!(rows[1].note, "a, b");
    let account = imported.account;
    assert_eq!((account.read, account.unreadable.count), (7, 4));
    let said = account.troubles().join("\n");
    for line in [
        "5: time_median = \"OOM\": want a finite number above 0",
        "6: time_median = \"nan\"",
        "7: k = 0: want 1 to 2147483647",
        "8: 2 fields: want 11, as the header has",
    ] {
        assert!(said.contains(line), "no {line:?} in {said}");
    }
    let results = imported.results;
    assert_eq!(Results::parse("r.csv", results.to_csv()).unwrap(), results);
    assert_eq!(import(MAP, &TABLE.replace('\n', "\r\n")).unwrap().results, results);
}

#[test]
fn a_map_that_cannot_be_is_refused_with_its_line() {
    for (from, to, says) in [
        (
            "time_unit = \"ms\"",
            "time_unit = \"min\"",
            "map.toml:2: unknown variant `min`, expected one of `s`, `ms`, `us`, `ns`",
        ),
        ("m = \"M\"", "rows = \"M\"", "map.toml:8: unknown variant `rows`"),
        ("layout = \"nt\"", "k = 3", "map.toml:17: k has a column too"),
        ("stat = \"median\"", "", "map.toml:1: several times: want stat"),
        ("stat = \"median\"", "stat = \"max\"", "map.toml:1: stat = max: want a column for time_max"),
        ("stat = \"median\"", "stat = \"best\"", "want median, min, max, mean"),
        ("timer = \"event\"", "timer = \"watch\"", "map.toml:4: timer = \"watch\": want event, graph, host"),
        ("timer = \"event\"", "colour = 1", "map.toml:4: unknown field `colour`"),
        ("layout = \"nt\"", "time_max = 3", "time_max is the same for no two records"),
    ] {
        let said = refused(&MAP.replacen(from, to, 1), TABLE);
        assert!(said.contains(says), "no {says:?} in {said}");
    }
}

#[test]
fn a_column_that_is_not_there_or_twice_is_named_with_those_there_are() {
    assert_eq!(
        refused(&MAP.replace("\"M\"", "\"rows\""), TABLE),
        "t.csv:1: column \"rows\" is nowhere in the header: want it once; the header has , which, B, M, N, K, \
         dtype, median (ms), fastest, runs, remark"
    );
    assert!(
        refused(MAP, &TABLE.replace("remark", "M")).contains("column \"M\" is several times in the header")
    );
    assert!(refused(MAP, "").contains("no measurement to import"));
}

#[test]
fn a_median_of_medians_is_not_made_up() {
    let twice = format!("{TABLE}7,bmm,8,64,128,32,torch.float16,0.6,0.2,20,\n");
    assert!(refused(MAP, &twice).starts_with("t.csv:9: the same point as before, by median"));
    let fastest = MAP.replace("stat = \"median\"", "stat = \"min\"");
    let rows = import(&fastest, &twice).unwrap().results.rows;
    let timing = rows[0].timing.unwrap();
    assert_eq!((timing.min_us, timing.median_us, timing.samples), (Some(200.0), None, Some(40)));
}

#[test]
fn times_that_contradict_each_other_are_left_out() {
    let imported = import(MAP, &TABLE.replacen("0.5,0.25", "0.5,0.75", 1)).unwrap();
    assert_eq!(imported.results.rows.len(), 2);
    assert!(imported.account.troubles()[0].contains("2: times that are not in order"));
}

const PLAIN: &str = "time_unit = \"us\"\n[column]\nm = \"m\"\nn = \"n\"\nk = \"k\"\ntime_mean = \"us\"\n[constant]\ndtype = \"f16\"\n";

fn times(imported: &Imported) -> Vec<f64> {
    let stat = imported.results.stat();
    imported.results.rows.iter().map(|row| row.timing.unwrap().time_us(stat).unwrap()).collect()
}

#[test]
fn kernels_of_one_shape_are_not_one_row() {
    let table = "m,n,k,kernel,us\n64,32,16,naive,90\n64,32,16,cublas,10\n64,32,16,naive,92\n";
    let said = refused(PLAIN, table);
    assert!(said.contains("nothing says what \"kernel\" (naive at 2, cublas at 3) is"), "{said}");
    assert!(said.contains("[where]") && said.contains("ignore = "), "{said}");
    let only = import(&format!("{PLAIN}[where]\nkernel = \"cublas\"\n"), table).unwrap();
    assert_eq!((times(&only), only.account.not_selected), (vec![10.0], 2));
    let table = "m,n,k,kernel,us\n64,32,16,naive,90\n64,32,16,cublas,10\n";
    let keyed =
        import(&PLAIN.replace("[constant]", "kernel = \"kernel\"\n[constant]"), table).unwrap().results;
    let kernels: Vec<_> = keyed.rows.iter().map(|row| row.kernel_name().unwrap()).collect();
    assert_eq!(kernels, ["naive", "cublas"]);
    assert_eq!(Results::parse("r.csv", keyed.to_csv()).unwrap(), keyed);
    let ignored = format!("ignore = [\"kernel\"]\n{PLAIN}");
    assert!(refused(&ignored, table).contains("the same point as before"), "a mean of unknown weights");
    // The same in every row: a note.
    let one = import(
        PLAIN,
        &table.replace("naive,90", "cublas,90").replace("64,32,16,cublas,10", "65,32,16,cublas,10"),
    );
    assert_eq!(one.unwrap().results.rows[1].note, "kernel = cublas");
    assert!(refused(&format!("{PLAIN}[where]\nlib = \"x\"\n"), table).contains("column \"lib\" is nowhere"));
}

#[test]
fn what_nobody_said_is_not_known() {
    let imported = import(PLAIN, "m,n,k,us\n64,32,16,90\n").unwrap();
    let point = imported.results.rows[0].point;
    assert_eq!(
        (point.layout, point.engine, point.pacing, point.cache),
        (Layout::Other, Engine::Other, Pacing::Other, Cache::Other)
    );
    let said = imported.account.to_string();
    assert!(
        said.contains("the file does not say layout, engine, pacing, cache: recorded as other"),
        "{said}"
    );
}

#[test]
fn a_second_header_is_followed_or_refused() {
    let again = "m,n,k,us\n64,32,16,90\nk,us,n,m\n17,91,33,65\n";
    let imported = import(PLAIN, again).unwrap();
    let gemm = imported.results.rows[1].point.gemm;
    assert_eq!((gemm.m(), gemm.n(), gemm.k(), times(&imported)), (65, 33, 17, vec![90.0, 91.0]));
    let said = imported.account.to_string();
    assert!(
        said.contains("a header stands again at line 3: its rows are read by it, as of the same card"),
        "{said}"
    );
    // What only one of them has differs.
    let wider = refused(PLAIN, "m,n,k,us\n64,32,16,90\nx,m,n,k,us\n0,65,33,17,91\n");
    assert!(wider.contains("\"x\" (0 at 4, no such column elsewhere)"), "{wider}");
    for other in ["m,n,k,ms\n64,32,17,0.09\n", "rows,columns,depth,time\n64,32,17,0.09\n"] {
        let said = refused(PLAIN, &format!("m,n,k,us\n64,32,16,90\n{other}"));
        assert!(said.starts_with("t.csv:3: ") && said.contains("looks like a second header"), "{said}");
    }
    // A row of a shape that failed has numbers, a rule of dashes has no words.
    let failed = import(PLAIN, "m,n,k,us\n64,32,16,90\n64,32,17,out of memory\n---,---,---,---\n").unwrap();
    assert_eq!(failed.account.unreadable.count, 2);
}

#[test]
fn what_is_printed_ahead_of_the_header_is_skipped() {
    let imported = import(PLAIN, "GPU benchmark v3\nwarm-up, done\n\nm,n,k,us\n64,32,16,90\n").unwrap();
    assert_eq!((times(&imported), imported.account.other_lines), (vec![90.0], 3));
    // Where there is none, the line that is most like one is named.
    let said = refused(PLAIN, "a title\nm,n,k,time\n64,32,16,90\n");
    assert!(said.starts_with("t.csv:2: column \"us\" is nowhere in the header"), "{said}");
}

#[test]
fn a_header_in_another_encoding_is_no_reason_to_take_the_first_row_for_it() {
    let map = Map::parse("map.toml", PLAIN).unwrap();
    let read =
        |bytes: &[u8]| read(bytes, &map, &provenance(), &Selection::default()).unwrap_err().to_string();
    assert_eq!(read(b"m,n,k,\xb5s\n64,32,16,90\n"), "t.csv:1: not UTF-8, perhaps Latin-1: save it as UTF-8");
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("m,n,k,us\n".bytes().flat_map(|b| [b, 0])).collect();
    assert_eq!(read(&utf16), "t.csv:1: not UTF-8, but UTF-16: save it as UTF-8");
}

#[test]
fn each_row_has_its_card_or_the_second_one_is_refused() {
    let map = PLAIN.replace("[constant]", "device = \"gpu\"\n[constant]");
    let table = "m,n,k,gpu,us\n64,32,16,A,90\n64,32,16,B,91\n65,32,16,A,92\n";
    let map = Map::parse("map.toml", &map).unwrap();
    let nameless = Provenance { device: None, ..provenance() };
    let imported = read(table.as_bytes(), &map, &nameless, &Selection::default()).unwrap();
    assert_eq!(imported.results.rows.iter().map(|row| row.device).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(imported.results.front_matter.device[1].name, "B");
    let said = read(table.as_bytes(), &map, &provenance(), &Selection::default()).unwrap_err().to_string();
    assert!(
        said.starts_with("t.csv:3: a second card, \"B\" after \"A\": --device names them both \"Card\""),
        "{said}"
    );
    let unnamed = read(
        b"m,n,k,us\n".as_slice(),
        &Map::parse("map.toml", PLAIN).unwrap(),
        &nameless,
        &Selection::default(),
    );
    assert!(unnamed.unwrap_err().to_string().contains("does not say which GPU"));
}

#[test]
fn a_unit_that_cannot_be_is_said_with_the_one_that_fits() {
    let card = Provenance { device: Some("NVIDIA H100 80GB HBM3".into()), ..provenance() };
    let warnings = |map: &str, table: &str| {
        let map = Map::parse("map.toml", map).unwrap();
        read(table.as_bytes(), &map, &card, &Selection::default()).unwrap().account.warnings.join("; ")
    };
    // 300 us: in ms it is 0.3.
    let said = warnings(PLAIN, "m,n,k,us\n4096,4096,4096,0.3\n");
    assert!(said.contains("458130 TFLOP/s") && said.contains("Read as us; ms would fit"), "{said}");
    assert_eq!(warnings(PLAIN, "m,n,k,us\n4096,4096,4096,300\n"), "");
    let rate = "stat = \"mean\"\n[column]\nm = \"m\"\nn = \"n\"\nk = \"k\"\ntflops = \"rate\"\n[constant]\ndtype = \"f16\"\n";
    let said = warnings(rate, "m,n,k,rate\n4096,4096,4096,458130\n");
    assert!(said.contains("Read as tflops; gflops would fit"), "{said}");
}

#[test]
fn one_row_that_no_device_can_have_done_does_not_cost_the_others() {
    let imported = import(PLAIN, "m,n,k,us\n4096,4096,4096,300\n4096,4096,4095,0.0001\n").unwrap();
    assert_eq!(times(&imported), [300.0]);
    let said = imported.account.troubles().join("");
    assert!(said.contains("3: a mean time of 0.0001 us makes") && said.contains("no device does"), "{said}");
    let all = refused(PLAIN, "m,n,k,us\n4096,4096,4096,0.0001\n");
    assert!(
        all.starts_with("t.csv: no measurement to import") && all.contains("the unit or a size"),
        "{all}"
    );
}

#[test]
fn a_throughput_makes_the_time_or_is_held_against_it() {
    let rate = |field: &str| {
        format!(
            "stat = \"median\"\n[column]\nm = \"m\"\nn = \"n\"\nk = \"k\"\n{field} = \"rate\"\n[constant]\ndtype = \"f16\"\n"
        )
    };
    // 2 · 100 · 100 · 100 FLOP at 0.5 TFLOP/s.
    for (field, value) in [("tflops", "0.5"), ("gflops", "500")] {
        let imported = import(&rate(field), &format!("m,n,k,rate\n100,100,100,{value}\n")).unwrap();
        assert!((times(&imported)[0] - 4.0).abs() < 1e-12 && imported.results.stat() == Stat::Median);
    }
    assert!(refused(&rate("tflops").replace("stat = \"median\"\n", ""), "").contains("want stat"));
    let beside = PLAIN.replace("[constant]", "gflops = \"rate\"\n[constant]");
    let table = "m,n,k,us,rate\n100,100,100,4,500\n100,100,101,4,5\n100,100,102,4,\n";
    let imported = import(&beside, table).unwrap();
    assert_eq!((imported.account.inconsistent.count, times(&imported).len()), (1, 3));
    assert_eq!(imported.results.rows[1].note, "gflops is 5, 505.0000 by the time");
    assert!(imported.account.troubles()[0].contains("the time counts; first at\n  3: gflops is 5"));
    let nowhere = import(&beside, "m,n,k,us,rate\n100,100,100,4,0.5\n").unwrap().account.warnings.join("");
    assert!(nowhere.contains("agree nowhere"), "{nowhere}");
}

#[test]
fn operands_are_transposed_row_by_row_or_as_blas_has_them() {
    let map = |order: &str| {
        format!("{order}{}", PLAIN.replace("[constant]", "trans_a = \"ta\"\ntrans_b = \"tb\"\n[constant]"))
    };
    let shape = |map: &str, words: &str| {
        let point =
            import(map, &format!("m,n,k,ta,tb,us\n64,32,16,{words},90\n")).unwrap().results.rows[0].point;
        (point.layout, point.gemm.m(), point.gemm.n(), point.gemm.k())
    };
    // cublasGemmEx, rocBLAS, hipBLASLt: T, N is a linear layer's product.
    let blas = map("order = \"column-major\"\n");
    assert_eq!(shape(&blas, "T,N"), (Layout::Nt, 32, 64, 16));
    assert_eq!(shape(&blas, "N,N"), (Layout::Nn, 32, 64, 16));
    assert_eq!(shape(&blas, "N,T"), (Layout::Tn, 32, 64, 16));
    // Row by row, as PyTorch has them.
    assert_eq!(shape(&map(""), "N,T"), (Layout::Nt, 64, 32, 16));
    assert_eq!(shape(&map("order = \"row-major\"\n"), "True,True"), (Layout::Tt, 64, 32, 16));
    let imported = import(&blas, "m,n,k,ta,tb,us\n64,32,16,T,N,90\n64,32,16,x,N,90\n").unwrap();
    assert!(imported.account.troubles()[0].contains("trans_a = \"x\": want N or T"));
    assert!(!imported.account.to_string().contains("does not say layout"), "{}", imported.account);
    for (bad, says) in [
        (format!("order = \"column-major\"\n{PLAIN}"), "want trans_a and trans_b"),
        (format!("order = \"fortran\"\n{PLAIN}"), "order = \"fortran\": want row-major, column-major"),
        (format!("{PLAIN}trans_a = \"N\"\n"), "want both of trans_a and trans_b"),
        (format!("{}layout = \"nn\"\n", map("")), "layout and trans_a say the same"),
    ] {
        assert!(refused(&bad, "").contains(says), "{says}: {}", refused(&bad, ""));
    }
}

#[test]
fn a_spreadsheet_s_semicolons_and_commas_are_read() {
    let map = format!("delimiter = \";\"\ndecimal = \",\"\n{PLAIN}");
    let imported = import(&map, "m;n;k;us\n64;32,0;16;90,25\n").unwrap();
    assert_eq!((times(&imported), imported.results.rows[0].point.gemm.n()), (vec![90.25], 32));
    assert_eq!(
        times(&import(&format!("delimiter = \"tab\"\n{PLAIN}"), "m\tn\tk\tus\n64\t32\t16\t90.5\n").unwrap()),
        [90.5]
    );
    let quoted = import(PLAIN, "\"m\", \"n\",\"k\" , \"us\"\n\"64\", 32, \"16\", \"90.5\"\n").unwrap();
    assert_eq!(times(&quoted), [90.5]);
    assert!(refused(&format!("delimiter = \";;\"\n{PLAIN}"), "").contains("want one character, or tab"));
    assert!(refused(&format!("decimal = \";\"\n{PLAIN}"), "").contains("decimal = \";\": want ., ,"));
}

#[test]
fn columns_of_several_programs_are_rows_of_several_engines() {
    let map = "rate_unit = \"tflops\"\nstat = \"median\"\n[column]\nm = \"M\"\nn = \"N\"\nk = \"K\"\n[constant]\ndtype = \"f16\"\n\
               layout = \"nn\"\n[provider]\ncuBLAS = \"cublas\"\nTriton = \"triton\"\nMine = \"other\"\nYours = \"other\"\n";
    let table = "M,N,K,cuBLAS,Triton,Mine,Yours\n100.0,100,100,0.5,0.25,1,\n200,100,100,0.5,nan,2,4\n";
    let imported = import(map, table).unwrap();
    let rows: Vec<_> = imported
        .results
        .rows
        .iter()
        .map(|row| {
            let time = row.timing.unwrap().median_us.unwrap();
            (row.point.gemm.m(), row.point.engine.as_str(), row.kernel_name().unwrap_or_default(), time)
        })
        .collect();
    assert_eq!(
        rows,
        [
            (100, "other", "Mine", 2.0),
            (100, "triton", "", 8.0),
            (100, "cublas", "", 4.0),
            (200, "other", "Mine", 2.0),
            (200, "other", "Yours", 1.0),
            (200, "cublas", "", 8.0),
        ]
    );
    assert_eq!(imported.account.unreadable.count, 1);
    assert!(!imported.account.to_string().contains("does not say engine"), "{}", imported.account);
    let by_time = map.replace("rate_unit = \"tflops\"", "time_unit = \"ms\"");
    assert_eq!(times(&import(&by_time, table).unwrap())[0], 1000.0);
    for (bad, says) in [
        (map.replace("rate_unit = \"tflops\"\n", ""), "want time_unit = "),
        (map.replace("stat = \"median\"\n", ""), "want stat"),
        (map.replace("Triton = \"triton\"", "Triton = \"openai\""), "Triton = \"openai\": want cublas"),
        (map.replace("[constant]", "time_mean = \"x\"\n[constant]"), "[provider] has the columns of times"),
    ] {
        assert!(refused(&bad, table).contains(says), "{says}: {}", refused(&bad, table));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), map in "[ -~\n]{0,80}") {
        let _ = Map::parse("map.toml", &map);
        let map = Map::parse("map.toml", MAP).unwrap();
        let table = [TABLE.as_bytes(), &bytes].concat();
        if let Ok(imported) = read(&table[..], &map, &provenance(), &Selection::default()) {
            prop_assert_eq!(Results::parse("r.csv", imported.results.to_csv()).unwrap(), imported.results);
        }
    }

    #[test]
    fn times_come_through_in_microseconds(times in prop::collection::vec(1.0f64..1e9, 1..20), unit in 0usize..4) {
        let (name, us) = [("s", 1e6), ("ms", 1e3), ("us", 1.0), ("ns", 1e-3)][unit];
        let map = format!("time_unit = \"{name}\"\n[column]\nm = \"m\"\ntime_mean = \"t\"\n[constant]\nn = 30\nk = 40\ndtype = \"f16\"");
        let mut table = "m,t\n".to_owned();
        for (i, time) in times.iter().enumerate() {
            table.push_str(&format!("{},{}\n", i + 1, time / us));
        }
        let rows = import(&map, &table).unwrap().results.rows;
        let read: Vec<f64> = rows.iter().map(|row| row.timing.unwrap().mean_us.unwrap()).collect();
        for (read, time) in read.iter().zip(&times) {
            prop_assert!((read / time - 1.0).abs() < 1e-12);
        }
        prop_assert_eq!(rows.len(), times.len());
    }
}

use super::*;
use crate::parquet::made_up::{Values, file};
use hovera_core::made_up as rows;
use proptest::prelude::*;

/// A table of AIConfigurator: card, framework, version, op, path, dtype, m, n, k, latency in ms.
type Line<'l> = (&'l str, &'l str, &'l str, &'l str, &'l str, &'l str, [i64; 3], f64);

const H100: &str = "NVIDIA H100 80GB HBM3";
const A100: &str = "NVIDIA A100-SXM4-80GB";

fn columns<'l>(lines: &[Line<'l>]) -> Vec<(&'static str, Values)> {
    let texts = |of: fn(&Line<'l>) -> &'l str| Values::texts(&lines.iter().map(of).collect::<Vec<_>>());
    let sizes = |at: usize| Values::integers(&lines.iter().map(|line| line.6[at]).collect::<Vec<_>>());
    // Not in the order in which files have them: columns go by their names.
    vec![
        ("latency", Values::numbers(&lines.iter().map(|line| line.7).collect::<Vec<_>>())),
        ("k", sizes(2)),
        ("m", sizes(0)),
        ("n", sizes(1)),
        ("framework", texts(|line| line.1)),
        ("version", texts(|line| line.2)),
        ("device", texts(|line| line.0)),
        ("op_name", texts(|line| line.3)),
        ("kernel_source", texts(|line| line.4)),
        ("gemm_dtype", texts(|line| line.5)),
    ]
}

fn bytes(lines: &[Line<'_>]) -> Vec<u8> {
    file(&columns(lines), 1000)
}

fn import_with(
    tables: &[Vec<u8>],
    filters: &[&str],
    ignored: &[&str],
    selection: &Selection,
) -> Result<Imported, String> {
    let [filters, ignored] =
        [filters, ignored].map(|list| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
    let columns = Naming::parse(&[], &filters, &ignored).unwrap();
    let provenance = Provenance { file: "gemm_perf.parquet".into(), ..Provenance::default() };
    let mut reader = Reader::new(&columns, &provenance, selection);
    for (number, table) in (1..).zip(tables) {
        reader.add(&format!("{number}.parquet"), table.clone()).map_err(|error| error.to_string())?;
    }
    reader.finish().map_err(|error| error.to_string())
}

fn import(tables: &[Vec<u8>]) -> Result<Imported, String> {
    import_with(tables, &[], &[], &Selection::default())
}

#[test]
fn a_latency_in_ms_is_the_mean_of_a_product_with_weights() {
    let lines = [
        (H100, "TRTLLM", "1.3.0", "gemm", "torch_flow", "bfloat16", [16, 4096, 12288], 0.025),
        (H100, "TRTLLM", "1.3.0", "gemm", "torch_flow", "float16", [16, 4096, 12288], 0.0125),
        (H100, "TRTLLM", "1.3.0", "gemm", "CutlassFP8ScaledMMLinearKernel", "fp8", [1, 32, 64], 0.002),
    ];
    let imported = import(&[bytes(&lines)]).unwrap();
    let row = &imported.results.rows[0];
    let point = row.point;
    assert_eq!(
        (point.op, point.pass, point.dtype, point.layout, point.engine, point.pacing, point.cache),
        (Op::Gemm, Pass::Forward, Dtype::Bf16, Layout::Nt, Engine::Other, Pacing::Other, Cache::Other)
    );
    // m is tokens, n and k are as they are called.
    assert_eq!(
        (point.gemm.gemm_batch(), point.gemm.m(), point.gemm.n(), point.gemm.k()),
        (1, 16, 4096, 12288)
    );
    assert_eq!(row.timing, Some(Timing::only(Stat::Mean, 25.0, None)));
    assert_eq!((row.kernel_name(), row.note.as_str()), (Some("torch_flow"), ""));
    let eight = &imported.results.rows[2];
    assert_eq!(imported.results.rows[1].point.dtype, Dtype::F16);
    assert_eq!((eight.point.dtype, eight.point.engine), (Dtype::F8e4m3, Engine::Cutlass));
    assert_eq!(eight.kernel_name(), Some("CutlassFP8ScaledMMLinearKernel fp8"));
    let front = &imported.results.front_matter;
    assert_eq!((front.device[0].name.as_str(), front.software.gemm.as_str()), (H100, "TRTLLM 1.3.0"));
    assert_eq!((front.method.timer.as_str(), front.method.stat), ("graph", Stat::Mean));
    let said = imported.account.to_string();
    assert!(
        said.starts_with("read 3 rows\nthe file does not say engine, pacing, cache: recorded as other"),
        "{said}"
    );
    assert!(
        said.contains("the mean over the replays of a CUDA graph") && said.contains("the quantising"),
        "{said}"
    );
    assert_eq!(Results::parse("r.csv", imported.results.to_csv()).unwrap().rows, imported.results.rows);
}

#[test]
fn what_is_no_product_of_one_type_is_counted_by_name_and_a_word_that_is_not_known_is_refused() {
    let line = |op, dtype, latency| (H100, "SGLang", "0.5", op, "sglang", dtype, [8, 64, 128], latency);
    let lines = [
        line("gemm", "bfloat16", 0.01),
        line("gemm", "nvfp4", 0.01),
        line("gemm", "int8_wo", 0.01),
        line("gemm", "int4_wo", 0.01),
        line("gemm", "sq", 0.01),
        line("moe", "bfloat16", 0.01),
        line("gemm", "fp8", -1.0),
        line("gemm", "fp8_block", f64::NAN),
    ];
    let imported = import(&[bytes(&lines)]).unwrap();
    assert_eq!(imported.results.rows.len(), 1);
    let said = imported.account.to_string();
    assert!(said.contains("no GEMM, not imported: 1 moe"), "{said}");
    for left_out in
        ["1 of 4 bits (nvfp4)", "activations of 16 (int8_wo)", "activations of 16 (int4_wo)", "(sq)"]
    {
        assert!(said.contains(left_out), "{said}");
    }
    let unreadable = &imported.account.unreadable;
    assert_eq!(unreadable.first[0], (7, "latency = \"-1\": want a finite number above 0".to_owned()));
    assert_eq!((unreadable.count, unreadable.first[1].0), (2, 8));
    let unknown = bytes(&[line("gemm", "bfloat16", 0.01), line("gemm", "int3", 0.01)]);
    let said = import(std::slice::from_ref(&unknown)).unwrap_err();
    assert!(said.starts_with("1.parquet:2: gemm_dtype = \"int3\": want bfloat16, float16, fp8, "), "{said}");
    let one = import_with(&[unknown], &["gemm_dtype=bfloat16"], &[], &Selection::default()).unwrap();
    assert_eq!((one.results.rows.len(), one.account.not_selected), (1, 1));
}

#[test]
fn each_card_has_its_rows_and_a_second_version_on_one_is_refused() {
    let line =
        |card, version, m| (card, "VLLM", version, "gemm", "vllm_default", "bfloat16", [m, 64, 128], 0.01);
    let two = bytes(&[line(H100, "0.24.0", 1), line(A100, "0.14.0", 1), line(H100, "0.24.0", 2)]);
    let results = import(std::slice::from_ref(&two)).unwrap().results;
    assert_eq!(results.rows.iter().map(|row| row.device).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(results.front_matter.software.gemm, format!("{H100}: VLLM 0.24.0; {A100}: VLLM 0.14.0"));
    // Of two tables as well.
    let other = bytes(&[line(A100, "0.14.0", 4), line(H100, "0.19.0", 4)]);
    let said = import(&[two.clone(), other.clone()]).unwrap_err();
    assert!(
        said.starts_with(
            "2.parquet:2: a second version, \"VLLM 0.19.0 of NVIDIA H100 80GB HBM3\" after \"VLLM 0.24.0\""
        ),
        "{said}"
    );
    let one =
        import_with(&[two.clone(), other.clone()], &["version=0.14.0"], &[], &Selection::default()).unwrap();
    assert_eq!((one.results.rows.len(), one.account.read), (2, 5));
    let by_number = import_with(&[two], &["m=2"], &[], &Selection::default()).unwrap();
    assert_eq!(by_number.results.rows[0].point.gemm.m(), 2);
    let said = import_with(&[other], &["colour=red"], &[], &Selection::default()).unwrap_err();
    assert!(said.starts_with("column = \"colour\": want a column of 1.parquet: latency, k, m"), "{said}");
}

#[test]
fn products_measured_twice_are_the_mean_of_both_and_paths_are_kept_apart() {
    let line = |path, dtype, ms| (A100, "SGLang", "0.5", "gemm", path, dtype, [8, 64, 128], ms);
    let lines = [
        line("sglang", "fp8", 0.010),
        line("sglang", "fp8_block", 0.020),
        line("deepgemm", "fp8_block", 0.030),
        line("sglang", "fp8", 0.014),
    ];
    let imported = import(&[bytes(&lines)]).unwrap();
    let rows: Vec<_> =
        imported.results.rows.iter().map(|row| (row.kernel_name().unwrap(), row.timing.unwrap())).collect();
    let mean = |us| Timing::only(Stat::Mean, us, None);
    assert_eq!(
        rows,
        [("sglang fp8", mean(12.0)), ("sglang fp8_block", mean(20.0)), ("deepgemm fp8_block", mean(30.0))]
    );
    assert!(
        imported.results.rows[0].note.starts_with("measured 2 times, "),
        "{}",
        imported.results.rows[0].note
    );
    assert_eq!(imported.account.merged, 1);
}

#[test]
fn further_columns_are_kept_where_they_are_the_same_and_refused_where_they_differ() {
    let line = |m| (H100, "TRTLLM", "1", "gemm", "torch_flow", "bfloat16", [m, 64, 128], 0.01);
    let lines = [line(1), line(2)];
    let with = |name: &'static str, values: Values| {
        let mut columns = columns(&lines);
        columns.push((name, values));
        columns.push(("power", Values::numbers(&[300.5, 400.25])));
        [file(&columns, 1000)]
    };
    let same = import(&with("power_limit", Values::numbers(&[700.0, 700.0]))).unwrap();
    assert_eq!(
        same.results.rows.iter().map(|row| row.note.as_str()).collect::<Vec<_>>(),
        ["power_limit = 700"; 2]
    );
    assert_eq!(same.results.rows[1].telemetry.power_w, Some(400.25));
    let mut impossible = columns(&lines);
    impossible.push(("power", Values::numbers(&[1e60, f64::NAN])));
    let imported = import(&[file(&impossible, 1000)]).unwrap();
    assert_eq!(imported.account.unreadable.first[0].1, "power = 1e60: want watts, no more than 1e7");
    assert_eq!((imported.results.rows.len(), imported.results.rows[0].telemetry.power_w), (1, None));
    let differs = with("weights", Values::texts(&["k_major", "n_major"]));
    let said = import(&differs).unwrap_err();
    assert!(said.contains("nothing says what \"weights\" (k_major at 1, n_major at 2) is"), "{said}");
    assert!(said.contains("--where NAME=VALUE, or ignore it, with --ignore NAME"), "{said}");
    assert_eq!(
        import_with(&differs, &[], &["weights"], &Selection::default()).unwrap().results.rows.len(),
        2
    );
    let one = import_with(&differs, &["weights=n_major"], &[], &Selection::default()).unwrap();
    assert_eq!(one.results.rows[0].point.gemm.m(), 2);
}

#[test]
fn tables_of_other_things_are_told_apart_and_damaged_ones_say_so() {
    let attention = file(&[("batch", Values::integers(&[1])), ("latency", Values::numbers(&[1.0]))], 10);
    let said = import(&[attention]).unwrap_err();
    assert_eq!(
        said,
        "1.parquet: no table of GEMMs: it has no column device, gemm_dtype, m, n, k; it has batch, latency"
    );
    let whole = bytes(&[(H100, "TRTLLM", "1", "gemm", "torch_flow", "bfloat16", [1, 64, 128], 0.01)]);
    for (damaged, why) in [
        (Vec::new(), "1.parquet: not a Parquet file that can be read: "),
        (whole[..whole.len() / 2].to_vec(), "1.parquet: not a Parquet file that can be read: "),
        (b"m,n,k,latency\n1,2,3,4\n".to_vec(), "1.parquet: not a Parquet file that can be read: "),
    ] {
        let said = import(&[damaged]).unwrap_err();
        assert!(said.starts_with(why) && said.len() > why.len(), "{said}");
    }
    let wrong = columns(&[(H100, "TRTLLM", "1", "gemm", "torch_flow", "bfloat16", [1, 64, 128], 0.01)]);
    let wrong: Vec<_> = wrong
        .into_iter()
        .map(|(name, values)| (name, if name == "m" { Values::texts(&["1"]) } else { values }))
        .collect();
    let said = import(&[file(&wrong, 10)]).unwrap_err();
    assert!(said.contains("1: m = \"1\": want an integer above 0"), "{said}");
}

#[test]
fn only_products_of_sizes_that_are_wanted_are_taken() {
    let line = |m| (H100, "TRTLLM", "1", "gemm", "torch_flow", "bfloat16", [m, 64, 128], 0.01);
    let products = Some([Gemm::new(1, 2, 64, 128).unwrap(), Gemm::new(1, 2, 128, 64).unwrap()].into());
    let selection = Selection { products, ..Selection::default() };
    let imported = import_with(&[bytes(&[line(1), line(2)])], &[], &[], &selection).unwrap();
    assert_eq!(imported.results.rows.len(), 1);
    assert_eq!((imported.results.rows[0].point.gemm.m(), imported.account.not_selected), (2, 1));
}

proptest! {
    #[test]
    fn hovera_s_own_rows_written_as_a_table_come_back_with_their_times(
        products in prop::collection::btree_map([1u32..5000, 1u32..5000, 1u32..5000], 1.0f64..1e6, 1..60)
    ) {
        let products: Vec<_> = products.into_iter().collect();
        let own = products.iter().map(|([m, n, k], us)| {
            let row = rows::row_of(rows::product(Op::Gemm, (1, u64::from(*m), u64::from(*n), u64::from(*k)))).lost(Status::Ok, "");
            Row { timing: Some(Timing::only(Stat::Mean, *us, None)), ..row }
        });
        let own: Vec<Row> = own.collect();
        let lines: Vec<Line<'_>> = own
            .iter()
            .map(|row| {
                let gemm = row.point.gemm;
                let ms = row.timing.unwrap().mean_us.unwrap() / 1e3;
                let sizes = [gemm.m(), gemm.n(), gemm.k()].map(i64::from);
                (H100, "TRTLLM", "1", "gemm", "torch_flow", "float16", sizes, ms)
            })
            .collect();
        let imported = import(&[bytes(&lines)]).unwrap();
        prop_assert_eq!(imported.results.rows.len(), own.len());
        for (read, written) in imported.results.rows.iter().zip(&own) {
            prop_assert_eq!(read.point.gemm, written.point.gemm);
            let [read, written] = [read, written].map(|row| row.timing.unwrap().mean_us.unwrap());
            prop_assert!((read / written - 1.0).abs() < 1e-12);
        }
    }
}

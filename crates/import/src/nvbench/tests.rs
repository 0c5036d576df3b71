//! Files as `json_printer.cu` writes them. Every number is made up.

use super::*;
use hovera_core::Op;
use proptest::prelude::*;

/// A state of the benchmark, with its summaries.
fn state(axes: &str, summaries: &[(&str, &str, &str)], end: &str) -> String {
    let axes: Vec<String> = axes
        .split_whitespace()
        .map(|axis| {
            let (name, value) = axis.split_once('=').unwrap();
            let kind = if value.parse::<i64>().is_ok() { "int64" } else { "string" };
            format!(r#"{{"name": "{name}", "type": "{kind}", "value": "{value}"}}"#)
        })
        .collect();
    let summaries: Vec<String> = summaries
        .iter()
        .map(|(tag, kind, value)| {
            format!(
                r#"{{"tag": "{tag}", "name": "N", "description": "D", "hint": "duration",
                "data": [{{"name": "value", "type": "{kind}", "value": "{value}"}}]}}"#
            )
        })
        .collect();
    format!(
        r#"{{"name": "Device=0 X", "min_samples": 10, "timeout": 15.0, "device": 0, "type_config_index": 0,
        "axis_values": [{}], "summaries": [{}], {end}}}"#,
        axes.join(", "),
        summaries.join(", ")
    )
}

fn file(states: &[String]) -> String {
    format!(
        r#"{{"meta": {{"argv": ["./gemm", "--json", "x"], "version": {{"json": {{"major": 1, "string": "1.0.0"}},
        "nvbench": {{"major": 0, "string": "0.1.0", "git_is_dirty": false}}}}}},
        "devices": [{{"id": 0, "name": "NVIDIA H100 80GB HBM3", "sm_version": 900, "ptx_version": 900,
        "number_of_sms": 132, "global_memory_size": 85000000000, "l2_cache_size": 52428800, "ecc_state": true}}],
        "benchmarks": [{{"name": "gemm", "index": 0, "min_samples": 10, "devices": [0], "axes": null,
        "states": [{}]}}]}}"#,
        states.join(", ")
    )
}

const TIMES: [(&str, &str, &str); 7] = [
    ("nv/cold/sample_size", "int64", "1234"),
    ("nv/cold/time/cpu/mean", "float64", "9"),
    ("nv/cold/time/gpu/min", "float64", "0.0001"),
    ("nv/cold/time/gpu/max", "float64", "0.0004"),
    ("nv/cold/time/gpu/mean", "float64", "0.0002"),
    ("nv/cold/time/gpu/stdev/relative", "float64", "0.0123"),
    ("nv/cold/sm_clock_rate/mean", "float64", "1755000000"),
];

fn measured(axes: &str) -> String {
    state(axes, &TIMES, r#""is_skipped": false"#)
}

fn provenance() -> Provenance {
    Provenance { file: "x.json".into(), ..Provenance::default() }
}

fn import(text: &str, unsaid: &Unsaid) -> Result<Imported, ImportError> {
    read(text.as_bytes(), unsaid, &provenance(), &Selection::default())
}

fn refused(text: &str) -> String {
    import(text, &Unsaid::default()).unwrap_err().to_string()
}

#[test]
fn states_become_rows_of_the_mean_of_cold_launches() {
    let skipped =
        state("M=64 N=32 k=7 T=F16", &[], r#""is_skipped": true, "skip_reason": "too large # really""#);
    let text = file(&[measured("M=64 N=32 K=16 T=F16"), measured("M=64 N=32 K=16 Batch=8 T=BF16"), skipped]);
    let Imported { results, account } = import(&text, &Unsaid::default()).unwrap();
    let of =
        |row: &Row| (row.point.op, row.point.dtype, row.point.gemm.gemm_batch(), row.point.cache, row.status);
    assert_eq!(
        results.rows.iter().map(of).collect::<Vec<_>>(),
        [
            (Op::Gemm, Dtype::F16, 1, Cache::Cold, Status::Ok),
            (Op::Bmm, Dtype::Bf16, 8, Cache::Cold, Status::Ok),
            (Op::Gemm, Dtype::F16, 1, Cache::Cold, Status::Skipped),
        ]
    );
    let timing = results.rows[0].timing.unwrap();
    assert_eq!((timing.samples, timing.median_us), (Some(1234), None));
    let near = |time: Option<f64>, us: f64| (time.unwrap() / us - 1.0).abs() < 1e-12;
    assert!(near(timing.min_us, 100.0) && near(timing.mean_us, 200.0) && near(timing.max_us, 400.0));
    // 1.96 · 1.23 % · 200 us / √1234.
    assert!((timing.ci_us.unwrap() - 0.137_253).abs() < 1e-5, "{:?}", timing.ci_us);
    assert_eq!(results.rows[0].telemetry.sm_clock_mhz, Some(1755.0));
    assert_eq!(results.rows[0].note, "standard deviation 1.23 %");
    assert_eq!(results.rows[2].note, "too large _ really");
    let front = &results.front_matter;
    assert_eq!((front.method.stat, front.method.min_samples), (Stat::Mean, Some(10)));
    assert_eq!((front.method.cache.as_deref(), front.method.timer.as_str()), (Some("cold"), "event"));
    assert_eq!(front.software.gemm, "not known, by gemm of nvbench 0.1.0");
    let device = &front.device[0];
    assert_eq!(
        (device.sm_count, device.compute_capability.as_deref(), device.ecc),
        (Some(132), Some("9.0"), Some(true))
    );
    assert_eq!(account.troubles(), Vec::<String>::new());
    assert_eq!(Results::parse("r.csv", results.to_csv()).unwrap(), results);
}

#[test]
fn what_the_axes_do_not_say_is_asked_for() {
    let text = file(&[measured("m=64 n=32 k=16")]);
    assert!(refused(&text).contains("dtype is not said: name it with --dtype"), "{}", refused(&text));
    let unsaid = Unsaid { dtype: Some(Dtype::Tf32), layout: Some(Layout::Nt), ..Unsaid::default() };
    let point = import(&text, &unsaid).unwrap().results.rows[0].point;
    assert_eq!((point.dtype, point.layout, point.engine), (Dtype::Tf32, Layout::Nt, Engine::Other));
    assert_eq!((point.pacing, point.cache), (hovera_core::Pacing::Other, Cache::Cold));
}

#[test]
fn a_state_that_cannot_be_read_is_counted_and_the_rest_is_kept() {
    let without = |tag: &str| {
        let kept: Vec<_> = TIMES.into_iter().filter(|(t, ..)| *t != tag).collect();
        state("m=1 n=2 k=3 t=f16", &kept, r#""is_skipped": false"#)
    };
    let with = |tag: &str, value: &str| {
        let changed: Vec<_> =
            TIMES.iter().map(|(t, k, v)| (*t, *k, if *t == tag { value } else { *v })).collect();
        state("m=1 n=2 k=3 t=f16", &changed, r#""is_skipped": false"#)
    };
    for (bad, says) in [
        (without("nv/cold/time/gpu/mean"), "no nv/cold/time/gpu/mean"),
        (with("nv/cold/time/gpu/mean", "inf"), "nv/cold/time/gpu/mean = \"inf\""),
        (with("nv/cold/time/gpu/mean", "-1"), "nv/cold/time/gpu/mean = \"-1\""),
        (with("nv/cold/time/gpu/mean", "0.0005"), "times that are not in order"),
        (with("nv/cold/sample_size", "0"), "nv/cold/sample_size = \"0\""),
        (measured("m=0 n=2 k=3 t=f16"), "m = 0: want 1 to 2147483647"),
        (measured("m=99999999999999999999 n=2 k=3 t=f16"), "m = \"99999999999999999999\""),
    ] {
        let imported = import(&file(&[measured("m=64 n=32 k=16 t=f16"), bad]), &Unsaid::default()).unwrap();
        let said = imported.account.troubles().join("\n");
        assert_eq!(imported.results.rows.len(), 1);
        assert!(said.contains("  2: Device=0 X: ") && said.contains(says), "no {says:?} in {said}");
    }
}

fn naming(named: &[&str], filters: &[&str], ignored: &[&str]) -> Unsaid {
    let [named, filters, ignored] =
        [named, filters, ignored].map(|list| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    Unsaid { axes: Naming::parse(&named, &filters, &ignored).unwrap(), ..Unsaid::default() }
}

#[test]
fn an_axis_that_differs_is_said_what_it_is_or_the_file_is_refused() {
    let text = file(&[measured("m=64 n=32 k=16 t=f16 algo=a"), measured("m=64 n=32 k=16 t=f16 algo=b")]);
    let said = refused(&text);
    assert!(said.contains("nothing says what \"algo\" (a at 1, b at 2) is, which differs"), "{said}");
    assert!(said.contains("--axis NAME=kernel") && said.contains("--where NAME=VALUE"), "{said}");
    let kernels = import(&text, &naming(&["ALGO=kernel"], &[], &[])).unwrap().results;
    let names: Vec<_> = kernels.rows.iter().map(|row| row.kernel_name().unwrap()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(Results::parse("r.csv", kernels.to_csv()).unwrap(), kernels);
    let split = file(&[
        measured("m=64 n=32 k=16 t=f16 algo=a split=1"),
        measured("m=64 n=32 k=16 t=f16 algo=a split=2"),
    ]);
    let both = import(&split, &naming(&["algo=kernel", "split=kernel"], &[], &[])).unwrap();
    let names: Vec<_> = both.results.rows.iter().map(|row| row.kernel_name().unwrap()).collect();
    assert_eq!((names, both.account.merged), (vec!["algo=a split=1", "algo=a split=2"], 0));
    let one = import(&text, &naming(&[], &["algo=b"], &[])).unwrap();
    assert_eq!((one.results.rows.len(), one.account.not_selected, one.account.merged), (1, 1, 0));
    assert_eq!(import(&text, &naming(&[], &[], &["algo"])).unwrap().account.merged, 1);
    let both = import(&text, &naming(&[], &["algo=a", "algo=b"], &[]));
    assert!(both.unwrap_err().to_string().contains("what \"algo\""));
    let unknown = import(&text, &naming(&["shape=MxNxK"], &[], &[])).unwrap_err().to_string();
    assert!(unknown.contains("\"shape\": want an axis of x.json, which has m, n, k, t, algo"), "{unknown}");
    // One that only some states have differs too.
    let some = file(&[measured("m=64 n=32 k=16 t=f16"), measured("m=64 n=32 k=17 t=f16 algo=b")]);
    assert!(refused(&some).contains("\"algo\" (nothing at 1, b at 2)"), "{}", refused(&some));
}

#[test]
fn an_axis_that_is_the_same_everywhere_is_in_the_notes() {
    let text = file(&[measured("m=64 n=32 k=16 t=f16 algo=a")]);
    let imported = import(&text, &Unsaid::default()).unwrap();
    assert_eq!(imported.results.rows[0].note, "standard deviation 1.23 %; algo = a");
    assert!(imported.account.to_string().contains("kept in their notes: algo = a"), "{}", imported.account);
    assert!(
        imported
            .account
            .to_string()
            .contains("the file does not say layout, engine, pacing: recorded as other")
    );
}

#[test]
fn sizes_come_by_many_names_and_in_one_axis() {
    let text = file(&[measured("shape=64x32x16 T=fp16_fp16_fp16 BatchSize=48")]);
    let gemm = import(&text, &naming(&["shape=MxNxK"], &[], &[])).unwrap().results.rows[0].point.gemm;
    assert_eq!((gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()), (48, 64, 32, 16));
    let said = refused(&text);
    assert!(said.contains("m is not said: name its axis with --axis NAME=m, or --axis NAME=MxNxK"), "{said}");
    let short = import(&text.replace("64x32x16", "64x32"), &naming(&["shape=MxNxK"], &[], &[]));
    assert!(short.unwrap_err().to_string().contains("m is not said"));
}

#[test]
fn numbers_may_be_written_as_numbers_and_the_whole_reason_is_told() {
    let numbers = file(&[measured("m=64 n=32 k=16 t=f16")])
        .replace(r#""value": "64""#, r#""value": 64"#)
        .replace(r#""value": "0.0002""#, r#""value": 0.0002"#)
        .replace(r#""value": "1234""#, r#""value": 1234"#);
    assert_eq!(
        import(&numbers, &Unsaid::default()).unwrap().results,
        import(&file(&[measured("m=64 n=32 k=16 t=f16")]), &Unsaid::default()).unwrap().results
    );
    let nameless = measured("m=0 n=2 k=3 t=f16").replace("Device=0 X", "");
    let nameless = file(&[measured("m=64 n=32 k=16 t=f16"), nameless]);
    let said = import(&nameless, &Unsaid::default()).unwrap().account.troubles().join("");
    assert!(said.contains("\n  2: m = 0: want 1 to"), "{said}");
    let long = measured("m=0 n=2 k=3 t=f16").replace("Device=0 X", &"Device=0 ".repeat(40));
    let text = file(&[measured("m=64 n=32 k=16 t=f16"), long]);
    let said = import(&text, &Unsaid::default()).unwrap().account.troubles().join("");
    assert!(said.contains("m = 0: want 1 to 2147483647"), "{said}");
}

#[test]
fn the_absolute_deviation_and_a_median_make_an_interval_too() {
    let with = |tag: &'static str,
                value: &'static str,
                also: Option<(&'static str, &'static str, &'static str)>| {
        let kept = TIMES
            .into_iter()
            .filter(|(t, ..)| !t.contains("stdev"))
            .chain([(tag, "float64", value)])
            .chain(also);
        let text = file(&[state("m=1 n=2 k=3 t=f16", &kept.collect::<Vec<_>>(), r#""is_skipped": false"#)]);
        import(&text, &Unsaid::default()).unwrap().results.rows[0].timing.unwrap().ci_us.unwrap()
    };
    let absolute = with("nv/cold/time/gpu/stdev/absolute", "0.00000246", None);
    assert!((absolute - 0.137_253).abs() < 1e-5, "{absolute}");
    let median = with(
        "nv/cold/time/gpu/stdev/relative",
        "0.0123",
        Some(("nv/cold/time/gpu/median", "float64", "0.0002")),
    );
    assert!((median / absolute - 1.2533).abs() < 1e-4, "{median}");
}

#[test]
fn two_cards_are_two_cards_or_refused_under_one_name() {
    let text = file(&[
        measured("m=64 n=32 k=16 t=f16"),
        measured("m=64 n=32 k=16 t=f16").replace("\"device\": 0", "\"device\": 1"),
    ])
    .replace(
        r#""devices": [{"id": 0"#,
        r#""devices": [{"id": 1, "name": "NVIDIA A100-SXM4-40GB"}, {"id": 0"#,
    );
    let rows = import(&text, &Unsaid::default()).unwrap().results.rows;
    assert_eq!(rows.iter().map(|row| row.device).collect::<Vec<_>>(), [0, 1]);
    let named = Provenance { device: Some("One".into()), ..provenance() };
    let said =
        read(text.as_bytes(), &Unsaid::default(), &named, &Selection::default()).unwrap_err().to_string();
    assert!(said.contains("NVIDIA A100-SXM4-40GB") && said.contains("NVIDIA H100 80GB HBM3"), "{said}");
}

#[test]
fn several_benchmarks_are_told_apart_by_name() {
    let one = file(&[measured("m=64 n=32 k=16 t=f16")]);
    let start = one.find(r#"{"name": "gemm""#).unwrap();
    let end = one.len() - 2;
    let two = format!("{}, {}]}}", &one[..end], one[start..end].replace("\"gemm\"", "\"other\""));
    assert_eq!(refused(&two), "x.json: want one benchmark, named with --benchmark; the file has gemm, other");
    let named = |name: &str| import(&two, &Unsaid { benchmark: Some(name.into()), ..Unsaid::default() });
    assert!(named("other").unwrap().results.front_matter.software.gemm.contains("by other of"));
    assert!(named("third").is_err());
}

#[test]
fn what_is_no_such_file_is_refused() {
    assert!(refused("").starts_with("x.json:1: not nvbench's JSON: "), "{}", refused(""));
    assert!(refused("{\"benchmarks\": 3}").starts_with("x.json:1: not nvbench's JSON: invalid type"));
    assert!(refused("{}").contains("want one benchmark"));
    assert!(refused(&"[".repeat(100_000)).starts_with("x.json:1: not nvbench's JSON: "));
    assert!(refused(&file(&[])).contains("the benchmark has no state"));
    let unlisted = file(&[measured("m=64 n=32 k=16 t=f16").replace("\"device\": 0", "\"device\": 5")]);
    assert!(refused(&unlisted).contains("does not say which GPU was measured"));
}

proptest! {
    #[test]
    fn products_written_as_states_come_back_with_their_times(
        products in prop::collection::btree_map([1u32..2000, 1u32..2000, 1u32..2000], 1.0f64..1e6, 1..10)
    ) {
        let states = products.iter().map(|([m, n, k], us)| {
            let seconds = format!("{}", us / 1e6);
            let mean = [("nv/cold/sample_size", "int64", "100"), ("nv/cold/time/gpu/mean", "float64", seconds.as_str())];
            state(&format!("m={m} n={n} k={k} t=f16"), &mean, r#""is_skipped": false"#)
        });
        let imported = import(&file(&states.collect::<Vec<_>>()), &Unsaid::default()).unwrap();
        prop_assert_eq!(imported.results.rows.len(), products.len());
        for (row, (sizes, us)) in imported.results.rows.iter().zip(&products) {
            let gemm = row.point.gemm;
            prop_assert_eq!([gemm.m(), gemm.n(), gemm.k()], *sizes);
            prop_assert!((row.timing.unwrap().mean_us.unwrap() / us - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn no_mutation_of_a_file_makes_the_reader_panic(start in 0usize..3000, length in 0usize..40, insert in "[ -~]{0,10}") {
        let mut text = file(&[measured("m=64 n=32 k=16 t=f16"), measured("m=3 n=32 k=16 b=4 t=i8")]);
        let start = start.min(text.len());
        text.replace_range(start..(start + length).min(text.len()), &insert);
        if let Ok(imported) = import(&text, &Unsaid::default()) {
            prop_assert_eq!(Results::parse("r.csv", imported.results.to_csv()).unwrap(), imported.results);
        }
    }
}

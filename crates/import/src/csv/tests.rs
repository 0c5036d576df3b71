use super::*;
use hovera_core::{Dtype, Op, Stat};
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
    fn times_come_through_in_microseconds(times in prop::collection::vec(1e-3f64..1e6, 1..20), unit in 0usize..4) {
        let (name, us) = [("s", 1e6), ("ms", 1e3), ("us", 1.0), ("ns", 1e-3)][unit];
        let map = format!("time_unit = \"{name}\"\n[column]\nm = \"m\"\ntime_mean = \"t\"\n[constant]\nn = 3\nk = 4\ndtype = \"f16\"");
        let mut table = "m,t\n".to_owned();
        for (i, time) in times.iter().enumerate() {
            table.push_str(&format!("{},{time}\n", i + 1));
        }
        let rows = import(&map, &table).unwrap().results.rows;
        let read: Vec<f64> = rows.iter().map(|row| row.timing.unwrap().mean_us.unwrap() / us).collect();
        for (read, time) in read.iter().zip(&times) {
            prop_assert!((read / time - 1.0).abs() < 1e-12);
        }
        prop_assert_eq!(rows.len(), times.len());
    }
}

mod many_rows;

use super::field::{Field, Origin, Value};
use super::write::clean_text;
use super::*;
use crate::made_up;
use crate::results::bound::Bound;
use crate::results::front_matter::model::{ModelInfo, ModelSection};
use crate::results::front_matter::{Device, Method, Software, Source, SweepInfo};
use crate::results::kernel::{self, Kernel};
use crate::results::origin::Origin as FileOrigin;
use crate::results::plausible::implausible;
use crate::results::prediction::{Prediction, PredictionInfo, Tier};
use crate::results::second_speed::SecondSpeed;
use crate::results::session::{Sentinel, Settling};
use crate::results::telemetry::{self, Telemetry};
use crate::results::timing::Timing;
use crate::shape::attention::AttentionShape;
use crate::shape::dimension::{
    Batch, Ffn, HeadDim, HeadDimV, Heads, Hidden, KvHeads, Seq, SeqKey, TensorParallel, Vocab,
};
use crate::shape::gemm::Gemm;
use crate::shape::model::ModelSizes;
use crate::shape::op::{Op, Products};
use crate::shape::point::Point;
use crate::shape::product::Product;
use crate::shape::vocabulary::Stat;
use crate::shape::vocabulary::{Cache, Dtype, Engine, Layout, Mask, Pacing, Status};
use proptest::prelude::*;

fn front_matter(spec: &str) -> FrontMatter {
    let device = Device { name: "Fake".into(), backend: "cpu".into(), ..Device::default() };
    FrontMatter {
        started: "2025-01-02T03:04:05Z".into(),
        sweep: SweepInfo {
            name: "test".into(),
            spec_hash: "0123456789abcdef".into(),
            spec: spec.to_owned(),
            shard: None,
        },
        source: None,
        prediction: None,
        method: Method {
            pacing: "burst".into(),
            idle_ratio: Some(2.0),
            timer: "host".into(),
            warmup: Some(1),
            min_samples: Some(8),
            max_samples: Some(32),
            ci_target: Some(0.005),
            data: "standard normal".into(),
            seed: Some(1),
            ..Method::default()
        },
        software: Software { hovera: "0.1.0".into(), gemm: "fake".into(), ..Software::default() },
        device: vec![
            Device { power_limit_w: Some(700.0), ecc: Some(true), ..device.clone() },
            Device { id: Some("ab12".into()), memory_bytes: Some(85_899_345_920), ..device },
        ],
        convention: Vec::new(),
        model: vec![ModelInfo {
            name: "gpt2".into(),
            workload: "forward, batch 1, seq 64".into(),
            remarks: vec!["\"quoted\"".into()],
            section: vec![ModelSection {
                name: "layer".into(),
                repeats: 12,
                products: vec!["1 x qkv forward nt 1x64x2304x768".into()],
                fused: Vec::new(),
            }],
        }],
    }
}

fn row(head_dim: u64) -> Row {
    Row {
        timing: Some(Timing {
            samples: Some(8),
            min_us: Some(10.0),
            median_us: Some(12.5),
            mean_us: Some(13.0),
            max_us: Some(20.25),
            ci_us: Some(0.1),
            cycles_median: None,
            second: None,
        }),
        telemetry: Telemetry { temp_c: Some(40), throttle: Some("none".into()), ..Telemetry::default() },
        kernel: Kernel { tile: Some("128x256".into()), waves: Some(1.5), ..Kernel::default() },
        ..made_up::row(Op::Values, head_dim).build()
    }
}

fn results() -> Results {
    let skipped = Row {
        timing: None,
        status: Status::Skipped,
        note: "out of memory: 2 bytes needed, 1 \"available\"".into(),
        ..row(96)
    };
    let rows = vec![row(64), Row { device: 1, ..row(64) }, skipped];
    Results { front_matter: front_matter("name = \"test\"\n\nheads = 12\n"), rows, sessions: vec![] }
}

/// The line of the first row of [`results`], counted from 1.
fn first_row_line(file: &str) -> usize {
    2 + file.lines().position(|line| line.starts_with("op,")).unwrap()
}

/// [`results`] with one field of the first row replaced, the message, and what precedes it.
fn refused(column: &str, value: &str) -> String {
    refused_in(&results(), column, value)
}

fn refused_in(results: &Results, column: &str, value: &str) -> String {
    let file = results.to_csv();
    let line = first_row_line(&file);
    let place = Column::all().iter().position(|c| c.name() == column).unwrap();
    let broken: Vec<String> = file
        .lines()
        .enumerate()
        .map(|(i, text)| {
            let mut fields: Vec<&str> = text.split(',').collect();
            if i + 1 == line {
                fields[place] = value;
            }
            fields.join(",")
        })
        .collect();
    let error = Results::parse("r.csv", broken.join("\n") + "\n").unwrap_err().to_string();
    let prefix = format!("r.csv:{line}: ");
    assert!(error.starts_with(&prefix), "{error}");
    error[prefix.len()..].to_owned()
}

/// Whatever comes to be added stands behind them.
#[test]
fn the_first_columns_are_those_of_the_design() {
    let names: Vec<&str> = Column::all().iter().map(Column::name).collect();
    let design = "op,dtype,layout,engine,pacing,cache,device,heads,batch,seq,hidden,head_dim,series,gemm_batch,m,n,k,\
         flop,bytes,samples,time_min_us,time_median_us,time_mean_us,time_max_us,time_ci_us,cycles_median,\
         tflops,sm_clock_mhz,nvml_clock_mhz,power_w,energy_j,temp_c,throttle,algo,tile,stages,split_k,\
         cluster,waves,workspace_bytes,status,note,bound";
    assert!(names.join(",").starts_with(design), "{names:?}");
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    let since: Vec<u32> = Column::all().iter().map(Column::since).collect();
    assert!(since.is_sorted() && since.iter().all(|format| *format <= FORMAT), "{since:?}");
}

#[test]
fn a_row_is_one_line_in_the_order_of_the_columns() {
    let line = write_row(&row(64), Stat::Median);
    let begins = "values,f16,nn,cublas,burst,hot,0,12,4,2048,768,64,64,48,2048,64,2048,25769803776,427819008,8,10,12.5,\
         13,20.25,0.1,,2061.58430208,,,,,40,none,,128x256,,,,1.5,,ok,,";
    let rest = line.strip_prefix(begins).unwrap();
    // The pass, and the ranks that share it. Neither kernel nor second speed nor more of a model are known.
    assert_eq!(rest.trim_matches([',', '\n']), "forward,,,,,1");
    assert_eq!(line.matches(',').count() + 1, Column::all().len());
}

#[test]
fn a_file_is_read_back_as_it_was_written() {
    let results = results();
    let file = results.to_csv();
    let begins = "# format = 1\n# started = \"2025-01-02T03:04:05Z\"\n#\n# [sweep]\n";
    assert!(file.starts_with(begins), "{file}");
    assert_eq!(Results::parse("r.csv", &file).unwrap(), results);
    assert_eq!(Results::parse("r.csv", file.replace('\n', "\r\n")).unwrap(), results);
}

#[test]
fn columns_may_be_in_any_order_and_among_others() {
    let results = results();
    let file = results.to_csv();
    let start = file.find("\nop,").unwrap() + 1;
    let mut moved = file[..start].to_owned();
    for line in file[start..].lines() {
        let (op, rest) = line.split_once(',').unwrap();
        moved.push_str(&format!("extra,{rest},{op},another\n"));
    }
    assert_eq!(Results::parse("r.csv", &moved).unwrap(), results);
}

#[test]
fn missing_columns_are_named() {
    let file = results().to_csv();
    let line = first_row_line(&file) - 1;
    let broken = file.replace(",series,", ",line,").replace(",status,note", ",status,remark");
    assert_eq!(
        Results::parse("r.csv", broken).unwrap_err().to_string(),
        format!("r.csv:{line}: missing column series, note: want it in the header")
    );
    let twice = file.replace(",status,note", ",status,op");
    assert_eq!(
        Results::parse("r.csv", twice).unwrap_err().to_string(),
        format!("r.csv:{line}: column op is there twice: want it once")
    );
}

#[test]
fn a_value_that_cannot_be_is_named() {
    for time in ["NaN", "inf", "-1", "0", "", "fast", "1e999"] {
        assert_eq!(
            refused("time_median_us", time),
            match time {
                "" => "time_median_us = \"\": want a finite number above 0: the file's times are by stat = median"
                    .to_owned(),
                _ => format!("time_median_us = {time:?}: want a finite number above 0"),
            }
        );
    }
    let words: Vec<_> = Op::ALL.iter().map(|op| op.as_str()).collect();
    assert_eq!(refused("op", "scores"), format!("op = \"scores\": want {}", words.join(", ")));
    assert_eq!(refused("status", ""), "status = \"\": want ok, noisy, predicted, skipped, failed");
    assert_eq!(refused("heads", "0"), "heads = \"0\": want an integer, 1 to 2147483647");
    assert_eq!(
        refused("batch", "2147483647"),
        "batch = \"2147483647\": want a smaller one: gemm_batch = 25769803764: want 1 to 2147483647"
    );
    assert_eq!(refused("power_w", "-3"), "power_w = \"-3\": want a finite number, 0 or more, or nothing");
    assert_eq!(refused("temp_c", "4.5"), "temp_c = \"4.5\": want an integer, 0 or more, or nothing");
    assert_eq!(
        refused("samples", "0"),
        "samples = \"0\": want how many launches were timed, 1 or more, or nothing"
    );
    assert_eq!(
        refused("device", "2"),
        "device = \"2\": want 0 to 1, an index into the front matter's [[device]] list"
    );
}

#[test]
fn a_value_that_contradicts_the_sizes_is_refused() {
    assert_eq!(
        refused("head_dim", "65"),
        "head_dim = \"65\": want 64, which is hidden = 768 over heads = 12 rounded down"
    );
    for (column, wrong, right) in [
        ("series", "32", "64"),
        ("gemm_batch", "5", "48, or one rank's share of it, 4 for each of its heads"),
        ("m", "64", "2048"),
        ("n", "2048", "64"),
        ("k", "64", "2048"),
        ("flop", "25769803777", "25769803776"),
        ("bytes", "", "427819008"),
    ] {
        assert_eq!(
            refused(column, wrong),
            format!("{column} = {wrong:?}: want {right}, by the row's op and sizes")
        );
    }
}

#[test]
fn a_product_of_no_layer_has_empty_model_columns() {
    let plain = Row {
        point: Point {
            op: Op::Bmm,
            model: ModelSizes::default(),
            gemm: Gemm::new(7, 3, 4, 5).unwrap(),
            ..row(64).point
        },
        ..row(64)
    };
    assert!(
        write_row(&plain, Stat::Median).starts_with("bmm,f16,nn,cublas,burst,hot,0,,,,,,,7,3,4,5,840,658,8,")
    );
    let file = Results { rows: vec![plain.clone()], ..results() }.to_csv();
    assert_eq!(Results::parse("r.csv", &file).unwrap().rows, [plain]);
    let of_layer = file.replace("hot,0,,,,,,,7", "hot,0,,,2048,,,,7");
    assert!(
        Results::parse("r.csv", of_layer)
            .unwrap_err()
            .to_string()
            .ends_with("seq = \"2048\": want nothing in a row of op bmm")
    );
    assert_eq!(refused("op", "bmm"), "heads = \"12\": want nothing in a row of op bmm");
    assert_eq!(refused("op", "qkv"), "gemm_batch = \"48\": want 1, by the row's op and sizes");
    assert_eq!(refused("heads", ""), "heads = \"\": want an integer, 1 to 2147483647");
    assert_eq!(refused("m", "0"), "m = \"0\": want an integer, 1 to 2147483647");
}

#[test]
fn sizes_of_a_model_are_read_in_one_form_and_only_where_the_op_depends_on_them() {
    let file = results().to_csv();
    let with = |pass: &str, kv_heads: &str, seq_key: &str, ffn: &str, ranks: &str| {
        let rest = ",forward,,,,,1,";
        assert!(file.contains(rest), "{file}");
        Results::parse("r.csv", file.replace(rest, &format!(",{pass},{kv_heads},{seq_key},{ffn},,{ranks},")))
    };
    let ends = |read: Result<Results, ResultsError>, want: &str| {
        let error = read.unwrap_err().to_string();
        assert!(error.ends_with(want), "{error}");
    };
    assert_eq!(with("", "12", "2048", "", "").unwrap(), results());
    ends(
        with("backward", "", "", "", "1"),
        "pass = \"backward\": want a pass of op values: forward, data_gradient, weight_gradient",
    );
    ends(
        with("forward", "5", "", "", "1"),
        "kv_heads = \"5\": want a divisor of heads = 12, by the row's op and sizes",
    );
    ends(with("forward", "", "", "3072", "1"), "ffn = \"3072\": want nothing in a row of op values");
    ends(with("forward", "", "", "", "2"), "tensor_parallel = \"2\": want 1, by the row's op and sizes");
    ends(with("weight_gradient", "", "4096", "", "1"), "m = \"2048\": want 4096, by the row's op and sizes");
}

#[test]
fn a_rank_s_share_of_a_layer_is_a_row_of_its_own() {
    let whole = row(64);
    let layer = whole.point.layer().unwrap();
    let share = Point { gemm: layer.share(Op::Values, 4).unwrap(), ..whole.point };
    let rows = vec![whole.clone(), Row { point: share, ..whole }];
    let read = Results::parse("r.csv", Results { rows: rows.clone(), ..results() }.to_csv()).unwrap().rows;
    assert_eq!(read, rows);
    assert_eq!((read[0].point.tensor_parallel(), read[1].point.tensor_parallel()), (Some(1), Some(4)));
}

#[test]
fn a_file_that_knows_the_slowest_time_only_says_so_and_is_read() {
    let mut slowest = results();
    slowest.front_matter.method.stat = Stat::Max;
    slowest.rows = vec![Row { timing: Some(Timing::only(Stat::Max, 20.25, Some(99))), ..row(64) }];
    let file = slowest.to_csv();
    assert!(file.contains(",99,,,,20.25,,,1272.5"), "{file}");
    assert_eq!(Results::parse("r.csv", &file).unwrap(), slowest);
    let line = file.lines().count();
    assert_eq!(
        Results::parse("r.csv", file.replace("# stat = \"max\"", "# stat = \"min\""))
            .unwrap_err()
            .to_string(),
        format!(
            "r.csv:{line}: time_min_us = \"\": want a finite number above 0: the file's times are by stat = min"
        )
    );
    let unknown =
        Results::parse("r.csv", file.replace("# stat = \"max\"", "# stat = \"worst\"")).unwrap_err();
    assert!(unknown.to_string().ends_with("stat = \"worst\": want median, min, max, mean"), "{unknown}");
}

#[test]
fn a_throughput_that_contradicts_the_time_is_refused() {
    for tflops in ["2059", "2064", "0", "NaN", ""] {
        let error = refused("tflops", tflops);
        let want = format!("tflops = {tflops:?}: want 2061.58430208, which is flop / time_median_us / 10⁶");
        assert_eq!(error, want);
    }
    let rounded = results().to_csv().replacen("2061.58430208", "2061.6", 1);
    assert_eq!(Results::parse("r.csv", rounded).unwrap(), results());
}

#[test]
fn times_out_of_order_are_refused() {
    let between = "want time_min_us = 10 to time_max_us = 20.25";
    assert_eq!(refused("time_median_us", "9.9"), format!("time_median_us = \"9.9\": {between}"));
    assert_eq!(refused("time_mean_us", "21"), format!("time_mean_us = \"21\": {between}"));
    assert_eq!(refused("time_min_us", "30"), "time_min_us = \"30\": want no more than time_max_us = 20.25");
}

#[test]
fn only_measured_rows_have_times() {
    assert_eq!(refused("status", "failed"), "samples = \"8\": want nothing in a row that is failed");
    let failed = Row { status: Status::Failed, ..row(64) };
    let file = Results { rows: vec![failed.clone()], ..results() }.to_csv();
    assert_eq!(Results::parse("r.csv", file).unwrap().rows, [Row { timing: None, ..failed }]);
}

/// [`results`] whose first row has two speeds.
fn two_speeds() -> Results {
    let mut results = results();
    let timing = results.rows[0].timing.unwrap();
    results.rows[0].timing =
        Some(Timing { second: Some(SecondSpeed { time_us: 15.5, share: 0.25 }), ..timing });
    results
}

#[test]
fn two_speeds_are_read_back_as_two() {
    let results = two_speeds();
    let file = results.to_csv();
    assert!(file.lines().any(|line| line.ends_with(",15.5,0.25,,,,,")), "{file}");
    assert_eq!(Results::parse("r.csv", &file).unwrap(), results);
    let older = file.replace(",second_time_us,second_share", ",a,b");
    assert_eq!(Results::parse("r.csv", older).unwrap(), self::results());
}

fn predicted() -> Results {
    let timing = Some(Timing::only(Stat::Median, 12.5, None));
    let prediction = Some(Prediction { low_us: 12.0, high_us: 13.25, tier: Tier::Family });
    let rows =
        vec![Row { timing, prediction, ..Row::bare(row(64).point, 0, Status::Predicted, String::new()) }];
    let info = PredictionInfo { card: "Fake".into(), library: "fake 1".into(), points: 60, coverage: 0.8 };
    let front_matter = FrontMatter { prediction: Some(info), ..results().front_matter };
    Results { front_matter, rows, sessions: vec![] }
}

#[test]
fn a_predicted_row_keeps_its_interval_and_its_tier() {
    let file = predicted().to_csv();
    assert!(file.contains("# [prediction]\n# card = \"Fake\"\n"), "{file}");
    assert_eq!(Results::parse("r.csv", &file).unwrap(), predicted());
}

#[test]
fn an_interval_that_does_not_hold_the_time_is_refused_and_so_is_one_of_a_measured_row() {
    let refused_predicted = |column, value| refused_in(&predicted(), column, value);
    assert_eq!(
        refused_predicted("predicted_low_us", "12.75"),
        "predicted_low_us = \"12.75\": want a number above 0 and at most the predicted time, 12.5"
    );
    assert_eq!(
        refused_predicted("predicted_high_us", ""),
        "predicted_high_us = \"\": want a finite number, no less than the predicted time, 12.5"
    );
    assert_eq!(refused_predicted("tier", ""), "tier = \"\": want card, family, datasheet");
    assert_eq!(
        refused("predicted_low_us", "12"),
        "predicted_low_us = \"12\": want nothing in a row that is ok"
    );
}

#[test]
fn a_file_is_measured_or_predicted_and_never_both() {
    assert_eq!(
        refused_in(&predicted(), "status", "ok"),
        "status = \"ok\": want predicted, skipped or failed: the front matter has a [prediction]"
    );
    assert_eq!(
        refused("status", "predicted"),
        "status = \"predicted\": want another status: the front matter has no [prediction]"
    );
    // What could not be predicted has a row without a time.
    let mut skipped = predicted();
    skipped.rows = vec![Row::bare(row(64).point, 0, Status::Skipped, "no such op".into())];
    assert_eq!(Results::parse("r.csv", skipped.to_csv()).unwrap(), skipped);
}

#[test]
fn a_file_says_whose_numbers_it_has() {
    let imported = FrontMatter { source: Some(Source::default()), ..front_matter("") };
    let origins = [front_matter(""), imported, predicted().front_matter].map(|it| it.origin());
    assert_eq!(origins, [FileOrigin::Measured, FileOrigin::Imported, FileOrigin::Predicted]);
    let called = origins.map(|origin| origin.of_card("One"));
    assert_eq!(called, ["One", "One (imported)", "One (predicted)"]);
}

#[test]
fn half_a_second_speed_is_refused_and_so_is_a_share_that_cannot_be_the_smaller() {
    let refused = |column, value| refused_in(&two_speeds(), column, value);
    assert_eq!(
        refused("second_time_us", ""),
        "second_time_us = \"\": want a finite number above 0, as there is a second_share"
    );
    assert_eq!(
        refused("second_share", ""),
        "second_share = \"\": want a number above 0 and at most 0.5, as there is a second_time_us"
    );
    assert_eq!(refused("second_time_us", "0"), "second_time_us = \"0\": want a finite number above 0");
    assert!(
        refused("second_time_us", "1e-9").contains("want 2.577e-2 to 2.577e16 us: the row's 2.577e10 FLOP")
    );
    for share in ["0", "0.51", "NaN", "half"] {
        let want = "want a share of the launches, above 0 and at most 0.5, or nothing";
        assert_eq!(refused("second_share", share), format!("second_share = {share:?}: {want}"));
    }
}

#[test]
fn a_row_without_times_has_no_second_speed() {
    let mut results = two_speeds();
    results.rows[0].timing = None;
    results.rows[0].status = Status::Failed;
    for column in ["second_time_us", "second_share"] {
        let want = format!("{column} = \"0.5\": want nothing in a row that is failed");
        assert_eq!(refused_in(&results, column, "0.5"), want);
    }
}

#[test]
fn a_point_twice_on_one_device_is_refused_with_both_lines() {
    let mut results = results();
    results.rows.push(row(64));
    let file = results.to_csv();
    let line = first_row_line(&file);
    assert_eq!(
        Results::parse("r.csv", file).unwrap_err().to_string(),
        format!("r.csv:{}: the same point on the same device as on line {line}: want each once", line + 3)
    );
}

#[test]
fn a_file_cut_anywhere_in_its_last_row_can_be_mended() {
    let whole = results().to_csv();
    let rows = whole.lines().count();
    let last = whole.trim_end().rfind('\n').unwrap() + 1;
    let kept = Results { rows: results().rows[..2].to_vec(), ..results() };
    for end in last + 1..whole.len() {
        let (found, tail) = Results::parse_repairing("r.csv", &whole[..end]).unwrap();
        assert_eq!(found, kept);
        assert_eq!(tail, Some(TornTail { line: rows, byte_offset: last as u64 }));
    }
    let error = Results::parse("r.csv", &whole[..last + 9]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "r.csv:{rows}: the last row, or what follows it, is cut off: want the file to end at byte {last}, where its last whole row does; where an editor only took the last line break away, add it again"
        )
    );
    let too_few = format!("{}values,f16\n", &whole[..last]);
    let (found, tail) = Results::parse_repairing("r.csv", &too_few).unwrap();
    assert_eq!((found, tail), (kept, Some(TornTail { line: rows, byte_offset: last as u64 })));
    assert_eq!(Results::parse_repairing("r.csv", &whole).unwrap(), (results(), None));
}

#[test]
fn a_row_torn_in_the_middle_of_the_file_is_not_an_interrupted_writer() {
    let whole = results().to_csv();
    let line = first_row_line(&whole);
    let lines: Vec<&str> = whole.lines().collect();
    let mut broken = lines.clone();
    broken[line - 1] = "values,f16";
    let error = Results::parse_repairing("r.csv", broken.join("\n") + "\n").unwrap_err();
    let all = Column::all().len();
    assert_eq!(error.to_string(), format!("r.csv:{line}: 2 fields: want {all}, as the header has"));
    // An unclosed quote swallows every row after it; they must not count as one torn row.
    let quoted = lines[line - 1].replace("none", "\"none");
    broken[line - 1] = &quoted;
    let error = Results::parse_repairing("r.csv", broken.join("\n") + "\n").unwrap_err();
    assert!(matches!(error, ResultsError::FieldCount { line: l, .. } if l == line), "{error}");
}

#[test]
fn a_file_that_ends_before_its_rows_says_so() {
    let whole = results().to_csv();
    let header = whole.find("\nop,").unwrap() + 1;
    for end in [1, header / 2, header, header + 10] {
        let error = Results::parse("r.csv", &whole[..end]).unwrap_err();
        assert!(matches!(error, ResultsError::NoHeader { .. }), "{error}");
    }
    let empty = Results::parse("r.csv", "").unwrap_err().to_string();
    assert_eq!(empty, "r.csv:1: the file ends before its header line does: want the column names");
    let (no_rows, tail) =
        Results::parse_repairing("r.csv", write_header(&front_matter("")).as_bytes()).unwrap();
    assert!(no_rows.rows.is_empty() && tail.is_none());
}

#[test]
fn front_matter_that_is_absent_broken_or_without_a_device_is_refused() {
    let whole = results().to_csv();
    let body = &whole[whole.find("\nop,").unwrap() + 1..];
    let error = |file: String| Results::parse("r.csv", file).unwrap_err().to_string();
    assert_eq!(
        error(body.to_owned()),
        "r.csv:1: no front matter: want lines that start with `# ` and hold TOML ahead of the header"
    );
    let broken = error(whole.replace("# [method]", "# [method"));
    let line = 1 + whole.lines().position(|l| l == "# [method]").unwrap();
    assert!(broken.starts_with(&format!("r.csv:{line}: front matter: ")), "{broken}");
    assert!(error(whole.replace("# timer =", "# clock =")).contains("front matter: missing field `timer`"));
    let devices = whole.find("# [[device]]").unwrap();
    let line = whole[..devices].lines().count();
    assert_eq!(
        error(whole[..devices].to_owned() + body),
        format!("r.csv:{line}: the front matter ends without a [[device]]: want one for each card")
    );
}

#[test]
fn a_file_without_a_number_and_without_the_columns_that_came_later_is_read() {
    let results = results();
    let first = Column::all().iter().filter(|column| !column.is_optional()).count();
    let old: String = results
        .to_csv()
        .lines()
        .filter(|line| *line != "# format = 1")
        .map(|line| match line.starts_with('#') {
            true => format!("{line}\n"),
            false => format!("{}\n", line.rsplitn(Column::all().len() - first + 1, ',').last().unwrap()),
        })
        .collect();
    assert!(old.contains(",status,note\n"), "{old}");
    assert_eq!(Results::parse("r.csv", old).unwrap(), results);
    assert_eq!(refused("bound", "neither"), "bound = \"neither\": want compute, memory, both");
}

#[test]
fn a_format_that_is_not_known_is_refused_by_its_number_before_anything_else() {
    let file = results().to_csv();
    let of = |format: &str| {
        let file = file
            .replace("# format = 1\n", &format!("# format = {format}\n"))
            .replace(",status,", ",outcome,");
        Results::parse("r.csv", file).unwrap_err().to_string()
    };
    assert_eq!(
        of("2"),
        "r.csv:1: format = 2: written by a newer hovera: want format 1, or a hovera that reads format 2"
    );
    for wrong in ["0", "-1", "\"1\"", "1.5", "true", "[1]"] {
        let want = format!("r.csv:1: format = {wrong}: want 1, or no format at all in an older file");
        assert_eq!(of(wrong), want);
    }
    assert!(of("1").contains("missing column status"), "{}", of("1"));
    let lower = file.replace("# format = 1\n", "").replace("#\n# [sweep]", "# format = 3\n#\n# [sweep]");
    let line = 1 + lower.lines().position(|line| line == "# format = 3").unwrap();
    let error = Results::parse("r.csv", lower).unwrap_err().to_string();
    assert!(error.starts_with(&format!("r.csv:{line}: format = 3: written by a newer hovera")), "{error}");
}

/// The row of `results()` at 1500 MHz has 18 750 cycles and 25 769 803 776 FLOP.
fn refused_of_clocked(column: &str, value: &str) -> String {
    let mut clocked = results();
    let timing = clocked.rows[0].timing.as_mut().unwrap();
    timing.cycles_median = Some(18_750.0);
    clocked.rows[0].telemetry.sm_clock_mhz = Some(1500.0);
    clocked.rows[0].telemetry.energy_j = Some(0.007);
    refused_in(&clocked, column, value)
}

#[test]
fn what_no_device_can_have_done_is_refused() {
    for (column, value, want) in [
        ("sm_clock_mhz", "5", "about 1500, which is cycles_median over time_median_us"),
        ("sm_clock_mhz", "1e300", "about 1500, which is cycles_median over time_median_us"),
        ("cycles_median", "1", "1.250e1 to 1.250e6: 12.5 us at 1 to 100000 MHz"),
        ("time_ci_us", "1e308", "the half-width of an interval of the time, no more than 2.577e16 us"),
        (
            "time_max_us",
            "1e300",
            "2.577e-2 to 2.577e16 us: the row's 2.577e10 FLOP at no more than 1e18 FLOP/s",
        ),
        (
            "time_min_us",
            "1e-300",
            "2.577e-2 to 2.577e16 us: the row's 2.577e10 FLOP at no more than 1e18 FLOP/s",
        ),
        ("power_w", "1e308", "no more than 10000000 W"),
        ("energy_j", "1e-300", "1.250e-8 to 1.250e2 J: 12.5 us at 0.001 to 10000000 W"),
    ] {
        assert_eq!(refused_of_clocked(column, value), format!("{column} = {value:?}: want {want}"));
    }
    assert_eq!(refused("sm_clock_mhz", "1e300"), "sm_clock_mhz = \"1e300\": want no more than 100000 MHz");
}

#[test]
fn a_power_limit_that_no_card_has_is_refused_with_its_line() {
    let file = results().to_csv();
    let line = 1 + file.lines().position(|line| line == "# power_limit_w = 700.0").unwrap();
    for limit in ["1e308", "-1.0"] {
        let text = file.replace("# power_limit_w = 700.0", &format!("# power_limit_w = {limit}"));
        let said = Results::parse("r.csv", text).unwrap_err().to_string();
        let limit = if limit == "-1.0" { "-1e0" } else { limit };
        let want = format!(
            "r.csv:{line}: front matter: the power limit of a card is {limit} W: want 0 to 10000000 W"
        );
        assert_eq!(said, want);
    }
}

#[test]
fn a_clock_that_fell_while_a_point_was_measured_is_no_contradiction() {
    let timing = Timing { cycles_median: Some(18_750.0), ..row(64).timing.unwrap() };
    assert!([1500.0, 1339.0, 1680.0, 760.0, 2990.0].iter().all(|mhz| timing.agrees_with_clock(*mhz)));
    assert!([740.0, 3010.0, 0.0].iter().all(|mhz| !timing.agrees_with_clock(*mhz)));
    assert!(row(64).timing.unwrap().agrees_with_clock(1e9), "nothing is known to contradict it");
}

#[test]
fn an_interval_as_wide_as_its_value_is_none() {
    let of = |ci_us| Timing { ci_us: Some(ci_us), ..row(64).timing.unwrap() }.relative_ci();
    assert_eq!((of(0.125), of(6.25), of(625.0)), (Some(0.01), None, None));
}

#[test]
fn what_follows_the_rows_is_read_and_a_row_after_it_refused() {
    let session = Session { points: 3, disturbed_groups: 1, wall_seconds: 2.5, ..Session::default() };
    let results = Results { sessions: vec![session.clone(), session], ..results() };
    let file = results.to_csv();
    assert!(file.contains("\n# [[session]]\n# points = 3\n# wall_seconds = 2.5\n"), "{file}");
    assert_eq!(Results::parse("r.csv", &file).unwrap(), results);
    assert_eq!(Results::parse("r.csv", file.replace('\n', "\r\n")).unwrap(), results);
    let rows_end = file.find("# [[session]]").unwrap();
    let row = write_row(&row(128), Stat::Median);
    let line = file.lines().count() + 1;
    assert_eq!(
        Results::parse_repairing("r.csv", file.clone() + &row).unwrap_err().to_string(),
        format!("r.csv:{line}: not a `#` line: want none but those after the first that follows a row")
    );
    for cut in rows_end + 1..file.len() {
        let (kept, tail) = Results::parse_repairing("r.csv", &file[..cut]).unwrap();
        assert_eq!(kept.rows, results.rows);
        if let Some(tail) = tail {
            assert_eq!((tail.byte_offset, kept.sessions.len()), (rows_end as u64, 0));
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut file = results().to_csv().into_bytes();
    let line = first_row_line(std::str::from_utf8(&file).unwrap());
    let place = file.windows(5).position(|w| w == b"\nvalu").unwrap() + 1;
    file[place] = 0xff;
    let error = Results::parse("r.csv", &file).unwrap_err().to_string();
    assert_eq!(error, format!("r.csv:{line}: not UTF-8: want UTF-8 text"));
    file[2] = 0xff;
    let error = Results::parse("r.csv", &file).unwrap_err().to_string();
    assert_eq!(error, "r.csv:1: not UTF-8: want UTF-8 text");
}

#[test]
fn text_cannot_end_a_row_or_begin_a_comment() {
    let nasty = Row { note: "a #1\r\nline\t\"quoted\", <b>\u{85}\0".into(), ..row(64) };
    let line = write_row(&nasty, Stat::Median);
    assert!(line.contains(",ok,\"a _1  line \"\"quoted\"\", <b>  \","), "{line}");
    assert_eq!(line.matches(['\n', '\r', '#']).count(), 1);
    let file = Results { rows: vec![nasty], ..results() }.to_csv();
    assert_eq!(Results::parse("r.csv", file).unwrap().rows[0].note, "a _1  line \"quoted\", <b>  ");
}

/// A finite number above zero from any part of the range of f64.
fn positive() -> impl Strategy<Value = f64> {
    prop_oneof![
        1e-3f64..1e6,
        any::<f64>().prop_map(f64::abs).prop_filter("not zero or infinite", |x| x.is_finite() && *x > 0.0),
        Just(f64::MAX),
        Just(5e-324),
        Just(f64::MIN_POSITIVE),
        Just(0.1 + 0.2),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9x, \"]{0,12}", any::<String>()].prop_map(|text| clean_text(&text).into_owned())
}

/// A `T` of which each column holds what it takes of some texts and numbers.
fn of_columns<T: Clone + Default + std::fmt::Debug>(
    columns: &'static [Field<T>],
) -> impl Strategy<Value = T> {
    let cell = prop_oneof![
        text(),
        positive().prop_map(|number| number.to_string()),
        any::<u32>().prop_map(|count| count.to_string()),
    ];
    prop::collection::vec(prop::collection::vec(cell, 0..3), columns.len()).prop_map(|cells| {
        let mut made = T::default();
        for (column, cells) in columns.iter().zip(cells) {
            let Origin::Stored(set) = column.origin else { continue };
            // What the column does not take leaves it as it was; of what is empty nothing is read.
            cells.iter().filter(|cell| !cell.is_empty()).for_each(|cell| _ = set(&mut made, cell));
        }
        made
    })
}

#[test]
fn a_made_up_row_fills_every_column_of_a_group() {
    use proptest::strategy::ValueTree;
    fn filled<T: Clone + Default + std::fmt::Debug>(columns: &'static [Field<T>]) -> usize {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let made: Vec<T> =
            (0..200).map(|_| of_columns(columns).new_tree(&mut runner).unwrap().current()).collect();
        columns.iter().filter(|c| made.iter().any(|made| (c.get)(made) != Value::Empty)).count()
    }
    assert_eq!(filled(telemetry::COLUMNS), telemetry::COLUMNS.len());
    assert_eq!(filled(kernel::COLUMNS), kernel::COLUMNS.len());
}

/// FLOP/s of a launch, from all that can be.
fn rate() -> impl Strategy<Value = f64> {
    (0.0f64..18.0).prop_map(|exponent| 10f64.powf(exponent).clamp(1.0 + 1e-9, 1e18 * (1.0 - 1e-9)))
}

prop_compose! {
    /// Of launches of so many FLOP.
    fn timing(flop: f64)(rates in prop::array::uniform4(rate()), samples in 1u32.., ci in prop::option::of(0.0f64..1.0),
        mhz in prop::option::of(1.001f64..99_999.0), second in prop::option::of((rate(), 1e-9f64..=SecondSpeed::MOST))) -> Timing {
        let mut times = rates.map(|rate| flop / rate * 1e6);
        times.sort_by(f64::total_cmp);
        let [min_us, median_us, mean_us, max_us] = times;
        let second = second.map(|(rate, share)| SecondSpeed { time_us: flop / rate * 1e6, share });
        Timing {
            samples: Some(samples), min_us: Some(min_us), median_us: Some(median_us), mean_us: Some(mean_us),
            max_us: Some(max_us), ci_us: ci.map(|share| share * max_us), cycles_median: mhz.map(|mhz| mhz * median_us), second,
        }
    }
}

prop_compose! {
    /// All times, or what an imported file may tell beside the time that `stat` names.
    fn timing_by(stat: Stat, flop: f64)(all in timing(flop), known in any::<[bool; 5]>()) -> Timing {
        let keep = |this, time: Option<f64>, known: bool| time.filter(|_| known || this == stat);
        Timing {
            samples: all.samples.filter(|_| known[0]),
            min_us: keep(Stat::Min, all.min_us, known[1]),
            median_us: keep(Stat::Median, all.median_us, known[2]),
            mean_us: keep(Stat::Mean, all.mean_us, known[3]),
            max_us: keep(Stat::Max, all.max_us, known[4]),
            ..all
        }
    }
}

prop_compose! {
    fn session()(point in any::<String>(), numbers in prop::collection::vec(positive(), 0..4), settled: bool,
        temp_c in any::<Option<u32>>(), sm_clock_mhz in prop::option::of(positive()), groups in 0u64..1000) -> Session {
        let sentinel = Sentinel {
            point: point.clone(), at_seconds: numbers.clone(), time_us: numbers.clone(), invariant: numbers,
            time_drift: 0.5, invariant_drift: 0.0,
        };
        let settling = Settling {
            point, settled, seconds: 3.5, sm_clock_mhz, power_w: None, temp_c, busy_share: 0.96,
        };
        Session {
            device: 1,
            points: groups, wall_seconds: 1.5, busy_seconds: 0.25, disturbed_groups: groups,
            sentinel: vec![sentinel], settling: settled.then_some(settling),
        }
    }
}

prop_compose! {
    /// A product of a model whose heads are shared by more or fewer heads of keys and ranks, or one that older files and
    /// those of others have: without the ranks and what they share.
    fn product()((op, pass) in prop::sample::select(Op::ALL).prop_flat_map(|op| (Just(op), prop::sample::select(op.passes()))),
        groups in (1u64..9, 1u64..9, 1u32..9), batch in 1u64..5000, seq in 1u64..40_000, seq_key in 1u64..40_000,
        (head_dim, head_dim_v, mask) in (1u64..4000, 1u64..4000, prop::sample::select(Mask::ALL)), hidden in 1u64..=1 << 24, ffn in 1u64..1 << 20, vocab in 1u64..=1 << 20,
        free in prop::array::uniform4(1u64..=2_147_483_647), is_old: bool) -> Product {
        let (kv_heads, per_key, ranks) = (groups.0 * u64::from(groups.2), groups.1, groups.2);
        let sizes = ModelSizes {
            heads: Heads::new(kv_heads * per_key).ok(), batch: Batch::new(batch).ok(), seq: Seq::new(seq).ok(),
            hidden: Hidden::new(hidden).ok(), head_dim: HeadDim::new(head_dim).ok(), kv_heads: KvHeads::new(kv_heads).ok(),
            seq_key: SeqKey::new(seq_key).ok(), ffn: Ffn::new(ffn * u64::from(ranks)).ok(), vocab: Vocab::new(vocab).ok(),
            tensor_parallel: TensorParallel::new(ranks.into()).ok(), head_dim_v: HeadDimV::new(head_dim_v).ok(),
        };
        if !op.is_of_layer() {
            let gemm_batch = if op.products() == Products::Any { free[0] } else { 1 };
            return Product::of_no_model(op, Gemm::new(gemm_batch, free[1], free[2], free[3]).unwrap()).unwrap();
        }
        let seq_key = sizes.seq_key.filter(|_| mask == Mask::None);
        let product = Product::of_model(op, pass, &ModelSizes { seq_key, ..sizes }).unwrap();
        let product = product.masked(mask).unwrap_or(product);
        let old = ModelSizes { tensor_parallel: None, ffn: None, vocab: None, kv_heads: None, ..product.model };
        if is_old && !op.is_of_attention() && op != Op::Key { Product { model: old, ..product } } else { product }
    }
}

prop_compose! {
    fn point()(product in product(), dtype in prop::sample::select(Dtype::ALL),
        layout in prop::sample::select(Layout::ALL), engine in prop::sample::select(Engine::ALL),
        pacing in prop::sample::select(Pacing::ALL)) -> Point {
        let Product { op, pass, mask, model, gemm } = product;
        Point { op, pass, mask, dtype, layout, engine, pacing, cache: Cache::Hot, model, gemm }
    }
}

prop_compose! {
    fn row_of(stat: Stat, point: Point, statuses: &'static [Status])(device in 0u32..2, timing in timing_by(stat, point.flop() as f64),
        telemetry in of_columns(telemetry::COLUMNS), kernel in of_columns(kernel::COLUMNS),
        status in prop::sample::select(statuses), note in text(),
        bound in prop::option::of(prop::sample::select(Bound::ALL)), low in 0.5f64..=1.0,
        tier in prop::sample::select(Tier::ALL)) -> Row {
        let mut telemetry = telemetry;
        // What no card can have said of these launches is no part of a row.
        while let Some((column, want)) = implausible(&point, &timing, &telemetry) {
            match column {
                "sm_clock_mhz" => telemetry.sm_clock_mhz = timing.cycles_median.zip(timing.median_us).map(|(c, us)| c / us),
                "power_w" => telemetry.power_w = None,
                "energy_j" => telemetry.energy_j = None,
                _ => panic!("{column}: want {want}"),
            }
        }
        let timing = status.has_times().then_some(timing);
        let prediction = (status == Status::Predicted).then(|| {
            let time_us = timing.and_then(|timing| timing.time_us(stat)).unwrap();
            Prediction { low_us: time_us * low, high_us: time_us / low, tier }
        });
        Row { point, device, timing, telemetry, kernel, status, note, bound, prediction }
    }
}

/// What can become of a point of a file that was measured, and of one that was predicted.
fn statuses(predicted: bool) -> &'static [Status] {
    if predicted {
        &[Status::Predicted, Status::Skipped, Status::Failed]
    } else {
        &[Status::Ok, Status::Noisy, Status::Skipped, Status::Failed]
    }
}

fn any_row(stat: Stat, predicted: bool) -> impl Strategy<Value = Row> {
    point().prop_flat_map(move |point| row_of(stat, point, statuses(predicted)))
}

proptest! {
    #[test]
    fn points_in_numbers_are_in_the_order_of_points(one in point(), other in point(), sizes: bool) {
        // Of two that differ early the rest would hardly ever count.
        let other = if sizes { Point { gemm: other.gemm, model: other.model, ..one } } else { other };
        prop_assert_eq!(one.order().cmp(&other.order()), one.cmp(&other));
        prop_assert_eq!(one.order(), Point { ..one }.order());
    }

    #[test]
    fn no_digit_is_lost_on_the_way_through_a_file(
        (stat, is_predicted, rows) in (prop::sample::select(Stat::ALL), any::<bool>()).prop_flat_map(
            |(stat, is_predicted)| {
                (Just(stat), Just(is_predicted), prop::collection::vec(any_row(stat, is_predicted), 0..4))
            }
        ),
        sessions in prop::collection::vec(session(), 0..3),
        spec in any::<String>(),
    ) {
        let mut results = Results { front_matter: front_matter(&spec), rows, sessions };
        results.front_matter.method.stat = stat;
        results.front_matter.prediction = predicted().front_matter.prediction.filter(|_| is_predicted);
        prop_assert_eq!(Results::parse("r.csv", results.to_csv()).unwrap(), results);
    }

    #[test]
    fn the_spec_in_the_front_matter_is_kept_to_the_letter(
        spec in "([a-z =#\"'\\\\]|\n|\r\n|\r|\t|'''|\"\"\"|\\PC|\u{0}|\u{7f}|\u{85}|\u{2028}){0,40}"
    ) {
        let file = Results { front_matter: front_matter(&spec), rows: vec![], sessions: vec![] }.to_csv();
        for file in [file.replace('\n', "\r\n"), file] {
            prop_assert!(file.lines().all(|line| line.starts_with('#') || line.starts_with("op,")));
            prop_assert_eq!(Results::parse("r.csv", file).unwrap().front_matter.sweep.spec, spec.clone());
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Results::parse("r.csv", &bytes);
        let _ = Results::parse("r.csv", [b"# a = 1\nop,", bytes.as_slice()].concat());
    }

    #[test]
    fn no_mutation_of_a_file_makes_the_reader_panic(start in 0usize..4000, length in 0usize..30, insert in prop::collection::vec(any::<u8>(), 0..6)) {
        let mut file = results().to_csv().into_bytes();
        let start = start.min(file.len());
        let end = (start + length).min(file.len());
        file.splice(start..end, insert);
        let _ = Results::parse_repairing("r.csv", &file);
    }

    #[test]
    fn a_torn_tail_cut_off_leaves_a_whole_file(end in 0usize..4000) {
        let mut file = results().to_csv();
        file.truncate(end);
        if let Ok((kept, Some(tail))) = Results::parse_repairing("r.csv", &file) {
            file.truncate(usize::try_from(tail.byte_offset).unwrap());
            prop_assert_eq!(Results::parse("r.csv", &file).unwrap(), kept);
        }
    }

    #[test]
    fn throughput_is_written_from_the_file_s_own_time(row in any_row(Stat::Max, false)) {
        let line = write_row(&row, Stat::Max);
        let mut front_matter = front_matter("");
        front_matter.method.stat = Stat::Max;
        let file = write_header(&front_matter) + &line;
        let tflops = Results::parse("r.csv", file).unwrap().rows[0].tflops(Stat::Max);
        prop_assert_eq!(tflops, row.tflops(Stat::Max));
    }
}

/// Takes 10 GB of memory and a minute: `just ten-million`.
#[test]
#[ignore = "takes 10 GB"]
fn ten_million_rows_are_read() {
    const ROWS: u64 = 10_000_000;
    let stat = Stat::Median;
    let whole = results();
    let mut file = Results { rows: vec![], ..whole.clone() }.to_csv();
    file.reserve(ROWS as usize * 250);
    for batch in 1..=ROWS {
        let (row, layer) = (row(64), whole.rows[0].point.layer().unwrap());
        let batch = Batch::new(batch).unwrap();
        let layer = AttentionShape::from_hidden(layer.heads(), batch, layer.seq(), layer.hidden()).unwrap();
        let gemm = layer.gemm(row.point.op).unwrap();
        let point = Point { model: layer.into(), gemm, ..row.point };
        file.push_str(&write_row(&Row { point, ..row }, stat));
    }
    let read = Results::parse("r.csv", file).unwrap();
    assert_eq!(read.rows.len() as u64, ROWS);
    let last = read.rows.last().unwrap().point;
    assert_eq!(u64::from(last.layer().unwrap().batch().get()), ROWS);
}

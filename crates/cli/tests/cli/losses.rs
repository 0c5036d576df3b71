//! Points that were measured before and are not any more.

use crate::folder::Folder;
use crate::made_up::{file, row};
use hovera_core::{Engine, Op, Row, Status};

const GATE: [&str; 5] = ["compare", "base.csv", "after.csv", "--fail-if-slower", "3%"];

/// 300 points of both ops each.
fn rows() -> Vec<Row> {
    let of_op = |op| (1..=300).map(move |head_dim| row(op, head_dim, Engine::Cublas, 400.0));
    [Op::Score, Op::Values].into_iter().flat_map(of_op).collect()
}

fn fail(row: &mut Row) {
    row.status = Status::Failed;
    row.timing = None;
    row.note = "CUBLAS_STATUS_EXECUTION_FAILED".to_owned();
    row.telemetry.sm_clock_mhz = None;
}

fn folder(after: Vec<Row>) -> Folder {
    let folder = Folder::new();
    folder.write("base.csv", &file(rows()));
    folder.write("after.csv", &file(after));
    folder
}

/// The file after which all `values` failed.
fn failed() -> Vec<Row> {
    let mut after = rows();
    after.iter_mut().filter(|row| row.point.op == Op::Values).for_each(fail);
    after
}

#[test]
fn failed_points_do_not_pass_the_gate_and_are_a_line_for_each_series() {
    let folder = folder(failed());
    let (code, said) = folder.fails(&GATE);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains(
            "after.csv: values h/a = 64: 4 failed: hidden 768, hidden 1536, hidden 2304 and 1 more; failed in the other: \
             CUBLAS_STATUS_EXECUTION_FAILED"
        ),
        "{said}"
    );
    assert!(said.contains("300 points have a value in the base and none after"), "{said}");
    assert!(said.lines().count() < 12, "{said}");
    // Being allowed to miss points is not being allowed to fail.
    let (code, _) = folder.fails(&[&GATE[..], &["--allow-missing"]].concat());
    assert_eq!(code, 1);
}

#[test]
fn points_that_are_left_out_pass_the_gate_only_where_that_is_allowed() {
    let mut after = rows();
    after.retain(|row| row.point.op == Op::Score);
    let folder = folder(after);
    let (code, said) = folder.fails(&GATE);
    assert!(
        code == 1 && said.contains("values h/a = 1: 150 missing: hidden 12, hidden 36, hidden 60"),
        "{said}"
    );
    let (code, said) = folder.fails(&[&GATE[..], &["--allow-missing"]].concat());
    assert!(code == 0 && said.contains("warning") && said.contains("150 missing"), "{said}");
}

#[test]
fn points_that_the_base_does_not_have_are_a_note() {
    let folder = folder(rows());
    let (code, said) = folder.fails(&["compare", "after.csv", "base.csv", "--fail-if-slower", "3%"]);
    assert_eq!((code, said.contains("not in the base")), (0, false), "{said}");
    let mut fewer = rows();
    fewer.truncate(500);
    folder.write("fewer.csv", &file(fewer));
    let (code, said) = folder.fails(&["compare", "fewer.csv", "after.csv", "--fail-if-slower", "3%"]);
    assert!(
        code == 0 && said.contains("after.csv: 100 points are not in the base, and are not compared"),
        "{said}"
    );
}

#[test]
fn a_file_in_which_everything_failed_is_the_worst_outcome_and_not_bad_input() {
    let mut after = rows();
    after.iter_mut().for_each(fail);
    let (code, said) = folder(after).fails(&GATE);
    assert!(code == 1 && said.contains("600 points have a value in the base and none after"), "{said}");
}

#[test]
fn one_of_several_others_that_failed_is_named() {
    let folder = folder(failed());
    let (code, said) =
        folder.fails(&["compare", "base.csv", "base.csv", "after.csv", "--fail-if-slower", "3%"]);
    assert!(code == 1 && said.contains("after.csv: values"), "{said}");
}

#[test]
fn files_of_a_comparison_say_what_was_lost() {
    let folder = folder(failed());
    let output = folder
        .hovera(&["compare", "base.csv", "after.csv", "-o", "c.csv", "-o", "c.json", "-o", "c.md"])
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.contains(
            "300 points compared, 300 failed or skipped in one, 300 of them with a value in the base only"
        ),
        "{table}"
    );
    let csv = folder.read("c.csv");
    assert!(csv.lines().next().unwrap().ends_with(",note,lost"));
    assert_eq!(csv.lines().filter(|line| line.ends_with(",failed")).count(), 300);
    assert_eq!(folder.read("c.json").matches("\"lost\": \"failed\"").count(), 300);
    assert_eq!(
        folder.read("c.md").lines().filter(|line| line.starts_with("- lost: after.csv: values")).count(),
        7
    );
}

#[test]
fn a_fleet_names_cards_with_failures_in_words_and_files_and_does_not_pass() {
    let folder = Folder::new();
    let names: Vec<String> = (0..10).map(|card| format!("card{card}.csv")).collect();
    for (card, name) in names.iter().enumerate() {
        let mut rows = rows();
        match card {
            3 => rows[..9].iter_mut().for_each(fail),
            5 => rows.truncate(590),
            7 => rows.iter_mut().for_each(fail),
            _ => {}
        }
        folder.write(name, &file(rows));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let args = [
        &["compare", "--fleet", "--fail-if-slower", "5%", "-o", "f.csv", "-o", "f.json", "-o", "f.md"],
        &names[..],
    ];
    let output = folder.hovera(&args.concat()).output().unwrap();
    let [table, said] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(output.status.code(), Some(1), "{said}");
    let reason = "CUBLAS_STATUS_EXECUTION_FAILED";
    for line in [
        format!("card7.csv: 600 failed: {reason}"),
        format!("card3.csv: 9 failed: {reason}"),
        "card5.csv: 10 missing".to_owned(),
    ] {
        assert!(
            said.contains(&line) && table.contains(&format!("lost   {line}")),
            "no {line:?} in {said}{table}"
        );
    }
    let csv = folder.read("f.csv");
    assert!(csv.lines().next().unwrap().ends_with(",outlier,failed,skipped,missing,without_value"));
    for (card, end) in
        [("card7", ",,,,600,0,0,0"), ("card3", ",9,0,0,0"), ("card5", ",0,0,10,0"), ("card1", ",0,0,0,0")]
    {
        let line = csv.lines().find(|line| line.starts_with(&format!("card,tflops,{card}.csv,"))).unwrap();
        assert!(line.ends_with(end), "{line}");
    }
    let json = folder.read("f.json");
    assert!(json.contains("\"losing\": [\n    {\n      \"card\": \"card7.csv\""), "{json}");
    assert!(folder.read("f.md").contains("- lost: card5.csv: 10 missing\n"));
    let only_missing: Vec<&str> =
        names.iter().copied().filter(|name| !["card3.csv", "card7.csv"].contains(name)).collect();
    let args =
        [&["compare", "--fleet", "--fail-if-slower", "5%", "--allow-missing"], &only_missing[..]].concat();
    let (code, said) = folder.fails(&args);
    assert!(code == 0 && said.contains("card5.csv: 10 missing"), "{said}");
}

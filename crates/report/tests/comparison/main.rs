//! Comparisons and fleets as files.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

#[path = "../../../analysis/tests/comparison/files.rs"]
mod files;
mod fleet;

use files::{H100, file, three_percent_off};
use hovera_analysis::{CompareOptions, ComparedFile, Comparison};
use hovera_core::{Op, SecondSpeed, Series, Status};
use hovera_report::comparison::{csv, json, markdown};
use serde_json::Value;

/// A base that lacks one point, against a slower series in which another failed.
fn comparison(name: &str) -> Comparison {
    let mut base = file(&format!("{H100}/burst-1.csv"));
    let mut other = three_percent_off(&base, Op::Score, Series::ALL[6]);
    base.rows.remove(0);
    other.rows[5].status = Status::Failed;
    other.rows[5].timing = None;
    other.rows[5].note = "=cmd|'/c calc' | <b>x</b>".into();
    let source = |name, results| ComparedFile { name, results, device: None };
    Comparison::of_sources(&[source("base", &base), source(name, &other)], &[], &CompareOptions::default())
        .unwrap()
}

#[test]
fn the_csv_has_every_point_and_summary() {
    let csv = csv(&comparison("other"));
    let level = |level: &str| csv.lines().filter(|line| line.starts_with(&format!("{level},"))).count();
    assert_eq!((level("point"), level("series"), level("op")), (70, 14, 2));
    let width = csv.lines().next().unwrap().split(',').count();
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    for record in reader.records() {
        assert_eq!(record.unwrap().len(), width);
    }
    assert!(csv.contains(",only in the other,\n") && csv.contains(",failed in the other: "));
    let series =
        csv.lines().find(|line| line.starts_with("series,tflops,base,other,score,,,,,,,,,,,64,")).unwrap();
    assert!(series.contains(",slower,"), "{series}");
}

#[test]
fn a_spreadsheet_and_a_browser_take_texts_of_strangers_as_texts() {
    let hostile = comparison("=HYPERLINK(\"x\")|<script>");
    let table = csv(&hostile);
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    for record in reader.records() {
        assert!(record.unwrap().iter().all(|field| !field.starts_with('=')));
    }
    let markdown = markdown(&hostile);
    assert!(!markdown.contains("<script>") && !markdown.contains("<b>"));
    // Its bars are not columns.
    let line = markdown.lines().find(|line| line.starts_with('|') && line.contains("calc")).unwrap();
    assert_eq!(line.replace("\\|", "").matches('|').count(), 5, "{line}");
}

#[test]
fn the_json_is_what_it_says() {
    let comparison = comparison("other");
    let json: Value = serde_json::from_str(&json(&comparison)).unwrap();
    assert_eq!((&json["schema"], &json["version"]), (&"hovera-comparison".into(), &1.into()));
    assert_eq!(json["points"].as_array().unwrap().len(), 68);
    assert_eq!(json["unmatched"].as_array().unwrap().len(), 2);
    let (point, first) = (&json["points"][0], &comparison.points[0]);
    assert_eq!(point["ratio"].as_f64().unwrap(), first.ratio.ratio);
    assert_eq!(point["verdict"], first.ratio.verdict.as_str());
    assert_eq!(point["hidden"], first.point.layer().unwrap().hidden().get());
    let summary = &json["summaries"][0];
    let worst = &json["points"][summary["worst_point"].as_u64().unwrap() as usize];
    assert!(worst["ratio"].as_f64() <= summary["ratio"].as_f64());
}

#[test]
fn points_with_two_speeds_are_told_in_every_format() {
    let base = file(&format!("{H100}/burst-1.csv"));
    let mut other = base.clone();
    let timing = other.rows[0].timing.as_mut().unwrap();
    timing.second = Some(SecondSpeed { time_us: timing.median_us.unwrap() * 1.2, share: 0.25 });
    let source = |name, results| ComparedFile { name, results, device: None };
    let sources = [source("base", &base), source("other", &other)];
    let comparison = Comparison::of_sources(&sources, &[], &CompareOptions::default()).unwrap();
    let document: Value = serde_json::from_str(&json(&comparison)).unwrap();
    let told = document["points"].as_array().unwrap().iter().filter(|point| !point["two_speeds"].is_null());
    assert_eq!(told.map(|point| point["two_speeds"].clone()).collect::<Vec<_>>(), ["other"]);
    let table = csv(&comparison);
    let lines =
        table.lines().filter(|line| line.contains("two speeds in the other: the interval reaches to both"));
    assert_eq!(lines.count(), 1);
    assert!(markdown(&comparison).contains("- note: 1 point has two speeds in other only: "));
}

#[test]
fn the_same_files_make_the_same_bytes() {
    let texts = |it: Comparison| [csv(&it), json(&it), markdown(&it)];
    assert_eq!(texts(comparison("other")), texts(comparison("other")));
}

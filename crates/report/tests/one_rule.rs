//! A chart, a verdict, a fleet and a report of the same two rows say the same.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

use hovera_analysis::{
    Across, CardReadings, CompareOptions, ComparedFile, Comparison, FleetBuilder, FleetOptions, Metric,
    Thresholds,
};
use hovera_core::{Bound, Engine, Gemm, Op, Point, Results, Row};
use hovera_plot::{ChartKind, ChartOptions, NamedResults, Overlay, charts_across};
use hovera_report::{Report, ResultsFile};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const METRICS: [Metric; 3] = [Metric::Tflops, Metric::TflopsAtClock, Metric::PercentOfPeak];

/// Ratios by op and GEMM; several where points differ in more than that.
type Ratios = BTreeMap<(Op, Gemm), Vec<f64>>;

fn sweeps() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps")
}

fn file(path: &Path) -> Results {
    let name = path.display().to_string();
    Results::parse(&name, std::fs::read(path).unwrap()).unwrap()
}

/// The recorded sweeps of a card by their file's name.
fn recorded(card: &str) -> BTreeMap<String, Results> {
    let folder = std::fs::read_dir(sweeps().join("recorded").join(card)).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let csv = paths.filter(|path| path.extension().is_some_and(|ending| ending == "csv"));
    csv.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), file(&path))).collect()
}

/// What ratio charts draw.
fn drawn(files: &[&Results], overlay: Overlay, metric: Metric) -> Ratios {
    let options = ChartOptions {
        kind: ChartKind::Ratio,
        overlay: Some(overlay),
        metric,
        mixed_methods: true,
        ..ChartOptions::default()
    };
    let mut ratios = Ratios::new();
    let files: Vec<_> = files.iter().map(|results| NamedResults { name: "file", results }).collect();
    for chart in charts_across(&files, &[], &options).unwrap() {
        let op: Op = chart.stem.split('-').next().unwrap().parse().unwrap();
        for point in chart.chart.traces.iter().flat_map(|trace| &trace.points) {
            // The line of equality is of no row.
            let Some(place) = point.row else { continue };
            let gemm = files[place.file].results.rows[place.row].point.gemm();
            ratios.entry((op, gemm)).or_default().push(point.y);
        }
    }
    ratios
}

/// What is judged.
fn judged(files: &[&Results], across: &[Across], metric: Metric) -> Ratios {
    let sources: Vec<ComparedFile<'_>> =
        files.iter().map(|results| ComparedFile { name: "file", results, device: None }).collect();
    let options =
        CompareOptions { metric, across: across.to_vec(), mixed_methods: true, ..CompareOptions::default() };
    let mut ratios = Ratios::new();
    for point in Comparison::of_sources(&sources, &[], &options).unwrap().points {
        let gemm = point.point.gemm();
        assert_eq!(point.ratio.ratio, (point.other_value / point.base_value).ln().exp());
        ratios.entry((point.point.op, gemm)).or_default().push(point.ratio.ratio);
    }
    ratios
}

/// How many ratios there are, all of them equal.
#[track_caller]
fn same(mut drawn: Ratios, mut judged: Ratios) -> usize {
    assert_eq!(drawn.keys().collect::<Vec<_>>(), judged.keys().collect::<Vec<_>>());
    let mut count = 0;
    for ((point, drawn), judged) in drawn.iter_mut().zip(judged.values_mut()) {
        assert_eq!(drawn.len(), judged.len(), "{point:?}");
        drawn.sort_by(f64::total_cmp);
        judged.sort_by(f64::total_cmp);
        for (drawn, judged) in drawn.iter().zip(judged.iter()) {
            assert!((drawn / judged - 1.0).abs() < 1e-12, "{point:?}: {drawn} drawn, {judged} judged");
            count += 1;
        }
    }
    count
}

#[test]
fn every_recorded_pair_has_one_ratio_in_the_chart_and_in_the_verdict() {
    let (h100, h200) = (recorded("nvidia-h100-80gb-hbm3"), recorded("nvidia-h200"));
    let mut pairs = BTreeMap::new();
    let mut found = |what: &'static str, count| *pairs.entry(what).or_insert(0) += count;
    for metric in METRICS {
        for results in h100.values().chain(h200.values()) {
            let differ = |word: fn(&Row) -> &'static str| {
                results.rows.iter().any(|row| word(row) != word(&results.rows[0]))
            };
            let one = [results];
            // A model's file has attention by another library than its products: no point is by both.
            let but_for_engine: BTreeSet<Point> =
                results.rows.iter().map(|row| Point { engine: Engine::Cublas, ..row.point }).collect();
            if but_for_engine.len() < results.rows.len() {
                let judged = judged(&one, &[Across::Engine], metric);
                found("across engines", same(drawn(&one, Overlay::Engine, metric), judged));
            }
            if differ(|row| row.point.pacing.as_str()) {
                let judged = judged(&one, &[Across::Pacing], metric);
                found("across pacing", same(drawn(&one, Overlay::Pacing, metric), judged));
            }
        }
        for (name, ours) in &h100 {
            let Some(theirs) = h200.get(name) else { continue };
            let both = [ours, theirs];
            found("H200 over H100", same(drawn(&both, Overlay::Gpu, metric), judged(&both, &[], metric)));
        }
    }
    let expected = [("H200 over H100", 3 * 3921), ("across engines", 3 * 1620), ("across pacing", 3 * 140)];
    assert_eq!(pairs, BTreeMap::from(expected));
}

#[test]
fn a_card_among_others_has_the_ratio_that_the_pair_has() {
    let metric = Metric::TflopsAtClock;
    let first = file(&sweeps().join("repeatability/nvidia-h100-80gb-hbm3/none-1.csv"));
    let mut second = first.clone();
    // Slower, at a lower clock, and the most so where both limits bound the row: neither its time nor its cycles
    // alone have the ratio then.
    for row in &mut second.rows {
        let (time, cycles) = if row.bound == Some(Bound::Both) { (3.0, 2.0) } else { (1.2, 1.1) };
        let timing = row.timing.as_mut().unwrap();
        timing.median_us = timing.median_us.map(|us| us * time);
        timing.cycles_median = timing.cycles_median.map(|it| it * cycles);
    }
    let options = FleetOptions { metric, mixed_methods: false, thresholds: Thresholds::default() };
    let mut builder = FleetBuilder::new(options).unwrap();
    for i in 0..9 {
        let results = if i == 8 { &second } else { &first };
        for card in CardReadings::of_file(&format!("card{i}"), results, None, metric).unwrap() {
            builder.add(&card).unwrap();
        }
    }
    let fleet = builder.finish().unwrap();
    let judged = judged(&[&first, &second], &[], metric);
    let farthest = &fleet.cards[8].farthest;
    assert_eq!(farthest.len(), 3);
    for (point, ratio) in farthest {
        let pair = judged[&(point.op, point.gemm())][0];
        assert!((ratio / pair - 1.0).abs() < 1e-5, "{point}: {ratio} in the fleet, {pair} of the pair");
        assert!((1.0 / 3.0 + 0.01..0.5 - 0.01).contains(&pair), "{point}: {pair}");
    }
}

#[test]
fn the_report_says_the_means_of_the_comparison() {
    let read = |card: &str| {
        let path = sweeps().join("recorded").join(card).join("attention-a12.csv");
        ResultsFile::parse(card, card, &std::fs::read(path).unwrap()).unwrap()
    };
    let files = [read("nvidia-h100-80gb-hbm3"), read("nvidia-h200")];
    let sources =
        files.each_ref().map(|file| ComparedFile { name: "file", results: &file.results, device: None });
    let text = Report::new(&files, "hovera").unwrap().markdown("report.md");
    let text = String::from_utf8(text[0].bytes.clone()).unwrap();
    for metric in [Metric::Tflops, Metric::TflopsAtClock] {
        let options = CompareOptions { metric, ..CompareOptions::default() };
        let comparison = Comparison::of_sources(&sources, &[], &options).unwrap();
        let wholes: Vec<_> = comparison.summaries.iter().filter(|it| it.series.is_none()).collect();
        assert_eq!(wholes.len(), 2);
        for whole in wholes {
            let mean = format!("{:.3} ({:.3} to {:.3}", whole.ratio.ratio, whole.ratio.low, whole.ratio.high);
            assert!(text.contains(&mean), "{metric} {}: {mean}", whole.op);
        }
    }
}

//! What was measured twice is the same, and what was made slower is found.

use crate::files::{H100, file, slowed, three_percent_off};
use crate::{H200, compare};
use hovera_analysis::{
    CompareOptions, ComparedFile, Comparison, Metric, PointComparison, Thresholds, Verdict,
};
use hovera_core::{Op, Results, Series};

fn passes(folder: &str, pacing: &str) -> Vec<Results> {
    (1..=4).map(|pass| file(&format!("{folder}/{pacing}-{pass}.csv"))).collect()
}

fn by(metric: Metric) -> CompareOptions {
    CompareOptions { metric, ..CompareOptions::default() }
}

const METRICS: [Metric; 4] =
    [Metric::Tflops, Metric::TflopsAtClock, Metric::PercentOfPeak, Metric::FlopPerCycle];

/// How many points and summaries are called different.
fn different(comparison: &Comparison) -> (usize, usize) {
    let is = |verdict| matches!(verdict, Verdict::Faster | Verdict::Slower);
    (
        comparison.points.iter().filter(|point| is(point.ratio.verdict)).count(),
        comparison.summaries.iter().filter(|summary| is(summary.ratio.verdict)).count(),
    )
}

#[test]
fn two_runs_of_one_card_differ_in_at_most_one_point_of_twenty() {
    for (folder, pacing) in [(H100, "burst"), (H100, "none"), (H200, "burst"), (H200, "none")] {
        let passes = passes(folder, pacing);
        for metric in METRICS {
            for (i, base) in passes.iter().enumerate() {
                for other in &passes[i + 1..] {
                    let comparison = compare(base, other, &by(metric)).unwrap();
                    assert_eq!(comparison.points.len(), 70);
                    let (points, summaries) = different(&comparison);
                    assert!(points <= 3, "{folder} {pacing} {metric}: {points} of 70 points");
                    assert_eq!(summaries, 0, "{folder} {pacing} {metric}");
                }
            }
        }
    }
}

#[test]
fn two_cards_of_one_model_are_hardly_told_apart_but_by_their_clocks() {
    let (base, other) = (file(&format!("{H200}/earlier-1.csv")), file(&format!("{H200}/other-card-1.csv")));
    for metric in [Metric::TflopsAtClock, Metric::PercentOfPeak, Metric::FlopPerCycle] {
        assert!(different(&compare(&base, &other, &by(metric)).unwrap()).0 <= 3, "{metric}");
    }
    // At its power cap the other card keeps a clock that is about 2 % higher. That is a difference, of
    // throughput as it happened; it is where the cap binds and of the clocks' size.
    let clock = |results: &Results, point| {
        let row = results.rows.iter().find(|row| row.point == point).unwrap();
        row.telemetry.sm_clock_mhz.unwrap()
    };
    let comparison = compare(&base, &other, &by(Metric::Tflops)).unwrap();
    assert_eq!(comparison.count(1, Verdict::Slower), 0);
    let faster = comparison.points.iter().filter(|point| point.ratio.verdict == Verdict::Faster);
    let faster: Vec<_> = faster.collect();
    assert!(faster.len() >= 20, "{}", faster.len());
    for PointComparison { point, ratio, .. } in faster {
        assert!(point.layer().unwrap().series().get() >= 8, "{point:?}");
        let clocks = clock(&other, *point) / clock(&base, *point);
        assert!((ratio.ratio / clocks - 1.0).abs() < 0.01, "{point:?}: {} and {clocks}", ratio.ratio);
    }
}

#[test]
fn two_cards_that_keep_the_same_clock_are_not_told_apart() {
    let (base, other) = (file(&format!("{H100}/two-cards-1.csv")), file(&format!("{H100}/two-cards-2.csv")));
    for metric in [Metric::Tflops, Metric::TflopsAtClock] {
        let (points, summaries) = different(&compare(&base, &other, &by(metric)).unwrap());
        assert!(points <= 3 && summaries == 0, "{metric}: {points} of 70 points, {summaries} summaries");
    }
}

#[test]
fn two_runs_at_the_clock_are_mostly_called_the_same() {
    // Without this, a comparison that is unsure of everything would pass the tests above.
    for folder in [H100, H200] {
        let passes = passes(folder, "burst");
        let comparison = compare(&passes[0], &passes[1], &by(Metric::TflopsAtClock)).unwrap();
        assert!(comparison.count(1, Verdict::Same) >= 45, "{folder}");
        let comparison = compare(&passes[0], &passes[1], &by(Metric::Tflops)).unwrap();
        assert!(comparison.count(1, Verdict::Same) >= 15, "{folder}");
    }
}

#[test]
fn three_percent_off_one_series_are_found_there_and_nowhere_else() {
    let base = file("recorded/nvidia-h100-80gb-hbm3/attention-a12.csv");
    for op in Op::all_of_attention() {
        for series in Series::ALL {
            let other = three_percent_off(&base, op, series);
            let comparison = compare(&base, &other, &CompareOptions::default()).unwrap();
            let slower: Vec<_> = comparison
                .summaries
                .iter()
                .filter(|summary| summary.ratio.verdict == Verdict::Slower)
                .map(|summary| (summary.op, summary.series))
                .collect();
            assert_eq!(slower, [(op, Some(series))]);
            assert_eq!(comparison.count(1, Verdict::Faster), 0);
            let misplaced = comparison
                .points
                .iter()
                .filter(|point| point.ratio.verdict == Verdict::Slower)
                .filter(|point| (point.point.op, point.point.layer().unwrap().series()) != (op, series));
            assert_eq!(misplaced.count(), 0);
            assert!(comparison.slower_by(0.03).count() >= 1 && comparison.slower_by(0.031).count() == 0);
        }
    }
}

#[test]
fn three_percent_off_one_series_of_another_run_are_found_at_the_clock() {
    let passes = passes(H100, "burst");
    for series in &Series::ALL[3..] {
        let other = three_percent_off(&passes[1], Op::Values, *series);
        let comparison = compare(&passes[0], &other, &by(Metric::TflopsAtClock)).unwrap();
        for summary in &comparison.summaries {
            let slowed = summary.op == Op::Values && summary.series == Some(*series);
            let verdict = summary.ratio.verdict;
            assert_eq!(verdict == Verdict::Slower, slowed, "{:?}: {verdict:?}", summary.series);
        }
    }
}

#[test]
fn repeated_runs_tell_how_far_rows_differ() {
    let passes = passes(H200, "burst");
    let slower = slowed(&passes[1], |_| Some(1.0 / 0.985));
    let source = |results| ComparedFile { name: "pass", results, device: None };
    let sources = [source(&passes[0]), source(&slower)];
    let repeats = [source(&passes[2]), source(&passes[3])];
    let options = CompareOptions::default();
    let found =
        |repeats| Comparison::of_sources(&sources, repeats, &options).unwrap().count(1, Verdict::Slower);
    // The H200 repeats series 1, 2 and 4 better than the H100 by which a lone pair is judged.
    assert!(found(&repeats) > found(&[]), "{} and {}", found(&repeats), found(&[]));
    let other_card = file(&format!("{H100}/burst-2.csv"));
    let error = Comparison::of_sources(&sources, &[source(&other_card)], &options).unwrap_err().to_string();
    assert!(error.contains("not a further run of pass: another card"), "{error}");
}

#[test]
fn a_wider_margin_and_a_stricter_rate_call_less_different() {
    let base = file(&format!("{H100}/burst-1.csv"));
    // By 0 to 6 %, so that every step of a threshold has points on either side.
    let mut row = 0.0;
    let other = slowed(&base, |_| {
        row += 1.0;
        Some(1.0 + 0.06 * row / 70.0)
    });
    let slower = |margin, false_discovery_rate| {
        let thresholds = Thresholds { margin, false_discovery_rate, run_to_run: Some(0.004) };
        let options = CompareOptions { thresholds, ..CompareOptions::default() };
        compare(&base, &other, &options).unwrap().count(1, Verdict::Slower)
    };
    let (by_margin, by_rate) =
        ([0.01, 0.018, 0.03].map(|m| slower(m, 0.05)), [0.2, 0.05, 1e-4].map(|r| slower(0.015, r)));
    assert!(by_margin[0] > by_margin[1] && by_margin[1] > by_margin[2], "{by_margin:?}");
    assert!(by_rate[0] > by_rate[1] && by_rate[1] > by_rate[2], "{by_rate:?}");
}

#[test]
fn a_matrix_has_each_other_side_against_the_base() {
    let passes: Vec<Results> = (1..=3).map(|pass| file(&format!("{H100}/burst-{pass}.csv"))).collect();
    let names = ["one", "two", "three"];
    let sources: Vec<ComparedFile<'_>> = names
        .iter()
        .zip(&passes)
        .map(|(name, results)| ComparedFile { name, results, device: None })
        .collect();
    let all = Comparison::of_sources(&sources, &[], &CompareOptions::default()).unwrap();
    assert_eq!((all.sides.len(), all.points.len(), all.summaries.len()), (3, 140, 32));
    // Each pair has the ratios that it has alone; only the q-values are of the whole table.
    let alone = Comparison::of_sources(&[sources[0], sources[2]], &[], &CompareOptions::default()).unwrap();
    for (a, b) in all.points[70..].iter().zip(&alone.points) {
        assert_eq!((a.other, a.ratio.ratio, a.ratio.p), (2, b.ratio.ratio, b.ratio.p));
    }
}

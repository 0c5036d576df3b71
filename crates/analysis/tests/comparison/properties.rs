//! What holds of any two files.

use crate::compare;
use crate::files::{H100, file, slowed};
use hovera_analysis::{CompareOptions, Metric, Verdict};
use hovera_core::Results;
use proptest::prelude::*;

fn any_metric() -> impl Strategy<Value = Metric> {
    prop::sample::select(&[Metric::Tflops, Metric::TflopsAtClock, Metric::PercentOfPeak][..])
}

/// A pass whose rows are slower or faster by factors around 1.
fn any_change() -> impl Strategy<Value = Results> {
    let pass = file(&format!("{H100}/burst-2.csv"));
    prop::collection::vec(0.9f64..1.1, pass.rows.len()).prop_map(move |factors| {
        let mut factors = factors.into_iter();
        slowed(&pass, |_| factors.next())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_differs_from_itself(results in any_change(), metric in any_metric()) {
        let comparison = compare(&results, &results, &CompareOptions { metric, ..Default::default() }).unwrap();
        for point in &comparison.points {
            prop_assert_eq!(point.ratio.ratio, 1.0);
        }
        for ratio in comparison.points.iter().map(|p| p.ratio).chain(comparison.summaries.iter().map(|s| s.ratio)) {
            prop_assert!(matches!(ratio.verdict, Verdict::Same | Verdict::Unsure));
            prop_assert!(ratio.p > 0.5 && ratio.low <= 1.0 && 1.0 <= ratio.high);
        }
    }

    #[test]
    fn swapping_base_and_other_turns_every_ratio_and_verdict_over(
        other in any_change(), metric in any_metric()
    ) {
        let base = file(&format!("{H100}/burst-1.csv"));
        let options = CompareOptions { metric, ..CompareOptions::default() };
        let there = compare(&base, &other, &options).unwrap();
        let back = compare(&other, &base, &options).unwrap();
        prop_assert_eq!(there.points.len(), back.points.len());
        let over = |verdict| match verdict {
            Verdict::Faster => Verdict::Slower,
            Verdict::Slower => Verdict::Faster,
            other => other,
        };
        let pairs = there.points.iter().map(|p| p.ratio).zip(back.points.iter().map(|p| p.ratio));
        let summaries = there.summaries.iter().map(|s| s.ratio).zip(back.summaries.iter().map(|s| s.ratio));
        for (there, back) in pairs.chain(summaries) {
            prop_assert!((there.ratio * back.ratio - 1.0).abs() < 1e-12);
            prop_assert!((there.low * back.high - 1.0).abs() < 1e-9);
            prop_assert!((there.q - back.q).abs() < 1e-9);
            prop_assert_eq!(there.verdict, over(back.verdict));
        }
    }

    #[test]
    fn the_order_of_the_rows_changes_nothing(rows in Just(file(&format!("{H100}/burst-2.csv")).rows).prop_shuffle()) {
        let (base, other) = (file(&format!("{H100}/burst-1.csv")), file(&format!("{H100}/burst-2.csv")));
        let shuffled = Results { rows, ..other.clone() };
        let options = CompareOptions::default();
        prop_assert_eq!(compare(&base, &other, &options), compare(&base, &shuffled, &options));
        prop_assert_eq!(compare(&other, &base, &options), compare(&shuffled, &base, &options));
    }
}

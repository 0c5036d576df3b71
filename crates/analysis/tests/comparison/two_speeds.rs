//! Points whose launches fall into two groups.

use crate::compare;
use hovera_analysis::{
    CompareOptions, ComparedFile, Comparison, Metric, PointComparison, TwoSpeeds, Verdict,
};
use hovera_core::made_up::{self, RowBuilder};
use hovera_core::{Op, Results};

/// A point known to ±0.1 %.
fn at(time_us: f64) -> RowBuilder {
    made_up::row(Op::Values, 80).time_us(time_us).interval(0.001).clock_mhz(1500.0)
}

fn file(row: RowBuilder) -> Results {
    made_up::results(made_up::h100(), vec![row.build()])
}

fn compared(base: RowBuilder, other: RowBuilder) -> (PointComparison, Comparison) {
    let comparison = compare(&file(base), &file(other), &CompareOptions::default()).unwrap();
    (comparison.points[0].clone(), comparison)
}

#[test]
fn the_same_two_speeds_are_the_same_whichever_is_more_frequent() {
    // 117 and 144 us, as a shape of about the size of the L2 took on an H100.
    let base = at(117.0).second_speed(144.0 / 117.0, 0.4);
    let (alike, comparison) = compared(base, at(117.1).second_speed(144.0 / 117.1, 0.2));
    assert_eq!((alike.ratio.verdict, alike.two_speeds), (Verdict::Same, Some(TwoSpeeds::Both)));
    assert_eq!(
        comparison.notes,
        [
            "1 point has two speeds in base and in other: faster is compared with faster and slower with slower"
        ]
    );
    // Most launches of the other are slow: by the larger groups it would be 19 % slower.
    let (turned, _) = compared(base, at(144.0).second_speed(117.0 / 144.0, 0.4));
    assert_eq!((turned.ratio.verdict, turned.two_speeds), (Verdict::Same, Some(TwoSpeeds::Both)));
    assert!((turned.ratio.ratio - 1.0).abs() < 1e-9, "{turned:?}");
}

#[test]
fn a_slowdown_of_both_speeds_is_one_and_of_one_speed_alone_is_not_the_same() {
    let base = at(117.0).second_speed(144.0 / 117.0, 0.4);
    let (both, _) = compared(base, at(144.0 * 1.05).second_speed(117.0 / 144.0, 0.4));
    assert_eq!(both.ratio.verdict, Verdict::Slower);
    assert!((both.ratio.ratio - 1.0 / 1.05).abs() < 1e-9, "{both:?}");
    let (one, _) = compared(base, at(117.0).second_speed(144.0 * 1.05 / 117.0, 0.4));
    assert_eq!(one.ratio.verdict, Verdict::Unsure);
    assert!(one.ratio.low <= 1.0 / 1.05, "{one:?}");
}

#[test]
fn a_row_of_one_speed_may_be_either_of_the_other_sides() {
    let two = at(117.0).second_speed(144.0 / 117.0, 0.4);
    for time_us in [117.0, 144.0] {
        let (point, comparison) = compared(two, at(time_us));
        assert_eq!((point.ratio.verdict, point.two_speeds), (Verdict::Unsure, Some(TwoSpeeds::Base)));
        let either = 144.0 / 117.0;
        assert!(point.ratio.low <= 1.0 / either && point.ratio.high >= 117.0 / time_us, "{point:?}");
        assert_eq!(
            comparison.notes,
            [
                "1 point has two speeds in base only: at which of them other ran is not known, and the interval reaches \
              to both"
            ]
        );
    }
    // Slower than either.
    let (point, _) = compared(two, at(200.0));
    assert_eq!(point.ratio.verdict, Verdict::Slower);
    let (back, _) = compared(at(200.0), two);
    assert_eq!((back.ratio.verdict, back.two_speeds), (Verdict::Faster, Some(TwoSpeeds::Other)));
}

#[test]
fn cycles_are_of_the_larger_group_and_the_interval_says_so() {
    let (base, other) =
        (file(at(117.0).second_speed(144.0 / 117.0, 0.4)), file(at(144.0).second_speed(117.0 / 144.0, 0.4)));
    let options = CompareOptions { metric: Metric::FlopPerCycle, ..CompareOptions::default() };
    let comparison = compare(&base, &other, &options).unwrap();
    let point = &comparison.points[0];
    assert_eq!((point.ratio.verdict, point.two_speeds), (Verdict::Unsure, Some(TwoSpeeds::Crossed)));
    assert!(point.ratio.high >= 1.0, "{point:?}");
}

#[test]
fn a_repeat_that_ran_at_another_speed_does_not_count_as_scatter() {
    let rows = |first: RowBuilder| {
        let others = (2..12)
            .map(|i| made_up::row(Op::Values, 16 * (2 * i + 3)).time_us(200.0).interval(0.001).build());
        made_up::results(made_up::h100(), std::iter::once(first.build()).chain(others).collect())
    };
    let (base, again, other) =
        (rows(at(117.0).second_speed(144.0 / 117.0, 0.4)), rows(at(144.0)), rows(at(117.0)));
    let source = |name, results| ComparedFile { name, results, device: None };
    let sides = [source("base", &base), source("other", &other)];
    let comparison =
        Comparison::of_sources(&sides, &[source("again", &again)], &CompareOptions::default()).unwrap();
    assert_eq!(comparison.count(1, Verdict::Same), 10);
    assert_eq!(comparison.points[0].two_speeds, Some(TwoSpeeds::Base));
}

#[test]
fn one_point_of_two_speeds_leaves_the_mean_of_its_series_as_sure_as_the_others_make_it() {
    let rows = |first: RowBuilder| {
        let others = (41..80)
            .map(|i| made_up::row(Op::Values, 16 * (2 * i + 1)).time_us(200.0).interval(0.001).build());
        made_up::results(made_up::h100(), std::iter::once(first.build()).chain(others).collect())
    };
    let two = at(117.0).second_speed(1.02, 0.4);
    let comparison = compare(&rows(two), &rows(at(117.0)), &CompareOptions::default()).unwrap();
    assert_eq!(comparison.points[0].ratio.verdict, Verdict::Unsure);
    assert_eq!(comparison.count(1, Verdict::Same), 39);
    assert_eq!(comparison.summaries[0].ratio.verdict, Verdict::Same);
}

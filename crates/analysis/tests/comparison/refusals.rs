//! What is not comparable is refused, with what differs and how to compare it all the same.

use crate::compare;
use crate::files::{H100, file};
use hovera_analysis::{
    Across, CardReadings, CompareOptions, ComparedFile, Comparison, Metric, Verdict, WhyNot,
};
use hovera_core::{Device, Dtype, Results, Stat, Status, made_up};

fn pass() -> Results {
    file(&format!("{H100}/burst-1.csv"))
}

/// The pass, changed.
fn changed(change: impl FnOnce(&mut Results)) -> Results {
    let mut results = pass();
    change(&mut results);
    results
}

#[track_caller]
fn refused(other: &Results, options: &CompareOptions, says: &str) {
    let error = compare(&pass(), other, options).unwrap_err().to_string();
    assert!(error.contains(says), "no {says:?} in {error}");
}

#[test]
fn different_methods_unless_told_to() {
    let other = changed(|it| it.front_matter.method.timer = "host".into());
    refused(&other, &CompareOptions::default(), "timer is graph and host; --mixed-methods");
    let options = CompareOptions { mixed_methods: true, ..CompareOptions::default() };
    let comparison = compare(&pass(), &other, &options).unwrap();
    assert_eq!((comparison.points.len(), comparison.notes.len()), (70, 1));
    let rested = changed(|it| it.front_matter.method.idle_after = Some(3.0));
    refused(
        &rested,
        &CompareOptions::default(),
        "different methods: idle_after is 10 and 3; --mixed-methods",
    );
}

#[test]
fn other_builds_of_hovera_are_compared_and_named() {
    let own = pass().front_matter.software;
    let own = format!("hovera {} ({})", own.hovera, own.revision.unwrap());
    let older = changed(|it| it.front_matter.software.revision = Some("0123456789ab".into()));
    let note = compare(&pass(), &older, &CompareOptions::default()).unwrap().notes.remove(0);
    assert!(note.starts_with(&format!("base was measured by {own} and other by hovera ")), "{note}");
    assert!(note.contains("(0123456789ab): what changed in hovera"), "{note}");
    assert_eq!(compare(&pass(), &pass(), &CompareOptions::default()).unwrap().notes.len(), 0);
}

#[test]
fn what_was_predicted_has_no_verdict_unless_told_to() {
    let predicted = made_up::predicted(pass());
    let says = "its rows are predicted, not measured; --predicted compares them all the same";
    refused(&predicted, &CompareOptions::default(), &format!("other: {says}"));
    let base = compare(&predicted, &pass(), &CompareOptions::default()).unwrap_err().to_string();
    assert_eq!(base, format!("base: {says}"));
    // It has no method that could differ, and says what it is.
    let options = CompareOptions { predicted: true, ..CompareOptions::default() };
    let mut other = predicted.clone();
    other.front_matter.method.timer = "host".into();
    let comparison = compare(&pass(), &other, &options).unwrap();
    assert_eq!(comparison.sides[1].label, "other (predicted)");
    assert_eq!(comparison.sides[0].label, "base");
    let note = "other is predicted, not measured: by constants of Made-Up 90 with cuBLAS 13";
    assert!(comparison.notes[0].starts_with(note), "{:?}", comparison.notes);
    // The same numbers, and an interval that reaches 38 %: nothing can be said but that.
    assert_eq!(comparison.points.len(), 70);
    for point in &comparison.points {
        assert!(point.ratio.verdict == Verdict::Unsure && point.ratio.high > 1.15, "{:?}", point.ratio);
    }
    let source = |name, results| ComparedFile { name, results, device: None };
    let repeat = Comparison::of_sources(
        &[source("base", &pass()), source("other", &pass())],
        &[source("again", &predicted)],
        &options,
    );
    let error = repeat.unwrap_err().to_string();
    assert_eq!(error, "again: not a further run of base: it is predicted");
}

#[test]
fn a_fleet_has_no_predicted_card() {
    let error =
        CardReadings::of_file("card.csv", &made_up::predicted(pass()), None, Metric::Tflops).unwrap_err();
    assert_eq!(error.to_string(), "card.csv: its rows are predicted; a fleet is of cards that were measured");
}

#[test]
fn different_statistics_unless_told_which() {
    let other = changed(|it| it.front_matter.method.stat = Stat::Min);
    refused(&other, &CompareOptions::default(), "the median time stands for the points of base and the min");
    let by = |stat| CompareOptions { stat: Some(stat), ..CompareOptions::default() };
    let comparison = compare(&pass(), &other, &by(Stat::Max)).unwrap();
    let (point, row) =
        (&comparison.points[0], |point| pass().rows.into_iter().find(|row| row.point == point));
    assert_eq!(Some(point.base_value), row(point.point).unwrap().tflops(Stat::Max));
    let cycles = CompareOptions { metric: Metric::FlopPerCycle, ..by(Stat::Max) };
    refused(&other, &cycles, "flop-per-cycle is of the median; max goes with tflops");
}

#[test]
fn different_conditions_unless_compared_across() {
    let other = changed(|it| it.rows.iter_mut().for_each(|row| row.point.dtype = Dtype::Bf16));
    refused(&other, &CompareOptions::default(), "dtype is f16 and bf16 (--across dtype compares them)");
    let options = CompareOptions { across: vec![Across::Dtype], ..CompareOptions::default() };
    let comparison = compare(&pass(), &other, &options).unwrap();
    assert_eq!((comparison.points.len(), comparison.unmatched.len()), (70, 0));
    assert_eq!(comparison.sides[1].label, "other, dtype bf16");
}

#[test]
fn other_shapes() {
    let (small, large) = (
        |it: &mut Results| it.rows.retain(|row| row.point.flop() < 10_000_000_000),
        |it: &mut Results| {
            it.rows.retain(|row| row.point.flop() >= 10_000_000_000);
        },
    );
    let error =
        compare(&changed(small), &changed(large), &CompareOptions::default()).unwrap_err().to_string();
    assert!(error.contains("have no point in common: hidden is "), "{error}");
}

#[test]
fn one_file_alone() {
    let (pass, options) = (pass(), CompareOptions::default());
    let alone = [ComparedFile { name: "alone", results: &pass, device: None }];
    let error = Comparison::of_sources(&alone, &[], &options).unwrap_err().to_string();
    assert!(error.contains("alone: nothing to compare it with; want a second file"), "{error}");
    let card = [ComparedFile { device: Some(1), ..alone[0] }];
    let error = Comparison::of_sources(&card, &[], &options).unwrap_err().to_string();
    assert!(error.contains("alone: no card 1; want 0 to 0"), "{error}");
}

#[test]
fn what_the_metric_needs_and_no_row_has() {
    let options = CompareOptions { metric: Metric::GflopsPerWatt, ..CompareOptions::default() };
    refused(&pass(), &options, "none with a value in both: no energy was measured");
    let unknown = changed(|it| it.front_matter.device[0].name = "Voodoo 2".into());
    let options = CompareOptions { metric: Metric::TflopsAtClock, ..CompareOptions::default() };
    let error = compare(&unknown, &pass(), &options).unwrap_err().to_string();
    assert!(error.contains("no datasheet of \"Voodoo 2\"; want --at-clock"), "{error}");
}

#[test]
fn two_cards_of_one_file_are_two_sides() {
    let both = changed(|it| {
        let card = Device { id: Some("ffffffff".into()), ..it.front_matter.device[0].clone() };
        it.front_matter.device.push(card);
        let second: Vec<_> =
            it.rows.iter().map(|row| hovera_core::Row { device: 1, ..row.clone() }).collect();
        it.rows.extend(second);
    });
    let whole = [ComparedFile { name: "both", results: &both, device: None }];
    let comparison = Comparison::of_sources(&whole, &[], &CompareOptions::default()).unwrap();
    assert_eq!(
        comparison.sides.iter().map(|side| side.label.as_str()).collect::<Vec<_>>(),
        ["both, card 0", "both, card 1"]
    );
    assert_eq!(comparison.points.len(), 70);
    let one = [ComparedFile { device: Some(1), ..whole[0] }, whole[0]];
    assert_eq!(
        Comparison::of_sources(&one, &[], &CompareOptions::default()).unwrap().sides[0].label,
        "both, card 1"
    );
}

#[test]
fn a_row_without_a_number_is_counted_and_not_compared() {
    let other = changed(|it| {
        it.rows[0].status = Status::Failed;
        it.rows[0].timing = None;
        it.rows[1].status = Status::Noisy;
        it.rows.remove(2);
    });
    let comparison = compare(&pass(), &other, &CompareOptions::default()).unwrap();
    assert_eq!((comparison.points.len(), comparison.unmatched.len()), (68, 2));
    let whys: Vec<_> = comparison.unmatched.iter().map(|it| &it.why).collect();
    assert!(whys.iter().any(|why| matches!(why, WhyNot::OnlyInBase)));
    assert!(whys.iter().any(|why| matches!(why, WhyNot::NotMeasured { side: 1, .. })));
    assert_eq!(comparison.count(1, Verdict::Faster), 0);
}

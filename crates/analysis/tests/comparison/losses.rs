//! What was measured once and is not any more.

use crate::compare;
use crate::files::{H100, cards, file};
use hovera_analysis::{
    Across, CardReadings, CompareOptions, ComparedFile, Comparison, Fleet, FleetBuilder, FleetError,
    FleetOptions, Loss, Metric, Thresholds,
};
use hovera_core::{Engine, Op, Results, Row, Status};

fn pass() -> Results {
    file(&format!("{H100}/burst-1.csv"))
}

fn without_times(row: &mut Row, status: Status, note: &str) {
    row.status = status;
    row.timing = None;
    row.note = note.to_owned();
}

/// The pass with all rows of one op like this.
fn with_values(status: Status) -> Results {
    let mut results = pass();
    let values = results.rows.iter_mut().filter(|row| row.point.op == Op::Values);
    values.for_each(|row| without_times(row, status, "no memory"));
    results
}

/// How many points each loss is of, in the order of the groups.
fn lost(comparison: &Comparison) -> Vec<(usize, Op, Loss, usize)> {
    let mut found: Vec<(usize, Op, Loss, usize)> = Vec::new();
    for lost in comparison.lost() {
        match found.last_mut() {
            Some((other, op, loss, points)) if (*other, *op, *loss) == (lost.other, lost.op, lost.loss) => {
                *points += lost.points.len();
            }
            _ => found.push((lost.other, lost.op, lost.loss, lost.points.len())),
        }
    }
    found
}

#[test]
fn points_of_the_base_that_fail_are_skipped_or_are_missing_are_lost() {
    let values = pass().rows.iter().filter(|row| row.point.op == Op::Values).count();
    for (status, loss) in [(Status::Failed, Loss::Failed), (Status::Skipped, Loss::Skipped)] {
        let comparison = compare(&pass(), &with_values(status), &CompareOptions::default()).unwrap();
        assert_eq!(lost(&comparison), [(1, Op::Values, loss, values)]);
        assert_eq!(comparison.lost()[0].reason, format!("{status} in the other: no memory"));
        // A line for each series, not for each point.
        assert!(comparison.lost().len() <= 7, "{}", comparison.lost().len());
    }
    let mut fewer = pass();
    fewer.rows.retain(|row| row.point.op != Op::Values);
    let comparison = compare(&pass(), &fewer, &CompareOptions::default()).unwrap();
    assert_eq!(lost(&comparison), [(1, Op::Values, Loss::Missing, values)]);
}

#[test]
fn what_the_base_does_not_have_is_not_lost() {
    for base in [with_values(Status::Failed), with_values(Status::Skipped)] {
        let comparison = compare(&base, &pass(), &CompareOptions::default()).unwrap();
        assert_eq!(lost(&comparison), []);
        let comparison = compare(&base, &base, &CompareOptions::default()).unwrap();
        assert_eq!(lost(&comparison), []);
    }
    let mut fewer = pass();
    fewer.rows.retain(|row| row.point.op != Op::Values);
    assert_eq!(lost(&compare(&fewer, &pass(), &CompareOptions::default()).unwrap()), []);
    // A point that failed before, and is not there after.
    assert_eq!(lost(&compare(&with_values(Status::Failed), &fewer, &CompareOptions::default()).unwrap()), []);
}

#[test]
fn a_point_whose_metric_has_a_value_in_the_base_only_is_lost() {
    let mut other = pass();
    let cycles =
        other.rows.iter_mut().filter(|row| row.point.op == Op::Values).filter_map(|row| row.timing.as_mut());
    let count = cycles.map(|timing| timing.cycles_median = None).count();
    let options = CompareOptions { metric: Metric::PercentOfPeak, ..CompareOptions::default() };
    let comparison = compare(&pass(), &other, &options).unwrap();
    assert_eq!(lost(&comparison), [(1, Op::Values, Loss::WithoutValue, count)]);
    assert!(comparison.lost()[0].reason.contains("cycles_median is empty"));
    assert_eq!(lost(&compare(&other, &pass(), &options).unwrap()), []);
}

#[test]
fn a_file_in_which_everything_failed_is_compared_all_the_same() {
    let mut other = pass();
    other.rows.iter_mut().for_each(|row| without_times(row, Status::Failed, ""));
    let comparison = compare(&pass(), &other, &CompareOptions::default()).unwrap();
    assert_eq!((comparison.points.len(), comparison.summaries.len()), (0, 0));
    assert_eq!(lost(&comparison).iter().map(|lost| lost.3).sum::<usize>(), 70);
}

#[test]
fn each_of_several_others_has_its_own_losses() {
    let (base, failed, whole) = (pass(), with_values(Status::Failed), pass());
    let sources = [("base", &base), ("whole", &whole), ("failed", &failed)];
    let sources = sources.map(|(name, results)| ComparedFile { name, results, device: None });
    let comparison = Comparison::of_sources(&sources, &[], &CompareOptions::default()).unwrap();
    assert!(comparison.lost().iter().all(|lost| lost.other == 2) && !comparison.lost().is_empty());
}

#[test]
fn an_engine_that_fails_beside_another_of_the_file_has_lost() {
    let mut both = pass();
    let second = both.rows.clone().into_iter().map(|mut row| {
        row.point.engine = Engine::Tuned;
        if row.point.op == Op::Values {
            without_times(&mut row, Status::Failed, "");
        }
        row
    });
    both.rows.extend(second.collect::<Vec<_>>());
    let source = [ComparedFile { name: "both", results: &both, device: None }];
    let options = CompareOptions { across: vec![Across::Engine], ..CompareOptions::default() };
    let comparison = Comparison::of_sources(&source, &[], &options).unwrap();
    let values = pass().rows.iter().filter(|row| row.point.op == Op::Values).count();
    assert_eq!(lost(&comparison), [(1, Op::Values, Loss::Failed, values)]);
}

fn judged(cards: &[Results]) -> Result<Fleet, FleetError> {
    let metric = Metric::Tflops;
    let options = FleetOptions { metric, mixed_methods: false, thresholds: Thresholds::default() };
    let mut builder = FleetBuilder::new(options)?;
    for (number, results) in cards.iter().enumerate() {
        for card in CardReadings::of_file(&format!("card{number}"), results, None, metric)? {
            builder.add(&card)?;
        }
    }
    builder.finish()
}

#[test]
fn a_fleet_names_the_cards_with_failed_and_missing_points_and_those_without_any_value() {
    let mut cards = cards(10, 1, |_, _| 1.0);
    cards[2].rows[..5].iter_mut().for_each(|row| without_times(row, Status::Failed, "no memory"));
    cards[4].rows.drain(..7);
    cards[6].rows.iter_mut().for_each(|row| without_times(row, Status::Skipped, "no memory"));
    // One point that only three cards have.
    let place = cards[9].rows.len() - 1;
    for card in [0, 1, 3, 5, 7, 8] {
        cards[card].rows.remove(place);
    }
    let fleet = judged(&cards).unwrap();
    let found: Vec<_> =
        fleet.losing().map(|(card, _, losses)| (card, Loss::ALL.map(|loss| losses.count(loss)))).collect();
    assert_eq!(found, [("card6", [0, 69, 0, 0]), ("card2", [5, 0, 0, 0]), ("card4", [0, 0, 7, 0])]);
    assert_eq!(fleet.losing().next().unwrap().2.reason, "no memory");
    assert_eq!((fleet.cards.len(), fleet.unmeasured.len()), (9, 1));
    assert_eq!(fleet.cards[6].label, "card7", "scores stay with their cards");
}

#[test]
fn a_whole_fleet_has_lost_nothing() {
    assert_eq!(judged(&cards(9, 1, |_, _| 1.0)).unwrap().losing().count(), 0);
}

#[test]
fn a_fleet_that_is_too_small_without_its_dead_card_names_it() {
    let mut cards = cards(8, 1, |_, _| 1.0);
    cards[3].rows.iter_mut().for_each(|row| without_times(row, Status::Failed, ""));
    let error = judged(&cards).unwrap_err().to_string();
    assert!(
        error.contains("a fleet of 7 cards beside card3, of which nothing was measured: want 8"),
        "{error}"
    );
}

//! Fleets of made-up cards: the passes of a real one, with factors.

use crate::H200;
use crate::files::{H100, cards, file};
use hovera_analysis::{CardReadings, Fleet, FleetBuilder, FleetError, FleetOptions, Metric, Thresholds};
use hovera_core::{Op, Results, Row};

const OPTIONS: FleetOptions = FleetOptions {
    metric: Metric::Tflops,
    mixed_methods: false,
    thresholds: Thresholds { margin: 0.01, false_discovery_rate: 0.05, run_to_run: None },
};

fn judged(cards: &[Results], options: FleetOptions) -> Result<Fleet, FleetError> {
    let mut builder = FleetBuilder::new(options)?;
    for (number, results) in cards.iter().enumerate() {
        for card in CardReadings::of_file(&format!("card{number}"), results, None, options.metric)? {
            builder.add(&card)?;
        }
    }
    builder.finish()
}

fn outliers(fleet: &Fleet) -> Vec<&str> {
    fleet.outliers().iter().map(|card| card.label.as_str()).collect()
}

#[test]
fn a_slow_card_and_one_that_is_slow_on_one_series_are_found_with_how_much_and_where() {
    let of_it = |row: &Row| row.point.op == Op::Values && row.point.layer().unwrap().series().get() == 64;
    let cards = cards(60, 1, |card, row| match card {
        17 => 1.10,
        31 if of_it(row) => 1.15,
        _ => 1.0,
    });
    let fleet = judged(&cards, OPTIONS).unwrap();
    assert_eq!(outliers(&fleet), ["card31", "card17"]);
    let (slow, partly) = (&fleet.cards[17], &fleet.cards[31]);
    assert!((slow.whole.ratio.ratio - 1.0 / 1.10).abs() < 0.03, "{:?}", slow.whole);
    assert!(slow.outlying().count() >= 10);
    let places: Vec<_> = partly.outlying().map(|group| (group.op, group.series.unwrap().get())).collect();
    assert_eq!(places, [(Op::Values, 64)]);
    assert!(partly.farthest.iter().all(|(point, ratio)| {
        point.op == Op::Values
            && point.layer().unwrap().series().get() == 64
            && (ratio - 1.0 / 1.15).abs() < 0.03
    }));
    assert_eq!(fleet.slower_by(0.05).count(), 2);
    assert_eq!(fleet.slower_by(0.2).count(), 0);
}

#[test]
fn at_most_one_fleet_of_twenty_without_an_outlier_has_one() {
    for count in [8, 12, 40] {
        let wrong = (0..200)
            .filter(|seed| !outliers(&judged(&cards(count, *seed, |_, _| 1.0), OPTIONS).unwrap()).is_empty());
        let wrong = wrong.count();
        assert!(wrong <= 10, "{wrong} of 200 fleets of {count}");
    }
}

#[test]
fn a_third_of_slow_cards_does_not_hide_itself() {
    let fleet = judged(&cards(30, 2, |card, _| if card < 9 { 1.12 } else { 1.0 }), OPTIONS).unwrap();
    let mut found = outliers(&fleet);
    found.sort_unstable();
    assert_eq!(found, ["card0", "card1", "card2", "card3", "card4", "card5", "card6", "card7", "card8"]);
}

#[test]
fn the_order_of_the_cards_changes_no_score() {
    let mut cards = cards(12, 3, |card, _| if card == 0 { 1.2 } else { 1.0 });
    let there = judged(&cards, OPTIONS).unwrap();
    cards.reverse();
    let back = judged(&cards, OPTIONS).unwrap();
    for (a, b) in there.cards.iter().zip(back.cards.iter().rev()) {
        assert_eq!((&a.whole, &a.groups, &a.farthest), (&b.whole, &b.groups, &b.farthest));
    }
}

#[test]
fn a_card_that_lacks_points_is_judged_by_those_it_has() {
    let mut cards = cards(12, 4, |card, _| if card == 5 { 1.2 } else { 1.0 });
    cards[5].rows.truncate(30);
    cards[2].rows.drain(..40);
    let fleet = judged(&cards, OPTIONS).unwrap();
    assert_eq!(outliers(&fleet), ["card5"]);
    assert_eq!((fleet.cards[5].whole.points, fleet.cards[2].whole.points), (30, 30));
}

#[test]
fn a_point_of_one_or_two_cards_tells_nothing() {
    // Nine cards with the same 70 points, but for one of a single card, one of two and one of three.
    let mut cards = cards(9, 5, |_, _| 1.0);
    for (card, results) in cards.iter_mut().enumerate() {
        let had = [card < 1, card < 2, card < 3].into_iter().chain(std::iter::repeat(true));
        let mut had = had.take(results.rows.len()).collect::<Vec<_>>().into_iter();
        results.rows.retain(|_| had.next() == Some(true));
    }
    let fleet = judged(&cards, OPTIONS).unwrap();
    let rows = cards[0].rows.len();
    assert_eq!(
        (fleet.points, fleet.cards[0].whole.points, fleet.cards[8].whole.points),
        (rows - 2, rows - 2, rows - 3)
    );
    let left_out = format!("2 of {rows} points are left out: fewer than 3 cards have them");
    assert!(fleet.notes.contains(&left_out), "{:?}", fleet.notes);
}

#[test]
fn the_shards_of_a_sweep_are_no_fleet() {
    let mut cards = cards(10, 6, |card, _| if card == 3 { 2.0 } else { 1.0 });
    for (card, results) in cards.iter_mut().enumerate() {
        let mut numbers = 0..;
        results.rows.retain(|_| numbers.next().is_some_and(|number: usize| number % 10 == card));
    }
    let error = judged(&cards, OPTIONS).unwrap_err();
    assert_eq!(error, FleetError::Alone { label: "card0".to_owned() });
    assert!(error.to_string().contains("not shards of one sweep"), "{error}");
}

const METRICS: [Metric; 3] = [Metric::Tflops, Metric::TflopsAtClock, Metric::PercentOfPeak];

/// The four passes of a card, twice: eight are wanted, and equal ones only make the spread smaller.
fn passes_of_one_card(folder: &str, pacing: &str) -> Vec<Results> {
    let pass = |pass| file(&format!("{folder}/{pacing}-{pass}.csv"));
    (1..=4).chain(1..=4).map(pass).collect()
}

#[test]
fn passes_of_one_card_are_no_outliers() {
    for (folder, pacing) in [(H100, "burst"), (H100, "none"), (H200, "burst"), (H200, "none")] {
        let passes = passes_of_one_card(folder, pacing);
        for metric in METRICS {
            let fleet = judged(&passes, FleetOptions { metric, ..OPTIONS }).unwrap();
            assert!(fleet.outliers().is_empty(), "{folder} {pacing} {metric}: {:?}", outliers(&fleet));
        }
    }
}

#[test]
fn another_card_among_the_passes_of_one_is_an_outlier_by_its_clock_alone() {
    let mut passes = passes_of_one_card(H200, "earlier");
    passes[4] = file(&format!("{H200}/other-card-1.csv"));
    for metric in METRICS {
        let fleet = judged(&passes, FleetOptions { metric, ..OPTIONS }).unwrap();
        if metric != Metric::Tflops {
            assert!(fleet.outliers().is_empty(), "{metric}: {:?}", outliers(&fleet));
            continue;
        }
        // At its power cap it keeps a clock about 2 % above the other's; see `recorded_runs`.
        assert_eq!(outliers(&fleet), ["card4"]);
        let groups: Vec<_> = fleet.cards[4].outlying().collect();
        assert!(groups.len() >= 5, "{groups:?}");
        for group in groups {
            assert!(group.series.unwrap().get() >= 8, "{group:?}");
            assert!((1.015..1.025).contains(&group.deviation.ratio.ratio), "{group:?}");
        }
    }
}

#[test]
fn what_is_no_fleet_is_refused() {
    let mut cards = cards(8, 5, |_, _| 1.0);
    let refused = |cards: &[Results]| judged(cards, OPTIONS).unwrap_err().to_string();
    assert!(refused(&cards[..7]).contains("a fleet of 7 cards: want 8 or more"));
    cards[3] = file(&format!("{H200}/burst-1.csv"));
    assert!(
        refused(&cards).contains("card0 is of a \"NVIDIA H100 80GB HBM3\" and card3 of a \"NVIDIA H200\"")
    );
    cards[3] = cards[0].clone();
    cards[3].front_matter.method.timer = "host".into();
    assert!(refused(&cards).contains("timer is graph and host"));
    let mixed = FleetOptions { mixed_methods: true, ..OPTIONS };
    assert_eq!(judged(&cards, mixed).unwrap().notes.len(), 1);
    // Each other build is named once.
    cards[3].front_matter.method.timer = "graph".into();
    (3..5).for_each(|card| cards[card].front_matter.software.revision = Some("0123456789ab".into()));
    let notes = judged(&cards, OPTIONS).unwrap().notes;
    let named =
        |note: &String| note.starts_with("cards were measured by hovera") && note.ends_with("(0123456789ab)");
    assert!(notes.len() == 1 && named(&notes[0]), "{notes:?}");
    let energy = FleetOptions { metric: Metric::GflopsPerWatt, ..OPTIONS };
    assert!(
        judged(&cards, energy).unwrap_err().to_string().contains("card0: no row has what the metric needs")
    );
}

//! How far off: the limits that README.md's tables keep, on a part of them. `--example evaluate` prints all.

use crate::evaluation::{Line, Table, calibrated, drawn, one_sweep, other_card, readings, transfer};
use hovera_predict::COVERAGE;

fn line<'a>(table: &'a Table, name: &str) -> &'a Line {
    table.lines.iter().find(|line| line.name == name).unwrap_or_else(|| panic!("{table}"))
}

/// Errors in percent: median and p90 at most.
fn within(line: &Line, median: f64, p90: f64) {
    let errors = &line.errors;
    assert!(100.0 * errors.median <= median && 100.0 * errors.p90 <= p90, "{line:?}");
}

#[test]
fn twenty_points_of_a_sweep_predict_its_other_5440() {
    let table = one_sweep(20);
    let all = line(&table, "the others");
    assert_eq!(all.errors.points, 5440);
    within(all, 1.7, 5.0);
}

#[test]
fn sixty_points_of_a_sweep_predict_its_other_5400_and_their_intervals_hold() {
    let table = one_sweep(60);
    let all = line(&table, "the others");
    within(all, SIXTY.0, SIXTY.1);
    assert!(all.covered >= 0.75, "{all:?}");
}

/// What sixty points reach, in percent: README.md says why the median is not 1 %.
const SIXTY: (f64, f64) = (1.4, 3.8);

#[test]
fn shapes_of_sweeps_that_no_point_is_of_are_within_3_percent_in_the_median_and_8_at_p90() {
    let tables = transfer();
    for table in &tables {
        let all = line(table, "all of these");
        within(all, 3.0, 8.0);
        assert!((0.75..=0.9).contains(&all.covered), "{all:?}");
    }
    // Nothing is left of either.
    assert!(tables.iter().all(|table| line(table, "all of these").errors.points > 2000));
}

#[test]
fn products_drawn_at_random_are_within_what_the_readme_says_and_their_intervals_hold_most() {
    let limits = [(5.5, 20.0), (8.5, 30.0)];
    for (table, (median, p90)) in drawn().iter().zip(limits) {
        let all = line(table, "all of these");
        within(all, median, p90);
        // Of the rows of another card, which played no part in the choice of how wide intervals are, they hold 71 %.
        assert!((0.7..=0.9).contains(&all.covered), "{all:?}");
    }
}

#[test]
fn an_h200_is_predicted_by_its_datasheet() {
    let tables = other_card();
    within(line(&tables[0], "attention-a12"), 2.2, 4.2);
}

#[test]
fn twelve_points_of_an_h200_better_what_its_datasheet_says() {
    let tables = other_card();
    let (by_datasheet, by_twelve) = (line(&tables[0], "attention-a12"), line(&tables[2], "attention-a12"));
    assert!(by_twelve.errors.median < by_datasheet.errors.median, "{by_twelve:?} {by_datasheet:?}");
    within(by_twelve, 1.1, 3.5);
}

#[test]
fn a_calibration_is_never_clearly_worse_than_the_family_that_it_starts_from() {
    for [family, card] in calibrated() {
        for (before, after) in
            family.lines.iter().zip(&card.lines).filter(|(line, _)| line.errors.points > 50)
        {
            let (before_errors, after_errors) = (&before.errors, &after.errors);
            let worse = |before: f64, after: f64| after > 1.2 * before + 0.002;
            assert!(
                !worse(before_errors.median, after_errors.median)
                    && !worse(before_errors.p90, after_errors.p90),
                "{}: {before:?} {after:?}",
                card.title
            );
        }
        // And its intervals hold what they did, or what they promise where the family's hold more than that.
        let [before, after] = [&family, &card].map(|table| line(table, "all of these").covered);
        assert!(after >= (before - 0.02).min(COVERAGE), "{}: {before} {after}", card.title);
    }
}

#[test]
fn the_published_readings_lie_within_the_intervals_at_their_right_end() {
    let ends = readings();
    assert_eq!(ends.len(), 14);
    let missed: Vec<_> = ends.iter().filter(|end| !end.is_held()).collect();
    // One of `h/a = 2`: README.md says why.
    assert!(missed.len() <= 1 && missed.iter().all(|end| end.line.ends_with("h/a = 2")), "{missed:#?}");
}

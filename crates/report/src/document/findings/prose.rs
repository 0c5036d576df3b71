//! The thresholds that prose states are those of the code.

use super::{LAST_QUARTER, alignment, drop, plateau};
use hovera_core::percent;

const README: &str = include_str!("../README.md");

#[track_caller]
fn states(topic: &str, when: &str, rule: &str) {
    let line = format!("| {topic} | {when} | {rule} |");
    assert!(README.lines().any(|other| other == line), "the README of reports should say: {line}");
}

#[test]
fn the_table_of_what_may_be_said_has_the_thresholds_of_the_code() {
    assert_eq!(LAST_QUARTER, 1.0 - 1.0 / 4.0);
    states(
        "Plateaus",
        &format!(
            "a line has {} points or more in the last quarter of the hidden sizes, and some before",
            plateau::FEWEST
        ),
        &format!(
            "the level is their median; all of them lie within {} %, and their two halves' medians within {} %",
            percent(plateau::TOLERANCE),
            percent(plateau::STILL)
        ),
    );
    let notable = percent(alignment::NOTABLE - 1.0);
    states(
        "Bad head dims",
        &format!(
            "{} sizes or more where `h/a = 1` can be held against `h/a = 64`, and it costs {notable} % or more",
            alignment::FEWEST
        ),
        "median ratio over the last quarter at equal hidden size, `h/a = 64` interpolated between its neighbours",
    );
    states(
        "Off by one",
        &format!("two head dims one apart, {notable} % or more apart in throughput"),
        "the pair with the largest ratio",
    );
    assert_eq!(drop::NAMED, 3);
    states(
        "Largest drops",
        &format!(
            "from one size of a line to the next, {} % or more beyond both intervals",
            percent(drop::LEAST)
        ),
        "the three largest",
    );
}

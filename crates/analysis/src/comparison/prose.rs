//! Numbers that prose states are those of the code.

use super::fleet::FEWEST_CARDS;
use super::fleet::score::{FEWEST_OF_A_POINT, MAD_EFFICIENCY};
use super::run_to_run::{SHARED, TABLE};
use super::verdict::Thresholds;
use hovera_core::{NORMAL_DEVIATIONS_PER_MAD, percent};

/// A file of this repository as one line, so that it does not matter where prose is broken.
fn text(file: &str) -> String {
    let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|line| line.trim_start_matches(['/', '!']).trim_end_matches('\\').trim());
    lines.collect::<Vec<_>>().join(" ")
}

#[track_caller]
pub(super) fn states(file: &str, prose: &str) {
    assert!(text(file).contains(prose), "{file} should say: {prose}");
}

#[test]
fn every_table_of_run_to_run_deviations_is_the_one_that_is_used() {
    let line = |it: &super::run_to_run::Expected| {
        format!("| {} | {} % | {} % |", it.of, percent(it.burst), percent(it.none))
    };
    let lines = TABLE.iter().map(line).collect::<Vec<_>>().join(" ");
    for file in ["crates/report/README.md", "crates/analysis/src/comparison/run_to_run.rs"] {
        states(file, &format!("| `burst` | `none` | |---|---|---| {lines}"));
    }
    let of_time = || TABLE.iter().filter(|it| it.of.starts_with("time,")).map(|it| percent(it.burst));
    let (least, most) = (of_time().fold(f64::INFINITY, f64::min), of_time().fold(0.0, f64::max));
    let cycles = percent(TABLE[0].burst);
    states(
        "crates/cli/src/args/compare.rs",
        &format!("({least} to {most} % of the time in burst, {cycles} % of the cycles at the clock"),
    );
}

#[test]
fn the_share_of_the_variance_that_rows_have_in_common_is_the_stated_one() {
    assert_eq!(SHARED, 0.5);
    states(
        "crates/report/README.md",
        "Half of the variance is taken to be shared by all rows of one op and series",
    );
}

#[test]
fn the_thresholds_of_verdicts_and_fleets_are_the_stated_ones() {
    let Thresholds { margin, false_discovery_rate, .. } = Thresholds::default();
    let (margin, rate) = (percent(margin), percent(false_discovery_rate));
    for file in ["crates/report/README.md", "crates/analysis/src/comparison/verdict.rs"] {
        states(file, &format!("{rate} %: of what is called different, one in twenty"));
    }
    states("crates/report/README.md", &format!("With the margin m, {margin} %, that nobody would act on"));
    assert_eq!(1.0 / Thresholds::default().false_discovery_rate, 20.0);
    states(
        "crates/cli/pages/compare.md",
        &format!("a margin of {margin} % with the false discoveries of the whole table held at {rate} %"),
    );
    let help = text("crates/cli/src/args/compare.rs");
    assert!(help.contains(&format!("default_value = \"{margin}%\"")));
    assert!(help.contains(&format!("default_value = \"{rate}%\"")));

    assert_eq!((FEWEST_CARDS, FEWEST_OF_A_POINT), (8, 3));
    states("crates/report/README.md", "`--fleet` reads eight or more cards of one model");
    states("crates/report/README.md", "that fewer than three cards have counts for nothing");
    states("crates/cli/pages/compare.md", "which of eight or more cards of one model");
    states("crates/cli/src/args/compare.rs", "The files are cards of one model, eight or more");
    let factor = format!("{NORMAL_DEVIATIONS_PER_MAD:.4} times the median absolute deviation over the cards");
    for file in ["crates/report/README.md", "crates/analysis/src/comparison/fleet.rs"] {
        states(file, &factor);
    }
    let freedom = format!("with {MAD_EFFICIENCY} degrees of freedom for each card but one");
    states("crates/analysis/src/comparison/fleet.rs", &freedom);
}

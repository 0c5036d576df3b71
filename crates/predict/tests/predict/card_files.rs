//! Card files: read as they were written, and refused with what is wrong.

use crate::sweeps;
use hovera_predict::{Card, Constants, Family, spread_points};
use std::sync::LazyLock;

/// An H200's card, of twelve points on top of Hopper.
static CARD: LazyLock<Card> = LazyLock::new(|| {
    let points = sweeps::points("recorded/nvidia-h200/attention-a12.csv");
    Card::calibrate("NVIDIA H200", "cuBLAS 13.1.0", spread_points(&points, 12), true).unwrap()
});

#[test]
fn a_card_file_is_read_as_the_card_that_wrote_it() {
    let text = CARD.to_toml();
    let again = Card::read("card.toml", &text).unwrap();
    assert_eq!(again.to_toml(), text);
    assert_eq!(again.points(), CARD.points());
    assert_eq!((again.gpu(), again.library()), ("NVIDIA H200", "cuBLAS 13.1.0"));
    assert_eq!(again.family(), Some(Family::Hopper));
    assert_eq!(again.folds(None), CARD.folds(None));
}

#[test]
fn the_same_points_make_the_same_card() {
    let again = Card::calibrate("NVIDIA H200", "cuBLAS 13.1.0", CARD.points().to_vec(), true).unwrap();
    assert_eq!(again.to_toml(), CARD.to_toml());
}

/// The message for the card file with one text in the place of another.
fn refused(from: &str, to: &str) -> String {
    let text = CARD.to_toml();
    assert!(text.contains(from), "{from}");
    let wrong = text.replacen(from, to, 1);
    let line = 1 + text.lines().zip(wrong.lines()).position(|(right, wrong)| right != wrong).unwrap();
    let error = Card::read("card.toml", &wrong).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("card.toml:{line}: ")) || error.starts_with("card.toml: no [[constant]]"),
        "line {line}: {error}"
    );
    error
}

#[test]
fn what_is_wrong_in_a_card_file_is_named_with_its_line_and_what_would_be_right() {
    let text = CARD.to_toml();
    let value = text.lines().skip_while(|line| *line != "name = \"tensor\"").nth(1).unwrap().to_owned();
    let time = text.split("time_us = ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    for (from, to, want) in [
        ("format = 1", "format = 2", "format = 2: want 1; a greater number is of a newer hovera"),
        ("gpu = \"NVIDIA H200\"", "gpu = \"NVIDIA H300\"", "there is no datasheet of it"),
        ("family = \"hopper\"", "family = \"hoper\"", "want hopper, ampere"),
        ("name = \"tensor\"", "name = \"tenser\"", "name = \"tenser\": want tensor"),
        ("name = \"feed\"", "name = \"tensor\"", "want each name once"),
        (value.as_str(), "value = -1.0", "value = -1.0: want a number from"),
        (value.as_str(), "value = nan", "value = nan: want a number from"),
        (value.as_str(), "value = \"x\"", "invalid type"),
        (value.as_str(), "colour = 1", "unknown field `colour`"),
        ("layout = \"nn\"", "layout = \"xx\"", "want nn, nt, tn, tt"),
        ("dtype = \"f16\"", "dtype = \"int8\"", "want f16 or bf16"),
        (&format!("time_us = {time}"), "time_us = 0.0", "point.time_us"),
        (&format!("time_us = {time}"), "time_us = inf", "point.time_us"),
        ("product = [48, ", "product = [0, ", "point.product"),
    ] {
        let error = refused(from, to);
        assert!(error.contains(want), "{from} -> {to}: {error}");
    }
}

#[test]
fn a_constant_that_is_missing_is_named_with_its_meaning() {
    let text = CARD.to_toml();
    let start = text.find("[[constant]]\nname = \"feed\"").unwrap();
    let end = start + text[start + 1..].find("[[").unwrap() + 1;
    let error =
        Card::read("card.toml", &format!("{}{}", &text[..start], &text[end..])).unwrap_err().to_string();
    assert!(
        error.starts_with("card.toml: no [[constant]] is named feed: want one, which says Bytes that"),
        "{error}"
    );
}

#[test]
fn too_few_points_make_no_card() {
    let error =
        Card::calibrate("NVIDIA H200", "x", CARD.points()[..3].to_vec(), true).unwrap_err().to_string();
    assert!(error.starts_with("3 points that a calibration can use: want 6 or more"), "{error}");
}

#[test]
fn the_readme_says_of_each_constant_what_it_means_and_what_the_families_have() {
    let readme = include_str!("../../README.md");
    let digits = |value: f64| if value < 1000.0 { three_digits(value) } else { format!("{value:.0}") };
    let values = [Family::Hopper, Family::Ampere].map(|family| family.card().constants().values());
    for (place, constant) in Constants::TABLE.iter().enumerate() {
        let (name, unit, meaning) = (constant.name, constant.unit, constant.meaning.trim_end_matches('.'));
        let start = format!("| `{name}` | {unit} | ");
        let row = readme
            .lines()
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("README.md: no {name}"));
        assert!(row.ends_with(&format!(" | {meaning} |")), "{row}");
        for values in &values {
            assert!(row.contains(&format!(" {} |", digits(values[place]))), "{row}: {}", values[place]);
        }
    }
}

/// As C's `%.3g` has it, of a number below 1000.
fn three_digits(value: f64) -> String {
    let rounded: f64 = format!("{value:.2e}").parse().unwrap();
    if rounded < 1e-4 { format!("{rounded:e}").replace("e-", "e-0") } else { format!("{rounded}") }
}

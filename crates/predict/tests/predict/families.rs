//! The cards that are built in.

use crate::sweeps::{self, AMPERE, HOPPER};
use hovera_predict::{Card, Constants, Family};

/// The last digits of a fit differ from machine to machine, by the logarithms of its mathematical library.
fn agree(made: &Card, built_in: &Card) {
    assert_eq!(made.gpu(), built_in.gpu());
    assert_eq!(made.library(), built_in.library());
    assert_eq!(made.points(), built_in.points());
    let pairs = made.constants().values().into_iter().zip(built_in.constants().values());
    for (constant, (made, built_in)) in Constants::TABLE.iter().zip(pairs) {
        assert!(
            (made / built_in).ln().abs() < 0.02,
            "{}: {made} is fitted, {built_in} is built in: cargo run --release -p hovera-predict --example families",
            constant.name
        );
    }
}

#[test]
fn the_family_hopper_is_what_the_command_makes_of_the_recorded_sweeps() {
    agree(&sweeps::family(HOPPER), Family::Hopper.card());
}

#[test]
fn the_family_ampere_is_what_the_command_makes_of_the_original_s_rows() {
    agree(&sweeps::family(AMPERE), Family::Ampere.card());
}

#[test]
fn every_built_in_card_is_written_as_it_is_read() {
    for family in Family::ALL {
        let card = family.card();
        let again = Card::read("again.toml", &card.to_toml()).unwrap();
        assert_eq!(again.to_toml(), card.to_toml());
        assert_eq!(Family::of_gpu(card.gpu()), Some(*family));
    }
}

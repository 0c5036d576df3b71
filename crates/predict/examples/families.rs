//! Makes the cards of the families that are built in, from the recorded sweeps:
//! `cargo run --release -p hovera-predict --example families`.

#![allow(clippy::print_stdout)]

#[path = "support/sweeps.rs"]
#[expect(dead_code, reason = "the evaluation uses the rest")]
mod sweeps;

use std::path::Path;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("families");
    for (name, recipe) in [("hopper.toml", sweeps::HOPPER), ("ampere.toml", sweeps::AMPERE)] {
        let card = sweeps::family(recipe);
        std::fs::write(folder.join(name), card.to_toml()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let errors = card.folds(None).expect("a card has points");
        println!(
            "{name}: {} points of {}, left out in turn: median {:.1} %, p90 {:.1} %",
            errors.points,
            card.gpu(),
            100.0 * errors.median,
            100.0 * errors.p90
        );
    }
}

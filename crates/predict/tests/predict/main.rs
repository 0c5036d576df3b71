//! What the crate promises: of cards, of predictions anywhere, and of rows that no fit saw.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

mod accuracy;
mod anywhere;
mod card_files;
#[path = "../../examples/support/evaluation.rs"]
#[expect(dead_code, reason = "the command that prints all tables uses the rest")]
mod evaluation;
mod families;
#[path = "../../examples/support/sweeps.rs"]
mod sweeps;

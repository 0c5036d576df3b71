//! How far predictions are off, on rows that no fit saw: `cargo run --release -p hovera-predict --example evaluate`. The
//! tables of README.md.

#![allow(clippy::print_stdout)]

#[path = "support/evaluation.rs"]
mod evaluation;
#[path = "support/sweeps.rs"]
#[expect(dead_code, reason = "the command that makes the families uses the rest")]
mod sweeps;

fn main() {
    for table in evaluation::tables() {
        println!("{table}");
    }
}

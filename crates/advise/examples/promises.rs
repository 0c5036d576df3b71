//! Prints what advice promises on recorded sweeps, against what these measured: `cargo run --release -p hovera-advise
//! --example promises`.

#![allow(clippy::print_stdout)]

#[path = "../tests/promises/mod.rs"]
#[expect(dead_code, reason = "the test asks more of a promise than the table shows")]
mod promises;

fn main() {
    for calibrated in [60, 30] {
        println!("{}", promises::Promises::of_head_dims(calibrated));
    }
}

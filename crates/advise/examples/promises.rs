//! Prints what advice promises on recorded sweeps, against what these measured: `cargo run --release -p hovera-advise
//! --example promises`.

#[path = "../tests/promises/mod.rs"]
mod promises;

fn main() {
    for calibrated in [60, 30] {
        println!("{}", promises::Promises::of_head_dims(calibrated));
    }
}

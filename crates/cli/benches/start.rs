//! From the shell to the first word of the program.

// A benchmark fails by panicking.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn main() {
    divan::main();
}

#[divan::bench]
fn version() -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_hovera")).arg("--version").output().unwrap();
    assert!(output.status.success());
    output
}

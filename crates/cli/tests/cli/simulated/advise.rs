//! `hovera advise --measure` on a simulated GPU.

use super::{Machine, said};

const UNPADDED: &str = "hidden = 64\nvocab = 20001\n[[layer]]\ncount = 1\nheads = 4\nhead_dim = 16\nqkv = \"fused\"\nffn = 256\n\
                        mlp = \"plain\"\n";

#[test]
fn what_is_advised_is_timed_before_and_after() {
    let machine = Machine::new(1);
    machine.folder.write("small.toml", UNPADDED);
    let args = ["advise", "small.toml", "--seq", "2", "--measure", "-o", "rows.csv"];
    let output = machine.hovera(&args).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let table = String::from_utf8(output.stdout).unwrap();
    let heading = table.lines().nth(1).unwrap();
    assert!(heading.contains(" measured "), "{table}");
    let vocab = table.lines().find(|line| line.starts_with("vocab ")).unwrap_or_else(|| panic!("{table}"));
    // Promised and measured, each with its half-width.
    assert!(
        vocab.matches('%').count() >= 4 && vocab.contains('±') && !vocab.contains("not measured"),
        "{table}"
    );
    let rows = machine.folder.read("rows.csv");
    for n in [20_001, 20_096] {
        assert!(rows.contains(&format!(",1,2,{n},64,")), "{rows}");
    }
    assert!(rows.contains("# name = \"advice-small\"") && !rows.contains(",predicted,"), "{rows}");
}

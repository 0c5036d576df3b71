//! `hovera model` on a simulated GPU.

use super::{Machine, said};

const SMALL: &str = "hidden = 64\nvocab = 333\n[[layer]]\ncount = 2\nheads = 4\nhead_dim = 16\nqkv = \"fused\"\nffn = 256\n\
                     mlp = \"plain\"\n";

#[test]
fn a_model_s_products_are_measured_with_the_kernels_that_ran() {
    let machine = Machine::new(1);
    machine.folder.write("small.toml", SMALL);
    let args = ["model", "small.toml", "--seq", "32", "--training", "-o", "small.csv"];
    let output = machine.hovera(&args).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.starts_with("small: training step, batch 1, seq 32, bf16 by cublas, burst, hot cache\n"),
        "{table}"
    );
    // Rows of 333 are for no kernel of Hopper's, in any of the three products of the logits.
    let logits: Vec<&str> = table.lines().filter(|line| line.starts_with("  logits ")).collect();
    assert_eq!(logits.len(), 3, "{table}");
    assert!(logits[0].contains("n: alignment"), "{table}");
    assert!(table.lines().any(|line| line.starts_with("  qkv ") && line.contains("nvjet_sm90_")), "{table}");
    assert!(!table.contains("not measured"), "{table}");
    let again = machine.hovera(&["model", "small.csv"]).output().unwrap();
    assert_eq!(String::from_utf8(again.stdout).unwrap(), table);
}

//! The products of a whole model: measured, continued, merged, compared, reported and explained like any other.

use crate::folder::Folder;
use crate::shards::keys;

/// A small model's products on the CPU, forward and backward, on one rank and on two.
const SPEC: &str = r#"
name = "model"
dtype = "f32"
heads = 4
kv_heads = 2
head_dim = 8
hidden = 24
batch = 2
tensor_parallel = [1, 2]
[method]
pacing = "none"
warmup = 0
max_samples = 6
sentinel_every = 0

[[part]]
op = ["qkv", "score", "values", "projection", "mlp_up", "mlp_down", "logits"]
pass = ["forward", "data_gradient", "weight_gradient"]
seq = 16
ffn = 40
vocab = 31

[[part]]
op = ["score", "values"]
seq = 1
seq_key = 32

[[part]]
op = ["gemm", "bmm"]
layout = ["nt", "tn"]
gemm_batch = 3
m = 8
n = 16
k = 12
"#;

/// Seven ops in three passes on one rank and on two, two more on both, and two in two layouts.
const POINTS: usize = 7 * 3 * 2 + 2 * 2 + 2 * 2;

fn measured() -> Folder {
    let folder = Folder::new();
    folder.write("s.toml", SPEC);
    folder.hovera(&["run", "s.toml", "--backend", "cpu", "-o", "whole.csv", "--quiet"]).assert().success();
    folder
}

#[test]
fn a_sweep_of_a_model_is_continued_where_it_was() {
    let folder = measured();
    let whole = folder.read("whole.csv");
    assert_eq!(keys(&whole).len(), POINTS);
    let results = hovera_core::Results::parse("whole.csv", &whole).unwrap();
    assert!(results.rows.iter().all(|row| row.status.has_times()), "each is computed right");
    let rows = whole.find("\nop,").unwrap() + 1;
    let cut: String = whole[rows..].lines().take(20).map(|line| format!("{line}\n")).collect();
    folder.write("cut.csv", &(whole[..rows].to_owned() + &cut));
    folder.hovera(&["run", "s.toml", "--backend", "cpu", "-o", "cut.csv", "--resume"]).assert().success();
    let continued = folder.read("cut.csv");
    assert!(continued.contains(&cut) && keys(&continued) == keys(&whole));
}

#[test]
fn shards_of_a_model_are_merged_in_its_order() {
    let folder = measured();
    for index in 1..=2 {
        let (shard, out) = (format!("{index}/2"), format!("shard-{index}.csv"));
        let args = ["run", "s.toml", "--backend", "cpu", "--shard", &shard, "-o", &out, "--quiet"];
        folder.hovera(&args).assert().success();
    }
    folder.hovera(&["merge", "shard-1.csv", "shard-2.csv", "-o", "merged.csv"]).assert().success();
    assert_eq!(keys(&folder.read("merged.csv")), keys(&folder.read("whole.csv")));
}

#[test]
fn two_files_of_a_model_are_compared_and_reported_op_by_op() {
    let folder = measured();
    folder.hovera(&["run", "s.toml", "--backend", "cpu", "-o", "other.csv", "--quiet"]).assert().success();
    let output = folder.hovera(&["compare", "whole.csv", "other.csv"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&format!("{POINTS} points compared")), "{said}");
    for op in ["qkv", "score", "values", "projection", "mlp_up", "mlp_down", "logits", "gemm", "bmm"] {
        assert!(said.lines().any(|line| line.starts_with(&format!("{op} "))), "no {op} in {said}");
    }
    folder.hovera(&["report", "whole.csv", "other.csv", "-o", "r.html"]).assert().success();
    let report = folder.read("r.html");
    assert!(report.contains("logits") && report.contains("weight_gradient"));
}

#[test]
fn an_op_without_heads_is_explained_by_its_hidden_size() {
    let folder = measured();
    let args = ["explain", "whole.csv", "--hidden", "24", "--op", "logits", "--layout", "tn"];
    let output = folder.hovera(&args).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("logits weight_gradient at hidden size 24: vocabulary 31, b=2, s=16"), "{said}");
    assert!(
        said.contains("1 products of m=16, n=24, k=32") && said.contains("one of 2 tensor-parallel ranks"),
        "{said}"
    );
    assert!(said.contains("A (stored k x m)"), "{said}");
}

#[test]
fn what_ranks_pad_is_said_before_and_while_it_is_measured() {
    let folder = Folder::new();
    folder.write("s.toml", SPEC);
    let padded = "vocab 31 is padded to 32, so that 2 tensor-parallel ranks divide it";
    let dry = folder.hovera(&["run", "s.toml", "--backend", "cpu", "--dry-run"]).output().unwrap();
    let said = String::from_utf8(dry.stdout).unwrap() + &String::from_utf8(dry.stderr).unwrap();
    assert!(said.contains(padded) && said.contains(&format!("{POINTS} points")), "{said}");
    let (code, said) = folder.fails(&["run", "s.toml", "--backend", "cpu", "-o", "r.csv"]);
    assert!(said.contains(padded) && code <= 1, "{said}");
}

#[test]
fn charts_of_what_has_none_are_an_error_that_says_so() {
    let folder = Folder::new();
    folder
        .write("s.toml", "name = \"up\"\nop = \"mlp_up\"\ndtype = \"f32\"\nhidden = 8\nbatch = 1\nseq = 4\n");
    folder.hovera(&["run", "s.toml", "--backend", "cpu", "-o", "up.csv", "--quiet"]).assert().success();
    let (code, said) = folder.fails(&["plot", "up.csv"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("op = mlp_up (MLP Up Projection): no chart is of it"), "{said}");
}

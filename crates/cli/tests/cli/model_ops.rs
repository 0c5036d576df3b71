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

/// The pictures that `hovera plot` leaves, without their ending.
fn drawn(folder: &Folder, args: &[&str]) -> Vec<String> {
    let out = format!("out-{}", args.len());
    let all = [&["plot"], args, &["--format", "svg", "-o", &out]].concat();
    folder.hovera(&all).assert().success();
    let mut names: Vec<String> = std::fs::read_dir(folder.path(&out))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".svg", ""))
        .collect();
    names.sort();
    std::fs::remove_dir_all(folder.path(&out)).unwrap();
    names
}

#[test]
fn every_op_is_drawn_over_the_ranks_with_a_line_for_each_pass() {
    let folder = measured();
    let names = drawn(&folder, &["whole.csv", "--where", "op=mlp_up,logits,qkv"]);
    let want = ["logits", "mlp_up", "qkv"].map(|op| format!("whole-{op}-over-tensor_parallel-by-pass"));
    assert_eq!(names, want);
    let names = drawn(&folder, &["whole.csv", "--x", "m", "--where", "op=gemm"]);
    assert_eq!(names, ["whole-gemm-over-m-nt", "whole-gemm-over-m-tn"]);
    let names = drawn(&folder, &["whole.csv", "--chart", "shares", "--where", "seq=16"]);
    assert_eq!(names, ["whole-layer-shares-over-tensor_parallel"]);
}

#[test]
fn what_cannot_be_drawn_is_refused_by_the_dimension() {
    let folder = measured();
    for (args, says) in [
        (&["--x", "vocab", "--where", "op=mlp_up"][..], "x = vocab: no row has one; want hidden, ffn"),
        (&["--x", "hidden", "--by", "hidden", "--where", "op=qkv"], "x = hidden and by = hidden: want two"),
        (&["--where", "vocab=5..1"], "vocab = \"5..1\": want a number from 1, or a range such as 1..4096"),
        (
            &["--where", "vocab=9999"],
            "where vocab=9999: no row matches; there are rows of score, values, qkv",
        ),
        (
            &["--chart", "heatmap", "--where", "op=logits", "--where", "pass=forward"],
            "chart = heatmap: of logits",
        ),
        (&["--chart", "roofline", "--x", "m"], "chart = roofline: x goes with"),
    ] {
        let (code, said) = folder.fails(&[&["plot", "whole.csv"], args].concat());
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(says), "no {says:?} in {said}");
    }
}

#[test]
fn each_pass_of_an_op_has_a_line_of_its_own_in_a_comparison() {
    let folder = measured();
    folder.write("copy.csv", &folder.read("whole.csv"));
    let output = folder.hovera(&["compare", "whole.csv", "copy.csv", "-o", "c.csv"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    for line in ["mlp_up ", "mlp_up data_gradient ", "mlp_up weight_gradient "] {
        assert_eq!(
            said.lines().filter(|it| it.starts_with(line)).count(),
            if line == "mlp_up " { 3 } else { 1 },
            "{said}"
        );
    }
    let csv = folder.read("c.csv");
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name| header.iter().position(|column| *column == name).unwrap();
    let of_mlp = lines.map(|line| line.split(',').collect::<Vec<_>>());
    let passes: Vec<String> = of_mlp
        .filter(|line| line[place("level")] == "op" && line[place("op")] == "mlp_up")
        .map(|line| line[place("pass")].to_owned())
        .collect();
    assert_eq!(passes, ["forward", "data_gradient", "weight_gradient"]);
}

//! Bad input gets a message that names file, line, field, value and what would be right, exit code 2,
//! and loses nothing.

use crate::folder::{Folder, TINY};
use std::fs::File;

/// Runs TINY with one text replaced, and returns what was said.
fn refused(from: &str, to: &str) -> String {
    assert!(TINY.contains(from));
    let folder = Folder::new();
    folder.write("bad.toml", &TINY.replacen(from, to, 1));
    let (code, said) = folder.fails(&["run", "bad.toml", "--backend", "cpu", "-o", "out.csv"]);
    assert_eq!(code, 2, "{said}");
    assert_eq!(folder.files(), ["bad.toml"], "an output file was touched: {said}");
    said
}

#[track_caller]
fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

#[test]
fn sizes() {
    says(&refused("heads = 2", "heads = 0"), &["bad.toml:3", "heads = 0", "1 to 2147483647"]);
    says(&refused("seq = 32", "seq = -32"), &["bad.toml:5", "seq = -32"]);
    says(&refused("seq = 32", "seq = 32.5"), &["bad.toml:5", "seq", "32.5"]);
    says(&refused("seq = 32", "seq = nan"), &["bad.toml:5", "seq", "nan"]);
    says(&refused("batch = 1", "batch = \"four\""), &["bad.toml:4", "batch", "four"]);
}

#[test]
fn ranges() {
    says(&refused("[1, 2, 24]", "{ from = 9, to = 1 }"), &["bad.toml:6", "head_dim", "9", "1"]);
    says(&refused("[1, 2, 24]", "{ from = 1, to = 9, step = 0 }"), &["bad.toml:6", "step", "0"]);
    says(&refused("[1, 2, 24]", "[]"), &["bad.toml:6", "head_dim"]);
    says(&refused("[1, 2, 24]", "{ from = 1, to = 2000000000 }"), &["bad.toml:6", "at most 10000000 sizes"]);
}

#[test]
fn products() {
    says(&refused("heads = 2", "heads = 2000000000"), &["bad.toml", "hidden"]);
    says(&refused("batch = 1", "batch = 2000000000"), &["bad.toml", "gemm_batch"]);
    // 2 heads of 400000 × 400000 f32: more than any machine this runs on.
    says(
        &refused("seq = 32", "seq = 4000000"),
        &["bad.toml", "no point fits", "bytes", "make batch, seq or head_dim smaller"],
    );
}

#[test]
fn words_and_keys() {
    says(&refused("\"f32\"", "\"f23\""), &["bad.toml:2", "dtype", "f23", "f16, bf16, f32"]);
    says(&refused("heads = 2", "heads = 2\nhaeds = 3"), &["bad.toml:4", "haeds", "heads"]);
    says(&refused("name = \"tiny\"", ""), &["bad.toml", "name"]);
    says(&refused("name = \"tiny\"", "name = \"../up\""), &["bad.toml:1", "name", "../up"]);
    says(&refused("ci_target = 0.9", "ci_target = inf"), &["bad.toml:13", "ci_target", "inf"]);
    says(&refused("min_samples = 6", "min_samples = 5"), &["bad.toml:11", "min_samples", "5", "6"]);
    says(
        &refused("head_dim = [1, 2, 24]", "hidden = 33"),
        &["bad.toml:6", "hidden", "33", "heads", "floor", "skip"],
    );
    says(&refused("heads = 2", "heads = = 2"), &["bad.toml:3"]);
}

#[test]
fn files_that_are_not_there() {
    let folder = Folder::new();
    says(&folder.fails(&["run", "none.toml", "--backend", "cpu"]).1, &["none.toml: cannot read"]);
    says(&folder.fails(&["plot", "none.csv"]).1, &["none.csv: cannot read"]);
    says(&folder.fails(&["figures"]).1, &["figures.toml: cannot read", "--dir"]);
    folder.write("tiny.toml", TINY);
    let (code, said) = folder.fails(&["run", "tiny.toml", "--backend", "cpu", "-o", "none.csv", "--resume"]);
    assert_eq!(code, 2);
    says(&said, &["none.csv: --resume, but there is no such file"]);
    says(&folder.fails(&["run", "tiny.toml", "--backend", "cpu", "-o", "no/where.csv"]).1, &["no/where.csv"]);
    says(&folder.fails(&["plot", "recorded:voodoo2"]).1, &["recorded:voodoo2: no such sweep is built in"]);
}

#[test]
fn arguments() {
    let folder = Folder::new();
    for args in
        [&["plot", "a.csv", "--y-max", "-5"][..], &["plot", "a.csv", "--y-max=nan"], &["plot"], &["prune"]]
    {
        assert_eq!(folder.fails(args).0, 2, "{args:?}");
    }
    says(&folder.fails(&["plot", "a.csv", "--stat", "best"]).1, &["best", "median, min, max"]);
}

#[test]
fn a_results_file_cut_in_the_middle_of_a_row() {
    let folder = Folder::new();
    folder.measure_tiny("out.csv");
    let whole = without_sessions(folder.read("out.csv"));
    folder.write("out.csv", &whole[..whole.len() - 30]);
    let (code, said) = folder.fails(&["plot", "out.csv"]);
    assert_eq!(code, 2);
    let line = whole.lines().count();
    says(&said, &[&format!("out.csv:{line}")]);
    // The run that wrote it repairs it.
    let (code, said) = folder.fails(&["run", "tiny.toml", "--backend", "cpu", "-o", "out.csv"]);
    assert_eq!(code, 0, "{said}");
    says(&said, &["the last row was cut short and is measured again"]);
    assert_eq!(without_sessions(folder.read("out.csv")).lines().count(), line);
}

/// A results file without what its runs said at their ends.
fn without_sessions(file: String) -> String {
    file.split("# [[session]]").next().unwrap_or_default().to_owned()
}

#[test]
fn a_results_file_with_numbers_that_are_none() {
    let folder = Folder::new();
    folder.measure_tiny("out.csv");
    let whole = without_sessions(folder.read("out.csv"));
    let lines: Vec<&str> = whole.lines().collect();
    let last: Vec<&str> = lines[lines.len() - 1].split(',').collect();
    for (column, name) in [(21, "time_median_us"), (26, "tflops"), (10, "hidden")] {
        for value in ["NaN", "inf", "-1", "fast", "1e999"] {
            let mut fields = last.clone();
            fields[column] = value;
            let mut changed = lines[..lines.len() - 1].join("\n");
            changed.push_str(&format!("\n{}\n", fields.join(",")));
            folder.write("bad.csv", &changed);
            let (code, said) = folder.fails(&["plot", "bad.csv"]);
            assert_eq!(code, 2, "{name} = {value}: {said}");
            says(&said, &[&format!("bad.csv:{}", lines.len()), name, value, "want"]);
        }
    }
    folder.write("bad.csv", &whole.replacen(",tflops,", ",speed,", 1));
    says(&folder.fails(&["plot", "bad.csv"]).1, &["bad.csv:", "missing column tflops"]);
    assert!(!folder.files().iter().any(|f| f.ends_with(".svg")));
}

#[test]
fn two_sweeps_writing_one_file() {
    let folder = Folder::new();
    folder.measure_tiny("out.csv");
    let before = folder.read("out.csv");
    let held = File::options().append(true).open(folder.path("out.csv")).unwrap();
    held.lock().unwrap();
    let (code, said) = folder.fails(&["run", "tiny.toml", "--backend", "cpu", "-o", "out.csv"]);
    assert_eq!(code, 2);
    says(&said, &["out.csv: another process is writing this file"]);
    assert_eq!(folder.read("out.csv"), before);
}

#[test]
fn another_sweep_s_results() {
    let folder = Folder::new();
    folder.measure_tiny("out.csv");
    let before = folder.read("out.csv");
    folder.write("other.toml", &TINY.replace("24", "48"));
    let (code, said) = folder.fails(&["run", "other.toml", "--backend", "cpu", "-o", "out.csv"]);
    assert_eq!(code, 2);
    says(
        &said,
        &[
            "out.csv: holds another sweep: its spec, line 6, is head_dim = [1, 2, 24], this run's is",
            "choose another file with -o",
        ],
    );
    assert_eq!(folder.read("out.csv"), before);
}

/// A limit on the file's size stands for a full disk: the write fails in the same way.
#[cfg(unix)]
#[test]
fn a_disk_that_fills() {
    let folder = Folder::new();
    folder.write("many.toml", &TINY.replace("[1, 2, 24]", "{ from = 1, to = 40 }"));
    let binary = assert_cmd::cargo::cargo_bin("hovera");
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" run many.toml --backend cpu -o out.csv";
    let output = std::process::Command::new("sh")
        .args(["-c", limited, binary.to_str().unwrap()])
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    says(&said, &["out.csv: cannot append a row; every row before it is kept"]);
    // With room again, the run goes on from what was written.
    let rows = folder.read("out.csv").lines().filter(|l| !l.starts_with('#')).count();
    assert!(rows > 2 && rows < 81, "{rows}");
    folder.hovera(&["run", "many.toml", "--backend", "cpu", "-o", "out.csv"]).assert().success();
    assert_eq!(folder.read("out.csv").lines().filter(|l| !l.starts_with('#')).count(), 81);
}

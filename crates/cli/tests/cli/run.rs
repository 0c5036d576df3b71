//! `hovera run`, from a spec to a results file.

use crate::folder::{Folder, TINY};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What a table begins with.
fn header() -> String {
    hovera_core::Column::all().iter().map(hovera_core::Column::name).collect::<Vec<_>>().join(",")
}

/// The lines after the front matter.
fn table(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

/// The columns that say which point a row is.
fn keys(text: &str) -> Vec<String> {
    table(text)[1..].iter().map(|row| row.split(',').take(18).collect::<Vec<_>>().join(",")).collect()
}

#[test]
fn every_point_of_the_plan_becomes_a_row_in_its_order() {
    let folder = Folder::new();
    folder.measure_tiny("out.csv");
    let text = folder.read("out.csv");
    assert_eq!(table(&text)[0], header());
    assert_eq!(
        keys(&text),
        [
            "score,f32,nn,cpu,none,hot,0,2,1,32,2,1,1,2,32,32,1,4096",
            "score,f32,nn,cpu,none,hot,0,2,1,32,4,2,2,2,32,32,2,8192",
            "score,f32,nn,cpu,none,hot,0,2,1,32,48,24,8,2,32,32,24,98304",
            "values,f32,nn,cpu,none,hot,0,2,1,32,2,1,1,2,32,1,32,4096",
            "values,f32,nn,cpu,none,hot,0,2,1,32,4,2,2,2,32,2,32,8192",
            "values,f32,nn,cpu,none,hot,0,2,1,32,48,24,8,2,32,24,32,98304",
        ]
    );
    assert!(text.contains("# backend = \"cpu\""), "{text}");
    assert!(text.contains("# timer = \"host\""), "{text}");
}

#[test]
fn the_same_command_again_measures_nothing_twice() {
    let folder = Folder::new();
    folder.measure_tiny("out.csv");
    let before = folder.read("out.csv");
    let output = folder.hovera(&["run", "tiny.toml", "--backend", "cpu", "-o", "out.csv"]).output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("6 points are there already") && said.contains("nothing left to measure"),
        "{said}"
    );
    assert_eq!(folder.read("out.csv"), before);
}

#[test]
fn the_points_are_shuffled_by_a_seed_and_the_run_says_at_the_end_what_it_found() {
    let folder = Folder::new();
    let spec =
        TINY.replace("order = \"planned\"\n", "sentinel_every = 4\n").replace("[1, 2, 24]", "[1, 2, 3, 4]");
    folder.write("s.toml", &spec);
    let measure = |out: &str, extra: &[&str]| {
        let args = ["run", "s.toml", "--backend", "cpu", "-o", out];
        folder.hovera(&[&args[..], extra].concat()).assert().success();
        folder.read(out)
    };
    let (one, again) = (measure("1.csv", &[]), measure("again.csv", &["--order-seed", "1"]));
    let two = measure("2.csv", &["--order-seed", "2"]);
    assert_eq!(keys(&one), keys(&again));
    assert_ne!(keys(&one), keys(&two));
    let sorted = |text: &str| {
        let mut keys = keys(text);
        keys.sort();
        keys
    };
    assert_eq!(sorted(&one), sorted(&two));
    assert!(two.contains("# order_seed = 2\n"), "{two}");
    assert!(one.contains("# [[session]]\n# points = 8\n"), "{one}");
    // Ahead of the first and the fifth of 8 points, and at the end.
    let times = one.lines().find(|line| line.starts_with("# time_us = [")).unwrap();
    assert_eq!(times.matches(", ").count(), 2, "{times}");
    // Another order is another measurement.
    let (code, said) =
        folder.fails(&["run", "s.toml", "--backend", "cpu", "-o", "1.csv", "--order-seed", "2"]);
    assert_eq!(code, 2, "{said}");
}

#[test]
fn a_timer_the_device_does_not_have_is_refused() {
    let folder = Folder::new();
    folder.write("t.toml", &format!("{TINY}timer = \"event\"\n"));
    let (code, said) = folder.fails(&["run", "t.toml", "--backend", "cpu"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("t.toml: method.timer = event: ") && said.contains("is timed by host"), "{said}");
}

#[test]
fn the_paper_s_method_is_a_word() {
    let folder = Folder::new();
    let spec =
        TINY.split("[method]").next().unwrap_or_default().to_owned() + "[method]\npreset = \"paper-2023\"\n";
    folder.write("p.toml", &spec);
    folder.hovera(&["run", "p.toml", "--backend", "cpu", "-o", "p.csv"]).assert().success();
    let text = folder.read("p.csv");
    assert!(text.contains("# preset = \"paper-2023\"\n") && text.contains("# stat = \"max\"\n"), "{text}");
    assert!(table(&text)[1..].iter().all(|row| row.split(',').nth(19) == Some("99")), "{text}");
}

#[test]
fn a_run_killed_in_the_middle_is_continued_with_every_row_it_had() {
    let folder = Folder::new();
    // Large enough that the kill comes in the middle.
    let spec = TINY.replace("[1, 2, 24]", "{ from = 1, to = 400 }").replace("seq = 32", "seq = 128");
    folder.write("long.toml", &spec);
    let args = ["run", "long.toml", "--backend", "cpu", "-o", "killed.csv"];
    let binary = assert_cmd::cargo::cargo_bin("hovera");
    let mut child = std::process::Command::new(binary)
        .args(args)
        .current_dir(folder.path(""))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let path = folder.path("killed.csv");
    let rows = || std::fs::read_to_string(&path).map_or(0, |text| table(&text).len());
    let start = Instant::now();
    while rows() < 20 && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = folder.read("killed.csv");
    let whole_rows = table(&killed).len() - 1 - usize::from(!killed.ends_with('\n'));
    assert!((19..800).contains(&whole_rows), "{whole_rows} rows when it was killed");

    folder.hovera(&[&args[..], &["--resume"]].concat()).assert().success();
    let finished = folder.read("killed.csv");
    let kept = killed.rfind('\n').unwrap() + 1;
    assert_eq!(finished[..kept], killed[..kept], "a finished row changed");
    folder.hovera(&["run", "long.toml", "--backend", "cpu", "-o", "whole.csv"]).assert().success();
    assert_eq!(keys(&finished), keys(&folder.read("whole.csv")));
}

#[test]
fn rows_go_to_standard_output_only_when_asked() {
    let folder = Folder::new();
    folder.write("tiny.toml", TINY);
    let output = folder.hovera(&["run", "tiny.toml", "--backend", "cpu", "-o", "-", "-q"]).output().unwrap();
    assert_eq!(table(&String::from_utf8(output.stdout).unwrap()).len(), 7);
    assert!(output.stderr.is_empty());
    assert_eq!(folder.files(), ["tiny.toml"]);
}

#[test]
fn a_dry_run_counts_and_touches_nothing() {
    let folder = Folder::new();
    folder.write("tiny.toml", TINY);
    let output = folder.hovera(&["run", "tiny.toml", "--backend", "cpu", "--dry-run"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("6 points\n"), "{said}");
    assert!(said.contains("score: 1 of h/a = 1, 1 of h/a = 2, 1 of h/a = 8"), "{said}");
    // values at head dim 24: (32·32 + 32·24 + 32·24) elements of 4 bytes, twice.
    assert!(said.contains("memory: 20.00 KiB of"), "{said}");
    assert_eq!(folder.files(), ["tiny.toml"]);
}

#[test]
fn a_sweep_for_a_gpu_is_planned_without_one() {
    let folder = Folder::new();
    folder.write("tiny.toml", &TINY.replace("f32", "f16"));
    let output = folder.hovera(&["run", "tiny.toml", "--dry-run"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.starts_with("6 points\n"), "{said}");
    // values at head dim 24: (32·32 + 32·24 + 32·24) elements of 2 bytes, twice.
    assert!(said.contains("memory: 10.00 KiB\n"), "{said}");
    assert!(said.contains(" on NVIDIA H100 80GB HBM3, if there were one here"), "{said}");
    // What was asked for by name must be there.
    let (code, _) = folder.fails(&["run", "tiny.toml", "--dry-run", "--backend", "cuda"]);
    assert_eq!(code, 3);
}

#[test]
fn each_point_is_said_when_asked() {
    let folder = Folder::new();
    folder.write("tiny.toml", TINY);
    let output =
        folder.hovera(&["run", "tiny.toml", "--backend", "cpu", "-o", "out.csv", "-v"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    for size in ["hidden 2, head dim 1", "hidden 4, head dim 2", "hidden 48, head dim 24"] {
        assert_eq!(said.lines().filter(|line| line.contains(size) && line.contains(" TFLOP/s, ")).count(), 2);
    }
}

#[test]
fn without_a_gpu_the_cpu_is_measured_only_when_asked() {
    let folder = Folder::new();
    folder.write("tiny.toml", &TINY.replace("f32", "f16"));
    let (code, said) = folder.fails(&["run", "tiny.toml"]);
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains("no usable GPU; to measure this machine's CPU instead, add --backend cpu"),
        "{said}"
    );
    assert_eq!(folder.files(), ["tiny.toml"]);
}

#[test]
fn a_dtype_the_device_does_not_have_is_refused_before_anything_runs() {
    let folder = Folder::new();
    folder.write("tiny.toml", &TINY.replace("f32", "f16"));
    let (code, said) = folder.fails(&["run", "tiny.toml", "--backend", "cpu"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("tiny.toml: dtype f16: the CPU backend computes in f32 only"), "{said}");
    assert_eq!(folder.files(), ["tiny.toml"]);
}

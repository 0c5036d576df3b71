//! The CPU under limits: of memory, and of time.
#![cfg(target_os = "linux")]

use crate::folder::{Folder, TINY};
use std::process::Command;

/// `hovera run s.toml` under a limit that the shell sets; exit code and stderr.
fn limited(folder: &Folder, limit: &str) -> (i32, String) {
    let binary = assert_cmd::cargo::cargo_bin("hovera");
    let command = format!("{limit}; exec '{}' run s.toml --backend cpu -o out.csv", binary.display());
    // Fewer arenas of the C library: what counts here is what hovera takes.
    let output = Command::new("sh")
        .args(["-c", &command])
        .current_dir(folder.path(""))
        .envs([("MALLOC_ARENA_MAX", "1"), ("RAYON_NUM_THREADS", "2")])
        .output()
        .unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
}

fn statuses(folder: &Folder) -> Vec<String> {
    let text = folder.read("out.csv");
    let rows = text.lines().filter(|line| line.starts_with("score") || line.starts_with("values"));
    let status = |row: &str| {
        ["ok", "noisy", "skipped", "failed"].into_iter().find(|it| row.contains(&format!(",{it},")))
    };
    rows.map(|row| status(row).unwrap_or("none").to_owned()).collect()
}

#[test]
fn memory_that_the_shell_forbids_is_a_skipped_row() {
    let folder = Folder::new();
    // At the second head dim A and B have 2 x 2048 x 200000 numbers each: 6.6 GB together.
    folder.write("s.toml", &TINY.replace("[1, 2, 24]", "[8, 200000]").replace("seq = 32", "seq = 2048"));
    let (code, said) = limited(&folder, "ulimit -v 4000000");
    assert_eq!(code, 0, "{said}");
    assert!(statuses(&folder).contains(&"skipped".to_owned()), "{said}\n{:?}", statuses(&folder));
    assert!(statuses(&folder).iter().any(|status| status == "ok" || status == "noisy"), "{said}");
    assert!(said.contains("skipped, each with its reason in the file"), "{said}");
    // The same again finds nothing to do.
    let before = folder.read("out.csv");
    assert_eq!(limited(&folder, "ulimit -v 4000000").0, 0);
    assert_eq!(folder.read("out.csv"), before);
}

#[test]
fn a_point_that_takes_longer_than_it_may_is_failed_on_the_cpu_too() {
    let folder = Folder::new();
    // 2 x 2 x 2000 x 2000 x 3000 FLOP, a dozen times: seconds on any core.
    folder.write("s.toml", &TINY.replace("[1, 2, 24]", "[8, 3000]").replace("seq = 32", "seq = 2000"));
    let args = ["run", "s.toml", "--backend", "cpu", "-o", "out.csv", "--max-point-time", "0.5"];
    let (code, said) = folder.fails(&args);
    assert_eq!(code, 1, "{said}");
    let statuses = statuses(&folder);
    assert!(statuses.contains(&"failed".to_owned()) && statuses.len() == 4, "{said}\n{statuses:?}");
    assert!(folder.read("out.csv").contains("0.5 s"), "{}", folder.read("out.csv"));
}

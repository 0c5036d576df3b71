//! Disks and folders that fail while a sweep runs: a message, exit code 2, and no row lost.
#![cfg(unix)]

use crate::folder::{Folder, TINY};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn rows(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with('#')).count().saturating_sub(1)
}

/// A sweep of 800 points in the middle, with its results in a folder `kept` and rescued files in `rescued`.
fn in_the_middle(folder: &Folder) -> Child {
    folder.write("s.toml", &TINY.replace("[1, 2, 24]", "{ from = 1, to = 400 }").replace("32\n", "128\n"));
    std::fs::create_dir(folder.path("kept")).unwrap();
    std::fs::create_dir(folder.path("rescued")).unwrap();
    let child = Command::new(assert_cmd::cargo::cargo_bin("hovera"))
        .args(["run", "s.toml", "--backend", "cpu", "-o", "kept/out.csv"])
        .current_dir(folder.path(""))
        .env("TMPDIR", folder.path("rescued"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while rows(&folder.path("kept/out.csv")) < 20 {
        assert!(start.elapsed() < Duration::from_secs(60), "no rows");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

/// What it said when it failed.
fn failed(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

fn rescued(folder: &Folder) -> PathBuf {
    let entries: Vec<_> = std::fs::read_dir(folder.path("rescued")).unwrap().map(Result::unwrap).collect();
    assert_eq!(entries.len(), 1);
    entries[0].path()
}

#[test]
fn a_folder_that_vanishes() {
    let folder = Folder::new();
    let child = in_the_middle(&folder);
    std::fs::remove_dir_all(folder.path("kept")).unwrap();
    let said = failed(child);
    let rescued = rescued(&folder);
    let there = rows(&rescued);
    let line = format!("its {there} rows are in {}: put that file back", rescued.display());
    assert!(there >= 20 && said.contains("kept/out.csv: was removed or replaced"), "{said}");
    assert!(said.contains(&line), "no {line:?} in {said}");
    // As it says.
    std::fs::create_dir(folder.path("kept")).unwrap();
    std::fs::copy(&rescued, folder.path("kept/out.csv")).unwrap();
    let args = ["run", "s.toml", "--backend", "cpu", "-o", "kept/out.csv", "--resume"];
    let output = folder.hovera(&args).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains(&format!("{there} points are there already")), "{said}");
    assert_eq!(rows(&folder.path("kept/out.csv")), 800);
}

#[test]
fn another_file_in_its_place_is_left_alone() {
    let folder = Folder::new();
    let child = in_the_middle(&folder);
    folder.write("another", "mine\n");
    std::fs::rename(folder.path("another"), folder.path("kept/out.csv")).unwrap();
    let said = failed(child);
    assert!(said.contains("was removed or replaced"), "{said}");
    assert_eq!(folder.read("kept/out.csv"), "mine\n");
    assert!(rows(&rescued(&folder)) >= 20);
}

/// A folder where nobody can make a file, root included: one that is read-only, or that the system keeps.
#[test]
fn a_read_only_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.write("tiny.toml", TINY);
    let kept = folder.path("kept");
    std::fs::create_dir(&kept).unwrap();
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o555)).unwrap();
    let root = std::fs::write(kept.join("probe"), "").is_ok();
    let output = if root { PathBuf::from("/proc/out.csv") } else { kept.join("out.csv") };
    let output = output.to_str().unwrap();
    let (code, said) = folder.fails(&["run", "tiny.toml", "--backend", "cpu", "-o", output]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(&format!("{output}: cannot open for writing: ")), "{said}");
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The start time is the only trace of the wall clock: a file from the future, or from before the clock was
/// set, is continued and keeps what it says.
#[test]
fn a_clock_that_jumps() {
    let folder = Folder::new();
    folder.measure_tiny("out.csv");
    let whole = folder.read("out.csv");
    let started = whole.lines().find(|line| line.starts_with("# started = ")).unwrap();
    for jumped in ["# started = \"2199-01-01T00:00:00Z\"", "# started = \"1970-01-01T00:00:00Z\""] {
        let rows_end = whole.find("# [[session]]").unwrap();
        let last_row = whole[..rows_end - 1].rfind('\n').unwrap() + 1;
        folder.write("out.csv", &whole[..last_row].replace(started, jumped));
        folder
            .hovera(&["run", "tiny.toml", "--backend", "cpu", "-o", "out.csv", "--resume"])
            .assert()
            .success();
        assert_eq!(rows(&folder.path("out.csv")), 6);
        assert!(folder.read("out.csv").contains(jumped));
    }
}

/// What a kill left beside the file is no file of the user's.
#[test]
fn a_file_that_had_not_taken_the_name_is_removed() {
    let folder = Folder::new();
    folder.measure_tiny("out.csv");
    let before = folder.read("out.csv");
    folder.write("out.csv.hovera-new", "# [sweep");
    folder.hovera(&["run", "tiny.toml", "--backend", "cpu", "-o", "out.csv", "--resume"]).assert().success();
    assert_eq!(folder.files(), ["out.csv", "tiny.toml"]);
    assert_eq!(folder.read("out.csv"), before);
    // Nor is an empty file, which is what a kill at the very beginning leaves.
    folder.write("out.csv", "");
    folder.measure_tiny("out.csv");
    assert_eq!(rows(&folder.path("out.csv")), 6);
}

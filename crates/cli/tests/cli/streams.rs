//! What becomes of standard output and standard error: pipes that are closed, disks that are full, terminals that
//! are lost.
#![cfg(unix)]

use crate::folder::{Folder, TINY};
use crate::signals::signal_to;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Everything that answers on standard output.
const ANSWERS: [&[&str]; 9] = [
    &["explain", "out.csv", "--hidden", "48", "--op", "score"],
    &["devices"],
    &["run", "tiny.toml", "--backend", "cpu", "--dry-run"],
    &["completions", "bash"],
    &["man"],
    &["compare", "out.csv", "again.csv"],
    &["merge", "out.csv", "-o", "-"],
    &["--help"],
    &["run", "--help"],
];

fn measured() -> Folder {
    let folder = Folder::new();
    folder.measure_tiny("out.csv");
    folder.measure_tiny("again.csv");
    folder
}

fn command(folder: &Folder, args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("hovera"));
    command.args(args).current_dir(folder.path("")).env("CUDA_VISIBLE_DEVICES", "");
    command
}

/// A pipe that nobody reads any more.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full_disk() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

fn ended(mut command: Command) -> (i32, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code().unwrap_or(-1), String::from_utf8(stderr).unwrap())
}

#[test]
fn an_answer_into_a_closed_pipe_ends_quietly() {
    let folder = measured();
    for args in ANSWERS {
        let into = |stdout: Stdio| {
            let mut command = command(&folder, args);
            command.stdout(stdout);
            ended(command)
        };
        // As when somebody reads: `devices` may find no driver.
        let (closed, read) = (into(closed_pipe()), into(Stdio::null()));
        assert_eq!(closed, read, "{args:?}");
        assert!(read.0 == 0 || args == ["devices"], "{args:?}: {read:?}");
    }
}

#[test]
fn an_answer_onto_a_full_disk_is_an_error() {
    let folder = measured();
    for args in ANSWERS {
        let mut command = command(&folder, args);
        command.stdout(full_disk());
        let (code, said) = ended(command);
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.contains("standard output: cannot write: No space left on device"), "{args:?}: {said}");
    }
}

#[test]
fn a_closed_pipe_does_not_hide_that_something_became_slower() {
    let folder = Folder::new();
    folder.write("before.csv", &crate::made_up::two_engines());
    let gate = ["compare", "before.csv", "before.csv", "--across", "engine", "--fail-if-slower", "1%"];
    let gate = |stdout: Stdio| {
        let mut command = command(&folder, &gate);
        command.stdout(stdout);
        ended(command)
    };
    let read = gate(Stdio::null());
    assert_eq!(gate(closed_pipe()), read);
}

#[test]
fn rows_that_nobody_reads_end_the_sweep() {
    let folder = Folder::new();
    folder.write("long.toml", &TINY.replace("[1, 2, 24]", "{ from = 1, to = 100000 }"));
    let mut child = command(&folder, &["run", "long.toml", "--backend", "cpu", "-o", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    rows.read_line(&mut String::new()).unwrap();
    drop(rows);
    let start = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(141), String::new()));
    // A disk that is full is another matter.
    let mut run = command(&folder, &["run", "long.toml", "--backend", "cpu", "-o", "-"]);
    run.stdout(full_disk());
    let (code, said) = ended(run);
    assert!(code == 2 && said.contains("standard output: cannot write: No space left on device"), "{said}");
}

#[test]
fn trouble_on_standard_error_ends_no_sweep() {
    let folder = Folder::new();
    folder.write("tiny.toml", TINY);
    for (stderr, name) in [(full_disk(), "full.csv"), (closed_pipe(), "closed.csv")] {
        let mut run = command(&folder, &["run", "tiny.toml", "--backend", "cpu", "-v", "-o", name]);
        run.stderr(stderr);
        assert_eq!(run.status().unwrap().code(), Some(0));
        assert_eq!(folder.read(name).lines().filter(|line| !line.starts_with('#')).count(), 7);
        assert!(folder.read(name).contains("# [[session]]"), "the file is not ended");
    }
    // Nor does it change the exit code of what fails.
    let mut fails = command(&folder, &["plot", "none.csv"]);
    fails.stderr(full_disk());
    assert_eq!(fails.status().unwrap().code(), Some(2));
}

#[test]
fn a_terminal_that_is_lost_ends_no_sweep() {
    let folder = Folder::new();
    folder.write("some.toml", &TINY.replace("[1, 2, 24]", "{ from = 1, to = 200 }"));
    let mut child = command(&folder, &["run", "some.toml", "--backend", "cpu", "-v", "-o", "out.csv"])
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    said.read_line(&mut String::new()).unwrap();
    // As a terminal that goes away does: the signal to the whole group, and no more reader.
    signal_to(&format!("-{}", child.id()), "HUP");
    drop(said);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(folder.read("out.csv").lines().filter(|line| !line.starts_with('#')).count(), 401);
}

#[test]
fn colour_is_asked_for_ahead_of_help_and_usage_errors() {
    let folder = Folder::new();
    let coloured = |args: &[&str]| {
        let output = folder.hovera(args).env_remove("NO_COLOR").output().unwrap();
        let mut said = String::new();
        output.stdout.as_slice().read_to_string(&mut said).unwrap();
        output.stderr.as_slice().read_to_string(&mut said).unwrap();
        said.contains('\u{1b}')
    };
    assert!(coloured(&["--help", "--color", "always"]) && coloured(&["--color=always", "prune"]));
    for args in [&["--help", "--color", "never"][..], &["--color=never", "prune"], &["--help"], &["prune"]] {
        assert!(!coloured(args), "{args:?}");
    }
}

//! Ctrl-C and SIGTERM end a sweep with its file in order.
#![cfg(unix)]

use crate::folder::{Folder, TINY};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A sweep that takes minutes.
fn long() -> String {
    TINY.replace("[1, 2, 24]", "{ from = 1, to = 2000 }").replace("seq = 32", "seq = 256")
}

fn rows(text: &str) -> usize {
    text.lines().filter(|line| !line.starts_with('#')).count().saturating_sub(1)
}

fn started(folder: &Folder) -> Child {
    folder.write("long.toml", &long());
    let child = Command::new(assert_cmd::cargo::cargo_bin("hovera"))
        .args(["run", "long.toml", "--backend", "cpu", "-o", "my out.csv"])
        .current_dir(folder.path(""))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let path = folder.path("my out.csv");
    while std::fs::read_to_string(&path).map_or(0, |text| rows(&text)) < 20 {
        assert!(start.elapsed() < Duration::from_secs(60), "no rows");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

fn send(child: &Child, signal: &str) {
    signal_to(&child.id().to_string(), signal);
}

/// Sends a signal to a process, or to a group by its negative number. The shell has `kill`; a bare machine has no other.
pub(crate) fn signal_to(target: &str, signal: &str) {
    let sent = Command::new("sh").args(["-c", "kill -s \"$0\" -- \"$1\"", signal, target]).status();
    assert!(sent.unwrap().success(), "{signal} to {target}");
}

#[test]
fn a_signal_ends_a_sweep_with_its_file_in_order_and_says_how_to_go_on() {
    for (signal, name, code) in [("INT", "Ctrl-C", 130), ("TERM", "SIGTERM", 143)] {
        let folder = Folder::new();
        let child = started(&folder);
        send(&child, signal);
        let sent = Instant::now();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        // Schedulers that send SIGTERM wait half a minute at least.
        assert!(sent.elapsed() < Duration::from_secs(15), "{:?}", sent.elapsed());
        let text = folder.read("my out.csv");
        let there = rows(&text);
        let line = format!(
            "stopped by {name} after {there} of 4000 points; continue with: hovera run long.toml --backend cpu \
             -o 'my out.csv' --resume"
        );
        assert!(said.contains(&line), "no {line:?} in {said}");
        assert!(text.contains(&format!("# [[session]]\n# points = {there}\n")), "{text}");
        assert!(text.ends_with('\n') && folder.files() == ["long.toml", "my out.csv"]);
        folder.hovera(&["plot", "my out.csv", "--format", "svg"]).assert().success();
    }
}

#[test]
fn what_a_signal_stopped_goes_on_with_the_line_that_it_said() {
    let folder = Folder::new();
    let child = started(&folder);
    send(&child, "TERM");
    child.wait_with_output().unwrap();
    let before = folder.read("my out.csv");
    let whole_rows = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    let mut again = Command::new(assert_cmd::cargo::cargo_bin("hovera"))
        .args(["run", "long.toml", "--backend", "cpu", "-o", "my out.csv", "--resume"])
        .current_dir(folder.path(""))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while rows(&folder.read("my out.csv")) < rows(&before) + 3 && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    again.kill().unwrap();
    again.wait().unwrap();
    let after = folder.read("my out.csv");
    assert!(rows(&after) >= rows(&before) + 3);
    assert_eq!(whole_rows(&after)[..=rows(&before)], whole_rows(&before)[..]);
    // What the first run found is there although the second one was killed.
    assert_eq!(after.matches("[[session]]").count(), 1);
}

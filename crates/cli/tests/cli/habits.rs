//! What people type, name and limit without thinking of it.
#![cfg(unix)]

use crate::folder::{Folder, TINY};
use crate::made_up;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::process::{Command, Output};

fn hovera(folder: &Folder, args: &[&OsStr]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("hovera"));
    command.args(args).current_dir(folder.path("")).env("CUDA_VISIBLE_DEVICES", "").output().unwrap()
}

#[test]
fn names_that_are_not_utf_8_work_in_every_command() {
    let folder = Folder::new();
    folder.measure_tiny("plain.csv");
    let named = |name: &[u8]| OsString::from_vec(name.to_vec());
    let (results, copy, spec) = (named(b"r\xFF.csv"), named(b"c\xFF.csv"), named(b"s\xFF.toml"));
    let folder_path = folder.path("");
    std::fs::copy(folder.path("plain.csv"), folder_path.join(&results)).unwrap();
    std::fs::copy(folder.path("plain.csv"), folder_path.join(&copy)).unwrap();
    std::fs::write(folder_path.join(&spec), TINY).unwrap();
    let (html, merged, run, table, log) = (
        named(b"o\xFF.html"),
        named(b"m\xFF.csv"),
        named(b"n\xFF.csv"),
        named(b"t\xFF.csv"),
        named(b"l\xFF.out"),
    );
    std::fs::write(
        folder_path.join(&log),
        "Elapsed time for attention_key_query_prob (8x128x64x128): 0.0001\n",
    )
    .unwrap();
    let os = OsStr::new;
    for args in [
        &[os("plot"), &results, os("--format"), os("svg")][..],
        &[os("report"), &results, os("-o"), &html],
        &[os("compare"), &results, &copy, os("-o"), &table],
        &[os("explain"), &results, os("--op"), os("score"), os("--hidden"), os("48")],
        &[os("merge"), &results, &copy, os("-o"), &merged],
        &[os("run"), &spec, os("--backend"), os("cpu"), os("-o"), &run],
    ] {
        let output = hovera(&folder, args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {said}");
    }
    for name in [&html, &table, &merged, &run, &named(b"r\xFF-score-a2.svg")] {
        assert!(folder_path.join(name).is_file(), "{name:?}");
    }
    // The hint can be copied.
    let output = hovera(&folder, &[os("run"), &spec, os("--backend"), os("cpu"), os("-o"), &run]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(r"hovera plot $'n\377.csv'"), "{said}");
}

#[test]
fn hints_are_quoted_for_a_shell() {
    let folder = Folder::new();
    folder.write("tiny.toml", TINY);
    for (name, hint) in [("my out.csv", "hovera plot 'my out.csv'"), ("./-n.csv", "hovera plot ./-n.csv")] {
        let (code, said) = folder.fails(&["run", "tiny.toml", "--backend", "cpu", "-o", name]);
        assert!(code == 0 && said.contains(hint), "{said}");
    }
    let (_, said) = folder.fails(&["run", "tiny.toml", "--backend", "cpu", "-o=-n.csv"]);
    assert!(said.contains("hovera plot ./-n.csv"), "{said}");
}

#[test]
fn a_name_cannot_fake_a_line_or_turn_the_text_round() {
    let folder = Folder::new();
    for name in ["a\nerror: all is lost.csv", "a\u{202e}vsc.csv"] {
        folder.write(name, &made_up::two_engines());
        let (code, said) = folder.fails(&["plot", name, "--overlay", "engine", "--format", "svg"]);
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains("\nerror:") && !said.contains('\u{202e}'), "{said}");
        let (_, said) = folder.fails(&["plot", &format!("{name}.none")]);
        assert!(said.matches('\n').count() == 1 && !said.contains('\u{202e}'), "{said}");
    }
}

#[test]
fn numbers_that_are_none_are_answered_with_those_that_are() {
    let folder = Folder::new();
    for (args, says) in [
        (
            &["explain", "a.csv", "--op", "score", "--hidden", "0"][..],
            "want a whole number from 1 to 4294967295",
        ),
        (
            &["explain", "a.csv", "--op", "score", "--hidden", "-1"],
            "want a whole number from 1 to 4294967295",
        ),
        (
            &["explain", "a.csv", "--op", "score", "--hidden", "8", "--heads", "0"],
            "want a whole number from 1",
        ),
        (&["plot", "a.csv", "--at-clock", "0"], "want a whole number from 1 to 4294967295"),
        (&["compare", "a.csv", "b.csv", "--at-clock", "1.5"], "want a whole number from 1 to 4294967295"),
        (&["run", "a.toml", "--order-seed", "-1"], "want a whole number from 0 to 18446744073709551615"),
        (&["run", "a.toml", "--max-point-time", "-1"], "want a number of seconds above 0"),
        (&["import", "cookbook", "l", "-o", "x.csv", "--tensor-parallel", "0"], "want a whole number from 1"),
    ] {
        let (code, said) = folder.fails(args);
        assert!(code == 2 && said.contains(says), "{args:?}: {said}");
    }
}

#[test]
fn a_reason_is_said_once_and_one_point_is_a_point() {
    let folder = Folder::new();
    folder.write("tiny.toml", &TINY.replace("[1, 2, 24]", "[8]").replace("heads", "op = [\"score\"]\nheads"));
    let (code, said) = folder.fails(&["run", "tiny.toml", "--backend", "cpu", "-o", "no/where.csv"]);
    assert!(code == 2 && said.matches("os error 2").count() == 1, "{said}");
    folder.hovera(&["run", "tiny.toml", "--backend", "cpu", "-o", "one.csv"]).assert().success();
    let (_, said) = folder.fails(&["run", "tiny.toml", "--backend", "cpu", "-o", "one.csv"]);
    assert!(said.contains("1 point is there already"), "{said}");
}

#[test]
fn help_says_what_each_command_does_and_completions_know_the_words() {
    let folder = Folder::new();
    let out = |args: &[&str]| String::from_utf8(folder.hovera(args).output().unwrap().stdout).unwrap();
    let help = out(&["--help"]);
    assert!(help.contains("devices      List the GPUs of this machine"), "{help}");
    assert!(!help.contains("--verbose") && out(&["run", "--help"]).contains("--verbose"));
    assert_eq!(folder.fails(&["plot", "a.csv", "-v"]).0, 2);
    let completions = out(&["completions", "bash"]);
    for words in [
        "tflops tflops-at-clock percent-of-peak",
        "median min max mean",
        "score softmax values attention qkv",
    ] {
        assert!(completions.contains(words), "no {words:?}");
    }
}

#[test]
fn every_page_that_the_manual_refers_to_is_written() {
    let folder = Folder::new();
    folder.hovera(&["man", "-o", "man"]).assert().success();
    let pages: Vec<String> = std::fs::read_dir(folder.path("man"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        pages.contains(&"hovera.1".to_owned()) && pages.contains(&"hovera-import-csv.1".to_owned()),
        "{pages:?}"
    );
    let mut referred = 0;
    for page in &pages {
        let text = folder.read(&format!("man/{page}"));
        for (before, _) in text.match_indices("(1)").map(|(at, _)| text.split_at(at)) {
            let name =
                before.rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default().replace("\\-", "-");
            assert!(pages.contains(&format!("{name}.1")), "{page} refers to {name}(1)");
            referred += 1;
        }
    }
    assert!(referred >= 10, "{referred}");
    // The page on standard output is that of the program.
    assert!(folder.hovera(&["man"]).output().unwrap().stdout.starts_with(b".ie"));
}

#[test]
fn what_cannot_be_a_folder_is_said_to_be_none() {
    let folder = Folder::new();
    folder.write("a.csv", &made_up::two_engines());
    folder.write("file", "mine");
    for args in [&["plot", "a.csv", "--overlay", "engine", "-o", "file"][..], &["man", "-o", "file"]] {
        let (code, said) = folder.fails(args);
        assert!(code == 2 && said.contains("file: is no folder: want one for the files"), "{said}");
    }
    assert_eq!(folder.read("file"), "mine");
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_leaves_nothing() {
    let folder = Folder::new();
    folder.write("a.csv", &made_up::two_engines());
    let binary = assert_cmd::cargo::cargo_bin("hovera");
    let command = format!("ulimit -f 8; exec '{}' report a.csv -o r.html", binary.display());
    let output = Command::new("sh").args(["-c", &command]).current_dir(folder.path("")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && said.contains("r.html: cannot write: File too large"),
        "{said}"
    );
    assert_eq!(folder.files(), ["a.csv"]);
}

#[test]
fn a_format_that_is_asked_for_twice_is_drawn_once() {
    let folder = Folder::new();
    folder.write("a.csv", &made_up::two_engines());
    folder.hovera(&["plot", "a.csv", "--overlay", "engine", "--format", "svg,svg"]).assert().success();
    assert_eq!(folder.files(), ["a-score-a12-by-engine.svg", "a-values-a12-by-engine.svg", "a.csv"]);
}

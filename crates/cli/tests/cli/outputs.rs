//! Outputs destroy nothing: no input, and no file that the same command did not write.
#![cfg(unix)]

use crate::all_or_nothing::EARLIER_CHART;
use crate::folder::Folder;
use crate::made_up;
use hovera_core::{Engine, Op};
use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("a.csv", &made_up::two_engines());
    folder.write("b.csv", &made_up::two_engines());
    folder
}

const COMPARE: [&str; 5] = ["compare", "a.csv", "b.csv", "--across", "engine"];

/// A command is refused with exit code 2 and these words, and every file is as it was.
#[track_caller]
fn refused(folder: &Folder, args: &[&str], says: &str) {
    let all = || -> Vec<(String, Vec<u8>)> {
        let read = |name: String| std::fs::read(folder.path(&name)).map(|bytes| (name, bytes)).ok();
        folder.files().into_iter().filter_map(read).collect()
    };
    let before = all();
    let (code, said) = folder.fails(args);
    assert_eq!(code, 2, "{args:?}: {said}");
    assert!(said.contains(says), "{args:?}: no {says:?} in {said}");
    assert!(all() == before, "{args:?} changed something: {said}");
}

#[test]
fn an_input_is_never_written_over_by_whatever_path_it_is_named() {
    let folder = folder();
    std::fs::create_dir(folder.path("sub")).unwrap();
    symlink("b.csv", folder.path("link.csv")).unwrap();
    symlink("link.csv", folder.path("link-to-link.csv")).unwrap();
    std::fs::hard_link(folder.path("b.csv"), folder.path("hard.csv")).unwrap();
    let absolute = folder.path("b.csv").display().to_string();
    for output in [
        "b.csv",
        "a.csv",
        "./b.csv",
        "sub/../b.csv",
        "link.csv",
        "link-to-link.csv",
        "hard.csv",
        absolute.as_str(),
    ] {
        let says = format!("{output}: is an input of this command");
        refused(&folder, &[&COMPARE[..], &["-o", output]].concat(), &says);
    }
    // One of a card, and one that repeats.
    refused(
        &folder,
        &["compare", "a.csv@0", "b.csv", "-o", "a.csv", "--across", "engine"],
        "a.csv: is an input",
    );
    refused(
        &folder,
        &["compare", "a.csv", "a.csv", "--across", "engine", "--repeat", "b.csv", "-o", "b.csv"],
        "b.csv: is an input",
    );
    // One of several outputs is enough.
    refused(&folder, &[&COMPARE[..], &["-o", "new.md", "-o", "b.csv"]].concat(), "b.csv: is an input");
    assert!(!folder.path("new.md").exists());
}

#[test]
fn a_merge_does_not_replace_what_it_merges() {
    let folder = Folder::new();
    folder.measure_tiny("a.csv");
    std::fs::copy(folder.path("a.csv"), folder.path("copy.csv")).unwrap();
    symlink("copy.csv", folder.path("link.csv")).unwrap();
    for output in ["a.csv", "./copy.csv", "link.csv"] {
        let says = format!("{output}: is an input of this command");
        refused(&folder, &["merge", "a.csv", "copy.csv", "-o", output], &says);
    }
}

#[test]
fn an_import_does_not_replace_its_source_or_its_map() {
    let folder = Folder::new();
    folder.write("t.csv", "name,batch,M,N,K,ms\nbmm,8,64,128,32,0.5\n");
    let map = "time_unit = \"ms\"\n[column]\nop = \"name\"\ngemm_batch = \"batch\"\nm = \"M\"\nn = \"N\"\nk = \"K\"\n\
               time_median = \"ms\"\n[constant]\ndtype = \"bf16\"\n";
    folder.write("map.toml", map);
    let args = ["import", "csv", "t.csv", "--map", "map.toml", "--device", "NVIDIA L40S", "-o"];
    refused(&folder, &[&args[..], &["t.csv"]].concat(), "t.csv: is an input of this command");
    refused(&folder, &[&args[..], &["map.toml"]].concat(), "map.toml: is an input of this command");
    // An earlier import is replaced, what was measured is not.
    folder.hovera(&[&args[..], &["out.csv"]].concat()).assert().success();
    folder.hovera(&[&args[..], &["out.csv"]].concat()).assert().success();
    folder.write("out.csv", &made_up::two_engines());
    refused(&folder, &[&args[..], &["out.csv"]].concat(), "out.csv: is there already and was not imported");
}

#[test]
fn what_another_wrote_is_left_alone() {
    let folder = folder();
    let notes = "# My card\n\nMeasured on a Tuesday.\n";
    for (name, content) in [
        ("README.md", notes),
        ("page.html", "<!DOCTYPE html>\n<title>My page</title>\n"),
        ("paper.tex", "\\documentclass{article}\n"),
        ("t.csv", "a,b\n1,2\n"),
        ("t.json", "{\"a\": 1}\n"),
        ("empty.html", ""),
        ("a-score-a12-by-engine.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
    ] {
        folder.write(name, content);
    }
    refused(
        &folder,
        &["report", "a.csv", "-o", "README.md"],
        "README.md: is there already and is another kind of file, not a report that hovera wrote (Markdown): move it \
         away, or write to another name",
    );
    for (output, is) in
        [("page.html", "an HTML page"), ("paper.tex", "another kind"), ("empty.html", "an empty file")]
    {
        let says = format!("{output}: is there already and is {is}");
        refused(&folder, &["report", "a.csv", "-o", output], &says);
    }
    for output in ["t.csv", "t.json", "README.md"] {
        refused(&folder, &[&COMPARE[..], &["-o", output]].concat(), &format!("{output}: is there already"));
    }
    // Results that are no input are no comparison either.
    std::fs::copy(folder.path("a.csv"), folder.path("measured.csv")).unwrap();
    refused(
        &folder,
        &[&COMPARE[..], &["-o", "measured.csv"]].concat(),
        "measured.csv: is there already and is a results file, not a comparison that hovera wrote (CSV)",
    );
    let plot = ["plot", "a.csv", "--overlay", "engine", "--format", "svg"];
    refused(
        &folder,
        &plot,
        "a-score-a12-by-engine.svg: is there already and is a picture (SVG), not a chart",
    );
    // The figures of a folder, whose list may name anything.
    folder.write("figures.toml", "[[report]]\nfile = \"README.md\"\nresults = [\"a.csv\"]\n");
    refused(&folder, &["figures", "--dir", "."], "README.md: is there already");
    // A report is not replaced by a comparison, though both are ours.
    folder.hovera(&["report", "a.csv", "-o", "report.md"]).assert().success();
    refused(
        &folder,
        &[&COMPARE[..], &["-o", "report.md"]].concat(),
        "report.md: is there already and is a report",
    );
}

#[test]
fn an_earlier_version_is_replaced_without_a_flag() {
    let folder = folder();
    folder.write("a-score-a12-by-engine.svg", EARLIER_CHART);
    let commands: [&[&str]; 6] = [
        &["plot", "a.csv", "--overlay", "engine"],
        &["report", "a.csv", "-o", "r.html"],
        &["report", "a.csv", "-o", "r.md"],
        &["report", "a.csv", "-o", "r.tex"],
        &[&COMPARE[..], &["-o", "c.csv", "-o", "c.json", "-o", "c.md"]].concat(),
        &["man", "-o", "man"],
    ];
    for args in commands {
        folder.hovera(args).assert().success();
        let written = folder.files();
        folder.hovera(args).assert().success();
        assert_eq!(folder.files(), written, "{args:?} left something beside its files");
    }
    assert!(!folder.read("a-score-a12-by-engine.svg").contains("earlier"));
}

#[test]
fn a_fleet_replaces_a_fleet() {
    let folder = Folder::new();
    let names: Vec<String> = (0..8).map(|card| format!("card-{card}.csv")).collect();
    for (card, name) in names.iter().enumerate() {
        let rows =
            [1, 2, 64].map(|head_dim| made_up::row(Op::Score, head_dim, Engine::Cublas, 400.0 + card as f64));
        folder.write(name, &made_up::file(rows.to_vec()));
    }
    let files: Vec<&str> = names.iter().map(String::as_str).collect();
    let outputs = ["-o", "f.csv", "-o", "f.json", "-o", "f.md", "-o", "f.svg"];
    let args = [&["compare", "--fleet"][..], &files, &outputs].concat();
    for _ in 0..2 {
        folder.hovera(&args).assert().success();
    }
    refused(
        &folder,
        &[&["compare", "--fleet"][..], &files, &["-o", "card-3.csv"]].concat(),
        "card-3.csv: is an input",
    );
    folder.write("f.md", "# Fleet\n\nof ships\n");
    refused(&folder, &args, "f.md: is there already");
}

#[test]
fn links_are_followed_and_modes_kept() {
    let folder = folder();
    folder.hovera(&["report", "a.csv", "-o", "r.html"]).assert().success();
    std::fs::write(folder.path("r.html"), folder.read("r.html").replace("Made by", "Once made by")).unwrap();
    std::fs::set_permissions(folder.path("r.html"), Permissions::from_mode(0o640)).unwrap();
    std::fs::create_dir(folder.path("away")).unwrap();
    symlink("../r.html", folder.path("away/link.html")).unwrap();
    folder.hovera(&["report", "a.csv", "-o", "away/link.html"]).assert().success();
    assert!(folder.path("away/link.html").is_symlink());
    let replaced = std::fs::metadata(folder.path("r.html")).unwrap();
    assert_eq!(replaced.mode() & 0o7777, 0o640);
    assert!(!folder.read("r.html").contains("Once made by"));
    // A link to where nothing is yet.
    symlink("../new.html", folder.path("away/new.html")).unwrap();
    folder.hovera(&["report", "a.csv", "-o", "away/new.html"]).assert().success();
    assert!(folder.path("away/new.html").is_symlink() && folder.read("new.html") == folder.read("r.html"));
    // Two names of one file are one file.
    let (code, said) = folder.fails(&[&COMPARE[..], &["-o", "c.md", "-o", "./c.md"]].concat());
    assert!(code == 2 && said.contains("./c.md: two files would have this name, as c.md has"), "{said}");
    // Links that go round in a circle.
    symlink("round.html", folder.path("round.html")).unwrap();
    refused(&folder, &["report", "a.csv", "-o", "round.html"], "round.html: cannot write: ");
}

#[test]
fn devices_and_pipes_are_written_as_such() {
    let folder = folder();
    folder.hovera(&[&COMPARE[..], &["-o", "c.csv"]].concat()).assert().success();
    let expected = folder.read("c.csv");
    assert!(Command::new("mkfifo").arg(folder.path("pipe.csv")).status().unwrap().success());
    let path = folder.path("pipe.csv");
    let reader = std::thread::spawn(move || std::fs::read_to_string(path).unwrap());
    folder.hovera(&[&COMPARE[..], &["-o", "pipe.csv"]].concat()).assert().success();
    assert_eq!(reader.join().unwrap(), expected);
    symlink("/dev/null", folder.path("null.csv")).unwrap();
    folder.hovera(&[&COMPARE[..], &["-o", "null.csv"]].concat()).assert().success();
    assert!(folder.path("null.csv").is_symlink());
    symlink("/dev/full", folder.path("full.csv")).unwrap();
    let (code, said) = folder.fails(&[&COMPARE[..], &["-o", "full.csv"]].concat());
    assert!(code == 2 && said.contains("full.csv: cannot write: No space left on device"), "{said}");
}

#[test]
fn rows_are_not_printed_onto_the_file_that_they_come_from() {
    let folder = Folder::new();
    folder.measure_tiny("a.csv");
    let before = folder.read("a.csv");
    let append = std::fs::File::options().append(true).open(folder.path("a.csv")).unwrap();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("hovera"))
        .args(["merge", "a.csv", "-o", "-"])
        .current_dir(folder.path(""))
        .stdout(append)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(said.contains("/dev/stdout: is an input of this command a.csv"), "{said}");
    assert_eq!(folder.read("a.csv"), before);
}

#[test]
fn a_run_does_not_replace_its_spec_or_anything_else() {
    let folder = folder();
    folder.write("tiny.toml", crate::folder::TINY);
    folder.write("notes.csv", "a,b\n1,2\n");
    for output in ["tiny.toml", "notes.csv", "a.csv"] {
        refused(&folder, &["run", "tiny.toml", "--backend", "cpu", "-o", output], output);
    }
}

#[test]
fn a_file_that_is_beside_the_output_is_nobody_s_to_take() {
    let folder = folder();
    for beside in ["c.csv.new", ".c.csv.partial", "c.csv.hovera-new"] {
        folder.write(beside, "mine");
    }
    folder.hovera(&[&COMPARE[..], &["-o", "c.csv"]].concat()).assert().success();
    for beside in ["c.csv.new", ".c.csv.partial", "c.csv.hovera-new"] {
        assert_eq!(folder.read(beside), "mine");
    }
}

//! The table of columns in `sweeps/README.md` is the code's, and every committed results file is read.

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use hovera_core::{Column, FileKind, Readings, Results};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- The columns, from crates/core/src/results/columns.rs: -->\n";
const END: &str = "<!-- end of the columns -->\n";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Units and texts hold no `|`.
fn table() -> String {
    let mut table = String::from("| column | unit | what |\n|---|---|---|\n");
    for column in Column::all() {
        let mut notes = Vec::new();
        if column.is_derived() {
            notes.push("derived".to_owned());
        }
        match column.since() {
            0 if column.is_optional() => notes.push("files without a format number may lack it".to_owned()),
            0 => {}
            format => notes.push(format!("since format {format}")),
        }
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        let doc = column.doc().trim_end_matches('.');
        let unit = column.unit();
        let unit = if unit.is_empty() { String::new() } else { format!("{unit} ") };
        writeln!(table, "| `{}` | {unit}| {doc}{notes} |", column.name()).unwrap();
    }
    table
}

#[test]
fn the_readme_lists_the_columns_as_the_code_has_them() {
    let path = repository().join("sweeps/README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the README has the marker ahead of the columns");
    let (found, after) = rest.split_once(END).expect("the README has the marker after the columns");
    if found != table() && std::env::var("HOVERA_BLESS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    assert_eq!(
        found,
        table(),
        "sweeps/README.md is not as the code: HOVERA_BLESS=1 cargo test -p hovera-core --test column_table rewrites it"
    );
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "csv") {
            found.push(path);
        }
    }
}

#[test]
fn every_committed_file_is_read() {
    let (mut found, mut results, mut without_number) = (Vec::new(), 0, 0);
    files(&repository().join("sweeps"), &mut found);
    for entry in std::fs::read_dir(repository().join("crates")).unwrap() {
        let tests = entry.unwrap().path().join("tests");
        if tests.is_dir() {
            files(&tests, &mut found);
        }
    }
    for path in &found {
        let (name, text) = (path.display().to_string(), std::fs::read_to_string(path).unwrap());
        // Tables of other tools have none.
        if !text.starts_with('#') {
            continue;
        }
        match FileKind::of_text(&text) {
            Some(FileKind::Results) => {
                assert!(!Results::parse(&name, &text).unwrap().rows.is_empty(), "{name}");
                results += 1;
                without_number += usize::from(!text.starts_with("# format"));
            }
            Some(FileKind::Readings) => assert!(!Readings::parse(&name, &text).unwrap().points.is_empty()),
            None => panic!("{name} has a front matter and is neither results nor readings"),
        }
    }
    assert!(
        results >= 40 && without_number >= 25,
        "{results} results files, {without_number} without a number"
    );
}

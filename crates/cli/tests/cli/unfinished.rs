//! A sweep that was stopped is told as such, by whatever reads its file.

use crate::folder::Folder;

/// What there is to say of [`folder`]'s `part.csv`.
const THERE: &str = "4 of the sweep's 6 points";

/// A whole sweep of six points, and the same stopped after four.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.measure_tiny("whole.csv");
    let whole = folder.read("whole.csv");
    let is_row = |line: &&str| !line.starts_with('#') && !line.starts_with("op,");
    let rows: Vec<&str> = whole.lines().filter(is_row).collect();
    assert_eq!(rows.len(), 6);
    let part: Vec<&str> = whole.lines().filter(|line| !rows[4..].contains(line)).collect();
    folder.write("part.csv", &(part.join("\n") + "\n"));
    folder
}

fn said(folder: &Folder, args: &[&str]) -> String {
    let output = folder.hovera(args).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

#[test]
fn a_report_says_how_many_of_how_many() {
    let folder = folder();
    for ending in ["md", "html", "tex"] {
        let report = format!("part.{ending}");
        said(&folder, &["report", "part.csv", "-o", &report]);
        let text = folder.read(&report);
        let plain = text.replace("&#39;", "'").replace(r"{\ttfamily\char39}", "'");
        assert!(plain.contains(&format!("The sweep is not finished: the file has {THERE}.")), "{ending}");
        assert!(!text.contains("All 4 points were measured"));
    }
    said(&folder, &["report", "whole.csv", "-o", "whole.md"]);
    assert!(folder.read("whole.md").contains("All 6 points were measured."));
}

#[test]
fn a_comparison_notes_it_and_its_files_too() {
    let folder = folder();
    let text = said(&folder, &["compare", "whole.csv", "part.csv", "-o", "c.md", "-o", "c.json"]);
    let note = format!("part.csv is unfinished: it has {THERE}");
    assert!(text.contains(&format!("note: {note}\n")), "{text}");
    assert!(
        folder.read("c.json").contains(&note)
            && folder.read("c.md").contains("- note: part.csv is unfinished")
    );
    assert!(!said(&folder, &["compare", "whole.csv", "whole.csv"]).contains("unfinished"));
}

#[test]
fn a_fleet_notes_it_of_its_files() {
    let folder = folder();
    let names: Vec<String> = (0..9).map(|card| format!("card{card}.csv")).collect();
    for (card, name) in names.iter().enumerate() {
        folder.write(name, &folder.read(if card < 7 { "part.csv" } else { "whole.csv" }));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = said(&folder, &[&["compare", "--fleet"], &names[..]].concat());
    let note = format!("note: unfinished: card0.csv has {THERE}; card1.csv has {THERE}; ");
    assert!(
        text.contains(&note) && text.contains(&format!("card4.csv has {THERE}, and 2 more files\n")),
        "{text}"
    );
}

#[test]
fn a_chart_says_it_and_its_caption_too() {
    let folder = folder();
    let args = |file| ["plot", file, "--format", "svg", "-o", "charts"];
    let text = said(&folder, &args("part.csv"));
    assert!(text.contains(&format!("part is unfinished: it has {THERE}\n")), "{text}");
    let svg = folder.read("charts/part-score-a2.svg");
    assert!(svg.contains("unfinished: 4 of the sweep"), "{svg}");
    assert!(!said(&folder, &args("whole.csv")).contains("unfinished"));
    assert!(!folder.read("charts/whole-score-a2.svg").contains("unfinished"));
}

#[test]
fn an_explanation_says_it() {
    let folder = folder();
    let args = |file| ["explain", file, "--op", "score", "--hidden", "2"];
    let text = said(&folder, &args("part.csv"));
    assert!(text.contains(&format!("sweep       unfinished: the file has {THERE}\n")), "{text}");
    assert!(!said(&folder, &args("whole.csv")).contains("unfinished"));
}

#[test]
fn shards_merged_with_gaps_stay_unfinished() {
    let folder = folder();
    said(&folder, &["merge", "part.csv", "--partial", "-o", "merged.csv"]);
    said(&folder, &["report", "merged.csv", "-o", "merged.md"]);
    assert!(folder.read("merged.md").contains(&format!("The sweep is not finished: the file has {THERE}.")));
}

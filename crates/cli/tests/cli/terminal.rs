//! On a terminal: what is shown fits its width. `script` (util-linux) gives each command one of its own.
#![cfg(target_os = "linux")]

use crate::folder::{Folder, TINY};
use crate::made_up;
use hovera_core::{Engine, Op};
use std::process::Command;

/// What `hovera ARGS` shows on a terminal of so many columns.
fn shown(folder: &Folder, columns: usize, args: &str) -> String {
    shown_on(folder, (columns, 30), args, &[])
}

/// The same on one of so many columns and lines, with variables.
fn shown_on(
    folder: &Folder,
    (columns, rows): (usize, usize),
    args: &str,
    variables: &[(&str, &str)],
) -> String {
    let binary = assert_cmd::cargo::cargo_bin("hovera");
    let command = format!("stty cols {columns} rows {rows}; exec '{}' {args}", binary.display());
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(folder.path(""))
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

/// The text of each line that was ever on the terminal, without what steers it.
fn lines(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        let after = after.strip_prefix('[').unwrap_or(after);
        let end = after.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
        // Whatever moves the cursor begins a line.
        if !after[end..].starts_with('m') {
            plain.push('\n');
        }
        rest = after.get(end + 1..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_bar_of_a_run_fits_any_width_and_says_what_goes_where() {
    let folder = Folder::new();
    folder.write("many.toml", &TINY.replace("[1, 2, 24]", "{ from = 1, to = 300 }"));
    for columns in [200, 100, 84, 60, 40] {
        let name = format!("out-{columns}.csv");
        let text = shown(&folder, columns, &format!("run many.toml --backend cpu -o {name}"));
        let bars: Vec<String> =
            lines(&text).into_iter().filter(|line| line.contains(" %  ") && line.contains(" left")).collect();
        assert!(!bars.is_empty(), "{columns}: no bar in {text:?}");
        for bar in &bars {
            assert!(bar.chars().count() <= columns, "{columns}: {bar:?}");
        }
        if columns >= 84 {
            let says = format!("of 600 points, tiny -> {name}");
            assert!(bars.iter().any(|bar| bar.contains(&says)), "{columns}: {bars:?}");
        }
    }
}

#[test]
fn the_table_of_a_model_fits_and_says_what_it_leaves_out() {
    let folder = Folder::new();
    for columns in [160, 100, 80] {
        let text = lines(&shown(&folder, columns, "model model:gpt2 --training --dry-run"));
        let table = text.iter().skip(1).take_while(|line| !line.starts_with('('));
        // Sentences below the table are wrapped by the terminal.
        let is_sentence =
            |line: &str| ["costs", "not in it", "note:"].iter().any(|word| line.starts_with(word));
        for line in table.filter(|line| !is_sentence(line)) {
            assert!(line.chars().count() <= columns, "{columns}: {line:?}");
        }
        let header = &text[1];
        assert_eq!(header.contains("layout"), columns == 160, "{columns}: {header}");
        assert_eq!(text.iter().any(|line| line.starts_with("(no room for")), columns < 160, "{columns}");
    }
}

#[test]
fn the_table_of_a_comparison_fits_and_says_what_it_leaves_out() {
    let folder = Folder::new();
    folder.write("a.csv", &made_up::two_engines());
    let table = |columns: usize| -> (Vec<String>, String) {
        let text = lines(&shown(&folder, columns, "compare a.csv --across engine"));
        let header = text.iter().position(|line| line.starts_with("op ")).unwrap();
        let rows =
            text[header..].iter().take_while(|line| !line.contains(" compared")).cloned().collect::<Vec<_>>();
        let out = rows.iter().find(|line| line.starts_with("(no room for")).cloned().unwrap_or_default();
        (rows, out)
    };
    let (whole, nothing) = table(200);
    assert!(whole[0].contains("worst") && whole[0].contains("unsure") && nothing.is_empty(), "{whole:?}");
    for (columns, kept, left_out) in [
        (80, &["op", "ratio", "verdict", "slower"][..], "best"),
        (50, &["op", "ratio", "verdict"], "worst, best"),
        (40, &["op", "ratio", "verdict"], "worst, best"),
    ] {
        let (rows, out) = table(columns);
        assert!(
            rows.iter().all(|row| row.starts_with('(') || row.chars().count() <= columns),
            "{columns}: {rows:#?}"
        );
        assert!(kept.iter().all(|name| rows[0].contains(name)), "{columns}: {}", rows[0]);
        assert!(out.contains(left_out), "{columns}: {out}");
    }
    // What is no terminal gets all of it.
    let output = folder.hovera(&["compare", "a.csv", "--across", "engine"]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains(&whole[0]));
}

#[test]
fn the_table_of_a_fleet_fits() {
    let folder = Folder::new();
    let mut names = Vec::new();
    for card in 0..9 {
        let factor = if card == 4 { 0.5 } else { 1.0 + 0.001 * f64::from(card) };
        let dims = [1, 2, 3, 4, 5, 6, 7, 8, 64, 128];
        let row = |op| dims.map(|head_dim| made_up::row(op, head_dim, Engine::Cublas, 400.0 * factor));
        let name = format!("a-rack-with-a-long-name-and-a-node-{card}.csv");
        folder.write(&name, &made_up::file([row(Op::Score), row(Op::Values)].concat()));
        names.push(name);
    }
    let text = shown(&folder, 80, &format!("compare --fleet {}", names.join(" ")));
    let lines = lines(&text);
    let header = lines.iter().position(|line| line.starts_with("card ")).unwrap();
    assert!(lines[header..header + 2].iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
    assert!(
        lines[header].contains("unlike the others on") && lines[header + 1].contains("a-rack"),
        "{lines:#?}"
    );
    assert!(lines[header + 2].starts_with("(no room for "), "{lines:#?}");
}

/// Whether a text has dots of a chart.
fn has_dots(text: &str) -> bool {
    text.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
}

#[test]
fn a_tall_terminal_shows_the_chart_of_a_sweep_while_it_runs_and_a_low_one_the_bar_alone() {
    let folder = Folder::new();
    folder.write("many.toml", &TINY.replace("[1, 2, 24]", "{ from = 1, to = 200 }"));
    let run = |size, name: &str, variables| {
        shown_on(&folder, size, &format!("run many.toml --backend cpu -o {name}"), variables)
    };
    let tall = run((100, 48), "tall.csv", &[]);
    assert!(has_dots(&tall) && tall.contains("h/a = 1") && tall.contains("\u{1b}[38;5;"), "{tall}");
    // Each line of what stands above the bar is filled up to the width of the terminal: none of them is longer.
    let drawn: Vec<Vec<char>> = lines(&tall).iter().map(|line| line.chars().collect()).collect();
    let rows = || drawn.iter().flat_map(|line| line.chunks(100)).map(String::from_iter);
    let starts = |text: &str| rows().any(|row| row.starts_with(text));
    assert!(starts("Throughput (TFLOPs/s)") && starts("━ h/a = 1"), "{tall}");
    let plain = run((100, 48), "plain.csv", &[("NO_COLOR", "1")]);
    assert!(has_dots(&plain) && !plain.contains("\u{1b}[38;5;"), "{plain}");
    let low = run((100, 24), "low.csv", &[]);
    assert!(!has_dots(&low) && low.contains(" left"), "{low}");
}

#[test]
fn a_chart_as_text_is_as_wide_as_the_terminal_and_plain_where_there_is_none() {
    let folder = Folder::new();
    let plot = "plot recorded:nvidia-h100-80gb-hbm3/attention-a12 --terminal";
    let text = shown_on(&folder, (70, 40), plot, &[]);
    assert!(text.contains("\u{1b}[38;5;"), "in colours");
    let widest = lines(&text).iter().filter(|line| has_dots(line)).map(|line| line.chars().count()).max();
    assert!((60..=70).contains(&widest.unwrap()), "{widest:?}");
    let args: Vec<&str> = plot.split(' ').collect();
    let piped =
        || String::from_utf8(folder.hovera(&args).assert().success().get_output().stdout.clone()).unwrap();
    let text = piped();
    assert!(has_dots(&text) && !text.contains('\u{1b}'), "{text}");
    for said in [
        "Attention Key Query Score, a=12, NVIDIA H100 80GB HBM3",
        "Attention over Values, a=12",
        "Hidden Size",
        "━ h/a = 64",
    ] {
        assert!(text.contains(said), "no {said:?} in {text}");
    }
    assert_eq!(text, piped());
    assert!(folder.files().is_empty(), "no file is written");
    let (code, said) =
        folder.fails(&["plot", "recorded:nvidia-h100-80gb-hbm3/heads-by-head-dim", "--terminal"]);
    assert!(
        code == 2 && said.contains("only charts of lines and points are drawn as text"),
        "{code}: {said}"
    );
}

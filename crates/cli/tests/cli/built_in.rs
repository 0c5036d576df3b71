//! What is built in: specs and recorded sweeps, in any folder.

use crate::folder::Folder;

fn stdout(folder: &Folder, args: &[&str]) -> String {
    let output = folder.hovera(args).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn every_spec_is_listed_with_its_points_and_planned_by_its_name() {
    let folder = Folder::new();
    let listed = stdout(&folder, &["specs"]);
    let mut seen = 0;
    for line in listed.lines().skip(1) {
        let [name, points] = [0, 1].map(|i| line.split_whitespace().nth(i).unwrap());
        let planned = stdout(&folder, &["run", name, "--dry-run"]);
        assert!(planned.starts_with(&format!("{points} points")), "{name}: {points}, {planned}");
        seen += 1;
    }
    assert!(seen >= 10, "{listed}");
}

#[test]
fn a_printed_spec_is_the_same_sweep_as_the_one_of_that_name() {
    let folder = Folder::new();
    folder.write("mine.toml", &stdout(&folder, &["specs", "attention-a12"]));
    let of = |spec: &str| stdout(&folder, &["run", spec, "--dry-run"]);
    assert_eq!(of("mine.toml"), of("attention-a12"));
    // A file has the right of way.
    folder.write("attention-a12", &stdout(&folder, &["specs", "quick-cpu"]));
    assert_eq!(of("attention-a12"), of("quick-cpu"));
}

#[test]
fn a_recorded_sweep_is_printed_as_the_file_that_it_is() {
    let folder = Folder::new();
    let listed = stdout(&folder, &["recorded"]);
    let name = "recorded:nvidia-h200/attention-a12";
    assert!(listed.lines().any(|line| line.starts_with(name) && line.contains(" 810 ")), "{listed}");
    folder.write("h200.csv", &stdout(&folder, &["recorded", "nvidia-h200/attention-a12"]));
    let explained = |file: &str| stdout(&folder, &["explain", file, "--hidden", "1536", "--op", "score"]);
    assert_eq!(explained("h200.csv"), explained(name));
}

#[test]
fn names_of_nothing_are_refused_with_those_that_there_are() {
    let folder = Folder::new();
    for (args, said) in [
        (
            &["run", "attention-a13"][..],
            "attention-a13: no such file, and no spec of that name is built in; there are attention-a12-full,",
        ),
        (&["kernels", "attention-a13"], "no spec of that name is built in"),
        (&["specs", "attention-a13"], "no spec of that name is built in"),
        (&["run", "attention-a12.toml"], "attention-a12.toml: "),
        (&["recorded", "nvidia-h300"], "no such sweep is built in"),
        (&["recorded", "nvidia-h200"], "want one sweep of nvidia-h200/attention-a12,"),
    ] {
        let output = folder.hovera(args).assert().code(2).get_output().stderr.clone();
        let error = String::from_utf8(output).unwrap();
        assert!(error.contains(said), "{args:?}: {error}");
    }
}

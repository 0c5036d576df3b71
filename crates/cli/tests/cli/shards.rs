//! `hovera run --shard`: the parts of a sweep.

use crate::folder::{Folder, TINY};

/// The columns that say which point a row is.
pub(crate) fn keys(text: &str) -> Vec<String> {
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| row.split(',').take(19).collect::<Vec<_>>().join(",")).collect()
}

/// Twelve points, shuffled.
pub(crate) fn spec() -> String {
    TINY.replace("order = \"planned\"\n", "").replace("[1, 2, 24]", "[1, 2, 3, 4, 6, 24]")
}

/// Measures shard I of N of `s.toml` into `shard-I.csv`.
pub(crate) fn measure(folder: &Folder, index: u32, count: u32) {
    let shard = format!("{index}/{count}");
    let out = format!("shard-{index}.csv");
    folder.hovera(&["run", "s.toml", "--backend", "cpu", "--shard", &shard, "-o", &out]).assert().success();
}

#[test]
fn shards_are_the_sweep_once_in_its_order() {
    let folder = Folder::new();
    folder.write("s.toml", &spec());
    folder.hovera(&["run", "s.toml", "--backend", "cpu", "-o", "whole.csv"]).assert().success();
    let mut left = keys(&folder.read("whole.csv"));
    for index in 1..=3 {
        measure(&folder, index, 3);
        let text = folder.read(&format!("shard-{index}.csv"));
        assert!(text.contains(&format!("# shard = \"{index}/3\"\n")), "{text}");
        let mut places = Vec::new();
        for key in keys(&text) {
            places.push(left.iter().position(|k| *k == key).unwrap());
        }
        assert!(places.is_sorted() && places.len() >= 3, "{places:?}");
        let of_shard = keys(&text);
        left.retain(|key| !of_shard.contains(key));
    }
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_shard_s_file_is_not_continued_by_another() {
    let folder = Folder::new();
    folder.write("s.toml", &spec());
    measure(&folder, 1, 3);
    let before = folder.read("shard-1.csv");
    for (shard, ours) in
        [(&["--shard", "2/3"][..], "2/3"), (&["--shard", "1/4"], "1/4"), (&[], "the whole sweep")]
    {
        let args = [&["run", "s.toml", "--backend", "cpu", "-o", "shard-1.csv"], shard].concat();
        let (code, said) = folder.fails(&args);
        assert_eq!(code, 2, "{said}");
        let wants =
            format!("shard-1.csv: holds another sweep: its shard is 1/3, this run's is {ours}; choose");
        assert!(said.contains(&wants), "{said}");
    }
    assert_eq!(folder.read("shard-1.csv"), before);
}

#[test]
fn the_scheduler_tells_which_shard() {
    let folder = Folder::new();
    folder.write("s.toml", &spec());
    let run = |shard: &str| {
        let mut command = folder.hovera(&["run", "s.toml", "--backend", "cpu", "--shard", shard]);
        command.env("SLURM_ARRAY_TASK_ID", "2").env("SLURM_ARRAY_TASK_MIN", "1");
        command.env("SLURM_ARRAY_TASK_MAX", "10").env("SLURM_ARRAY_TASK_COUNT", "10");
        command.env("JOB_COMPLETION_INDEX", "3");
        command
    };
    let said = run("slurm").output().unwrap().stderr;
    assert!(String::from_utf8(said).unwrap().starts_with("shard 2/10: 1 of 12 points, "));
    run("kubernetes/10").assert().success();
    let named =
        |part: &str| folder.files().iter().any(|name| name.starts_with("tiny-") && name.ends_with(part));
    assert!(named("-shard-02-of-10.csv") && named("-shard-04-of-10.csv"), "{:?}", folder.files());
    // Nothing changes where it was not asked for.
    run("3/3").args(["-o", "third.csv"]).assert().success();
    assert!(folder.read("third.csv").contains("# shard = \"3/3\"\n"));
}

#[test]
fn without_a_scheduler_it_says_what_is_missing() {
    let folder = Folder::new();
    folder.write("s.toml", &spec());
    let mut command = folder.hovera(&["run", "s.toml", "--backend", "cpu", "--shard", "slurm"]);
    let output = command.env_remove("SLURM_ARRAY_TASK_ID").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("--shard: SLURM_ARRAY_TASK_ID is not set: this is no task of a Slurm job array"),
        "{said}"
    );
    let (code, said) = folder.fails(&["run", "s.toml", "--backend", "cpu", "--shard", "0/3"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("'0/3'") && said.contains("want I/N such as 3/8 with I from 1 to N, slurm,"),
        "{said}"
    );
    assert_eq!(folder.files(), ["s.toml"]);
}

#[test]
fn a_shard_beyond_the_number_of_points_is_done_at_once() {
    let folder = Folder::new();
    folder.write("s.toml", &spec());
    let output = folder.hovera(&["run", "s.toml", "--backend", "cpu", "--shard", "13/13"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.starts_with("shard 13/13: 0 of 12 points, 0.000 %"), "{said}");
    assert_eq!(folder.files(), ["s.toml"]);
}

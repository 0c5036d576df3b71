//! `hovera merge`: the parts of a sweep, joined again.

use crate::folder::Folder;
use crate::shards::{keys, measure, spec};

/// Three shards and the whole sweep.
fn measured() -> Folder {
    let folder = Folder::new();
    folder.write("s.toml", &spec());
    folder.hovera(&["run", "s.toml", "--backend", "cpu", "-o", "whole.csv"]).assert().success();
    (1..=3).for_each(|index| measure(&folder, index, 3));
    folder
}

#[test]
fn shards_become_the_sweep_whatever_their_order() {
    let folder = measured();
    let said = folder.fails(&["merge", "shard-3.csv", "shard-1.csv", "shard-2.csv", "-o", "merged.csv"]);
    assert_eq!(said, (0, "3 files: 12 rows of 1 card -> merged.csv\n".into()));
    let merged = folder.read("merged.csv");
    assert_eq!(keys(&merged), keys(&folder.read("whole.csv")));
    // The rows are those of the shards, the runs too.
    for index in 1..=3 {
        let shard = folder.read(&format!("shard-{index}.csv"));
        let rows = shard.lines().filter(|line| line.starts_with("score") || line.starts_with("values"));
        assert!(rows.clone().count() > 2 && rows.clone().all(|row| merged.contains(row)));
    }
    assert_eq!(merged.matches("# [[session]]").count(), 3);
    assert!(!merged.contains("shard ="));
    folder
        .hovera(&["merge", "shard-1.csv", "shard-2.csv", "shard-3.csv", "-o", "again.csv"])
        .assert()
        .success();
    assert_eq!(folder.read("again.csv"), merged);
    // A sweep like any other.
    let (code, said) =
        folder.fails(&["run", "s.toml", "--backend", "cpu", "-o", "merged.csv", "--resume", "--quiet"]);
    assert_eq!((code, folder.read("merged.csv")), (0, merged), "{said}");
}

#[test]
fn a_folder_stands_for_its_files_without_the_output() {
    let folder = measured();
    std::fs::create_dir(folder.path("shards")).unwrap();
    for index in 1..=3 {
        let name = format!("shard-{index}.csv");
        std::fs::rename(folder.path(&name), folder.path(&format!("shards/{name}"))).unwrap();
    }
    std::fs::write(folder.path("shards/slurm-1.out"), "no results").unwrap();
    for _ in 0..2 {
        let (code, said) = folder.fails(&["merge", "shards", "-o", "shards/merged.csv"]);
        assert_eq!((code, said.as_str()), (0, "3 files: 12 rows of 1 card -> shards/merged.csv\n"));
    }
    assert_eq!(keys(&folder.read("shards/merged.csv")).len(), 12);
    std::fs::create_dir(folder.path("empty")).unwrap();
    let (code, said) = folder.fails(&["merge", "empty", "-o", "m.csv"]);
    assert_eq!((code, said.as_str()), (2, "error: empty: holds no .csv file: want the shards in it\n"));
}

#[test]
fn gaps_are_told_by_shard_and_refused() {
    let folder = measured();
    let third = folder.read("shard-3.csv");
    let end = third.find("# [[session]]").unwrap();
    let last_row = third[..end - 1].rfind('\n').unwrap() + 1;
    folder.write("shard-3.csv", &third[..last_row]);
    let (code, said) = folder.fails(&["merge", "shard-1.csv", "shard-3.csv", "-o", "merged.csv"]);
    let (of_2, of_3) = (keys(&folder.read("shard-2.csv")).len(), keys(&third).len());
    let gaps = format!(
        "{} of 12 points are missing: shard 2/3 lacks all its {of_2}, shard 3/3 lacks 1 of {of_3}\n",
        of_2 + 1
    );
    assert_eq!(
        (code, said),
        (2, format!("error: {gaps}want every point: measure what is missing, or give --partial\n"))
    );
    assert!(!folder.path("merged.csv").exists());
    let (code, said) =
        folder.fails(&["merge", "shard-1.csv", "shard-3.csv", "-o", "merged.csv", "--partial"]);
    assert_eq!(code, 0);
    assert_eq!(said, format!("warning: {gaps}2 files: {} rows of 1 card -> merged.csv\n", 11 - of_2));
    // What came later replaces it, and what would lose rows does not.
    folder.write("shard-3.csv", &third);
    folder
        .hovera(&["merge", "shard-1.csv", "shard-2.csv", "shard-3.csv", "-o", "merged.csv"])
        .assert()
        .success();
    let merged = folder.read("merged.csv");
    assert_eq!(keys(&merged), keys(&folder.read("whole.csv")));
    let (code, said) = folder.fails(&["merge", "shard-1.csv", "-o", "merged.csv", "--partial", "-q"]);
    assert_eq!(code, 2);
    assert!(
        said.ends_with(
            "error: merged.csv: is there already and holds what is not merged; choose another file with -o\n"
        ),
        "{said}"
    );
    assert_eq!(folder.read("merged.csv"), merged);
}

#[test]
fn a_shard_that_is_cut_off_is_to_be_continued() {
    let folder = measured();
    let text = folder.read("shard-2.csv");
    let end = text.find("# [[session]]").unwrap();
    folder.write("shard-2.csv", &text[..end - 20]);
    let all = ["merge", "shard-1.csv", "shard-2.csv", "shard-3.csv", "-o", "merged.csv", "--partial"];
    let (code, said) = folder.fails(&all[..6]);
    assert_eq!(code, 2);
    let wants = "error: nothing was merged; to continue a run that was stopped, give its command again: \
                 shard-2.csv:";
    assert!(said.starts_with(wants), "{said}");
    let (code, said) = folder.fails(&all);
    assert!(
        code == 0
            && said.contains("cut off here; the rows before it are merged\n")
            && said.contains("lacks 1 of"),
        "{said}"
    );
    assert_eq!(keys(&folder.read("merged.csv")).len(), 11);
}

#[test]
fn doubles_and_mixtures_are_refused() {
    let folder = measured();
    std::fs::copy(folder.path("shard-1.csv"), folder.path("copy.csv")).unwrap();
    let all = ["shard-1.csv", "copy.csv", "shard-2.csv", "shard-3.csv"];
    let (code, said) = folder.fails(&[&["merge", "-o", "merged.csv"][..], &all].concat());
    let of_1 = keys(&folder.read("shard-1.csv")).len();
    let wants = format!("4 files: 12 rows of 1 card, {of_1} of them in several files -> merged.csv\n");
    assert_eq!((code, said), (0, wants));
    // Measured twice, with other times.
    let (code, said) = folder.fails(&["merge", "-o", "m.csv", "whole.csv", "shard-1.csv"]);
    assert_eq!(code, 2);
    assert!(
        said.starts_with("error: shard-1.csv: row 1 (") && said.contains("another outcome: whole.csv, row"),
        "{said}"
    );
    folder.write("s.toml", &spec().replace("seq = 32", "seq = 64"));
    measure(&folder, 4, 4);
    let (code, said) = folder.fails(&["merge", "-o", "m.csv", "shard-1.csv", "shard-4.csv"]);
    let differs = "error: shard-4.csv: spec, line 5, is seq = 64, and seq = 32 in shard-1.csv: want shards";
    assert!(code == 2 && said.starts_with(differs), "{said}");
    assert!(!folder.path("m.csv").exists());
}

#[test]
fn the_merged_rows_go_to_standard_output_when_asked() {
    let folder = measured();
    let output =
        folder.hovera(&["merge", "shard-1.csv", "shard-2.csv", "shard-3.csv", "-o", "-"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(keys(&text), keys(&folder.read("whole.csv")));
    assert!(!folder.path("-").exists());
}

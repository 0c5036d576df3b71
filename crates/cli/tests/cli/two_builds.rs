//! The gate's question of two builds of cuBLAS that were measured on a card: `recipes/gate/two-builds`.

use crate::folder::Folder;
use hovera_core::{Results, Row, Stat, write_header, write_row};
use std::path::Path;

fn recorded(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/gate/two-builds").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file whose launches each take 3 % longer.
fn slower(name: &str) -> String {
    let mut results = Results::parse(name, recorded(name)).unwrap();
    let longer = |row: &mut Row| {
        let Some(timing) = &mut row.timing else { return };
        let times = [&mut timing.min_us, &mut timing.median_us, &mut timing.mean_us, &mut timing.max_us];
        for time in times.into_iter().chain([&mut timing.cycles_median]).flatten() {
            *time *= 1.03;
        }
    };
    results.rows.iter_mut().for_each(longer);
    let rows = results.rows.iter().map(|row| write_row(row, Stat::Median));
    write_header(&results.front_matter) + &rows.collect::<String>()
}

/// The gate's exit code, and what it says.
fn gate(other: impl Fn(&str) -> String) -> (Option<i32>, String) {
    let folder = Folder::new();
    for name in ["base-1.csv", "base-2.csv"] {
        folder.write(name, &recorded(name));
    }
    for name in ["other-1.csv", "other-2.csv"] {
        folder.write(name, &other(name));
    }
    let files = ["compare", "base-1.csv", "other-1.csv", "other-2.csv", "--repeat", "base-2.csv"];
    let question = ["--y", "tflops-at-clock", "--fail-if-slower", "2%"];
    let output = folder.hovera(&[&files[..], &question].concat()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn an_upgrade_of_cublas_that_costs_nothing_passes_the_gate_and_one_that_costs_3_percent_does_not() {
    let (code, said) = gate(recorded);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("cuBLAS 13.1.0 ") && said.contains("cuBLAS 13.10.0 "), "{said}");
    let (code, said) = gate(slower);
    assert_eq!(code, Some(1), "{said}");
}

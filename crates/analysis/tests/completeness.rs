//! Every file of this repository is whole, and what is cut from one is missed.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

use hovera_analysis::{CompareOptions, ComparedFile, Comparison, Completeness};
use hovera_core::{CostModel, Merge, Results, Shard};
use std::path::{Path, PathBuf};

const SWEEPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sweeps");

fn read(path: &Path) -> Option<Results> {
    Results::parse("r.csv", std::fs::read(path).unwrap()).ok()
}

fn recorded() -> Results {
    read(&Path::new(SWEEPS).join("recorded/nvidia-h100-80gb-hbm3/attention-a12.csv")).unwrap()
}

fn csv_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            csv_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "csv") {
            found.push(path);
        }
    }
}

#[test]
fn every_measured_file_of_the_repository_is_known_to_be_whole() {
    let mut paths = Vec::new();
    csv_files(Path::new(SWEEPS), &mut paths);
    let mut measured = 0;
    for path in paths {
        // Published readings are no results.
        let Some(results) = read(&path) else {
            assert!(path.to_string_lossy().contains("reference"), "{}", path.display());
            continue;
        };
        if results.front_matter.source.is_some() {
            assert_eq!(Completeness::of_results(&results), None, "{}", path.display());
            continue;
        }
        let there =
            Completeness::of_results(&results).unwrap_or_else(|| panic!("{}: of no plan", path.display()));
        assert_eq!((there.present, there.planned), (there.sweep, there.sweep), "{}", path.display());
        measured += 1;
    }
    assert!(measured > 20, "{measured}");
}

#[test]
fn a_sweep_that_was_stopped_says_how_many_of_how_many() {
    let mut results = recorded();
    let all = results.rows.len();
    results.rows.truncate(12);
    assert_eq!(
        Completeness::of_results(&results).unwrap().to_string(),
        format!("12 of the sweep's {all} points")
    );
    // A point that failed has a row: nothing is to come of it.
    results.rows[3].timing = None;
    results.rows[3].status = hovera_core::Status::Failed;
    assert_eq!(Completeness::of_results(&results).unwrap().present, 12);
    assert_eq!(Completeness::unfinished(&recorded()), None);
}

#[test]
fn nothing_is_said_where_the_spec_is_not_there_or_was_changed() {
    let mut imported = recorded();
    imported.front_matter.sweep.spec.clear();
    assert_eq!(Completeness::of_results(&imported), None);
    let mut changed = recorded();
    changed.front_matter.sweep.spec_hash = "0".into();
    assert_eq!(Completeness::of_results(&changed), None);
}

#[test]
fn a_shard_is_held_against_its_own_points_and_said_to_be_a_part() {
    let mut results = recorded();
    let all = results.rows.len();
    let (spec, plan) = results.plan().unwrap();
    let shard = Shard::new(2, 3).unwrap();
    let cost = |point: &hovera_core::Point| CostModel::shard_cost(point, spec.method());
    let plan = plan.in_measuring_order(spec.method()).shard(shard, cost);
    let own = plan.len();
    results.front_matter.sweep.shard = Some(shard);
    results.rows.retain(|row| plan.points().contains(&row.point));
    let there = Completeness::unfinished(&results).unwrap().to_string();
    assert_eq!(there, format!("all {own} points of shard 2/3, of the sweep's {all}"));
    results.rows.pop();
    let there = Completeness::unfinished(&results).unwrap().to_string();
    assert_eq!(there, format!("{} of the {own} points of shard 2/3, of the sweep's {all}", own - 1));
    // Merged with gaps it is no shard any more, and still not whole.
    let merged = Merge::begin("r.csv", results).unwrap().finish().results;
    let there = Completeness::unfinished(&merged).unwrap().to_string();
    assert_eq!(there, format!("{} of the sweep's {all} points", own - 1));
}

#[test]
fn a_comparison_notes_which_file_is_unfinished() {
    let (whole, mut part) = (recorded(), recorded());
    part.rows.truncate(12);
    let sources = [("whole", &whole), ("part", &part)].map(|(name, results)| ComparedFile {
        name,
        results,
        device: None,
    });
    let comparison = Comparison::of_sources(&sources, &[], &CompareOptions::default()).unwrap();
    let all = whole.rows.len();
    assert_eq!(comparison.notes, [format!("part is unfinished: it has 12 of the sweep's {all} points")]);
}

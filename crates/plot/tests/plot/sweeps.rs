//! Every file that the repository keeps under `sweeps/` is what the program can read and draw.

use hovera_core::{Engine, FileKind, Plan, Readings, Results, SweepSpec};
use hovera_plot::{ChartOptions, Figure, NamedChart, charts, readings_charts};
use std::path::{Path, PathBuf};

/// Every file under `sweeps/` with this ending.
fn files(ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found
}

fn charts_of(name: &str, bytes: &[u8]) -> Vec<NamedChart> {
    let options = ChartOptions::default();
    match FileKind::of_text(bytes) {
        Some(FileKind::Results) => {
            let results = Results::parse(name, bytes).unwrap();
            charts(&results, &options).unwrap()
        }
        Some(FileKind::Readings) => {
            readings_charts(&Readings::parse(name, bytes).unwrap(), &options).unwrap()
        }
        None => panic!("{name} is neither a results file nor readings"),
    }
}

#[test]
fn every_recorded_sweep_and_every_reading_is_drawn() {
    for path in files("csv") {
        let name = path.display().to_string();
        let charts = charts_of(&name, &std::fs::read(&path).unwrap());
        assert!(!charts.is_empty(), "{name} has nothing to draw");
        for chart in charts {
            Figure::draw(&chart.chart).unwrap();
        }
    }
}

#[test]
fn every_spec_is_a_plan() {
    for path in files("toml") {
        let text = std::fs::read_to_string(&path).unwrap();
        let spec = SweepSpec::parse(&path.display().to_string(), &text).unwrap();
        Plan::expand(&spec, Engine::Cublas).unwrap();
    }
}

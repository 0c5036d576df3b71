//! What `sweeps/README.md` says of a key that is absent is what the program does.

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use hovera_core::{Engine, Method, Plan, SweepSpec, Timer, Timers};
use std::path::Path;

/// Keys whose default is no one value, or is the device's to choose, or is of an op that the spec below does not have.
const WITHOUT_A_VALUE: [&str; 20] = [
    "name",
    "op",
    "heads",
    "kv_heads",
    "seq_key",
    "head_dim",
    "head_dim_v",
    "mask",
    "hidden",
    "ffn",
    "vocab",
    "gemm_batch",
    "m",
    "n",
    "k",
    "per_series",
    "preset",
    "idle_ratio",
    "timer",
    "engine",
];

/// `key = value` of every key in the two tables that has a default, in their order: of the spec, and of `[method]`.
fn stated(readme: &str) -> [Vec<String>; 2] {
    let mut tables = readme.split("| key | value | when absent |\n").skip(1).map(|table| {
        let rows = table.lines().take_while(|line| line.starts_with('|')).skip(1);
        rows.flat_map(row).collect::<Vec<String>>()
    });
    [tables.next().unwrap(), tables.next().unwrap()]
}

fn row(line: &str) -> Vec<String> {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let keys: Vec<&str> = cells[0].split('`').skip(1).step_by(2).collect();
    let values =
        cells.last().unwrap().split(';').next().unwrap().split(", ").map(|value| value.trim_matches('`'));
    let known = keys.iter().zip(values).filter(|(key, _)| !WITHOUT_A_VALUE.contains(key));
    let in_toml = |(key, value): (&&str, &str)| match value.parse::<f64>() {
        Ok(_) => format!("{key} = {value}"),
        Err(_) => format!("{key} = \"{value}\""),
    };
    known.map(in_toml).collect()
}

const SPEC: &str = "name = \"n\"\nheads = 12\nhidden = { from = 12, to = 1200, step = 12 }\n";

/// The points in their order, and the method as a results file would have it.
fn meaning(text: &str) -> (Plan, Method) {
    let spec = SweepSpec::parse("n.toml", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let plan = Plan::expand(&spec, Engine::Cublas).unwrap().in_measuring_order(spec.method());
    let method = spec.method().front_matter(Timers::one(Timer::Event), &[], "operands");
    (plan, method)
}

#[test]
fn a_key_that_is_written_as_the_readme_states_its_default_changes_nothing() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps/README.md");
    let [of_spec, of_method] = stated(&std::fs::read_to_string(path).unwrap());
    assert!(of_spec.len() >= 5 && of_method.len() >= 15, "{of_spec:?} {of_method:?}");
    // A key of the steady state is refused without it.
    let (sustained, others): (Vec<String>, Vec<String>) =
        of_method.into_iter().partition(|line| line.starts_with("sustained_seconds"));
    assert_eq!(sustained.len(), 1);
    let written = format!("{SPEC}{}\n[method]\n{}\n", of_spec.join("\n"), others.join("\n"));
    assert_eq!(meaning(SPEC), meaning(&written));
    let steady = format!("{SPEC}[method]\npacing = \"sustained\"\n");
    assert_eq!(meaning(&steady), meaning(&format!("{steady}{}\n", sustained[0])));
}

/// A spec with a key that nobody knows is answered with all that are known.
#[test]
fn the_readme_has_every_key_of_a_spec() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let error = SweepSpec::parse("n.toml", "nobody = 1").unwrap_err().to_string();
    let (_, known) = error.split_once("want one of ").unwrap();
    for key in known.split(", ").filter(|key| !["part", "method"].contains(key)) {
        let is_in = |line: &str| {
            line.starts_with('|') && line.split(" | ").next().unwrap().contains(&format!("`{key}`"))
        };
        assert!(readme.lines().any(is_in), "{key}");
    }
    assert!(readme.contains("`[[part]]`") && readme.contains("`[method]`"));
}

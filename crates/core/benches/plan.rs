//! From the text of a spec to the list of its points.

// A benchmark fails by panicking.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::ItemsCount;
use hovera_core::{Engine, Plan, SweepSpec};

/// Both published charts with every head dim from 1 to 2730.
const FULL: &str = include_str!("../../../sweeps/attention-a12-full.toml");

fn main() {
    divan::main();
}

#[divan::bench]
fn parse_spec() -> SweepSpec {
    SweepSpec::parse("full.toml", divan::black_box(FULL)).unwrap()
}

#[divan::bench]
fn expand_5460_points(bencher: Bencher<'_, '_>) {
    let spec = SweepSpec::parse("full.toml", FULL).unwrap();
    let expand = || Plan::expand(&spec, Engine::Cublas).unwrap();
    assert_eq!(expand().len(), 5460);
    bencher.counter(ItemsCount::new(5460_u32)).bench(expand);
}

#[divan::bench]
fn hash_spec(bencher: Bencher<'_, '_>) {
    let spec = SweepSpec::parse("full.toml", FULL).unwrap();
    bencher.bench(|| spec.canonical_hash());
}

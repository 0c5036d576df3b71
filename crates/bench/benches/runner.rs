//! What the runner adds to each point: measured on the simulated card, whose launches take no time
//! of the host's.

// A benchmark fails by panicking.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::ItemsCount;
use hovera_bench::Runner;
use hovera_bench::fake::{Fake, points};
use hovera_core::{MethodSpec, Pacing, Timer, Timers};

fn main() {
    divan::main();
}

#[divan::bench(args = [Pacing::None, Pacing::Burst])]
fn measure_28_points(bencher: Bencher<'_, '_>, pacing: Pacing) {
    let points = points(pacing);
    let method = MethodSpec { pacing: vec![pacing], ..MethodSpec::default() };
    bencher.counter(ItemsCount::new(points.len())).bench(|| {
        let mut fake = Fake::new();
        let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &points);
        points.iter().map(|point| runner.measure(point).unwrap()).collect::<Vec<_>>()
    });
}

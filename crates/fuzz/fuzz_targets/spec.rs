//! A spec is refused with an error or becomes a plan of as many points as it says, the same each time.
#![no_main]

use hovera_core::{Engine, Plan, SweepSpec};
use libfuzzer_sys::fuzz_target;

/// What expands in a moment: the limit of the program itself takes seconds.
const MOST_POINTS: u64 = 20_000;

fuzz_target!(|text: &str| {
    let Ok(spec) = SweepSpec::parse("s.toml", text) else { return };
    assert_eq!(
        SweepSpec::parse("s.toml", text).map(|again| again.canonical_hash()),
        Ok(spec.canonical_hash())
    );
    if spec.point_count() > MOST_POINTS {
        return;
    }
    let Ok(plan) = Plan::expand(&spec, Engine::Cublas) else { return };
    assert!(!plan.is_empty() && plan.len() as u64 <= spec.point_count());
    let mut planned = plan.points().to_vec();
    let mut shuffled = plan.in_measuring_order(spec.method()).points().to_vec();
    planned.sort_unstable();
    shuffled.sort_unstable();
    assert_eq!(planned, shuffled, "the measuring order has other points than the plan");
});

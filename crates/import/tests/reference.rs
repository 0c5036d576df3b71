//! The a = 128 rows that the original's authors measured, as `sweeps/reference` keeps them.

use hovera_core::{Engine, Op, Plan, Point, Results, Series, Stat, SweepSpec};
use std::collections::BTreeSet;

const FILE: &str = include_str!("../../../sweeps/reference/a100-sxm4-40gb-attention-a128.csv");
const SPEC: &str = include_str!("../../../sweeps/attention-a128.toml");

#[test]
fn they_are_all_of_the_log_s_hidden_sizes_on_one_rank_by_the_slowest_launch() {
    let results = Results::parse("a128.csv", FILE).expect("a results file");
    assert_eq!((results.rows.len(), results.stat()), (510, Stat::Max));
    for op in Op::all_with_chart() {
        let rows: Vec<_> = results.rows.iter().filter(|row| row.point.op == op).collect();
        let head_dims: BTreeSet<_> =
            rows.iter().filter_map(|row| Some(row.point.layer()?.head_dim().get())).collect();
        assert_eq!((rows.len(), head_dims), (255, (1..=255).collect()));
        assert!(rows.iter().all(|row| row.point.tensor_parallel() == Some(1)));
        let of = |series| {
            rows.iter().filter(|row| row.point.layer().is_some_and(|l| l.series() == series)).count()
        };
        assert_eq!(Series::ALL.map(of), [128, 64, 32, 16, 8, 4, 3]);
    }
    let source = results.front_matter.source.expect("a source");
    assert_eq!((source.file.as_str(), source.licence.as_deref()), ("h_sweep.out", Some("Apache-2.0")));
    assert!(source.origin.is_some_and(|origin| origin.contains("EleutherAI/cookbook, commit fb3e361")));
}

#[test]
fn a_sweep_measures_exactly_their_products() {
    let results = Results::parse("a128.csv", FILE).expect("a results file");
    let spec = SweepSpec::parse("a128.toml", SPEC).expect("a spec");
    let plan = Plan::expand(&spec, Engine::Cpu).expect("a plan");
    let product =
        |point: &Point| (point.op, point.dtype, point.layout, point.engine, point.layer(), point.gemm);
    let measured: BTreeSet<_> = results.rows.iter().map(|row| product(&row.point)).collect();
    let planned: BTreeSet<_> = plan.points().iter().map(product).collect();
    assert_eq!(measured, planned);
}

//! The a = 128 rows that the original's authors measured, as `sweeps/reference` keeps them.

use hovera_core::{Cache, Engine, Op, Plan, Point, Results, Series, Stat, SweepSpec};
use std::collections::BTreeSet;

const FILE: &str = include_str!("../../../sweeps/reference/a100-sxm4-40gb-attention-a128.csv");
const SPEC: &str = include_str!("../../../sweeps/attention-a128.toml");

#[test]
fn they_are_all_of_the_log_s_hidden_sizes_on_one_rank_by_the_slowest_launch() {
    let results = Results::parse("a128.csv", FILE).expect("a results file");
    assert_eq!((results.rows.len(), results.stat()), (510, Stat::Max));
    for op in Op::all_of_attention() {
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

const GEMM_SHAPES: &str = include_str!("../../../sweeps/reference/gemm-shapes.toml");
const H100_SHAPES: &str = include_str!("../../../sweeps/reference/h100-against-aiconfigurator.toml");

/// File, card, how many rows, and the spec whose products it has.
const GEMMS: [(&str, &str, usize, Option<&str>); 6] = [
    (
        include_str!("../../../sweeps/reference/a100-sxm4-80gb-gemm.csv"),
        "NVIDIA A100-SXM4-80GB",
        423,
        Some(GEMM_SHAPES),
    ),
    (include_str!("../../../sweeps/reference/l40s-gemm.csv"), "NVIDIA L40S", 450, Some(GEMM_SHAPES)),
    (include_str!("../../../sweeps/reference/b200-gemm.csv"), "NVIDIA B200", 450, Some(GEMM_SHAPES)),
    (
        include_str!("../../../sweeps/reference/h100-sxm-gemm-aiconfigurator.csv"),
        "NVIDIA H100 80GB HBM3",
        200,
        Some(H100_SHAPES),
    ),
    (include_str!("../../../sweeps/reference/v100-sxm2-gemm.csv"), "NVIDIA V100-SXM2", 110, None),
    (include_str!("../../../sweeps/reference/mi300x-bmm.csv"), "AMD Instinct MI300X", 26, None),
];

#[test]
fn products_of_cards_that_nobody_here_has_say_whose_they_are() {
    for (text, card, rows, _) in GEMMS {
        let results = Results::parse(card, text).expect("a results file");
        assert_eq!((results.rows.len(), results.front_matter.device.len()), (rows, 1), "{card}");
        assert_eq!((results.front_matter.device[0].name.as_str(), results.stat()), (card, Stat::Mean));
        let source = results.front_matter.source.expect("a source");
        assert!(
            source.licence.is_some_and(|licence| ["Apache-2.0", "MIT"].contains(&licence.as_str())),
            "{card}"
        );
        assert!(source.origin.is_some_and(|origin| origin.contains(", commit ")), "{card}");
    }
    let bytes: usize = GEMMS.iter().map(|(text, ..)| text.len()).sum();
    assert!(bytes < 400_000, "{bytes} bytes");
}

#[test]
fn their_products_are_those_of_the_specs_beside_them() {
    for (text, card, rows, spec) in GEMMS {
        let Some(spec) = spec else { continue };
        let plan =
            Plan::expand(&SweepSpec::parse(card, spec).expect("a spec"), Engine::Cublas).expect("a plan");
        let planned: BTreeSet<_> = plan.points().iter().map(|point| point.gemm).collect();
        let results = Results::parse(card, text).expect("a results file");
        let had: BTreeSet<_> = results.rows.iter().map(|row| row.point.gemm).collect();
        assert_eq!(had.len(), rows, "{card}");
        let missing: Vec<_> = planned.difference(&had).collect();
        assert!(
            had.is_subset(&planned) && missing.iter().all(|gemm| gemm.m() == 16384),
            "{card}: {missing:?}"
        );
    }
}

/// How the times of another's table and of our own launches of one product differ: as the README says it.
#[test]
fn the_readme_says_how_far_aiconfigurator_s_h100_is_from_ours() {
    const README: &str = include_str!("../../../sweeps/reference/README.md");
    const OURS: &str = include_str!("../../../sweeps/reference/h100-sxm-gemm-measured.csv");
    let ours = Results::parse("ours", OURS).expect("a results file");
    assert!(ours.front_matter.source.is_none(), "measured");
    let theirs = Results::parse("theirs", GEMMS[3].0).expect("a results file");
    let time = |gemm| {
        let row = theirs.rows.iter().find(|row| row.point.gemm == gemm).expect("the same product");
        row.timing.and_then(|timing| timing.mean_us).expect("a mean")
    };
    for cache in [Cache::Hot, Cache::Cold] {
        let rows = ours.rows.iter().filter(|row| row.point.cache == cache);
        let mut ratios: Vec<f64> = rows
            .map(|row| {
                time(row.point.gemm) / row.timing.and_then(|timing| timing.median_us).expect("a median")
            })
            .collect();
        assert_eq!(ratios.len(), 200);
        ratios.sort_by(f64::total_cmp);
        let at = |part: f64| ratios[(part * 199.0 + 0.5) as usize];
        let within = |part: f64| ratios.iter().filter(|ratio| (**ratio - 1.0).abs() <= part).count();
        let line = format!(
            "| {cache} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} |",
            at(0.0),
            at(0.1),
            at(0.5),
            at(0.9),
            at(1.0),
            within(0.05),
            within(0.1)
        );
        assert!(README.contains(&line), "{line}");
    }
}

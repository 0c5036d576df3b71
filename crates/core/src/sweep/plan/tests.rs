use super::*;
use crate::results::Results;
use crate::shape::op::Op;
use crate::shape::point::Point;
use crate::shape::series::Series;
use crate::shape::vocabulary::{Dtype, Layout};
use proptest::prelude::*;
use std::path::Path;

fn plan(sizes: &str) -> Result<Plan, SpecError> {
    let text = format!("name = \"test\"\nheads = 12\n{sizes}");
    Plan::expand(&SweepSpec::parse("test.toml", &text).unwrap(), Engine::Cpu)
}

fn head_dims(plan: &Plan, op: Op) -> Vec<u32> {
    plan.points().iter().filter(|p| p.op == op).map(|p| p.layer.unwrap().head_dim().get()).collect()
}

#[test]
fn the_published_sweep_thinned_to_64_a_series_has_405_head_dims_and_810_points() {
    let plan = plan("head_dim = { from = 1, to = 2730 }\nper_series = 64").unwrap();
    assert_eq!(plan.len(), 810);
    let dims = head_dims(&plan, Op::Score);
    assert_eq!(dims.len(), 405);
    assert_eq!(head_dims(&plan, Op::Values), dims);
    assert!(dims.is_sorted());
    let of = |power| {
        let series = Series::from_power(power).unwrap();
        dims.iter().filter(move |d| Series::of_head_dim(HeadDim::new(u64::from(**d)).unwrap()) == series)
    };
    let counts: Vec<usize> = [1, 2, 4, 8, 16, 32, 64].map(|power| of(power).count()).to_vec();
    assert_eq!(counts, [64, 64, 64, 64, 64, 43, 42]);
    assert_eq!((of(1).min(), of(1).max()), (Some(&1), Some(&2729)));
    assert_eq!((of(16).min(), of(16).max()), (Some(&16), Some(&2704)));
}

#[test]
fn the_order_is_dtype_layout_op_heads_batch_seq_and_then_the_size_as_listed() {
    let text = r#"
        name = "order"
        dtype = ["bf16", "f16"]
        layout = ["nt", "nn"]
        op = ["values", "score"]
        heads = [2, 1]
        batch = [2, 1]
        seq = [32, 16]
        head_dim = [7, { from = 1, to = 3, step = 2 }]
    "#;
    let spec = SweepSpec::parse("order.toml", text).unwrap();
    let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
    let mut expected = Vec::new();
    for dtype in [Dtype::Bf16, Dtype::F16] {
        for layout in [Layout::Nt, Layout::Nn] {
            for op in [Op::Values, Op::Score] {
                for heads in [2, 1] {
                    for batch in [2, 1] {
                        for seq in [32, 16] {
                            for d in [7, 1, 3] {
                                expected.push((dtype, layout, op, heads, batch, seq, d));
                            }
                        }
                    }
                }
            }
        }
    }
    let found: Vec<_> = plan
        .points()
        .iter()
        .map(|p| {
            let s = p.layer.unwrap();
            (p.dtype, p.layout, p.op, s.heads().get(), s.batch().get(), s.seq().get(), s.head_dim().get())
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(plan.len() as u64, spec.point_count());
}

#[test]
fn the_backends_default_engine_gives_way_to_the_specs_and_that_to_an_override() {
    let spec = |engine: &str| {
        SweepSpec::parse("e.toml", &format!("name = \"e\"\nheads = 1\nhead_dim = 1\n{engine}")).unwrap()
    };
    let engine = |spec: &SweepSpec| Plan::expand(spec, Engine::Cpu).unwrap().points()[0].engine;
    assert_eq!(engine(&spec("")), Engine::Cpu);
    assert_eq!(engine(&spec("engine = \"cublas\"")), Engine::Cublas);
    assert_eq!(engine(&spec("").with_engine(Engine::Cublas)), Engine::Cublas);
}

#[test]
fn a_remainder_is_refused_by_default_with_the_ways_out() {
    let error = plan("hidden = { from = 24, to = 48 }").unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.toml:3: hidden = 25 is not a multiple of heads = 12: want a range whose `from` and `step` are \
         multiples of 12, or remainder = \"floor\" (head_dim rounded down) or \"skip\""
    );
    assert_eq!(plan("hidden = { from = 24, to = 48, step = 12 }").unwrap().len(), 6);
}

#[test]
fn a_floored_remainder_keeps_every_hidden_size_as_its_own_point() {
    let plan = plan("op = \"score\"\nhidden = { from = 24, to = 37 }\nremainder = \"floor\"").unwrap();
    let sizes: Vec<_> = plan
        .points()
        .iter()
        .map(|p| (p.layer.unwrap().hidden().get(), p.layer.unwrap().head_dim().get()))
        .collect();
    assert_eq!(sizes, (24..=37).map(|h| (h, h / 12)).collect::<Vec<_>>());
}

#[test]
fn a_skipped_remainder_is_counted() {
    let some = plan("hidden = { from = 20, to = 40 }\nremainder = \"skip\"\nbatch = [1, 2]").unwrap();
    assert_eq!(head_dims(&some, Op::Score), [2, 3, 2, 3]);
    assert_eq!(some.skipped_remainders(), 19);
    let none = plan("hidden = 25\nremainder = \"skip\"").unwrap_err();
    assert!(none.to_string().starts_with("test.toml:3: heads divides none of the hidden sizes"), "{none}");
}

proptest! {
    #[test]
    fn a_plan_has_the_points_that_were_counted_before(from in 1u32..500, more in 0u32..500, step in 1u32..50) {
        let to = from + more;
        let text = format!("name = \"t\"\nheads = [3, 4]\nhead_dim = {{ from = {from}, to = {to}, step = {step} }}");
        let spec = SweepSpec::parse("t.toml", &text).unwrap();
        let plan = Plan::expand(&spec, Engine::Cpu).unwrap();
        prop_assert_eq!(plan.len() as u64, spec.point_count());
        let mut points = plan.points().to_vec();
        points.sort();
        points.dedup();
        prop_assert_eq!(points.len(), plan.len());
    }
}

#[test]
fn a_shuffle_stays_within_a_dtype_and_a_pacing_and_is_the_same_for_the_same_seed() {
    let text = "name = \"n\"\nheads = 1\ndtype = [\"f16\", \"bf16\"]\nhead_dim = { from = 1, to = 50 }\n\
                method.pacing = [\"burst\", \"sustained\"]\n";
    let spec = SweepSpec::parse("n.toml", text).unwrap();
    let planned = Plan::expand(&spec, Engine::Cublas).unwrap();
    let shuffled = planned.clone().in_measuring_order(spec.method());
    assert_eq!(shuffled, planned.clone().in_measuring_order(spec.method()));
    let other = spec.clone().with_order_seed(2);
    assert_ne!(shuffled, planned.clone().in_measuring_order(other.method()));
    for (before, after) in planned.points().chunks(100).zip(shuffled.points().chunks(100)) {
        assert_ne!(before, after);
        let mut sorted = after.to_vec();
        sorted.sort_by_key(|p| (p.op, p.layer.map(AttentionShape::head_dim)));
        assert_eq!(sorted, before);
    }
    let spec = SweepSpec::parse("n.toml", &format!("{text}method.order = \"planned\"")).unwrap();
    assert_eq!(planned.clone().in_measuring_order(spec.method()), planned);
}

/// A file that is continued depends on it: rows of a plan shuffled by a later version go on in the order of the
/// earlier one's.
#[test]
fn recorded_sweeps_are_in_the_order_that_their_specs_are_shuffled_to_now() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps/recorded/nvidia-h100-80gb-hbm3");
    let place = |point: &Point| (point.op, point.layer.unwrap().head_dim().get());
    for name in ["attention-a12", "attention-a12-full", "heads-by-head-dim", "pacing-a12", "tuned-a12"] {
        let text = std::fs::read(folder.join(format!("{name}.csv"))).unwrap();
        let recorded = Results::parse(name, text).unwrap();
        let spec = SweepSpec::parse(name, &recorded.front_matter.sweep.spec).unwrap();
        let plan = Plan::expand(&spec, Engine::Cublas).unwrap().in_measuring_order(spec.method());
        let rows: Vec<Point> = recorded.rows.iter().map(|row| row.point).collect();
        assert!(plan.points() == rows, "{name}");
        if name == "attention-a12" {
            let first: Vec<_> = plan.points().iter().take(5).map(place).collect();
            let (score, values) = (Op::Score, Op::Values);
            assert_eq!(first, [(score, 1429), (score, 220), (values, 2253), (score, 1949), (values, 2076)]);
        }
    }
}

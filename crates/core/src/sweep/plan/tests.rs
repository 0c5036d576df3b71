use super::*;
use crate::results::Results;
use crate::shape::dimension::HeadDim;
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
    plan.points().iter().filter(|p| p.op == op).map(|p| p.layer().unwrap().head_dim().get()).collect()
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
            let s = p.layer().unwrap();
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
        .map(|p| (p.layer().unwrap().hidden().get(), p.layer().unwrap().head_dim().get()))
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
        sorted.sort_by_key(|p| (p.op, p.model.head_dim));
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
    let place = |point: &Point| (point.op, point.layer().unwrap().head_dim().get());
    for name in [
        "attention-a12",
        "attention-a12-full",
        "attention-a128",
        "heads-by-head-dim",
        "pacing-a12",
        "tuned-a12",
    ] {
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

fn expand(lines: &str) -> Result<Plan, SpecError> {
    let spec = SweepSpec::parse("test.toml", &format!("name = \"test\"\n{lines}")).unwrap();
    Plan::expand(&spec, Engine::Cublas)
}

/// Op, pass, layout and gemm_batch, m, n and k of each point.
fn gemms(plan: &Plan) -> Vec<String> {
    let in_words = |p: &Point| format!("{} {} {}", p.op_in_words(), p.layout, p.gemm);
    plan.points().iter().map(in_words).collect()
}

#[test]
fn a_llama_layer_and_its_gradients_in_the_layouts_of_pytorch() {
    let layer =
        "heads = 32\nkv_heads = 8\nhead_dim = 128\nhidden = 4096\nffn = 14336\nbatch = 1\nseq = 8192\n";
    let forward =
        expand(&format!("op = [\"qkv\", \"score\", \"values\", \"projection\", \"mlp_down\"]\n{layer}"))
            .unwrap();
    assert_eq!(
        gemms(&forward),
        [
            "qkv nt 1x8192x6144x4096",
            "score nn 8x32768x8192x128",
            "values nn 8x32768x128x8192",
            "projection nt 1x8192x4096x4096",
            "mlp_down nt 1x8192x4096x14336",
        ]
    );
    let backward = "op = \"mlp_up\"\npass = [\"data_gradient\", \"weight_gradient\"]\nhidden = 4096\nffn = 14336\nbatch = 1\nseq = 8192";
    assert_eq!(
        gemms(&expand(backward).unwrap()),
        ["mlp_up data_gradient nn 1x8192x4096x14336", "mlp_up weight_gradient tn 1x14336x4096x8192"]
    );
    let one_layout = expand(&format!("{backward}\nlayout = \"tn\"")).unwrap();
    assert!(one_layout.points().iter().all(|p| p.layout == Layout::Tn));
}

#[test]
fn products_of_no_model_have_sizes_of_their_own_and_no_gradients() {
    let text = "op = [\"gemm\", \"bmm\"]\ngemm_batch = [2, 3]\nm = 8\nn = [16, 24]\nk = 32";
    let gemms = gemms(&expand(text).unwrap());
    assert_eq!(gemms[..2], ["gemm nn 1x8x16x32", "gemm nn 1x8x24x32"]);
    assert_eq!(gemms[2..], ["bmm nn 2x8x16x32", "bmm nn 2x8x24x32", "bmm nn 3x8x16x32", "bmm nn 3x8x24x32"]);
}

#[test]
fn an_mlp_is_four_times_as_wide_as_the_hidden_size_where_nobody_says() {
    let plan = expand("op = \"mlp_up\"\nhidden = [1024, 2048]\nbatch = 2\nseq = 64").unwrap();
    assert_eq!(gemms(&plan), ["mlp_up nt 1x128x4096x1024", "mlp_up nt 1x128x8192x2048"]);
}

#[test]
fn a_point_that_is_asked_for_twice_is_there_once() {
    let by_heads = expand("op = \"mlp_up\"\nheads = [8, 16]\nhead_dim = [64, 128]").unwrap();
    let hidden: Vec<u32> = by_heads.points().iter().map(|p| p.model.hidden.unwrap().get()).collect();
    assert_eq!(hidden, [512, 1024, 2048]);
    let parts =
        expand("hidden = 64\n[[part]]\nop = \"mlp_up\"\n[[part]]\nop = [\"mlp_down\", \"mlp_up\"]").unwrap();
    assert_eq!(parts.points().iter().map(|p| p.op).collect::<Vec<_>>(), [Op::MlpUp, Op::MlpDown]);
}

#[test]
fn attention_does_not_depend_on_a_hidden_size_beside_its_heads() {
    let plan = expand("op = [\"score\", \"qkv\"]\nheads = 8\nhead_dim = 256\nhidden = [2304, 4608]").unwrap();
    let found: Vec<_> = plan.points().iter().map(|p| (p.op, p.model.hidden.unwrap().get())).collect();
    assert_eq!(found, [(Op::Score, 2048), (Op::Qkv, 2304), (Op::Qkv, 4608)]);
}

#[test]
fn what_ranks_do_not_divide_is_refused_with_its_line_or_left_out_and_counted() {
    let lines = "op = [\"score\", \"mlp_up\"]\nheads = [12, 8]\nhead_dim = 64\nhidden = 64\nffn = 100\ntensor_parallel = [1, 8]\n";
    assert_eq!(
        expand(lines).unwrap_err().to_string(),
        "test.toml:7: op score with heads 12, batch 4, seq 2048, tensor_parallel 8, hidden 768, head_dim 64: heads = 12 \
         is not a multiple of tensor_parallel = 8; remainder = \"skip\" leaves such points out"
    );
    let some = expand(&format!("{lines}remainder = \"skip\"")).unwrap();
    // score of 12 heads on one rank, of 8 on one and on eight; the MLP on one.
    assert_eq!((some.len(), some.skipped_shares(), some.skipped_remainders()), (4, 2, 0));
    let none = expand("op = \"mlp_up\"\nhidden = 64\nffn = 100\ntensor_parallel = 8\nremainder = \"skip\"")
        .unwrap_err();
    assert!(none.to_string().starts_with("test.toml:1: no sizes of the sweep divide each other"), "{none}");
}

#[test]
fn what_ranks_pad_or_compute_twice_is_said_once() {
    let plan = expand(
        "op = [\"qkv\", \"logits\"]\nheads = 32\nkv_heads = 4\nhidden = [4096, 8192]\nvocab = 50257\ntensor_parallel = [1, 8]",
    )
    .unwrap();
    let said: Vec<String> = plan.adjustments().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "vocab 50257 is padded to 50264, so that 8 tensor-parallel ranks divide it",
            "kv_heads 4 are fewer than the 8 tensor-parallel ranks: 2 ranks compute the same keys and values"
        ]
    );
}

#[test]
fn sizes_that_are_too_large_together_are_refused_with_the_op() {
    let error = expand("op = \"mlp_up\"\nhidden = 64\nbatch = 65536\nseq = 65536").unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.toml:3: op mlp_up with batch 65536, seq 65536, hidden 64: m = 4294967296: want 1 to 2147483647"
    );
}

#[test]
fn only_what_has_a_head_dim_is_thinned_out_by_series() {
    let plan = expand(
        "op = [\"score\", \"mlp_up\"]\nheads = 4\nhidden = { from = 4, to = 400, step = 4 }\nper_series = 2",
    )
    .unwrap();
    let of = |op| plan.points().iter().filter(|p| p.op == op).count();
    assert_eq!((of(Op::Score), of(Op::MlpUp)), (2 * 6 + 1, 100));
}

#[test]
fn a_softmax_is_there_once_whatever_sizes_are_walked_beside_it() {
    let plan = expand(
        "op = [\"score\", \"softmax\", \"values\"]\nheads = [12, 16]\nkv_heads = 4\nseq = [64, 128]\n\
         head_dim = { from = 8, to = 256, step = 8 }\nper_series = 2",
    )
    .unwrap();
    let of = |op| plan.points().iter().filter(|point| point.op == op).collect::<Vec<_>>();
    assert!(of(Op::Score).len() > 20 && of(Op::Score).len() == of(Op::Values).len());
    let softmaxes: Vec<String> = of(Op::Softmax).into_iter().map(ToString::to_string).collect();
    assert_eq!(
        softmaxes,
        [(12, 64), (12, 128), (16, 64), (16, 128)]
            .map(|(a, s)| format!("softmax f16 nn cudnn burst hot, heads {a}, batch 4, seq {s}"))
    );
    // Two parts that both ask for one.
    let parts =
        "heads = 12\n[[part]]\nop = \"softmax\"\n[[part]]\nop = [\"attention\", \"softmax\"]\nhead_dim = 64";
    let plan = expand(parts).unwrap();
    assert_eq!(plan.points().iter().map(|point| point.op).collect::<Vec<_>>(), [Op::Softmax, Op::Attention]);
}

#[test]
fn a_layout_says_how_operands_are_stored_and_nothing_of_the_sizes() {
    let layer = "heads = 8\nkv_heads = 2\nhidden = 512\nhead_dim = 48\nffn = 100\nvocab = 77\nseq = 9\nseq_key = 11\n\
                 m = 3\nn = 4\nk = 5\ngemm_batch = 6\n";
    let words = |words: &[&str]| format!("{words:?}");
    // What is no product has one way of storage.
    let fitting = Op::ALL.iter().filter(|op| op.is_product()).map(|op| op.as_str());
    let every = words(&fitting.collect::<Vec<_>>());
    let text = format!("op = {every}\npass = [\"forward\", \"data_gradient\", \"weight_gradient\"]\n{layer}");
    let usual = expand(&text).unwrap();
    // Three passes of each op of a layer, one of each other.
    let ops = || Op::ALL.iter().filter(|op| op.is_product());
    let of_layers = ops().filter(|op| op.is_of_layer()).count();
    assert_eq!(usual.len(), 2 * of_layers + ops().count());
    let layouts = words(&Layout::OF_SWEEPS.iter().map(|layout| layout.as_str()).collect::<Vec<_>>());
    let all = expand(&format!("{text}layout = {layouts}")).unwrap();
    let products = |points: &[Point]| points.iter().map(Point::product).collect::<Vec<_>>();
    for (layout, points) in Layout::OF_SWEEPS.iter().zip(all.points().chunks(usual.len())) {
        assert!(points.iter().all(|point| point.layout == *layout));
        assert_eq!(products(points), products(usual.points()));
    }
}

//! What an estimate counts.

use super::*;
use crate::shape::op::Op;
use crate::sweep::plan::Plan;
use crate::sweep::spec::SweepSpec;

const H100: &str = "NVIDIA H100 80GB HBM3";

fn spec(text: &str) -> SweepSpec {
    SweepSpec::parse("t.toml", &format!("name = \"t\"\nheads = 12\n{text}")).unwrap()
}

fn points(spec: &SweepSpec) -> Vec<Point> {
    Plan::expand(spec, Engine::Cublas).unwrap().in_measuring_order(spec.method()).points().to_vec()
}

fn point(text: &str) -> (SweepSpec, Point) {
    let spec = spec(&format!("op = \"score\"\n{text}"));
    let point = points(&spec)[0];
    (spec, point)
}

fn seconds(text: &str, timer: Timer) -> f64 {
    let (spec, point) = point(&format!("{text}\nmethod.timer = \"{timer}\""));
    CostModel::new(Processor::named(H100, None), spec.method()).point_seconds(&point)
}

#[test]
fn a_short_launch_costs_the_host_s_time_and_many_bursts() {
    // 33 MFLOP: 2 µs at the least, of which no 32 come to 4 ms. Six bursts.
    let tiny = "batch = 1\nseq = 128\nhead_dim = 64";
    let by_event = seconds(tiny, Timer::Event);
    assert!((POINT_S + 6.0 * BURST_S..POINT_S + 8.0 * BURST_S).contains(&by_event), "{by_event}");
    // 24 replays of half a millisecond with a rest of 4.5 times that ahead of each, whoever asks for them. An H100 took
    // 15.5 s for 96 of about this kind.
    let by_graph = seconds(tiny, Timer::Graph);
    assert!((24.0 * (0.0025 + REPLAY_S)..15.5 / 96.0).contains(&by_graph), "{by_graph}");
    let (spec, point) = point(tiny);
    let by_point = CostModel::new(Processor::named(H100, None), spec.method()).point_seconds(&point);
    assert_eq!(by_point, by_graph);
}

#[test]
fn a_dense_point_rests_as_its_own_dtype_needs() {
    let rest = |dtype: &str| {
        let (spec, point) = point(&format!("dtype = \"{dtype}\"\nhead_dim = 2048"));
        let processor = Processor::named(H100, None);
        let busy_s = 7.0 * processor.launch_seconds(&point);
        let all_s = CostModel::new(processor, spec.method()).point_seconds(&point);
        (all_s - busy_s) / busy_s
    };
    // Each comes equally near its own peak, and rests ten times as long as it is busy by the square of that. Where a
    // rest would be longer than a second it is cut.
    let (half, single) = (rest("f16"), rest("tf32"));
    assert!((half / single - 1.0).abs() < 0.1, "{half} {single}");
    assert!((3.0..7.0).contains(&half), "{half}");
    assert!(rest("f32") > 2.0, "{}", rest("f32"));
}

#[test]
fn a_search_for_the_kernel_costs_more_than_the_point() {
    let tuned = seconds("engine = \"tuned\"\nhead_dim = 1024", Timer::Event);
    let default = seconds("engine = \"cublas\"\nhead_dim = 1024", Timer::Event);
    assert!(tuned > 5.0 * default, "{tuned} {default}");
}

#[test]
fn a_sustained_point_takes_its_busy_time_and_a_sweep_of_them_a_soak() {
    let text = "head_dim = [1024, 1536]\nop = \"score\"\nmethod.pacing = \"sustained\"\nmethod.sustained_seconds = 2.0";
    let spec = spec(text);
    let model = CostModel::new(Processor::named(H100, None), spec.method());
    let points = points(&spec);
    let one = model.point_seconds(&points[0]);
    assert!((2.25..2.3).contains(&one), "{one}");
    let all = model.sweep_seconds(&points, 1);
    assert!((all - 2.0 * one - SOAK_S - SESSION_S).abs() < 0.01, "{all}");
}

#[test]
fn a_point_that_no_neighbour_vouches_for_is_measured_again_in_short() {
    let sweep = |head_dims: &str| {
        let spec = spec(&format!("op = \"score\"\nhead_dim = {head_dims}\nmethod.sentinel_every = 0"));
        let points = points(&spec);
        let model = CostModel::new(Processor::named(H100, None), spec.method());
        (model.sweep_seconds(&points, 1) - SESSION_S)
            / points.iter().map(|p| model.point_seconds(p)).sum::<f64>()
    };
    // 1024 and 1088 are of one series, 64; 1032 and 1040 are alone, of 8 and 16.
    let (near, alone) = (sweep("[1024, 1088]"), sweep("[1032, 1040]"));
    // Two launches of the second time stand for the six of the first.
    assert!((0.8..1.1).contains(&near) && (1.3..1.5).contains(&(alone / near)), "{near} {alone}");
}

#[test]
fn cards_share_the_points_and_each_is_begun_and_run_in() {
    let spec = spec("op = \"score\"\nhead_dim = { from = 1001, to = 1199, step = 2 }");
    let model = CostModel::new(Processor::named(H100, None), spec.method());
    let (one, four) = (model.sweep_seconds(&points(&spec), 1), model.sweep_seconds(&points(&spec), 4));
    let before = SESSION_S + spec.method().run_in(Timers::by_point(Timer::Event));
    assert!(((one - before) / (four - before) - 4.0).abs() < 1e-9, "{one} {four}");
}

#[test]
fn a_dtype_without_units_is_estimated_by_the_cuda_cores() {
    let (_, point) = point("dtype = \"bf16\"\nhead_dim = 1024");
    let v100 = Processor::named("Tesla V100-SXM2-32GB", None);
    let as_f32 = v100.launch_seconds(&Point { dtype: Dtype::F32, ..point });
    assert_eq!(v100.launch_seconds(&point), as_f32);
}

#[test]
fn the_longest_legal_sweep_has_an_estimate() {
    let spec = spec("batch = 2048\nseq = 1048576\nhead_dim = 65536\nop = \"score\"\nengine = \"tuned\"");
    for processor in [Processor::named(H100, None), Processor::reference(Engine::Cpu)] {
        let seconds = CostModel::new(processor, spec.method()).sweep_seconds(&points(&spec), 1);
        assert!(seconds.is_finite() && seconds > 1e6, "{seconds}");
    }
}

/// Twice the datasheet's time for `score`, and nothing of any other op.
#[derive(Debug)]
struct Twice;

impl LaunchTimes for Twice {
    fn launch_seconds(&self, point: &Point) -> Option<f64> {
        let known = point.op == Op::Score;
        known.then(|| 2.0 * Processor::named(H100, None).launch_seconds(point))
    }
}

#[test]
fn launch_times_that_are_known_better_count_where_they_are_known() {
    let spec = spec(
        "op = [\"score\", \"values\"]\nhead_dim = 2048\nmethod.pacing = \"none\"\nmethod.timer = \"event\"",
    );
    let points = points(&spec);
    let plain = CostModel::new(Processor::named(H100, None), spec.method());
    let better = plain.with_launches(&Twice);
    for point in &points {
        let (by_sheet, known) = (plain.point_seconds(point), better.point_seconds(point));
        let launches_s = known - by_sheet;
        let one_s = Processor::named(H100, None).launch_seconds(point);
        let count = f64::from(spec.method().warmup + spec.method().min_samples);
        let expected = if point.op == Op::Score { one_s * count } else { 0.0 };
        assert!((launches_s - expected).abs() < 1e-9, "{}: {launches_s} s, not {expected} s", point.op);
    }
    assert!(better.sweep_seconds(&points, 1) > plain.sweep_seconds(&points, 1));
}

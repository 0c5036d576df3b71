use super::*;
use crate::fake::{Candidate, Fake, Fault, point, points};
use hovera_core::{
    Bound, CallLaunches, CostModel, Dtype, Extent, IdleRule, KernelLaunch, Load, Op, Order, Processor, Stat,
    SweepSpec, Timer,
};

const H100: &str = "NVIDIA H100 80GB HBM3";

fn method(pacing: Pacing) -> MethodSpec {
    MethodSpec { pacing: vec![pacing], sentinel_every: 0, ..MethodSpec::default() }
}

fn measured(fake: &mut Fake, method: &MethodSpec, points: &[Point]) -> (Vec<Row>, Session) {
    let mut runner = Runner::new(fake, method, Timers::one(Timer::Event), 0, points);
    runner.reserve(points).unwrap();
    let rows = points.iter().map(|point| runner.measure(point).unwrap()).collect();
    (rows, runner.finish())
}

/// Worst, 90th percentile and median of the shapes' (max - min) / median over four passes, each in
/// another order on a card that has been through the passes before it.
struct Repeatability {
    time: [f64; 3],
    invariant: [f64; 3],
}

fn repeatability(method: &MethodSpec) -> Repeatability {
    let points = points(method.pacing[0]);
    let mut fake = Fake::new().named(H100);
    let mut values = vec![(Vec::new(), Vec::new()); points.len()];
    let mut bounds: Vec<Option<Bound>> = vec![None; points.len()];
    for pass in 0..4 {
        // 70 and 27 have no common divisor: each pass is another permutation.
        let mut order: Vec<usize> =
            (0..points.len()).map(|i| (i * [1, 27, 43, 69][pass] + 11 * pass) % 70).collect();
        if method.order == Order::Shuffled {
            // As a plan is shuffled.
            order.sort_by_key(|i| points[*i].stretch());
        }
        let shuffled: Vec<Point> = order.iter().map(|i| points[*i]).collect();
        let (rows, _) = measured(&mut fake, method, &shuffled);
        for (i, row) in order.into_iter().zip(rows) {
            let timing = row.timing.unwrap();
            let bound = *bounds[i].get_or_insert(fake.bound(&row.point));
            values[i].0.push(timing.median_us.unwrap());
            values[i].1.push(timing.invariant(Some(bound)).unwrap());
        }
    }
    let spread = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        (sorted[3] - sorted[0]) / ((sorted[1] + sorted[2]) / 2.0)
    };
    let percentiles = |mut spreads: Vec<f64>| {
        spreads.sort_by(f64::total_cmp);
        [spreads[69], spreads[62], spreads[35]]
    };
    Repeatability {
        time: percentiles(values.iter().map(|v| spread(&v.0)).collect()),
        invariant: percentiles(values.iter().map(|v| spread(&v.1)).collect()),
    }
}

#[test]
fn burst_repeats_whatever_ran_before_and_back_to_back_does_not() {
    let burst = repeatability(&method(Pacing::Burst));
    let [worst, p90, p50] = burst.time;
    assert!(worst <= 0.02 && p90 <= 0.012 && p50 <= 0.005, "time: {:?}", burst.time);
    let [worst, p90, p50] = burst.invariant;
    assert!(worst <= 0.01 && p90 <= 0.005 && p50 <= 0.002, "invariant: {:?}", burst.invariant);
    let back_to_back = repeatability(&method(Pacing::None));
    assert!(back_to_back.time[0] > 0.05 && back_to_back.time[1] > 0.03, "{:?}", back_to_back.time);
}

#[test]
fn without_rest_burst_would_not_repeat() {
    let restless = MethodSpec { idle: IdleRule::Ratio(0.0), ..method(Pacing::Burst) };
    assert!(repeatability(&restless).time[0] > 0.02, "{:?}", repeatability(&restless).time);
}

#[test]
fn light_points_among_dense_ones_or_without_a_run_in_would_not_repeat() {
    let mixed = repeatability(&MethodSpec { order: Order::Planned, ..method(Pacing::Burst) });
    assert!(mixed.time[1] > 0.012, "{:?}", mixed.time);
    let cold = repeatability(&MethodSpec { run_in_seconds: Some(0.0), ..method(Pacing::Burst) });
    assert!(cold.time[0] > 0.015, "{:?}", cold.time);
}

#[test]
fn a_device_is_run_in_once_for_a_stretch_by_what_memory_is_reserved_for() {
    let method = MethodSpec { run_in_seconds: Some(0.5), ..method(Pacing::Burst) };
    let (light, dense) = ([683, 685, 687, 689], [1024]);
    let points: Vec<Point> =
        light.iter().chain(&dense).map(|d| point(Op::Score, *d, Pacing::Burst)).collect();
    let mut fake = Fake::new().with_fault(points[3], Fault::OutOfMemory);
    let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &points);
    let begun = runner.backend.now();
    runner.measure(&points[0]).unwrap();
    assert!(runner.backend.now() - begun < Duration::from_millis(400), "nothing is reserved");
    runner.reserve(&points).unwrap();
    let mut seconds = |point: &Point| {
        let begun = runner.backend.now();
        runner.measure(point).unwrap();
        (runner.backend.now() - begun).as_secs_f64()
    };
    assert!(seconds(&points[1]) < 0.4, "one like it ran last");
    assert!(seconds(&points[4]) < 0.4, "a dense one");
    let back = seconds(&points[1]);
    assert!((0.5..0.9).contains(&back), "{back}");
    assert!(seconds(&points[2]) < 0.4);
    // One of the light ones breaks the device, which ends the run-in and nothing else.
    let mut fake = Fake::new().with_fault(points[0], Fault::Device);
    let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &points);
    runner.reserve(&points).unwrap();
    assert_eq!(runner.measure(&points[1]).unwrap().status, Status::Ok);
    assert!(runner.backend.now() < Duration::from_millis(400));
}

#[test]
fn the_full_sweep_in_burst_takes_at_most_four_minutes() {
    let text = include_str!("../../../../sweeps/attention-a12-full.toml");
    let spec = SweepSpec::parse("attention-a12-full.toml", text).unwrap();
    let plan = hovera_core::Plan::expand(&spec, Engine::Cublas).unwrap().in_measuring_order(spec.method());
    let mut fake = Fake::new().named(H100);
    let one_of_each: f64 = plan.points().iter().map(|p| fake.ideal_us(p) * 1e-6).sum();
    assert!((one_of_each / 16.8 - 1.0).abs() < 0.15, "the simulated card is no H100: {one_of_each} s");
    let (rows, session) = measured(&mut fake, spec.method(), plan.points());
    assert!(rows.iter().filter(|row| row.status == Status::Ok).count() > 5400);
    assert!(session.wall_seconds * 16.8 / one_of_each <= 240.0, "{session:?}");
    assert_eq!((session.points, session.disturbed_groups), (5460, 0));
    let [light, dense] = session.sentinel.as_slice() else { panic!("{:?}", session.sentinel) };
    let count = |load| plan.points().iter().filter(|p| p.load() == load).count();
    assert_eq!(light.time_us.len(), count(Load::Light).div_ceil(200));
    assert_eq!(dense.time_us.len(), 1 + count(Load::Dense).div_ceil(200));
    for sentinel in [light, dense] {
        assert!(sentinel.time_drift < 0.02 && sentinel.invariant_drift < 0.01, "{sentinel:?}");
    }
}

/// Dense points of one dtype, enough of them for the card to owe rest.
fn dense(dtype: Dtype) -> Vec<Point> {
    (10..30).map(|i| Point { dtype, ..point(Op::Score, 64 * i, Pacing::Burst) }).collect()
}

#[test]
fn points_of_several_dtypes_in_one_run_rest_as_each_dtype_does_by_itself() {
    let dtypes = [Dtype::F16, Dtype::F32, Dtype::Tf32, Dtype::Int8];
    let idle_s = |points: &[Point]| {
        let (rows, session) = measured(&mut Fake::new().named(H100), &method(Pacing::Burst), points);
        assert_eq!(rows.iter().filter(|row| row.status == Status::Ok).count(), points.len());
        session.wall_seconds - session.busy_seconds
    };
    let together = dtypes.map(dense).concat();
    let alone: f64 = dtypes.iter().map(|dtype| idle_s(&dense(*dtype))).sum();
    assert!((idle_s(&together) / alone - 1.0).abs() < 0.1, "{} {alone}", idle_s(&together));
    // Which dtype comes first plays no part.
    let reversed: Vec<Point> = together.iter().rev().copied().collect();
    assert!((idle_s(&reversed) / alone - 1.0).abs() < 0.1, "{} {alone}", idle_s(&reversed));
}

#[test]
fn an_estimate_is_near_what_the_simulated_card_takes() {
    for pacing in [Pacing::Burst, Pacing::Sustained, Pacing::None] {
        let method = MethodSpec { run_in_seconds: Some(0.0), ..method(pacing) };
        let mut points = points(pacing);
        points.sort_by_key(Point::stretch);
        let (_, session) = measured(&mut Fake::new().named(H100).on_a_real_host(), &method, &points);
        let model = CostModel::new(Processor::named(H100, None), &method);
        // Nothing is measured again here, as a sweep would.
        let estimate: f64 = points.iter().map(|point| model.point_seconds(point)).sum();
        let before = session.settling.map_or(0.0, |settling| settling.seconds);
        let took = session.wall_seconds - before;
        println!("{pacing}: estimate {estimate:.2} s, took {took:.2} s");
        assert!((estimate / took - 1.0).abs() < 0.2, "{pacing}: {estimate} s, took {took} s");
    }
}

#[test]
fn what_bounds_a_row_is_told_by_its_launches_or_its_datasheet() {
    let all = points(Pacing::None);
    let mut fake = Fake::new().named(H100);
    let (rows, _) = measured(&mut fake, &method(Pacing::None), &all);
    let wrong = rows.iter().filter(|row| row.bound != Some(fake.bound(&row.point))).count();
    // The simulated card's ridge is not quite the datasheet's.
    assert!(wrong <= 7, "{wrong} of {}", rows.len());
    // Without a datasheet only launches at different clocks tell: those right after a change of power.
    let mut unknown = Fake::new();
    let (rows, _) = measured(&mut unknown, &method(Pacing::None), &all);
    assert!(rows.iter().any(|row| row.bound.is_some()));
    assert!(rows.iter().all(|row| row.bound.is_none_or(|bound| bound == unknown.bound(&row.point))));
}

#[test]
fn a_quiet_device_needs_only_the_least_number_of_samples() {
    let point = point(Op::Score, 1365, Pacing::Burst);
    let mut fake = Fake::new();
    let method = method(Pacing::Burst);
    let mut runner =
        Runner::new(&mut fake, &method, Timers::one(Timer::Event), 3, std::slice::from_ref(&point));
    let row = runner.measure(&point).unwrap();
    assert_eq!((row.status, row.note.as_str(), row.device), (Status::Ok, "", 3));
    let timing = row.timing.unwrap();
    assert_eq!(timing.samples, Some(6));
    assert!((timing.median_us.unwrap() / fake.ideal_us(&row.point) - 1.0).abs() < 0.01);
    let cycles = timing.cycles_median.unwrap();
    assert!((cycles / timing.median_us.unwrap() / row.telemetry.sm_clock_mhz.unwrap() - 1.0).abs() < 1e-3);
    assert_eq!(row.telemetry.energy_j, None, "too short for the counter");
}

#[test]
fn a_noisy_device_is_sampled_to_the_limit_and_called_noisy() {
    let point = points(Pacing::Burst)[0];
    let mut fake = Fake::new().with_noise(0.05);
    let (rows, _) = measured(&mut fake, &method(Pacing::Burst), &[point]);
    assert_eq!(rows[0].status, Status::Noisy);
    assert_eq!(rows[0].timing.unwrap().samples, Some(144));
    assert!(rows[0].note.contains("after 144 samples; wanted ±0.50 %"), "{}", rows[0].note);
}

#[test]
fn launches_of_two_speeds_are_told_as_two_in_a_burst_too() {
    let point = points(Pacing::Burst)[0];
    let (one, _) = measured(&mut Fake::new(), &method(Pacing::Burst), &[point]);
    let (rows, _) = measured(&mut Fake::new().with_two_speeds(point, 1.03), &method(Pacing::Burst), &[point]);
    let (one, timing) = (one[0].timing.unwrap(), rows[0].timing.unwrap());
    let second = timing.second.unwrap();
    // As many as take 4 ms.
    assert_eq!((rows[0].status, timing.samples), (Status::Ok, Some(30)), "{}", rows[0].note);
    assert!((second.share - 1.0 / 3.0).abs() < 1e-9, "{second:?}");
    let [fast, slow] = [timing.median_us.unwrap(), second.time_us].map(|us| us / one.median_us.unwrap());
    assert!((fast - 1.0).abs() < 0.005 && (slow - 1.03).abs() < 0.005, "{fast} {slow}");
    // Back to back is there to show what it does without care.
    let point = Point { pacing: Pacing::None, ..point };
    let (rows, _) = measured(&mut Fake::new().with_two_speeds(point, 1.03), &method(Pacing::None), &[point]);
    assert_eq!(rows[0].timing.unwrap().second, None);
}

#[test]
fn long_launches_that_stay_noisy_are_not_sampled_on_and_on() {
    let long = point(Op::Score, 2047, Pacing::Burst);
    let mut fake = Fake::new().with_noise(0.05);
    assert!(fake.ideal_us(&long) > 2.8e3, "{}", fake.ideal_us(&long));
    let (rows, _) = measured(&mut fake, &method(Pacing::Burst), &[long]);
    // In bursts of six: the first 32 or more.
    assert_eq!((rows[0].status, rows[0].timing.unwrap().samples), (Status::Noisy, Some(36)));
}

#[test]
fn a_point_has_its_time_and_no_more() {
    let point = points(Pacing::Burst)[0];
    let mut fake = Fake::new().with_noise(0.05);
    let method = MethodSpec {
        max_samples: 1_000_000,
        max_point_seconds: 0.5,
        ci_target: 1e-9,
        run_in_seconds: Some(0.0),
        ..method(Pacing::Burst)
    };
    let (rows, session) = measured(&mut fake, &method, &[point]);
    assert_eq!(rows[0].status, Status::Noisy);
    assert!((0.5..0.7).contains(&session.wall_seconds), "{session:?}");
}

#[test]
fn a_stuck_counter_leaves_a_row_without_cycles() {
    let point = point(Op::Score, 512, Pacing::Burst);
    let (rows, _) =
        measured(&mut Fake::new().named(H100).with_stuck_counters(), &method(Pacing::Burst), &[point]);
    assert_eq!((rows[0].timing.unwrap().cycles_median, rows[0].telemetry.sm_clock_mhz), (None, None));
    assert_eq!(rows[0].status, Status::Ok);
}

/// 40 points of one series, in an order that is not theirs.
fn one_series() -> Vec<Point> {
    (0..40).map(|i| point(Op::Score, 600 + 8 * (2 * (i * 23 % 40) + 1), Pacing::Burst)).collect()
}

#[test]
fn a_disturbed_burst_is_caught_wherever_it_falls_and_measured_again() {
    let points = one_series();
    let method = MethodSpec { run_in_seconds: Some(0.0), ..method(Pacing::Burst) };
    let (undisturbed, session) = measured(&mut Fake::new().named(H100), &method, &points);
    assert_eq!(session.disturbed_groups, 0);
    let mut quiet = Fake::new().named(H100);
    measured(&mut quiet, &method, &points);
    for factor in [1.4, 2.0, 6.0] {
        for burst in 0..quiet.bursts() {
            let mut fake = Fake::new().named(H100).with_disturbed_burst(burst, factor);
            let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &points);
            let mut rows: Vec<Row> = points.iter().map(|p| runner.measure(p).unwrap()).collect();
            for point in runner.doubtful() {
                if let Some(row) = runner.measure_again(&point).unwrap() {
                    *rows.iter_mut().find(|r| r.point == point).unwrap() = row;
                }
            }
            let caught = runner.finish().disturbed_groups;
            let of = |row: &Row| row.timing.unwrap().median_us.unwrap();
            let worst =
                rows.iter().zip(&undisturbed).map(|(a, b)| (of(a) / of(b) - 1.0).abs()).fold(0.0, f64::max);
            assert!(worst < 0.03, "burst {burst} x {factor}: off by {worst}");
            assert_eq!(caught, 1, "burst {burst} x {factor}");
            let noted = rows.iter().filter(|r| r.note.contains("measured again")).count();
            assert_eq!(noted, 1, "burst {burst} x {factor}");
        }
    }
}

#[test]
fn a_disturbance_that_outlasts_a_repeat_is_caught_at_the_end() {
    let points = one_series();
    let method = method(Pacing::Burst);
    let fake = Fake::new().named(H100);
    let mut fake = (20..24).fold(fake, |fake, burst| fake.with_disturbed_burst(burst, 2.0));
    let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &points);
    let rows: Vec<Row> = points.iter().map(|p| runner.measure(p).unwrap()).collect();
    let again: Vec<Row> = runner.doubtful().iter().filter_map(|p| runner.measure_again(p).unwrap()).collect();
    assert_eq!(again.len(), 2);
    for row in &again {
        let first = rows.iter().find(|r| r.point == row.point).unwrap();
        assert!(first.timing.unwrap().median_us.unwrap() > 1.9 * row.timing.unwrap().median_us.unwrap());
        assert!(row.note.starts_with("measured again at the end: before that it was 2.0"), "{}", row.note);
    }
    assert_eq!(runner.finish().disturbed_groups, 2);
}

#[test]
fn a_point_that_is_truly_slow_is_confirmed_and_stays() {
    let points = one_series();
    let method = method(Pacing::Burst);
    let slow = points[17];
    let mut fake = Fake::new().named(H100).with_slow_point(slow, 1.5);
    let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &points);
    let rows: Vec<Row> = points.iter().map(|p| runner.measure(p).unwrap()).collect();
    assert_eq!(runner.doubtful(), BTreeSet::from([slow]));
    assert_eq!(runner.measure_again(&slow).unwrap(), None);
    assert_eq!(runner.finish().disturbed_groups, 0);
    let row = rows.iter().find(|row| row.point == slow).unwrap();
    assert_eq!((row.timing.unwrap().samples, row.status), (Some(12), Status::Ok));
    assert!(row.timing.unwrap().median_us.unwrap() > 1.4 * fake.ideal_us(&slow));
}

#[test]
fn sustained_is_soaked_busy_and_slower_where_the_cap_bites() {
    let points: Vec<Point> =
        [64 * 40, 64 * 5, 1365, 1366].iter().map(|d| point(Op::Score, *d, Pacing::Sustained)).collect();
    let mut fake = Fake::new().named(H100);
    let (rows, session) = measured(&mut fake, &method(Pacing::Sustained), &points);
    let settling = session.settling.unwrap();
    assert!(settling.settled && settling.busy_share >= 0.95, "{settling:?}");
    assert!((3.0..30.0).contains(&settling.seconds), "{settling:?}");
    assert!(settling.sm_clock_mhz.unwrap() < 1900.0 && settling.power_w.unwrap() > 650.0, "{settling:?}");
    let burst = measured(
        &mut Fake::new().named(H100),
        &method(Pacing::Burst),
        &[point(Op::Score, 64 * 40, Pacing::Burst)],
    );
    let time = |row: &Row| row.timing.unwrap().median_us.unwrap();
    assert!(time(&rows[0]) > 1.03 * time(&burst.0[0]), "{} {}", time(&rows[0]), time(&burst.0[0]));
    for row in &rows {
        assert_eq!(row.status, Status::Ok);
        // Joules of a launch are watts over launches a second.
        let watts = row.telemetry.energy_j.unwrap() / (row.timing.unwrap().mean_us.unwrap() * 1e-6);
        let read = row.telemetry.power_w.unwrap();
        assert!((watts / read - 1.0).abs() < 0.05, "{watts} W billed, {read} W read");
    }
}

#[test]
fn a_sustained_point_takes_its_time_in_few_bursts_and_hardly_more() {
    let points = points(Pacing::Sustained);
    let (mut fake, method) = (Fake::new().named(H100), method(Pacing::Sustained));
    let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &points);
    runner.soak_once(&points[0]).unwrap();
    for point in &points {
        let (began, bursts) = (runner.backend.now(), runner.backend.bursts());
        let row = runner.measure(point).unwrap();
        let seconds = (runner.backend.now() - began).as_secs_f64();
        // A quarter of a second to get used to the shape, and `sustained_seconds`, some of it for warm-up.
        assert!((1.25..1.3).contains(&seconds), "{seconds} s for {:?}", point.gemm());
        assert!(runner.backend.bursts() - bursts <= 8, "{} bursts", runner.backend.bursts() - bursts);
        let timing = row.timing.unwrap();
        let sampled = f64::from(timing.samples.unwrap()) * timing.mean_us.unwrap() * 1e-6;
        assert!((0.96..1.02).contains(&sampled), "{sampled} s sampled of {:?}", point.gemm());
        let watts = row.telemetry.energy_j.unwrap() / (timing.mean_us.unwrap() * 1e-6);
        let read = row.telemetry.power_w.unwrap();
        assert!((watts / read - 1.0).abs() < 0.03, "{watts} W billed, {read} W read");
    }
}

#[test]
fn a_soak_that_does_not_settle_says_so() {
    let point = point(Op::Score, 64, Pacing::Sustained);
    // Counters that tell nothing, and bursts that something disturbs every now and then.
    let fake = Fake::new().with_stuck_counters();
    let mut fake = (0..3000).step_by(7).fold(fake, |fake, burst| fake.with_disturbed_burst(burst, 2.0));
    let (_, session) = measured(&mut fake, &method(Pacing::Sustained), &[point]);
    let settling = session.settling.unwrap();
    assert!(!settling.settled && settling.seconds > 30.0, "{settling:?}");
}

fn candidate(slowness: f64) -> Candidate {
    Candidate { slowness, right: true }
}

fn tuned(fake: Fake, d: u64) -> Row {
    let point = Point { engine: Engine::Tuned, ..point(Op::Score, d, Pacing::Burst) };
    let (rows, _) = measured(&mut fake.named(H100), &method(Pacing::Burst), &[point]);
    rows.into_iter().next().unwrap()
}

#[test]
fn the_fastest_candidate_wins_though_others_come_close_and_the_best_is_wrong() {
    let wrong = Candidate { slowness: 0.5, right: false };
    let mut candidates: Vec<Candidate> = (0..30).map(|i| candidate(1.0 + f64::from(i) * 0.02)).collect();
    candidates[7] = wrong;
    candidates[19] = candidate(0.934);
    candidates[23] = candidate(0.93);
    for d in [64, 512, 2560] {
        let row = tuned(Fake::new().with_candidates(candidates.clone()), d);
        assert_eq!(row.kernel.algo.as_deref(), Some("23"), "{}", row.note);
        assert!(
            row.note.starts_with("candidate 24 of 30 (1 do not compute it right); the default takes 1.07"),
            "{}",
            row.note
        );
        assert_eq!(row.status, Status::Ok);
    }
}

#[test]
fn the_default_stays_where_nothing_is_really_faster() {
    for seed in 1..20 {
        let mut candidates = vec![candidate(1.0); 12];
        candidates[seed % 12].slowness = 0.9995;
        let row = tuned(Fake::new().with_candidates(candidates), 512 + 64 * seed as u64);
        assert_eq!(row.kernel.algo.as_deref(), Some("0"), "{}", row.note);
        assert!(row.note.ends_with("of 12; the default is the fastest"), "{}", row.note);
    }
}

#[test]
fn candidates_that_are_all_wrong_are_a_failed_row() {
    let row = tuned(Fake::new().with_candidates(vec![Candidate { slowness: 1.0, right: false }; 3]), 512);
    assert_eq!(row.status, Status::Failed);
    assert!(row.note.starts_with("wrong result: "), "{}", row.note);
}

#[test]
fn what_goes_wrong_with_one_point_is_a_row_and_the_next_is_measured() {
    let all = points(Pacing::None);
    let mut fake = Fake::new()
        .with_fault(all[0], Fault::OutOfMemory)
        .with_fault(all[1], Fault::WrongResult)
        .with_fault(all[2], Fault::Device);
    let (rows, _) = measured(&mut fake, &method(Pacing::None), &all[..4]);
    let statuses: Vec<Status> = rows.iter().map(|r| r.status).collect();
    assert_eq!(statuses, [Status::Skipped, Status::Failed, Status::Failed, Status::Ok]);
    assert!(rows[..3].iter().all(|r| r.timing.is_none() && r.tflops(Stat::Median).is_none()));
    assert!(rows[1].note.starts_with("wrong result: "), "{}", rows[1].note);
}

/// A lone point measured, and then again: the first times, the row that replaces them, how many bursts the second time took,
/// and whether it is still doubtful.
fn twice(mut fake: Fake, point: Point) -> (Timing, Option<Row>, u64, bool) {
    let method = MethodSpec { run_in_seconds: Some(0.0), ..method(Pacing::Burst) };
    let all = [point];
    let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &all);
    let first = runner.measure(&point).unwrap().timing.unwrap();
    assert_eq!(runner.doubtful(), BTreeSet::from([point]));
    let bursts = runner.backend.bursts();
    let row = runner.measure_again(&point).unwrap();
    (first, row, runner.backend.bursts() - bursts, !runner.doubtful().is_empty())
}

#[test]
fn of_a_point_that_has_no_neighbour_one_short_burst_tells_whether_it_was_disturbed() {
    let point = point(Op::Score, 2048, Pacing::Burst);
    let (as_it_is, row, bursts, doubtful) = twice(Fake::new(), point);
    assert_eq!((row, bursts, doubtful), (None, 1, false), "it is as slow as before");
    // The whole first measurement is the burst that was disturbed.
    let (slow, row, bursts, _) = twice(Fake::new().with_disturbed_burst(0, 1.5), point);
    let [as_it_is_us, slow_us] = [as_it_is, slow].map(|timing| timing.median_us.unwrap());
    assert!(slow_us > 1.4 * as_it_is_us && bursts > 1, "{slow_us} {as_it_is_us} {bursts}");
    let row = row.expect("a row that replaces the first");
    assert!((row.timing.unwrap().median_us.unwrap() / as_it_is_us - 1.0).abs() < 0.01);
    assert!(row.note.contains("1.5") && row.note.contains("times slower"), "{}", row.note);
}

#[test]
fn what_a_low_clock_explains_is_no_reason_to_measure_a_throttled_point_again() {
    // So long that the clock falls within a burst: its median has a lower one than the first launches after a rest.
    let point = point(Op::Score, 32768, Pacing::Burst);
    let (as_it_is, row, bursts, doubtful) = twice(Fake::new(), point);
    assert!(as_it_is.median_us.unwrap() > 1.1 * as_it_is.min_us.unwrap(), "{as_it_is:?}");
    assert_eq!((row, bursts, doubtful), (None, 1, false));
    // Something outside makes all of its launches longer than their clock says.
    let disturbed = Fake::new().with_disturbed_burst(0, 1.5).with_disturbed_burst(1, 1.5);
    let (slow, row, bursts, _) = twice(disturbed, point);
    assert!(slow.median_us.unwrap() > 1.4 * as_it_is.median_us.unwrap(), "{slow:?}");
    assert!(row.is_some() && bursts > 1, "{row:?}, {bursts}");
}

#[test]
fn a_point_that_fails_when_it_is_measured_again_is_a_failed_row() {
    let point = point(Op::Score, 2048, Pacing::Burst);
    let method = MethodSpec { run_in_seconds: Some(0.0), ..method(Pacing::Burst) };
    let (mut fake, all) = (Fake::new().with_disturbed_burst(0, 1.5), [point]);
    let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &all);
    assert_eq!(runner.measure(&point).unwrap().status, Status::Ok);
    let broken = std::mem::take(runner.backend).with_fault(point, Fault::WrongResult);
    *runner.backend = broken;
    let row = runner.measure_again(&point).unwrap().expect("a row that replaces the first");
    assert_eq!((row.status, row.timing), (Status::Failed, None));
    assert!(row.note.starts_with("wrong result: "), "{}", row.note);
}

#[test]
fn a_device_that_is_gone_ends_the_sweep() {
    let all = points(Pacing::None);
    let mut fake = all.iter().fold(Fake::new(), |fake, p| fake.with_fault(*p, Fault::Device));
    let method = method(Pacing::None);
    let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &all);
    assert!(runner.measure(&all[0]).is_ok());
    assert!(runner.measure(&all[1]).is_ok());
    assert!(matches!(runner.measure(&all[2]), Err(BackendError::Device(_))));
}

fn call_of(symbol: &str) -> CallLaunches {
    let extent = |x| Extent { x, y: 1, z: 1 };
    let launch = KernelLaunch {
        symbol: symbol.into(),
        grid: extent(132),
        block: extent(384),
        cluster: Some(extent(2)),
        dynamic_shared_bytes: 0,
        static_shared_bytes: None,
        registers: Some(168),
    };
    CallLaunches { kernels: vec![launch], memsets: 1 }
}

#[test]
fn a_row_has_the_kernel_that_ran_asked_for_when_all_is_timed() {
    let point = point(Op::Score, 64, Pacing::Burst);
    let method = method(Pacing::Burst);
    let (silent, _) = measured(&mut Fake::new(), &method, &[point]);
    let mut telling =
        Fake::new().with_launches(vec![Ok(call_of("nvjet_sm90_hsh_192x160_64x3_2x1_v_bz_NNN"))]);
    let (told, _) = measured(&mut telling, &method, &[point]);
    let kernel = &told[0].kernel;
    assert_eq!(kernel.name.as_deref(), Some("nvjet_sm90_hsh_192x160_64x3_2x1_v_bz_NNN"));
    assert_eq!((kernel.tile.as_deref(), kernel.stages.as_deref()), (Some("192x160"), Some("64x3")));
    assert_eq!((kernel.cluster.as_deref(), kernel.registers), (Some("2x1x1"), Some(168)));
    // Of what was timed nothing is another, and nothing is timed after.
    assert_eq!((told[0].timing, &told[0].note), (silent[0].timing, &silent[0].note));
    assert_eq!(telling.asked_after(), [telling.bursts()]);
    assert_eq!(silent[0].kernel.name, None);
}

#[test]
fn of_tuned_candidates_the_row_has_the_winners_kernel() {
    let tuned = Point { engine: Engine::Tuned, ..point(Op::Score, 64, Pacing::Burst) };
    let candidate = |slowness| Candidate { slowness, right: true };
    let calls = ["slow", "fast", "slower"].map(|symbol| Ok(call_of(symbol)));
    let mut fake =
        Fake::new().with_candidates([1.2, 1.0, 1.4].map(candidate).to_vec()).with_launches(calls.to_vec());
    let (rows, _) = measured(&mut fake, &method(Pacing::Burst), &[tuned]);
    assert_eq!(rows[0].kernel.name.as_deref(), Some("fast"));
    assert_eq!(fake.asked_after().len(), 1);
}

#[test]
fn a_driver_that_fails_to_tell_costs_the_kernel_and_a_device_that_is_gone_costs_the_row() {
    let point = point(Op::Score, 64, Pacing::Burst);
    let answering = |error| Fake::new().with_launches(vec![Err(error)]);
    let method = method(Pacing::Burst);
    let (rows, _) = measured(&mut answering(BackendError::Device("no".into())), &method, &[point]);
    assert_eq!(rows[0].kernel.name, None);
    assert!(
        rows[0].timing.is_some() && rows[0].note.contains("the driver does not tell what ran: no"),
        "{rows:?}"
    );
    let (rows, _) = measured(&mut answering(BackendError::Lost("gone".into())), &method, &[point]);
    assert_eq!((rows[0].status, rows[0].note.as_str()), (Status::Failed, "gone"));
}

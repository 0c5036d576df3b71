//! Timers, clocks, caches and energy.

use super::{alone, burst, is_hopper, median, median_us, open, point, score};
use hovera_bench::{Backend, Burst, Launch};
use hovera_core::{Cache, Dtype, Engine, Layout, Op, Point, Timer};
use std::time::Duration;

/// Event times on a Hopper are multiples of this.
const EVENT_STEP_US: f64 = 0.032;

/// The median, and its standard error for normal values: 1.2533 σ/√n, σ = 1.4826 times the median
/// distance from it.
fn median_and_error(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let middle = median(values.clone());
    let distances = values.iter().map(|value| (value - middle).abs()).collect();
    (middle, 1.2533 * 1.4826 * median(distances) / (values.len() as f64).sqrt())
}

#[test]
#[ignore = "needs a GPU"]
fn short_launches_are_timed_without_the_host() {
    let _alone = alone();
    let mut backend = open();
    let small = score((1, 1, 128, 64));
    backend.reserve(Dtype::F16, &[small], 1).unwrap();
    backend.prepare(&small).unwrap();
    assert_eq!(backend.launch(&burst(3, 0)).unwrap(), []);
    let mut medians = Vec::new();
    for _ in 0..5 {
        let launches = backend.launch(&burst(1, 200)).unwrap();
        assert_eq!(launches.len(), 200);
        medians.push(median_us(&launches));
    }
    println!("128x128x64: medians of 200 launches {medians:?} us");
    let (least, most) =
        (medians.iter().copied().fold(f64::MAX, f64::min), medians.iter().copied().fold(0.0, f64::max));
    assert!(most < 30.0, "{medians:?}");
    assert!(most / least < 1.5, "{medians:?}");
}

/// With stamps as well as without, the last two launches of a burst have so little queued behind them that a pair of
/// events adds the same to both: see [`what_events_add_differs_little_within_a_burst`].
fn last_two_us(launches: &[Launch]) -> f64 {
    let last = &launches[launches.len() - 2..];
    last.iter().map(|launch| launch.time_us).sum::<f64>() / 2.0
}

#[test]
#[ignore = "needs a GPU"]
fn clocks_are_plausible_and_measuring_them_does_not_disturb() {
    let _alone = alone();
    let mut backend = open();
    let limit = backend.device().sm_clock_max_mhz.map_or(2100.0, f64::from) * 1.03;
    // From about 5 µs to 3 ms a launch.
    let points =
        [(1, 1, 512, 64), (12, 1, 1024, 64), (12, 4, 2048, 64), (12, 4, 2048, 512), (12, 4, 2048, 1001)]
            .map(score);
    backend.reserve(Dtype::F16, &points, 1).unwrap();
    for point in &points {
        backend.prepare(point).unwrap();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        let mut told = Vec::new();
        // Short launches follow the clock, which is another from burst to burst: more of them for the same error.
        let rounds = if median_us(&backend.launch(&burst(10, 7)).unwrap()) < 50.0 { 33 } else { 9 };
        for round in 0..rounds {
            // By turns first, because a card at its power limit is slower the second time.
            for on in [round % 2 == 0, round % 2 == 1] {
                backend.set_stamps(on);
                backend.idle(Duration::from_millis(60));
                // So many for the short ones. With stamps these are run twice, so that they are without, too: the
                // second time the card has been busy for longer, and its clock was seen 1.3 % higher.
                let mut launches = backend.launch(&burst(10, 7)).unwrap();
                if !on && median_us(&launches) < 50.0 {
                    launches = backend.launch(&burst(10, 7)).unwrap();
                }
                if on {
                    told.extend(launches.iter().filter_map(|launch| launch.sm_clock_mhz));
                    with.push(last_two_us(&launches));
                } else {
                    assert!(launches.iter().all(|launch| launch.sm_clock_mhz.is_none()));
                    without.push(last_two_us(&launches));
                }
            }
        }
        let (differ, error) =
            median_and_error(with.iter().zip(&without).map(|(with, without)| with - without));
        let (with, without) = (median(with), median(without));
        println!(
            "{:?}: {without:.2} us without stamps, {with:.2} with, {differ:+.3} by pairs, standard error {error:.3}; {} of {} clocks, median {:.1} MHz, min {:.1}, max {:.1}",
            point.gemm(),
            told.len(),
            7 * rounds,
            if told.is_empty() { f64::NAN } else { median(told.clone()) },
            told.iter().copied().fold(f64::INFINITY, f64::min),
            told.iter().copied().fold(0.0, f64::max),
        );
        assert!(told.iter().all(|mhz| (200.0..limit).contains(mhz)), "{told:?}");
        if is_hopper(&backend) {
            // Event times step by 32 ns. Between two launches at the power limit the clock changes more
            // than stamps could.
            let allowed = (0.003 * without).max(1.5 * EVENT_STEP_US).max(3.0 * error);
            assert!(differ.abs() <= allowed, "stamps changed {without} us by {differ}, allowed {allowed}");
            assert_eq!(told.len(), 7 * rounds, "clocks are missing");
        }
    }
}

/// What events add to a launch depends on how much is queued behind it. On five H100s it was 0.5 to 1.1 µs more for
/// the first launches of a burst than for the last four or five, however long they were: 0.4 % of the shortest ones
/// of the canonical sweep. On a sixth it was 0.4 µs less for one of 6 µs.
#[test]
#[ignore = "needs a GPU"]
fn what_events_add_differs_little_within_a_burst() {
    const ROUNDS: usize = 31;
    const LAUNCHES: usize = 8;
    let _alone = alone();
    let mut backend = open();
    // From about 5 to 165 µs, bound by memory: their time does not follow the clock within a burst.
    let points = [(1, 1, 512, 64), (12, 1, 1024, 64), (6, 1, 2048, 64), (12, 1, 2048, 64), (12, 4, 2048, 64)]
        .map(score);
    backend.reserve(Dtype::F16, &points, 1).unwrap();
    backend.set_stamps(false);
    for point in &points {
        backend.prepare(point).unwrap();
        let mut by_place = vec![Vec::new(); LAUNCHES];
        for _ in 0..ROUNDS {
            backend.idle(Duration::from_millis(50));
            let launches = backend.launch(&burst(4, LAUNCHES as u32)).unwrap();
            launches.iter().zip(&mut by_place).for_each(|(launch, place)| place.push(launch.time_us));
        }
        let medians: Vec<f64> = by_place.into_iter().map(median).collect();
        println!("{:?}: medians by place in the burst {medians:.2?} us", point.gemm());
        if is_hopper(&backend) {
            let (first, last) = (median(medians[..2].to_vec()), median(medians[LAUNCHES - 2..].to_vec()));
            assert!((first - last).abs() < 1.6, "{first} and {last} us");
        }
    }
}

#[test]
#[ignore = "needs a GPU"]
fn a_graph_agrees_with_events_and_is_lower_where_launches_are_short() {
    let _alone = alone();
    let mut backend = open();
    // From about 5 to 50 µs a launch, and one that is a graph of its own.
    let points =
        [(1, 1, 512, 64), (12, 1, 1024, 64), (12, 2, 1024, 64), (12, 4, 1024, 64), (12, 4, 2048, 512)];
    for engine in [Engine::Cublas, Engine::CublasLt] {
        let points = points.map(|sizes| Point { engine, ..score(sizes) });
        backend.reserve(Dtype::F16, &points, 1).unwrap();
        for point in &points {
            backend.prepare(point).unwrap();
            let mut times = [Vec::new(), Vec::new(), Vec::new()];
            let mut clocks = 0;
            for _ in 0..7 {
                for (timer, times) in [Timer::Event, Timer::Graph, Timer::Host].into_iter().zip(&mut times) {
                    backend.idle(Duration::from_millis(40));
                    let launches = backend.launch(&Burst { warmup: 10, samples: 11, timer }).unwrap();
                    assert_eq!(launches.len(), 11);
                    clocks += launches.iter().filter(|launch| launch.sm_clock_mhz.is_some()).count();
                    times.push(median_us(&launches));
                }
            }
            backend.verify().unwrap();
            let [event, graph, host] = times.map(median);
            println!(
                "{engine} {:?}: event {event:.2} us, graph {graph:.2} ({:.4}), host {host:.2}; {clocks} of 231 clocks",
                point.gemm(),
                graph / event
            );
            assert!(host > 0.98 * event, "the host's clock cannot be ahead");
            if is_hopper(&backend) {
                assert!(clocks > 200, "clocks are missing");
                if event < 50.0 {
                    // A pair of events takes 1.5 to 4 µs of its own (seen on H100s: 2.9 and 3.9 around a launch
                    // of 2.5 µs, 1.9 around 11.3, 1.5 around 24.3), which launches in a graph do not have.
                    let pair = event - graph;
                    assert!((0.5..4.5).contains(&pair), "a pair of events took {pair} us");
                }
            }
        }
    }
}

#[test]
#[ignore = "needs a GPU"]
fn a_cold_cache_costs_time_where_a_hot_one_helps() {
    let _alone = alone();
    let mut backend = open();
    // A of `values` is 25 MB here: it fits an H100's L2, of 50.
    let hot = [(Op::Values, 64), (Op::Values, 128), (Op::Score, 64)]
        .map(|(op, d)| point(op, Dtype::F16, Layout::Nn, (12, 1, 1024, d)));
    let cold = hot.map(|point| Point { cache: Cache::Cold, ..point });
    backend.reserve(Dtype::F16, &[hot, cold].concat(), 1).unwrap();
    for (hot, cold) in hot.iter().zip(&cold) {
        for timer in [Timer::Event, Timer::Graph] {
            let mut times = [Vec::new(), Vec::new()];
            for _ in 0..7 {
                for (point, times) in [hot, cold].into_iter().zip(&mut times) {
                    backend.prepare(point).unwrap();
                    backend.idle(Duration::from_millis(40));
                    times
                        .push(median_us(&backend.launch(&Burst { warmup: 10, samples: 21, timer }).unwrap()));
                    backend.verify().unwrap();
                }
            }
            let [hot_us, cold_us] = times.map(median);
            println!(
                "{} {:?} by {timer}: hot {hot_us:.2} us, cold {cold_us:.2} us, {:.3} times; {} MB cold",
                hot.op,
                hot.gemm(),
                cold_us / hot_us,
                backend.footprint(cold) / 1_000_000
            );
            assert!(cold_us > 0.99 * hot_us);
            if is_hopper(&backend) && hot.op == Op::Values {
                assert!(cold_us > 1.02 * hot_us, "25 MB came from memory for nothing");
            }
        }
    }
}

#[test]
#[ignore = "needs a GPU"]
fn a_metered_burst_of_short_launches_keeps_the_device_busy() {
    let _alone = alone();
    let mut backend = open();
    // About 160 µs on an H100.
    let short = score((12, 4, 2048, 64));
    backend.reserve(Dtype::F16, &[short], 1).unwrap();
    backend.prepare(&short).unwrap();
    backend.launch(&burst(10, 200)).unwrap();
    let counts_energy = backend.energy_j().is_some();
    let (mut busy, mut wall) = (0.0, 0.0);
    for round in 0..8 {
        let began = backend.now();
        let (launches, readings) = backend.launch_metered(&burst(1, 1500)).unwrap();
        let wall_us = (backend.now() - began).as_secs_f64() * 1e6;
        let busy_us: f64 = launches.iter().map(|launch| launch.time_us).sum();
        println!(
            "{round}: 1500 launches of {:.1} us, busy {:.1} % of {:.1} ms; {} readings",
            median_us(&launches),
            100.0 * busy_us / wall_us,
            wall_us / 1e3,
            readings.len()
        );
        assert_eq!(launches.len(), 1500);
        (busy, wall) = (busy + busy_us, wall + wall_us);
        if counts_energy {
            let (first, last) = (readings[0], readings[readings.len() - 1]);
            assert!(last.joules > first.joules, "{readings:?}");
            assert!(readings.is_sorted_by(|a, b| a.share < b.share && a.joules <= b.joules), "{readings:?}");
        }
    }
    // One round in some was seen to lose 30 ms.
    assert!(busy > 0.9 * wall, "{busy} of {wall} us");
}

#[test]
#[ignore = "needs a GPU"]
fn the_energy_counter_grows_with_the_work() {
    let _alone = alone();
    let mut backend = open();
    let large = score((12, 4, 2048, 1024));
    backend.reserve(Dtype::F16, &[large], 1).unwrap();
    backend.prepare(&large).unwrap();
    let Some(_) = backend.energy_j() else {
        println!("this card counts no energy");
        return;
    };
    let mut watts = Vec::new();
    for busy in [false, true] {
        let (energy, start) = (backend.energy_j().unwrap(), backend.now());
        while backend.now() - start < Duration::from_secs(2) {
            if busy {
                backend.launch(&burst(0, 200)).unwrap();
            } else {
                backend.idle(Duration::from_millis(100));
            }
        }
        let seconds = (backend.now() - start).as_secs_f64();
        watts.push((backend.energy_j().unwrap() - energy) / seconds);
    }
    println!("idle {:.1} W, busy {:.1} W; NVML says {:?} W", watts[0], watts[1], backend.telemetry().power_w);
    assert!(watts[0] > 5.0 && watts[1] > 1.5 * watts[0] && watts[1] < 2000.0, "{watts:?}");
}

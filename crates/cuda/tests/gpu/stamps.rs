//! The stamps that clocks are read from, beside the launches that they stand around.

use super::{alone, burst, is_hopper, median, median_us, open, replays, score};
use hovera_bench::{Backend, Burst, Replay};
use hovera_core::procedure::replay::Replays;
use hovera_core::{Dtype, Timer};
use std::time::Duration;

/// Event times on a Hopper are multiples of this.
pub(super) const EVENT_STEP_US: f64 = 0.032;

/// The median, and its standard error for normal values: 1.2533 σ/√n, σ = 1.4826 times the median
/// distance from it.
fn median_and_error(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let middle = median(values.clone());
    let distances = values.iter().map(|value| (value - middle).abs()).collect();
    (middle, 1.2533 * 1.4826 * median(distances) / (values.len() as f64).sqrt())
}

/// The median without stamps or whatever is compared, and that of the differences with them by pairs with its standard error, in µs.
#[derive(Debug)]
pub(super) struct Compared {
    without: f64,
    differ: f64,
    error: f64,
}

impl Compared {
    /// Times with something and without, by turns first, because a card at its power limit is slower the second time.
    pub(super) fn by_pairs(rounds: usize, mut time_us: impl FnMut(bool) -> f64) -> Compared {
        let pair = |round| {
            let first_with = round % 2 == 0;
            let first = time_us(first_with);
            let second = time_us(!first_with);
            if first_with { (first, second) } else { (second, first) }
        };
        let (with, without): (Vec<f64>, Vec<f64>) = (0..rounds).map(pair).unzip();
        let (differ, error) =
            median_and_error(with.iter().zip(&without).map(|(with, without)| with - without));
        Compared { without: median(without), differ, error }
    }

    /// That they differ by no more than a fraction, the least that events tell, or what chance makes: the largest of
    /// these.
    pub(super) fn assert_alike(&self, fraction: f64, least_us: f64) {
        let allowed = (fraction * self.without).max(least_us).max(3.0 * self.error);
        assert!(self.differ.abs() <= allowed, "{self:.3?}, allowed {allowed:.3}");
    }
}

/// A stamp behind a launch is one thing more in the queue, on whose length it depends what events add (see
/// [`what_events_add_differs_little_within_a_burst`]). So something is queued behind the last launch of a burst.
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
        let about_us = median_us(&backend.launch(&burst(10, 7)).unwrap());
        // The clock is another from burst to burst, and so is the state that a burst settles into: those of 13 µs differ by
        // 0.14 µs, so that few of them do not tell a step of the timer (150 pairs, an H100: 0.01 µs with stamps and without,
        // 0.003 without and without). Bursts of shorter launches rest soon, so that there can be more.
        let (rounds, idle_ms) = if about_us < 1000.0 { (149, 20) } else { (9, 60) };
        // What events add also depends on where in the driver's queue they are: in some processes every second launch of a
        // burst takes 0.2 µs longer, and a stamp ahead moves that by one, to three of seven launches from four. So the launches
        // ahead of those timed are not always as many.
        let mut bursts = 0;
        let mut told = Vec::new();
        let compared = Compared::by_pairs(rounds, |on| {
            let warmup = 10 + bursts / 2 % 16;
            bursts += 1;
            backend.set_stamps(on);
            backend.idle(Duration::from_millis(idle_ms));
            let launches = backend.launch(&burst(warmup, 7)).unwrap();
            let clocks = launches.iter().filter_map(|launch| launch.sm_clock_mhz);
            let told_before = told.len();
            told.extend(clocks);
            assert!(on || told.len() == told_before, "clocks without stamps");
            median_us(&launches)
        });
        println!(
            "{:?}: {compared:.3?}; {} of {} clocks, median {:.1} MHz, min {:.1}, max {:.1}",
            point.gemm(),
            told.len(),
            7 * rounds,
            if told.is_empty() { f64::NAN } else { median(told.clone()) },
            told.iter().copied().fold(f64::INFINITY, f64::min),
            told.iter().copied().fold(0.0, f64::max),
        );
        assert!(told.iter().all(|mhz| (200.0..limit).contains(mhz)), "{told:?}");
        if is_hopper(&backend) {
            // Event times step by 32 ns. Between two launches at the power limit the clock changes more than stamps
            // could.
            compared.assert_alike(0.003, 1.5 * EVENT_STEP_US);
            assert_eq!(told.len(), 7 * rounds, "clocks are missing");
        }
    }
}

#[test]
#[ignore = "needs a GPU"]
fn stamps_at_the_ends_of_a_graph_do_not_change_its_launches() {
    let _alone = alone();
    let mut backend = open();
    // About 2.5 and 11 µs a launch. What two stamps take by themselves is taken off: were it another amount, four
    // times as many launches between them would each be shorter or longer by three quarters of that over so many. The
    // middle one of both is the same launch of the graph: after another product's data in the L2 they get shorter for some time.
    let points = [(1, 1, 512, 64), (12, 1, 1024, 64)].map(score);
    backend.reserve(Dtype::F16, &points, 1).unwrap();
    for (point, few) in points.iter().zip([25, 8]) {
        backend.prepare(point).unwrap();
        // Of 33 pairs the standard error was 0.1 %, a third of what is allowed, and one run in seven was above that.
        let compared = Compared::by_pairs(149, |many| {
            let (before, launches) = if many { (4 * few, 4 * few) } else { (4 * few + 3 * few / 2, few) };
            // This captures it.
            replays(&mut backend, 1, before, launches);
            backend.idle(Duration::from_millis(20));
            median_us(&replays(&mut backend, 5, before, launches))
        });
        println!("{:?}: {compared:.3?}", point.gemm());
        if is_hopper(&backend) {
            compared.assert_alike(0.003, 0.0);
        }
    }
}

/// Compact points are timed by replays of visits, and larger ones launch by launch, both in graphs.
#[test]
#[ignore = "needs a GPU"]
fn a_launch_between_stamps_takes_what_one_of_many_takes() {
    let _alone = alone();
    let mut backend = open();
    // 286 and 307 MB, on either side of what is compact; bound by memory, so that the clock does not matter: 110 µs. (At head dim
    // 128 it matters on an H200: 48 x 1664x1664x128 takes 87.6 µs at 1,708 MHz in visits of a launch, and 88.2 at 1,673 MHz in
    // bursts of 31, as in visits of a launch behind 16 others.)
    let points = [(12, 4, 1664, 64), (12, 4, 1728, 64)].map(score);
    backend.reserve(Dtype::F16, &points, 1).unwrap();
    for point in &points {
        backend.prepare(point).unwrap();
        let mut place = 0;
        let mut clocks_mhz = [Vec::new(), Vec::new()];
        let compared = Compared::by_pairs(33, |many| {
            backend.idle(Duration::from_millis(20));
            let launches = match many {
                true => {
                    // As the runner does it.
                    let Replays { visits, warmup, launches, .. } = Replays::of_launch(110e-6);
                    let replay = Replay { place, visits, warmup, launches };
                    place += visits;
                    backend.replay(&replay).unwrap()
                }
                false => {
                    let burst = Burst { warmup: 3, samples: 7, each: 4, timer: Timer::Graph };
                    backend.launch(&burst).unwrap()
                }
            };
            clocks_mhz[usize::from(many)].extend(launches.iter().filter_map(|launch| launch.sm_clock_mhz));
            median_us(&launches)
        });
        let [bursts_mhz, visits_mhz] = clocks_mhz.map(median);
        println!(
            "{:?}: {compared:.3?}; visits at {visits_mhz:.0} MHz, bursts at {bursts_mhz:.0}",
            point.gemm()
        );
        if is_hopper(&backend) {
            compared.assert_alike(0.005, 0.0);
        }
    }
}

/// What events add to a launch depends on how much is queued behind it. With nothing behind the last launch of a burst
/// it was 0.5 to 1.2 µs more for the first ones than for the last four or five on five H100s and an H200, however long
/// they were, and on a sixth H100 0.4 µs less for launches of 6 µs.
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

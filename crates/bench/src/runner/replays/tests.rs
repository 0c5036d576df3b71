use super::*;
use crate::fake::{Candidate, Fake, point as published_point};
use hovera_core::{Engine, MethodSpec, Op, Row, Session, Status, Timer, Timers, made_up};

const H100: &str = "NVIDIA H100 80GB HBM3";

/// Of a model with 20 heads, one sequence of 1024: operands and result take 46 MB.
fn compact(head_dim: u64) -> Point {
    made_up::point_of_layer(Op::Score, made_up::layer((20, 1, 1024, head_dim)))
}

fn method() -> MethodSpec {
    MethodSpec { sentinel_every: 0, run_in_seconds: Some(0.0), ..MethodSpec::default() }
}

fn measured(fake: &mut Fake, points: &[Point]) -> (Vec<Row>, Session) {
    let method = method();
    let mut runner = Runner::new(fake, &method, Timers::by_point(Timer::Event), 0, points);
    runner.reserve(points).unwrap();
    let rows = points.iter().map(|point| runner.measure(point).unwrap()).collect();
    (rows, runner.finish())
}

fn row(fake: &mut Fake, point: Point) -> (Row, Session) {
    let (mut rows, session) = measured(fake, &[point]);
    (rows.remove(0), session)
}

#[test]
fn a_compact_point_is_replayed_as_planned_and_a_large_one_timed_by_events() {
    let mut fake = Fake::new().named(H100);
    let (row, _) = row(&mut fake, compact(64));
    // The launches that tell how long one takes, and the three visits of each replay.
    assert_eq!((fake.bursts(), row.timing.unwrap().samples), (1 + 3 * 32, Some(32)));
    assert_eq!(row.status, Status::Ok);
    let mut fake = Fake::new().named(H100);
    let (row, _) = self::row(&mut fake, published_point(Op::Score, 64, Pacing::Burst));
    // Each burst is several samples.
    assert!(u64::from(row.timing.unwrap().samples.unwrap()) > 4 * fake.bursts());
}

#[test]
fn graphs_are_made_while_the_card_rests() {
    let took = |graph_s| {
        let mut fake = Fake::new().named(H100).with_graphs_made_in(graph_s);
        row(&mut fake, compact(64));
        fake.now().as_secs_f64()
    };
    // It rests for about four milliseconds before each of 32 replays.
    let (at_once, within_the_rest, longer) = (took(0.0), took(0.002), took(0.006));
    assert!((within_the_rest - at_once).abs() < 1e-3, "{within_the_rest} and {at_once} s");
    assert!(longer > at_once + 0.03, "{longer} and {at_once} s");
}

#[test]
fn a_noisy_point_is_replayed_144_times_and_no_more() {
    let mut fake = Fake::new().named(H100).with_noise(0.3);
    let (row, _) = row(&mut fake, compact(64));
    assert_eq!((row.status, row.timing.unwrap().samples), (Status::Noisy, Some(144)), "{}", row.note);
    assert_eq!(fake.bursts(), 1 + 3 * 144);
}

#[test]
fn a_speed_that_the_place_makes_is_known_after_the_second_round() {
    let point = compact(64);
    let mut fake = Fake::new().named(H100).with_speed_by_place(point, 0.15);
    let (row, _) = row(&mut fake, point);
    let timing = row.timing.unwrap();
    assert_eq!((row.status, timing.samples), (Status::Ok, Some(64)), "{}", row.note);
    // The samples are of many speeds, and their median is known.
    assert!(timing.max_us.unwrap() > 1.03 * timing.min_us.unwrap(), "{timing:?}");
    assert!(timing.relative_ci().unwrap() < 0.005, "{timing:?}");
}

#[test]
fn two_speeds_are_told_as_two_and_are_no_noise() {
    let point = compact(81);
    let one = row(&mut Fake::new().named(H100), point).0.timing.unwrap();
    let (row, session) = row(&mut Fake::new().named(H100).with_two_speeds(point, 1.23), point);
    let timing = row.timing.unwrap();
    let second = timing.second.unwrap();
    // Every third visit of two in each of 32 replays.
    assert!((second.share - 21.0 / 64.0).abs() < 1e-9, "{second:?}");
    let [fast, slow] = [timing.median_us.unwrap(), second.time_us].map(|us| us / one.median_us.unwrap());
    assert!((fast - 1.0).abs() < 0.003 && (slow - 1.23).abs() < 0.005, "{fast} {slow}");
    assert_eq!((row.status, timing.samples, session.disturbed_groups), (Status::Ok, Some(32), 0));
    assert_eq!(one.second, None);
}

#[test]
fn two_speeds_from_launch_to_launch_are_told_by_launches_one_by_one() {
    let factor = 1.14;
    // What the row says, and what it says of the same card without the other speed.
    let rows = |point| {
        let told = row(&mut Fake::new().named(H100).with_two_speeds_by_launch(point, factor), point).0;
        (told, row(&mut Fake::new().named(H100), point).0.timing.unwrap().median_us.unwrap())
    };
    let of_40_heads = |head_dim| made_up::point_of_layer(Op::Score, made_up::layer((40, 1, 1024, head_dim)));
    let (told, one_us) = rows(of_40_heads(101));
    assert!((50.0..100.0).contains(&one_us), "{one_us} us");
    let timing = told.timing.unwrap();
    let second = timing.second.expect("two speeds");
    assert!((0.2..0.5).contains(&second.share), "{second:?}");
    let [fast, slow] = [timing.median_us.unwrap(), second.time_us].map(|us| us / one_us);
    assert!((fast - 1.0).abs() < 0.003 && (slow / factor - 1.0).abs() < 0.003, "{fast} {slow}");
    assert_eq!(told.status, Status::Ok, "{}", told.note);
    // A shorter one by itself would say what stamps add.
    let (told, one_us) = rows(compact(81));
    assert!(one_us < 50.0, "{one_us} us");
    assert_eq!(told.timing.unwrap().second, None);
}

#[test]
fn noise_is_not_told_as_two_speeds_by_launches_one_by_one() {
    let point = made_up::point_of_layer(Op::Score, made_up::layer((40, 1, 1024, 101)));
    let mut fake = Fake::new().named(H100).with_noise(0.2);
    let (row, _) = row(&mut fake, point);
    // The launches one by one, in 28 replays, do not count.
    assert_eq!((row.status, row.timing.unwrap().samples), (Status::Noisy, Some(144)), "{}", row.note);
    assert_eq!((fake.bursts(), row.timing.unwrap().second), (1 + 144 + 28, None));
}

/// All three visits of these replays slower by a factor.
fn disturbed(replays: &[u64], factor: f64) -> Fake {
    let visits = replays.iter().flat_map(|replay| (0..3).map(move |visit| 1 + 3 * replay + visit));
    visits.fold(Fake::new().named(H100), |fake, visit| fake.with_disturbed_burst(visit, factor))
}

#[test]
fn disturbed_replays_do_not_count_and_are_made_up_for() {
    let mut fake = disturbed(&[1, 5, 6, 7], 1.6);
    let (row, session) = row(&mut fake, compact(64));
    let timing = row.timing.unwrap();
    assert_eq!((timing.samples, session.disturbed_groups, fake.bursts()), (Some(32), 4, 1 + 3 * 36));
    assert!(timing.max_us.unwrap() < 1.01 * timing.min_us.unwrap());
}

#[test]
fn replays_that_are_slow_again_and_again_are_the_product_s_own() {
    let (row, session) = row(&mut disturbed(&[1, 5, 9, 14, 15, 20], 1.6), compact(64));
    assert_eq!(session.disturbed_groups, 0);
    assert!(row.timing.unwrap().max_us.unwrap() > 1.5 * row.timing.unwrap().min_us.unwrap());
}

#[test]
fn a_sample_is_the_mean_of_the_visits_of_a_replay() {
    // One of three visits at another speed, of too few replays to be told as such.
    let mut fake = [4, 10]
        .into_iter()
        .fold(Fake::new().named(H100), |fake, visit| fake.with_disturbed_burst(visit, 1.3));
    let (row, _) = row(&mut fake, compact(64));
    let timing = row.timing.unwrap();
    let slower = timing.max_us.unwrap() / timing.median_us.unwrap();
    assert!((slower - 1.1).abs() < 0.01, "{slower}");
}

#[test]
fn the_card_rests_five_times_as_long_as_it_is_busy() {
    let mut fake = Fake::new().named(H100);
    let began = fake.now();
    row(&mut fake, compact(63));
    let wall_s = (fake.now() - began).as_secs_f64();
    // Replays of some 540 µs.
    assert!((32.0 * 0.0025..32.0 * 0.0045).contains(&wall_s), "{wall_s}");
    assert!(fake.busy_seconds() < wall_s / 5.0, "{} of {wall_s}", fake.busy_seconds());
}

#[test]
fn what_ran_before_does_not_matter() {
    let dense = made_up::point_of_layer(Op::Values, made_up::layer((20, 1, 4096, 512)));
    let times = [compact(64), dense].map(|before| {
        let mut fake = Fake::new().named(H100);
        let (rows, _) = measured(&mut fake, &[before, compact(128)]);
        rows[1].timing.unwrap().median_us.unwrap()
    });
    assert!((times[0] / times[1] - 1.0).abs() < 0.002, "{times:?}");
}

#[test]
fn candidates_for_a_short_launch_are_ranked_by_replays() {
    let candidates = [1.0, 0.95, 1.2].map(|slowness| Candidate { slowness, right: true });
    let mut fake = Fake::new().named(H100).with_candidates(candidates.to_vec());
    let (row, _) = row(&mut fake, Point { engine: Engine::Tuned, ..compact(64) });
    assert!(row.note.contains("candidate 2 of 3") && row.note.contains("1.05"), "{}", row.note);
    // Three screened, two probes, three rounds of three and four of the two that are left at the least.
    assert!(fake.bursts() >= 3 + 2 + 9 + 8 + 32, "{}", fake.bursts());
}

use super::*;
use crate::fake::{Fake, Fault, point, points};
use hovera_core::{MethodSpec, Op, Pacing, Session, Timer, Timers};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Rows in the order that they came in.
#[derive(Default)]
struct Rows(Vec<Row>);

#[derive(Debug)]
struct Never;

impl From<BackendError> for Never {
    fn from(_: BackendError) -> Never {
        Never
    }
}

impl RowSink for Rows {
    type Error = Never;

    fn is_done(&self, point: &Point) -> bool {
        self.0.iter().any(|row| row.point == *point)
    }

    fn append(&mut self, row: &Row) -> Result<(), Never> {
        self.0.push(row.clone());
        Ok(())
    }

    fn replace(&mut self, row: &Row) -> Result<(), Never> {
        let old = self.0.iter_mut().find(|old| (old.point, old.device) == (row.point, row.device));
        *old.expect("only a point that was measured is measured again") = row.clone();
        Ok(())
    }
}

fn swept(cards: &mut [Fake], todo: &[Point]) -> (Vec<Row>, Swept) {
    let method = MethodSpec { pacing: vec![Pacing::Burst], ..MethodSpec::default() };
    let runner = |(device, card)| Runner::new(card, &method, Timers::one(Timer::Event), device, todo);
    let runners = (0..).zip(cards.iter_mut()).map(runner).collect();
    let mut rows = Rows::default();
    let swept = sweep(runners, todo, &[], &mut rows, |_| {}).expect("this sink keeps everything");
    (rows.0, swept)
}

/// Each point of the list is a row, and none twice.
fn assert_once_each(rows: &[Row], todo: &[Point]) {
    let measured: BTreeSet<Point> = rows.iter().map(|row| row.point).collect();
    assert_eq!(rows.len(), todo.len());
    assert_eq!(measured, todo.iter().copied().collect());
}

/// A card on which these points fail, as on a device that breaks.
fn broken(points: &[Point]) -> Fake {
    points.iter().fold(Fake::new(), |card, point| card.with_fault(*point, Fault::Device))
}

#[test]
fn one_card_measures_all_in_order() {
    let todo = points(Pacing::Burst);
    let (rows, swept) = swept(&mut [Fake::new()], &todo);
    assert_eq!(rows.iter().map(|row| row.point).collect::<Vec<_>>(), todo);
    assert_eq!((swept.sessions.len(), swept.lost.len()), (1, 0));
}

/// 200 points of one series, in an order that is not theirs.
fn one_series() -> Vec<Point> {
    (0..200).map(|i| point(Op::Score, 600 + 8 * (2 * (i * 23 % 200) + 1), Pacing::Burst)).collect()
}

/// A sweep on a card some of whose bursts are slower by a factor. How far its rows are at most from those of the
/// same card left alone; its rows; its session and the card's that was left alone.
fn disturbed(bursts: impl IntoIterator<Item = (u64, f64)>) -> (f64, Vec<Row>, [Session; 2]) {
    let todo = one_series();
    let median = |row: &Row| row.timing.unwrap().median_us.unwrap();
    let (alone, mut quiet) = swept(&mut [Fake::new()], &todo);
    let card = bursts.into_iter().fold(Fake::new(), |card, (burst, by)| card.with_disturbed_burst(burst, by));
    let (rows, mut swept) = swept(&mut [card], &todo);
    let ratios = rows.iter().zip(&alone).map(|(row, alone)| median(row) / median(alone));
    let worst = ratios.fold(0.0, |worst: f64, ratio| worst.max((ratio - 1.0).abs()));
    (worst, rows, [swept.sessions.remove(0), quiet.sessions.remove(0)])
}

/// What none of 4, 5 and 9 % does by itself, nor a whole point at 3 times its time, whose groups agree.
const NEAR_EACH_OTHER: [(u64, f64); 5] = [(97, 1.04), (100, 1.09), (101, 3.0), (102, 3.0), (103, 1.05)];

#[test]
fn what_a_disturbance_met_without_showing_is_measured_again() {
    let (worst, rows, [session, quiet]) = disturbed(NEAR_EACH_OTHER);
    assert!(worst < 0.02, "off by {worst}");
    assert_eq!(rows.iter().filter(|row| row.note.contains("before that it was 1.0")).count(), 3);
    assert_eq!(session.disturbed_groups, 4);
    // What is far from it is left alone.
    assert!(session.wall_seconds < 1.25 * quiet.wall_seconds);
}

#[test]
fn what_is_disturbed_when_it_is_measured_again_is_measured_a_third_time() {
    let mut card = Fake::new();
    let _ = swept(std::slice::from_mut(&mut card), &one_series());
    // The sentinel ends that sweep; the other goes on instead.
    let again = card.bursts() - 1;
    for from in again..again + 12 {
        let later = [(from, 1.08), (from + 1, 3.0), (from + 2, 1.06)];
        let (worst, ..) = disturbed(NEAR_EACH_OTHER.into_iter().chain(later));
        assert!(worst < 0.02, "burst {from}: off by {worst}");
    }
}

#[test]
fn several_cards_measure_each_point_once_and_each_says_what_it_found() {
    let todo = points(Pacing::Burst);
    // Bursts take a moment, so that no card has done everything before the next one begins.
    let card = || Fake::new().with_real_burst(Duration::from_millis(1));
    let (rows, swept) = swept(&mut [card(), card(), card()], &todo);
    assert_once_each(&rows, &todo);
    let of_session: Vec<(u32, u64)> = swept.sessions.iter().map(|s| (s.device, s.points)).collect();
    let of_rows = |device| rows.iter().filter(|row| row.device == device).count() as u64;
    assert_eq!(of_session, [(0, of_rows(0)), (1, of_rows(1)), (2, of_rows(2))]);
    assert!(of_session.iter().all(|(_, points)| *points > 0), "{of_session:?}");
    assert_eq!(swept.lost, []);
}

#[test]
fn a_sentinel_on_every_card_is_still_one_row() {
    let todo = points(Pacing::Burst);
    let method = MethodSpec { pacing: vec![Pacing::Burst], sentinel_every: 5, ..MethodSpec::default() };
    let mut cards = [0, 1].map(|_| Fake::new().with_real_burst(Duration::from_millis(1)));
    let runner = |(device, card)| Runner::new(card, &method, Timers::one(Timer::Event), device, &todo);
    let runners = (0..).zip(cards.iter_mut()).map(runner).collect();
    let mut rows = Rows::default();
    let swept = sweep(runners, &todo, &[], &mut rows, |_| {}).expect("this sink keeps everything");
    assert_once_each(&rows.0, &todo);
    let watched: Vec<usize> = swept.sessions.iter().map(|session| session.sentinel.len()).collect();
    assert!(watched.len() == 2 && watched.iter().all(|sentinels| *sentinels >= 1), "{watched:?}");
}

#[test]
fn what_failed_on_a_card_that_is_lost_is_measured_on_another() {
    let todo = points(Pacing::Burst);
    // Each burst of the card that works takes a moment, so that the other comes to points and fails.
    let working = Fake::new().with_real_burst(Duration::from_millis(2));
    let (rows, swept) = swept(&mut [working, broken(&todo)], &todo);
    assert_once_each(&rows, &todo);
    assert!(rows.iter().all(|row| row.device == 0 && row.status == Status::Ok));
    assert_eq!(swept.lost, [(1, BackendError::Device("simulated illegal address".into()))]);
}

/// Whatever it is at then: the search for what is doubtful at the end of a stretch has taken the first point of the next.
#[test]
fn a_card_that_breaks_at_any_moment_leaves_its_points_to_another() {
    let todo = points(Pacing::Burst);
    for preparations in 0..80 {
        let working = Fake::new().with_real_burst(Duration::from_micros(20));
        let breaking = Fake::new().with_real_burst(Duration::from_micros(20)).breaking_after(preparations);
        let (rows, _) = swept(&mut [working, breaking], &todo);
        assert_once_each(&rows, &todo);
        assert!(rows.iter().all(|row| row.status == Status::Ok), "{preparations}");
    }
}

#[test]
fn a_point_that_fails_where_the_card_goes_on_after_it_has_failed() {
    let todo = points(Pacing::Burst);
    let bad = [todo[3], todo[4], todo[40]];
    let (rows, swept) = swept(&mut [broken(&bad)], &todo);
    assert_once_each(&rows, &todo);
    let failed: Vec<Point> =
        rows.iter().filter(|row| row.status == Status::Failed).map(|row| row.point).collect();
    assert_eq!(failed, bad);
    assert_eq!(swept.lost, []);
}

#[test]
fn when_all_cards_are_lost_the_sweep_ends_with_what_it_has() {
    let todo = points(Pacing::Burst);
    let (rows, swept) = swept(&mut [broken(&todo[10..])], &todo);
    let measured = rows.iter().filter(|row| row.status == Status::Ok).count();
    assert_eq!((measured, rows.len()), (10, 13));
    assert_eq!(swept.lost, [(0, BackendError::Device("simulated illegal address".into()))]);
    let (rows, swept) = self::swept(&mut [broken(&todo), broken(&todo)], &todo);
    // The last card to be lost has failed at three in a row; what failed on the other was left to it.
    assert!(rows.len() >= 3 && rows.iter().all(|row| row.status == Status::Failed), "{rows:?}");
    assert!(rows.len() <= 6 && swept.lost.len() == 2, "{} rows, {:?}", rows.len(), swept.lost);
}

#[test]
fn a_sink_that_keeps_no_more_ends_the_sweep() {
    struct Full(usize);
    impl RowSink for Full {
        type Error = Never;
        fn is_done(&self, _point: &Point) -> bool {
            false
        }
        fn append(&mut self, _row: &Row) -> Result<(), Never> {
            self.0 += 1;
            if self.0 == 5 { Err(Never) } else { Ok(()) }
        }
        fn replace(&mut self, _row: &Row) -> Result<(), Never> {
            Ok(())
        }
    }
    let todo = points(Pacing::Burst);
    let method = MethodSpec { pacing: vec![Pacing::Burst], ..MethodSpec::default() };
    let mut cards = [Fake::new(), Fake::new()];
    let runner = |(device, card)| Runner::new(card, &method, Timers::one(Timer::Event), device, &todo);
    let runners = (0..).zip(cards.iter_mut()).map(runner).collect();
    let mut sink = Full(0);
    assert!(sweep(runners, &todo, &[], &mut sink, |_| {}).is_err());
    assert_eq!(sink.0, 5, "nothing is kept after what could not be");
}

#[test]
fn the_last_points_of_several_cards_begin_with_the_longest() {
    let all = points(Pacing::None);
    let cost = |point: &Point| point.flop() as f64;
    let mut shared = all.clone();
    large_ones_first_at_the_end(&mut shared, 2, cost);
    assert_eq!(shared[..38], all[..38]);
    assert!(shared[38..].is_sorted_by(|a, b| cost(a) >= cost(b)));
    let mut sorted = (shared.clone(), all);
    sorted.0.sort();
    sorted.1.sort();
    assert_eq!(sorted.0, sorted.1);
}

#[test]
fn rows_are_in_the_plan_s_order_however_often_the_sweep_is_stopped() {
    let method = MethodSpec { pacing: vec![Pacing::Burst], sentinel_every: 3, ..MethodSpec::default() };
    let plan = &points(Pacing::Burst)[..12];
    let too_large: Vec<Row> =
        [4, 9].map(|i| skipped(plan[i], &BackendError::Unsupported("too large".into()))).into();
    let mut rows = Rows::default();
    for stop_after in [1, 2, 4, 1, 99] {
        let before = rows.0.len();
        let stop = AtomicBool::new(false);
        let mut fake = Fake::new();
        let todo: Vec<Point> = plan.iter().filter(|p| !rows.is_done(p)).copied().collect();
        let runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, &todo).stopped_by(&stop);
        let mut kept = 0;
        let swept = sweep(vec![runner], plan, &too_large, &mut rows, |_| {
            kept += 1;
            stop.store(kept == stop_after, Ordering::Relaxed);
        });
        let whole = rows.0.len() == plan.len();
        assert_eq!(swept.unwrap().stopped, !whole);
        // One that is not measured needs no device, and is kept ahead of the stop.
        assert!(whole || (stop_after..=stop_after + 1).contains(&(rows.0.len() - before)));
    }
    assert_eq!(rows.0.iter().map(|row| row.point).collect::<Vec<_>>(), plan);
    assert_eq!(rows.0.iter().filter(|row| row.status == Status::Skipped).count(), 2);
}

#[test]
fn a_stop_while_a_point_is_measured_leaves_no_row_of_it_and_no_further_launch() {
    let method = MethodSpec { pacing: vec![Pacing::Burst], ..MethodSpec::default() };
    let plan = &points(Pacing::Burst)[..1];
    let stop = AtomicBool::new(true);
    let mut fake = Fake::new();
    let mut rows = Rows::default();
    let mut runner = Runner::new(&mut fake, &method, Timers::one(Timer::Event), 0, plan).stopped_by(&stop);
    assert_eq!(runner.measure(&plan[0]), Err(BackendError::Stopped));
    let swept = sweep(vec![runner], plan, &[], &mut rows, |_| {}).unwrap();
    assert_eq!((swept.stopped, &rows.0[..], swept.lost), (true, &[][..], vec![]));
    assert_eq!(swept.sessions[0].points, 0);
    assert_eq!(fake.bursts(), 0);
}

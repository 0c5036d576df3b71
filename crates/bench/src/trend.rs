//! What a point's neighbours in its series make expect of it.

use hovera_core::{Curve, NEAR, Point};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A time is doubted when it is longer by this factor than the neighbours let expect. Default kernels make
/// larger steps from one head dim to the next at few points only (12 of 5460 on an H100), and a doubt
/// costs no more than another burst; what disturbs from outside makes 40 % or more of a whole group, and
/// less of one that it meets in part.
const DOUBTED: f64 = 1.1;

/// Median times by curve and head dim.
#[derive(Debug, Default)]
pub(crate) struct Trend {
    curves: BTreeMap<Curve, BTreeMap<u32, f64>>,
}

/// One trend for all cards that share a sweep: they are of one model, whose cards agree far better than a
/// doubt asks for, and each of them measures only some of a point's neighbours.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedTrend(Arc<Mutex<Trend>>);

impl SharedTrend {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Trend> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the neighbours say of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    Plausible,
    TooLong,
    /// There is no near neighbour.
    Alone,
}

impl Trend {
    /// A measured median, in µs.
    pub(crate) fn add(&mut self, point: &Point, time_us: f64) {
        if let Some((curve, head_dim)) = Curve::place(point) {
            self.curves.entry(curve).or_default().insert(head_dim, time_us);
        }
    }

    /// The median that was measured last.
    pub(crate) fn time_us(&self, point: &Point) -> Option<f64> {
        let (curve, head_dim) = Curve::place(point)?;
        self.curves.get(&curve)?.get(&head_dim).copied()
    }

    /// FLOP/s to expect, by the nearest neighbour.
    pub(crate) fn expected_rate(&self, point: &Point) -> Option<f64> {
        let (_, d) = Curve::place(point)?;
        let neighbours = self.neighbours(point).into_iter().flatten();
        let Neighbour { head_dim, time_us } = neighbours.min_by_key(|n| n.head_dim.abs_diff(d))?;
        let flop = point.flop() as f64 * (f64::from(head_dim) / f64::from(d)).powi(point.op.growth());
        Some(flop / (time_us * 1e-6))
    }

    /// How a time in µs looks beside near neighbours.
    pub(crate) fn judge(&self, point: &Point, time_us: f64) -> Judgement {
        let Some((_, d)) = Curve::place(point) else { return Judgement::Alone };
        let d = f64::from(d);
        // How much larger the point is than a neighbour, and the neighbour's time.
        let near = |neighbour: Neighbour| {
            let ratio = d / f64::from(neighbour.head_dim);
            (1.0 / NEAR..=NEAR).contains(&ratio).then_some((ratio, neighbour.time_us))
        };
        let longest = match self.neighbours(point).map(|neighbour| neighbour.and_then(near)) {
            [Some((from_below, low)), Some((from_above, high))] => {
                // On the straight line between them in log time against log head dim.
                let share = from_below.ln() / (from_below.ln() - from_above.ln());
                (low.ln() + share * (high.ln() - low.ln())).exp()
            }
            // Beyond the last one time grows with the work at most, and before the first not at all.
            [Some((ratio, low)), None] => low * ratio.powi(point.op.growth()),
            [None, Some((_, high))] => high,
            [None, None] => return Judgement::Alone,
        };
        if time_us <= DOUBTED * longest { Judgement::Plausible } else { Judgement::TooLong }
    }

    /// The measured points that stand out among all that are known by now, or have no near neighbour to
    /// vouch for them and need one.
    pub(crate) fn doubtful(&self, points: &[Point], needs_neighbour: impl Fn(&Point) -> bool) -> Vec<Point> {
        let stands_out = |point: &Point, time| match self.judge(point, time) {
            Judgement::Plausible => false,
            Judgement::TooLong => true,
            Judgement::Alone => needs_neighbour(point),
        };
        let doubtful = |point: &&Point| self.time_us(point).is_some_and(|time| stands_out(point, time));
        points.iter().filter(doubtful).copied().collect()
    }

    /// The measured neighbours below and above in head dim.
    fn neighbours(&self, point: &Point) -> [Option<Neighbour>; 2] {
        let Some((curve, d)) = Curve::place(point) else { return [None, None] };
        let Some(on_it) = self.curves.get(&curve) else { return [None, None] };
        let neighbour =
            |(head_dim, time_us): (&u32, &f64)| Neighbour { head_dim: *head_dim, time_us: *time_us };
        [on_it.range(..d).next_back().map(neighbour), on_it.range(d + 1..).next().map(neighbour)]
    }
}

#[derive(Debug, Clone, Copy)]
struct Neighbour {
    head_dim: u32,
    time_us: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::point;
    use hovera_core::{Op, Pacing};

    fn at(d: u64) -> Point {
        point(Op::Score, d, Pacing::Burst)
    }

    fn trend(times: &[(u64, f64)]) -> Trend {
        let mut trend = Trend::default();
        times.iter().for_each(|(d, time)| trend.add(&at(*d), *time));
        trend
    }

    #[test]
    fn a_time_far_above_its_neighbours_is_too_long() {
        let trend = trend(&[(65, 100.0), (101, 160.0)]);
        let judge = |d, time| trend.judge(&at(d), time);
        assert_eq!((judge(81, 130.0), judge(81, 1.4 * 130.0)), (Judgement::Plausible, Judgement::TooLong));
        // One neighbour only.
        assert_eq!((judge(111, 175.0), judge(111, 1.4 * 176.0)), (Judgement::Plausible, Judgement::TooLong));
        assert_eq!((judge(63, 99.0), judge(63, 140.0)), (Judgement::Plausible, Judgement::TooLong));
    }

    #[test]
    fn only_near_points_of_the_same_series_are_neighbours() {
        let trend = trend(&[(65, 100.0)]);
        let judge = |point| trend.judge(&point, 100.0);
        assert_eq!(judge(at(67)), Judgement::Plausible);
        assert_eq!(judge(at(1001)), Judgement::Alone);
        assert_eq!(judge(at(66)), Judgement::Alone, "66 is of series 2");
        assert_eq!(judge(point(Op::Values, 67, Pacing::Burst)), Judgement::Alone);
        assert_eq!(judge(point(Op::Score, 67, Pacing::Sustained)), Judgement::Alone);
    }

    #[test]
    fn a_rate_is_expected_from_the_nearest_neighbour() {
        let trend = trend(&[(65, 100.0), (101, 160.0)]);
        let rate = trend.expected_rate(&at(99)).unwrap();
        let known = at(101).flop() as f64 / 160e-6;
        assert!((rate / known - 1.0).abs() < 1e-12);
        assert_eq!(trend.expected_rate(&at(66)), None);
    }

    #[test]
    fn what_stands_out_or_stands_alone_is_doubtful_in_the_end() {
        let dims: Vec<u64> = (51..100).step_by(2).chain([1001]).collect();
        let mut trend = trend(&dims.iter().map(|d| (*d, *d as f64)).collect::<Vec<_>>());
        trend.add(&at(61), 1.5 * 61.0);
        let points: Vec<Point> = dims.iter().map(|d| at(*d)).collect();
        assert_eq!(trend.doubtful(&points, |_| true), [at(61), at(1001)]);
    }

    #[test]
    fn time_may_grow_as_the_work_of_the_op_does() {
        // The MLP is as much wider as its input: its work grows with the square of the head dim.
        let up = |d| Point { op: Op::MlpUp, ..at(d) };
        let mut trend = trend(&[(192, 100.0)]);
        trend.add(&up(192), 100.0);
        let ratio = 320.0 / 192.0;
        assert_eq!(trend.judge(&at(320), 100.0 * ratio * ratio), Judgement::TooLong);
        assert_eq!(trend.judge(&up(320), 100.0 * ratio * ratio), Judgement::Plausible);
        let rate = |point: Point| trend.expected_rate(&point).unwrap() / point.flop() as f64 * 100e-6;
        assert!((rate(at(320)) * ratio - 1.0).abs() < 1e-12);
        assert!((rate(up(320)) * ratio * ratio - 1.0).abs() < 1e-12);
    }
}

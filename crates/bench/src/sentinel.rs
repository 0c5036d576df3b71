//! One shape, measured again and again through a sweep: all other points may have drifted by as much.

use hovera_core::{Bound, Point, Sentinel, Timing, median, sentinel_of};
use std::time::Duration;

/// Which shape, and what it has shown so far.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) point: Point,
    at: Vec<Duration>,
    time_us: Vec<f64>,
    invariant: Vec<f64>,
    bound: Option<Bound>,
}

impl Watch {
    /// The [sentinel](sentinel_of) of points of one stretch.
    pub(crate) fn choose<'p>(points: impl IntoIterator<Item = &'p Point>) -> Option<Watch> {
        let point = sentinel_of(points)?;
        Some(Watch { point, at: vec![], time_us: vec![], invariant: vec![], bound: None })
    }

    pub(crate) fn serves(&self, point: &Point) -> bool {
        self.point.stretch() == point.stretch()
    }

    /// The bound of its first measurement holds for all of them: the invariant must be one quantity.
    pub(crate) fn add(&mut self, at: Duration, timing: &Timing, bound: Option<Bound>) {
        self.bound = self.bound.or(bound);
        if let (Some(time_us), Some(invariant)) = (timing.median_us, timing.invariant(self.bound)) {
            self.at.push(at);
            self.time_us.push(time_us);
            self.invariant.push(invariant);
        }
    }

    /// For the end of the file, where it was measured at all.
    pub(crate) fn summary(&self) -> Option<Sentinel> {
        Some(Sentinel {
            point: in_words(&self.point),
            at_seconds: self.at.iter().map(Duration::as_secs_f64).collect(),
            time_drift: drift(&self.time_us)?,
            invariant_drift: drift(&self.invariant)?,
            time_us: self.time_us.clone(),
            invariant: self.invariant.clone(),
        })
    }
}

/// `score f16 nn cublas burst hot, hidden 16128`.
pub(crate) fn in_words(point: &Point) -> String {
    format!("{}, {}", point.condition_in_words(), point.size_in_words())
}

/// (max - min) / median.
fn drift(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some((sorted.last()? - sorted.first()?) / median(&sorted)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::points;
    use hovera_core::{Engine, Load, Pacing};

    #[test]
    fn the_middle_of_the_highest_series_with_much_arithmetic_is_watched() {
        let points = points(Pacing::Burst);
        let watch = Watch::choose(&points).unwrap();
        assert_eq!(in_words(&watch.point), "values f16 nn cublas burst hot, hidden 22272");
        // 22272 is 12 times 1856, of series 64.
        let light = points.iter().filter(|p| p.load() == Load::Light);
        assert_eq!(Watch::choose(light).unwrap().point.layer().unwrap().series().get(), 4);
        let tuned: Vec<Point> = points.iter().map(|p| Point { engine: Engine::Tuned, ..*p }).collect();
        assert_eq!(Watch::choose(&tuned).unwrap().point.engine, Engine::CublasLt);
        assert!(Watch::choose(&[]).is_none());
    }

    #[test]
    fn drift_is_the_range_over_the_median() {
        assert_eq!(drift(&[100.0, 101.0, 99.0]), Some(0.02));
        assert_eq!(drift(&[]), None);
    }
}

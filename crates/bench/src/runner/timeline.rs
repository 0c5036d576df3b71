//! When points were measured, how often again, and what came near that.

use hovera_core::procedure::AROUND_DISTURBANCE_S;
use hovera_core::{Pacing, Point};
use std::collections::BTreeMap;
use std::time::Duration;

/// So often is a point measured again at most: the second time may be disturbed as well.
const MOST_AGAIN: u32 = 3;

/// From the start of a point's measurement to its end.
type Interval = (Duration, Duration);

#[derive(Debug, Default)]
pub(super) struct Timeline {
    measured: BTreeMap<Point, Interval>,
    /// How often points were to be measured again.
    again: BTreeMap<Point, u32>,
    disturbed: Vec<Interval>,
}

impl Timeline {
    /// A point has been measured, for the first time or again.
    pub(super) fn measured(&mut self, point: Point, interval: Interval) {
        self.measured.insert(point, interval);
    }

    /// A point is going to be measured again, whatever comes of it.
    pub(super) fn again(&mut self, point: Point) {
        *self.again.entry(point).or_default() += 1;
    }

    /// A point has no time any more.
    pub(super) fn forget(&mut self, point: &Point) {
        self.measured.remove(point);
    }

    /// Something from outside showed.
    pub(super) fn disturbed(&mut self, interval: Interval) {
        self.disturbed.push(interval);
    }

    /// The points that were measured.
    pub(super) fn points(&self) -> impl Iterator<Item = &Point> {
        self.measured.keys()
    }

    /// When a point was measured last.
    pub(super) fn interval_of(&self, point: &Point) -> Option<Interval> {
        self.measured.get(point).copied()
    }

    /// Whether a point was measured once only.
    pub(super) fn only_once(&self, point: &Point) -> bool {
        !self.again.contains_key(point)
    }

    /// Whether a point may be measured again for what was near it.
    pub(super) fn is_to_be_measured_again(&self, point: &Point) -> bool {
        self.near_disturbance(point) && self.again.get(point).is_none_or(|times| *times < MOST_AGAIN)
    }

    /// Whether a point was last measured while something disturbed, or might have. Only in bursts does a time repeat
    /// so well that this matters.
    pub(super) fn near_disturbance(&self, point: &Point) -> bool {
        let around = Duration::from_secs_f64(AROUND_DISTURBANCE_S);
        let near = |(began, ended): Interval| {
            let meets = |(first, last): &Interval| began <= *last + around && *first <= ended + around;
            self.disturbed.iter().any(meets)
        };
        point.pacing == Pacing::Burst && self.interval_of(point).is_some_and(near)
    }
}

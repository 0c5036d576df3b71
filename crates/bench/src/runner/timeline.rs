//! When points were measured, how often again, and what came near that.

use hovera_core::procedure::AROUND_DISTURBANCE_S;
use hovera_core::{Load, Pacing, Point, Stretch, median_of};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// So often is a point measured again at most: the second time may be disturbed as well.
const MOST_AGAIN: u32 = 3;

/// A clock is low by this fraction of what is usual: those of light products differ by 0.7 % among each other.
const LOW_CLOCK: f64 = 0.01;

/// So many clocks tell what is usual.
const FEWEST_CLOCKS: usize = 8;

/// From the start of a point's measurement to its end.
type Interval = (Duration, Duration);

#[derive(Debug, Default)]
pub(super) struct Timeline {
    measured: BTreeMap<Point, Interval>,
    /// The mean SM clock in MHz that each ran at, where it is known.
    clocks: BTreeMap<Point, f64>,
    /// How often points were to be measured again.
    again: BTreeMap<Point, u32>,
    disturbed: Vec<Interval>,
}

impl Timeline {
    /// A point has been measured, for the first time or again.
    pub(super) fn measured(&mut self, point: Point, interval: Interval, mhz: Option<f64>) {
        self.measured.insert(point, interval);
        match mhz {
            Some(mhz) => self.clocks.insert(point, mhz),
            None => self.clocks.remove(&point),
        };
    }

    /// A point is going to be measured again, whatever comes of it.
    pub(super) fn again(&mut self, point: Point) {
        *self.again.entry(point).or_default() += 1;
    }

    /// A point has no time any more.
    pub(super) fn forget(&mut self, point: &Point) {
        self.measured.remove(point);
        self.clocks.remove(point);
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

    /// The mean SM clock in MHz that a point was measured at last, where it is known.
    pub(super) fn clock_of(&self, point: &Point) -> Option<f64> {
        self.clocks.get(point).copied()
    }

    /// Whether a point was measured once only.
    pub(super) fn only_once(&self, point: &Point) -> bool {
        !self.again.contains_key(point)
    }

    /// Whether a point may be measured again for what was near it.
    pub(super) fn is_to_be_measured_again(&self, point: &Point) -> bool {
        self.near_disturbance(point) && self.may_be_measured_again(point)
    }

    fn may_be_measured_again(&self, point: &Point) -> bool {
        self.again.get(point).is_none_or(|times| *times < MOST_AGAIN)
    }

    /// Of the light points in bursts that `counts` says yes to, those that ran at a lower clock than is usual in their
    /// stretch, and may be measured again. On three H100s the clock of light products fell from 1865 to 1800 MHz at
    /// any time, once in some seconds, and took half a second to come back; whatever ran in that time is 1 to 3.5 %
    /// slower.
    pub(super) fn at_low_clocks(&self, counts: impl Fn(&Point) -> bool) -> BTreeSet<Point> {
        let mut stretches: BTreeMap<Stretch, Vec<f64>> = BTreeMap::new();
        let light = |point: &Point| point.pacing == Pacing::Burst && point.load() == Load::Light;
        for (point, mhz) in self.clocks.iter().filter(|(point, _)| light(point)) {
            stretches.entry(point.stretch()).or_default().push(*mhz);
        }
        let many = stretches.into_iter().filter(|(_, clocks)| clocks.len() >= FEWEST_CLOCKS);
        let usual: BTreeMap<Stretch, f64> =
            many.filter_map(|(stretch, clocks)| Some((stretch, median_of(clocks)?))).collect();
        let is_low = |(point, mhz): &(&Point, &f64)| {
            let usual = usual.get(&point.stretch()).filter(|_| light(point));
            usual.is_some_and(|usual| **mhz < (1.0 - LOW_CLOCK) * usual)
        };
        let low = self.clocks.iter().filter(is_low).map(|(point, _)| point);
        low.filter(|point| counts(point) && self.may_be_measured_again(point)).copied().collect()
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

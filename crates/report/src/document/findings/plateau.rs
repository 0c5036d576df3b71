//! Where a series stops rising.

use super::LAST_QUARTER;
use crate::document::condition::Spot;
use crate::document::sentence::{Sentence, counted, three_digits};
use hovera_core::{Series, median_of, percent};
use std::collections::BTreeMap;

/// A plateau is where a line stays within this fraction of its level.
pub(super) const TOLERANCE: f64 = 0.1;
/// A line that ends higher or lower than this, half of the last quarter against the other, is still moving.
pub(super) const STILL: f64 = 0.05;
/// Fewer points of the last quarter than this tell nothing.
pub(super) const FEWEST: usize = 5;

/// A series at its large sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::document) struct LargeSizes {
    pub(in crate::document) series: Series,
    /// Median throughput over the last quarter of the hidden sizes, in TFLOP/s.
    pub(in crate::document) level: f64,
    /// Hidden size at which the last quarter begins.
    pub(in crate::document) quarter_from: u32,
    /// The largest hidden size.
    pub(in crate::document) to: u32,
    /// The least and the highest throughput of the last quarter, in TFLOP/s.
    pub(in crate::document) range: (f64, f64),
    /// From where on the line stays within the tolerance of the level; none where it does not rest.
    pub(in crate::document) plateau_from: Option<u32>,
}

/// The large sizes of a line by hidden size; none where there are too few of them.
pub(in crate::document) fn large_sizes(line: &[Spot<'_>]) -> Option<LargeSizes> {
    let last = line.last()?;
    let start = line.partition_point(|spot| f64::from(spot.hidden) < LAST_QUARTER * f64::from(last.hidden));
    let (before, quarter) = line.split_at(start);
    // Where everything lies in the last quarter, it is no quarter: nothing is known of how the line got there.
    if quarter.len() < FEWEST || before.is_empty() {
        return None;
    }
    let level = middle(quarter)?;
    let (early, late) = quarter.split_at(quarter.len() / 2);
    let still = (middle(late)? / middle(early)? - 1.0).abs() <= STILL;
    let near = |spot: &Spot<'_>| (spot.tflops - level).abs() <= TOLERANCE * level;
    let rests = still && quarter.iter().all(near);
    let first = line.iter().rposition(|spot| !near(spot)).map_or(0, |i| i + 1);
    let values = || quarter.iter().map(|spot| spot.tflops);
    Some(LargeSizes {
        series: last.series,
        level,
        quarter_from: quarter[0].hidden,
        to: last.hidden,
        range: (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max)),
        plateau_from: rests.then(|| line[first].hidden),
    })
}

fn middle(line: &[Spot<'_>]) -> Option<f64> {
    median_of(line.iter().map(|spot| spot.tflops)).filter(|value| *value > 0.0)
}

/// The fastest and the slowest series that rest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plateaus {
    fastest: LargeSizes,
    slowest: Option<LargeSizes>,
    /// How many series rest.
    count: usize,
}

impl Plateaus {
    pub(super) fn find(lines: &BTreeMap<Series, Vec<Spot<'_>>>) -> Option<Plateaus> {
        let mut resting: Vec<LargeSizes> = lines.values().filter_map(|line| large_sizes(line)).collect();
        resting.retain(|line| line.plateau_from.is_some());
        resting.sort_by(|a, b| b.level.total_cmp(&a.level));
        let fastest = *resting.first()?;
        let slowest = resting.last().copied().filter(|slowest| slowest.series != fastest.series);
        Some(Plateaus { fastest, slowest, count: resting.len() })
    }

    pub(super) fn sentence(&self) -> Sentence {
        let rests = |line: &LargeSizes| {
            format!(
                "within {} % of {} TFLOP/s from hidden size {} up to {}",
                percent(TOLERANCE),
                three_digits(line.level),
                line.plateau_from.unwrap_or(line.quarter_from),
                line.to
            )
        };
        let Some(slowest) = &self.slowest else {
            return Sentence::new(format!(
                "h/a = {} reaches a plateau: it stays {}.",
                self.fastest.series,
                rests(&self.fastest)
            ));
        };
        Sentence::new(format!(
            "Of the {} that reach a plateau, h/a = {} is the fastest: it stays {}. h/a = {} is the slowest: {}.",
            counted(self.count, "line"),
            self.fastest.series,
            rests(&self.fastest),
            slowest.series,
            rests(slowest)
        ))
    }
}

/// The series that do not rest, although there are enough points to see it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unsettled(Vec<LargeSizes>);

impl Unsettled {
    pub(super) fn find(lines: &BTreeMap<Series, Vec<Spot<'_>>>) -> Option<Unsettled> {
        let mut moving: Vec<LargeSizes> = lines.values().filter_map(|line| large_sizes(line)).collect();
        moving.retain(|line| line.plateau_from.is_none());
        (!moving.is_empty()).then_some(Unsettled(moving))
    }

    pub(super) fn sentence(&self) -> Sentence {
        let each = self.0.iter().map(|line| {
            format!(
                "h/a = {} lies between {} and {} TFLOP/s from hidden size {} up to {}",
                line.series,
                three_digits(line.range.0),
                three_digits(line.range.1),
                line.quarter_from,
                line.to
            )
        });
        Sentence::new(format!("Still moving at the largest sizes: {}.", each.collect::<Vec<_>>().join("; ")))
    }
}

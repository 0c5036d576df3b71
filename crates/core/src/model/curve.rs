//! The curves of a chart: points that differ in their head dim alone.

use crate::shape::dimension::{Batch, Heads, Seq};
use crate::shape::op::Op;
use crate::shape::point::Point;
use crate::shape::series::Series;
use crate::shape::vocabulary::{Cache, Dtype, Engine, Layout, Pacing};
use std::collections::{BTreeMap, BTreeSet};

/// Neighbours further away than this factor in head dim tell too little of each other: the curve bends between
/// them.
pub const NEAR: f64 = 2.0;

/// All that the points of one curve share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Curve {
    op: Op,
    dtype: Dtype,
    layout: Layout,
    engine: Engine,
    pacing: Pacing,
    cache: Cache,
    heads: Heads,
    batch: Batch,
    seq: Seq,
    series: Series,
}

impl Curve {
    /// Which curve a point is on, and where: at its head dim. Only products of a layer are on one.
    #[must_use]
    pub fn place(point: &Point) -> Option<(Curve, u32)> {
        let Point { op, dtype, layout, engine, pacing, cache, layer, .. } = *point;
        let layer = layer?;
        let (heads, batch, seq, series) = (layer.heads(), layer.batch(), layer.seq(), layer.series());
        let curve = Curve { op, dtype, layout, engine, pacing, cache, heads, batch, seq, series };
        Some((curve, layer.head_dim().get()))
    }
}

/// The points on a curve of which none of the others is near: nothing vouches for what is measured of them, so
/// that they are measured twice.
pub(crate) fn without_near_neighbour(points: &[Point]) -> Vec<Point> {
    let mut curves: BTreeMap<Curve, BTreeSet<u32>> = BTreeMap::new();
    for (curve, head_dim) in points.iter().filter_map(Curve::place) {
        curves.entry(curve).or_default().insert(head_dim);
    }
    let is_alone = |point: &&Point| {
        let Some((curve, d)) = Curve::place(point) else { return false };
        let near = |other: &u32| (1.0 / NEAR..=NEAR).contains(&(f64::from(d) / f64::from(*other)));
        let on_it = &curves[&curve];
        let neighbours = [on_it.range(..d).next_back(), on_it.range(d + 1..).next()];
        !neighbours.into_iter().flatten().any(near)
    };
    points.iter().filter(is_alone).copied().collect()
}

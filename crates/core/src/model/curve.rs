//! The curves of a chart: points that differ in their head dim alone.

use crate::shape::gemm::Gemm;
use crate::shape::model::ModelSizes;
use crate::shape::point::Point;
use crate::shape::series::Series;
use std::collections::{BTreeMap, BTreeSet};

/// Neighbours further away than this factor in head dim tell too little of each other: the curve bends between
/// them.
pub const NEAR: f64 = 2.0;

/// All that the points of one curve share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Curve {
    /// One of them, without hidden size, head dim and GEMM, which they do not share.
    any: Point,
    tensor_parallel: Option<u32>,
    series: Series,
}

impl Curve {
    /// Which curve a point is on, and where: at its head dim. Only products of a layer that is as wide as its heads
    /// are on one.
    #[must_use]
    pub fn place(point: &Point) -> Option<(Curve, u32)> {
        let layer = point.layer()?;
        if !point.model.is_as_wide_as_heads() {
            return None;
        }
        let model = ModelSizes { hidden: None, head_dim: None, ..point.model };
        let any = Point { model, gemm: Gemm::ONE, ..*point };
        let curve = Curve { any, tensor_parallel: point.tensor_parallel(), series: layer.series() };
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

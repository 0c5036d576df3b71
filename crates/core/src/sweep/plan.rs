//! The points of a sweep, in the order they are measured.

mod products;
mod shuffle;
mod split;
mod spread;

use crate::shape::point::Point;
use crate::shape::product::{Adjustment, Product};
use crate::shape::vocabulary::Engine;
use crate::sweep::spec::{MethodSpec, Order, SpecError, SweepSpec};
use products::Products;
use shuffle::shuffle;
pub use split::Split;
use std::collections::BTreeSet;

#[cfg(doc)]
use crate::sweep::stretch::Stretch;

/// Every point of a sweep.
///
/// The order: dtype, pacing, cache, engine, part, layout, op, pass, mask, heads, heads of keys, batch, seq, length of the
/// keys, ranks, MLP, vocabulary, and innermost the size that is walked; of a `gemm` or `bmm` number of products, m, n and
/// k. Each is as the spec lists it; or shuffled, [`Stretch`] by stretch. A point that is asked for twice is there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    points: Vec<Point>,
    skipped_remainders: u64,
    skipped_shares: u64,
    adjustments: BTreeSet<Adjustment>,
}

impl Plan {
    /// Lists the points of `spec`. A spec that names no engine gets `default_engine`, and [`Engine::Cudnn`] for what is
    /// no product of matrices.
    ///
    /// # Errors
    /// [`SpecError::NoEngine`] and [`SpecError::IdleEngine`] for engines that do not suit the ops;
    /// [`SpecError::Remainder`] for the first hidden size that the heads do not divide and
    /// [`SpecError::NoProduct`] for other sizes that do not divide each other, unless the spec says what to do with
    /// them, and for products that are too large; [`SpecError::NoPoints`] when `remainder = "skip"` leaves nothing.
    pub fn expand(spec: &SweepSpec, default_engine: Engine) -> Result<Plan, SpecError> {
        spec.check_engines()?;
        let parts: Vec<Products> =
            spec.parts.iter().map(|part| Products::of_part(&spec.file, part)).collect::<Result<_, _>>()?;
        // What is no product is computed by one engine, whatever the backend's default.
        let default = [default_engine, Engine::Cudnn];
        let default = if default_engine == Engine::Cudnn { &default[1..] } else { &default[..] };
        let engines = if spec.engines().is_empty() { default } else { spec.engines() };
        let method = spec.method();
        let products: usize = parts.iter().map(Products::len).sum();
        let mut points =
            Vec::with_capacity(products * spec.dtypes.len() * method.pacing.len() * method.cache.len());
        for &dtype in &spec.dtypes {
            for &pacing in &method.pacing {
                for &cache in &method.cache {
                    for &engine in engines {
                        for part in &parts {
                            for (op, products, layout) in part.in_layouts() {
                                if !engine.computes(op) {
                                    continue;
                                }
                                points.extend(products.iter().map(|&product| {
                                    let Product { op, pass, mask, model, gemm } = product;
                                    Point {
                                        op,
                                        pass,
                                        mask,
                                        dtype,
                                        layout,
                                        engine,
                                        pacing,
                                        cache,
                                        model,
                                        gemm,
                                    }
                                }));
                            }
                        }
                    }
                }
            }
        }
        if parts.len() > 1 || parts.iter().any(Products::may_repeat) {
            let mut seen = BTreeSet::new();
            points.retain(|point| seen.insert(*point));
        }
        Ok(Plan {
            points,
            skipped_remainders: parts.iter().map(|part| part.skipped_remainders).sum(),
            skipped_shares: parts.iter().map(|part| part.skipped_shares).sum(),
            adjustments: parts.into_iter().flat_map(|part| part.adjustments).collect(),
        })
    }

    /// The same points in the order that the method measures them in.
    ///
    /// A shuffle depends on the points and `order_seed` alone. It stays within a [`Stretch`]; of one dtype
    /// and pacing the light one is first.
    #[must_use]
    pub fn in_measuring_order(mut self, method: &MethodSpec) -> Plan {
        if method.order == Order::Shuffled {
            self.points
                .chunk_by_mut(|a, b| (a.dtype, a.pacing) == (b.dtype, b.pacing))
                .for_each(|points| points.sort_by_key(Point::stretch));
            self.points
                .chunk_by_mut(|a, b| a.stretch() == b.stretch())
                .for_each(|stretch| shuffle(stretch, method.order_seed));
        }
        self
    }

    /// The points, in order.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// How many points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is none: only in a shard beyond the number of points.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// How many hidden sizes `remainder = "skip"` left out, counted once for each number of heads.
    #[must_use]
    pub fn skipped_remainders(&self) -> u64 {
        self.skipped_remainders
    }

    /// How many products of an op `remainder = "skip"` left out, whose heads, heads of keys, MLP or ranks do not
    /// divide each other.
    #[must_use]
    pub fn skipped_shares(&self) -> u64 {
        self.skipped_shares
    }

    /// What tensor parallelism makes more than the whole in some of the points.
    pub fn adjustments(&self) -> impl Iterator<Item = &Adjustment> {
        self.adjustments.iter()
    }
}

#[cfg(test)]
mod tests;

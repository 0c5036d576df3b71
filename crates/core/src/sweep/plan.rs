//! The points of a sweep, in the order they are measured.

mod shuffle;
mod split;
mod spread;

use crate::shape::attention::{AttentionShape, ShapeError};
use crate::shape::dimension::{Batch, HeadDim, Heads, Hidden, Seq};
use crate::shape::point::Point;
use crate::shape::vocabulary::Engine;
use crate::sweep::spec::{MethodSpec, Order, Remainder, SpecError, SweepSpec, Walk};
use shuffle::shuffle;
pub use split::Split;
use spread::even_spread;

#[cfg(doc)]
use crate::sweep::stretch::Stretch;

/// Every point of a sweep.
///
/// The order: dtype, pacing, cache, engine, layout, op, heads, batch, seq, and innermost the size that
/// is walked, each as the spec lists it; or shuffled, [`Stretch`] by stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    points: Vec<Point>,
    skipped_remainders: u64,
}

impl Plan {
    /// Lists the points of `spec`. A spec that names no engine gets `default_engine`.
    ///
    /// # Errors
    /// [`SpecError::Remainder`] for the first hidden size that the heads do not divide, unless the
    /// spec says what to do with it; [`SpecError::NoPoints`] when `remainder = "skip"` leaves nothing.
    pub fn expand(spec: &SweepSpec, default_engine: Engine) -> Result<Plan, SpecError> {
        let mut skipped_remainders = 0;
        let mut shapes = Vec::new();
        for heads in spec.heads.iter() {
            let sizes = kept_sizes(spec, heads)?;
            skipped_remainders += spec.walk.sizes().len() - sizes.len() as u64;
            for batch in spec.batch.iter() {
                for seq in spec.seq.iter() {
                    let walked = sizes.iter().map(|&size| shape(&spec.walk, heads, batch, seq, size));
                    match spec.per_series {
                        None => shapes.extend(walked),
                        Some(most) => shapes.append(&mut even_spread(walked.collect(), most as usize)),
                    }
                }
            }
        }
        if shapes.is_empty() {
            return Err(SpecError::NoPoints { file: spec.file.clone(), line: spec.walk.sizes().line() });
        }
        let default = [default_engine];
        let engines = if spec.engines().is_empty() { &default[..] } else { spec.engines() };
        let method = spec.method();
        let mut points = Vec::new();
        for &dtype in &spec.dtypes {
            for &pacing in &method.pacing {
                for &cache in &method.cache {
                    for &engine in engines {
                        for &layout in &spec.layouts {
                            for &op in &spec.ops {
                                let point = |&shape: &AttentionShape| {
                                    let gemm =
                                        shape.gemm(op).expect("a spec has ops that a layer determines");
                                    let layer = Some(shape);
                                    Point { op, dtype, layout, engine, pacing, cache, layer, gemm }
                                };
                                points.extend(shapes.iter().map(point));
                            }
                        }
                    }
                }
            }
        }
        Ok(Plan { points, skipped_remainders })
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
}

/// The sizes that are measured at `heads`: all, or those that the remainder rule lets through.
fn kept_sizes(spec: &SweepSpec, heads: u32) -> Result<Vec<u32>, SpecError> {
    let divides = |size: &u32| size.is_multiple_of(heads);
    match &spec.walk {
        Walk::HeadDim(sizes) | Walk::Hidden(sizes, Remainder::Floor) => Ok(sizes.iter().collect()),
        Walk::Hidden(sizes, Remainder::Skip) => Ok(sizes.iter().filter(divides).collect()),
        Walk::Hidden(sizes, Remainder::Refuse) => match sizes.iter().find(|size| !divides(size)) {
            None => Ok(sizes.iter().collect()),
            Some(hidden) => {
                Err(SpecError::Remainder { file: spec.file.clone(), line: sizes.line(), hidden, heads })
            }
        },
    }
}

fn shape(walk: &Walk, heads: u32, batch: u32, seq: u32, size: u32) -> AttentionShape {
    let build = || -> Result<AttentionShape, ShapeError> {
        let (heads, batch, seq) =
            (Heads::new(heads.into())?, Batch::new(batch.into())?, Seq::new(seq.into())?);
        match walk {
            Walk::HeadDim(_) => AttentionShape::from_head_dim(heads, batch, seq, HeadDim::new(size.into())?),
            Walk::Hidden(..) => {
                AttentionShape::from_hidden_floored(heads, batch, seq, Hidden::new(size.into())?)
            }
        }
    };
    build().expect("sizes and their products were checked when the spec was read")
}

#[cfg(test)]
mod tests;

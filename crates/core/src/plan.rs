//! The points of a sweep, in the order they are measured.

mod spread;

use crate::dimension::{Batch, HeadDim, Heads, Hidden, Seq};
use crate::point::Point;
use crate::shape::{AttentionShape, ShapeError};
use crate::spec::{Remainder, SpecError, SweepSpec, Walk};
use crate::vocabulary::{Cache, Engine};
use spread::even_spread;

/// Every point of a sweep.
///
/// The order: dtype, layout, op, heads, batch, seq, and innermost the size that is walked, each as
/// the spec lists it. All points have one engine, pacing and cache state.
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
        let engine = spec.engine().unwrap_or(default_engine);
        let pacing = spec.method().pacing;
        let mut points =
            Vec::with_capacity(spec.dtypes.len() * spec.layouts.len() * spec.ops.len() * shapes.len());
        for &dtype in &spec.dtypes {
            for &layout in &spec.layouts {
                for &op in &spec.ops {
                    points.extend(shapes.iter().map(|&shape| Point {
                        op,
                        dtype,
                        layout,
                        engine,
                        pacing,
                        cache: Cache::Hot,
                        shape,
                    }));
                }
            }
        }
        Ok(Plan { points, skipped_remainders })
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

    /// Never: a plan has at least one point.
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

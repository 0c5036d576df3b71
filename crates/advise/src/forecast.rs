//! Whoever says what a product takes: a model of a card, or measurements.

use hovera_core::{Cache, Dtype, Engine, Mask, ModelSizes, Op, Pacing, Pass, Point};
use hovera_model::LaidOutGemm;
use std::collections::BTreeMap;

/// What a product is expected to take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Its time in µs.
    pub time_us: f64,
    /// Half-width of the 80 % interval of that time, in ln; 0 for what was measured.
    pub half_width: f64,
}

/// What products take on one card.
pub trait Forecast {
    /// What the card is called.
    fn card(&self) -> &str;

    /// What a product takes on it; none where nobody can say.
    fn expect(&self, point: &Point) -> Option<Expected>;
}

/// A product as a model has it: a `gemm` or a `bmm` by the library's own choice, its data in the cache.
pub(crate) fn point(product: LaidOutGemm, dtype: Dtype) -> Point {
    let LaidOutGemm { gemm, layout } = product;
    Point {
        op: if gemm.gemm_batch() == 1 { Op::Gemm } else { Op::Bmm },
        pass: Pass::Forward,
        mask: Mask::None,
        dtype,
        layout,
        engine: Engine::Cublas,
        pacing: Pacing::Burst,
        cache: Cache::Hot,
        model: ModelSizes::default(),
        gemm,
    }
}

/// A forecast of which each product is asked once.
pub(crate) struct Asked<'f> {
    pub(crate) forecast: &'f dyn Forecast,
    dtype: Dtype,
    known: BTreeMap<LaidOutGemm, Option<Expected>>,
}

impl<'f> Asked<'f> {
    pub(crate) fn new(forecast: &'f dyn Forecast, dtype: Dtype) -> Asked<'f> {
        Asked { forecast, dtype, known: BTreeMap::new() }
    }

    pub(crate) fn expect(&mut self, product: LaidOutGemm) -> Option<Expected> {
        let Asked { forecast, dtype, known } = self;
        *known.entry(product).or_insert_with(|| forecast.expect(&point(product, *dtype)))
    }

    /// Half-width of what a change of a product saves, in µs: the two times are as wrong as if they had nothing in common.
    pub(crate) fn half_width_us(&mut self, before: LaidOutGemm, after: LaidOutGemm) -> Option<f64> {
        let (before, after) = (self.expect(before)?, self.expect(after)?);
        Some(after.time_us * before.half_width.hypot(after.half_width))
    }
}

//! Points to calibrate by: of rows that were measured, and which to measure on a card at hand.

use crate::fit::Observation;
use crate::shape::Shape;
use crate::spread::spread;
use crate::tiles::Tile;
use hovera_core::{Cache, Dtype, Engine, Gemm, Layout, Pacing, Point, Results, Row, Status};

/// A measured point, as a card file keeps it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationPoint {
    /// The product.
    pub gemm: Gemm,
    /// How A and B are stored.
    pub layout: Layout,
    /// f16 or bf16.
    pub dtype: Dtype,
    /// Time of a launch in µs.
    pub time_us: f64,
    /// SM clock of the launches in MHz, where it was measured.
    pub clock_mhz: Option<f64>,
    /// The tile that the library took, where it is known.
    pub tile: Option<Tile>,
}

impl CalibrationPoint {
    /// What a row says; none where a calibration cannot use it: nothing was measured, or not as a [`Predictor`] predicts
    /// it.
    ///
    /// [`Predictor`]: crate::Predictor
    #[must_use]
    pub fn of_row(row: &Row, time_us: f64) -> Option<CalibrationPoint> {
        let Point { op, dtype, layout, engine, pacing, cache, gemm, .. } = row.point;
        // Imported rows do not say what computed them, nor how it was paced: the library's default, as a rule.
        let engine = matches!(engine, Engine::Cublas | Engine::Other);
        let pacing = matches!(pacing, Pacing::Burst | Pacing::None | Pacing::Other);
        let cache = matches!(cache, Cache::Hot | Cache::Other);
        let usable = engine && pacing && cache && op.is_product() && layout != Layout::Other;
        if !usable || !matches!(dtype, Dtype::F16 | Dtype::Bf16) || !row.status.is_measured() {
            return None;
        }
        let clock_mhz =
            row.timing.as_ref().and_then(|timing| Some(timing.cycles_median? / timing.median_us?));
        Some(CalibrationPoint { gemm, layout, dtype, time_us, clock_mhz, tile: tile_of(row) })
    }

    pub(crate) fn shape(&self) -> Shape {
        shape_of(self.gemm, self.layout, self.dtype)
    }

    pub(crate) fn observation(&self) -> Observation {
        Observation { shape: self.shape(), tile: self.tile, time: self.time_us, clock: self.clock_mhz }
    }
}

pub(crate) fn shape_of(gemm: Gemm, layout: Layout, dtype: Dtype) -> Shape {
    let sizes = [gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()];
    Shape::new(sizes, [layout.transposes_a(), layout.transposes_b()], dtype == Dtype::Bf16)
}

/// The tile along n and m. Into how many parts a reduction was cut is not told where there are any.
fn tile_of(row: &Row) -> Option<Tile> {
    let kernel = &row.kernel;
    let is_cut = kernel.kernels_per_call.is_some_and(|count| count > 1)
        || kernel.split_k.is_some_and(|parts| parts > 1)
        || kernel.traits().is_some_and(|traits| traits.split_k);
    let (first, second) = kernel.tile.as_deref().filter(|_| !is_cut)?.split_once('x')?;
    let side = |text: &str| text.parse::<u16>().ok().filter(|side| *side > 0);
    let (first, second) = (side(first)?, side(second)?);
    // Where n is 1, the result is asked for as it is, and the first side is along m.
    Some(if row.point.gemm.n() == 1 { Tile::whole(second, first) } else { Tile::whole(first, second) })
}

/// The rows of a file, of one card, that a calibration can use. Of imported ones the file's time.
#[must_use]
pub fn measured_points(results: &Results, device: u32) -> Vec<CalibrationPoint> {
    let stat = results.stat();
    let rows = results.rows.iter().filter(|row| row.device == device && row.status != Status::Predicted);
    let points = rows.filter_map(|row| {
        let time_us = row.timing.as_ref()?.time_us(stat)?;
        CalibrationPoint::of_row(row, time_us)
    });
    points.collect()
}

/// No point that is measured for a calibration takes longer, by the estimate: one of 5 ms is rested from for 50 ms.
pub const MOST_MEASURED_US: f64 = 1500.0;

/// `count` products of f16 to calibrate a card by, spread by a rule that needs no measurement over the classes of
/// alignment, the layouts, batched products and single ones, sizes from those of decoding to those of training.
/// `estimate` is what a launch takes in µs, about: none that takes more than [`MOST_MEASURED_US`] is among them.
#[must_use]
pub fn points_to_measure(count: usize, estimate: impl Fn(Gemm, Layout) -> f64) -> Vec<(Gemm, Layout)> {
    let mut products = Vec::new();
    let mut add = |sizes: [u64; 4], layout: Layout| {
        let [batch, m, n, k] = sizes;
        if let Ok(gemm) = Gemm::new(batch, m, n, k)
            && estimate(gemm, layout) <= MOST_MEASURED_US
        {
            products.push((gemm, layout));
        }
    };
    for batch in [8, 32, 48, 96] {
        for length in [256, 1024, 2048] {
            for dim in HEAD_DIMS {
                add([batch, length, length, dim], Layout::Nn);
                add([batch, length, dim, length], Layout::Nn);
                add([batch, length, length, dim], Layout::Nt);
            }
        }
    }
    for m in [1, 16, 128, 512, 2048, 4096] {
        for n in [1024, 2560, 4096, 5120, 14336, 16003, 25130] {
            for k in [1024, 2560, 4096, 7168] {
                add([1, m, n, k], Layout::Nt);
            }
        }
    }
    let shapes: Vec<Shape> =
        products.iter().map(|(gemm, layout)| shape_of(*gemm, *layout, Dtype::F16)).collect();
    spread(&shapes, count).into_iter().map(|place| products[place]).collect()
}

/// Of each class, in tiles of 128 whose columns are odd and even in number: where the library's choice changes.
const HEAD_DIMS: [u64; 24] = [
    16, 32, 33, 64, 66, 72, 81, 96, 100, 128, 131, 150, 161, 192, 220, 256, 267, 330, 384, 389, 450, 512,
    643, 700,
];

/// The same of points that were measured: which of them to calibrate by.
#[must_use]
pub fn spread_points(points: &[CalibrationPoint], count: usize) -> Vec<CalibrationPoint> {
    let shapes: Vec<Shape> = points.iter().map(CalibrationPoint::shape).collect();
    spread(&shapes, count).into_iter().map(|place| points[place]).collect()
}

//! Advice on the rows of a results file: each product, or all of a layer that have the same sizes, by itself.

use crate::candidates::{Grid, roundness_of};
use crate::cause::Cause;
use crate::forecast::{Expected, Forecast};
use crate::measured::expected;
use crate::{ALIKE, LEAST};
use hovera_core::{
    Cache, Dtype, Engine, Ffn, Gemm, HeadDim, Mask, ModelSizes, Op, Pacing, Pass, Point, Product, Results,
    Row, TensorParallel, Vocab,
};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A size of measured products, and what a neighbouring value of it saves.
#[derive(Debug, Clone, PartialEq)]
pub struct RowAdvice {
    /// The rows' points, and the same at the other value.
    pub points: Vec<[Point; 2]>,
    /// Index of the card.
    pub device: u32,
    /// Which size, as the column of a results file calls it.
    pub size: &'static str,
    /// Its value.
    pub from: u32,
    /// The other value.
    pub to: u32,
    /// Why the value costs.
    pub cause: Cause,
    /// What the products took, in µs.
    pub before_us: f64,
    /// What they take at the other value.
    pub after_us: f64,
    /// Half the 80 % interval of what is saved, in µs.
    pub half_width_us: f64,
    /// Whether the file has the other value too, so that nothing is predicted.
    pub is_measured: bool,
}

impl RowAdvice {
    /// The share of the products' time that is saved.
    #[must_use]
    pub fn saved(&self) -> f64 {
        1.0 - self.after_us / self.before_us
    }

    /// Half the 80 % interval of that share.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        self.half_width_us / self.before_us
    }

    /// FLOP of the products before and after.
    #[must_use]
    pub fn flop(&self) -> [u128; 2] {
        [0, 1].map(|side| self.points.iter().map(|points| points[side].flop()).sum())
    }

    /// See [`crate::Saving::beyond_flop`].
    fn beyond_flop(&self) -> f64 {
        let [before, after] = self.flop().map(|flop| flop as f64);
        1.0 - self.after_us / (self.before_us * (after / before).min(1.0))
    }

    fn is_worth(&self) -> bool {
        let beyond = self.beyond_flop();
        beyond >= LEAST && beyond > self.half_width()
    }

    /// How much time the products take beyond what they would.
    fn saved_us(&self) -> f64 {
        self.before_us - self.after_us
    }
}

/// What rows share that are one layer's products, or one product.
type Together = (u32, Dtype, Engine, Pacing, Cache, Mask, Pass, ModelSizes, Option<(Op, Gemm)>);

/// The best neighbouring value of each size of each of a file's products, where it is worth a word: as [`crate::advise`].
/// What the file has a row of is read there; of anything else the forecast tells by how much it differs from the row. The
/// most time saved first.
#[must_use]
pub fn advise_rows(results: &Results, forecast: Option<&dyn Forecast>) -> Vec<RowAdvice> {
    let measured: BTreeMap<(u32, Point), Expected> = results
        .rows
        .iter()
        .filter_map(|row| Some(((row.device, row.point), expected(row, results)?)))
        .collect();
    let mut groups: BTreeMap<Together, Vec<&Row>> = BTreeMap::new();
    for row in results.rows.iter().filter(|row| measured.contains_key(&(row.device, row.point))) {
        let point = &row.point;
        let alone = (!point.op.is_of_layer()).then_some((point.op, point.gemm()));
        let together = (
            row.device,
            point.dtype,
            point.engine,
            point.pacing,
            point.cache,
            point.mask,
            point.pass,
            point.model,
            alone,
        );
        groups.entry(together).or_default().push(row);
    }
    let mut file = File { measured: &measured, forecast, known: BTreeMap::new() };
    let mut all: Vec<RowAdvice> = groups.values().flat_map(|rows| file.of_group(rows)).collect();
    all.sort_by(|one, next| next.saved_us().total_cmp(&one.saved_us()));
    all
}

struct File<'f> {
    measured: &'f BTreeMap<(u32, Point), Expected>,
    forecast: Option<&'f dyn Forecast>,
    /// What the forecast said.
    known: BTreeMap<Point, Option<Expected>>,
}

impl File<'_> {
    fn expect(&mut self, point: &Point) -> Option<Expected> {
        let forecast = self.forecast?;
        *self.known.entry(*point).or_insert_with(|| forecast.expect(point))
    }

    /// The best value of each size.
    fn of_group(&mut self, rows: &[&Row]) -> Vec<RowAdvice> {
        let first = &rows[0].point;
        let ranks = first.tensor_parallel().unwrap_or(1);
        let grid = Grid::new(ranks, first.dtype);
        let of_size = |(size, from, values): (RowSize, u32, Vec<u32>)| {
            let tried = values.into_iter().filter(|to| *to != from);
            let tried: Vec<RowAdvice> =
                tried.filter_map(|to| self.at(rows, size, from, to)).filter(RowAdvice::is_worth).collect();
            let most = tried.iter().map(RowAdvice::beyond_flop).fold(0.0, f64::max);
            let alike = tried.into_iter().filter(|it| it.beyond_flop() >= most * (1.0 - ALIKE));
            let ranks = if size.is_shared() { ranks } else { 1 };
            alike.min_by_key(|it| (Reverse(roundness_of(it.to, ranks)), from.abs_diff(it.to)))
        };
        RowSize::of_point(first, &grid).into_iter().filter_map(of_size).collect()
    }

    /// What a group of rows takes at another value of one of its sizes.
    fn at(&mut self, rows: &[&Row], size: RowSize, from: u32, to: u32) -> Option<RowAdvice> {
        let (mut before_us, mut after_us, mut square, mut is_measured) = (0.0, 0.0, 0.0f64, true);
        let mut points = Vec::new();
        for row in rows {
            let other = size.set(&row.point, to)?;
            let before = *self.measured.get(&(row.device, row.point))?;
            let (time_us, half_width) = match self.measured.get(&(row.device, other)).copied() {
                Some(after) => (after.time_us, before.half_width.hypot(after.half_width)),
                None => {
                    is_measured = false;
                    let (here, there) = (self.expect(&row.point)?, self.expect(&other)?);
                    let ratio = there.time_us / here.time_us;
                    (before.time_us * ratio, here.half_width.hypot(there.half_width))
                }
            };
            before_us += before.time_us;
            after_us += time_us;
            square += (time_us * half_width).powi(2);
            points.push([row.point, other]);
        }
        let cause = Cause::of_points(&points);
        let (device, size, half_width_us) = (rows[0].device, size.column(), square.sqrt());
        Some(RowAdvice {
            points,
            device,
            size,
            from,
            to,
            cause,
            before_us,
            after_us,
            half_width_us,
            is_measured,
        })
    }
}

/// A size of a row's product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowSize {
    HeadDim,
    Ffn,
    Vocab,
    M,
    N,
    K,
}

impl RowSize {
    fn column(self) -> &'static str {
        match self {
            RowSize::HeadDim => HeadDim::NAME,
            RowSize::Ffn => Ffn::NAME,
            RowSize::Vocab => Vocab::NAME,
            RowSize::M => "m",
            RowSize::N => "n",
            RowSize::K => "k",
        }
    }

    /// Whether tensor-parallel ranks share it.
    fn is_shared(self) -> bool {
        matches!(self, RowSize::Ffn | RowSize::Vocab)
    }

    /// Those of a point, each with its value and its neighbours.
    fn of_point(point: &Point, grid: &Grid) -> Vec<(RowSize, u32, Vec<u32>)> {
        let (model, gemm) = (&point.model, point.gemm());
        if !point.op.is_of_layer() {
            let sides = [(RowSize::M, gemm.m()), (RowSize::N, gemm.n()), (RowSize::K, gemm.k())];
            return sides.map(|(size, value)| (size, value, grid.near(value))).to_vec();
        }
        let head_dim = model.head_dim.map(|it| (RowSize::HeadDim, it.get(), grid.head_dims(it.get())));
        let ffn = model.ffn.map(|it| (RowSize::Ffn, it.get(), grid.near(it.get())));
        let vocab = model.vocab.map(|it| (RowSize::Vocab, it.get(), grid.larger(it.get())));
        [head_dim, ffn, vocab].into_iter().flatten().collect()
    }

    /// The point at another value; none where no such product is.
    fn set(self, point: &Point, to: u32) -> Option<Point> {
        let (size, gemm) = (u64::from(to), point.gemm());
        let [batch, m, n, k] = [gemm.gemm_batch(), gemm.m(), gemm.n(), gemm.k()].map(u64::from);
        let of_gemm = |m, n, k| Some(Point { gemm: Gemm::new(batch, m, n, k).ok()?, ..*point });
        let mut model = point.model;
        match self {
            RowSize::M => return of_gemm(size, n, k),
            RowSize::N => return of_gemm(m, size, k),
            RowSize::K => return of_gemm(m, n, size),
            RowSize::HeadDim => model.head_dim = Some(HeadDim::new(size).ok()?),
            RowSize::Ffn => model.ffn = Some(Ffn::new(size).ok()?),
            RowSize::Vocab => model.vocab = Some(Vocab::new(size).ok()?),
        }
        // Of attention the ranks are told by the product alone.
        model.tensor_parallel = TensorParallel::new(point.tensor_parallel()?.into()).ok();
        let product = Product::of_model(point.op, point.pass, &model).ok()?.masked(point.mask).ok()?;
        Some(Point { model: product.model, gemm: product.gemm, ..*point })
    }
}

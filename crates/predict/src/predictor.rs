//! What a point takes on a GPU, by a card.

use crate::calibration::shape_of;
use crate::card::{Card, sheet_of};
use crate::error::Unpredictable;
use crate::family::Family;
use crate::fitted::{COVERAGE, Fitted};
use crate::physics::{Sheet, least_time};
use crate::shape::Class;
use crate::tiles::Tile;
use hovera_core::{
    Bound, Cache, Datasheet, Device, Dtype, Engine, Gemm, Kernel, Layout, Method, Pacing, Point, Prediction,
    PredictionInfo, Row, Stat, Status, Telemetry, Tier, Timing,
};
use rayon::prelude::*;
use std::sync::Arc;

/// By how much wider an interval is than the constants' own points say: on a card of the same model, on another of the family, and on
/// one of a generation that was never calibrated. Cards of one model differ by up to 1 % in the clock that they
/// hold.
/// Measured: README.md, "How far off it is".
const WIDER: [(Tier, f64, f64); 3] =
    [(Tier::Card, 1.0, 0.004), (Tier::Family, 1.0, 0.02), (Tier::Datasheet, 1.0, 0.25)];

/// Says what points take on one GPU.
#[derive(Debug, Clone)]
pub struct Predictor {
    gpu: String,
    datasheet: &'static Datasheet,
    sheet: Sheet,
    fitted: Arc<Fitted>,
    tier: Tier,
    info: PredictionInfo,
}

/// What is said of a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Time of a launch in µs.
    pub time_us: f64,
    /// Lower end of the interval, which is to hold [`COVERAGE`] of measured times, in µs.
    pub low_us: f64,
    /// Upper end in µs.
    pub high_us: f64,
    /// On what it stands.
    pub tier: Tier,
    /// SM clock in MHz.
    pub clock_mhz: f64,
    /// The tile.
    pub tile: Tile,
    /// Another tile that would take about as long: the interval holds both.
    pub rival: Option<Tile>,
    /// Which kernels there are for its rows.
    pub class: Class,
    /// What bounds it.
    pub bound: Bound,
    /// µs that the arithmetic takes, tiles and waves counted.
    pub compute_us: f64,
    /// µs that the memory takes.
    pub memory_us: f64,
}

impl Forecast {
    /// Cycles of the SMs.
    #[must_use]
    pub fn cycles(&self) -> f64 {
        self.time_us * self.clock_mhz
    }
}

impl Predictor {
    /// By the constants that are built in: of the GPU's family, or of the nearest one where its generation was never
    /// calibrated.
    ///
    /// # Errors
    /// [`Unpredictable::UnknownGpu`]: there is no datasheet of it.
    pub fn for_gpu(gpu: &str) -> Result<Predictor, Unpredictable> {
        // Unknown names are refused ahead of the choice of a family.
        sheet_of(gpu)?;
        let family = Family::of_gpu(gpu).unwrap_or_else(|| Family::nearest(gpu));
        Predictor::by_card(family.card(), Some(gpu))
    }

    /// By a card: of this GPU, or of the one that was calibrated where none is named.
    ///
    /// # Errors
    /// [`Unpredictable::UnknownGpu`]: there is no datasheet of it.
    pub fn by_card(card: &Card, gpu: Option<&str>) -> Result<Predictor, Unpredictable> {
        let gpu = gpu.unwrap_or(card.gpu());
        let (datasheet, sheet) = sheet_of(gpu)?;
        let (of_card, _) = sheet_of(card.gpu())?;
        let same_family =
            Family::of_gpu(gpu).is_some_and(|family| Family::of_gpu(card.gpu()) == Some(family));
        let tier = match () {
            () if of_card == datasheet => Tier::Card,
            () if same_family => Tier::Family,
            () => Tier::Datasheet,
        };
        let info = PredictionInfo {
            card: card.gpu().to_owned(),
            library: card.library().to_owned(),
            points: u32::try_from(card.points().len()).unwrap_or(u32::MAX),
            coverage: COVERAGE,
        };
        let fitted = Arc::clone(&card.fitted);
        let sheet = if tier == Tier::Card { fitted.sheet } else { sheet };
        Ok(Predictor { gpu: gpu.to_owned(), datasheet, sheet, fitted, tier, info })
    }

    /// The same by the physics alone, without what calibration points near say.
    #[must_use]
    pub fn without_residual(&self) -> Predictor {
        Predictor { fitted: Arc::new(self.fitted.without_residual()), ..self.clone() }
    }

    /// The GPU that is predicted.
    #[must_use]
    pub fn gpu(&self) -> &str {
        &self.gpu
    }

    /// Its datasheet.
    #[must_use]
    pub fn datasheet(&self) -> &'static Datasheet {
        self.datasheet
    }

    /// On what its predictions stand.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// What a results file says of where its predicted rows are from.
    #[must_use]
    pub fn info(&self) -> &PredictionInfo {
        &self.info
    }

    /// The GPU as a results file lists it.
    #[must_use]
    pub fn device(&self) -> Device {
        Device {
            name: self.gpu.clone(),
            backend: "cuda".to_owned(),
            sm_count: Some(self.datasheet.sm_count),
            ..Device::default()
        }
    }

    /// How a results file of predicted rows says that they were taken: not at all.
    #[must_use]
    pub fn method(&self) -> Method {
        let word = "predicted".to_owned();
        Method { pacing: "burst".to_owned(), timer: word.clone(), data: word, ..Method::default() }
    }

    /// What a product takes in µs, of no model and in bursts, caches hot.
    #[must_use]
    pub fn product_us(&self, gemm: Gemm, layout: Layout, dtype: Dtype) -> f64 {
        let shape = shape_of(gemm, layout, dtype);
        self.fitted.say(&shape, &self.sheet).time.max(least_time(&shape, &self.sheet))
    }

    /// What a point takes.
    ///
    /// # Errors
    /// [`Unpredictable`]: no card was calibrated for the likes of it.
    pub fn predict(&self, point: &Point) -> Result<Forecast, Unpredictable> {
        self.refuse(point)?;
        let shape = shape_of(point.gemm, point.layout, point.dtype);
        let said = self.fitted.say(&shape, &self.sheet);
        let rival = said.rival;
        let floor = least_time(&shape, &self.sheet);
        let time_us = said.time.max(floor);
        let (_, factor, more) = WIDER[WIDER.iter().position(|(tier, ..)| *tier == self.tier).unwrap_or(2)];
        let half = said.half * factor + more;
        let (mut low_us, mut high_us) = (time_us * (-half).exp(), time_us * half.exp());
        if let Some((_, other)) = rival {
            let other_us = time_us * other / said.terms.time;
            (low_us, high_us) = (low_us.min(other_us), high_us.max(other_us));
        }
        let expected = self.datasheet.expected_bound_of_launch(point, time_us * 1e-6);
        let bound = expected.unwrap_or(if said.terms.compute >= said.terms.memory {
            Bound::Compute
        } else {
            Bound::Memory
        });
        Ok(Forecast {
            time_us,
            low_us: low_us.max(floor).min(time_us),
            high_us: high_us.max(time_us),
            tier: self.tier,
            clock_mhz: said.terms.clock,
            tile: said.terms.tile,
            rival: rival.map(|(tile, _)| tile),
            class: shape.class(),
            bound,
            compute_us: said.terms.compute,
            memory_us: said.terms.memory,
        })
    }

    /// What points take, in their order, by all cores.
    ///
    /// # Errors
    /// As [`Predictor::predict`], one for each point.
    #[must_use]
    pub fn predict_all(&self, points: &[Point]) -> Vec<Result<Forecast, Unpredictable>> {
        points.par_iter().map(|point| self.predict(point)).collect()
    }

    /// The row of a predicted point: `predicted`, or `skipped` with the reason where it is not predicted.
    #[must_use]
    pub fn row(&self, point: &Point) -> Row {
        match self.predict(point) {
            Ok(forecast) => forecast.row(point),
            Err(reason) => Row::bare(*point, 0, Status::Skipped, reason.to_string()),
        }
    }

    fn refuse(&self, point: &Point) -> Result<(), Unpredictable> {
        if !point.op.is_product() {
            return Err(Unpredictable::NoProduct(point.op));
        }
        match point.engine {
            Engine::Cublas => {}
            other => return Err(Unpredictable::Engine(other)),
        }
        match point.dtype {
            Dtype::F16 | Dtype::Bf16 => {}
            other => return Err(Unpredictable::Dtype(other)),
        }
        if self.datasheet.peak(point.dtype).is_none() {
            return Err(Unpredictable::NoUnits { gpu: self.gpu.clone(), dtype: point.dtype });
        }
        if !matches!(point.pacing, Pacing::Burst | Pacing::None) {
            return Err(Unpredictable::Pacing(point.pacing));
        }
        match point.cache {
            Cache::Hot => Ok(()),
            other => Err(Unpredictable::Cache(other)),
        }
    }
}

impl Forecast {
    /// As a row of a results file whose one device is the predictor's.
    #[must_use]
    pub fn row(&self, point: &Point) -> Row {
        let timing =
            Timing { cycles_median: Some(self.cycles()), ..Timing::only(Stat::Median, self.time_us, None) };
        let [first, second] =
            if point.gemm.n() == 1 { [self.tile.m, self.tile.n] } else { [self.tile.n, self.tile.m] };
        let note = match self.rival {
            Some(rival) => {
                format!("tile {}x{} would take about as long: the interval holds both", rival.n, rival.m)
            }
            None => String::new(),
        };
        Row {
            timing: Some(timing),
            telemetry: Telemetry { sm_clock_mhz: Some(self.clock_mhz), ..Telemetry::default() },
            kernel: Kernel {
                tile: Some(format!("{first}x{second}").into()),
                split_k: (self.tile.split > 1).then_some(self.tile.split.into()),
                ..Kernel::default()
            },
            bound: Some(self.bound),
            prediction: Some(Prediction { low_us: self.low_us, high_us: self.high_us, tier: self.tier }),
            ..Row::bare(*point, 0, Status::Predicted, note)
        }
    }
}

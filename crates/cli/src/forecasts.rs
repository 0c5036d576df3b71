//! Cards that products are predicted for: by card files, or built in.

use crate::predict::read_card;
use anyhow::Result;
use hovera_advise::{Expected, Forecast};
use hovera_core::{ASSUMED_GPU, Datasheet, LaunchTimes, Point, Tier, in_percent};
use hovera_predict::Predictor;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What products take on one card, by its constants.
#[derive(Debug)]
pub(crate) struct CardForecast {
    predictor: Predictor,
}

impl CardForecast {
    /// By a file that `hovera calibrate` wrote.
    pub(crate) fn of_file(path: &Path) -> Result<CardForecast> {
        Ok(CardForecast { predictor: Predictor::by_card(&read_card(path)?, None)? })
    }

    /// By the constants that are built in.
    pub(crate) fn of_gpu(name: &str) -> Result<CardForecast> {
        Ok(CardForecast { predictor: Predictor::for_gpu(name)? })
    }

    /// By the constants that are built in, where they are of the GPU's own family.
    pub(crate) fn known(name: &str) -> Option<CardForecast> {
        let predictor = Predictor::for_gpu(name).ok()?;
        (predictor.tier() != Tier::Datasheet).then_some(CardForecast { predictor })
    }

    pub(crate) fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// On what it stands.
    pub(crate) fn remark(&self) -> String {
        let (by, predictor) = (self.predictor.info(), &self.predictor);
        format!(
            "{}: constants of {} with {}, fitted to {} points (tier {}); {} of measured times should lie in the intervals",
            predictor.gpu(),
            by.card,
            by.library,
            by.points,
            predictor.tier(),
            in_percent(by.coverage, 0)
        )
    }
}

/// What is to be said where a card's constants are of another library than this one.
pub(crate) fn of_another_library(predictor: &Predictor, here: &str, whose: &str) -> Option<String> {
    let info = predictor.info();
    info.is_of_another_library(here).then(|| {
        format!(
            "the constants are of {}, {whose} {here}: another library may choose other kernels, for which neither times nor \
             intervals are promised; hovera calibrate makes a card file for it",
            info.library
        )
    })
}

/// The cuBLAS of this machine, where one of its GPUs is of the model that is predicted: what would be measured here.
pub(crate) fn library_here(predictor: &Predictor) -> Option<String> {
    let devices = hovera_cuda::devices().ok()?;
    let is_here = |listed: &hovera_cuda::ListedDevice| {
        Datasheet::lookup(&listed.device.name).is_some_and(|sheet| sheet == predictor.datasheet())
    };
    devices.iter().any(is_here).then(|| hovera_cuda::cublas().ok()).flatten()
}

impl Forecast for CardForecast {
    fn card(&self) -> &str {
        self.predictor.gpu()
    }

    fn expect(&self, point: &Point) -> Option<Expected> {
        let said = self.predictor.predict(point).ok()?;
        Some(Expected { time_us: said.time_us, half_width: (said.high_us / said.low_us).ln() / 2.0 })
    }
}

/// What launches of a sweep's points take on one card.
#[derive(Debug)]
pub(crate) struct PredictedLaunches(BTreeMap<Point, f64>);

impl PredictedLaunches {
    /// Predicted by all cores: of a hundred thousand points one by one would be waited for.
    pub(crate) fn of(card: &CardForecast, points: &[Point]) -> PredictedLaunches {
        let said = card.predictor.predict_all(points);
        let known =
            points.iter().zip(said).filter_map(|(point, said)| Some((*point, said.ok()?.time_us * 1e-6)));
        PredictedLaunches(known.collect())
    }
}

impl LaunchTimes for PredictedLaunches {
    fn launch_seconds(&self, point: &Point) -> Option<f64> {
        self.0.get(point).copied()
    }
}

/// Those of `--card` and `--gpu`; without any, the one of `usual`, or of the GPU that stands for all.
pub(crate) fn of_arguments(
    cards: &[PathBuf],
    gpus: &[String],
    usual: Option<&str>,
) -> Result<Vec<CardForecast>> {
    let by_file = cards.iter().map(|path| CardForecast::of_file(path));
    let by_name = gpus.iter().map(|name| CardForecast::of_gpu(name));
    let given = by_file.chain(by_name).collect::<Result<Vec<_>>>()?;
    if given.is_empty() {
        return Ok(vec![CardForecast::of_gpu(usual.unwrap_or(ASSUMED_GPU))?]);
    }
    Ok(given)
}

//! A fitted card.

use crate::calibration::CalibrationPoint;
use crate::card_file::kept;
use crate::constants::Constants;
use crate::error::{Uncalibrated, Unpredictable};
use crate::family::Family;
use crate::fitted::Fitted;
use crate::physics::Sheet;
use crate::process::Settings;
use crate::shape::Class;
use hovera_core::Datasheet;
use std::sync::Arc;

/// The least points that a card is fitted to.
const LEAST_POINTS: usize = 6;

/// A card whose constants are fitted to points that were measured on one: what a card file holds.
#[derive(Debug, Clone)]
pub struct Card {
    pub(crate) gpu: String,
    pub(crate) library: String,
    pub(crate) points: Vec<CalibrationPoint>,
    pub(crate) fitted: Arc<Fitted>,
    /// The family that the fit started from.
    pub(crate) family: Option<Family>,
}

/// How far predictions were off, as fractions of the measured times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// Of how many points.
    pub points: usize,
    /// The middle one.
    pub median: f64,
    /// Nine in ten are smaller.
    pub p90: f64,
    /// The largest.
    pub worst: f64,
}

impl Errors {
    /// Of `ln(measured / predicted)`. None of none.
    #[must_use]
    pub fn of_logarithms(logarithms: impl IntoIterator<Item = f64>) -> Option<Errors> {
        let mut errors: Vec<f64> = logarithms.into_iter().map(|ln| ((-ln).exp() - 1.0).abs()).collect();
        errors.sort_by(f64::total_cmp);
        let last = errors.len().checked_sub(1)?;
        let at = |share: f64| errors[(share * last as f64).round() as usize];
        Some(Errors { points: errors.len(), median: at(0.5), p90: at(0.9), worst: errors[last] })
    }
}

/// What of a datasheet the physics needs.
///
/// # Errors
/// [`Unpredictable::UnknownGpu`] where there is no datasheet.
pub(crate) fn sheet_of(gpu: &str) -> Result<(&'static Datasheet, Sheet), Unpredictable> {
    let datasheet = Datasheet::lookup(gpu).ok_or_else(|| Unpredictable::UnknownGpu {
        gpu: gpu.to_owned(),
        known: Datasheet::product_names().collect::<Vec<_>>().join(", "),
    })?;
    let (sms, boost) = (f64::from(datasheet.sm_count), f64::from(datasheet.boost_mhz));
    let sheet = Sheet {
        sms,
        boost,
        has_tma: HAVE_TMA.contains(&datasheet.name),
        peak: datasheet.peak_tflops * 1e6 / (sms * boost),
        bandwidth: datasheet.memory_gb_s * 1e3,
        l2: f64::from(datasheet.l2_mb.unwrap_or(USUAL_L2_MB)) * 1e6,
    };
    Ok((datasheet, sheet))
}

/// The cards of Hopper and of what came after it.
const HAVE_TMA: [&str; 4] = ["H100 SXM5", "H100 PCIe", "H200 SXM5", "B200"];

/// The L2 where a datasheet does not tell it: that of the cards since the A100.
const USUAL_L2_MB: u32 = 40;

impl Card {
    /// Fits a card to measured points, on top of the family that is built in where the GPU is of one (`on_family`), else from
    /// the starting values alone. The same points make the same card.
    ///
    /// # Errors
    /// [`Uncalibrated`]: the GPU has no datasheet, or there are too few points.
    pub fn calibrate(
        gpu: &str,
        library: &str,
        points: Vec<CalibrationPoint>,
        on_family: bool,
    ) -> Result<Card, Uncalibrated> {
        let (_, sheet) = sheet_of(gpu)?;
        if points.len() < LEAST_POINTS {
            return Err(Uncalibrated::TooFew { points: points.len(), least: LEAST_POINTS });
        }
        let family = Family::of_gpu(gpu).filter(|_| on_family);
        let kin = family.map(|family| Arc::clone(&family.card().fitted));
        let points: Vec<CalibrationPoint> = points.iter().map(kept).collect();
        let observations = points.iter().map(CalibrationPoint::observation).collect();
        let fitted = Arc::new(Fitted::new(sheet, observations, kin));
        Ok(Card { gpu: gpu.to_owned(), library: library.to_owned(), points, fitted, family })
    }

    /// Of what a card file says.
    pub(crate) fn of_parts(
        (gpu, library): (String, String),
        points: Vec<CalibrationPoint>,
        family: Option<Family>,
        known: (Constants, [Settings; 3]),
        left_out: Vec<f64>,
    ) -> Result<Card, Unpredictable> {
        let (_, sheet) = sheet_of(&gpu)?;
        let kin = family.map(|family| Arc::clone(&family.card().fitted));
        let observations = points.iter().map(CalibrationPoint::observation).collect();
        let fitted = Arc::new(Fitted::of_constants(sheet, known, observations, kin, left_out));
        Ok(Card { gpu, library, points, fitted, family })
    }

    /// The card's product name.
    #[must_use]
    pub fn gpu(&self) -> &str {
        &self.gpu
    }

    /// The library whose kernels the constants are of, with its version.
    #[must_use]
    pub fn library(&self) -> &str {
        &self.library
    }

    /// The family that the fit started from.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        self.family
    }

    /// What it is fitted to.
    #[must_use]
    pub fn points(&self) -> &[CalibrationPoint] {
        &self.points
    }

    /// Its constants.
    #[must_use]
    pub fn constants(&self) -> &Constants {
        &self.fitted.constants
    }

    /// How far each point is off by a model that did not see it (eight folds), of one class or of all.
    #[must_use]
    pub fn folds(&self, class: Option<Class>) -> Option<Errors> {
        let fitted = &self.fitted;
        let of_class = fitted.points.iter().zip(&fitted.left_out);
        let of_class = of_class.filter(|(point, _)| class.is_none_or(|class| point.shape.class() == class));
        Errors::of_logarithms(of_class.map(|(_, error)| *error))
    }
}

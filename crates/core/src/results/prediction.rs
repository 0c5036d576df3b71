//! What a row that was predicted, not measured, says of itself, and the columns that hold it.

use crate::results::field::{Field, Value, Want, above_zero, read_word};
use crate::words::text_enum::text_enum;
use serde::{Deserialize, Serialize};

text_enum! {
    /// On what a prediction stands, the firmest first.
    #[non_exhaustive]
    Tier, "tier" {
        /// The constants of this model of card, fitted to points that were measured on one.
        Card = "card",
        /// The constants of another card of the same generation, with this card's datasheet.
        Family = "family",
        /// The constants of a card of another generation, with this card's datasheet.
        Datasheet = "datasheet",
    }
}

/// The interval of a predicted time, and on what it stands. The time itself is the row's median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Lower end of the interval in µs, above 0.
    pub low_us: f64,
    /// Upper end in µs, finite.
    pub high_us: f64,
    /// On what it stands.
    pub tier: Tier,
}

/// The `[prediction]` table of a front matter: what the predicted rows of the file were made by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionInfo {
    /// The card whose constants they are, by its product name.
    pub card: String,
    /// The library whose kernels the constants are of, with its version.
    pub library: String,
    /// How many calibration points the constants are fitted to.
    pub points: u32,
    /// Which share of measured times the intervals are to hold: 0.8.
    pub coverage: f64,
}

impl PredictionInfo {
    /// Whether something was measured with another library, or another version of it, whose choice of kernels may differ; both
    /// as front matters have them, `cuBLAS 13.1.0 (libcublas.so.13)`. The file that was loaded does not count.
    #[must_use]
    pub fn is_of_another_library(&self, measured: &str) -> bool {
        let version = |library: &str| library.split(" (").next().unwrap_or_default().trim().to_owned();
        !measured.is_empty() && version(&self.library) != version(measured)
    }
}

/// One in the making: all of it or nothing.
#[derive(Default)]
pub(super) struct PredictionDraft {
    low_us: Option<f64>,
    high_us: Option<f64>,
    tier: Option<Tier>,
}

const LOW: &str = "predicted_low_us";
const HIGH: &str = "predicted_high_us";

pub(super) const COLUMNS: &[Field<Prediction, PredictionDraft>] = &[
    Field::<Prediction, PredictionDraft>::stored(
        LOW,
        "µs",
        "Lower end of the interval of a predicted time; empty in a row that is not `predicted`.",
        |prediction| Value::Float(prediction.low_us),
        |draft, text| above_zero(&mut draft.low_us, text),
    )
    .since(1),
    Field::<Prediction, PredictionDraft>::stored(
        HIGH,
        "µs",
        "Its upper end.",
        |prediction| Value::Float(prediction.high_us),
        |draft, text| above_zero(&mut draft.high_us, text),
    )
    .since(1),
    Field::<Prediction, PredictionDraft>::stored(
        Tier::NAME,
        "",
        "On what a prediction stands: constants of this `card`, of one of its `family`, or of another family with this \
         card's `datasheet`.",
        |prediction| Value::Word(prediction.tier.as_str()),
        |draft, text| read_word(&mut draft.tier, text),
    )
    .since(1),
];

impl PredictionDraft {
    /// The first column that says anything.
    pub(super) fn said(&self) -> Option<&'static str> {
        let low = self.low_us.map(|_| LOW);
        low.or(self.high_us.map(|_| HIGH)).or(self.tier.map(|_| Tier::NAME))
    }

    /// Of a row with this predicted time in µs.
    ///
    /// # Errors
    /// The first column that is empty or contradicts the time, and what it would have to be.
    pub(super) fn finish(self, time_us: f64) -> Result<Prediction, (&'static str, Want)> {
        let low_us = self.low_us.filter(|low| *low <= time_us).ok_or_else(|| {
            (LOW, format!("a number above 0 and at most the predicted time, {time_us}").into())
        })?;
        let high_us = self.high_us.filter(|high| *high >= time_us).ok_or_else(|| {
            (HIGH, format!("a finite number, no less than the predicted time, {time_us}").into())
        })?;
        let tier = self.tier.ok_or_else(|| {
            let words: Vec<&str> = Tier::ALL.iter().map(|tier| tier.as_str()).collect();
            (Tier::NAME, words.join(", ").into())
        })?;
        Ok(Prediction { low_us, high_us, tier })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_another_library_and_another_file_of_it_is_not() {
        let library = "cuBLAS 13.1.0 (libcublas.so.13)".to_owned();
        let by = PredictionInfo { card: String::new(), library, points: 6, coverage: 0.8 };
        assert!(!by.is_of_another_library("cuBLAS 13.1.0 (libcublas.so.13.1.0.3)"));
        assert!(!by.is_of_another_library("cuBLAS 13.1.0"));
        assert!(by.is_of_another_library("cuBLAS 13.2.0 (libcublas.so.13)"));
        assert!(by.is_of_another_library("cuBLAS, by PyTorch 1.13.1"));
        // A file that does not say it differs in nothing that is known.
        assert!(!by.is_of_another_library(""));
    }
}

//! How a spec wants its points measured.

use super::document::Section;
use super::error::SpecError;
use crate::front_matter::Method;
use crate::statistics::MIN_SAMPLES_FOR_INTERVAL;
use crate::vocabulary::{Pacing, Timer};

/// The most launches of one point that can be asked for.
const MAX_LAUNCHES: u32 = 1_000_000;

/// How the points of a sweep are measured: the spec's `[method]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodSpec {
    /// What the device does between points.
    pub pacing: Pacing,
    /// Idle time before a point over the busy time just before it, 0 to 100; with
    /// [`Pacing::Burst`] only.
    pub idle_ratio: Option<f64>,
    /// What a launch's time is read from; `None` leaves it to the backend.
    pub timer: Option<Timer>,
    /// Launches at the start of each burst that are not samples.
    pub warmup: u32,
    /// The least number of samples, at least [`MIN_SAMPLES_FOR_INTERVAL`].
    pub min_samples: u32,
    /// The greatest number of samples, at least `min_samples`: 32, or `min_samples` where only that is
    /// set and is more.
    pub max_samples: u32,
    /// Sampling stops when the half-width of the median's 95 % confidence interval is within this
    /// fraction of the median, between 0 and 1.
    pub ci_target: f64,
    /// Seed of the operands, at most 2⁶³ - 1 (the largest integer of TOML).
    pub seed: u64,
}

impl Default for MethodSpec {
    fn default() -> MethodSpec {
        MethodSpec {
            pacing: Pacing::Burst,
            idle_ratio: Some(2.0),
            timer: None,
            warmup: 1,
            min_samples: 8,
            max_samples: 32,
            ci_target: 0.005,
            seed: 1,
        }
    }
}

impl MethodSpec {
    /// The front matter's `[method]` table: this, and what only the backend knows. `timer` is the
    /// one that is used, `data` says what the operands hold.
    #[must_use]
    pub fn front_matter(&self, timer: Timer, data: &str) -> Method {
        Method {
            pacing: self.pacing.to_string(),
            idle_ratio: self.idle_ratio,
            timer: timer.to_string(),
            warmup: self.warmup,
            min_samples: self.min_samples,
            max_samples: self.max_samples,
            ci_target: self.ci_target,
            data: data.to_owned(),
            seed: self.seed,
        }
    }

    pub(super) fn read(section: &Section<'_>) -> Result<MethodSpec, SpecError> {
        section.refuse_unknown(&[
            "pacing",
            "idle_ratio",
            "timer",
            "warmup",
            "min_samples",
            "max_samples",
            "ci_target",
            "seed",
        ])?;
        let mut method = MethodSpec::default();
        if let Some(field) = section.get("pacing") {
            method.pacing = field.word()?;
        }
        if method.pacing == Pacing::None {
            method.idle_ratio = None;
        }
        if let Some(field) = section.get("idle_ratio") {
            if method.pacing == Pacing::None {
                return Err(field.wants("no idle_ratio with pacing = \"none\", or pacing = \"burst\""));
            }
            let ratio = field.number("a number, 0 to 100", |x| (0.0..=100.0).contains(&x))?;
            method.idle_ratio = Some(ratio);
        }
        if let Some(field) = section.get("timer") {
            method.timer = Some(field.word()?);
        }
        if let Some(field) = section.get("warmup") {
            method.warmup = field.small_integer(0..=MAX_LAUNCHES)?;
        }
        if let Some(field) = section.get("min_samples") {
            method.min_samples =
                field.small_integer(MIN_SAMPLES_FOR_INTERVAL..=MAX_LAUNCHES).map_err(|_| {
                    field.wants(format!(
                        "an integer, {MIN_SAMPLES_FOR_INTERVAL} to {MAX_LAUNCHES}: with fewer samples no \
                         95 % confidence interval of a median exists"
                    ))
                })?;
            method.max_samples = method.max_samples.max(method.min_samples);
        }
        if let Some(field) = section.get("max_samples") {
            method.max_samples = field.small_integer(method.min_samples..=MAX_LAUNCHES).map_err(|_| {
                field.wants(format!(
                    "an integer, {} to {MAX_LAUNCHES}: no fewer than min_samples",
                    method.min_samples
                ))
            })?;
        }
        if let Some(field) = section.get("ci_target") {
            method.ci_target = field.number("a number between 0 and 1", |x| x > 0.0 && x < 1.0)?;
        }
        if let Some(field) = section.get("seed") {
            method.seed = field.integer(0..=i64::MAX as u64)?;
        }
        Ok(method)
    }
}

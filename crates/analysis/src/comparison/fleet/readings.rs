//! What is kept of a card's file.

use super::error::FleetError;
use super::losses::Absent;
use crate::clock_response::ClockResponse;
use crate::comparison::build::build_of;
use crate::comparison::loss::Loss;
use crate::comparison::method::MethodOfRows;
use crate::comparison::verdict::Thresholds;
use crate::completeness::Completeness;
use crate::metric::{Metric, Missing, RatedCard};
use hovera_core::{Bound, Origin, Point, Results, Row};

/// What of a fleet is compared, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FleetOptions {
    /// The figure of merit, of medians.
    pub metric: Metric,
    /// Whether times that were taken in different ways are compared.
    pub mixed_methods: bool,
    /// Where the lines are drawn.
    pub thresholds: Thresholds,
}

/// One card's values.
#[derive(Debug, Clone)]
pub struct CardReadings {
    pub(super) label: String,
    pub(super) id: Option<String>,
    pub(super) model: String,
    pub(super) conditions: MethodOfRows,
    /// The build of hovera that measured it.
    pub(super) build: Option<String>,
    pub(super) readings: Vec<LogValues>,
    pub(super) absent: Vec<Absent>,
    /// How much of its sweep the file has, where that is not all of it.
    pub(super) unfinished: Option<String>,
}

/// The logarithm of one row's value. How far a point counts by cycles at a stated clock is known when all cards
/// are there ([`crate::pair`]), so that both are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogValues {
    pub(super) point: Point,
    pub(super) by_time: f32,
    pub(super) by_cycles: f32,
    /// e of `throughput ∝ clock^e`, where it is known.
    pub(super) exponent: Option<f32>,
}

impl CardReadings {
    /// The cards of a file, or the one that is wanted. `name` is what errors and tables call it.
    ///
    /// # Errors
    /// [`FleetError::Predicted`], for a file that was not measured; [`FleetError::NoValue`], for a card whose rows all lack what the metric needs, though they were measured, or one that is not in the file.
    pub fn of_file(
        name: &str,
        results: &Results,
        wanted: Option<u32>,
        metric: Metric,
    ) -> Result<Vec<CardReadings>, FleetError> {
        if results.origin() == Origin::Predicted {
            return Err(FleetError::Predicted { file: name.to_owned() });
        }
        let devices = &results.front_matter.device;
        let unfinished = Completeness::unfinished(results);
        let unfinished = unfinished.map(|there| format!("{name} has {there}"));
        let mut cards = Vec::with_capacity(devices.len());
        for (number, device) in devices.iter().enumerate() {
            if wanted.is_some_and(|wanted| wanted as usize != number) {
                continue;
            }
            let label = if devices.len() > 1 { format!("{name}, card {number}") } else { name.to_owned() };
            let rows = || results.rows.iter().filter(|row| row.device as usize == number);
            let response = match metric {
                Metric::TflopsAtClock => ClockResponse::of_rows(rows()),
                _ => ClockResponse::default(),
            };
            let card = RatedCard::new(device).responding(&response);
            let mut readings = Vec::with_capacity(results.rows.len());
            let mut absent = Vec::new();
            let mut reason = None;
            for row in rows() {
                match log_values(row, &card, metric) {
                    Ok(reading) => readings.push(reading),
                    Err(missing) => {
                        absent.push(Absent::of_row(row, &missing));
                        reason = reason.or(Some(missing));
                    }
                }
            }
            // A card on which everything failed is what a fleet is looked at for.
            if readings.is_empty() && absent.iter().all(|it| it.loss == Loss::WithoutValue) {
                let reason = reason.map_or_else(|| "it has no row".to_owned(), |missing| missing.to_string());
                return Err(FleetError::NoValue { label, reason });
            }
            cards.push(CardReadings {
                label,
                id: device.id.clone(),
                model: device.name.clone(),
                conditions: MethodOfRows::of_rows(&results.front_matter.method, rows()),
                build: build_of(&results.front_matter),
                readings,
                absent,
                unfinished: unfinished.clone(),
            });
        }
        match wanted.filter(|_| cards.is_empty()) {
            Some(device) => {
                Err(FleetError::NoDevice { file: name.to_owned(), device, last: devices.len() - 1 })
            }
            None => Ok(cards),
        }
    }
}

fn log_values(row: &Row, card: &RatedCard<'_>, metric: Metric) -> Result<LogValues, Missing> {
    let mut exponent = card.bound(row).ok().map(Bound::clock_exponent);
    let (by_time, by_cycles) = match metric {
        Metric::TflopsAtClock => {
            let known = card.exponent(row)?;
            exponent = Some(known);
            // Of one model, FLOP per cycle and SM is throughput at one clock but for a factor.
            let by_cycles = match Metric::FlopPerCycle.of_row(row, card) {
                // What does not follow the clock needs none.
                Err(_) if known == 0.0 => f64::NAN,
                by_cycles => by_cycles?,
            };
            (Metric::Tflops.of_row(row, card)?, by_cycles)
        }
        Metric::Tflops | Metric::GbPerSecond => (metric.of_row(row, card)?, f64::NAN),
        _ => (f64::NAN, metric.of_row(row, card)?),
    };
    let exponent = exponent.map(|exponent| exponent as f32);
    Ok(LogValues {
        point: row.point,
        by_time: by_time.ln() as f32,
        by_cycles: by_cycles.ln() as f32,
        exponent,
    })
}

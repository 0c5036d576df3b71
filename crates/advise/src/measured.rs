//! What was measured, as a forecast of itself.

use crate::forecast::{Expected, Forecast};
use hovera_core::{Dtype, Gemm, Layout, Point, Results, Row};
use std::collections::BTreeMap;

/// The half-width of an 80 % interval over that of a 95 % interval of a normal variable: 1.2816 over 1.9600.
const OF_95: f64 = 0.6539;

/// The products of a results file: whatever op a row has, the library was called for its GEMM.
#[derive(Debug, Clone)]
pub struct MeasuredTimes {
    card: String,
    times: BTreeMap<(Gemm, Layout, Dtype), Expected>,
}

impl MeasuredTimes {
    /// The rows that were measured on a card; of two of one product the first.
    #[must_use]
    pub fn of_results(results: &Results, device: u32) -> MeasuredTimes {
        let card = results.front_matter.device.get(device as usize);
        let mut times = BTreeMap::new();
        for row in results.rows.iter().filter(|row| row.device == device) {
            if let Some(expected) = expected(row, results) {
                let key = (row.point.gemm(), row.point.layout, row.point.dtype);
                times.entry(key).or_insert(expected);
            }
        }
        MeasuredTimes { card: card.map(|card| card.name.clone()).unwrap_or_default(), times }
    }
}

/// The time that stands for a measured row, with the interval of its median.
pub(crate) fn expected(row: &Row, results: &Results) -> Option<Expected> {
    let timing = row.timing.filter(|_| row.status.is_measured() && row.point.op.is_product())?;
    let half_width = timing.relative_ci().map_or(0.0, |relative| relative * OF_95);
    Some(Expected { time_us: timing.time_us(results.stat())?, half_width })
}

impl Forecast for MeasuredTimes {
    fn card(&self) -> &str {
        &self.card
    }

    fn expect(&self, point: &Point) -> Option<Expected> {
        self.times.get(&(point.gemm(), point.layout, point.dtype)).copied()
    }
}

//! What is known of a point after it was measured.

use crate::results::bound::Bound;
use crate::results::kernel::Kernel;
use crate::results::prediction::Prediction;
use crate::results::telemetry::Telemetry;
use crate::results::timing::Timing;
use crate::shape::point::Point;
use crate::shape::vocabulary::{Stat, Status};

/// One row of a results file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What was measured.
    pub point: Point,
    /// Index of the card in the front matter's `[[device]]` list.
    pub device: u32,
    /// The times, where there are any: none for a skipped or failed point.
    pub timing: Option<Timing>,
    /// What the card said of itself.
    pub telemetry: Telemetry,
    /// What the library ran, as far as it tells.
    pub kernel: Kernel,
    /// What became of the point.
    pub status: Status,
    /// Why, where the status needs a reason, and what else there is to say.
    pub note: String,
    /// What bounds it, where the launches or the card's datasheet tell.
    pub bound: Option<Bound>,
    /// The interval of the time, and on what it stands, where the time is [predicted](Status::Predicted).
    pub prediction: Option<Prediction>,
}

impl Row {
    /// A row of which nothing is known but what became of it, and why.
    #[must_use]
    pub fn bare(point: Point, device: u32, status: Status, note: String) -> Row {
        Row {
            point,
            device,
            timing: None,
            telemetry: Telemetry::default(),
            kernel: Kernel::default(),
            status,
            note,
            bound: None,
            prediction: None,
        }
    }

    /// The kernel that ran, where it is known.
    #[must_use]
    pub fn kernel_name(&self) -> Option<&str> {
        self.kernel.name.as_deref()
    }

    /// Throughput in TFLOP/s, `FLOP / time / 10¹²`, by the statistic asked for.
    #[must_use]
    pub fn tflops(&self, stat: Stat) -> Option<f64> {
        let time_us = self.timing.as_ref()?.time_us(stat)?;
        Some(self.point.flop() as f64 / time_us / 1e6)
    }
}

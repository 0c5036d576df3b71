//! What is known of a point after it was measured.

use crate::results::Column;
use crate::results::bound::Bound;
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
}

impl Row {
    /// Throughput in TFLOP/s, `FLOP / time / 10¹²`, by the statistic asked for.
    #[must_use]
    pub fn tflops(&self, stat: Stat) -> Option<f64> {
        let time_us = self.timing.as_ref()?.of(stat)?;
        Some(self.point.flop() as f64 / time_us / 1e6)
    }
}

impl Stat {
    /// The column that holds this time.
    #[must_use]
    pub fn column(self) -> Column {
        match self {
            Stat::Median => Column::TimeMedian,
            Stat::Min => Column::TimeMin,
            Stat::Max => Column::TimeMax,
            Stat::Mean => Column::TimeMean,
        }
    }
}

/// Times of one launch in microseconds, over all samples. What hovera measured has all four; a file that
/// was imported has what its source tells, at least one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Timing {
    /// How many launches, where that is known.
    pub samples: Option<u32>,
    /// The fastest.
    pub min_us: Option<f64>,
    /// The middle one, or the mean of the two middle ones.
    pub median_us: Option<f64>,
    /// The mean.
    pub mean_us: Option<f64>,
    /// The slowest.
    pub max_us: Option<f64>,
    /// Half-width of a 95 % confidence interval of the median; none with too few samples for one.
    pub ci_us: Option<f64>,
    /// Median over launches of time × that launch's true SM clock, where clocks were measured.
    pub cycles_median: Option<f64>,
}

impl Timing {
    /// One time and no other, in microseconds.
    #[must_use]
    pub fn only(stat: Stat, time_us: f64, samples: Option<u32>) -> Timing {
        let of = |this| (this == stat).then_some(time_us);
        Timing {
            samples,
            min_us: of(Stat::Min),
            median_us: of(Stat::Median),
            mean_us: of(Stat::Mean),
            max_us: of(Stat::Max),
            ..Timing::default()
        }
    }

    /// The time that stands for the point, in microseconds, where it is known.
    #[must_use]
    pub fn of(&self, stat: Stat) -> Option<f64> {
        match stat {
            Stat::Median => self.median_us,
            Stat::Min => self.min_us,
            Stat::Max => self.max_us,
            Stat::Mean => self.mean_us,
        }
    }
}

/// Readings taken while, or right after, a point ran. What a card does not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Telemetry {
    /// True mean SM clock over the timed launches, in MHz.
    pub sm_clock_mhz: Option<f64>,
    /// NVML's SM clock reading, in MHz. It lags a launch by far.
    pub nvml_clock_mhz: Option<u32>,
    /// NVML's power reading, in W.
    pub power_w: Option<f64>,
    /// Energy of one launch, in J.
    pub energy_j: Option<f64>,
    /// GPU temperature, in °C.
    pub temp_c: Option<u32>,
    /// Why the clock was held back: NVML's reasons joined by `+`, `none` when there is none.
    pub throttle: Option<String>,
}

/// The kernel behind a point, as far as the library tells.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Kernel {
    /// Algorithm id.
    pub algo: Option<String>,
    /// Tile, `128x256`, as cuBLAS names it: rows by columns of its column-major C. hovera asks it for
    /// the row-major C as its transpose, so that here the first runs along n and the second along m.
    /// Where n is 1, C is both row-major and column-major and asked for as it is, as PyTorch does: the
    /// first runs along m.
    pub tile: Option<String>,
    /// Pipeline stages.
    pub stages: Option<String>,
    /// Split-K factor.
    pub split_k: Option<u32>,
    /// Thread block cluster, `2x1x1`.
    pub cluster: Option<String>,
    /// Waves over the SMs.
    pub waves: Option<f64>,
    /// Workspace in bytes.
    pub workspace_bytes: Option<u64>,
}

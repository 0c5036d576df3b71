//! Why a point is as fast as it is: what its row, its shape and the datasheet tell together.

mod selection;
mod speeds;
mod tiling;

pub use selection::{ExplainError, Selection};
pub use speeds::{SpeedCause, Speeds};
pub use tiling::Tiling;

use crate::metric::{Metric, Missing, RatedCard};
use hovera_core::{
    Alignment, Device, HeadDim, ModelSizes, Point, PredictionInfo, Results, Row, Series, Stat,
};

/// How far the neighbours are that are looked at, in head dims: one, where only the series changes,
/// and eight, where it stays but for the multiples of 16.
const DISTANCES: [i64; 4] = [-8, -1, 1, 8];

/// One row, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation<'a> {
    /// What was measured.
    pub row: &'a Row,
    /// Which of its times stands for it in the file.
    pub stat: Stat,
    /// On what.
    pub device: &'a Device,
    /// What said the time, where it was predicted and not measured.
    pub prediction: Option<&'a PredictionInfo>,
    /// That device with its datasheet.
    pub card: RatedCard<'a>,
    /// How the kernel cuts the product into tiles, where the library told of its tile.
    pub tiling: Option<Tiling>,
    /// Its two speeds, where its launches fall into two groups.
    pub speeds: Option<Speeds>,
    /// What vector loads the operands' rows allow.
    pub alignment: Alignment,
    /// FLOP per byte of the least memory traffic.
    pub intensity: f64,
    /// The share of the peak at the true clock, in percent.
    pub percent_of_peak: Result<f64, Missing>,
    /// The least memory traffic over the time that stands for a point in the file, in GB/s.
    pub memory_gb_s: Option<f64>,
    /// The head dims one and eight away, under equal conditions, by head dim.
    pub neighbours: Vec<Neighbour<'a>>,
}

/// A head dim nearby.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour<'a> {
    /// How far it is.
    pub distance: i64,
    /// Its head dim.
    pub head_dim: u32,
    /// Its legend entry.
    pub series: Series,
    /// Its row, where the file has one.
    pub row: Option<&'a Row>,
}

impl<'a> Explanation<'a> {
    /// Explains every row of a file that the selection takes, in the file's order.
    ///
    /// # Errors
    /// [`ExplainError`] when there is none, with what there is.
    pub fn find(results: &'a Results, selection: &Selection) -> Result<Vec<Explanation<'a>>, ExplainError> {
        let rows = selection.rows(results)?;
        Ok(rows.into_iter().filter_map(|row| Self::of_row(results, row)).collect())
    }

    /// None for a row whose device the front matter lacks, which no file that was read has.
    fn of_row(results: &'a Results, row: &'a Row) -> Option<Explanation<'a>> {
        let device = results.front_matter.device.get(usize::try_from(row.device).ok()?)?;
        let card = RatedCard::new(device);
        let (point, gemm) = (&row.point, row.point.gemm());
        let seconds =
            row.timing.and_then(|timing| timing.time_us(results.stat())).map(|time_us| time_us * 1e-6);
        Some(Explanation {
            row,
            stat: results.stat(),
            device,
            prediction: results.front_matter.prediction.as_ref(),
            card,
            tiling: Tiling::of_kernel(gemm, &row.kernel, card.sm_count()),
            speeds: Speeds::of_row(row, &card),
            alignment: point.alignment(),
            intensity: point.arithmetic_intensity(),
            percent_of_peak: Metric::PercentOfPeak.of_row(row, &card),
            memory_gb_s: seconds.map(|seconds| point.bytes() as f64 / seconds / 1e9),
            neighbours: neighbours(results, row),
        })
    }

    /// [`memory_gb_s`](Explanation::memory_gb_s) as a share of the datasheet's bandwidth, in percent.
    #[must_use]
    pub fn percent_of_bandwidth(&self) -> Option<f64> {
        Some(self.memory_gb_s? / self.card.sheet()?.memory_gb_s * 100.0)
    }
}

fn neighbours<'a>(results: &'a Results, row: &Row) -> Vec<Neighbour<'a>> {
    let Some(head_dim) = row.point.model.head_dim else { return Vec::new() };
    let head_dim = i64::from(head_dim.get());
    let neighbour = |distance: i64| {
        let there = HeadDim::new(u64::try_from(head_dim + distance).ok()?).ok()?;
        Some(Neighbour {
            distance,
            head_dim: there.get(),
            series: Series::of_head_dim(there),
            row: results.rows.iter().find(|other| differ_in_head_dim(row, other, there)),
        })
    };
    DISTANCES.into_iter().filter_map(neighbour).collect()
}

/// Whether `other` is `row` at another head dim, and at the hidden size that this makes.
fn differ_in_head_dim(row: &Row, other: &Row, head_dim: HeadDim) -> bool {
    let (ours, theirs) = (row.point.model, other.point.model);
    let model = ModelSizes { hidden: ours.hidden, head_dim: ours.head_dim, ..theirs };
    let at_ours = Point { model, gemm: row.point.gemm, ..other.point };
    row.device == other.device
        && row.point == at_ours
        && row.point.tensor_parallel() == other.point.tensor_parallel()
        && theirs.head_dim == Some(head_dim)
        && (ours.hidden == theirs.hidden || ours.is_as_wide_as_heads() && theirs.is_as_wide_as_heads())
}

#[cfg(test)]
mod tests;

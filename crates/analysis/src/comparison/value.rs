//! What is compared of two rows, and how well it is known.

use super::run_to_run::Kind;
use crate::metric::{Card, Metric, Missing};
use crate::statistics::NORMAL_95;
use hovera_core::{Bound, Row, Stat, Status};

/// A row on its card.
#[derive(Clone, Copy)]
pub(super) struct Measured<'a> {
    pub(super) row: &'a Row,
    pub(super) card: Card<'a>,
}

/// The values of two rows by one metric, more being better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Values {
    pub(super) base: f64,
    pub(super) other: f64,
    /// What each is made of.
    pub(super) kinds: [Kind; 2],
}

/// Reads both rows by the same rule.
///
/// At a stated clock a row counts by its cycles where the SMs bound it, by its time where memory does, and by
/// the geometric mean of the two where both do. Where noise has decided differently for the two rows of a
/// pair, both count by time: cycles against time would differ by as much as the clocks do.
pub(super) fn values(
    metric: Metric,
    stat: Stat,
    base: Measured<'_>,
    other: Measured<'_>,
) -> Result<Values, Missing> {
    let bounds = [base, other].map(|side| side.card.bound(side.row).ok());
    let metric = match (metric, bounds) {
        (Metric::TflopsAtClock, [Some(ours), Some(theirs)]) if ours != theirs || ours == Bound::Memory => {
            Metric::Tflops
        }
        _ => metric,
    };
    let value = |side: Measured<'_>| match metric {
        Metric::Tflops if side.row.timing.is_none() => Err(Missing::Time),
        Metric::Tflops => side.row.tflops(stat).ok_or(Missing::Stat { stat }),
        metric => metric.of(side.row, &side.card),
    };
    let kind = |bound| match metric {
        Metric::Tflops => Kind::Time(bound),
        Metric::TflopsAtClock if bound == Some(Bound::Both) => Kind::HalfWay,
        Metric::TflopsAtClock | Metric::PercentOfPeak | Metric::FlopPerCycle => Kind::Cycles(bound),
        Metric::GflopsPerWatt => Kind::Energy,
    };
    Ok(Values { base: value(base)?, other: value(other)?, kinds: bounds.map(kind) })
}

/// The standard error of ln(value) within the run, by the interval of the median time; with too few launches
/// for one, half their range stands for it.
///
/// Cycles have an interval of their own, which is not in the file. But a row that is `ok` is one whose
/// invariant was known to `ci_target`, the method's: where that is what is compared, it bounds its interval.
///
/// Of a file that tells one time of each row there is nothing to read it from: 0, and what rows differ by from
/// run to run is all that counts.
pub(super) fn error_within_run(row: &Row, kind: Kind, ci_target: Option<f64>) -> f64 {
    let half_width = row.timing.and_then(|timing| {
        let range = || Some((timing.max_us? - timing.min_us?) / 2.0);
        Some(timing.ci_us.or_else(range)? / timing.median_us.or(timing.mean_us)?)
    });
    let half_width = half_width.unwrap_or(0.0);
    let reached =
        matches!(kind, Kind::Cycles(Some(Bound::Compute)) | Kind::HalfWay) && row.status == Status::Ok;
    (if reached { half_width.min(ci_target.unwrap_or(f64::INFINITY)) } else { half_width }) / NORMAL_95
}

//! How well one run knows a row's value.

use super::piecewise::piecewise;
use crate::pair::MadeOf;
use crate::statistics::{NORMAL_95, normal_half_width};
use hovera_core::{PredictionInfo, Row, Status};

/// The half-width of the logarithm of a time beyond which it makes no difference: nothing is told apart by it, and
/// its interval must still be a number.
const WIDEST: f64 = 10.0;

/// The standard error of ln(value) of a row that was predicted, by its interval, which is to hold the measured time with
/// the probability that its file names.
pub(super) fn error_of_prediction(row: &Row, by: Option<&PredictionInfo>) -> Option<f64> {
    let (prediction, coverage) = (row.prediction?, by?.coverage);
    let half_width = (prediction.high_us / prediction.low_us).ln() / 2.0;
    Some(half_width.min(WIDEST) / normal_half_width(coverage))
}

/// The standard error of ln(value) within the run, by the interval of the median time; with too few launches
/// for one, or launches too far apart, half their range stands for it.
///
/// Cycles have an interval of their own, which is not in the file. But a row that is `ok` is one whose
/// invariant was known to `ci_target`, the method's: the nearer what is compared is to the row's invariant, the
/// nearer its interval is to that bound.
///
/// Of a file that tells one time of each row there is nothing to read it from: 0, and what rows differ by from
/// run to run is all that counts.
pub(super) fn error_within_run(row: &Row, made_of: MadeOf, ci_target: Option<f64>) -> f64 {
    let half_width = row.timing.and_then(|timing| {
        let time_us = timing.median_us.or(timing.mean_us)?;
        let range = || Some((timing.max_us? - timing.min_us?) / 2.0 / time_us);
        timing.relative_ci().or_else(range)
    });
    let of_time = half_width.unwrap_or(0.0);
    let half_width = match (made_of, ci_target) {
        (MadeOf::Time { cycles, bound: Some(bound) }, Some(target)) if row.status == Status::Ok => piecewise(
            &[(0.0, of_time), (bound.clock_exponent(), of_time.min(target)), (1.0, of_time)],
            cycles,
        ),
        _ => of_time,
    };
    half_width.min(WIDEST) / NORMAL_95
}

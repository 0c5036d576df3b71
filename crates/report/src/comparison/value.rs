//! What is compared of two rows, and how well it is known.

use super::run_to_run::Kind;
use hovera_core::{Bound, Card, Metric, Missing, NORMAL_95, Row, Stat, Status};

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
/// At a stated clock a row counts by its cycles where the SMs bound it and by its time where memory does.
/// Where noise has decided differently for the two rows of a pair, both count by time: cycles against time
/// would differ by as much as the clocks do.
pub(super) fn values(
    metric: Metric,
    stat: Stat,
    base: Measured<'_>,
    other: Measured<'_>,
) -> Result<Values, Missing> {
    let bounds = [base, other].map(|side| side.card.bound(side.row).ok());
    let by_cycles = [Some(Bound::Compute); 2];
    let metric = match metric {
        Metric::TflopsAtClock if bounds != by_cycles && bounds.iter().all(Option::is_some) => Metric::Tflops,
        metric => metric,
    };
    let value = |side: Measured<'_>| match metric {
        Metric::Tflops => side.row.tflops(stat).ok_or(Missing::Time),
        metric => metric.of(side.row, &side.card),
    };
    let kind = |bound| match metric {
        Metric::Tflops => Kind::Time(bound),
        Metric::TflopsAtClock | Metric::PercentOfPeak | Metric::FlopPerCycle => Kind::Cycles(bound),
        Metric::GflopsPerWatt => Kind::Energy,
    };
    Ok(Values { base: value(base)?, other: value(other)?, kinds: bounds.map(kind) })
}

/// The standard error of ln(value) within the run, by the interval of the median time; with too few launches
/// for one, half their range stands for it.
///
/// Cycles have an interval of their own, which is not in the file. But a row that is `ok` is one whose
/// invariant was known to `ci_target`, the method's: where that is its cycles, it bounds their interval.
pub(super) fn error_within_run(row: &Row, kind: Kind, ci_target: f64) -> f64 {
    let Some(timing) = &row.timing else { return 0.0 };
    let half_width = timing.ci_us.unwrap_or((timing.max_us - timing.min_us) / 2.0) / timing.median_us;
    let reached = kind == Kind::Cycles(Some(Bound::Compute)) && row.status == Status::Ok;
    (if reached { half_width.min(ci_target) } else { half_width }) / NORMAL_95
}

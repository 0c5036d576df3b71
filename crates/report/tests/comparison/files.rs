//! Results files of this repository, and changes to them.

use hovera_core::{Op, Results, Row, Series, Timing};
use hovera_report::{CompareError, CompareOptions, Comparison, Source};
use std::path::Path;

pub(crate) const H100: &str = "repeatability/nvidia-h100-80gb-hbm3";
pub(crate) const H200: &str = "repeatability/nvidia-h200";

/// A file under sweeps/.
pub(crate) fn file(name: &str) -> Results {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sweeps").join(name);
    Results::parse(name, std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn compare(
    base: &Results,
    other: &Results,
    options: &CompareOptions,
) -> Result<Comparison, CompareError> {
    let source = |name, results| Source { name, results, device: None };
    Comparison::of(&[source("base", base), source("other", other)], &[], options)
}

/// All times and cycles of a row become longer by the factor that `by` gives for it.
pub(crate) fn slowed(results: &Results, mut by: impl FnMut(&Row) -> Option<f64>) -> Results {
    let mut slowed = results.clone();
    for row in &mut slowed.rows {
        let Some(factor) = by(row) else { continue };
        row.timing = row.timing.map(|t| Timing {
            min_us: t.min_us * factor,
            median_us: t.median_us * factor,
            mean_us: t.mean_us * factor,
            max_us: t.max_us * factor,
            ci_us: t.ci_us.map(|ci| ci * factor),
            cycles_median: t.cycles_median.map(|cycles| cycles * factor),
            ..t
        });
    }
    slowed
}

/// 3 % of the throughput taken off the rows of one series.
pub(crate) fn three_percent_off(results: &Results, op: Op, series: Series) -> Results {
    let in_it = |row: &Row| row.point.op == op && row.point.shape.series() == series;
    slowed(results, |row| in_it(row).then_some(1.0 / 0.97))
}

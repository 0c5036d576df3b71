//! How well the medians are known.

use crate::document::condition::relative_ci;
use crate::document::sentence::{Sentence, counted, three_digits};
use hovera_core::{Results, Row, Status, median};

/// Confidence intervals over a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Noise {
    /// Half-width of the 95 % interval over the median time, in percent: of the middle point, of the worst.
    middle: f64,
    worst: f64,
    with_interval: usize,
    /// Points whose interval is as wide as the time itself.
    too_wide: usize,
    noisy: usize,
    /// In percent, where the file tells.
    target: Option<f64>,
    /// Whether cycles were measured: the target is that of the invariant then.
    has_cycles: bool,
}

impl Noise {
    /// None where no point has an interval.
    pub(super) fn find(results: &Results) -> Option<Noise> {
        let intervals = results.rows.iter().filter_map(relative_ci);
        let mut widths: Vec<f64> = intervals.map(|interval| interval * 100.0).collect();
        widths.sort_by(f64::total_cmp);
        Some(Noise {
            middle: median(&widths)?,
            worst: *widths.last()?,
            with_interval: widths.len(),
            too_wide: results.rows.iter().filter(|row| has_interval(row)).count() - widths.len(),
            noisy: results.rows.iter().filter(|row| row.status == Status::Noisy).count(),
            target: results.front_matter.method.ci_target.map(|target| target * 100.0),
            has_cycles: results.rows.iter().filter_map(|row| row.timing).any(|t| t.cycles_median.is_some()),
        })
    }

    pub(super) fn sentence(&self) -> Sentence {
        let target = self.target.map(three_digits);
        let noisy = match (self.noisy, target) {
            (0, None) => "No point is marked noisy.".to_owned(),
            (1, None) => "1 point is marked noisy.".to_owned(),
            (n, None) => format!("{n} points are marked noisy."),
            (missed, Some(target)) => {
                // What must be known so well is the invariant, which has no changes of the clock in it.
                let who = match (missed, self.has_cycles) {
                    (0, true) => "At one SM clock, no point".to_owned(),
                    (0, false) => "No point".to_owned(),
                    (n, true) => format!("At one SM clock, {}", counted(n, "point")),
                    (n, false) => counted(n, "point"),
                };
                let marked = match missed {
                    0 => "",
                    1 => " and is marked noisy",
                    _ => " and are marked noisy",
                };
                format!("{who} missed the target of {target} %{marked}.")
            }
        };
        let too_wide = match self.too_wide {
            0 => String::new(),
            points => {
                format!(" {} so far apart that their median is not known.", counted_with_launches(points))
            }
        };
        Sentence::new(format!(
            "The 95 % interval of the time of a point is ±{} % in the median of {} and ±{} % at worst. {noisy}{too_wide}",
            three_digits(self.middle),
            counted(self.with_interval, "point"),
            three_digits(self.worst)
        ))
    }
}

fn has_interval(row: &Row) -> bool {
    row.timing.is_some_and(|timing| timing.ci_us.is_some() && timing.median_us.is_some())
}

fn counted_with_launches(points: usize) -> String {
    format!("{} {}", counted(points, "point"), if points == 1 { "has launches" } else { "have launches" })
}

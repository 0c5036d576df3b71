//! The fastest point, and how far the card's rated peak is from there.

use crate::document::condition::Spot;
use crate::document::sentence::{Sentence, three_digits};
use hovera_analysis::{Metric, RatedCard};
use hovera_core::{Row, Series, in_percent};
use std::collections::BTreeMap;

/// The fastest point of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fastest<'a> {
    spot: Spot<'a>,
    /// The datasheet's peak for the dtype, in TFLOP/s at its boost clock.
    peak: Option<(f64, u32)>,
    /// Share of that peak at the clock that the card had, in percent, and that clock in MHz.
    at_true_clock: Option<(f64, f64)>,
}

pub(super) fn fastest<'a>(
    lines: &BTreeMap<Series, Vec<Spot<'a>>>,
    card: &RatedCard<'_>,
) -> Option<Fastest<'a>> {
    let spot = lines.values().flatten().copied().max_by(|a, b| a.tflops.total_cmp(&b.tflops))?;
    let peak = card.sheet().and_then(|sheet| Some((sheet.peak(spot.row.point.dtype)?, sheet.boost_mhz)));
    let share = Metric::PercentOfPeak.of_row(spot.row, card).ok();
    Some(Fastest { spot, peak, at_true_clock: share.zip(spot.row.telemetry.sm_clock_mhz) })
}

/// The share of the datasheet's peak that a row reaches, 0 to 1.
pub(in crate::document) fn peak_share(row: &Row, tflops: f64, card: &RatedCard<'_>) -> Option<f64> {
    Some(tflops / card.sheet()?.peak(row.point.dtype)?)
}

impl Fastest<'_> {
    pub(super) fn sentence(&self) -> Sentence {
        let Spot { series, hidden, head_dim, tflops, .. } = self.spot;
        let mut words = format!(
            "{} TFLOP/s at hidden size {hidden} (head dim {head_dim}, h/a = {series})",
            three_digits(tflops)
        );
        if let Some((peak, boost_mhz)) = self.peak {
            let share = in_percent(tflops / peak, 1);
            words += &format!(
                ": {share} of the {} TFLOP/s that the datasheet rates at {boost_mhz} MHz",
                three_digits(peak)
            );
        }
        if let Some((share, mhz)) = self.at_true_clock {
            words += &format!(", {share:.1} % of the peak at the {mhz:.0} MHz that the SMs ran at");
        }
        Sentence::new(words + ".")
    }
}

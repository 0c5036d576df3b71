//! What is on the vertical axis.

use super::course::Course;
use super::options::ChartOptions;
use crate::chart::{DataPoint, RowPlace};
use hovera_analysis::{Measured, Metric, Missing, PairValues, RatedCard, pair_values};
use hovera_core::{Device, Dtype, Origin, Row, Stat, Status};

/// A metric as one chart shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantity<'a> {
    pub(super) options: &'a ChartOptions,
    /// Which of a point's times stands for it.
    pub(super) stat: Stat,
    /// None for readings, which no card in the file made.
    pub(super) card: Option<RatedCard<'a>>,
    /// The rows of the file that the quantity is of, and the file's place among the files; none for readings.
    pub(super) file: Option<(usize, &'a [Row])>,
    /// Whether it shares a chart with other models, so that no peak or number of SMs holds for all.
    pub(super) mixed: bool,
    /// Whether these are drawn at another clock each.
    pub(super) clocks_differ: bool,
    /// Whose the numbers are.
    pub(super) origin: Origin,
}

impl Quantity<'_> {
    /// The metric's name, without its unit.
    pub(super) fn name(&self) -> String {
        match self.options.metric {
            Metric::Tflops => "Throughput".to_owned(),
            Metric::GbPerSecond => "Memory Throughput".to_owned(),
            Metric::TflopsAtClock => format!("Throughput{}", self.at_clock()),
            Metric::PercentOfPeak => "Share of Peak at the True Clock".to_owned(),
            Metric::FlopPerCycle => "FLOP per Cycle and SM".to_owned(),
            Metric::GflopsPerWatt => "Energy Efficiency".to_owned(),
        }
    }

    /// The value of a row: a finite number above 0.
    pub(super) fn of_row(&self, row: &Row) -> Result<f64, Missing> {
        let value = match (self.options.metric, &self.card) {
            (metric, Some(card)) if !metric.is_over_time() => metric.of_row(row, card),
            (metric, _) => metric.over_time(row, self.stat),
        }?;
        if value > 0.0 && value.is_finite() { Ok(value) } else { Err(Missing::Impossible) }
    }

    /// A row's place in a chart of lines, where it has a value.
    pub(super) fn point(&self, row: &Row, course: &Course<'_>) -> Option<DataPoint> {
        let (value, x) = (self.of_row(row).ok()?, course.spot(row).x);
        let point = DataPoint { row: self.place(row), ..DataPoint::from((x as f64, value)) };
        Some(point.noisy(row.status == Status::Noisy).with_second(self.second_of_row(row)))
    }

    /// Where a row of the file stands in it.
    pub(super) fn place(&self, row: &Row) -> Option<RowPlace> {
        let (file, rows) = self.file?;
        Some(RowPlace { file, row: rows.element_offset(row)? })
    }

    /// The interval of a predicted row's value: that of its time, the other way round.
    pub(super) fn interval_of_row(&self, row: &Row) -> Option<(f64, f64)> {
        let (value, prediction) = (self.of_row(row).ok()?, row.prediction?);
        let time_us = row.timing?.time_us(self.stat)?;
        Some((value * time_us / prediction.high_us, value * time_us / prediction.low_us))
            .filter(|(low, high)| low.is_finite() && high.is_finite())
    }

    /// The value of a row at its other speed, where it has two and that is known.
    pub(super) fn second_of_row(&self, row: &Row) -> Option<f64> {
        let value = self.options.metric.at_second_speed(row, self.card.as_ref())?;
        (self.stat == Stat::Median && value > 0.0 && value.is_finite()).then_some(value)
    }

    /// The values of two rows, each with its own quantity, for their ratio.
    pub(super) fn of_both(rows: [(&Quantity<'_>, &Row); 2]) -> Result<PairValues, Missing> {
        let [(a, row_a), (b, row_b)] = rows;
        let unknown = Device::default();
        let [card_a, card_b] = [a, b].map(|it| it.card.unwrap_or_else(|| RatedCard::new(&unknown)));
        let first = Measured { row: row_a, card: card_a, stat: a.stat };
        let second = Measured { row: row_b, card: card_b, stat: b.stat };
        pair_values(a.options.metric, [first, second])
    }

    /// Of an axis over hidden size. That of the published charts is written as they write it.
    pub(super) fn published_label(&self) -> String {
        match self.options.metric {
            Metric::Tflops => "Throughput (TFLOPs/s)".to_owned(),
            _ => self.label(),
        }
    }

    /// Of an axis that no published chart has.
    pub(super) fn label(&self) -> String {
        let name = self.name();
        match self.options.metric {
            Metric::FlopPerCycle => name,
            metric => format!("{name} ({})", unit(metric)),
        }
    }

    /// In a sentence.
    pub(super) fn in_words(&self) -> String {
        match self.options.metric {
            Metric::Tflops => "throughput in TFLOP/s".to_owned(),
            Metric::GbPerSecond => "memory throughput in GB/s".to_owned(),
            Metric::TflopsAtClock => format!("throughput{} in TFLOP/s", self.at_clock()),
            Metric::PercentOfPeak => "the share of the peak at the true clock in percent".to_owned(),
            Metric::FlopPerCycle => "FLOP per cycle and SM".to_owned(),
            Metric::GflopsPerWatt => "energy efficiency in GFLOP/s per W".to_owned(),
        }
    }

    /// What the caption says of the numbers.
    pub(super) fn basis(&self, dtype: Dtype) -> String {
        let card = self.card.filter(|_| !self.mixed);
        let sheet = card.and_then(|card| card.sheet());
        match self.options.metric {
            Metric::Tflops | Metric::GbPerSecond => format!("{} time", self.of_points()),
            Metric::TflopsAtClock => {
                format!("{} cycles{}, time if memory-bound", self.of_points(), self.at_clock())
            }
            Metric::PercentOfPeak => {
                let rated = sheet.and_then(|sheet| Some((sheet.peak(dtype)?, sheet.boost_mhz)));
                let rated = rated.map(|(peak, mhz)| format!(", peak {peak} TFLOP/s at {mhz} MHz"));
                format!("{} cycles{}", self.of_points(), rated.unwrap_or_default())
            }
            Metric::FlopPerCycle => {
                let sms = card.and_then(|card| card.sm_count()).map(|n| format!(" of {n} SMs"));
                format!("{} cycles{}", self.of_points(), sms.unwrap_or_default())
            }
            Metric::GflopsPerWatt => "energy by the card's counter".to_owned(),
        }
    }

    /// What the caption says of ratios, whose axis names the clock.
    pub(super) fn ratio_basis(&self) -> String {
        match self.options.metric {
            Metric::Tflops | Metric::GbPerSecond => format!("{} time", self.of_points()),
            Metric::TflopsAtClock => format!("{} cycles, time if memory-bound", self.of_points()),
            Metric::PercentOfPeak | Metric::FlopPerCycle => format!("{} cycles", self.of_points()),
            Metric::GflopsPerWatt => "energy by the card's counter".to_owned(),
        }
    }

    /// Which of a point's times or cycles stand for it.
    fn of_points(&self) -> &'static str {
        if self.origin == Origin::Predicted { "predicted" } else { in_words(self.stat) }
    }

    /// ` at 1830 MHz`, wherever that clock is not the one that was.
    fn at_clock(&self) -> String {
        if self.clocks_differ {
            return " at each rated clock".to_owned();
        }
        let clock = self.card.and_then(|card| card.clock_mhz());
        clock.map(|mhz| format!(" at {mhz} MHz")).unwrap_or_default()
    }
}

pub(super) fn in_words(stat: Stat) -> &'static str {
    match stat {
        Stat::Median => "median",
        Stat::Min => "fastest",
        Stat::Max => "slowest",
        Stat::Mean => "mean",
    }
}

/// A metric's unit, after a number.
pub(super) fn unit(metric: Metric) -> &'static str {
    match metric {
        Metric::Tflops | Metric::TflopsAtClock => "TFLOP/s",
        Metric::GbPerSecond => "GB/s",
        Metric::PercentOfPeak => "%",
        Metric::FlopPerCycle => "FLOP per cycle and SM",
        Metric::GflopsPerWatt => "GFLOP/s per W",
    }
}

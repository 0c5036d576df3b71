//! What can be said of a row beside its time.

use crate::clock_response::ClockResponse;
use hovera_core::{Bound, Datasheet, Device, Dtype, Row, Stat, text_enum};

text_enum! {
    /// A figure of merit: more is better in each. All are of the median over launches.
    Metric, "metric" {
        /// Throughput as it happened, in TFLOP/s: FLOP / time / 10¹².
        Tflops = "tflops",
        /// Throughput at a stated SM clock, in TFLOP/s: FLOP / (cycles / clock) / 10¹² where the tensor
        /// cores bound a row, whose cycles do not depend on the clock. Where memory does, the
        /// throughput as it happened: its time does not follow the SM clock. Where the limits meet,
        /// throughput · (stated clock / true clock)^e, e from [`ClockResponse`].
        TflopsAtClock = "tflops-at-clock",
        /// Share of the card's dense peak at the clock that it really had, in percent:
        /// FLOP / time / (peak · clock / rated boost clock) · 100, time · clock being the cycles of
        /// each launch.
        PercentOfPeak = "percent-of-peak",
        /// FLOP per cycle and SM: FLOP / cycles / SMs. An H100's tensor cores do 4096 of fp16.
        FlopPerCycle = "flop-per-cycle",
        /// Memory throughput, in GB/s: the least traffic, each operand read once and the result written once, over the
        /// time. What fits a cache can have more than the memory gives.
        GbPerSecond = "gb-per-second",
        /// GFLOP/s per W, which is GFLOP per J: FLOP / energy / 10⁹. By the card's energy counter only:
        /// its power reading lags a launch by far.
        GflopsPerWatt = "gflops-per-watt",
    }
}

/// What a row lacks for a metric. Its `Display` says it of all rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// The point failed or was skipped.
    #[error("nothing was timed")]
    Time,
    /// The time, or what is counted by it, makes the metric 0 or infinite.
    #[error("its time is none that a launch can take")]
    Impossible,
    /// The file does not tell this time: it was imported.
    #[error("{} is empty", .stat.column())]
    Stat {
        /// Which.
        stat: Stat,
    },
    /// The SM clock was not measured launch by launch.
    #[error("the true SM clock was not measured (cycles_median is empty)")]
    Cycles,
    /// The card is not in the table of datasheets.
    #[error("there is no datasheet of {device:?}")]
    Datasheet {
        /// The card.
        device: String,
    },
    /// The card's datasheet has no peak for the dtype.
    #[error("the datasheet of the {card} has no peak for {dtype}")]
    Peak {
        /// The datasheet's name.
        card: &'static str,
        /// The dtype.
        dtype: Dtype,
    },
    /// Neither the file nor a datasheet tells how many SMs the card has.
    #[error("how many SMs {device:?} has is not known")]
    SmCount {
        /// The card.
        device: String,
    },
    /// The card's energy counter was not read, or is too coarse.
    #[error("no energy was measured (energy_j is empty)")]
    Energy,
}

/// The card that a row was measured on, and the clock that it is compared at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatedCard<'a> {
    device: &'a Device,
    sheet: Option<&'static Datasheet>,
    clock_mhz: Option<f64>,
    response: Option<&'a ClockResponse>,
}

impl<'a> RatedCard<'a> {
    /// A card with its datasheet, by its product name. Its stated clock is the rated boost clock.
    #[must_use]
    pub fn new(device: &'a Device) -> RatedCard<'a> {
        let sheet = Datasheet::lookup(&device.name);
        RatedCard { device, sheet, clock_mhz: sheet.map(|sheet| f64::from(sheet.boost_mhz)), response: None }
    }

    /// The same card with another stated clock, in MHz, above 0.
    #[must_use]
    pub fn at_clock(self, mhz: f64) -> RatedCard<'a> {
        RatedCard { clock_mhz: Some(mhz), ..self }
    }

    /// The same card, with what the rows of its file say together of how they follow the clock.
    #[must_use]
    pub fn responding(self, response: &'a ClockResponse) -> RatedCard<'a> {
        RatedCard { response: Some(response), ..self }
    }

    /// What the maker says of it, where it is known.
    #[must_use]
    pub fn sheet(&self) -> Option<&'static Datasheet> {
        self.sheet
    }

    /// The clock of [`Metric::TflopsAtClock`] in MHz.
    #[must_use]
    pub fn clock_mhz(&self) -> Option<f64> {
        self.clock_mhz
    }

    /// Its SMs, by the front matter or else the datasheet.
    #[must_use]
    pub fn sm_count(&self) -> Option<u32> {
        self.device.sm_count.or(self.sheet.map(|sheet| sheet.sm_count))
    }

    /// Bytes of its L2 cache, by the front matter or else the datasheet.
    #[must_use]
    pub fn l2_bytes(&self) -> Option<u64> {
        let rated = || Some(u64::from(self.sheet?.l2_mb?) * 1_000_000);
        self.device.l2_bytes.or_else(rated)
    }

    fn rated(&self) -> Result<&'static Datasheet, Missing> {
        self.sheet.ok_or_else(|| Missing::Datasheet { device: self.device.name.clone() })
    }

    fn peak(&self, dtype: Dtype) -> Result<f64, Missing> {
        let sheet = self.rated()?;
        sheet.peak(dtype).ok_or(Missing::Peak { card: sheet.name, dtype })
    }

    /// What bounds a row: what the row says, or where it says nothing, what the datasheet makes expected.
    ///
    /// # Errors
    /// [`Missing`], when neither tells.
    pub fn bound(&self, row: &Row) -> Result<Bound, Missing> {
        if let Some(bound) = row.bound {
            return Ok(bound);
        }
        let (sheet, dtype) = (self.rated()?, row.point.dtype);
        let time_us = row.timing.and_then(|timing| timing.median_us);
        let expected = match time_us {
            Some(us) => sheet.expected_bound_of_launch(&row.point, us * 1e-6),
            None => sheet.expected_bound(&row.point),
        };
        expected.ok_or(Missing::Peak { card: sheet.name, dtype })
    }

    /// e of `throughput ∝ clock^e`: by the rows around it, or else by what bounds it alone.
    ///
    /// # Errors
    /// [`Missing`], when nothing tells, or the row's clock was not measured, without which e > 0 is of no use.
    pub(crate) fn exponent(&self, row: &Row) -> Result<f64, Missing> {
        let exponent = match self.response.and_then(|response| response.exponent(row)) {
            Some(exponent) => Ok(exponent),
            None => self.bound(row).map(Bound::clock_exponent),
        };
        let timing = row.timing.as_ref().ok_or(Missing::Time)?;
        timing.median_us.ok_or(Missing::Stat { stat: Stat::Median })?;
        // Without a measured clock there is nothing to scale by, whatever the card: say that first.
        match timing.cycles_median {
            None if exponent != Ok(0.0) => Err(Missing::Cycles),
            _ => exponent,
        }
    }
}

fn tflops(row: &Row) -> Result<f64, Missing> {
    row.timing.ok_or(Missing::Time)?;
    row.tflops(Stat::Median).ok_or(Missing::Stat { stat: Stat::Median })
}

/// Throughput at the card's stated clock, which it follows by `exponent`: by none, no clock is needed.
pub(crate) fn at_clock(row: &Row, card: &RatedCard<'_>, exponent: f64) -> Result<f64, Missing> {
    if exponent == 0.0 {
        return tflops(row);
    }
    let timing = row.timing.as_ref().ok_or(Missing::Time)?;
    let median_us = timing.median_us.ok_or(Missing::Stat { stat: Stat::Median })?;
    let true_mhz = timing.cycles_median.ok_or(Missing::Cycles)? / median_us;
    let mhz = card.clock_mhz.map_or_else(|| card.rated().map(|s| f64::from(s.boost_mhz)), Ok)?;
    Ok(tflops(row)? * (mhz / true_mhz).powf(exponent))
}

fn gb_per_second(row: &Row, stat: Stat) -> Result<f64, Missing> {
    let timing = row.timing.ok_or(Missing::Time)?;
    let time_us = timing.time_us(stat).ok_or(Missing::Stat { stat })?;
    Ok(row.point.bytes() as f64 / time_us / 1e3)
}

impl Metric {
    /// Whether it is what was counted over a time, and so of any of a point's times; every other one is of the median.
    #[must_use]
    pub fn is_over_time(self) -> bool {
        matches!(self, Metric::Tflops | Metric::GbPerSecond)
    }

    /// The value of a row by one of its times, of a metric that [is over time](Metric::is_over_time); of any other that of
    /// [`Metric::Tflops`].
    ///
    /// # Errors
    /// [`Missing`], when the row lacks that time.
    pub fn over_time(self, row: &Row, stat: Stat) -> Result<f64, Missing> {
        if self == Metric::GbPerSecond {
            return gb_per_second(row, stat);
        }
        row.timing.ok_or(Missing::Time)?;
        row.tflops(stat).ok_or(Missing::Stat { stat })
    }

    /// The metric of a row at its other speed, where it has two. None of a metric of cycles or energy: of the smaller
    /// group only the time is known.
    #[must_use]
    pub fn at_second_speed(self, row: &Row, card: Option<&RatedCard<'_>>) -> Option<f64> {
        let second = row.timing?.second?;
        let by_time = match self {
            Metric::Tflops => true,
            Metric::TflopsAtClock => card.is_some_and(|card| card.exponent(row) == Ok(0.0)),
            Metric::GbPerSecond => return Some(row.point.bytes() as f64 / second.time_us / 1e3),
            _ => false,
        };
        by_time.then(|| row.point.flop() as f64 / second.time_us / 1e6)
    }

    /// The metric of a row that was measured on `card`.
    ///
    /// # Errors
    /// [`Missing`], what the row or the card lacks for it.
    pub fn of_row(self, row: &Row, card: &RatedCard<'_>) -> Result<f64, Missing> {
        let flop = row.point.flop() as f64;
        let timing = row.timing.as_ref().ok_or(Missing::Time)?;
        let cycles = || timing.cycles_median.ok_or(Missing::Cycles);
        match self {
            Metric::Tflops => tflops(row),
            Metric::GbPerSecond => gb_per_second(row, Stat::Median),
            Metric::TflopsAtClock => at_clock(row, card, card.exponent(row)?),
            Metric::PercentOfPeak => {
                let (cycles, peak) = (cycles()?, card.peak(row.point.dtype)?);
                let peak_flop_per_cycle = peak * 1e6 / f64::from(card.rated()?.boost_mhz);
                Ok(flop / cycles / peak_flop_per_cycle * 100.0)
            }
            Metric::FlopPerCycle => {
                let sms =
                    card.sm_count().ok_or_else(|| Missing::SmCount { device: card.device.name.clone() });
                Ok(flop / cycles()? / f64::from(sms?))
            }
            Metric::GflopsPerWatt => {
                let energy = row.telemetry.energy_j.filter(|joules| *joules > 0.0).ok_or(Missing::Energy)?;
                Ok(flop / energy / 1e9)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

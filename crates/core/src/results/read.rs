//! Rows out of text. Nothing that a row derives is believed: it is worked out again and compared.

use super::{Column, ResultsError};
use crate::results::front_matter::FrontMatter;
use crate::results::row::{Kernel, Row, Telemetry, Timing};
use crate::results::table::Fields;
use crate::shape::attention::AttentionShape;
use crate::shape::dimension::{Batch, DimensionError, HeadDim, Heads, Hidden, Seq};
use crate::shape::gemm::Gemm;
use crate::shape::op::Op;
use crate::shape::point::Point;
use crate::shape::vocabulary::{Stat, Status};
use crate::words::text_enum::UnknownWord;
use std::str::FromStr;

/// How far `tflops` may be from FLOP / time, as a fraction: other tools round.
const TFLOPS_TOLERANCE: f64 = 0.001;

/// How far the mean may lie outside the fastest and slowest time, as a fraction: sums round.
const MEAN_TOLERANCE: f64 = 1e-9;

/// What any size is.
const A_SIZE: &str = "an integer, 1 to 2147483647";

/// The columns of the GEMM.
const SIZES: [Column; 4] = [Column::GemmBatch, Column::M, Column::N, Column::K];

/// Reads one row of a file under this front matter.
pub(super) fn read_row(fields: &Fields<'_>, front_matter: &FrontMatter) -> Result<Row, ResultsError> {
    let reader = RowReader { fields, stat: front_matter.method.stat };
    let devices = front_matter.device.len();
    let point = reader.point()?;
    let device =
        reader.parsed(Column::Device, |device: &u32| (*device as usize) < devices).ok_or_else(|| {
            let last = devices - 1;
            reader.wants(
                Column::Device,
                format!("0 to {last}, an index into the front matter's [[device]] list"),
            )
        })?;
    let status: Status = reader.word(Column::Status)?;
    let row = Row {
        point,
        device,
        timing: reader.timing(status)?,
        telemetry: reader.telemetry()?,
        kernel: reader.kernel()?,
        status,
        note: reader.get(Column::Note).to_owned(),
        bound: reader.unless_empty(Column::Bound, || reader.word(Column::Bound))?,
    };
    reader.check_tflops(&row)?;
    Ok(row)
}

struct RowReader<'a> {
    fields: &'a Fields<'a>,
    stat: Stat,
}

impl RowReader<'_> {
    fn get(&self, column: Column) -> &str {
        self.fields.get(column as usize)
    }

    fn wants(&self, column: Column, want: impl Into<String>) -> ResultsError {
        self.fields.wants(column as usize, want)
    }

    fn word<T: FromStr<Err = UnknownWord>>(&self, column: Column) -> Result<T, ResultsError> {
        self.get(column).parse().map_err(|unknown: UnknownWord| self.wants(column, unknown.choices))
    }

    /// The value in a column, if it can be read and is legal.
    fn parsed<T: FromStr>(&self, column: Column, legal: impl Fn(&T) -> bool) -> Option<T> {
        self.get(column).parse().ok().filter(legal)
    }

    fn unless_empty<T>(
        &self,
        column: Column,
        read: impl Fn() -> Result<T, ResultsError>,
    ) -> Result<Option<T>, ResultsError> {
        if self.get(column).is_empty() { Ok(None) } else { read().map(Some) }
    }

    fn positive(&self, column: Column) -> Result<f64, ResultsError> {
        self.parsed(column, |x: &f64| x.is_finite() && *x > 0.0)
            .ok_or_else(|| self.wants(column, "a finite number above 0"))
    }

    fn not_negative(&self, column: Column) -> Result<Option<f64>, ResultsError> {
        self.unless_empty(column, || {
            self.parsed(column, |x: &f64| x.is_finite() && *x >= 0.0)
                .ok_or_else(|| self.wants(column, "a finite number, 0 or more, or nothing"))
        })
    }

    fn count<T: FromStr>(&self, column: Column) -> Result<Option<T>, ResultsError> {
        self.unless_empty(column, || {
            self.parsed(column, |_| true)
                .ok_or_else(|| self.wants(column, "an integer, 0 or more, or nothing"))
        })
    }

    fn text(&self, column: Column) -> Option<String> {
        let text = self.get(column);
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn size<T>(
        &self,
        column: Column,
        new: impl Fn(u64) -> Result<T, DimensionError>,
    ) -> Result<T, ResultsError> {
        self.get(column)
            .parse()
            .ok()
            .and_then(|size| new(size).ok())
            .ok_or_else(|| self.wants(column, A_SIZE))
    }

    fn point(&self) -> Result<Point, ResultsError> {
        let op: Op = self.word(Column::Op)?;
        let point = Point {
            op,
            dtype: self.word(Column::Dtype)?,
            layout: self.word(Column::Layout)?,
            engine: self.word(Column::Engine)?,
            pacing: self.word(Column::Pacing)?,
            cache: self.word(Column::Cache)?,
            layer: if op.is_of_layer() { Some(self.layer()?) } else { self.no_layer(op)? },
            gemm: self.gemm()?,
        };
        point.check().map_err(|misfit| {
            let column = SIZES.into_iter().find(|column| column.as_str() == misfit.size);
            self.wants(column.unwrap_or(Column::Op), format!("{}, by the row's op and sizes", misfit.want))
        })?;
        self.derived(Column::Flop, point.flop())?;
        self.derived(Column::Bytes, point.bytes())?;
        Ok(point)
    }

    fn layer(&self) -> Result<AttentionShape, ResultsError> {
        let heads = self.size(Column::Heads, Heads::new)?;
        let batch = self.size(Column::Batch, Batch::new)?;
        let seq = self.size(Column::Seq, Seq::new)?;
        let hidden = self.size(Column::Hidden, Hidden::new)?;
        let head_dim = self.size(Column::HeadDim, HeadDim::new)?;
        let floored = hidden.get() / heads.get();
        if head_dim.get() != floored {
            let want = format!("{floored}, which is hidden = {hidden} over heads = {heads} rounded down");
            return Err(self.wants(Column::HeadDim, want));
        }
        let layer = AttentionShape::from_hidden_floored(heads, batch, seq, hidden)
            .map_err(|error| self.wants(Column::Batch, format!("a smaller one: {error}")))?;
        self.derived(Column::Series, layer.series().get().into())?;
        Ok(layer)
    }

    /// A product of no layer has none of a layer's sizes.
    fn no_layer(&self, op: Op) -> Result<Option<AttentionShape>, ResultsError> {
        const LAYER: [Column; 6] =
            [Column::Heads, Column::Batch, Column::Seq, Column::Hidden, Column::HeadDim, Column::Series];
        match LAYER.into_iter().find(|column| !self.get(*column).is_empty()) {
            None => Ok(None),
            Some(column) => Err(self.wants(column, format!("nothing in a row of op {op}"))),
        }
    }

    fn gemm(&self) -> Result<Gemm, ResultsError> {
        let size = |column| self.size(column, Ok);
        let sizes = (size(Column::GemmBatch)?, size(Column::M)?, size(Column::N)?, size(Column::K)?);
        Gemm::new(sizes.0, sizes.1, sizes.2, sizes.3).map_err(|error| {
            let column = SIZES.into_iter().find(|column| column.as_str() == error.name);
            self.wants(column.unwrap_or(Column::GemmBatch), A_SIZE)
        })
    }

    /// A column that the op and the sizes determine.
    fn derived(&self, column: Column, value: u128) -> Result<(), ResultsError> {
        if self.get(column).parse() == Ok(value) {
            return Ok(());
        }
        Err(self.wants(column, format!("{value}, by the row's op and sizes")))
    }

    /// Times of a row that has them; a row that was skipped or failed has none.
    fn timing(&self, status: Status) -> Result<Option<Timing>, ResultsError> {
        const TIMES: [Column; 8] = [
            Column::Samples,
            Column::TimeMin,
            Column::TimeMedian,
            Column::TimeMean,
            Column::TimeMax,
            Column::TimeCi,
            Column::CyclesMedian,
            Column::Tflops,
        ];
        if !status.has_times() {
            return match TIMES.into_iter().find(|column| !self.get(*column).is_empty()) {
                None => Ok(None),
                Some(column) => Err(self.wants(column, format!("nothing in a row that is {status}"))),
            };
        }
        let samples = || {
            self.parsed(Column::Samples, |samples| *samples > 0).ok_or_else(|| {
                self.wants(Column::Samples, "how many launches were timed, 1 or more, or nothing")
            })
        };
        let time = |column| self.unless_empty(column, || self.positive(column));
        let timing = Timing {
            samples: self.unless_empty(Column::Samples, samples)?,
            min_us: time(Column::TimeMin)?,
            median_us: time(Column::TimeMedian)?,
            mean_us: time(Column::TimeMean)?,
            max_us: time(Column::TimeMax)?,
            ci_us: self.not_negative(Column::TimeCi)?,
            cycles_median: time(Column::CyclesMedian)?,
        };
        if timing.of(self.stat).is_none() {
            let want = format!("a finite number above 0: the file's times are by stat = {}", self.stat);
            return Err(self.wants(self.stat.column(), want));
        }
        self.check_order(&timing)?;
        Ok(Some(timing))
    }

    /// The times that are there must not contradict each other.
    fn check_order(&self, timing: &Timing) -> Result<(), ResultsError> {
        let (min_us, max_us) = (timing.min_us.unwrap_or(0.0), timing.max_us.unwrap_or(f64::INFINITY));
        if min_us > max_us {
            return Err(self.wants(Column::TimeMin, format!("no more than time_max_us = {max_us}")));
        }
        let between = || match (timing.min_us, timing.max_us) {
            (Some(min_us), Some(max_us)) => format!("time_min_us = {min_us} to time_max_us = {max_us}"),
            (Some(min_us), None) => format!("no less than time_min_us = {min_us}"),
            _ => format!("no more than time_max_us = {max_us}"),
        };
        if timing.median_us.is_some_and(|median_us| !(min_us..=max_us).contains(&median_us)) {
            return Err(self.wants(Column::TimeMedian, between()));
        }
        let (lowest, highest) = (min_us * (1.0 - MEAN_TOLERANCE), max_us * (1.0 + MEAN_TOLERANCE));
        if timing.mean_us.is_some_and(|mean_us| !(lowest..=highest).contains(&mean_us)) {
            return Err(self.wants(Column::TimeMean, between()));
        }
        Ok(())
    }

    /// Where FLOP / time leaves the range of f64 there is no `tflops` to write or to compare.
    fn check_tflops(&self, row: &Row) -> Result<(), ResultsError> {
        let Some(expected) = row.tflops(self.stat).filter(|tflops| tflops.is_finite()) else {
            return Ok(());
        };
        let agrees = |tflops: &f64| (tflops - expected).abs() <= TFLOPS_TOLERANCE * expected;
        if self.get(Column::Tflops).parse().is_ok_and(|tflops| agrees(&tflops)) {
            return Ok(());
        }
        Err(self.wants(Column::Tflops, format!("{expected}, which is flop / {} / 10⁶", self.stat.column())))
    }

    fn telemetry(&self) -> Result<Telemetry, ResultsError> {
        Ok(Telemetry {
            sm_clock_mhz: self.not_negative(Column::SmClock)?,
            nvml_clock_mhz: self.count(Column::NvmlClock)?,
            power_w: self.not_negative(Column::Power)?,
            energy_j: self.not_negative(Column::Energy)?,
            temp_c: self.count(Column::Temp)?,
            throttle: self.text(Column::Throttle),
        })
    }

    fn kernel(&self) -> Result<Kernel, ResultsError> {
        Ok(Kernel {
            algo: self.text(Column::Algo),
            tile: self.text(Column::Tile),
            stages: self.text(Column::Stages),
            split_k: self.count(Column::SplitK)?,
            cluster: self.text(Column::Cluster),
            waves: self.not_negative(Column::Waves)?,
            workspace_bytes: self.count(Column::WorkspaceBytes)?,
        })
    }
}

//! Takes the points of a sweep through a backend and makes them rows.

mod sampling;
mod sustained;
mod tuning;

#[cfg(test)]
mod tests;

use crate::backend::{Backend, BackendError, Burst, Launch};
use crate::pacing::Pacer;
use crate::samples::times;
use crate::sentinel::Watch;
use crate::trend::Trend;
use hovera_core::{
    Bound, Datasheet, Dtype, Engine, Kernel, MethodSpec, Pacing, Point, Row, Session, Settling, Status,
    Telemetry, Timer,
};
use sampling::Sampled;
use std::time::Duration;
use sustained::Stretch;

/// After so many points in a row that the device itself refused, it is taken for dead.
const DEVICE_ERRORS_IN_A_ROW: u32 = 3;

/// A second measurement of a point replaces the first when that was slower by this factor.
const DISTURBED: f64 = 1.1;

/// Measures points on one backend by one method.
///
/// For each point: the operands and the kernel are prepared, the device idles as the point's pacing
/// asks, bursts of launches are timed until the confidence interval of the median is as narrow as the
/// method wants or the samples run out, and what they left as the result is checked. A group of
/// launches that something outside disturbed is thrown away and measured again. Every so many points
/// the sentinel is measured.
pub struct Runner<'a, B: Backend + ?Sized> {
    backend: &'a mut B,
    method: &'a MethodSpec,
    timer: Timer,
    device: u32,
    /// All that this run measures: the sentinel is one of them.
    points: &'a [Point],
    sheet: Option<&'static Datasheet>,
    pacer: Pacer,
    trend: Trend,
    watches: Vec<Watch>,
    since_sentinel: u32,
    settling: Option<Settling>,
    stretch: Stretch,
    session: Session,
    started: Duration,
    device_errors: u32,
}

impl<'a, B: Backend + ?Sized> Runner<'a, B> {
    /// `device` is the index of the backend's card in the front matter, `points` what is going to be
    /// measured.
    pub fn new(
        backend: &'a mut B,
        method: &'a MethodSpec,
        timer: Timer,
        device: u32,
        points: &'a [Point],
    ) -> Runner<'a, B> {
        let now = backend.now();
        let sheet = Datasheet::lookup(&backend.device().name);
        let peak = sheet.and_then(|sheet| peak_flops(sheet, points.first()?.dtype));
        Runner {
            pacer: Pacer::new(method.idle, peak, now),
            trend: Trend::default(),
            watches: Vec::new(),
            since_sentinel: 0,
            settling: None,
            stretch: Stretch::default(),
            session: Session::default(),
            started: now,
            device_errors: 0,
            backend,
            method,
            timer,
            device,
            points,
            sheet,
        }
    }

    /// Reserves memory for points of one dtype.
    ///
    /// # Errors
    /// As [`Backend::reserve`].
    pub fn reserve(&mut self, points: &[Point]) -> Result<(), BackendError> {
        let Some(first) = points.first() else { return Ok(()) };
        self.backend.reserve(first.dtype, points, self.method.seed)
    }

    /// Measures one point. What goes wrong with this point alone becomes a `failed` or `skipped` row.
    ///
    /// # Errors
    /// [`BackendError::Device`] when the device has refused several points in a row: the rest of the
    /// sweep has no chance.
    pub fn measure(&mut self, point: &Point) -> Result<Row, BackendError> {
        self.attend_sentinel(point);
        self.session.points += 1;
        self.attempt(point)
    }

    /// A row, whatever comes of the point, as long as the device lives.
    fn attempt(&mut self, point: &Point) -> Result<Row, BackendError> {
        let error = match self.try_measure(point) {
            Ok(row) => {
                self.device_errors = 0;
                return Ok(row);
            }
            Err(error) => error,
        };
        let status = match error {
            BackendError::OutOfMemory { .. } | BackendError::Unsupported(_) => Status::Skipped,
            _ => Status::Failed,
        };
        if matches!(error, BackendError::Device(_) | BackendError::Unavailable(_) | BackendError::Lost(_)) {
            self.device_errors += 1;
            if self.device_errors == DEVICE_ERRORS_IN_A_ROW {
                return Err(error);
            }
        }
        Ok(Row {
            point: *point,
            device: self.device,
            timing: None,
            telemetry: Telemetry::default(),
            kernel: Kernel::default(),
            status,
            note: error.to_string(),
            bound: None,
        })
    }

    /// Of the points measured so far, those that stand out from their neighbours now that all of these
    /// are known, and those without a near neighbour. A second group of launches may have agreed with
    /// the first and been disturbed by the same thing: some time has passed since.
    #[must_use]
    pub fn doubtful(&self) -> Vec<Point> {
        let paced: Vec<Point> = self.points.iter().filter(|p| p.pacing != Pacing::None).copied().collect();
        self.trend.doubtful(&paced)
    }

    /// Measures a [doubtful](Runner::doubtful) point again. A row when the first measurement was
    /// disturbed, or when the point fails now; none when it is as slow as it was.
    ///
    /// # Errors
    /// As [`measure`](Runner::measure).
    pub fn measure_again(&mut self, point: &Point) -> Result<Option<Row>, BackendError> {
        let before = self.trend.time_us(point);
        let mut row = self.attempt(point)?;
        if row.status == Status::Failed {
            return Ok(Some(row));
        }
        let after = row.timing.and_then(|timing| timing.median_us);
        let (Some(before), Some(after)) = (before, after) else { return Ok(None) };
        let slower = before / after;
        if slower <= DISTURBED {
            return Ok(None);
        }
        self.session.disturbed_groups += 1;
        let note = format!("measured again at the end: the first time it was {slower:.2} times slower");
        row.note = [note, row.note].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join("; ");
        Ok(Some(row))
    }

    /// What there is to say at the end of the file. The sentinel is measured once more.
    pub fn finish(mut self) -> Session {
        if let Some(last) = self.watches.len().checked_sub(1) {
            self.measure_sentinel(last);
        }
        self.session.sentinel = self.watches.iter().filter_map(Watch::summary).collect();
        self.session.settling =
            self.settling.map(|s| Settling { busy_share: self.stretch.busy_share(), ..s });
        self.session.wall_seconds = self.backend.now().saturating_sub(self.started).as_secs_f64();
        self.session
    }

    fn try_measure(&mut self, point: &Point) -> Result<Row, BackendError> {
        if point.pacing == Pacing::Sustained {
            self.soak_once(point)?;
        }
        let mut kernels = self.backend.prepare(point)?;
        let mut notes = Vec::new();
        let mut launched = 0;
        if point.engine == Engine::Tuned && kernels.len() > 1 {
            let ranking = self.rank(point, kernels.len())?;
            self.backend.choose(ranking.winner)?;
            launched = ranking.winner;
            notes.push(ranking.to_string());
        }
        let kernel = if kernels.is_empty() { Kernel::default() } else { kernels.swap_remove(launched) };
        let sampled = match point.pacing {
            Pacing::Sustained => self.sample_sustained(point)?,
            Pacing::None | Pacing::Burst => self.sample(point)?,
        };
        let readings = self.backend.telemetry();
        self.backend.verify()?;
        let Sampled { samples, disturbed, energy_j } = sampled;
        let timing = samples
            .timing()
            .ok_or_else(|| BackendError::Device("the timer gave no positive, finite time".into()))?;
        self.session.disturbed_groups += disturbed;
        if let Some(median_us) = timing.median_us {
            self.trend.add(point, median_us);
        }
        let reached = samples.relative_ci();
        let status = if reached <= self.method.ci_target { Status::Ok } else { Status::Noisy };
        if status == Status::Noisy {
            notes.push(format!(
                "median known to ±{:.2} % after {} samples; wanted ±{:.2} %",
                reached * 100.0,
                samples.len(),
                self.method.ci_target * 100.0
            ));
        }
        if disturbed > 0 {
            notes.push(format!("{disturbed} disturbed groups of launches measured again"));
        }
        if samples.outliers() > 0 {
            notes.push(format!("{} of {} samples are outliers", samples.outliers(), samples.len()));
        }
        Ok(Row {
            point: *point,
            device: self.device,
            timing: Some(timing),
            telemetry: Telemetry { sm_clock_mhz: samples.mean_clock(), energy_j, ..readings },
            kernel,
            status,
            note: notes.join("; "),
            bound: samples.bound(),
        })
    }

    /// Rests as the point's pacing asks, runs a burst, and keeps account of both.
    fn burst(&mut self, point: &Point, warmup: u32, samples: u32) -> Result<Vec<Launch>, BackendError> {
        if point.pacing == Pacing::Burst {
            let wait = self.pacer.wait(self.backend.now(), self.trend.expected_rate(point));
            if !wait.is_zero() {
                self.backend.idle(wait);
            }
        }
        let launches = self.backend.launch(&Burst { warmup, samples, timer: self.timer })?;
        self.account(point, warmup, &launches);
        Ok(launches)
    }

    /// What a burst cost.
    fn account(&mut self, point: &Point, warmup: u32, launches: &[Launch]) {
        let timed: f64 = times(launches).iter().sum::<f64>() * 1e-6;
        let samples = launches.len() as f64;
        // What is not timed took as long as what is, or not much longer.
        let busy = timed * (f64::from(warmup) + samples) / samples.max(1.0);
        if timed > 0.0 && timed.is_finite() {
            let rate = point.flop() as f64 * samples / timed;
            self.pacer.ran(self.backend.now(), Duration::from_secs_f64(busy), rate);
            self.session.busy_seconds += busy;
        }
    }

    fn expected_bound(&self, point: &Point) -> Option<Bound> {
        self.sheet.and_then(|sheet| sheet.expected_bound(point))
    }

    /// Points of the same dtype and pacing, which are measured one after the other.
    fn block(&self, point: &Point) -> impl Iterator<Item = &'a Point> {
        let (dtype, pacing) = (point.dtype, point.pacing);
        self.points.iter().filter(move |p| (p.dtype, p.pacing) == (dtype, pacing))
    }

    /// Measures the sentinel ahead of `point` when it is due.
    fn attend_sentinel(&mut self, point: &Point) {
        let every = self.method.sentinel_every;
        if every == 0 {
            return;
        }
        if !self.watches.last().is_some_and(|watch| watch.serves(point)) {
            // So few points need no watching.
            if self.block(point).count() <= every as usize {
                return;
            }
            self.watches.extend(Watch::choose(self.block(point)));
            self.since_sentinel = 0;
        }
        if self.since_sentinel == 0 {
            self.measure_sentinel(self.watches.len() - 1);
        }
        self.since_sentinel = (self.since_sentinel + 1) % every;
    }

    /// A sentinel that cannot be measured is none: its error is not the sweep's.
    fn measure_sentinel(&mut self, index: usize) {
        let point = self.watches[index].point;
        if let Ok(Row { timing: Some(timing), bound, .. }) = self.try_measure(&point) {
            let at = self.backend.now().saturating_sub(self.started);
            self.watches[index].add(at, &timing, bound);
        }
    }
}

/// FLOP/s that count as a card's peak. Its datasheet's figure is for 16 bits; tensor cores do twice as
/// much at half the size. The rate of plain fp32, which they do not compute, is not known.
fn peak_flops(sheet: &Datasheet, dtype: Dtype) -> Option<f64> {
    let of_16_bits = match dtype {
        Dtype::F16 | Dtype::Bf16 => 1.0,
        Dtype::Tf32 => 0.5,
        Dtype::F8e4m3 | Dtype::Int8 => 2.0,
        Dtype::F32 => return None,
    };
    Some(sheet.peak_tflops * 1e12 * of_16_bits)
}

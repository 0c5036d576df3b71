//! Takes the points of a sweep through a backend and makes them rows.

mod replays;
mod running_in;
mod sampling;
mod state;
mod sustained;
mod timeline;
mod tuning;

#[cfg(test)]
mod tests;

use crate::backend::{Backend, BackendError, Burst, Launch};
use crate::samples::times;
use crate::sentinel::Watch;
use crate::trend::Judgement;
use hovera_core::procedure::VOUCHING;
use hovera_core::{
    Datasheet, Engine, Kernel, MethodSpec, Pacing, Point, Row, Session, Status, Telemetry, Timers, Timing,
    in_percent,
};
use sampling::Sampled;
use state::{Account, Pace, Past, Sentinels, StopFlag, Task};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// After so many points in a row that the device itself refused, it is taken for dead.
const DEVICE_ERRORS_IN_A_ROW: u32 = 3;

/// No rest is longer than this without looking whether to stop.
const LISTENING: Duration = Duration::from_millis(100);

/// A second measurement of a point replaces the first when that was slower by this factor.
const DISTURBED: f64 = 1.1;

/// The same where something disturbed near the first. Undisturbed ones agree within 1 %.
const DISTURBED_NEAR: f64 = 1.02;

/// The same where it ran at a low clock: by so much less than the clock was low.
const AT_LOW_CLOCK: f64 = 1.008;

/// Measures points on one backend by one method.
///
/// For each point: the operands and the kernel are prepared, the device idles as the point's pacing
/// asks, bursts of launches are timed until the confidence interval of the median is as narrow as the
/// method wants or the samples run out, and what they left as the result is checked. A group of
/// launches that something outside disturbed is thrown away and measured again. Every so many points
/// the sentinel is measured.
pub struct Runner<'a, B: Backend + ?Sized> {
    backend: &'a mut B,
    task: Task<'a>,
    pace: Pace,
    past: Past,
    sentinels: Sentinels,
    /// Points that memory is reserved for.
    reserved: Vec<Point>,
    account: Account,
    stop: StopFlag<'a>,
}

impl<'a, B: Backend + ?Sized> Runner<'a, B> {
    /// `device` is the index of the backend's card in the front matter, `points` what is going to be
    /// measured.
    pub fn new(
        backend: &'a mut B,
        method: &'a MethodSpec,
        timers: Timers,
        device: u32,
        points: &'a [Point],
    ) -> Runner<'a, B> {
        let now = backend.now();
        let sheet = Datasheet::lookup(&backend.device().name);
        let task = Task { method, timers, device, points, sheet };
        Runner {
            backend,
            task,
            pace: Pace::new(&task, now),
            past: Past::default(),
            sentinels: Sentinels::default(),
            reserved: Vec::new(),
            account: Account::new(device, now),
            stop: StopFlag::default(),
        }
    }

    /// The same runner, which ends after the current launches once the flag is set: what it is asked for is
    /// then [`BackendError::Stopped`].
    #[must_use]
    pub fn stopped_by(self, flag: &'a AtomicBool) -> Runner<'a, B> {
        Runner { stop: StopFlag(Some(flag)), ..self }
    }

    /// Reserves memory for points of one dtype.
    ///
    /// # Errors
    /// As [`Backend::reserve`].
    pub(crate) fn reserve(&mut self, points: &[Point]) -> Result<(), BackendError> {
        self.stop.refuse_when_set()?;
        let Some(first) = points.first() else { return Ok(()) };
        self.backend.reserve(first.dtype, points, self.task.method.seed)?;
        self.reserved = points.to_vec();
        Ok(())
    }

    /// Measures one point. What goes wrong with this point alone becomes a `failed` or `skipped` row.
    ///
    /// # Errors
    /// [`BackendError::Device`] when the device has refused several points in a row: the rest of the
    /// sweep has no chance. [`BackendError::Stopped`] when that was asked for: there is no row then.
    pub fn measure(&mut self, point: &Point) -> Result<Row, BackendError> {
        self.attend_sentinel(point);
        let row = self.attempt(point);
        self.account.session.points += u64::from(row != Err(BackendError::Stopped));
        row
    }

    /// A row, whatever comes of the point, as long as the device lives.
    fn attempt(&mut self, point: &Point) -> Result<Row, BackendError> {
        let (began, groups_before) = (self.backend.now(), self.account.session.disturbed_groups);
        match self.try_measure(point) {
            Ok(row) => {
                self.account.device_errors = 0;
                let interval = (began, self.backend.now());
                self.past.timeline.measured(*point, interval, row.telemetry.sm_clock_mhz);
                if self.account.session.disturbed_groups > groups_before {
                    self.past.timeline.disturbed(interval);
                }
                Ok(row)
            }
            Err(error) => {
                // Whatever else went wrong: the point was not measured to its end.
                self.stop.refuse_when_set()?;
                self.refused(point, error)
            }
        }
    }

    /// The row of a point that came to nothing.
    ///
    /// # Errors
    /// As [`measure`](Runner::measure).
    pub(crate) fn refused(&mut self, point: &Point, error: BackendError) -> Result<Row, BackendError> {
        if error.is_of_the_device() {
            self.account.device_errors += 1;
            if self.account.device_errors == DEVICE_ERRORS_IN_A_ROW {
                return Err(error);
            }
        }
        Ok(self.failed(point, &error))
    }

    /// Takes what the points' neighbours were on another card for what they are on this one.
    pub(crate) fn share_trend(&mut self, other: &Runner<'_, B>) {
        self.past.trend = other.past.trend.clone();
    }

    /// Whether the device itself refused the last point.
    pub(crate) fn is_in_trouble(&self) -> bool {
        self.account.device_errors > 0
    }

    pub(crate) fn failed(&self, point: &Point, error: &BackendError) -> Row {
        let status = match error {
            BackendError::OutOfMemory { .. } | BackendError::Unsupported(_) => Status::Skipped,
            _ => Status::Failed,
        };
        Row::bare(*point, self.task.device, status, error.to_string())
    }

    /// Of the points measured so far, those to measure [again](Runner::measure_again): once what stands out from
    /// its neighbours now that all of these are known, or has no near one, for a second group of launches may have
    /// agreed with the first and been disturbed by the same thing (of these a few launches tell whether it is
    /// needed); and a few times what was last measured shortly
    /// before or after something disturbed, or [at a low clock](timeline::Timeline::at_low_clocks). Some time has passed
    /// since.
    #[must_use]
    pub(crate) fn doubtful(&self) -> BTreeSet<Point> {
        let paced = self.past.timeline.points().filter(|p| p.pacing != Pacing::None).copied();
        let (once, more): (Vec<Point>, Vec<Point>) =
            paced.partition(|point| self.past.timeline.only_once(point));
        // Replays are many short visits, of which a disturbance cannot meet all alike.
        let needs_neighbour = |point: &Point| !self.task.timers.replays(point);
        let doubtful = self.past.trend.lock().doubtful(&once, needs_neighbour);
        let slow = self.past.timeline.at_low_clocks(|point| !self.task.timers.replays(point));
        let met =
            once.into_iter().chain(more).filter(|point| self.past.timeline.is_to_be_measured_again(point));
        met.chain(doubtful).chain(slow).collect()
    }

    /// Measures a [doubtful](Runner::doubtful) point again. A row when the one before was disturbed, or when the point
    /// fails now; none when it is as slow as it was, or the device in trouble.
    ///
    /// # Errors
    /// As [`measure`](Runner::measure).
    pub(crate) fn measure_again(&mut self, point: &Point) -> Result<Option<Row>, BackendError> {
        let before_us = self.past.trend.lock().time_us(point);
        let before = self.past.timeline.interval_of(point);
        let at_low_clock = self.past.timeline.at_low_clocks(|other| other == point).contains(point);
        let limit = match self.past.timeline.near_disturbance(point) {
            _ if at_low_clock => AT_LOW_CLOCK,
            true => DISTURBED_NEAR,
            false => DISTURBED,
        };
        self.past.timeline.again(*point);
        if let (false, false, Some(before_us)) =
            (at_low_clock, self.past.timeline.near_disturbance(point), before_us)
            && self.vouches(point, before_us)?
        {
            return Ok(None);
        }
        let mut row = self.attempt(point)?;
        if self.is_in_trouble() {
            return Ok(None);
        }
        if row.status == Status::Failed {
            self.past.timeline.forget(point);
            return Ok(Some(row));
        }
        let after_us = row.timing.and_then(|timing| timing.median_us);
        let (Some(before_us), Some(after_us)) = (before_us, after_us) else { return Ok(None) };
        let slower = before_us / after_us;
        if slower <= limit {
            // The row stays, and its time with it.
            self.past.trend.lock().add(point, before_us);
            return Ok(None);
        }
        if !at_low_clock {
            self.account.session.disturbed_groups += 1;
            before.into_iter().for_each(|interval| self.past.timeline.disturbed(interval));
        }
        let note = format!("measured again at the end: before that it was {slower:.2} times slower");
        row.note = [note, row.note].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join("; ");
        Ok(Some(row))
    }

    /// Whether a few launches of a point that no near neighbour vouches for say that its time was not disturbed. They
    /// cannot say so of a kernel that was searched for, or of the steady state. They begin on a rested card: that a long
    /// measurement ran at a lower clock explains that much of its time.
    ///
    /// # Errors
    /// [`BackendError::Stopped`] alone. Whatever else goes wrong shows when the point is measured.
    fn vouches(&mut self, point: &Point, before_us: f64) -> Result<bool, BackendError> {
        let alone = self.past.trend.lock().judge(point, before_us) == Judgement::Alone;
        if !alone || point.pacing != Pacing::Burst || point.engine == Engine::Tuned {
            return Ok(false);
        }
        self.pace.accustomed_to = Some(point.stretch());
        let warmup = self.task.method.warmup;
        match self.backend.prepare(point).and_then(|_| self.burst(point, warmup, VOUCHING)) {
            Ok(launches) => {
                let before_mhz = self.past.timeline.clock_of(point);
                let explained = |launch: &Launch| {
                    let clocks = before_mhz.zip(launch.sm_clock_mhz);
                    clocks.map_or(1.0, |(before, now)| (now / before).max(1.0))
                };
                Ok(launches.iter().all(|it| before_us <= DISTURBED * explained(it) * it.time_us))
            }
            Err(BackendError::Stopped) => Err(BackendError::Stopped),
            Err(_) => Ok(false),
        }
    }

    /// What there is to say at the end of the file. The sentinel is measured once more.
    pub fn finish(mut self) -> Session {
        if let (Some(last), false) = (self.sentinels.watches.len().checked_sub(1), self.is_in_trouble()) {
            self.measure_sentinel(last);
        }
        self.account.close(self.backend.now(), self.sentinels.summaries())
    }

    fn try_measure(&mut self, point: &Point) -> Result<Row, BackendError> {
        match point.pacing {
            Pacing::Burst => self.run_in(point)?,
            Pacing::Sustained => self.soak_once(point)?,
            Pacing::None | Pacing::Other => {}
        }
        self.pace.accustomed_to = Some(point.stretch());
        let mut kernels = self.backend.prepare(point)?;
        let mut notes = Vec::new();
        let mut launched = 0;
        if point.engine == Engine::Tuned && kernels.len() > 1 {
            let ranking = self.rank(point, &kernels)?;
            self.backend.choose(ranking.winner)?;
            launched = ranking.winner;
            notes.push(ranking.to_string());
        }
        let mut kernel = if kernels.is_empty() { Kernel::default() } else { kernels.swap_remove(launched) };
        let sampled = match point.pacing {
            Pacing::Sustained => self.sample_sustained(point)?,
            _ if self.task.timers.replays(point) => self.sample_by_replays(point)?,
            Pacing::None | Pacing::Burst | Pacing::Other => self.sample(point)?,
        };
        let readings = self.backend.telemetry();
        self.backend.verify()?;
        // Where nothing is timed any more.
        notes.extend(self.tell_kernel(&mut kernel)?);
        let Sampled { samples, second, disturbed, energy_j } = sampled;
        let timing = samples
            .timing()
            .map(|timing| Timing { second, ..timing })
            .ok_or_else(|| BackendError::Device("the timer gave no positive, finite time".into()))?;
        // No reader takes a row whose clock contradicts its own time and cycles.
        let mean_clock = samples.mean_clock().filter(|mhz| timing.agrees_with_clock(*mhz));
        self.account.session.disturbed_groups += disturbed;
        if let Some(median_us) = timing.median_us {
            self.past.trend.lock().add(point, median_us);
        }
        let reached = samples.relative_ci();
        let status = if reached <= self.task.method.ci_target { Status::Ok } else { Status::Noisy };
        if status == Status::Noisy {
            notes.push(format!(
                "median known to ±{} after {} samples; wanted ±{}",
                in_percent(reached, 2),
                samples.len(),
                in_percent(self.task.method.ci_target, 2)
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
            device: self.task.device,
            timing: Some(timing),
            telemetry: Telemetry { sm_clock_mhz: mean_clock, energy_j, ..readings },
            kernel,
            status,
            note: notes.join("; "),
            bound: samples.bound(),
            prediction: None,
        })
    }

    /// Adds what the driver says of the kernel, or says why it does not. A point that was measured is measured.
    ///
    /// # Errors
    /// When the device is gone.
    fn tell_kernel(&mut self, kernel: &mut Kernel) -> Result<Option<String>, BackendError> {
        match self.backend.call_launches() {
            Ok(launches) => launches.unwrap_or_default().tell(kernel),
            Err(error @ (BackendError::Lost(_) | BackendError::Stopped)) => return Err(error),
            Err(error) => return Ok(Some(format!("the driver does not tell what ran: {error}"))),
        }
        Ok(None)
    }

    /// Rests as the point's pacing asks, runs a burst, and keeps account of both. It is timed one launch at a time.
    fn burst(&mut self, point: &Point, warmup: u32, samples: u32) -> Result<Vec<Launch>, BackendError> {
        if point.pacing == Pacing::Burst {
            let rate = self.expected_rate(point);
            let wait = self.pace.wait(self.backend.now(), point, rate);
            self.rest(wait)?;
        }
        self.stop.refuse_when_set()?;
        let (timer, each) = (self.task.timers.of_launches(point), self.task.launches_of_sample(point));
        let burst = Burst { warmup, samples, each, timer };
        let launches = self.backend.launch(&burst)?;
        self.account(point, &burst, &launches);
        Ok(launches)
    }

    /// FLOP/s to expect of a point, by its neighbours or else by the card's datasheet.
    fn expected_rate(&self, point: &Point) -> Option<f64> {
        let by_neighbours = self.past.trend.lock().expected_rate(point);
        by_neighbours.or_else(|| Some(point.flop() as f64 / self.task.sheet?.launch_seconds(point)?))
    }

    /// Leaves the device idle, and listens.
    fn rest(&mut self, wait: Duration) -> Result<(), BackendError> {
        let mut left = wait;
        while !left.is_zero() {
            self.stop.refuse_when_set()?;
            let part = left.min(LISTENING);
            self.backend.idle(part);
            left -= part;
        }
        Ok(())
    }

    /// What a burst cost.
    fn account(&mut self, point: &Point, burst: &Burst, launches: &[Launch]) {
        let timed: f64 = times(launches).iter().sum::<f64>() * 1e-6;
        let samples = launches.len() as f64;
        // What is not timed took as long as what is, or not much longer.
        let ran = f64::from(burst.warmup) + samples * f64::from(burst.each);
        let busy = timed * ran / samples.max(1.0);
        if timed > 0.0 && timed.is_finite() {
            let rate = point.flop() as f64 * samples / timed;
            self.pace.ran(self.backend.now(), point, Duration::from_secs_f64(busy), rate);
            self.account.session.busy_seconds += busy;
        }
    }

    /// Measures the sentinel ahead of `point` when it is due.
    fn attend_sentinel(&mut self, point: &Point) {
        let every = self.task.method.sentinel_every;
        if every == 0 {
            return;
        }
        if !self.sentinels.watches.last().is_some_and(|watch| watch.serves(point)) {
            // So few points need no watching.
            if self.task.stretch_of(point).count() <= every as usize {
                return;
            }
            self.sentinels.watches.extend(Watch::choose(self.task.stretch_of(point)));
            self.sentinels.since = 0;
        }
        if self.sentinels.since == 0 {
            self.measure_sentinel(self.sentinels.watches.len() - 1);
        }
        self.sentinels.since = (self.sentinels.since + 1) % every;
    }

    /// A sentinel that cannot be measured is none: its error is not the sweep's.
    fn measure_sentinel(&mut self, index: usize) {
        let point = self.sentinels.watches[index].point;
        if let Ok(Row { timing: Some(timing), bound, .. }) = self.try_measure(&point) {
            let at = self.account.elapsed(self.backend.now());
            self.sentinels.watches[index].add(at, &timing, bound);
        }
    }
}

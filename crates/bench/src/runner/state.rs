//! What a runner keeps while it measures, by what it is for.

use super::timeline::Timeline;
use crate::backend::BackendError;
use crate::samples::Samples;
use crate::sentinel::Watch;
use crate::trend::SharedTrend;
use hovera_core::procedure::launches_of_sample;
use hovera_core::{
    Datasheet, MethodSpec, Pacer, Peaks, Point, Sentinel, Session, Settling, Stretch, Timer, Timers,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What is to be measured, and how: the same from beginning to end.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) method: &'a MethodSpec,
    pub(super) timers: Timers,
    /// The index of the card in the front matter.
    pub(super) device: u32,
    /// All that this run measures: the sentinel is one of them.
    pub(super) points: &'a [Point],
    pub(super) sheet: Option<&'static Datasheet>,
}

impl<'a> Task<'a> {
    /// How many launches share a sample where launches are timed by graphs, by the estimate of the card's datasheet.
    pub(super) fn launches_of_sample(&self, point: &Point) -> u32 {
        match (self.timers.of_launches(point), self.sheet.and_then(|sheet| sheet.launch_seconds(point))) {
            (Timer::Graph, Some(launch_s)) => launches_of_sample(launch_s),
            _ => 1,
        }
    }

    /// Room for a point's launches.
    pub(super) fn samples(&self, point: &Point) -> Samples {
        let Some(sheet) = self.sheet else { return Samples::new(None) };
        Samples::new(sheet.expected_bound(point))
            .certain(sheet.bound_is_certain(point))
            .bound_by_memory_below(sheet.memory_bound_below_s(point))
    }

    /// Points that are measured one after the other.
    pub(super) fn stretch_of(&self, point: &Point) -> impl Iterator<Item = &'a Point> + use<'a> {
        let stretch = point.stretch();
        self.points.iter().filter(move |p| p.stretch() == stretch)
    }
}

/// How much rest the device is owed, and what it is used to.
pub(super) struct Pace {
    pacer: Pacer,
    peaks: Peaks,
    /// What the device ran last, or was run in for.
    pub(super) accustomed_to: Option<Stretch>,
}

impl Pace {
    pub(super) fn new(task: &Task<'_>, now: Duration) -> Pace {
        Pace { pacer: Pacer::new(task.method.idle, now), peaks: Peaks::new(task.sheet), accustomed_to: None }
    }

    /// How long to idle before a burst of `point`, which should run at `rate` FLOP/s.
    pub(super) fn wait(&self, now: Duration, point: &Point, rate: Option<f64>) -> Duration {
        self.pacer.wait(now, self.peaks.share(point.dtype, rate))
    }

    /// How long to idle before a replay of `point`, which should be busy for so long at `rate` FLOP/s.
    pub(super) fn wait_for_replay(
        &self,
        now: Duration,
        point: &Point,
        busy: Duration,
        rate: f64,
    ) -> Duration {
        self.pacer.wait_for_replay(now, busy, self.peaks.share(point.dtype, Some(rate)))
    }

    /// A replay of `point` has just ended, after `busy` at `rate` FLOP/s.
    pub(super) fn replayed(&mut self, now: Duration, point: &Point, busy: Duration, rate: f64) {
        self.peaks.saw(point.dtype, rate);
        self.pacer.replayed(now, busy, self.peaks.share(point.dtype, Some(rate)));
    }

    /// A burst of `point` has just ended, after `busy` at `rate` FLOP/s.
    pub(super) fn ran(&mut self, now: Duration, point: &Point, busy: Duration, rate: f64) {
        self.peaks.saw(point.dtype, rate);
        self.pacer.ran(now, busy, self.peaks.share(point.dtype, Some(rate)));
    }
}

/// What was measured so far, and when: what tells that a point stands out.
#[derive(Default)]
pub(super) struct Past {
    pub(super) trend: SharedTrend,
    /// Of this runner, which may share its trend with others.
    pub(super) timeline: Timeline,
}

/// The sentinels, one for each stretch that is long enough.
#[derive(Default)]
pub(super) struct Sentinels {
    pub(super) watches: Vec<Watch>,
    /// Points since the last measurement of the last one.
    pub(super) since: u32,
}

impl Sentinels {
    pub(super) fn summaries(&self) -> Vec<Sentinel> {
        self.watches.iter().filter_map(Watch::summary).collect()
    }
}

/// What the run says of itself at its end.
pub(super) struct Account {
    pub(super) session: Session,
    started: Duration,
    /// How the soak ended, once there was one.
    pub(super) settling: Option<Settling>,
    /// Busy and wall time since the soak.
    pub(super) steady: SteadyState,
    /// Points in a row that the device itself refused.
    pub(super) device_errors: u32,
}

impl Account {
    pub(super) fn new(device: u32, now: Duration) -> Account {
        Account {
            session: Session { device, ..Session::default() },
            started: now,
            settling: None,
            steady: SteadyState::default(),
            device_errors: 0,
        }
    }

    /// The time since the run began.
    pub(super) fn elapsed(&self, now: Duration) -> Duration {
        now.saturating_sub(self.started)
    }

    /// The session as it goes to the end of the file.
    pub(super) fn close(mut self, now: Duration, sentinel: Vec<Sentinel>) -> Session {
        self.session.sentinel = sentinel;
        let busy_share = self.steady.busy_share();
        self.session.settling = self.settling.take().map(|settling| Settling { busy_share, ..settling });
        self.session.wall_seconds = self.elapsed(now).as_secs_f64();
        self.session
    }
}

/// Busy and wall time since a soak: without a rest they are nearly the same.
#[derive(Debug, Default)]
pub(super) struct SteadyState {
    began: Duration,
    ended: Duration,
    busy_before: f64,
    busy_after: f64,
}

impl SteadyState {
    /// It begins, after so many busy seconds of the session.
    pub(super) fn begin(now: Duration, busy_seconds: f64) -> SteadyState {
        SteadyState { began: now, ended: now, busy_before: busy_seconds, busy_after: busy_seconds }
    }

    /// It has lasted until now.
    pub(super) fn goes_on(&mut self, now: Duration, busy_seconds: f64) {
        (self.ended, self.busy_after) = (now, busy_seconds);
    }

    fn busy_share(&self) -> f64 {
        let wall = self.ended.saturating_sub(self.began).as_secs_f64();
        if wall > 0.0 { (self.busy_after - self.busy_before) / wall } else { 0.0 }
    }
}

/// The flag by which somebody asks for an end, where there is one.
#[derive(Clone, Copy, Default)]
pub(super) struct StopFlag<'a>(pub(super) Option<&'a AtomicBool>);

impl StopFlag<'_> {
    /// # Errors
    /// [`BackendError::Stopped`] once it is set.
    pub(super) fn refuse_when_set(self) -> Result<(), BackendError> {
        if self.0.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(BackendError::Stopped);
        }
        Ok(())
    }
}

//! The steady state: a soak, and then no rest.

use super::Runner;
use super::sampling::Sampled;
use super::state::SteadyState;
use crate::backend::{Backend, BackendError, Burst, EnergyReading, Launch};
use crate::energy::EnergyMeter;
use crate::samples::{Samples, times};
use crate::sentinel::{self, Watch};
use hovera_core::procedure::MANY_SAMPLES;
use hovera_core::procedure::sustained::{BURST_S, CHANGE_S, MOST_LAUNCHES};
use hovera_core::{Point, Settling};
use std::time::Duration;

/// A card has settled when over so many windows of so many busy seconds ...
const WINDOWS: usize = 6;
const WINDOW_S: f64 = 0.5;
/// ... the mean clock of each is within this fraction, and the power reading at the end of each within
/// this one (NVML's power is itself a mean over 0.1 s or 1 s).
const CLOCK_STILL: f64 = 0.01;
const POWER_STILL: f64 = 0.02;
/// What has not settled by then will not: it is said in the file.
const LONGEST_SOAK_S: f64 = 30.0;

/// A burst aims so far beyond its end, so that launches which turn out faster leave no tiny one behind.
const BEYOND: f64 = 1.01;
/// A part of a soak.
struct Window {
    /// The mean SM clock, or launches per s where it is not measured.
    speed: f64,
    clock: Option<f64>,
    power_w: Option<f64>,
}

impl<B: Backend + ?Sized> Runner<'_, B> {
    /// Keeps the device busy with the hottest shape of the points until its clock and power have
    /// settled, the first time it is asked.
    pub(super) fn soak_once(&mut self, point: &Point) -> Result<(), BackendError> {
        if self.account.settling.is_some() {
            return Ok(());
        }
        let hottest = Watch::choose(self.task.stretch_of(point)).map_or(*point, |watch| watch.point);
        self.backend.prepare(&hottest)?;
        let began = self.backend.now();
        let mut windows: Vec<Window> = Vec::new();
        let mut launch_s = None;
        let settled = loop {
            windows.push(self.window(&hottest, &mut launch_s)?);
            if windows.last_chunk::<WINDOWS>().is_some_and(have_settled) {
                break true;
            }
            if self.backend.now().saturating_sub(began).as_secs_f64() > LONGEST_SOAK_S {
                break false;
            }
        };
        let last = windows.last();
        self.account.settling = Some(Settling {
            point: sentinel::in_words(&hottest),
            settled,
            seconds: self.backend.now().saturating_sub(began).as_secs_f64(),
            sm_clock_mhz: last.and_then(|window| window.clock),
            power_w: last.and_then(|window| window.power_w),
            temp_c: self.backend.telemetry().temp_c,
            busy_share: 0.0,
        });
        let (now, busy) = (self.backend.now(), self.account.session.busy_seconds);
        self.account.steady = SteadyState::begin(now, busy);
        Ok(())
    }

    fn window(&mut self, point: &Point, launch_s: &mut Option<f64>) -> Result<Window, BackendError> {
        let end = self.account.session.busy_seconds + WINDOW_S;
        let mut samples = Samples::new(None);
        while self.account.session.busy_seconds < end {
            samples.push(self.next_burst(point, launch_s, end)?.0);
        }
        let clock = samples.mean_clock();
        let launches_per_s = samples.timing().and_then(|timing| timing.mean_us).map(|mean_us| 1e6 / mean_us);
        let power_w = self.backend.telemetry().power_w;
        Ok(Window { speed: clock.or(launches_per_s).unwrap_or(0.0), clock, power_w })
    }

    /// Samples a point without a rest: a stretch for the card to get used to it, then until the interval
    /// is narrow enough or the samples run out, and for `sustained_seconds` at least.
    pub(super) fn sample_sustained(&mut self, point: &Point) -> Result<Sampled, BackendError> {
        let deadline = self.backend.now() + Duration::from_secs_f64(self.task.method.max_point_seconds);
        let began = self.account.session.busy_seconds;
        let mut sampled_from = None;
        let mut launch_s = None;
        let mut meter = EnergyMeter::default();
        let mut launches = 0.0;
        let mut samples = self.task.samples(point);
        // More say little that is new while the clock wanders: for how long a point is sampled is up to the spec.
        let many_samples = MANY_SAMPLES.clamp(self.task.method.min_samples, self.task.method.max_samples);
        loop {
            let before = self.account.session.busy_seconds;
            if before >= began + CHANGE_S {
                sampled_from.get_or_insert(before);
            }
            let until =
                sampled_from.map_or(began + CHANGE_S, |from| from + self.task.method.sustained_seconds);
            let (group, readings) = self.next_burst(point, &mut launch_s, until)?;
            let (busy, ran) =
                (self.account.session.busy_seconds, group.len() as f64 + f64::from(self.task.method.warmup));
            for EnergyReading { share, joules } in readings {
                meter.read(joules, launches + share * ran, before - began + share * (busy - before));
            }
            launches += ran;
            if sampled_from.is_none() {
                continue;
            }
            samples.push(group);
            // The interval takes a while to compute over thousands of launches, while the device rests.
            let known = || {
                samples.len() >= self.task.method.min_samples as usize
                    && samples.relative_ci() <= self.task.method.ci_target
            };
            let many = samples.len() >= many_samples as usize;
            if (busy >= until && (many || known())) || self.backend.now() >= deadline {
                break;
            }
        }
        self.account.steady.goes_on(self.backend.now(), self.account.session.busy_seconds);
        let disturbed = samples.drop_disturbed_sustained();
        Ok(Sampled { samples, second: None, disturbed, energy_j: meter.per_launch() })
    }

    /// A burst on the way to so many busy seconds of the session, with the energy counter's readings in it. It is
    /// of as few launches as can be where it is not known yet how long one takes.
    fn next_burst(
        &mut self,
        point: &Point,
        launch_s: &mut Option<f64>,
        until: f64,
    ) -> Result<(Vec<Launch>, Vec<EnergyReading>), BackendError> {
        self.stop.refuse_when_set()?;
        let least = self.task.method.min_samples;
        let fitting = |launch_s| launches_of(until - self.account.session.busy_seconds, launch_s).max(least);
        let burst = Burst {
            warmup: self.task.method.warmup,
            samples: launch_s.map_or(least, fitting),
            each: 1,
            timer: self.task.timers.of_launches(point),
        };
        let metered = self.backend.launch_metered(&burst)?;
        self.account(point, &burst, &metered.0);
        *launch_s = Some(times(&metered.0).iter().sum::<f64>() * 1e-6 / f64::from(burst.samples));
        Ok(metered)
    }
}

/// How many launches the next burst has, when so many busy seconds are to be filled by bursts of one size. A
/// time that was, and that more samples are wanted after, is filled by whole bursts.
fn launches_of(left_s: f64, launch_s: f64) -> u32 {
    let bursts = (left_s / BURST_S).round().max(1.0);
    let burst_s = if left_s > 0.0 { BEYOND * left_s / bursts } else { BURST_S };
    (burst_s / launch_s).clamp(1.0, f64::from(MOST_LAUNCHES)) as u32
}

fn have_settled(windows: &[Window; WINDOWS]) -> bool {
    let still = |values: Vec<f64>, limit: f64| {
        let (least, most) =
            values.iter().fold((f64::INFINITY, 0.0f64), |(least, most), v| (least.min(*v), most.max(*v)));
        most - least <= limit * most
    };
    let powers: Option<Vec<f64>> = windows.iter().map(|window| window.power_w).collect();
    still(windows.iter().map(|window| window.speed).collect(), CLOCK_STILL)
        && powers.is_none_or(|powers| still(powers, POWER_STILL))
}

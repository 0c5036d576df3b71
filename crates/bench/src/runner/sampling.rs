//! When a point has been sampled enough.

use super::Runner;
use crate::backend::{Backend, BackendError};
use crate::samples::{Samples, middle};
use crate::trend::Judgement;
use hovera_core::procedure::{LEAST_TIMED_S, MANY_SAMPLES, MOST_TIMED_S};
use hovera_core::{Pacing, Point, SecondSpeed};
use std::time::Duration;

/// So many launches tell two speeds apart: among fewer a third of them may be luck.
const TELL_TWO_SPEEDS: usize = 24;

/// So many groups of one point are measured again; what then still disagrees is a property of it.
const MOST_DISTURBED: u64 = 4;

/// What a point's sampling came to.
pub(super) struct Sampled {
    pub(super) samples: Samples,
    /// The other speed, where there are two.
    pub(super) second: Option<SecondSpeed>,
    /// Groups of launches that were thrown away.
    pub(super) disturbed: u64,
    /// Of one launch.
    pub(super) energy_j: Option<f64>,
}

impl<B: Backend + ?Sized> Runner<'_, B> {
    /// Bursts of `min_samples` until the 95 % confidence interval of the median of the row's invariant
    /// is within the target and the launches took long enough together, or samples or time run out. Long launches are
    /// not sampled on and on: beyond [`MANY_SAMPLES`] they are until they took [`MOST_TIMED_S`]. Where the launches fall into
    /// two groups, each of which agrees with itself, the point has two speeds, and the interval is that of the larger group.
    ///
    /// Two things lead to further bursts. A first group that is slower than the point's neighbours make
    /// expect needs a second that agrees with it. And a group that is
    /// slower than another by far was disturbed from outside: it is thrown away and made up for. Neither
    /// is done back to back (`none`), which is there to show what it does without.
    pub(super) fn sample(&mut self, point: &Point) -> Result<Sampled, BackendError> {
        let (least, most) = (self.task.method.min_samples as usize, self.task.method.max_samples as usize);
        let deadline = self.backend.now() + Duration::from_secs_f64(self.task.method.max_point_seconds);
        let careful = point.pacing != Pacing::None;
        let mut samples = self.task.samples(point);
        let (mut disturbed, mut doubted) = (0, false);
        loop {
            // A group that another is compared with is a whole one.
            let size = if doubted { least } else { least.min(most - samples.len()) };
            samples.push(self.burst(point, self.task.method.warmup, size as u32)?);
            if careful && disturbed < MOST_DISTURBED {
                disturbed += samples.drop_disturbed();
            }
            doubted = careful && samples.groups() == 1 && disturbed < MOST_DISTURBED && {
                disturbed > 0
                    || self.past.trend.lock().judge(point, middle(samples.times())) == Judgement::TooLong
            };
            if doubted {
                continue;
            }
            let each = f64::from(self.task.launches_of_sample(point));
            let timed_s = samples.times().iter().sum::<f64>() * each * 1e-6;
            let many = samples.len() >= least.max(MANY_SAMPLES as usize);
            let long_enough = !careful || many || timed_s >= LEAST_TIMED_S;
            let mut counted = samples.clone();
            let may_be_two = careful && samples.len() >= TELL_TWO_SPEEDS;
            let second = if may_be_two { counted.split_second_speed() } else { None };
            let enough =
                samples.len() >= least && long_enough && counted.relative_ci() <= self.task.method.ci_target;
            let all = samples.len() >= most || careful && many && timed_s >= MOST_TIMED_S;
            if enough || all || self.backend.now() >= deadline {
                return Ok(Sampled { samples: counted, second, disturbed, energy_j: None });
            }
        }
    }
}

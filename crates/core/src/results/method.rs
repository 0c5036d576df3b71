//! A spec's method as results files tell it.

use crate::results::front_matter::Method;
use crate::shape::point::Point;
use crate::shape::vocabulary::Pacing;
use crate::sweep::spec::{IdleRule, MethodSpec, Order};
use crate::sweep::timers::Timers;
use std::fmt::Display;

impl MethodSpec {
    /// The front matter's `[method]` table of a sweep of `points`: this, and what only the backend knows. `timers`
    /// are those that are used, `data` says what the operands hold.
    #[must_use]
    pub fn front_matter(&self, timers: Timers, points: &[Point], data: &str) -> Method {
        let bursts = self.pacing.contains(&Pacing::Burst);
        let (idle_after, idle_before_ms, idle_least, idle_ratio) = match self.idle {
            _ if !bursts => (None, None, None, None),
            // Files in which it is absent are of a time when there was none.
            IdleRule::Heat { after, before_ms, least } => {
                (Some(after), Some(before_ms), (least > 0.0).then_some(least), None)
            }
            IdleRule::Ratio(ratio) => (None, None, None, Some(ratio)),
        };
        let shuffled = self.order == Order::Shuffled;
        Method {
            preset: self.preset.map(|preset| preset.to_string()),
            pacing: joined(&self.pacing),
            cache: Some(joined(&self.cache)),
            idle_after,
            idle_before_ms,
            idle_least,
            idle_ratio,
            run_in_seconds: bursts.then(|| self.run_in(timers)),
            sustained_seconds: self.pacing.contains(&Pacing::Sustained).then_some(self.sustained_seconds),
            timer: timers.in_a_word(points).to_owned(),
            warmup: Some(self.warmup),
            min_samples: Some(self.min_samples),
            max_samples: Some(self.max_samples),
            max_point_seconds: Some(self.max_point_seconds),
            ci_target: Some(self.ci_target),
            stat: self.stat,
            order: Some(self.order.to_string()),
            order_seed: shuffled.then_some(self.order_seed),
            sentinel_every: (self.sentinel_every > 0).then_some(self.sentinel_every),
            data: data.to_owned(),
            seed: Some(self.seed),
        }
    }
}

/// `burst+sustained`.
fn joined(words: &[impl Display]) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
}

//! What the launches of a sweep are timed by, point by point.

use crate::shape::point::Point;
use crate::shape::vocabulary::{Pacing, Timer};
use crate::sweep::spec::MethodSpec;
use crate::sweep::stretch::{Load, Size};

/// What the front matter calls several timers.
const BY_POINT: &str = "auto";

/// The timers of the points of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// Of a launch that is timed by itself.
    launches: Timer,
    /// Whether compact points are timed by replays.
    replays: bool,
}

impl Timers {
    /// One for all points. [`Timer::Graph`] times [compact](Size::Compact) ones by replays.
    #[must_use]
    pub fn one(timer: Timer) -> Timers {
        Timers { launches: timer, replays: timer == Timer::Graph }
    }

    /// Replays for [compact](Size::Compact) points, and `launches` for the others. What events add to a launch is some
    /// percent of a short one, and they cannot define what the cache holds.
    #[must_use]
    pub fn by_point(launches: Timer) -> Timers {
        Timers { launches, replays: true }
    }

    /// Whether a point is timed by replays at several places in memory, rather than launch by launch.
    #[must_use]
    pub fn replays(self, point: &Point) -> bool {
        self.replays && point.pacing != Pacing::Sustained && point.size() == Size::Compact
    }

    /// The timer of a launch of a point where it is timed by itself. The steady state is timed by events: a graph as
    /// long as that would take too much memory.
    #[must_use]
    pub fn of_launches(self, point: &Point) -> Timer {
        match self.launches {
            Timer::Graph if point.pacing == Pacing::Sustained => Timer::Event,
            timer => timer,
        }
    }

    /// The timer of a point.
    #[must_use]
    pub fn of_point(self, point: &Point) -> Timer {
        if self.replays(point) { Timer::Graph } else { self.of_launches(point) }
    }

    /// Whether launches are timed by the host, which leaves gaps between them.
    pub(crate) fn are_the_host_s(self) -> bool {
        self == Timers::one(Timer::Host)
    }

    /// As a results file has it: the timer, where all points of the sweep have the same one, or else `auto`.
    #[must_use]
    pub(crate) fn in_a_word(self, points: &[Point]) -> &'static str {
        let Some((first, others)) = points.split_first() else { return self.launches.as_str() };
        let timer = self.of_point(first);
        if others.iter().all(|point| self.of_point(point) == timer) { timer.as_str() } else { BY_POINT }
    }
}

impl MethodSpec {
    /// What a device that has these timers, the best first, times a sweep by. None where the method asks for another.
    #[must_use]
    pub fn timers(&self, available: &[Timer]) -> Option<Timers> {
        match (self.timer, available) {
            (Some(timer), _) => available.contains(&timer).then(|| Timers::one(timer)),
            (None, [best, ..]) if available.contains(&Timer::Graph) => Some(Timers::by_point(*best)),
            (None, available) => available.first().copied().map(Timers::one),
        }
    }
}

impl Point {
    /// Whether the device is run in ahead of this point's stretch: ahead of light bursts, which come so close after
    /// each other that the clock follows what they did. A dense one, and a replay, rests long enough to be a stranger
    /// to whatever ran.
    #[must_use]
    pub fn needs_run_in(&self, timers: Timers) -> bool {
        self.pacing == Pacing::Burst && self.load() == Load::Light && !timers.replays(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::vocabulary::Engine;
    use crate::sweep::plan::Plan;
    use crate::sweep::spec::SweepSpec;

    const EVENTS_FIRST: [Timer; 3] = [Timer::Event, Timer::Graph, Timer::Host];
    const GRAPHS_FIRST: [Timer; 3] = [Timer::Graph, Timer::Event, Timer::Host];

    fn plan(text: &str) -> (SweepSpec, Plan) {
        let spec = SweepSpec::parse("t.toml", &format!("name = \"t\"\nheads = 12\n{text}")).unwrap();
        let plan = Plan::expand(&spec, Engine::Cublas).unwrap();
        (spec, plan)
    }

    #[test]
    fn a_compact_point_is_replayed_and_any_other_timed_launch_by_launch() {
        let pacing = "method.pacing = [\"burst\", \"none\", \"sustained\"]";
        let (spec, plan) = plan(&format!("batch = [1, 4]\nhead_dim = 64\n{pacing}"));
        for (best, available) in [(Timer::Event, EVENTS_FIRST), (Timer::Graph, GRAPHS_FIRST)] {
            let timers = spec.method().timers(&available).unwrap();
            for point in plan.points() {
                let small = point.layer().unwrap().batch().get() == 1;
                let sustained = point.pacing == Pacing::Sustained;
                assert_eq!(timers.replays(point), small && !sustained, "{point:?}");
                let launches = if sustained { Timer::Event } else { best };
                let timer = if small && !sustained { Timer::Graph } else { launches };
                assert_eq!(
                    (timers.of_launches(point), timers.of_point(point)),
                    (launches, timer),
                    "{point:?}"
                );
            }
            assert_eq!(timers.in_a_word(plan.points()), "auto");
        }
    }

    #[test]
    fn a_sweep_of_one_timer_says_which() {
        for (batch, word) in [("1", "graph"), ("4", "event"), ("[1, 4]", "auto")] {
            let (spec, plan) = plan(&format!("batch = {batch}\nhead_dim = [64, 65]"));
            assert_eq!(spec.method().timers(&EVENTS_FIRST).unwrap().in_a_word(plan.points()), word);
            assert_eq!(spec.method().timers(&GRAPHS_FIRST).unwrap().in_a_word(plan.points()), "graph");
        }
        assert_eq!(Timers::one(Timer::Host).in_a_word(&[]), "host");
    }

    #[test]
    fn a_method_takes_the_timer_it_names_and_else_the_best_there_is() {
        let (none, _) = plan("head_dim = 64");
        let (event, _) = plan("head_dim = 64\nmethod.timer = \"event\"");
        assert_eq!(none.method().timers(&[Timer::Host]), Some(Timers::one(Timer::Host)));
        assert_eq!(none.method().timers(&[Timer::Event, Timer::Host]), Some(Timers::one(Timer::Event)));
        assert_eq!(none.method().timers(&[]), None);
        assert_eq!(event.method().timers(&GRAPHS_FIRST), Some(Timers::one(Timer::Event)));
        assert_eq!(event.method().timers(&[Timer::Host]), None);
    }
}

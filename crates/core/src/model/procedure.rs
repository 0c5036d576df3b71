//! The numbers of the measuring procedure: what the runner goes by, and what an estimate counts with.
//!
//! Times are in s of the device or the wall, counts are launches or bursts.

/// Timed launches of a point take so long together, unless there are [`MANY_SAMPLES`] before. Short
/// launches vary from burst to burst by more than they do within one (time by up to 1 % at 150 µs on an
/// H100), so that the interval of a single burst is too narrow.
pub const LEAST_TIMED_S: f64 = 0.004;

/// So many samples are enough, however short, if their interval is narrow, and if they took [`MOST_TIMED_S`] together
/// however wide it is.
pub const MANY_SAMPLES: u32 = 32;

/// Launches of a burst that took so many s are not added to for a narrower interval, once they are many.
pub const MOST_TIMED_S: f64 = 0.1;

/// So many samples of a point are taken at most while the interval is not as narrow as wanted, where the spec does not
/// say how many.
pub(crate) const MOST_SAMPLES: u32 = 144;

/// After so long a rest a card has forgotten what it did: the slowest of its power regulation takes some
/// 100 ms. It bounds what is owed after a long sustained stretch.
pub(crate) const LONGEST_REST_S: f64 = 1.0;

/// A sample of launches that are timed by stamps in a graph takes about so long, in s: what stamps add is known to
/// 0.6 µs, which is 0.2 % of it.
const SAMPLE_S: f64 = 350e-6;

/// How many launches of about so many s share a sample.
#[must_use]
pub fn launches_of_sample(launch_s: f64) -> u32 {
    (SAMPLE_S / launch_s).round().clamp(1.0, 200.0) as u32
}

/// So many timed launches tell whether something disturbed all of those of a point that has no near neighbour.
pub const VOUCHING: u32 = 2;

/// What disturbs comes before it shows and outlasts that, and the card's clock is another for a while after it.
/// On an H100 that another process used for some tenths of a second now and then, the rows that were off by 3
/// to 22 % without a group that stood out were among the five on either side of one with such a group: within
/// a quarter of a second. So much before and after a disturbance is measured again.
pub const AROUND_DISTURBANCE_S: f64 = 0.5;

/// The search for the fastest candidate of [`Engine::Tuned`](crate::Engine::Tuned).
pub mod search {
    /// Launches ahead of the timed ones: another kernel has just run.
    pub const WARMUP: u32 = 1;

    /// Timed launches of each candidate when all are screened.
    pub const SCREENED: u32 = 2;

    /// So many stay at most after the screening, beside the default.
    pub const SURVIVORS: usize = 6;

    /// Rounds in which the candidates that stay take turns.
    pub const ROUNDS: usize = 7;

    /// Timed launches of each candidate in each round.
    pub const PER_ROUND: u32 = 2;

    /// After so many rounds those that are clearly behind leave the race.
    pub const FIRST_ROUNDS: usize = 3;
}

/// The steady state of [`Pacing::Sustained`](crate::Pacing::Sustained).
pub mod sustained {
    /// Busy seconds of a point before its samples: power regulation has followed the change of shape.
    pub const CHANGE_S: f64 = 0.25;

    /// Busy seconds of one burst, more or less: long against the gap before the next one, of a millisecond or
    /// two, and short against what a point takes.
    pub const BURST_S: f64 = 0.25;

    /// Launches of one burst at most.
    pub const MOST_LAUNCHES: u32 = 2000;
}

/// How a point is timed by replays of graphs, with [`Timer::Graph`](crate::Timer::Graph).
///
/// Short launches do not repeat for four reasons, each with a remedy here (H100s, some 250 shapes, up to four processes).
/// The clock follows how busy the card was: it rests before every replay in proportion. Where operands fit the L2,
/// their address counts, by up to 17 %: every visit is at another place. What the L2
/// holds counts: it is filled with something else first, and launches that are not timed bring in what they need. And a
/// visit settles into a state that holds, one of several that are up to 20 % apart, so that more launches of it tell
/// nothing: there are many short visits, several in a graph, and a sample is the mean over those of a graph. Some of these states
/// come from the GPC that gets the first thread block cluster of a launch (`crates/cuda/tests/gpcs`): visits begin at several in turn.
pub mod replay {
    /// Launches in a row from which the time of one is estimated, and as many before them that load the kernel.
    pub const PROBES: u32 = 3;

    /// What a pair of events reads beyond the launch between them, in s: 1.5 to 4 µs on H100s.
    pub const EVENT_PAIR_S: f64 = 2.5e-6;

    /// No launch is shorter, in s, whatever the estimate says.
    pub const SHORTEST_LAUNCH_S: f64 = 1e-6;

    /// Places in memory that they are of at most.
    pub const MOST_PLACES: u32 = 72;

    /// The card rests for so many s before a replay at the least.
    pub(crate) const LEAST_REST_S: f64 = 0.002;

    /// The rest before a replay over the busy time of one, in tenths of the method's `idle_after` of 10.
    pub(crate) const REST: f64 = 0.45;

    /// The same of a product that comes so near the peak that it lowers the clock of what follows.
    pub(crate) const REST_WHEN_DENSE: f64 = 0.9;

    /// The share of the peak from which that is so: 350 of 989 TFLOP/s on an H100.
    pub(crate) const DENSE_SHARE: f64 = 0.35;

    /// In so many s a visit fills the L2 of an H100.
    const FILL_S: f64 = 40e-6;

    /// How long the launches of a visit take, in s, and how many replays there are.
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Budget {
        /// Launches shorter than this, in s.
        below_s: f64,
        untimed_s: f64,
        timed_s: f64,
        /// Launches at the least, untimed and timed ones.
        least: [u32; 2],
        visits: u32,
        replays: u32,
    }

    const fn budget(
        below_s: f64,
        (untimed_s, timed_s): (f64, f64),
        least: [u32; 2],
        visits: u32,
        replays: u32,
    ) -> Budget {
        Budget { below_s, untimed_s, timed_s, least, visits, replays }
    }

    /// Short launches are told by many visits, most of them from 10 to 50 µs, where passes over the same shapes differ
    /// most (`sweeps/repeatability`). From a tenth of a millisecond on a visit is of a single launch, so that
    /// two speeds are seen as two: their mean is neither. (`values` at head dim 81 and 1024 tokens takes 184 or 204 µs from
    /// launch to launch on an H100, and means of three or four of them everything between.)
    /// Such a launch settles for longer: 48 x 1536x1536x128 takes 81.0, 79.6, 79.2 and 79.2 µs after one, two, four and 16 others on
    /// an H200 (`crates/cuda/tests/stamps`).
    const BUDGETS: [Budget; 7] = [
        budget(10e-6, (40e-6, 100e-6), [2, 3], 3, 24),
        budget(25e-6, (40e-6, 100e-6), [2, 3], 3, 32),
        budget(50e-6, (40e-6, 120e-6), [2, 3], 2, 32),
        budget(100e-6, (80e-6, 250e-6), [2, 3], 1, 30),
        budget(200e-6, (400e-6, 0.0), [2, 1], 1, 28),
        budget(300e-6, (0.0, 0.0), [1, 1], 1, 20),
        budget(1e-3, (0.0, 0.0), [1, 1], 1, 12),
    ];

    /// The shortest launch, in s, that may be timed by itself where several hide two speeds. What stamps add to a launch is
    /// known to 0.25 µs on an H100, which is 0.5 % of it.
    const SHORTEST_ALONE_S: f64 = 50e-6;

    /// The shortest that always is.
    const ALWAYS_ALONE_S: f64 = 100e-6;

    /// For longer ones: a single launch is long enough.
    const LONG: Budget = budget(f64::INFINITY, (0.0, 0.0), [0, 1], 1, 6);

    /// What a replay holds, and how many there are.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Replays {
        /// Visits of each.
        pub visits: u32,
        /// Launches of each visit that are not timed.
        pub warmup: u32,
        /// Launches of each visit that are.
        pub launches: u32,
        /// How many replays there are at the least.
        pub replays: u32,
    }

    impl Replays {
        /// Of a launch of so many s.
        #[must_use]
        pub fn of_launch(launch_s: f64) -> Replays {
            let budget = BUDGETS.into_iter().find(|budget| launch_s < budget.below_s).unwrap_or(LONG);
            let count = |seconds: f64, least: u32| ((seconds / launch_s).round() as u32).max(least);
            Replays {
                visits: budget.visits,
                warmup: count(budget.untimed_s, budget.least[0]),
                launches: count(budget.timed_s, budget.least[1]),
                replays: budget.replays,
            }
        }

        /// The same of launches one by one, where these are of several, that are long enough for it: of one with two speeds the
        /// means of several have more than two values, and tell neither speed. (48 x 758x87x758 takes 80 or 91 µs from
        /// launch to launch on an H100, and three of them in a row 80, 84, 87 or 91.)
        #[must_use]
        pub fn one_by_one(self, launch_s: f64) -> Option<Replays> {
            let several = self.launches > 1 && launch_s >= SHORTEST_ALONE_S;
            several.then(|| Replays::of_launch(ALWAYS_ALONE_S))
        }

        /// For how long one of them keeps a card busy, in s.
        #[must_use]
        pub fn busy_s(&self, launch_s: f64) -> f64 {
            f64::from(self.visits) * (FILL_S + f64::from(self.warmup + self.launches) * launch_s)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_budget_is_of_time_and_not_of_launches() {
            let of = |us: f64| {
                let Replays { visits, warmup, launches, replays } = Replays::of_launch(us * 1e-6);
                (visits, warmup, launches, replays)
            };
            assert_eq!((of(2.0), of(11.0), of(24.0)), ((3, 20, 50, 24), (3, 4, 9, 32), (3, 2, 4, 32)));
            assert_eq!((of(26.0), of(49.0)), ((2, 2, 5, 32), (2, 2, 3, 32)));
            assert_eq!((of(51.0), of(99.0)), ((1, 2, 5, 30), (1, 2, 3, 30)));
            assert_eq!((of(101.0), of(199.0)), ((1, 4, 1, 28), (1, 2, 1, 28)));
            assert_eq!((of(201.0), of(299.0)), ((1, 1, 1, 20), (1, 1, 1, 20)));
            assert_eq!((of(301.0), of(999.0)), ((1, 1, 1, 12), (1, 1, 1, 12)));
            assert_eq!((of(1001.0), of(60_000.0)), ((1, 0, 1, 6), (1, 0, 1, 6)));
            // What one launch takes is seen, and no mean of two speeds.
            assert!((101..70_000).all(|us| Replays::of_launch(f64::from(us) * 1e-6).launches == 1));
            let one_by_one =
                |us: f64| Replays::of_launch(us * 1e-6).one_by_one(us * 1e-6).map(|it| it.launches);
            assert_eq!([49.0, 51.0, 99.0, 101.0].map(one_by_one), [None, Some(1), Some(1), None]);
            let busy_s = Replays::of_launch(40e-6).busy_s(40e-6);
            assert!((busy_s - 480e-6).abs() < 1e-12, "{busy_s}");
        }
    }
}

//! The numbers of the measuring procedure: what the runner goes by, and what an estimate counts with.
//!
//! Times are in s of the device or the wall, counts are launches or bursts.

/// Timed launches of a point take so long together, unless the most samples are reached before. Short
/// launches vary from burst to burst by more than they do within one (time by up to 1 % at 150 µs on an
/// H100), so that the interval of a single burst is too narrow.
pub const LEAST_TIMED_S: f64 = 0.004;

/// After so long a rest a card has forgotten what it did: the slowest of its power regulation takes some
/// 100 ms. It bounds what is owed after a long sustained stretch.
pub(crate) const LONGEST_REST_S: f64 = 1.0;

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

/// Launches in a CUDA graph that is replayed, with [`Timer::Graph`](crate::Timer::Graph).
pub mod replay {
    /// About how long one replay should take: long against the few µs that starting it takes.
    pub(crate) const LENGTH_S: f64 = 0.001;

    /// Launches that a replay of a short launch holds at most, unless the cache needs more copies of its operands.
    pub const MOST_LAUNCHES: u32 = 200;

    /// Launches from which the length of a graph is decided, and those before them that load the kernel.
    pub const PROBES: u32 = 3;
    /// See [`PROBES`].
    pub const PROBE_WARMUP: u32 = 1;

    /// What a quotient of two times may be off by.
    const ROUNDING: f64 = 1e-9;

    /// How many launches a replay of a launch of `launch_s` seconds holds, where its operands stand once.
    #[must_use]
    pub fn launches(launch_s: f64) -> u32 {
        // A quotient that is a whole number but for its rounding is that number: 1 ms / 50 µs are 20.
        (LENGTH_S / launch_s - ROUNDING).ceil().clamp(1.0, f64::from(MOST_LAUNCHES)) as u32
    }
}

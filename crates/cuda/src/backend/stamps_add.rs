//! What stamps add to the launches between them.

use super::{CudaBackend, nothing_prepared};
use crate::sm_clock::Between;
use crate::sys::Memory;
use hovera_bench::{BackendError, Replay};
use hovera_core::median_of;
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// What is rewritten ahead of a replay on a device that does not tell its L2.
const LEAST_OTHER_DATA: u64 = 1 << 20;

/// What stamps add is measured so often with nothing between them: it differs by a tenth from time to time.
const ROUNDS: u32 = 15;

/// What two stamps add to products between them beyond that, in µs. Another kernel
/// begins behind the first stamp and ends before the second. (`crates/cuda/tests/stamps`)
const PRODUCTS_ADD_US: f64 = 0.15;

/// What they add at the least to products of so many µs, both in µs; to those between two of them in proportion. Though with
/// nothing between them they are 0.77 µs apart on an H200 and 1.02 on an H100, they add as much on either. Below 8 µs that is 0.7
/// to 1.0, from 8 to 30 µs as much to some products and 1.2 to 1.5 to others, and from 25 µs on 1.3 by visits of one launch and
/// of 16. What is between errs by 0.4 % of a visit at the most. (`crates/cuda/tests/stamps`)
const AT_LEAST_US: [(f64, f64); 3] = [(6.0, 0.85), (10.0, 1.15), (25.0, 1.25)];

/// From so many launches on a visit tells it: those of launches below 4 µs. What stamps add to these is up to 0.5 % of a visit, and
/// differs: 0.45 µs to one of 2.3 µs on an H200. Of longer ones the launch behind a stamp can take another time than those that
/// follow, 0.2 of 11 µs less: as visits told it, five of 63 products of 4 to 10 µs differed by more than 1 % between
/// passes, and one of 53 by what is usual.
const LEAST_TELLING: u32 = 25;

/// What visits tell is taken up to so many µs off what is usual.
const TOLD_WITHIN_US: RangeInclusive<f64> = -0.7..=0.5;

/// Launches from which what a stamp adds to each is told.
const FILLS: usize = 8;

/// A single visit without launches.
const VISIT: Replay = Replay { place: 0, visits: 1, warmup: 0, launches: 0 };

/// What stamps add to launches of this card, in µs.
#[derive(Debug, Clone, Copy)]
pub(super) struct StampsAdd {
    /// Two of them around many launches.
    ends_us: f64,
    /// One before and one behind a launch, beyond what a launch among many takes. It is more: a launch that fills the
    /// card takes longer to end than a stamp does.
    pub(super) between_us: f64,
}

impl StampsAdd {
    /// To launches of so many µs, of which visits may have told it.
    fn to_us(self, about_us: f64, told_us: Option<f64>) -> f64 {
        match told_us {
            Some(us) => us.clamp(self.ends_us + TOLD_WITHIN_US.start(), self.ends_us + TOLD_WITHIN_US.end()),
            None => self.ends_us.max(at_least_us(about_us)),
        }
    }
}

/// What stamps add at the least to a launch of so many µs, by [`AT_LEAST_US`].
fn at_least_us(about_us: f64) -> f64 {
    let [(_, shortest_us), ..] = AT_LEAST_US;
    let rise_us = AT_LEAST_US.array_windows().map(|[(from, low), (to, high)]| {
        let share = (about_us - from) / (to - from);
        share.clamp(0.0, 1.0) * (high - low)
    });
    shortest_us + rise_us.sum::<f64>()
}

/// What visits of the current point tell of it: those of many launches are preceded by a launch between stamps of its own.
#[derive(Debug, Default)]
pub(super) struct ToldByVisits {
    /// Launches of a visit, untimed and timed.
    of: (u32, u32),
    /// By each visit.
    added_us: Vec<f64>,
}

/// Whether the last launch of a visit that is not timed has stamps of its own.
pub(super) fn stamps_last_untimed(replay: &Replay) -> bool {
    replay.warmup > 0 && replay.launches >= LEAST_TELLING
}

/// Visits of a replay, and stamps of each.
pub(super) fn visits_and_stamps(replay: &Replay) -> (usize, usize) {
    (replay.visits as usize, if stamps_last_untimed(replay) { 3 } else { 2 })
}

/// The time of a launch of each visit, in µs, by the time between its stamps.
pub(super) fn times_us(
    visits: &[Vec<Between>],
    replay: &Replay,
    add: StampsAdd,
    told: &RefCell<ToldByVisits>,
) -> Vec<f64> {
    let launches = f64::from(replay.launches);
    let mut told = told.borrow_mut();
    if told.of != (replay.warmup, replay.launches) {
        *told = ToldByVisits { of: (replay.warmup, replay.launches), added_us: Vec::new() };
    }
    let by_visit = visits.iter().filter_map(|visit| match visit[..] {
        [one, all] => Some(one.us - (all.us - one.us) / (launches - 1.0)),
        _ => None,
    });
    told.added_us.extend(by_visit);
    let told_us = median_of(told.added_us.iter().copied());
    let time_us = |together_us: f64| (together_us - add.to_us(together_us / launches, told_us)) / launches;
    visits.iter().filter_map(|visit| visit.last()).map(|all| time_us(all.us)).collect()
}

impl CudaBackend {
    /// What the stamps of this card add to what they time. The first graph needs the memory that fills the L2, too.
    pub(super) fn stamps_add(&mut self) -> Result<StampsAdd, BackendError> {
        if self.other_data.is_none() {
            let bytes = 2 * self.device.l2_bytes.unwrap_or(0);
            self.other_data = Some(Memory::allocate(&self.context, bytes.max(LEAST_OTHER_DATA))?);
        }
        let add = match self.stamps_add {
            Some(add) => add,
            None => self.measure_stamps()?,
        };
        self.stamps_add = Some(add);
        Ok(add)
    }

    /// The middle one of several times each.
    fn measure_stamps(&self) -> Result<StampsAdd, BackendError> {
        let two_stamps = self.capture_visits(&VISIT, &|_, _| Ok(()))?;
        // The launch here fills the whole card, as a product does.
        let other_data = self.other_data()?;
        let launch = || self.stream.fill_bytes(other_data.region(0..other_data.bytes())?, 0);
        let each = self.capture_stamped(0, 1, (FILLS, 1), &launch)?;
        let many = Replay { warmup: 1, launches: FILLS as u32, ..VISIT };
        let all = self.capture_visits(&many, &|_, _| launch())?;
        let us = |graph, replay| {
            let visits =
                self.stopwatch.by_stamps(&self.stream, &self.kernels, graph, visits_and_stamps(replay))?;
            let last = visits.first().and_then(|visit| visit.last());
            last.map(|between| between.us).ok_or_else(nothing_prepared)
        };
        let (mut ends, mut between) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ends.push(us(&two_stamps, &VISIT)?);
            let times = self.between_stamps(&each, (FILLS, 1), 0.0)?.into_iter().map(|launch| launch.time_us);
            let by_itself = median_of(times).ok_or_else(nothing_prepared)?;
            between.push((FILLS as f64 * by_itself - us(&all, &many)?) / (FILLS - 1) as f64);
        }
        let middle = |values| median_of(values).ok_or_else(nothing_prepared);
        Ok(StampsAdd { ends_us: middle(ends)? + PRODUCTS_ADD_US, between_us: middle(between)?.max(0.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD: StampsAdd = StampsAdd { ends_us: 0.9, between_us: 0.4 };

    fn visits(replay: &Replay, count: usize, launch_us: f64, added_us: f64) -> Vec<Vec<Between>> {
        let between = |launches| Between { us: f64::from(launches) * launch_us + added_us, mhz: None };
        let one = stamps_last_untimed(replay).then(|| between(1));
        vec![one.into_iter().chain([between(replay.launches)]).collect(); count]
    }

    fn assert_times(got: &[f64], want: f64) {
        assert!(got.len() == 3 && got.iter().all(|us| (us - want).abs() < 1e-9), "{got:?}, want {want}");
    }

    #[test]
    fn visits_tell_what_stamps_add_to_their_product() {
        let replay = Replay { place: 0, visits: 3, warmup: 2, launches: 25 };
        assert_eq!(visits_and_stamps(&replay), (3, 3));
        for added_us in [0.45, 0.9, 1.3] {
            let told = RefCell::default();
            assert_times(&times_us(&visits(&replay, 3, 2.28, added_us), &replay, ADD, &told), 2.28);
        }
        // Not beyond what was ever seen: 5 µs are of something else.
        let told = RefCell::default();
        let far = times_us(&visits(&replay, 3, 2.28, 5.0), &replay, ADD, &told);
        assert_times(&far, 2.28 + (5.0 - 1.4) / 25.0);
    }

    #[test]
    fn a_disturbed_launch_ahead_changes_nothing_and_other_visits_are_told_anew() {
        let told = RefCell::default();
        let replay = Replay { place: 0, visits: 3, warmup: 2, launches: 40 };
        let mut disturbed = visits(&replay, 3, 2.5, 1.1);
        disturbed[1][0].us += 70.0;
        assert_times(&times_us(&disturbed, &replay, ADD, &told), 2.5);
        let fewer = Replay { launches: 25, ..replay };
        assert_times(&times_us(&visits(&fewer, 3, 3.9, 0.6), &fewer, ADD, &told), 3.9);
        assert_times(&times_us(&visits(&fewer, 3, 3.9, 0.6), &fewer, ADD, &told), 3.9);
        assert_eq!(told.borrow().added_us.len(), 6);
    }

    #[test]
    fn what_stamps_add_grows_with_the_launch_and_has_no_step() {
        let add_us = |about_us: f64| ADD.to_us(about_us, None);
        assert_eq!([2.0, 6.0].map(add_us), [0.9, 0.9], "what they are apart with nothing between them");
        let near = |about_us, want: f64| (add_us(about_us) - want).abs() < 1e-9;
        assert!(
            near(8.0, 1.0) && near(10.0, 1.15) && near(17.5, 1.2) && near(25.0, 1.25) && near(300.0, 1.25)
        );
        let steps = (0..3000).map(|step| f64::from(step) * 0.01).map(|us| add_us(us + 0.01) - add_us(us));
        assert!(steps.into_iter().all(|step| (-1e-12..0.001).contains(&step)));
    }

    #[test]
    fn what_a_visit_does_not_tell_is_as_usual() {
        let told = RefCell::default();
        let single = Replay { place: 0, visits: 3, warmup: 2, launches: 1 };
        assert_times(&times_us(&visits(&single, 3, 150.0, 1.25), &single, ADD, &told), 150.0);
        let several = Replay { launches: 4, ..single };
        assert_times(&times_us(&visits(&several, 3, 30.0, 1.25), &several, ADD, &told), 30.0);
        assert_times(&times_us(&visits(&several, 3, 30.0, 1.65), &several, ADD, &told), 30.1);
        let many = Replay { launches: 24, ..single };
        assert_times(&times_us(&visits(&many, 3, 4.2, 0.9), &many, ADD, &told), 4.2);
        // What is more with nothing between them counts.
        let more = StampsAdd { ends_us: 1.4, ..ADD };
        assert_times(&times_us(&visits(&several, 3, 30.0, 1.4), &several, more, &told), 30.0);
        let no_warmup = Replay { warmup: 0, launches: 40, ..single };
        assert_times(&times_us(&visits(&no_warmup, 3, 2.0, 0.9), &no_warmup, ADD, &told), 2.0);
        assert_eq!([single, many, no_warmup].map(|replay| visits_and_stamps(&replay)), [(3, 2); 3]);
    }
}

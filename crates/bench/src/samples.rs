//! The launches of one point, by the bursts they came in.

use crate::backend::Launch;
use crate::two_speeds::second_speed_from;
use hovera_core::{
    Bound, SecondSpeed, Timing, median, median_ci_half_width_of_strata, relative_ci_of_strata,
};

/// A group whose median is slower than the fastest group's by this factor was disturbed: what disturbs
/// from outside makes a whole group 1.4 to 6 times slower, or one that it meets in part a little, and
/// nothing makes one faster. Undisturbed bursts of one point agree within some percent.
const DISTURBED: f64 = 1.1;

/// A replay that is slower by this factor than the fastest quarter of them was disturbed: what of the operands is in
/// the L2 makes up to 1.23 (117 or 144 µs on an H100).
const DISTURBED_REPLAY: f64 = 1.3;

/// What disturbs from outside lasts, and meets replays that follow each other. Where slow ones come at more separate times
/// than this, they are the product's own.
const MOST_DISTURBANCES: usize = 3;

/// In the steady state the clock wanders by a third, and what follows it in part only does by less.
const DISTURBED_SUSTAINED: f64 = 1.25;

/// Among so many groups the fastest may be luck, and the middle one is not disturbed.
const MANY_GROUPS: usize = 8;

/// A counter that says less or more than this, in MHz, is stuck or was reset: no GPU has such a clock.
const PLAUSIBLE_MHZ: std::ops::RangeInclusive<f64> = 100.0..=5000.0;

/// A sample is an outlier when it is farther from the median than five standard deviations, estimated
/// from the median absolute deviation, and by at least this fraction.
const OUTLIER: f64 = 0.02;
const STANDARD_DEVIATIONS: f64 = 5.0 * 1.4826;

/// So far apart, over the median, are the first and the last tenth of samples that may be means over two speeds. Of five
/// products of 50 to 100 µs with one speed they are 0.6 to 2.9 % apart on an H100, of two with two speeds 9 and 10 %
/// (`crates/cuda/tests/stamps/one-by-one-*`). Where they are for another reason, a tenth of a second is lost.
const MAY_BE_MEANS: f64 = 0.02;

/// Launches that came together.
#[derive(Debug, Clone)]
struct Group {
    /// Where the operands lay: groups at one place tell what varies there, and places what differs between them.
    place: usize,
    launches: Vec<Launch>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Samples {
    groups: Vec<Group>,
    /// What bounds the point where the launches do not tell.
    expected: Option<Bound>,
    /// Whether that is beyond doubt, whatever noise makes of the launches.
    certain: bool,
    /// Launches that take less than this, in µs, are bound by memory beyond doubt.
    memory_below_us: Option<f64>,
    /// Whether the mean of a group is one sample, rather than each launch.
    by_group: bool,
    /// How many samples were of another speed, and are not among the groups.
    set_apart: usize,
}

impl Samples {
    pub(crate) fn new(expected: Option<Bound>) -> Samples {
        Samples { expected, ..Samples::default() }
    }

    /// The same, where what is expected is beyond doubt if `certain`.
    pub(crate) fn certain(self, certain: bool) -> Samples {
        Samples { certain, ..self }
    }

    /// The same, where launches that take less than so many s are bound by memory beyond doubt.
    pub(crate) fn bound_by_memory_below(self, seconds: Option<f64>) -> Samples {
        Samples { memory_below_us: seconds.map(|seconds| seconds * 1e6), ..self }
    }

    /// The same, where the mean of a group is a sample.
    pub(crate) fn by_group(self) -> Samples {
        Samples { by_group: true, ..self }
    }

    /// A burst: all are at one place.
    pub(crate) fn push(&mut self, launches: Vec<Launch>) {
        self.push_at(0, launches);
    }

    pub(crate) fn push_at(&mut self, place: usize, launches: Vec<Launch>) {
        self.groups.push(Group { place, launches });
    }

    pub(crate) fn groups(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn len(&self) -> usize {
        match self.by_group {
            true => self.groups.len(),
            false => self.groups.iter().map(|group| group.launches.len()).sum(),
        }
    }

    fn samples(&self) -> Vec<Launch> {
        match self.by_group {
            true => self.groups.iter().map(|group| Launch::mean(&group.launches)).collect(),
            false => self.launches(),
        }
    }

    fn launches(&self) -> Vec<Launch> {
        self.groups.iter().flat_map(|group| group.launches.iter().copied()).collect()
    }

    /// The place of each sample.
    fn places(&self) -> Vec<usize> {
        let samples = |group: &Group| if self.by_group { 1 } else { group.launches.len() };
        self.groups.iter().flat_map(|group| std::iter::repeat_n(group.place, samples(group))).collect()
    }

    pub(crate) fn times(&self) -> Vec<f64> {
        times(&self.samples())
    }

    /// Of every sample, or none: a median over some of them would be another's.
    fn cycles(&self) -> Option<Vec<f64>> {
        cycles(&self.samples())
    }

    /// What bounds the point by the launches, or else as expected.
    pub(crate) fn bound(&self) -> Option<Bound> {
        if self.memory_below_us.is_some_and(|below_us| middle(self.times()) < below_us) {
            return Some(Bound::Memory);
        }
        if self.certain {
            return self.expected;
        }
        let measured = self.cycles().and_then(|cycles| Bound::from_samples(&self.times(), &cycles));
        measured.or(self.expected)
    }

    /// What does not change with the clock: cycles where the SMs bound the point, times in µs where memory
    /// does.
    pub(crate) fn invariant(&self) -> Vec<f64> {
        let (times, cycles) = (self.times(), self.cycles());
        Bound::invariant(self.bound(), &times, cycles.as_deref())
    }

    /// The same, by what is expected alone: where the launches are of several kernels, their times vary
    /// for other reasons than the clock.
    pub(crate) fn expected_invariant(&self) -> Vec<f64> {
        let (times, cycles) = (self.times(), self.cycles());
        Bound::invariant(self.expected, &times, cycles.as_deref())
    }

    /// Of the invariant's median. The places are the same in every run, so that what they differ by is no error of it.
    pub(crate) fn relative_ci(&self) -> f64 {
        relative_ci_of_strata(&self.invariant(), &self.places())
    }

    /// Throws away the bursts that are slower than the fastest by far, or than the middle one of many,
    /// and says how many.
    pub(crate) fn drop_disturbed(&mut self) -> u64 {
        self.drop_slower(DISTURBED)
    }

    /// The same of bursts in the steady state.
    pub(crate) fn drop_disturbed_sustained(&mut self) -> u64 {
        self.drop_slower(DISTURBED_SUSTAINED)
    }

    /// The same of replays: those that are slower by far than the fastest quarter, unless they are so again and again.
    pub(crate) fn drop_disturbed_replays(&mut self) -> u64 {
        let values = self.invariant();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let Some(quick) = sorted.get(sorted.len() / 4).copied() else { return 0 };
        let is_slow = |value: &f64| *value > DISTURBED_REPLAY * quick;
        let times = values.chunk_by(|x, y| is_slow(x) == is_slow(y)).filter(|run| run.iter().all(is_slow));
        if times.count() > MOST_DISTURBANCES {
            return 0;
        }
        let before = self.groups.len();
        let mut slow = values.iter().map(is_slow);
        self.groups.retain(|_| slow.next() != Some(true));
        (before - self.groups.len()) as u64
    }

    fn drop_slower(&mut self, factor: f64) -> u64 {
        let bound = self.bound();
        let all_have_cycles = self.cycles().is_some();
        let medians: Vec<f64> = self
            .groups
            .iter()
            .map(|Group { launches, .. }| {
                let (times, cycles) = (times(launches), cycles(launches).filter(|_| all_have_cycles));
                middle(Bound::invariant(bound, &times, cycles.as_deref()))
            })
            .collect();
        let undisturbed = match medians.len() {
            0..MANY_GROUPS => medians.iter().copied().fold(f64::INFINITY, f64::min),
            _ => middle(medians.clone()),
        };
        let before = self.groups.len();
        let mut slow = medians.iter().map(|median| *median > factor * undisturbed);
        self.groups.retain(|_| slow.next() != Some(true));
        (before - self.groups.len()) as u64
    }

    /// Whether samples of several launches differ by so much that they may be means over two speeds. The median of such does
    /// not tell: most may have one slow launch each.
    pub(crate) fn may_be_means_over_two_speeds(&self) -> bool {
        let mut values = self.invariant();
        values.sort_by(f64::total_cmp);
        let Some(last) = values.len().checked_sub(1) else { return false };
        values[last - last / 10] - values[last / 10] > MAY_BE_MEANS * middle(values)
    }

    /// Leaves the launches of the speed that more of them ran at, by the point's invariant, and tells the other. Nothing
    /// where there is one speed. Of two with as many launches the faster stays.
    pub(crate) fn split_second_speed(&mut self) -> Option<SecondSpeed> {
        let launches = self.launches();
        let cycles = cycles(&launches);
        let values = Bound::invariant(self.bound(), &times(&launches), cycles.as_deref());
        let from = second_speed_from(&values)?;
        let is_slow = |value: &f64| *value >= from;
        let slow = values.iter().filter(|value| is_slow(value)).count();
        let slow_is_second = 2 * slow <= values.len();
        let mut is_second = values.iter().map(|value| is_slow(value) == slow_is_second);
        let mut second = Vec::new();
        let before = self.len();
        for group in &mut self.groups {
            group.launches.retain(|launch| {
                let set_apart = is_second.next() == Some(true);
                if set_apart {
                    second.push(launch.time_us);
                }
                !set_apart
            });
        }
        self.groups.retain(|group| !group.launches.is_empty());
        self.set_apart = before - self.len();
        let share = second.len() as f64 / values.len() as f64;
        Some(SecondSpeed { time_us: middle(second), share })
    }

    /// How many samples are far from the rest.
    pub(crate) fn outliers(&self) -> usize {
        let values = self.invariant();
        let centre = middle(values.clone());
        let deviation = middle(values.iter().map(|value| (value - centre).abs()).collect());
        let far = (STANDARD_DEVIATIONS * deviation).max(OUTLIER * centre);
        values.iter().filter(|value| (**value - centre).abs() > far).count()
    }

    pub(crate) fn timing(&self) -> Option<Timing> {
        let times = self.times();
        let timing = Timing::from_samples(&times, self.cycles().as_deref())?;
        let samples = timing.samples.map(|samples| samples + self.set_apart as u32);
        let ci_us = median_ci_half_width_of_strata(&times, &self.places());
        Some(Timing { samples, ci_us, ..timing })
    }

    /// The mean SM clock over the launches: cycles over time.
    pub(crate) fn mean_clock(&self) -> Option<f64> {
        Some(self.cycles()?.iter().sum::<f64>() / self.times().iter().sum::<f64>())
    }
}

pub(crate) fn times<'l>(launches: impl IntoIterator<Item = &'l Launch>) -> Vec<f64> {
    launches.into_iter().map(|launch| launch.time_us).collect()
}

fn cycles<'l>(launches: impl IntoIterator<Item = &'l Launch>) -> Option<Vec<f64>> {
    let of_launch = |l: &Launch| Some(l.time_us * l.sm_clock_mhz.filter(|mhz| PLAUSIBLE_MHZ.contains(mhz))?);
    launches.into_iter().map(of_launch).collect()
}

/// The median; NaN of nothing.
pub(crate) fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    median(&values).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(times: &[f64], mhz: f64) -> Vec<Launch> {
        times.iter().map(|&time_us| Launch { time_us, sm_clock_mhz: Some(mhz) }).collect()
    }

    fn samples(expected: Option<Bound>, groups: &[Vec<Launch>]) -> Samples {
        let mut samples = Samples::new(expected);
        groups.iter().for_each(|group| samples.push(group.clone()));
        samples
    }

    #[test]
    fn a_group_far_slower_than_another_is_thrown_away_wherever_it_came() {
        let (good, slow) = (group(&[10.0, 10.1], 1500.0), group(&[14.0, 14.1], 1500.0));
        for groups in [[good.clone(), slow.clone(), good.clone()], [slow.clone(), good.clone(), good.clone()]]
        {
            let mut samples = samples(None, &groups);
            assert_eq!((samples.drop_disturbed(), samples.len()), (1, 4));
            assert_eq!(samples.timing().unwrap().max_us, Some(10.1));
        }
    }

    #[test]
    fn launches_that_are_fast_enough_are_bound_by_memory_beyond_doubt() {
        let bound = |us: f64| {
            let mut samples =
                Samples::new(Some(Bound::Both)).certain(true).bound_by_memory_below(Some(20e-6));
            samples.push(group(&[us, us + 0.1, us + 0.2], 1500.0));
            (samples.bound(), samples.invariant()[0])
        };
        assert_eq!(bound(19.0), (Some(Bound::Memory), 19.0));
        assert_eq!(bound(20.0), (Some(Bound::Both), 20.0 * 1500f64.sqrt()));
    }

    #[test]
    fn a_lower_clock_is_no_disturbance_where_cycles_count() {
        let groups = [group(&[10.0, 10.0], 1980.0), group(&[13.2, 13.2], 1500.0)];
        assert_eq!(samples(Some(Bound::Compute), &groups).drop_disturbed(), 0);
        assert_eq!(samples(Some(Bound::Compute), &groups).relative_ci(), f64::INFINITY);
        // The launches know better than the datasheet, unless that leaves no doubt.
        assert_eq!(samples(Some(Bound::Memory), &groups).bound(), Some(Bound::Compute));
        assert_eq!(samples(Some(Bound::Memory), &groups).certain(true).bound(), Some(Bound::Memory));
    }

    #[test]
    fn a_stuck_counter_leaves_the_times() {
        for stuck in [0.0, f64::NAN, f64::INFINITY, 1e9] {
            let samples = samples(Some(Bound::Compute), &[group(&[10.0, 11.0], stuck)]);
            assert_eq!(samples.invariant(), [10.0, 11.0]);
            assert_eq!((samples.mean_clock(), samples.timing().unwrap().cycles_median), (None, None));
        }
    }

    #[test]
    fn outliers_are_counted_and_kept() {
        let calm = samples(None, &[group(&[10.0, 10.1, 9.9, 10.0, 10.05, 10.15], 1500.0)]);
        assert_eq!(calm.outliers(), 0);
        let odd = samples(None, &[group(&[10.0, 10.1, 9.9, 10.0, 10.05, 12.0], 1500.0)]);
        assert_eq!((odd.outliers(), odd.len()), (1, 6));
    }
}

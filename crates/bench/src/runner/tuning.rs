//! Which of a library's candidates is the fastest, by timing them fairly.

use super::Runner;
use crate::backend::{Backend, BackendError, Burst, Launch};
use crate::samples::middle;
use hovera_core::procedure::replay::Replays;
use hovera_core::procedure::search::{FIRST_ROUNDS, PER_ROUND, ROUNDS, SCREENED, SURVIVORS, WARMUP};
use hovera_core::{Kernel, Point};
use std::fmt;

/// How much slower than the best in the screening a candidate may be to stay.
const STAYS: f64 = 1.3;

/// Those that are behind the best by more than this in anything after [`FIRST_ROUNDS`] leave the race: rounds differ
/// by some 0.3 %.
const HOPELESS: f64 = 0.02;

/// A candidate must beat the default by this much, and be behind it by no more in anything. Among equals the
/// luckiest looks fastest; 0.2 % is how well cycles repeat.
const ADVANTAGE: f64 = 0.002;

/// What the candidates came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ranking {
    pub(super) winner: usize,
    candidates: usize,
    wrong: usize,
    /// How much longer the default takes than the winner, where the default computes right.
    gain: Option<Lead>,
}

/// Two kernels, one over the other.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Lead {
    /// Of times as they happened.
    time: f64,
    /// Of the point's invariant.
    invariant: f64,
}

impl Lead {
    fn both(&self) -> f64 {
        (self.time * self.invariant).sqrt()
    }

    /// Whether there is no telling the two apart.
    fn is_none(self) -> bool {
        [self.time, self.invariant].iter().all(|ratio| (ratio - 1.0).abs() <= ADVANTAGE)
    }
}

impl fmt::Display for Ranking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "candidate {} of {}", self.winner + 1, self.candidates)?;
        if self.wrong > 0 {
            write!(f, " ({} do not compute it right)", self.wrong)?;
        }
        match self.gain {
            None => write!(f, "; the default does not compute it right"),
            Some(_) if self.winner == 0 => write!(f, "; the default is the fastest"),
            Some(Lead { time, invariant }) => {
                write!(f, "; the default takes {time:.4} times as long, {invariant:.4} times at one clock")
            }
        }
    }
}

/// One candidate in one round.
#[derive(Debug, Clone, Copy)]
struct Turn {
    time_us: f64,
    invariant: f64,
}

impl<B: Backend + ?Sized> Runner<'_, B> {
    /// Screens all candidates of the current point, and ranks the ones worth it by rounds in which they
    /// take turns, so that what the card goes through meets all of them alike.
    ///
    /// A kernel that needs fewer cycles can draw so much power that the card slows down by more than it
    /// gains. So both count: a candidate is compared with the default round by round, and must be no slower
    /// by its times nor by the point's invariant. Of those that are not, the one that gains most by both
    /// together wins. A default that tells nothing of itself gives way to an equal that does.
    pub(super) fn rank(&mut self, point: &Point, kernels: &[Kernel]) -> Result<Ranking, BackendError> {
        let candidates = kernels.len();
        let mut screened: Vec<(usize, f64)> = Vec::new();
        let mut first_error = None;
        for index in 0..candidates {
            match self.screen(point, index) {
                Ok(least) => screened.push((index, least)),
                Err(error) => _ = first_error.get_or_insert(error),
            }
        }
        if let (true, Some(error)) = (screened.is_empty(), first_error) {
            return Err(error);
        }
        let wrong = candidates - screened.len();
        screened.sort_by(|(i, x), (j, y)| x.total_cmp(y).then(i.cmp(j)));
        let limit = STAYS * screened.first().map_or(0.0, |(_, best)| *best);
        let default_is_right = screened.iter().any(|(index, _)| *index == 0);
        let mut survivors: Vec<usize> = screened
            .into_iter()
            .filter(|(index, least)| *index != 0 && *least <= limit)
            .take(SURVIVORS)
            .map(|(index, _)| index)
            .collect();
        // What the others are compared with comes first: the default, or else the best in the screening.
        if default_is_right {
            survivors.insert(0, 0);
        }
        // A launch of a replayed point is too short to be told from another by itself.
        let replayed = survivors.len() > 1 && self.task.timers.replays(point);
        let launch_s = if replayed { Some(self.probe(point)?) } else { None };
        let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); survivors.len()];
        for round in 0..ROUNDS {
            if round == FIRST_ROUNDS {
                let hopeful = hopeful(&leads_of(&turns));
                survivors = hopeful.iter().map(|place| survivors[*place]).collect();
                turns = hopeful.iter().map(|place| turns[*place].clone()).collect();
            }
            // Alone it has won.
            if survivors.len() == 1 {
                break;
            }
            for turn in 0..survivors.len() {
                let turn = (turn + round) % survivors.len();
                self.backend.choose(survivors[turn])?;
                let launches = match launch_s {
                    Some(launch_s) => {
                        self.replay(point, launch_s, Replays::of_launch(launch_s), round as u32)?
                    }
                    None => self.burst(point, WARMUP, PER_ROUND)?,
                };
                turns[turn].push(self.turn(point, launches));
            }
        }
        let leads = leads_of(&turns);
        let mut winner = fastest(&leads);
        let tells = |index: usize| kernels[index].tile.is_some();
        if winner == 0 && !tells(survivors[0]) {
            let equal =
                (1..survivors.len()).find(|place| tells(survivors[*place]) && leads[*place].is_none());
            winner = equal.unwrap_or(0);
        }
        let gain = default_is_right.then_some(leads[winner]);
        Ok(Ranking { winner: survivors[winner], candidates, wrong, gain })
    }

    /// The least of a candidate's first launches by the point's invariant, which does not mind that the card
    /// is not rested in between.
    fn screen(&mut self, point: &Point, index: usize) -> Result<f64, BackendError> {
        self.backend.choose(index)?;
        let burst =
            Burst { warmup: WARMUP, samples: SCREENED, each: 1, timer: self.task.timers.of_launches(point) };
        let launches = self.backend.launch(&burst)?;
        self.account(point, &burst, &launches);
        self.backend.verify()?;
        let mut samples = self.task.samples(point);
        samples.push(launches);
        Ok(samples.expected_invariant().into_iter().fold(f64::INFINITY, f64::min))
    }

    /// By what is expected to bound the point: one quantity for all candidates.
    fn turn(&self, point: &Point, launches: Vec<Launch>) -> Turn {
        let mut samples = self.task.samples(point);
        samples.push(launches);
        Turn { time_us: middle(samples.times()), invariant: middle(samples.expected_invariant()) }
    }
}

/// How far ahead of the first each of them is, the first included.
fn leads_of(turns: &[Vec<Turn>]) -> Vec<Lead> {
    turns.iter().map(|turns_of_it| lead(&turns[0], turns_of_it)).collect()
}

/// The places of the first, and of those that may yet turn out to lead it by most.
fn hopeful(leads: &[Lead]) -> Vec<usize> {
    let keeps_up = |lead: &&Lead| lead.time.min(lead.invariant) >= 1.0 - HOPELESS;
    let best = leads.iter().filter(keeps_up).map(Lead::both).fold(1.0, f64::max);
    let may_win = |lead: &Lead| keeps_up(&lead) && lead.both() >= best * (1.0 - HOPELESS);
    (0..leads.len()).filter(|place| *place == 0 || may_win(&leads[*place])).collect()
}

/// The middle one over the rounds of how much longer the first took than the second.
fn lead(first: &[Turn], second: &[Turn]) -> Lead {
    let over =
        |part: fn(&Turn) -> f64| middle(first.iter().zip(second).map(|(x, y)| part(x) / part(y)).collect());
    Lead { time: over(|turn| turn.time_us), invariant: over(|turn| turn.invariant) }
}

/// Which one leads the first by most; the first where none really does.
fn fastest(leads: &[Lead]) -> usize {
    let allowed =
        |lead: &Lead| lead.time.min(lead.invariant) >= 1.0 - ADVANTAGE && lead.both() >= 1.0 + ADVANTAGE;
    let best = leads.iter().enumerate().skip(1).filter(|(_, lead)| allowed(lead));
    // Of equals the one that the library offers first.
    best.fold(
        (0, 1.0),
        |(best, most), (index, lead)| if lead.both() > most { (index, lead.both()) } else { (best, most) },
    )
    .0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(time: f64, invariant: f64) -> Lead {
        Lead { time, invariant }
    }

    #[test]
    fn whoever_is_behind_in_anything_does_not_win() {
        let default = lead(1.0, 1.0);
        // Fewer cycles at a lower clock; the other way round; a little of both.
        assert_eq!(fastest(&[default, lead(0.96, 1.08), lead(1.05, 0.99), lead(1.01, 1.02)]), 3);
        assert_eq!(fastest(&[default, lead(0.96, 1.08), lead(1.0015, 1.0015)]), 0);
        assert_eq!(fastest(&[default]), 0);
    }

    #[test]
    fn whoever_is_far_behind_the_best_leaves_early_and_the_default_never_does() {
        let leads = [lead(1.0, 1.0), lead(1.06, 1.06), lead(1.05, 1.05), lead(1.03, 1.03), lead(0.97, 1.2)];
        assert_eq!(hopeful(&leads), [0, 1, 2]);
        assert_eq!(hopeful(&[lead(1.0, 1.0), lead(0.985, 0.985), lead(0.97, 0.99)]), [0, 1]);
    }

    #[test]
    fn a_lead_is_that_of_the_middle_round() {
        let turns = |times: [f64; 3]| times.map(|time_us| Turn { time_us, invariant: 2.0 * time_us });
        let it = super::lead(&turns([10.0, 20.0, 30.0]), &turns([9.0, 20.0, 29.0]));
        assert!((it.time - 30.0 / 29.0).abs() < 1e-12 && it.time == it.invariant);
    }
}

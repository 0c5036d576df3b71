//! Which of a library's candidates is the fastest, by timing them fairly.

use super::Runner;
use crate::backend::{Backend, BackendError, Launch};
use crate::samples::{Samples, middle};
use hovera_core::Point;
use std::fmt;

/// Screening: launches of each candidate, and how much slower than the best a candidate may be to stay.
const SCREENED: u32 = 2;
const STAYS: f64 = 1.3;
/// So many stay at most, beside the default.
const SURVIVORS: usize = 6;

/// Ranking: rounds, and launches of each candidate in each round. One warm-up launch comes before them:
/// another kernel has just run.
const ROUNDS: usize = 5;
const PER_ROUND: u32 = 2;
const WARMUP: u32 = 1;

/// A candidate must beat the default by this much. Among equals the luckiest looks fastest; 0.2 % is how
/// well cycles repeat.
const ADVANTAGE: f64 = 0.002;

/// What the candidates came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ranking {
    pub(super) winner: usize,
    candidates: usize,
    wrong: usize,
    /// The default's median over the winner's, where the default computes right.
    default_over_winner: Option<f64>,
}

impl fmt::Display for Ranking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "candidate {} of {}", self.winner + 1, self.candidates)?;
        if self.wrong > 0 {
            write!(f, " ({} do not compute it right)", self.wrong)?;
        }
        match self.default_over_winner {
            None => write!(f, "; the default does not compute it right"),
            Some(_) if self.winner == 0 => write!(f, "; the default is the fastest"),
            Some(ratio) => write!(f, "; the default takes {ratio:.4} times as long"),
        }
    }
}

impl<B: Backend + ?Sized> Runner<'_, B> {
    /// Screens all candidates of the current point, and ranks the ones worth it by rounds in which they
    /// take turns, so that what the card goes through meets all of them alike. They are compared by the
    /// medians of the point's invariant.
    pub(super) fn rank(&mut self, point: &Point, candidates: usize) -> Result<Ranking, BackendError> {
        let mut screened: Vec<(usize, f64)> = Vec::new();
        let mut first_error = None;
        for index in 0..candidates {
            match self.screen(point, index) {
                Ok(time_us) => screened.push((index, time_us)),
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
            .filter(|(_, time)| *time <= limit)
            .take(SURVIVORS)
            .map(|(index, _)| index)
            .collect();
        if default_is_right && !survivors.contains(&0) {
            survivors.push(0);
        }
        let mut launches: Vec<Vec<Launch>> = vec![Vec::new(); survivors.len()];
        for round in 0..ROUNDS {
            for turn in 0..survivors.len() {
                let turn = (turn + round) % survivors.len();
                self.backend.choose(survivors[turn])?;
                launches[turn].extend(self.burst(point, WARMUP, PER_ROUND)?);
            }
        }
        let medians = self.medians(point, launches);
        let default = survivors.iter().position(|index| *index == 0).map(|place| medians[place]);
        let best = (0..survivors.len()).min_by(|a, b| medians[*a].total_cmp(&medians[*b])).unwrap_or(0);
        let (mut winner, mut median) = (survivors[best], medians[best]);
        if let Some(default) = default.filter(|default| *default <= median * (1.0 + ADVANTAGE)) {
            (winner, median) = (0, default);
        }
        Ok(Ranking { winner, candidates, wrong, default_over_winner: default.map(|d| d / median) })
    }

    /// The faster of a candidate's first launches, in µs.
    fn screen(&mut self, point: &Point, index: usize) -> Result<f64, BackendError> {
        self.backend.choose(index)?;
        let launches = self.burst(point, WARMUP, SCREENED)?;
        self.backend.verify()?;
        Ok(launches.iter().map(|launch| launch.time_us).fold(f64::INFINITY, f64::min))
    }

    /// Median invariant of each: one quantity for all of them, cycles or times.
    fn medians(&self, point: &Point, launches: Vec<Vec<Launch>>) -> Vec<f64> {
        let mut all = Samples::new(self.expected_bound(point));
        let each: Vec<usize> = launches.iter().map(Vec::len).collect();
        launches.into_iter().for_each(|group| all.push(group));
        let invariant = all.expected_invariant();
        let mut start = 0;
        each.iter()
            .map(|count| {
                let of_candidate = invariant[start..start + count].to_vec();
                start += count;
                middle(of_candidate)
            })
            .collect()
    }
}

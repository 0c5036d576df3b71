//! The current point, what computes it, and on which set of operands.

use crate::arena::Need;
use crate::burst::Markers;
use crate::candidates::kernel;
use crate::sys::{Candidate, Graph};
use hovera_bench::BackendError;
use hovera_core::procedure::replay;
use hovera_core::{Kernel, Point};
use std::cell::Cell;
use std::collections::BTreeMap;

/// The current point.
pub(super) struct Prepared {
    pub(super) point: Point,
    pub(super) program: Program,
    pub(super) turns: Turns,
    /// Of the candidates that were timed by a graph: choosing goes back and forth between them.
    pub(super) replays: BTreeMap<usize, Replay>,
}

/// What a row calls the kernel that cuBLAS chose by itself, of which it tells nothing.
const OWN_WAY: &str = "cublas";

/// What computes a point.
pub(super) enum Program {
    /// cuBLAS, which does not tell what it chose.
    Cublas,
    /// cuBLAS's own way, where it takes part, or one of cublasLt's candidates, which come after it.
    Lt { candidates: Vec<Candidate>, cublas: bool, chosen: usize },
}

impl Program {
    pub(super) fn kernels(&self) -> Vec<Kernel> {
        match self {
            Program::Cublas => vec![Kernel::default()],
            Program::Lt { candidates, cublas, .. } => {
                let own = cublas.then(|| Kernel { algo: Some(OWN_WAY.to_owned()), ..Kernel::default() });
                own.into_iter().chain(candidates.iter().map(kernel)).collect()
            }
        }
    }

    /// # Errors
    /// [`BackendError::Device`] when there is no such candidate.
    pub(super) fn choose(&mut self, index: usize) -> Result<(), BackendError> {
        let count = match self {
            Program::Cublas => 1,
            Program::Lt { candidates, cublas, .. } => candidates.len() + usize::from(*cublas),
        };
        if index >= count {
            return Err(BackendError::Device(format!("no candidate {index}: there are {count}")));
        }
        if let Program::Lt { chosen, .. } = self {
            *chosen = index;
        }
        Ok(())
    }

    pub(super) fn chosen(&self) -> usize {
        match self {
            Program::Cublas => 0,
            Program::Lt { chosen, .. } => *chosen,
        }
    }
}

/// The sets of operands and results that launches take turns with.
pub(super) struct Turns {
    copies: u64,
    launched: Cell<u64>,
}

impl Turns {
    pub(super) fn new(need: Need) -> Turns {
        Turns { copies: need.copies, launched: Cell::new(0) }
    }

    pub(super) fn copies(&self) -> u64 {
        self.copies
    }

    /// The set for the next launch.
    pub(super) fn next(&self) -> u64 {
        let launched = self.launched.get();
        self.launched.set(launched + 1);
        launched % self.copies
    }

    /// The set of the last launch, or the first when there was none.
    pub(super) fn last(&self) -> u64 {
        self.launched.get().saturating_sub(1) % self.copies
    }

    /// From the first set on again.
    pub(super) fn restart(&self) {
        self.launched.set(0);
    }

    /// As after so many launches from the first set on.
    pub(super) fn pass(&self, launches: u32) {
        self.launched.set(launches.into());
    }
}

/// Launches of the current point in a graph, as many times through all sets as it takes.
pub(super) struct Replay {
    pub(super) graph: Graph,
    pub(super) markers: Markers,
    pub(super) launches: u32,
}

/// Sets that a replay can go through: a graph takes memory and time for each launch.
const MOST_COPIES: u64 = 4096;

impl Replay {
    /// How many launches a replay should hold when one takes so long.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for more sets than a graph should hold.
    pub(super) fn launches(launch_us: f64, copies: u64) -> Result<u32, BackendError> {
        if copies > MOST_COPIES {
            return Err(BackendError::Unsupported(format!(
                "timer graph with cache cold: so small a point would need {copies} launches in one graph; timer \
                 event works"
            )));
        }
        let wanted = u64::from(replay::launches(launch_us * 1e-6));
        Ok(wanted.next_multiple_of(copies) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::Gemm;

    #[test]
    fn launches_take_turns_with_the_sets() {
        let turns = Turns::new(Need { gemm: Gemm::new(1, 2, 3, 4).unwrap(), copies: 3 });
        assert_eq!(turns.last(), 0);
        let sets: Vec<u64> = (0..5).map(|_| turns.next()).collect();
        assert_eq!((sets, turns.last()), (vec![0, 1, 2, 0, 1], 1));
        turns.restart();
        assert_eq!((turns.next(), turns.last()), (0, 0));
        turns.pass(6);
        assert_eq!((turns.last(), turns.next()), (2, 0));
    }

    #[test]
    fn a_replay_takes_about_a_millisecond_and_ends_with_the_last_set() {
        assert_eq!(Replay::launches(50.0, 1), Ok(20));
        assert_eq!(Replay::launches(1.0, 1), Ok(200));
        assert_eq!(Replay::launches(3000.0, 1), Ok(1));
        assert_eq!(Replay::launches(50.0, 27), Ok(27));
        assert_eq!(Replay::launches(5.0, 150), Ok(300));
        let error = Replay::launches(2.0, 5000).unwrap_err().to_string();
        assert!(error.contains("5000 launches in one graph; timer event works"), "{error}");
    }
}

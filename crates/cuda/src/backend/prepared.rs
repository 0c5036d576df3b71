//! The current point, what computes it, and on which set of operands.

use super::stamps_add::ToldByVisits;
use crate::arena::{Copies, Need};
use crate::burst::Length;
use crate::candidates::kernel;
use crate::sys::{AttentionPlan, Candidate, Graph, Memory, SoftmaxPlan};
use hovera_bench::{BackendError, Replay};
use hovera_core::{Kernel, Point};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The current point.
pub(super) struct Prepared {
    pub(super) point: Point,
    pub(super) program: Program,
    pub(super) turns: Turns,
    /// As bursts timed by events found.
    pub(super) length: Cell<Length>,
    /// What its visits told of the stamps around them.
    pub(super) told: RefCell<ToldByVisits>,
    /// The last one that was replayed.
    pub(super) captured: Option<Captured>,
    /// Those of replays before it, and of bursts. As long as they are there, each further one is elsewhere in memory.
    pub(super) earlier_graphs: RefCell<Vec<Graph>>,
}

/// What a row calls the kernel that cuBLAS chose by itself, of which it tells nothing.
const OWN_WAY: &str = "cublas";

/// What computes a point.
pub(super) enum Program {
    /// cuBLAS, which does not tell what it chose.
    Cublas,
    /// cuBLAS's own way, where it takes part, or one of cublasLt's candidates, which come after it.
    Lt { candidates: Vec<Candidate>, cublas: bool, chosen: usize },
    /// cuDNN's attention.
    Fused(Fused),
    /// cuDNN's softmax.
    Softmax(Rc<SoftmaxPlan>),
}

/// How cuDNN computes a point.
pub(super) struct Fused {
    pub(super) plan: Rc<AttentionPlan>,
    /// What computes the output and statistics that a backward pass starts from.
    pub(super) before: Option<Rc<AttentionPlan>>,
    /// What it works in, where the arena's is too small.
    pub(super) workspace: Option<Rc<Memory>>,
}

impl Program {
    pub(super) fn kernels(&self) -> Vec<Kernel> {
        match self {
            Program::Cublas => vec![Kernel::default()],
            Program::Fused(Fused { plan, .. }) => vec![Kernel {
                algo: plan.algorithm().map(Into::into),
                workspace_bytes: Some(plan.workspace_bytes()),
                ..Kernel::default()
            }],
            Program::Softmax(plan) => {
                vec![Kernel { algo: Some(plan.algorithm().into()), ..Kernel::default() }]
            }
            Program::Lt { candidates, cublas, .. } => {
                let own = cublas.then(|| Kernel { algo: Some(OWN_WAY.into()), ..Kernel::default() });
                own.into_iter().chain(candidates.iter().map(kernel)).collect()
            }
        }
    }

    /// # Errors
    /// [`BackendError::Device`] when there is no such candidate.
    pub(super) fn choose(&mut self, index: usize) -> Result<(), BackendError> {
        let count = match self {
            Program::Cublas | Program::Fused(_) | Program::Softmax(_) => 1,
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
            Program::Cublas | Program::Fused(_) | Program::Softmax(_) => 0,
            Program::Lt { chosen, .. } => *chosen,
        }
    }
}

/// What a launch works with.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// Launches take turns with workspaces, too.
    pub(super) number: u64,
    /// Of operands and results.
    pub(super) set: u64,
}

/// The sets of operands and results that launches take turns with.
pub(super) struct Turns {
    copies: u64,
    launched: Cell<u64>,
    last: Cell<u64>,
    bursts: Cell<u64>,
}

impl Turns {
    pub(super) fn new(need: Need) -> Turns {
        let copies = if need.copies_are == Copies::Turns { need.copies } else { 1 };
        Turns { copies, launched: Cell::new(0), last: Cell::new(0), bursts: Cell::new(0) }
    }

    /// The turn of the next launch.
    pub(super) fn next(&self) -> Turn {
        let number = self.launched.get();
        let set = number % self.copies;
        self.launched.set(number + 1);
        self.last.set(set);
        Turn { number, set }
    }

    /// The number of the next burst, for [`crate::sys::Kernels::vary_first_gpc`].
    pub(super) fn next_burst(&self) -> u64 {
        self.bursts.replace(self.bursts.get() + 1)
    }

    /// The set of the last launch, or the first when there was none.
    pub(super) fn last(&self) -> u64 {
        self.last.get()
    }

    /// From the first set on again.
    pub(super) fn restart(&self) {
        self.launched.set(0);
        self.last.set(0);
        self.bursts.set(0);
    }

    /// Something was launched beside the turns, on this set last.
    pub(super) fn end_with(&self, set: u64) {
        self.last.set(set);
    }
}

/// A graph of launches of the current point, and what it is of.
pub(super) struct Captured {
    pub(super) graph: Graph,
    /// By which candidate.
    pub(super) candidate: usize,
    pub(super) replay: Replay,
    /// The set that its last launch is on.
    pub(super) last: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn launches_take_turns_with_the_sets() {
        let turns = Turns::new(Need { lengths: [12, 24, 8], copies: 3, copies_are: Copies::Turns });
        assert_eq!(turns.last(), 0);
        let sets: Vec<u64> = (0..5).map(|_| turns.next().set).collect();
        assert_eq!((sets, turns.last()), (vec![0, 1, 2, 0, 1], 1));
        turns.restart();
        assert_eq!((turns.last(), turns.next()), (0, Turn { number: 0, set: 0 }));
    }

    #[test]
    fn bursts_are_counted_from_each_start_on() {
        let turns = Turns::new(Need { lengths: [12, 24, 8], copies: 3, copies_are: Copies::Turns });
        assert_eq!([0; 3].map(|_| turns.next_burst()), [0, 1, 2]);
        turns.restart();
        assert_eq!((turns.next_burst(), turns.next().number), (0, 0));
    }

    #[test]
    fn places_are_no_turns() {
        let turns = Turns::new(Need::at_places([12, 24, 8], 12, u64::MAX));
        let of = |number| Turn { number, set: 0 };
        assert_eq!((turns.next(), turns.next(), turns.last()), (of(0), of(1), 0));
        turns.end_with(7);
        assert_eq!((turns.last(), turns.next(), turns.last()), (7, of(2), 0));
    }
}

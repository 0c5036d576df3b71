//! How cuDNN computes what was asked of it so far: to find it takes as long as to measure it.

use super::CudaBackend;
use crate::attention::attention;
use crate::sys::{Attention, AttentionPlan, Cudnn};
use hovera_bench::BackendError;
use hovera_core::Point;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::thread::available_parallelism;

/// As many threads make plans at once, at least and at most. The library compiles each plan by itself, and more threads
/// than that wait for the driver, which loads one kernel at a time.
const THREADS: (usize, usize) = (2, 8);

/// Every plan that was made, or the library's reason why there is none; and handles that make several at once.
#[derive(Default)]
pub(super) struct Plans {
    known: RefCell<BTreeMap<Attention, Result<Rc<AttentionPlan>, BackendError>>>,
    handles: RefCell<Vec<Rc<Cudnn>>>,
}

impl Plans {
    /// Of what failed for another reason than that the library does not have it, the next attempt may do.
    fn keep(&self, attention: Attention, made: &Result<Rc<AttentionPlan>, BackendError>) {
        if matches!(made, Ok(_) | Err(BackendError::Unsupported(_))) {
            self.known.borrow_mut().insert(attention, made.clone());
        }
    }

    fn known(&self, attention: &Attention) -> Option<Result<Rc<AttentionPlan>, BackendError>> {
        self.known.borrow().get(attention).cloned()
    }

    /// Handles for so many threads, or for as many as there is room for.
    fn handles(&self, cudnn: &Rc<Cudnn>, threads: usize) -> Vec<Rc<Cudnn>> {
        let mut handles = self.handles.borrow_mut();
        if handles.is_empty() {
            handles.push(Rc::clone(cudnn));
        }
        while handles.len() < threads {
            let Ok(another) = cudnn.another() else { break };
            handles.push(another);
        }
        handles.iter().take(threads).cloned().collect()
    }
}

impl CudaBackend {
    /// How cuDNN computes an attention.
    pub(super) fn attention_plan(&self, attention: Attention) -> Result<Rc<AttentionPlan>, BackendError> {
        if let Some(known) = self.plans.known(&attention) {
            return known;
        }
        let made = AttentionPlan::new(self.cudnn()?, attention).map(Rc::new);
        self.plans.keep(attention, &made);
        made
    }

    /// The plans of all of these points that are not known yet, several at once.
    pub(super) fn make_plans(&self, points: &[Point]) -> Result<(), BackendError> {
        let of_points = points.iter().filter_map(attention);
        let all: BTreeSet<Attention> = of_points.flat_map(|it| it.before().into_iter().chain([it])).collect();
        let wanted: Vec<Attention> =
            all.into_iter().filter(|attention| self.plans.known(attention).is_none()).collect();
        if wanted.len() < 2 {
            return Ok(());
        }
        // Where there is no cuDNN, each point says so.
        let Ok(cudnn) = self.cudnn() else { return Ok(()) };
        let (least, most) = THREADS;
        let threads = available_parallelism().map_or(least, |cores| cores.get().clamp(least, most));
        let handles = self.plans.handles(cudnn, threads.min(wanted.len()));
        for (attention, made) in AttentionPlan::several(&handles, &wanted)? {
            self.plans.keep(attention, &made);
        }
        Ok(())
    }
}

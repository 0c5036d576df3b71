//! Plans of several attentions at once: making one is work of the host, most of it a compiler's.

use super::attention::{Attention, AttentionPlan, plan};
use super::graph::Plan;
use super::{Cudnn, descriptor::Maker};
use crate::sys::context::InThread;
use hovera_bench::BackendError;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Twice what a process's first thread has, in which compilers are used to work: Rust's own threads have 2 MiB.
const STACK_BYTES: usize = 16 << 20;

/// What became of a plan.
type Made<T> = Result<T, BackendError>;

impl AttentionPlan {
    /// Plans of some attentions, or why there is none, each made with one of the handles in a thread of its own. The
    /// caller waits. Where the system gives fewer threads than handles, fewer work; what it gives no thread for is not
    /// among the plans.
    ///
    /// # Errors
    /// [`BackendError`] of the card's context. What is wrong with one attention is in its place.
    pub(crate) fn several(
        handles: &[Rc<Cudnn>],
        attentions: &[Attention],
    ) -> Result<BTreeMap<Attention, Made<Rc<AttentionPlan>>>, BackendError> {
        let Some(first) = handles.first() else { return Ok(BTreeMap::new()) };
        let context = first.stream.context.in_threads()?;
        let next = AtomicUsize::new(0);
        let mut all = BTreeMap::new();
        thread::scope(|scope| {
            let workers: Vec<_> = handles
                .iter()
                .map_while(|cudnn| {
                    // The handle is this worker's alone until the scope ends.
                    let (maker, next) = (cudnn.maker, &next);
                    let work = move || some(maker, context, attentions, next);
                    let thread = thread::Builder::new().stack_size(STACK_BYTES);
                    Some((cudnn, thread.spawn_scoped(scope, work).ok()?))
                })
                .collect();
            for (cudnn, worker) in workers {
                let made = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                let owned = |attention: Attention, made: Made<Plan>| {
                    made.map(|plan| Rc::new(AttentionPlan::of_plan(plan, attention, cudnn)))
                };
                all.extend(made.into_iter().map(|(attention, made)| (attention, owned(attention, made))));
            }
        });
        Ok(all)
    }
}

/// What one thread makes: whichever is next, until none is left.
fn some(
    maker: Maker,
    context: InThread,
    attentions: &[Attention],
    next: &AtomicUsize,
) -> Vec<(Attention, Made<Plan>)> {
    let mut made = Vec::new();
    if context.make_current().is_err() {
        return made;
    }
    while let Some(attention) = attentions.get(next.fetch_add(1, Ordering::Relaxed)) {
        made.push((*attention, plan(maker, *attention)));
    }
    made
}

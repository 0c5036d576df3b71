//! The points that the cards of a sweep take from.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Points by their index, each for whichever card is free next: so all cards finish together, however
/// long their points take.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: VecDeque<usize>,
    /// Taken, and neither done nor given back.
    taken: usize,
    cards: usize,
}

impl Queue {
    pub(super) fn new(points: usize, cards: usize) -> Queue {
        let state = State { waiting: (0..points).collect(), taken: 0, cards };
        Queue { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The next point, if one is waiting.
    pub(super) fn try_take(&self) -> Option<usize> {
        let mut state = self.lock();
        let next = state.waiting.pop_front();
        state.taken += usize::from(next.is_some());
        next
    }

    /// The next point. While other cards still have points that they might give back, it waits for those.
    pub(super) fn take(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if let Some(next) = state.waiting.pop_front() {
                state.taken += 1;
                return Some(next);
            }
            if state.taken == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// So many of the points taken have become rows.
    pub(super) fn done(&self, points: usize) {
        let mut state = self.lock();
        state.taken = state.taken.saturating_sub(points);
        drop(state);
        self.changed.notify_all();
    }

    /// A card drops out and leaves points to the others. False when it was the last: there are no others.
    pub(super) fn drop_out(&self, unmeasured: &[usize]) -> bool {
        let mut state = self.lock();
        state.cards = state.cards.saturating_sub(1);
        let others = state.cards > 0;
        if others {
            unmeasured.iter().rev().for_each(|index| state.waiting.push_front(*index));
            state.taken = state.taken.saturating_sub(unmeasured.len());
        }
        self.changed.notify_all();
        others
    }

    /// Nothing more is to be measured.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.waiting.clear();
        state.taken = 0;
        state.cards = 0;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

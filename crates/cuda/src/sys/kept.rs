//! Ownership of what queued work uses.

use super::context::Context;
use std::any::Any;
use std::rc::Rc;

/// Something that queued work can use.
pub(super) trait InContext: 'static {
    /// The card's context that it was made in.
    fn context(&self) -> &Rc<Context>;
}

/// Shares in all that a graph's nodes use, each once: the graph may outlive every other owner.
#[derive(Default)]
pub(super) struct Kept(Vec<Rc<dyn Any>>);

impl Kept {
    pub(super) fn keep<T: Any>(&mut self, owned: &Rc<T>) {
        let place = Rc::as_ptr(owned).cast::<()>();
        if self.0.iter().all(|other| Rc::as_ptr(other).cast::<()>() != place) {
            let owned: Rc<dyn Any> = Rc::<T>::clone(owned);
            self.0.push(owned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_lives_as_long_as_what_keeps_it_and_is_kept_once() {
        let (number, text) = (Rc::new(7), Rc::new(String::new()));
        let mut kept = Kept::default();
        (0..3).for_each(|_| kept.keep(&number));
        kept.keep(&text);
        assert_eq!((kept.0.len(), Rc::strong_count(&number), Rc::strong_count(&text)), (2, 2, 2));
        drop(kept);
        assert_eq!((Rc::strong_count(&number), Rc::strong_count(&text)), (1, 1));
    }
}

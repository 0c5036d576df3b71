//! Advice holds what it promises, on recorded sweeps.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

mod promises;

use promises::{Promises, STARTS};

#[test]
fn of_500_starting_points_promises_hold_within_two_points_and_what_is_advised_gains() {
    let promises = Promises::of_head_dims(60);
    println!("{promises}");
    assert_eq!(promises.starts, STARTS);
    // Five of eight head dims are no multiple of 2, and all of those can gain.
    assert!(promises.given.len() > STARTS * 6 / 10, "{} of {STARTS} advised", promises.given.len());
    assert!(promises.within(2.0) >= 0.92, "{} within 2 points", promises.within(2.0));
    assert!(promises.gains() >= 0.98, "{} gain", promises.gains());
    // None of them was calibrated, and each is changed.
    assert!(promises.given.iter().all(|it| it.from != it.to));
}

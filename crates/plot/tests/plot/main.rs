//! What the drawn files hold, seen from outside.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

mod any_product;
mod comparing;
mod decimation;
mod files;
mod fused;
mod golden;
mod kernels;
mod made_up;
mod positions;
mod predicted;
mod readings;
mod results;
mod shown;
mod sweeps;
mod words;

//! Which size of a model costs, and which neighbouring value saves how much: of a layer or the whole model, on one card
//! or the worst of several, with an interval. Silent where it is nothing that one can rely on.
//!
//! What products take is told by a [`Forecast`]: a model of a card, or measurements. Plain data: nothing is measured
//! here.

#![forbid(unsafe_code)]

mod advice;
mod candidates;
mod cause;
mod change;
mod error;
mod forecast;
mod measured;
mod rows;
mod saving;
mod subject;

use advice::ALIKE;
pub use advice::{Advice, LEAST, advise};
pub use cause::Cause;
pub use change::{Change, Size};
pub use error::AdviseError;
pub use forecast::{Expected, Forecast};
pub use measured::MeasuredTimes;
pub use rows::{RowAdvice, advise_rows};
pub use saving::Saving;
pub use subject::Subject;

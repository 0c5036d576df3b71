//! What a matrix product takes on a GPU, predicted: by physics whose constants are fitted to a few measured points.
//!
//! A [`Card`] is a fitted card: [calibrated](Card::calibrate) from measured rows, [read](Card::read) from a card file, or
//! one of a [`Family`] that is built in. A [`Predictor`] says by one what a [`Point`](hovera_core::Point) takes on a GPU,
//! with an interval and the [`Tier`](hovera_core::Tier) that it is of. What it cannot know it refuses.
//!
//! ```
//! use hovera_core::{Engine, Plan, SweepSpec};
//! use hovera_predict::Predictor;
//!
//! let spec = SweepSpec::parse("one.toml", "name = \"one\"\nhead_dim = [128]\nheads = 12\nbatch = 4\nseq = 2048")?;
//! let plan = Plan::expand(&spec, Engine::Cublas)?;
//! let h200 = Predictor::for_gpu("NVIDIA H200")?;
//! let said = h200.predict(&plan.points()[0])?;
//! assert!(said.low_us < said.time_us && said.time_us < said.high_us);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod calibration;
mod card;
mod card_file;
mod constants;
mod error;
mod family;
mod fit;
mod fitted;
mod linear;
mod physics;
mod place;
mod predictor;
mod process;
mod residual;
mod shape;
mod spread;
mod tiles;
mod widths;

pub use calibration::{
    CalibrationPoint, MOST_MEASURED_US, measured_points, points_to_measure, spread_points,
};
pub use card::{Card, Errors};
pub use constants::{Constant, Constants};
pub use error::{CardError, Uncalibrated, Unpredictable};
pub use family::Family;
pub use fitted::COVERAGE;
pub use predictor::{Forecast, Predictor};
pub use shape::Class;
pub use tiles::Tile;

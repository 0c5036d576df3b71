//! Other benchmarks' files as hovera's results: the logs of the original benchmark, CSV tables, nvbench's JSON and
//! the tables of tools whose columns are known.
//!
//! Nothing is dropped in silence: what a file holds and the results do not is in the [`Account`].
//!
//! ```
//! use hovera_import::{Provenance, Selection, cookbook};
//! let log = "Elapsed time for bmm (8x64x32x128): 0.0001\n\
//!            Throughput (in TFLOP/s) for bmm (8x64x32x128): 0.512\n";
//! let provenance = Provenance {
//!     file: "log.out".into(),
//!     device: Some("NVIDIA A100-SXM4-40GB".into()),
//!     ..Provenance::default()
//! };
//! let imported = cookbook::read(log.as_bytes(), &provenance, &Selection::default(), None)?;
//! let row = &imported.results.rows[0];
//! // The log's last size but one is the reduction.
//! assert_eq!((row.point.gemm.m(), row.point.gemm.n(), row.point.gemm.k()), (64, 128, 32));
//! # Ok::<(), hovera_import::ImportError>(())
//! ```

#![forbid(unsafe_code)]

mod account;
pub mod aiconfigurator;
mod cards;
pub mod cookbook;
pub mod csv;
mod described;
mod error;
mod lines;
mod naming;
pub mod nvbench;
mod parquet;
mod provenance;
mod rows;
mod selection;
mod speed;
mod taking;
pub mod tools;
mod unmapped;

pub use account::{Account, Trouble};
pub use error::ImportError;
pub use naming::Naming;
pub use provenance::Provenance;
pub use selection::Selection;

use hovera_core::Results;

/// A file that was imported.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// Its rows, in the order of the file.
    pub results: Results,
    /// What was made of the rest.
    pub account: Account,
}

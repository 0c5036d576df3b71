//! Why something is not predicted, not calibrated, or not read.

use hovera_core::{Cache, Dtype, Engine, Op, Pacing};

/// Why a point, or a GPU, is not predicted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unpredictable {
    /// There is no datasheet of it.
    #[error("{gpu}: there is no datasheet of it, by which to predict: want one of {known}")]
    UnknownGpu {
        /// Its product name.
        gpu: String,
        /// The GPUs that there are datasheets of.
        known: String,
    },
    /// The constants are of one kind of elements.
    #[error("dtype = {0}: no card was calibrated with it: want f16 or bf16")]
    Dtype(Dtype),
    /// The GPU has no units for the dtype.
    #[error("dtype = {dtype}: {gpu} has no tensor cores for it")]
    NoUnits {
        /// The GPU.
        gpu: String,
        /// The dtype.
        dtype: Dtype,
    },
    /// The constants are of cuBLAS's default choice.
    #[error("engine = {0}: only the library's own choice of a kernel is predicted: want cublas")]
    Engine(Engine),
    /// Other kernels than those of products of matrices.
    #[error("op = {0}: only products of matrices are predicted: want an op of one product")]
    NoProduct(Op),
    /// The constants are of bursts.
    #[error("pacing = {0}: the constants are of a card that rests between bursts: want burst or none")]
    Pacing(Pacing),
    /// The constants are of caches as the launch before left them.
    #[error("cache = {0}: the constants are of launches on the same operands: want hot")]
    Cache(Cache),
}

/// Why rows do not make a card.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Uncalibrated {
    /// The GPU has no datasheet.
    #[error(transparent)]
    Gpu(#[from] Unpredictable),
    /// A fit of so few says nothing.
    #[error(
        "{points} points that a calibration can use: want {least} or more, measured by cublas in f16 or bf16, \
         in bursts, caches hot"
    )]
    TooFew {
        /// How many there are.
        points: usize,
        /// The least that do.
        least: usize,
    },
}

/// Why a card file was refused. Every message starts with `file:line:` and says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// It is no TOML, or has a key or a type that no card file has.
    #[error("{file}:{line}: {reason}")]
    Syntax {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What the TOML reader says.
        reason: String,
    },
    /// A value that no card has.
    #[error("{file}:{line}: {field} = {value}: want {want}")]
    Value {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// The key.
        field: String,
        /// What stands there.
        value: String,
        /// What would be right.
        want: String,
    },
    /// A constant is missing.
    #[error("{file}: no [[constant]] is named {name}: want one, which says {meaning}")]
    MissingConstant {
        /// The file.
        file: String,
        /// Its name.
        name: &'static str,
        /// What it means.
        meaning: &'static str,
    },
}

//! Why a sweep spec was refused.

use crate::shape::dimension::MAX_DIMENSION;
use crate::shape::op::Op;
use crate::shape::product::ProductError;
use crate::shape::vocabulary::Engine;

/// Why a sweep spec was refused. Every message starts with `file:line:` and says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// The text is not TOML.
    #[error("{file}:{line}: not TOML: {reason}")]
    Syntax {
        /// The spec file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What the TOML reader says.
        reason: String,
    },
    /// A key that means nothing here.
    #[error(
        "{file}:{line}: unknown key {key}{}: want one of {known}",
        .suggestion.as_ref().map(|s| format!(" (did you mean {s}?)")).unwrap_or_default()
    )]
    UnknownKey {
        /// The spec file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// The key, with its table.
        key: String,
        /// The known key that looks most like it.
        suggestion: Option<&'static str>,
        /// Every key that would be right, comma-separated.
        known: String,
    },
    /// A key that has no default is not there.
    #[error("{file}:{line}: {field} is missing: want {want}")]
    Missing {
        /// The spec file.
        file: String,
        /// Where the table begins that lacks it, counted from 1.
        line: usize,
        /// The key.
        field: String,
        /// What would be right.
        want: String,
    },
    /// A value that cannot be.
    #[error("{file}:{line}: {field} = {value}: want {want}")]
    Value {
        /// The spec file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// The key.
        field: String,
        /// The value as the file spells it.
        value: String,
        /// What would be right.
        want: String,
    },
    /// A list that holds a value twice.
    #[error(
        "{file}:{line}: {field} lists {value} twice, in `{first}` and in `{second}`: want each value once"
    )]
    Duplicate {
        /// The spec file.
        file: String,
        /// Where it stands for the second time, counted from 1.
        line: usize,
        /// The key.
        field: String,
        /// The value.
        value: String,
        /// The item that has it first.
        first: Box<str>,
        /// The item that has it again.
        second: Box<str>,
    },
    /// Sizes that are legal one by one and too large together.
    #[error("{file}:{line}: {field} = {value} with heads = {heads} makes {product} = {}: want at most {MAX_DIMENSION}", u64::from(*.value) * u64::from(*.heads))]
    Product {
        /// The spec file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// The key whose value is multiplied by the heads.
        field: &'static str,
        /// Its largest value.
        value: u32,
        /// The most heads.
        heads: u32,
        /// What the product is called in the results file.
        product: &'static str,
    },
    /// Sizes that make no product of an op.
    #[error(
        "{file}:{line}: op {op} with {sizes}: {reason}{}",
        if .reason.is_uneven() { "; remainder = \"skip\" leaves such points out" } else { "" }
    )]
    NoProduct {
        /// The spec file.
        file: String,
        /// Where the size stands that does not fit, counted from 1.
        line: usize,
        /// The op.
        op: Op,
        /// The sizes, `heads 12, batch 4, …`.
        sizes: String,
        /// Why there is none.
        reason: Box<ProductError>,
    },
    /// An op that none of the engines computes.
    #[error(
        "{file}:{line}: op {op} with engine {engine}: want {}",
        if !.op.is_product() { "engine cudnn, which alone computes it" } else { "an engine other than cudnn" }
    )]
    NoEngine {
        /// The spec file.
        file: String,
        /// Where the part begins that has the op, counted from 1.
        line: usize,
        /// The op.
        op: Op,
        /// The first of the engines.
        engine: Engine,
    },
    /// An engine that computes none of the ops.
    #[error("{file}:{line}: engine {engine} computes none of the ops: want it left out")]
    IdleEngine {
        /// The spec file.
        file: String,
        /// Where the first part begins, counted from 1.
        line: usize,
        /// The engine.
        engine: Engine,
    },
    /// A hidden size that the heads do not divide.
    #[error(
        "{file}:{line}: hidden = {hidden} is not a multiple of heads = {heads}: want a range whose `from` and \
         `step` are multiples of {heads}, or remainder = \"floor\" (head_dim rounded down) or \"skip\""
    )]
    Remainder {
        /// The spec file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// The first such hidden size.
        hidden: u32,
        /// The heads.
        heads: u32,
    },
    /// More points than anyone could measure.
    #[error("{file}:{line}: the sweep has {points} points: want at most {max}")]
    TooManyPoints {
        /// The spec file.
        file: String,
        /// Where the sizes stand, counted from 1.
        line: usize,
        /// How many points the spec asks for.
        points: u128,
        /// The most there may be.
        max: u64,
    },
    /// Every point of some sizes that do not divide each other was left out.
    #[error(
        "{file}:{line}: {what}, and remainder = \"skip\" leaves them all out: want at least one multiple"
    )]
    NoPoints {
        /// The spec file.
        file: String,
        /// Where the sizes stand, counted from 1.
        line: usize,
        /// What divides what.
        what: &'static str,
    },
}

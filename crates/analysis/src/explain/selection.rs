//! Which rows are meant.

use hovera_core::{Batch, Dtype, Engine, Heads, Hidden, Layout, Op, Pacing, Results, Row, Seq};
use std::collections::BTreeSet;
use std::fmt::Display;

/// A point by its op and hidden size, and as much else as is needed to tell it from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Which product.
    pub op: Op,
    /// Hidden size; none of an op that does not depend on it.
    pub hidden: Option<u32>,
    /// Attention heads; none takes any, as below.
    pub heads: Option<u32>,
    /// Micro-batch.
    pub batch: Option<u32>,
    /// Sequence length.
    pub seq: Option<u32>,
    /// Element type.
    pub dtype: Option<Dtype>,
    /// How B is stored.
    pub layout: Option<Layout>,
    /// What computed it.
    pub engine: Option<Engine>,
    /// How it was paced.
    pub pacing: Option<Pacing>,
}

/// A point that is not in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// No row is like that at any hidden size.
    #[error("{key} = {wanted}: the file has {present}")]
    Condition {
        /// The column.
        key: &'static str,
        /// What was asked for.
        wanted: String,
        /// What there is.
        present: String,
    },
    /// An op has rows at several hidden sizes, and none is said.
    #[error("hidden is not said: op {op} depends on it")]
    HiddenMissing {
        /// The op.
        op: Op,
    },
    /// An op does not depend on the hidden size.
    #[error("hidden = {hidden}: op {op} does not depend on it: leave it out")]
    NoHidden {
        /// What was asked for.
        hidden: u32,
        /// The op.
        op: Op,
    },
    /// Rows are like that at other hidden sizes only.
    #[error("hidden = {hidden}: not in the file for {op}; the nearest {}", nearest.join(" and "))]
    Hidden {
        /// What was asked for.
        hidden: u32,
        /// Of which product.
        op: Op,
        /// The next smaller and larger hidden sizes, such as `below is 96`.
        nearest: Vec<String>,
    },
}

impl Selection {
    /// The rows that it takes, at least one.
    pub(super) fn rows<'a>(&self, results: &'a Results) -> Result<Vec<&'a Row>, ExplainError> {
        let hidden = |row: &Row| row.point.model.hidden.map(Hidden::get);
        let mut rows: Vec<&'a Row> = match (self.op.is_of_rows(), self.hidden) {
            (true, Some(hidden)) => return Err(ExplainError::NoHidden { hidden, op: self.op }),
            (false, None) => return Err(ExplainError::HiddenMissing { op: self.op }),
            _ => {
                results.rows.iter().filter(|row| row.point.op.is_of_rows() || hidden(row).is_some()).collect()
            }
        };
        keep(&mut rows, "op", Some(self.op), |row| Some(row.point.op))?;
        keep(&mut rows, "heads", self.heads, |row| row.point.model.heads.map(Heads::get))?;
        keep(&mut rows, "batch", self.batch, |row| row.point.model.batch.map(Batch::get))?;
        keep(&mut rows, "seq", self.seq, |row| row.point.model.seq.map(Seq::get))?;
        keep(&mut rows, "dtype", self.dtype, |row| Some(row.point.dtype))?;
        keep(&mut rows, "layout", self.layout, |row| Some(row.point.layout))?;
        keep(&mut rows, "engine", self.engine, |row| Some(row.point.engine))?;
        keep(&mut rows, "pacing", self.pacing, |row| Some(row.point.pacing))?;
        let Some(wanted) = self.hidden else { return Ok(rows) };
        let sizes: BTreeSet<u32> = rows.iter().filter_map(|row| hidden(row)).collect();
        rows.retain(|row| hidden(row) == Some(wanted));
        if !rows.is_empty() {
            return Ok(rows);
        }
        let below = sizes.range(..wanted).next_back().map(|size| format!("below is {size}"));
        let above = sizes.range(wanted..).next().map(|size| format!("above is {size}"));
        let nearest = below.into_iter().chain(above).collect();
        Err(ExplainError::Hidden { hidden: wanted, op: self.op, nearest })
    }
}

/// Keeps the rows of which a column is `wanted`.
fn keep<T: Copy + Ord + Display>(
    rows: &mut Vec<&Row>,
    key: &'static str,
    wanted: Option<T>,
    column: impl Fn(&Row) -> Option<T>,
) -> Result<(), ExplainError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let present: BTreeSet<T> = rows.iter().filter_map(|row| column(row)).collect();
    if !present.contains(&wanted) {
        let words: Vec<_> = present.iter().map(ToString::to_string).collect();
        let present = if words.is_empty() { "no row".to_owned() } else { words.join(", ") };
        return Err(ExplainError::Condition { key, wanted: wanted.to_string(), present });
    }
    rows.retain(|row| column(row) == Some(wanted));
    Ok(())
}

//! Which rows are meant.

use hovera_core::{AttentionShape, Dtype, Engine, Layout, Op, Pacing, Results, Row};
use std::collections::BTreeSet;
use std::fmt::Display;

/// A point by its op and hidden size, and as much else as is needed to tell it from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Which product.
    pub op: Op,
    /// Hidden size.
    pub hidden: u32,
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

/// A row of a layer, and the layer.
type LayerRow<'a> = (&'a Row, AttentionShape);

impl Selection {
    /// The rows that it takes, at least one.
    pub(super) fn rows<'a>(&self, results: &'a Results) -> Result<Vec<&'a Row>, ExplainError> {
        let of_layer = |row: &'a Row| Some((row, row.point.layer()?));
        let mut rows: Vec<LayerRow<'a>> = results.rows.iter().filter_map(of_layer).collect();
        keep(&mut rows, "op", Some(self.op), |(row, _)| row.point.op)?;
        keep(&mut rows, "heads", self.heads, |(_, layer)| layer.heads().get())?;
        keep(&mut rows, "batch", self.batch, |(_, layer)| layer.batch().get())?;
        keep(&mut rows, "seq", self.seq, |(_, layer)| layer.seq().get())?;
        keep(&mut rows, "dtype", self.dtype, |(row, _)| row.point.dtype)?;
        keep(&mut rows, "layout", self.layout, |(row, _)| row.point.layout)?;
        keep(&mut rows, "engine", self.engine, |(row, _)| row.point.engine)?;
        keep(&mut rows, "pacing", self.pacing, |(row, _)| row.point.pacing)?;
        let sizes: BTreeSet<u32> = rows.iter().map(|(_, layer)| layer.hidden().get()).collect();
        rows.retain(|(_, layer)| layer.hidden().get() == self.hidden);
        if !rows.is_empty() {
            return Ok(rows.into_iter().map(|(row, _)| row).collect());
        }
        let below = sizes.range(..self.hidden).next_back().map(|size| format!("below is {size}"));
        let above = sizes.range(self.hidden..).next().map(|size| format!("above is {size}"));
        let nearest = below.into_iter().chain(above).collect();
        Err(ExplainError::Hidden { hidden: self.hidden, op: self.op, nearest })
    }
}

/// Keeps the rows of which a column is `wanted`.
fn keep<T: Copy + Ord + Display>(
    rows: &mut Vec<LayerRow<'_>>,
    key: &'static str,
    wanted: Option<T>,
    column: impl Fn(&LayerRow<'_>) -> T,
) -> Result<(), ExplainError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let present: BTreeSet<T> = rows.iter().map(&column).collect();
    if !present.contains(&wanted) {
        let words: Vec<_> = present.iter().map(ToString::to_string).collect();
        let present = if words.is_empty() { "no row".to_owned() } else { words.join(", ") };
        return Err(ExplainError::Condition { key, wanted: wanted.to_string(), present });
    }
    rows.retain(|row| column(row) == wanted);
    Ok(())
}

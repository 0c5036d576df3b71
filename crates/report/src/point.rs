//! A point's columns, as the files of a comparison have them.

use hovera_core::{Point, Series};

/// The legend entry of a point.
pub(crate) fn series(point: &Point) -> Option<Series> {
    Some(point.layer?.series())
}

/// Heads, batch, seq, hidden and head dim, as the columns of a results file.
pub(crate) fn sizes(point: &Point) -> Option<[u32; 5]> {
    let shape = point.layer?;
    Some([
        shape.heads().get(),
        shape.batch().get(),
        shape.seq().get(),
        shape.hidden().get(),
        shape.head_dim().get(),
    ])
}

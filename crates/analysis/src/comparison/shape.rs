//! What a comparison reads off a point's shape.

use hovera_core::{Point, Series};

/// The legend entry of a point.
pub(super) fn series(point: &Point) -> Option<Series> {
    Some(point.layer?.series())
}

/// Heads, batch, seq, hidden and head dim, as the columns of a results file.
pub(super) fn layer(point: &Point) -> Option<[u32; 5]> {
    let shape = point.layer?;
    Some([
        shape.heads().get(),
        shape.batch().get(),
        shape.seq().get(),
        shape.hidden().get(),
        shape.head_dim().get(),
    ])
}

/// Whether every row of the operands starts at a multiple of 16 bytes in fp16: series 8 and above. A product
/// without a series counts as one that does not.
pub(super) fn is_aligned(point: &Point) -> bool {
    series(point).is_some_and(|series| series.get() >= 8)
}

//! Where a product lies among others, for the correlation of what the physics leaves of them.

use crate::shape::Shape;
use crate::tiles::Tile;

/// Where a product lies, for the correlation of residuals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    /// ln of n, k, m and the batch count, the classes of layout, how well rows are aligned, and ln of the tile's sides.
    at: [f64; DIMENSIONS],
    tile_m: f64,
}

/// Of a place.
pub(crate) const DIMENSIONS: usize = 7;

impl Place {
    pub(crate) fn new(shape: &Shape, tile: Tile) -> Place {
        // What is stored along k, which operands are misaligned, and the dtype: a number for each kind.
        let bad = |row: u32| !row.is_multiple_of(8);
        let bits = [
            shape.along_k[0],
            shape.along_k[1],
            bad(shape.rows[0]),
            bad(shape.rows[1]),
            bad(shape.row_c),
            shape.bf16,
        ];
        let kind = bits.iter().fold(0.0, |kind, bit| 2.0 * kind + f64::from(*bit));
        let aligned = (shape.rows[0] | shape.rows[1] | shape.row_c).trailing_zeros().min(7);
        Place {
            at: [
                shape.n.ln(),
                shape.k.ln(),
                shape.m.ln(),
                shape.batch.ln(),
                kind,
                aligned.into(),
                f64::from(tile.n).ln(),
            ],
            tile_m: f64::from(tile.m).ln(),
        }
    }

    /// Whether it is a product of another kind than the other.
    pub(crate) fn is_of_another_kind(&self, other: &Place) -> bool {
        self.at[KIND] != other.at[KIND]
    }

    /// Distance in the lengths at which residuals part, kinds apart.
    pub(crate) fn distance(&self, other: &Place, by: &Lengths) -> f64 {
        let mut squares = 0.0;
        for i in (0..DIMENSIONS).filter(|i| *i != KIND) {
            let apart = (self.at[i] - other.at[i]) * by.per[i];
            squares += apart * apart;
        }
        let apart = (self.tile_m - other.tile_m) * by.per[TILE];
        squares += apart * apart;
        squares.sqrt()
    }
}

/// Which of them is not a size, and which counts both sides of a tile.
pub(crate) const KIND: usize = 4;
const TILE: usize = 6;

/// One over the length, in each dimension, at which residuals part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lengths {
    pub(crate) per: [f64; DIMENSIONS],
}

impl Lengths {
    /// What the likelihood has to gain for lengths that are not the usual ones, each of which may be off by 65 %.
    pub(crate) fn unusual(&self, usual: &Lengths) -> f64 {
        let off = self.per.iter().zip(&usual.per).map(|(own, usual)| (own / usual).ln() / 0.5);
        0.5 * off.map(|off| off * off).sum::<f64>()
    }
}

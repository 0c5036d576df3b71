//! The dimensions of a product that cost, and what their neighbours take.

use crate::product::LaidOutGemm;
use hovera_analysis::Tiling;
use hovera_core::{Alignment, Gemm, VECTOR_BYTES, in_percent};
use std::fmt;

/// The least share of tiles that lies outside the result, or of the SMs that idles, that is marked.
const TILES: f64 = 0.05;
const SMS: f64 = 0.1;

/// How much less time a neighbour must take to be marked for nothing else.
const FASTER: f64 = 0.03;

/// Neighbours further away than this share are other models.
const NEAR: f64 = 1.0 / 16.0;

/// A dimension that costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// `m`, `n` or `k`.
    pub dimension: char,
    /// Its size.
    pub size: u32,
    /// Why it costs.
    pub cause: Cause,
    /// The measured product nearby that takes the least time, if it is another than this.
    pub neighbour: Option<NearbySize>,
}

/// Why a dimension costs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// Rows of this length do not all begin where loads of 16 bytes can.
    Alignment {
        /// The loads that the rows allow, in bytes.
        bytes: u64,
        /// What the size must be a multiple of.
        multiple: u64,
    },
    /// The kernel's tiles reach beyond it.
    Tile {
        /// The tile's size.
        tile: u32,
        /// The share of the tiles' size that lies outside, 0 to 1.
        outside: f64,
    },
    /// The last wave of tiles leaves SMs idle.
    Wave {
        /// How many waves there are.
        waves: f64,
        /// The share of all waves that idles, 0 to 1.
        idle: f64,
    },
    /// Not known, but a neighbour is faster.
    Slower,
}

/// A product that differs in one dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearbySize {
    /// The size of that dimension.
    pub size: u32,
    /// Its time in µs.
    pub time_us: f64,
    /// Its time over the product's.
    pub ratio: f64,
}

impl Mark {
    pub(super) fn of_alignment(alignment: &Alignment) -> Vec<Mark> {
        let mut marks: Vec<Mark> = Vec::new();
        for operand in alignment.operands.iter().filter(|operand| operand.bytes() < VECTOR_BYTES) {
            if marks.iter().any(|mark| mark.dimension == operand.row) {
                continue;
            }
            let cause = Cause::Alignment { bytes: operand.bytes(), multiple: operand.wanted_multiple() };
            let (dimension, size) = (operand.row, operand.elements);
            marks.push(Mark { dimension, size, cause, neighbour: None });
        }
        marks
    }

    pub(super) fn of_tiling(gemm: Gemm, tiling: &Tiling) -> Vec<Mark> {
        let edges = [
            ('m', gemm.m(), tiling.tile_m, tiling.along_m()),
            ('n', gemm.n(), tiling.tile_n, tiling.along_n()),
        ];
        let mut marks: Vec<Mark> = Vec::new();
        for (dimension, size, tile, tiles) in edges {
            let outside = 1.0 - f64::from(size) / (f64::from(tiles) * f64::from(tile));
            if outside >= TILES {
                marks.push(Mark { dimension, size, cause: Cause::Tile { tile, outside }, neighbour: None });
            }
        }
        // Of the two, the longer one has more sizes to choose from.
        let [(dimension, size), _] = match gemm.m() > gemm.n() {
            true => [('m', gemm.m()), ('n', gemm.n())],
            false => [('n', gemm.n()), ('m', gemm.m())],
        };
        if let (Some(waves), Some(idle)) = (tiling.waves(), tiling.idle())
            && idle >= SMS
        {
            marks.push(Mark { dimension, size, cause: Cause::Wave { waves, idle }, neighbour: None });
        }
        marks
    }
}

/// The dimension that two products of as many differ in, where it is one, and its sizes.
pub(super) fn differing(ours: Gemm, theirs: Gemm) -> Option<(char, u32, u32)> {
    if ours.gemm_batch() != theirs.gemm_batch() {
        return None;
    }
    let pairs = [('m', ours.m(), theirs.m()), ('n', ours.n(), theirs.n()), ('k', ours.k(), theirs.k())];
    let mut others = pairs.into_iter().filter(|(_, ours, theirs)| ours != theirs);
    let first = others.next()?;
    others.next().is_none().then_some(first)
}

/// Says at each mark what the fastest neighbour takes, and marks a dimension whose neighbour is faster for no known
/// reason.
pub(super) fn add_neighbours(
    marks: &mut Vec<Mark>,
    product: &LaidOutGemm,
    time_us: Option<f64>,
    time_of: impl Fn(&LaidOutGemm) -> Option<f64>,
    others: &[LaidOutGemm],
) {
    let Some(ours_us) = time_us else { return };
    let [m, n, k] = [product.gemm.m(), product.gemm.n(), product.gemm.k()];
    for (dimension, size) in [('m', m), ('n', n), ('k', k)] {
        let neighbours = others.iter().filter_map(|other| {
            let (_, _, size) =
                differing(product.gemm, other.gemm).filter(|(other, ..)| *other == dimension)?;
            let time_us = time_of(other)?;
            Some(NearbySize { size, time_us, ratio: time_us / ours_us })
        });
        let near = |it: &NearbySize| f64::from(it.size.abs_diff(size)) <= NEAR * f64::from(size);
        let Some(fastest) = neighbours.filter(near).min_by(|a, b| a.time_us.total_cmp(&b.time_us)) else {
            continue;
        };
        let mut of_dimension = marks.iter_mut().filter(|mark| mark.dimension == dimension).peekable();
        if of_dimension.peek().is_some() {
            of_dimension.for_each(|mark| mark.neighbour = Some(fastest));
        } else if fastest.ratio <= 1.0 - FASTER {
            marks.push(Mark { dimension, size, cause: Cause::Slower, neighbour: Some(fastest) });
        }
    }
}

/// `n = 50257: rows allow loads of 2 B, 16 need a multiple of 8; 50304 takes 0.14 of the time`.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}: ", self.dimension, self.size)?;
        match self.cause {
            Cause::Alignment { bytes, multiple } => {
                write!(
                    f,
                    "its rows allow loads of {bytes} B, {VECTOR_BYTES} B need a multiple of {multiple}"
                )?;
            }
            Cause::Tile { tile, outside } => {
                write!(f, "{} of its tiles of {tile} lies outside", in_percent(outside, 0))?;
            }
            Cause::Wave { waves, idle } => {
                write!(f, "{waves:.2} waves of tiles, {} of the SMs' places idle", in_percent(idle, 0))?;
            }
            Cause::Slower => write!(f, "a neighbour is faster")?,
        }
        match self.neighbour {
            Some(NearbySize { size, ratio, .. }) => write!(f, "; {size} takes {ratio:.2} of the time"),
            None => Ok(()),
        }
    }
}

impl Cause {
    /// In one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Cause::Alignment { .. } => "alignment",
            Cause::Tile { .. } => "tile",
            Cause::Wave { .. } => "wave",
            Cause::Slower => "slower",
        }
    }
}

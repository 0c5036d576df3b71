//! The tiles that the library has, by class.

use crate::physics::Sheet;
use crate::shape::{Class, Shape};

/// A tile of the row-major result, and into how many parts its reduction is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// Columns.
    pub n: u16,
    /// Rows.
    pub m: u16,
    /// Parts of the reduction, 1 for one kernel that does it all.
    pub split: u16,
}

impl Tile {
    /// One that does the whole reduction.
    #[must_use]
    pub const fn whole(n: u16, m: u16) -> Tile {
        Tile { n, m, split: 1 }
    }
}

/// Those of an H100's `nvjet` kernels that recorded rows have, without the rarest.
const ALIGNED: &[(u16, u16)] = &[
    (256, 128),
    (192, 192),
    (160, 256),
    (128, 256),
    (320, 128),
    (96, 256),
    (64, 256),
    (32, 256),
    (128, 192),
    (128, 160),
    (128, 128),
    (192, 128),
    (64, 128),
    (128, 64),
    (64, 64),
    (32, 64),
    (64, 32),
    (64, 16),
    (64, 8),
    (128, 8),
    (256, 8),
    (8, 64),
    (16, 64),
    (16, 128),
    (8, 256),
];
/// Of the generations before Hopper.
const ALIGNED_BEFORE: &[(u16, u16)] = &[
    (256, 128),
    (128, 256),
    (128, 128),
    (256, 64),
    (64, 256),
    (128, 64),
    (64, 128),
    (64, 64),
    (32, 128),
    (128, 32),
    (64, 32),
    (32, 64),
    (32, 32),
    (64, 16),
    (16, 64),
];
/// Of the classes even and odd, whose kernels are older.
const EVEN: &[(u16, u16)] = &[
    (256, 128),
    (128, 256),
    (128, 128),
    (64, 256),
    (256, 64),
    (64, 128),
    (128, 64),
    (64, 64),
    (32, 32),
    (16, 16),
];
const ODD: &[(u16, u16)] = &[(256, 128), (128, 128), (64, 64), (32, 32), (16, 16)];

/// How many tiles an SM holds at once. Stages of the kernels that copy by TMA fill its memory however small a tile is; those
/// of the class even hold three to six stages of 64 elements along k, those of the class odd two of 32.
pub(crate) fn at_once(class: Class, has_tma: bool, tile: Tile) -> f64 {
    let area = f64::from(tile.n) * f64::from(tile.m);
    match class {
        Class::Aligned if has_tma => 1.0,
        Class::Even => match (tile.n, tile.m) {
            (64, 256) | (256, 64) => 1.0,
            (64, 128) | (128, 64) => 3.0,
            (64, 64) => 2.0,
            _ => (WHOLE_TILE / area).clamp(1.0, 4.0).floor(),
        },
        Class::Aligned | Class::Odd => (WHOLE_TILE / area).clamp(1.0, 4.0).floor(),
    }
}

/// Results of the tile that costs are told of.
pub(crate) const WHOLE_TILE: f64 = 32768.0;

/// Into how many parts the aligned class cuts its reductions.
const SPLITS: [u16; 6] = [1, 2, 3, 4, 6, 8];

/// The older kernels cut a reduction into no more parts, and into none that is shorter.
const MOST_PARTS: f64 = 66.0;
const SHORTEST_PART: f64 = 64.0;

/// Into how many parts a tile's reduction may be cut: where whole tiles leave most of the SMs empty. The older kernels, whose
/// parts a second kernel adds up, cut that of a product that is alone, into as many as fill the SMs once or twice. 0 is none.
fn splits(class: Class, shape: &Shape, sms: f64, (tn, tm): (u16, u16)) -> [u16; 6] {
    let count = shape.batch * (shape.n / f64::from(tn)).ceil() * (shape.m / f64::from(tm)).ceil();
    if class == Class::Aligned {
        let blocks = (shape.k / 64.0).ceil();
        let may_split = count * 2.0 <= sms && blocks >= 8.0;
        return SPLITS.map(|split| {
            let parts = f64::from(split);
            let legal = split == 1 || (may_split && count * parts <= sms && blocks / parts >= 4.0);
            if legal { split } else { 0 }
        });
    }
    let most = (shape.k / SHORTEST_PART).floor().min(MOST_PARTS);
    let filling = |times: f64| {
        let parts = (times * sms / count).floor().min(most);
        if shape.batch == 1.0 && parts >= 2.0 { parts as u16 } else { 0 }
    };
    let [once, twice] = [filling(1.0), filling(2.0)];
    [1, once, if twice == once { 0 } else { twice }, 0, 0, 0]
}

/// A tile with each cut of its reduction that there can be.
pub(crate) fn cuts(class: Class, shape: &Shape, sms: f64, tile: Tile) -> impl Iterator<Item = Tile> + use<> {
    let all = splits(class, shape, sms, (tile.n, tile.m));
    all.into_iter().filter(|split| *split > 0).map(move |split| Tile { split, ..tile })
}

/// The tiles that a product can have: none so wide that a narrower one holds all of it.
pub(crate) fn candidates(class: Class, shape: &Shape, sheet: &Sheet) -> impl Iterator<Item = Tile> {
    let sms = sheet.sms;
    let tiles = match class {
        Class::Aligned if sheet.has_tma => ALIGNED,
        Class::Aligned => ALIGNED_BEFORE,
        Class::Even => EVEN,
        Class::Odd => ODD,
    };
    let (n, m) = (shape.n, shape.m);
    let fits =
        move |side: u16, size: f64, least: f64| f64::from(side) <= least || f64::from(side) < 2.0 * size;
    let batch = shape.batch;
    // The older kernels take a narrow tile where it holds all columns, or where large ones would leave SMs empty.
    let few = class == Class::Aligned || batch * (n / 128.0).ceil() * (m / 128.0).ceil() < sms;
    let fitting = tiles.iter().filter(move |(tn, tm)| {
        fits(*tn, n, 64.0)
            && fits(*tm, m, 64.0)
            && (few || *tn >= 128 || n <= f64::from(*tn) || m <= f64::from(*tm))
    });
    let shape = *shape;
    let made =
        (class == Class::Aligned && sheet.has_tma).then(|| made_to_measure(n, m)).into_iter().flatten();
    fitting.copied().chain(made).flat_map(move |(tn, tm)| cuts(class, &shape, sms, Tile::whole(tn, tm)))
}

/// Tiles of Hopper whose one side is made to measure: as narrow, in steps of 8, as so many of them can be that hold all of the
/// product's columns, or rows; the other side is one of four.
fn made_to_measure(n: f64, m: f64) -> impl Iterator<Item = (u16, u16)> {
    let sides = |size: f64| {
        let fewest = (size / 256.0).ceil();
        (0..2)
            .map(move |more| (size / (fewest + f64::from(more)) / 8.0).ceil() * 8.0)
            .filter(|side| *side <= 256.0)
    };
    let others = |size: f64| {
        [64_u16, 128, 192, 256].into_iter().filter(move |side| *side == 64 || f64::from(*side) < 2.0 * size)
    };
    let along_n = sides(n).flat_map(move |side| others(m).map(move |other| (side as u16, other)));
    let along_m = sides(m).flat_map(move |side| others(n).map(move |other| (other, side as u16)));
    along_n.chain(along_m).filter(|(n, m)| u32::from(*n) * u32::from(*m) <= 40_960)
}

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
const EVEN: &[(u16, u16)] =
    &[(256, 128), (128, 256), (128, 128), (64, 256), (64, 128), (64, 64), (32, 32), (16, 16)];
const ODD: &[(u16, u16)] = &[(256, 128), (128, 128), (64, 64), (32, 32), (16, 16)];

/// The reduction is cut where whole tiles leave most of the SMs empty.
const SPLITS: &[u16] = &[1, 2, 3, 4, 6, 8];

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
    let blocks = (shape.k / 64.0).ceil();
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
    fitting.flat_map(move |&(tn, tm)| {
        let count = batch * (n / f64::from(tn)).ceil() * (m / f64::from(tm)).ceil();
        let may_split = class == Class::Aligned && count * 2.0 <= sms && blocks >= 8.0;
        let splits = if may_split { SPLITS } else { &SPLITS[..1] };
        let legal = move |split: &&u16| {
            **split == 1 || (count * f64::from(**split) <= sms && blocks / f64::from(**split) >= 4.0)
        };
        splits.iter().filter(legal).map(move |&split| Tile { n: tn, m: tm, split })
    })
}

//! A product cut into tiles, and the tiles dealt out to the SMs.

use hovera_core::{Gemm, Kernel};

/// The tiles of a kernel, by what the library says of it. One tile at a time runs on each SM: the
/// large tiles of fast kernels leave room for no second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiling {
    gemm: Gemm,
    /// Rows of C in a tile.
    pub tile_m: u32,
    /// Columns of C in a tile.
    pub tile_n: u32,
    /// Parts that the reduction is cut into, each a tile's work.
    pub split_k: u32,
    /// Step of the reduction, where the library tells.
    pub stage_k: Option<u32>,
    /// The card's SMs.
    pub sm_count: Option<u32>,
}

impl Tiling {
    /// The tiling of a kernel; none when its tile is not told, or its name says that it cuts the reduction into parts
    /// and nothing says how many.
    #[must_use]
    pub fn of_kernel(gemm: Gemm, kernel: &Kernel, sm_count: Option<u32>) -> Option<Tiling> {
        let parts = match kernel.split_k {
            Some(parts) => parts.max(1),
            None if kernel.traits().is_some_and(|traits| traits.split_k) => return None,
            None => 1,
        };
        let (rows, columns) = kernel.tile.as_deref()?.split_once('x')?;
        let (rows, columns) = (positive(rows)?, positive(columns)?);
        // A C of one column is not asked for as its transpose.
        let (tile_m, tile_n) = if gemm.n() == 1 { (rows, columns) } else { (columns, rows) };
        Some(Tiling {
            gemm,
            tile_m,
            tile_n,
            split_k: parts,
            // `64x3`: three stages of 64 along k.
            stage_k: kernel.stages.as_deref().and_then(|stages| positive(stages.split_once('x')?.0)),
            sm_count: sm_count.filter(|sms| *sms > 0),
        })
    }

    /// Tiles along m, of one product of the batch.
    #[must_use]
    pub fn along_m(&self) -> u32 {
        self.gemm.m().div_ceil(self.tile_m)
    }

    /// Tiles along n, of one product of the batch.
    #[must_use]
    pub fn along_n(&self) -> u32 {
        self.gemm.n().div_ceil(self.tile_n)
    }

    /// All tiles: ⌈m / tile m⌉ · ⌈n / tile n⌉ · gemm_batch · split-K.
    #[must_use]
    pub fn tiles(&self) -> u128 {
        [self.along_m(), self.along_n(), self.gemm.gemm_batch(), self.split_k]
            .map(u128::from)
            .iter()
            .product()
    }

    /// Tiles over SMs.
    #[must_use]
    pub fn waves(&self) -> Option<f64> {
        Some(self.tiles() as f64 / f64::from(self.sm_count?))
    }

    /// The share of the SMs that have no tile in the last wave, 0 to 1.
    #[must_use]
    pub fn last_wave_idle(&self) -> Option<f64> {
        let waves = self.waves()?;
        Some(waves.ceil() - waves)
    }

    /// The share of all waves' tiles that the last wave leaves undone, 0 to 1.
    #[must_use]
    pub fn idle(&self) -> Option<f64> {
        Some(self.last_wave_idle()? / self.waves()?.ceil())
    }

    /// The share of the tiles' area that lies outside C, 0 to 1.
    #[must_use]
    pub fn edge_padding(&self) -> f64 {
        let covered = |tiles: u32, tile: u32| f64::from(tiles) * f64::from(tile);
        let area = covered(self.along_m(), self.tile_m) * covered(self.along_n(), self.tile_n);
        1.0 - f64::from(self.gemm.m()) * f64::from(self.gemm.n()) / area
    }

    /// The share of the reduction's steps that lies outside k, 0 to 1.
    #[must_use]
    pub fn k_padding(&self) -> Option<f64> {
        let (k, stage_k) = (self.gemm.k(), self.stage_k?);
        let steps = k.div_ceil(self.split_k).div_ceil(stage_k);
        let padded = f64::from(steps) * f64::from(stage_k) * f64::from(self.split_k);
        Some(1.0 - f64::from(k) / padded)
    }
}

fn positive(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number > 0)
}

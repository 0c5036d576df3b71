//! What the points need of the arena, and where they find it.

use super::{Arena, CudaBackend, MEMORY_MARGIN};
use crate::arena::{ArenaLayout, Copies, Need, Place, cold_copies, lengths, of_workspaces};
use crate::arithmetic::arithmetic;
use crate::attention::{self, Placement, attention};
use crate::sys::{Matrices, Region, workspace_bytes};
use hovera_bench::BackendError;
use hovera_core::{Cache, Point, Size};

/// Places for replays take one part in so many of the card's memory at most.
const PLACES_SHARE: u64 = 8;

/// Bytes of the scores, of nothing, and of the probabilities.
fn of_rows(point: &Point) -> [u128; 3] {
    let matrix = point.gemm().c_len() * u128::from(point.dtype.size());
    [matrix, 0, matrix]
}

impl CudaBackend {
    pub(super) fn workspace_bytes(&self) -> u64 {
        workspace_bytes(self.gpu.compute_capability.0)
    }

    /// What a point needs of the arena as it is reserved.
    pub(super) fn need(&self, point: &Point) -> Need {
        self.need_at(point, self.arena.as_ref().map_or(1, |arena| arena.places))
    }

    /// What a point needs of an arena with so many places at the most. Where the size of the cache is unknown, cold points are refused.
    fn need_at(&self, point: &Point, places: u32) -> Need {
        let lengths = match attention(point) {
            Some(attention) => Placement::new(attention).lengths(),
            None if point.op.is_of_rows() => of_rows(point),
            None => lengths(point.gemm(), point.dtype),
        };
        let budget = self.device.memory_bytes.unwrap_or(0).saturating_sub(MEMORY_MARGIN) / PLACES_SHARE;
        match (point.cache, self.device.l2_bytes) {
            (Cache::Cold, Some(l2_bytes)) => {
                let copies = cold_copies(lengths, l2_bytes);
                Need { lengths, copies, copies_are: Copies::Turns }
            }
            _ if point.size() == Size::Compact => Need::at_places(lengths, places, budget),
            _ => Need { lengths, copies: 1, copies_are: Copies::Places },
        }
    }

    pub(super) fn arena_layout(&self, points: &[Point], places: u32) -> ArenaLayout {
        let needs = points.iter().map(|point| self.need_at(point, places));
        let of_fused = points.iter().filter_map(attention).map(attention::workspace_bytes).max();
        let of_products = of_workspaces(self.workspace_bytes());
        ArenaLayout::new(needs, of_fused.unwrap_or(0).max(of_products.into()))
    }

    /// The arena, if the point fits.
    pub(super) fn arena_for(&self, point: &Point) -> Result<&Arena, BackendError> {
        let misuse = |text: &str| Err(BackendError::Device(text.to_owned()));
        let Some(arena) = &self.arena else {
            return misuse("no memory is reserved: call reserve before prepare");
        };
        if point.dtype != arena.dtype || !arena.layout.fits(self.need(point)) {
            return misuse("the point was not among those that memory was reserved for");
        }
        Ok(arena)
    }

    /// One set of the point's matrices in the arena.
    pub(super) fn matrices(&self, point: &Point, copy: u64) -> Result<Matrices<'_>, BackendError> {
        let Arena { memory, layout, .. } = self.arena_for(point)?;
        let Place { a, b, c } = layout.copy(self.need(point), copy);
        let regions = [memory.region(a)?, memory.region(b)?, memory.region(c)?];
        Matrices::new(point.gemm(), arithmetic(point.dtype), point.layout, regions)
    }

    /// Memory to work in, as much as the points ask for that ask for the most.
    pub(super) fn workspace(&self) -> Result<Region<'_>, BackendError> {
        let Arena { memory, layout, .. } = self.reserved()?;
        memory.region(layout.workspace())
    }

    /// The part of it that the `turn`-th launch of a product has.
    pub(super) fn workspace_of_products(&self, turn: u64) -> Result<Region<'_>, BackendError> {
        let Arena { memory, layout, .. } = self.reserved()?;
        // Always as much, whatever else of the sweep needs more: cuBLAS chooses another kernel where it has more to work in.
        memory.region(layout.workspace_of_turn(turn, self.workspace_bytes()))
    }

    fn reserved(&self) -> Result<&Arena, BackendError> {
        self.arena.as_ref().ok_or_else(|| BackendError::Device("no memory is reserved".to_owned()))
    }
}

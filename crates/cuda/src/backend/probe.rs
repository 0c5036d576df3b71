//! A look inside for the tests on a GPU: operands, results, and ways to break them.

use super::CudaBackend;
use crate::sys::Matrices;
use hovera_bench::BackendError;
use hovera_core::{Layout, Point};

/// The prepared point's matrices, seen from outside. Not part of the interface.
#[doc(hidden)]
pub struct Probe<'b> {
    pub(super) backend: &'b mut CudaBackend,
}

/// One checked entry: `C[batch][i][j]`, what it is, its f64 dot product, and Σp² of its terms.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Checked {
    pub batch: u32,
    pub i: u32,
    pub j: u32,
    pub got: f64,
    pub dot: f64,
    pub sum_sq: f64,
}

impl Probe<'_> {
    /// The bytes of the last launch's A and B.
    pub fn operands(&self) -> Result<(Vec<u8>, Vec<u8>), BackendError> {
        let backend = &self.backend;
        let matrices = self.matrices()?;
        let size = matrices.arithmetic().operand.size() as usize;
        let mut a = vec![0; matrices.gemm().a_len() as usize * size];
        let mut b = vec![0; matrices.gemm().b_len() as usize * size];
        backend.stream.read(matrices.a(), &mut a)?;
        backend.stream.read(matrices.b(), &mut b)?;
        Ok((a, b))
    }

    /// The bytes of Q, K, V and O of the last launch of fused attention.
    pub fn attention(&self) -> Result<[Vec<u8>; 4], BackendError> {
        let prepared = self.backend.prepared()?;
        self.backend.attention_bytes(&prepared.point, prepared.turns.last())
    }

    /// Overwrites one entry of C.
    pub fn set_result(&mut self, index: u64, bytes: &[u8]) -> Result<(), BackendError> {
        let backend = &self.backend;
        let prepared = backend.prepared()?;
        let arena = backend.arena_for(&prepared.point)?;
        let place = arena.layout.copy(backend.need(&prepared.point), prepared.turns.last());
        let start = place.c.start + index * bytes.len() as u64;
        backend.stream.write(arena.memory.region(start..start + bytes.len() as u64)?, bytes)
    }

    /// Overwrites the whole of A.
    pub fn set_a(&mut self, bytes: &[u8]) -> Result<(), BackendError> {
        self.backend.stream.write(self.matrices()?.a(), bytes)
    }

    /// Checks C as `verify` does.
    pub fn check(&self) -> Result<(), BackendError> {
        let prepared = self.backend.prepared()?;
        self.backend.check(&prepared.point, prepared.turns.last())
    }

    /// Checks C as if B were stored in another layout.
    pub fn check_as(&self, layout: Layout) -> Result<(), BackendError> {
        let prepared = self.backend.prepared()?;
        self.backend.check(&Point { layout, ..prepared.point }, prepared.turns.last())
    }

    fn matrices(&self) -> Result<Matrices<'_>, BackendError> {
        let prepared = self.backend.prepared()?;
        self.backend.matrices(&prepared.point, prepared.turns.last())
    }

    /// What the device's reference kernel says of the sampled entries.
    pub fn references(&self) -> Result<Vec<Checked>, BackendError> {
        let (entries, references) = self.backend.references(&self.matrices()?)?;
        let checked = entries.iter().zip(&references).map(|(entry, reference)| Checked {
            batch: entry.batch,
            i: entry.i,
            j: entry.j,
            got: reference.got,
            dot: reference.dot,
            sum_sq: reference.sum_sq,
        });
        Ok(checked.collect())
    }
}

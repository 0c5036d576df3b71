//! A look inside for the tests on a GPU: operands, results, and ways to break them.

use super::CudaBackend;
use hovera_bench::BackendError;
use hovera_core::Layout;

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
    /// The bits of A and of B.
    pub fn operands(&self) -> Result<(Vec<u16>, Vec<u16>), BackendError> {
        let backend = &self.backend;
        let matrices = backend.matrices(&backend.prepared()?.point)?;
        let gemm = matrices.gemm;
        let mut a = vec![0; gemm.a_len() as usize];
        let mut b = vec![0; gemm.b_len() as usize];
        backend.stream.read(matrices.a, &mut a)?;
        backend.stream.read(matrices.b, &mut b)?;
        Ok((a, b))
    }

    /// Overwrites one entry of C.
    pub fn set_result(&mut self, index: u64, bits: u16) -> Result<(), BackendError> {
        let backend = &self.backend;
        let point = backend.prepared()?.point;
        let arena = backend.arena.as_ref().ok_or_else(|| BackendError::Device("no arena".to_owned()))?;
        let start = arena.layout.c().start + index * u64::from(point.dtype.size());
        backend.stream.write(arena.memory.region(start..start + 2)?, &[bits])
    }

    /// Overwrites the whole of A.
    pub fn set_a(&mut self, bits: &[u16]) -> Result<(), BackendError> {
        let backend = &self.backend;
        backend.stream.write(backend.matrices(&backend.prepared()?.point)?.a, bits)
    }

    /// Checks C as `verify` does.
    pub fn check(&self) -> Result<(), BackendError> {
        self.backend.check(&self.backend.prepared()?.point)
    }

    /// Checks C as if B were stored in another layout.
    pub fn check_as(&self, layout: Layout) -> Result<(), BackendError> {
        let mut point = self.backend.prepared()?.point;
        point.layout = layout;
        self.backend.check(&point)
    }

    /// What the device's reference kernel says of the sampled entries.
    pub fn references(&self) -> Result<Vec<Checked>, BackendError> {
        let backend = &self.backend;
        let (entries, references) = backend.references(&backend.matrices(&backend.prepared()?.point)?)?;
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

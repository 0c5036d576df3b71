//! Poison, and what the launches left of it.

use super::{CudaBackend, scratch};
use crate::arithmetic::arithmetic;
use crate::sys::{Element, Entry, Matrices, Missing, Reference, Region};
use crate::verify;
use hovera_bench::BackendError;
use hovera_core::{Point, Work};

impl CudaBackend {
    /// Overwrites every set's C, so that an entry that is not computed is seen.
    pub(super) fn poison(&self, point: &Point) -> Result<(), BackendError> {
        let arena = self.arena_for(point)?;
        let results = arena.memory.region(arena.layout.results(self.need(point)))?;
        self.stream.fill_bytes(results, arithmetic(point.dtype).result.poison())?;
        self.stream.synchronize()
    }

    /// Looks for poison in all of C, and compares sampled entries with an f64 reference.
    pub(super) fn check(&self, point: &Point, copy: u64) -> Result<(), BackendError> {
        match point.op.work() {
            Work::Fused => return self.check_attention(point, copy),
            Work::Rows => return self.check_softmax(point, copy),
            _ => {}
        }
        let matrices = self.matrices(point, copy)?;
        let (gemm, arithmetic) = (matrices.gemm(), matrices.arithmetic());
        let Missing { count, first } = self.missing(matrices.c(), arithmetic.result)?;
        if count > 0 {
            return Err(verify::incomplete(gemm, count, first));
        }
        let (entries, references) = self.references(&matrices)?;
        verify::compare(arithmetic, gemm.k(), &entries, &references)
    }

    /// How many entries are NaN or were never written, and the first of them.
    pub(super) fn missing(&self, region: Region<'_>, element: Element) -> Result<Missing, BackendError> {
        let found_at = self.scratch.region(scratch::MISSING)?;
        self.stream.write(found_at, &[Missing { count: 0, first: u64::MAX }])?;
        self.kernels.count_missing(&self.stream, region, element, found_at)?;
        let mut found = [Missing { count: 0, first: 0 }];
        self.stream.read(found_at, &mut found)?;
        let [missing] = found;
        Ok(missing)
    }

    /// What the sampled entries of C are and should be.
    pub(super) fn references(
        &self,
        matrices: &Matrices<'_>,
    ) -> Result<(Vec<Entry>, Vec<Reference>), BackendError> {
        let entries = verify::entries(matrices.gemm());
        let out = self.scratch.region(scratch::REFERENCES)?;
        let entries_at = self.scratch.region(scratch::ENTRIES)?;
        self.kernels.reference_dots(&self.stream, matrices, &entries, entries_at, out)?;
        let mut references = vec![Reference::default(); entries.len()];
        self.stream.read(out, &mut references)?;
        Ok((entries, references))
    }
}

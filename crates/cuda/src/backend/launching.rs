//! Queueing launches.

use super::prepared::{Prepared, Program, Turn};
use super::{CudaBackend, nothing_prepared, scratch};
use crate::attention::attention;
use crate::burst::Bench;
use crate::candidates::{ASKED, gather};
use crate::softmax::softmax;
use crate::sys::LtProduct;
use hovera_bench::BackendError;
use hovera_core::{Engine, Point};

impl CudaBackend {
    /// What is to compute a point.
    pub(super) fn program(&self, point: &Point) -> Result<Program, BackendError> {
        if let Some(attention) = attention(point) {
            return self.fused_program(attention);
        }
        if let Some(softmax) = softmax(point) {
            return self.softmax_program(softmax);
        }
        let lt = match (point.engine, &self.lt) {
            (Engine::CublasLt | Engine::Tuned, Ok(lt)) => lt,
            _ => return Ok(Program::Cublas),
        };
        let matrices = self.matrices(point, 0)?;
        let product = LtProduct::new(lt, &matrices, self.scratch.region(scratch::UNIT_SCALE)?)?;
        let workspace = self.workspace_bytes();
        let candidates = match point.engine {
            Engine::Tuned => gather(workspace, |limit| product.candidates(&matrices, limit, ASKED))?,
            _ => product.candidates(&matrices, workspace, 1)?,
        };
        if candidates.is_empty() {
            return Err(BackendError::Unsupported(format!(
                "cublasLt offers no algorithm for {} products of {}x{}x{} in {}, layout {}",
                point.gemm().gemm_batch(),
                point.gemm().m(),
                point.gemm().n(),
                point.gemm().k(),
                point.dtype,
                point.layout
            )));
        }
        // What cuBLAS runs is not always among cublasLt's candidates: the tuned engine is never slower than it.
        let by_cublas = Point { engine: Engine::Cublas, ..*point };
        let takes_part = point.engine == Engine::Tuned && self.ability().supports(&by_cublas).is_ok();
        Ok(Program::Lt { candidates, cublas: takes_part, chosen: 0 })
    }

    /// Queues one launch of the current point, on the next set of its matrices.
    pub(super) fn queue(&self, prepared: &Prepared) -> Result<(), BackendError> {
        self.queue_in_turn(prepared, prepared.turns.next())
    }

    /// The same in that turn.
    pub(super) fn queue_in_turn(&self, prepared: &Prepared, turn: Turn) -> Result<(), BackendError> {
        let Turn { number, set } = turn;
        let point = &prepared.point;
        match &prepared.program {
            Program::Fused(fused) => self.queue_fused(point, fused, set),
            Program::Softmax(plan) => self.queue_softmax(point, plan, set),
            Program::Cublas | Program::Lt { cublas: true, chosen: 0, .. } => {
                self.blas.set_workspace(self.workspace_of_products(number)?)?;
                self.blas.bmm(&self.matrices(point, set)?)
            }
            Program::Lt { candidates, cublas, chosen } => {
                let matrices = self.matrices(point, set)?;
                let index = chosen - usize::from(*cublas);
                let candidate = candidates.get(index).ok_or_else(nothing_prepared)?;
                candidate.launch(&self.stream, &matrices, self.workspace_of_products(number)?)
            }
        }
    }

    pub(super) fn bench<'b>(
        &'b self,
        prepared: &'b Prepared,
        next_burst: &'b dyn Fn() -> u64,
        launch: &'b dyn Fn() -> Result<(), BackendError>,
    ) -> Bench<'b> {
        let (stream, kernels) = (&*self.stream, &self.kernels);
        Bench { stream, kernels, stamps: self.stamps, length: &prepared.length, next_burst, launch }
    }
}

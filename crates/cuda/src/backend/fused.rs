//! Fused attention: its plans, its matrices, and their check.

use super::prepared::{Fused, Program};
use super::{Arena, CudaBackend, nothing_prepared};
use crate::arena::Place;
use crate::attention::{
    Head, Key, Placement, Query, Sample, Tolerance, attention, compare_row, compare_statistic, samples,
};
use crate::sys::{
    Attention, AttentionPass, AttentionPlan, AttentionRegions, AttentionShape, Cudnn, Element, Gradients,
    Memory, Missing, Region,
};
use hovera_bench::BackendError;
use hovera_core::Point;
use std::ops::Range;
use std::rc::Rc;

impl CudaBackend {
    /// cuDNN, which is opened when the first point asks for it; or why there is none.
    pub(super) fn cudnn(&self) -> Result<&Rc<Cudnn>, BackendError> {
        let open = || Cudnn::open(&self.stream, self.blas.path()).map_err(|error| error.to_string());
        let unsupported = |why: &String| BackendError::Unsupported(format!("engine cudnn: {why}"));
        self.cudnn.get_or_init(open).as_ref().map_err(unsupported)
    }

    /// How cuDNN computes an attention. It is found once: to find it takes as long as to measure it.
    fn attention_plan(&self, attention: Attention) -> Result<Rc<AttentionPlan>, BackendError> {
        if let Some(plan) = self.plans.borrow().get(&attention) {
            return Ok(Rc::clone(plan));
        }
        let plan = Rc::new(AttentionPlan::new(self.cudnn()?, attention)?);
        self.plans.borrow_mut().insert(attention, Rc::clone(&plan));
        Ok(plan)
    }

    /// What is to compute a point of fused attention.
    pub(super) fn fused_program(&self, attention: Attention) -> Result<Program, BackendError> {
        let plan = self.attention_plan(attention)?;
        let before = match attention.pass {
            AttentionPass::Backward => {
                let pass = AttentionPass::ForwardWithStatistics;
                Some(self.attention_plan(Attention { pass, ..attention })?)
            }
            _ => None,
        };
        let bytes = before.iter().chain([&plan]).map(|plan| plan.workspace_bytes()).max().unwrap_or(0);
        let workspace = match self.workspace()?.bytes() < bytes {
            true => Some(Memory::allocate(&self.context, bytes)?),
            false => None,
        };
        Ok(Program::Fused(Fused { plan, before, workspace }))
    }

    /// What the backward pass needs of the forward one, on every set.
    pub(super) fn run_ahead(&self, point: &Point, program: &Program) -> Result<(), BackendError> {
        let Program::Fused(fused) = program else { return Ok(()) };
        let Some(before) = &fused.before else { return Ok(()) };
        for set in 0..self.need(point).copies {
            let regions = self.attention_regions(point, set)?;
            before.launch(&self.stream, &regions, self.fused_workspace(fused)?)?;
        }
        self.stream.synchronize()
    }

    pub(super) fn queue_fused(&self, point: &Point, fused: &Fused, set: u64) -> Result<(), BackendError> {
        let regions = self.attention_regions(point, set)?;
        fused.plan.launch(&self.stream, &regions, self.fused_workspace(fused)?)
    }

    fn fused_workspace<'w>(&'w self, fused: &'w Fused) -> Result<Region<'w>, BackendError> {
        match &fused.workspace {
            Some(memory) => memory.region(0..memory.bytes()),
            None => self.workspace(),
        }
    }

    fn attention_regions(&self, point: &Point, set: u64) -> Result<AttentionRegions<'_>, BackendError> {
        let view = self.attention_view(point, set)?;
        let place = &view.placement;
        let training = match view.attention.pass {
            AttentionPass::Forward => None,
            _ => Some(Gradients {
                statistics: view.region(view.c, &place.statistics)?,
                d_o: view.region(view.a, &place.d_o)?,
                d_q: view.region(view.c, &place.d_q)?,
                d_k: view.region(view.c, &place.d_k)?,
                d_v: view.region(view.c, &place.d_v)?,
                d_q_sum: view.region(view.c, &place.d_q_sum)?,
                row_sum: view.region(view.c, &place.row_sum)?,
            }),
        };
        Ok(AttentionRegions {
            q: view.region(view.a, &place.q)?,
            k: view.region(view.b, &place.k)?,
            v: view.region(view.b, &place.v)?,
            o: view.region(view.c, &place.o)?,
            training,
        })
    }

    /// Q, K, V and O as they lie in memory.
    pub(super) fn attention_bytes(&self, point: &Point, set: u64) -> Result<[Vec<u8>; 4], BackendError> {
        let AttentionRegions { q, k, v, o, .. } = self.attention_regions(point, set)?;
        let read = |region: Region<'_>| {
            let mut bytes = vec![0u8; region.bytes() as usize];
            self.stream.read(region, &mut bytes).map(|()| bytes)
        };
        Ok([read(q)?, read(k)?, read(v)?, read(o)?])
    }

    fn attention_view(&self, point: &Point, set: u64) -> Result<View<'_>, BackendError> {
        let attention = attention(point).ok_or_else(nothing_prepared)?;
        let Arena { memory, layout, .. } = self.arena_for(point)?;
        let Place { a, b, c } = layout.copy(self.need(point), set);
        let placement = Placement::new(attention);
        Ok(View { backend: self, attention, placement, memory, a: a.start, b: b.start, c: c.start })
    }

    /// Looks for poison in all that was computed, and compares sampled rows with an f64 reference: of the output and its
    /// statistics, and of the gradients.
    pub(super) fn check_attention(&self, point: &Point, set: u64) -> Result<(), BackendError> {
        let view = self.attention_view(point, set)?;
        for (what, range, element, dims) in view.computed() {
            view.refuse_missing(what, &range, element, dims)?;
        }
        let is_backward = view.attention.pass == AttentionPass::Backward;
        samples(view.attention.shape, is_backward).iter().try_for_each(|sample| view.check(sample))
    }
}

/// The matrices of a set, seen from the host.
struct View<'b> {
    backend: &'b CudaBackend,
    attention: Attention,
    placement: Placement,
    memory: &'b Rc<Memory>,
    /// Where A, B and C of the set begin.
    a: u64,
    b: u64,
    c: u64,
}

/// Rows of a matrix: how many, and how wide.
type Dims = (u64, u32);

impl<'b> View<'b> {
    fn region(&self, start: u64, range: &Range<u128>) -> Result<Region<'b>, BackendError> {
        // Of a point that fits: it was refused otherwise.
        let at = |byte: u128| u64::try_from(byte).unwrap_or(u64::MAX).saturating_add(start);
        self.memory.region(at(range.start)..at(range.end))
    }

    /// What the launches have written, each with its name, its type, and how many rows of which width.
    fn computed(&self) -> Vec<(&'static str, Range<u128>, Element, Dims)> {
        let Attention { shape, pass, .. } = self.attention;
        let place = &self.placement;
        let rows = |heads: u32, tokens: u32| u64::from(shape.batch) * u64::from(heads) * u64::from(tokens);
        let (queries, keys) = (rows(shape.heads, shape.queries), rows(shape.kv_heads, shape.keys));
        let element = self.attention.element();
        let output = ("O", place.o.clone(), element, (queries, shape.head_dim_v));
        if pass != AttentionPass::Backward {
            return vec![output];
        }
        vec![
            output,
            ("statistics", place.statistics.clone(), Element::F32, (queries, 1)),
            ("dQ", place.d_q.clone(), element, (queries, shape.head_dim)),
            ("dK", place.d_k.clone(), element, (keys, shape.head_dim)),
            ("dV", place.d_v.clone(), element, (keys, shape.head_dim_v)),
        ]
    }

    fn refuse_missing(
        &self,
        what: &str,
        range: &Range<u128>,
        element: Element,
        (rows, width): Dims,
    ) -> Result<(), BackendError> {
        let backend = self.backend;
        let Missing { count, first } = backend.missing(self.region(self.c, range)?, element)?;
        if count == 0 {
            return Ok(());
        }
        let (row, column) = (first / u64::from(width), first % u64::from(width));
        Err(BackendError::WrongResult(format!(
            "{count} of {} entries of {what} are NaN or were never written, the first in row {row}, column {column}",
            rows * u64::from(width)
        )))
    }

    /// Rows of a matrix from one on, as numbers.
    fn rows(
        &self,
        start: u64,
        range: &Range<u128>,
        element: Element,
        first: u64,
        (rows, width): Dims,
    ) -> Result<Vec<f32>, BackendError> {
        let row_bytes = u128::from(width) * u128::from(element.size());
        let begin = range.start + u128::from(first) * row_bytes;
        let region = self.region(start, &(begin..begin + u128::from(rows) * row_bytes))?;
        let mut bytes = vec![0u8; region.bytes() as usize];
        self.backend.stream.read(region, &mut bytes)?;
        Ok(element.decoded(&bytes))
    }

    fn check(&self, sample: &Sample) -> Result<(), BackendError> {
        let Attention { shape, is_causal, pass, .. } = self.attention;
        let AttentionShape { heads, kv_heads, queries, keys, head_dim, head_dim_v, .. } = shape;
        let (element, tolerance) = (self.attention.element(), Tolerance::of(self.attention.element()));
        let is_backward = pass == AttentionPass::Backward;
        let group = heads / kv_heads;
        let Sample { batch, kv_head, .. } = *sample;
        let place = &self.placement;
        // Rows of the first query, and of the first key, of these heads.
        let first_query =
            (u64::from(batch) * u64::from(heads) + u64::from(kv_head * group)) * u64::from(queries);
        let first_key = (u64::from(batch) * u64::from(kv_heads) + u64::from(kv_head)) * u64::from(keys);
        let of_keys = |range, width| self.rows(self.b, range, element, first_key, (keys.into(), width));
        let (k, v) = (of_keys(&place.k, head_dim)?, of_keys(&place.v, head_dim_v)?);
        let head = Head {
            k: &k,
            v: &v,
            head_dim: head_dim as usize,
            head_dim_v: head_dim_v as usize,
            queries: queries as usize,
            is_causal,
            scale: shape.scale(),
        };
        for &(of_group, index) in &sample.queries {
            let row = first_query + u64::from(of_group) * u64::from(queries) + u64::from(index);
            let row_of = |start, range, element, width| self.rows(start, range, element, row, (1, width));
            let q = row_of(self.a, &place.q, element, head_dim)?;
            let o = row_of(self.c, &place.o, element, head_dim_v)?;
            let (d_o, statistic) = match is_backward {
                true => (
                    row_of(self.a, &place.d_o, element, head_dim_v)?,
                    row_of(self.c, &place.statistics, Element::F32, 1)?,
                ),
                false => (Vec::new(), Vec::new()),
            };
            let query = Query {
                index: index as usize,
                q: &q,
                o: &o,
                d_o: &d_o,
                statistic: statistic.first().copied().unwrap_or(0.0),
            };
            let reference = head.query(&query);
            let at = [batch, kv_head * group + of_group, index];
            compare_row("O", at, &o, &reference.o, tolerance)?;
            if is_backward {
                compare_statistic(at, query.statistic, reference.statistic)?;
                let d_q = row_of(self.c, &place.d_q, element, head_dim)?;
                compare_row("dQ", at, &d_q, &reference.d_q, tolerance)?;
            }
        }
        if sample.keys.is_empty() {
            return Ok(());
        }
        let rows = u64::from(group) * u64::from(queries);
        let all = |start, range, element, width| self.rows(start, range, element, first_query, (rows, width));
        let q = all(self.a, &place.q, element, head_dim)?;
        let o = all(self.c, &place.o, element, head_dim_v)?;
        let d_o = all(self.a, &place.d_o, element, head_dim_v)?;
        let statistics = all(self.c, &place.statistics, Element::F32, 1)?;
        for &key in &sample.keys {
            let query = |row: usize| Query {
                index: row % queries as usize,
                q: &q[row * head_dim as usize..][..head_dim as usize],
                o: &o[row * head_dim_v as usize..][..head_dim_v as usize],
                d_o: &d_o[row * head_dim_v as usize..][..head_dim_v as usize],
                statistic: statistics[row],
            };
            let Key { d_k, d_v } = head.gradients(key as usize, (0..statistics.len()).map(query));
            let at = [batch, kv_head, key];
            let row = first_key + u64::from(key);
            let got = |range, width| self.rows(self.c, range, element, row, (1, width));
            compare_row("dK", at, &got(&place.d_k, head_dim)?, &d_k, tolerance)?;
            compare_row("dV", at, &got(&place.d_v, head_dim_v)?, &d_v, tolerance)?;
        }
        Ok(())
    }
}

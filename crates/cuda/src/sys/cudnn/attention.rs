//! Fused attention as cuDNN's composite graphs, operation for operation as NVIDIA's frontend builds them: the library
//! looks for the whole pattern.

use super::Cudnn;
use super::graph::{DataType, Four, GraphBuilder, Plan, Pointwise, Reduction, Tensor, packed, turned};
use crate::sys::context::Context;
use crate::sys::element::Element;
use crate::sys::kept::InContext;
use crate::sys::memory::Region;
use crate::sys::stream::Stream;
use hovera_bench::BackendError;
use hovera_core::narrow_rows;
use std::ffi::c_void;
use std::rc::Rc;

/// Numbers of the tensors that a launch names.
mod uid {
    pub(super) const Q: i64 = 1;
    pub(super) const K: i64 = 2;
    pub(super) const V: i64 = 3;
    pub(super) const O: i64 = 4;
    pub(super) const SCALE: i64 = 5;
    pub(super) const MASKED: i64 = 6;
    pub(super) const STATISTICS: i64 = 7;
    pub(super) const D_O: i64 = 8;
    pub(super) const D_Q: i64 = 9;
    pub(super) const D_K: i64 = 10;
    pub(super) const D_V: i64 = 11;
    pub(super) const D_Q_SUM: i64 = 12;
    pub(super) const ROW_SUM: i64 = 13;
    pub(super) const ONE: i64 = 14;
}

/// Sizes of an attention, its matrices stored batch, head, token, head dim without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AttentionShape {
    pub(crate) batch: u32,
    pub(crate) heads: u32,
    pub(crate) kv_heads: u32,
    pub(crate) queries: u32,
    pub(crate) keys: u32,
    pub(crate) head_dim: u32,
    pub(crate) head_dim_v: u32,
}

impl AttentionShape {
    fn of_queries(self, width: u32) -> Four {
        [self.batch, self.heads, self.queries, width].map(i64::from)
    }

    fn of_keys(self, width: u32) -> Four {
        [self.batch, self.kv_heads, self.keys, width].map(i64::from)
    }

    fn q(self) -> Four {
        self.of_queries(self.head_dim)
    }

    fn k(self) -> Four {
        self.of_keys(self.head_dim)
    }

    fn v(self) -> Four {
        self.of_keys(self.head_dim_v)
    }

    fn o(self) -> Four {
        self.of_queries(self.head_dim_v)
    }

    fn scores(self) -> Four {
        self.of_queries(self.keys)
    }

    fn rows(self) -> Four {
        self.of_queries(1)
    }

    /// Elements of Q, of K, of V and of O, and queries of all heads.
    pub(crate) fn lengths(self) -> AttentionLengths {
        let elements = |dims: Four| dims.into_iter().map(|size| u128::from(size.unsigned_abs())).product();
        AttentionLengths {
            q: elements(self.q()),
            k: elements(self.k()),
            v: elements(self.v()),
            o: elements(self.o()),
            rows: elements(self.rows()),
        }
    }

    /// What scores are multiplied by: 1 / √d.
    pub(crate) fn scale(self) -> f32 {
        (1.0 / f64::from(self.head_dim).sqrt()) as f32
    }

    /// Why the library must not be given it, if it must not.
    fn refusal(self, element: Element) -> Option<String> {
        narrow_rows([self.head_dim, self.head_dim_v], element.size())
    }
}

/// Elements of the matrices of an attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttentionLengths {
    pub(crate) q: u128,
    pub(crate) k: u128,
    pub(crate) v: u128,
    pub(crate) o: u128,
    /// fp32 numbers that there is one of for each query of each head.
    pub(crate) rows: u128,
}

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Attention {
    pub(crate) shape: AttentionShape,
    pub(crate) is_bf16: bool,
    pub(crate) is_causal: bool,
    pub(crate) pass: AttentionPass,
}

/// Which of the passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AttentionPass {
    /// O alone: inference.
    Forward,
    /// O and the statistics that the backward pass needs: of each query the logarithm of the sum of its exponentials.
    ForwardWithStatistics,
    /// The gradients of Q, K and V.
    Backward,
}

impl Attention {
    /// The type of its matrices.
    pub(crate) fn element(self) -> Element {
        if self.is_bf16 { Element::Bf16 } else { Element::F16 }
    }

    fn data(self) -> DataType {
        if self.is_bf16 { DataType::Bfloat16 } else { DataType::Half }
    }
}

/// Where the matrices of an attention lie.
#[derive(Clone, Copy)]
pub(crate) struct AttentionRegions<'m> {
    pub(crate) q: Region<'m>,
    pub(crate) k: Region<'m>,
    pub(crate) v: Region<'m>,
    pub(crate) o: Region<'m>,
    /// What a training step has beside them.
    pub(crate) training: Option<Gradients<'m>>,
}

/// What a training step has beside Q, K, V and O.
#[derive(Clone, Copy)]
pub(crate) struct Gradients<'m> {
    pub(crate) statistics: Region<'m>,
    pub(crate) d_o: Region<'m>,
    pub(crate) d_q: Region<'m>,
    pub(crate) d_k: Region<'m>,
    pub(crate) d_v: Region<'m>,
    /// The gradient of Q as it is added up, in fp32.
    pub(crate) d_q_sum: Region<'m>,
    /// Of each query the sum of O times its gradient, in fp32.
    pub(crate) row_sum: Region<'m>,
}

/// One matrix of a launch: its tensor, its name for messages, where it lies, how many elements of what type it has, and
/// whether it is written.
type Placed<'m> = (i64, &'static str, Region<'m>, u128, Element, bool);

/// How cuDNN computes one attention, and no other.
pub(crate) struct AttentionPlan {
    attention: Attention,
    plan: Plan,
    /// What scores are multiplied by, what hidden ones become, and 1: the library reads them when work is queued.
    numbers: Box<[f32; 3]>,
}

impl AttentionPlan {
    /// # Errors
    /// [`BackendError::Unsupported`] for what the library has no kernel for, with its reason, and for rows that it
    /// would compute wrong; [`BackendError::Device`] when a call fails.
    pub(crate) fn new(cudnn: &Rc<Cudnn>, attention: Attention) -> Result<AttentionPlan, BackendError> {
        if let Some(refusal) = attention.shape.refusal(attention.element()) {
            return Err(BackendError::Unsupported(refusal));
        }
        if attention.is_causal && attention.shape.queries != attention.shape.keys {
            return Err(BackendError::Unsupported(
                "mask causal: the library has the first key as the first query's, whatever their numbers"
                    .to_owned(),
            ));
        }
        cudnn.stream.context.make_current()?;
        let mut graph = GraphBuilder::new(cudnn);
        match attention.pass {
            AttentionPass::Forward | AttentionPass::ForwardWithStatistics => forward(&mut graph, attention)?,
            AttentionPass::Backward => backward(&mut graph, attention)?,
        }
        let numbers = Box::new([attention.shape.scale(), f32::NEG_INFINITY, 1.0]);
        Ok(AttentionPlan { attention, plan: graph.plan()?, numbers })
    }

    /// Bytes that it works in.
    pub(crate) fn workspace_bytes(&self) -> u64 {
        self.plan.workspace_bytes
    }

    /// The library's engine and its knobs, where it tells.
    pub(crate) fn algorithm(&self) -> Option<&str> {
        self.plan.algorithm.as_deref()
    }

    /// Queues one launch.
    ///
    /// # Errors
    /// [`BackendError::Device`], what cuDNN says, or for matrices that do not fit their regions, are less aligned than
    /// the library takes for granted, or overlap, or too small a workspace.
    pub(crate) fn launch(
        self: &Rc<AttentionPlan>,
        stream: &Stream,
        regions: &AttentionRegions<'_>,
        workspace: Region<'_>,
    ) -> Result<(), BackendError> {
        let placed = self.placed(regions)?;
        for (_, what, region, elements, element, _) in &placed {
            // What does not fit in 64 bits does not fit in a region.
            region.holds(what, u64::try_from(*elements).unwrap_or(u64::MAX), element.size() as usize)?;
            region.is_aligned_to(what, super::graph::ALIGNMENT.unsigned_abs())?;
            stream.uses(region.memory())?;
        }
        for (place, (_, what, region, .., is_written)) in placed.iter().enumerate() {
            let others = placed.iter().enumerate().filter(|(other, _)| *is_written && *other != place);
            for (_, (_, other_name, other, ..)) in others {
                region.is_apart_from(&format!("{what} and {other_name}"), other)?;
            }
            if *is_written {
                region.is_apart_from(&format!("{what} and the workspace"), &workspace)?;
            }
        }
        workspace.holds("cuDNN's workspace", self.workspace_bytes(), 1)?;
        workspace.is_aligned_to("cuDNN's workspace", super::graph::ALIGNMENT.unsigned_abs())?;
        stream.uses(workspace.memory())?;
        // It owns the library's handle, and the code that the library has loaded for it.
        stream.uses(self)?;
        if !std::ptr::eq(stream, &*self.plan.cudnn.stream) {
            return Err(BackendError::Device("cuDNN works in another stream".to_owned()));
        }
        let mut tensors: Vec<(i64, *mut c_void)> =
            placed.iter().map(|(uid, _, region, ..)| (*uid, region.address as *mut c_void)).collect();
        let number = |index: usize| std::ptr::from_ref(&self.numbers[index]).cast_mut().cast::<c_void>();
        tensors.push((uid::SCALE, number(0)));
        if self.attention.is_causal {
            tensors.push((uid::MASKED, number(1)));
        }
        if self.attention.pass == AttentionPass::Backward {
            tensors.push((uid::ONE, number(2)));
        }
        // SAFETY: each tensor has the elements that its region was just found to hold, at an aligned address; numbers
        // of the host are f32 that live as long as the plan; memory and plan wait for the work before they go, or are
        // owned by the graph that it is captured into.
        unsafe { self.plan.queue(&tensors, workspace.address as *mut c_void) }
    }

    fn placed<'m>(&self, regions: &AttentionRegions<'m>) -> Result<Vec<Placed<'m>>, BackendError> {
        let (lengths, element) = (self.attention.shape.lengths(), self.attention.element());
        let is_backward = self.attention.pass == AttentionPass::Backward;
        let mut placed = vec![
            (uid::Q, "Q", regions.q, lengths.q, element, false),
            (uid::K, "K", regions.k, lengths.k, element, false),
            (uid::V, "V", regions.v, lengths.v, element, false),
            (uid::O, "O", regions.o, lengths.o, element, !is_backward),
        ];
        if self.attention.pass == AttentionPass::Forward {
            return Ok(placed);
        }
        let Some(training) = &regions.training else {
            return Err(BackendError::Device("no memory for the statistics of attention".to_owned()));
        };
        let Gradients { statistics, d_o, d_q, d_k, d_v, d_q_sum, row_sum } = *training;
        placed.push((uid::STATISTICS, "statistics", statistics, lengths.rows, Element::F32, !is_backward));
        if is_backward {
            placed.extend([
                (uid::D_O, "dO", d_o, lengths.o, element, false),
                (uid::D_Q, "dQ", d_q, lengths.q, element, true),
                (uid::D_K, "dK", d_k, lengths.k, element, true),
                (uid::D_V, "dV", d_v, lengths.v, element, true),
                (uid::D_Q_SUM, "the sum of dQ", d_q_sum, lengths.q, Element::F32, true),
                (uid::ROW_SUM, "the sums of rows", row_sum, lengths.rows, Element::F32, true),
            ]);
        }
        Ok(placed)
    }
}

impl InContext for AttentionPlan {
    fn context(&self) -> &Rc<Context> {
        self.plan.cudnn.context()
    }
}

impl Drop for AttentionPlan {
    fn drop(&mut self) {
        // What runs its code has ended before the library may unload it.
        self.context().release_when_idle(|_| 0);
    }
}

/// `scores` where the key is not after the query, or else -∞.
fn masked(graph: &mut GraphBuilder, shape: AttentionShape, scores: Tensor) -> Result<Tensor, BackendError> {
    let [row, column] = [(); 2].map(|()| graph.between(shape.scores(), DataType::Int32));
    let (row, column) = (row?, column?);
    let keep = graph.between(shape.scores(), DataType::Boolean)?;
    let out = graph.between(shape.scores(), DataType::Float)?;
    graph.index(scores, 2, row)?;
    graph.index(scores, 3, column)?;
    graph.at_least(row, column, keep)?;
    let hidden = graph.scalar(uid::MASKED)?;
    graph.select(keep, scores, hidden, out)?;
    Ok(out)
}

/// O = softmax(scale · Q·Kᵀ)·V, and the statistics. Without the two operations that make these the pattern is not the
/// library's, also where nobody wants them.
fn forward(graph: &mut GraphBuilder, attention: Attention) -> Result<(), BackendError> {
    let (shape, data) = (attention.shape, attention.data());
    let (scores, rows) = (shape.scores(), shape.rows());
    let q = graph.memory(uid::Q, shape.q(), packed(shape.q()), data)?;
    let k_turned = graph.memory(uid::K, turned(shape.k()), turned(packed(shape.k())), data)?;
    let v = graph.memory(uid::V, shape.v(), packed(shape.v()), data)?;
    let o = graph.memory(uid::O, shape.o(), packed(shape.o()), data)?;
    let product = graph.between(scores, DataType::Float)?;
    graph.matmul(q, k_turned, product)?;
    let mut scaled = graph.between(scores, DataType::Float)?;
    let scale = graph.scalar(uid::SCALE)?;
    graph.pointwise(Pointwise::Mul, product, Some(scale), scaled)?;
    if attention.is_causal {
        scaled = masked(graph, shape, scaled)?;
    }
    let largest = graph.between(rows, DataType::Float)?;
    graph.reduce(Reduction::Max, scaled, largest)?;
    let below = graph.between(scores, DataType::Float)?;
    graph.pointwise(Pointwise::Sub, scaled, Some(largest), below)?;
    let exponential = graph.between(scores, DataType::Float)?;
    graph.pointwise(Pointwise::Exp, below, None, exponential)?;
    let sum = graph.between(rows, DataType::Float)?;
    graph.reduce(Reduction::Add, exponential, sum)?;
    let logarithm = graph.between(rows, DataType::Float)?;
    graph.pointwise(Pointwise::Log, sum, None, logarithm)?;
    let statistics = match attention.pass {
        AttentionPass::ForwardWithStatistics => {
            graph.memory(uid::STATISTICS, rows, packed(rows), DataType::Float)?
        }
        _ => graph.between(rows, DataType::Float)?,
    };
    graph.pointwise(Pointwise::Add, largest, Some(logarithm), statistics)?;
    let probabilities = graph.between(scores, data)?;
    graph.pointwise(Pointwise::Div, exponential, Some(sum), probabilities)?;
    graph.matmul(probabilities, v, o)
}

/// dQ, dK and dV. dQ is added up in fp32 and then rounded. Heads that share keys make gradients of their own, which are
/// added up.
fn backward(graph: &mut GraphBuilder, attention: Attention) -> Result<(), BackendError> {
    let (shape, data) = (attention.shape, attention.data());
    let (scores, rows) = (shape.scores(), shape.rows());
    let [b, h, s, t] = scores;
    let (scores_turned, turned_strides) = ([b, h, t, s], [h * s * t, s * t, 1, t]);
    let q = graph.memory(uid::Q, shape.q(), packed(shape.q()), data)?;
    let k_turned = graph.memory(uid::K, turned(shape.k()), turned(packed(shape.k())), data)?;
    let v_turned = graph.memory(uid::V, turned(shape.v()), turned(packed(shape.v())), data)?;
    let o = graph.memory(uid::O, shape.o(), packed(shape.o()), data)?;
    let d_o = graph.memory(uid::D_O, shape.o(), packed(shape.o()), data)?;
    let statistics = graph.memory(uid::STATISTICS, rows, packed(rows), DataType::Float)?;
    let d_q = graph.memory(uid::D_Q, shape.q(), packed(shape.q()), data)?;
    let d_k = graph.memory(uid::D_K, shape.k(), packed(shape.k()), data)?;
    let d_v = graph.memory(uid::D_V, shape.v(), packed(shape.v()), data)?;
    let scale = graph.scalar(uid::SCALE)?;

    let weighted = graph.between(shape.o(), DataType::Float)?;
    graph.pointwise(Pointwise::Mul, d_o, Some(o), weighted)?;
    let summed = graph.between(rows, DataType::Float)?;
    graph.reduce(Reduction::Add, weighted, summed)?;
    let row_sum = graph.memory(uid::ROW_SUM, rows, packed(rows), DataType::Float)?;
    let one = graph.scalar(uid::ONE)?;
    graph.pointwise(Pointwise::Mul, summed, Some(one), row_sum)?;

    let product = graph.between(scores, DataType::Float)?;
    graph.matmul(q, k_turned, product)?;
    let scaled = graph.between(scores, DataType::Float)?;
    graph.pointwise(Pointwise::Mul, product, Some(scale), scaled)?;
    let mut below = graph.between(scores, DataType::Float)?;
    graph.pointwise(Pointwise::Sub, scaled, Some(statistics), below)?;
    if attention.is_causal {
        below = masked(graph, shape, below)?;
    }
    let probabilities = graph.between(scores, DataType::Float)?;
    graph.pointwise(Pointwise::Exp, below, None, probabilities)?;
    let probabilities_turned = graph.between_strided(scores_turned, turned_strides, data)?;
    graph.reshape(probabilities, probabilities_turned)?;
    let shares_keys = shape.heads != shape.kv_heads;
    let [per_head_k, per_head_v] =
        [shape.head_dim, shape.head_dim_v].map(|width| [b, h, t, i64::from(width)]);
    gradient(graph, (probabilities_turned, d_o), d_v, shares_keys.then_some((per_head_v, data)))?;

    let d_probabilities = graph.between(scores, DataType::Float)?;
    graph.matmul(d_o, v_turned, d_probabilities)?;
    let without_sum = graph.between(scores, DataType::Float)?;
    graph.pointwise(Pointwise::Sub, d_probabilities, Some(row_sum), without_sum)?;
    let times_probabilities = graph.between(scores, DataType::Float)?;
    graph.pointwise(Pointwise::Mul, without_sum, Some(probabilities), times_probabilities)?;
    let d_scores = graph.between(scores, DataType::Float)?;
    graph.pointwise(Pointwise::Mul, times_probabilities, Some(scale), d_scores)?;
    let d_scores_turned = graph.between_strided(scores_turned, turned_strides, data)?;
    graph.reshape(d_scores, d_scores_turned)?;
    gradient(graph, (d_scores_turned, q), d_k, shares_keys.then_some((per_head_k, data)))?;

    let k = graph.between_strided(shape.k(), packed(shape.k()), data)?;
    graph.reshape(k_turned, k)?;
    let d_q_sum = graph.memory(uid::D_Q_SUM, shape.q(), packed(shape.q()), DataType::Float)?;
    graph.matmul(d_scores, k, d_q_sum)?;
    graph.pointwise(Pointwise::Identity, d_q_sum, None, d_q)
}

/// `out` = `a`·`b`, of each head and then added up where heads share keys.
fn gradient(
    graph: &mut GraphBuilder,
    (a, b): (Tensor, Tensor),
    out: Tensor,
    per_head: Option<(Four, DataType)>,
) -> Result<(), BackendError> {
    match per_head {
        None => graph.matmul(a, b, out),
        Some((dims, data)) => {
            let whole = graph.between(dims, data)?;
            graph.matmul(a, b, whole)?;
            graph.reduce(Reduction::Add, whole, out)
        }
    }
}

//! An operation graph under construction, and what the library makes of it.

use super::Cudnn;
use super::descriptor::{Descriptor, Kind, Values, types};
use hovera_bench::BackendError;
use std::ffi::{c_int, c_void};
use std::rc::Rc;

/// `cudnnDataType_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataType {
    Float = 0,
    Half = 2,
    Int32 = 4,
    Bfloat16 = 9,
    Boolean = 11,
}

/// `cudnnPointwiseMode_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pointwise {
    Add = 0,
    Mul = 1,
    Div = 6,
    Sub = 9,
    Exp = 13,
    Log = 15,
    Identity = 21,
    CmpGe = 303,
    GenIndex = 501,
    BinarySelect = 601,
}

/// `cudnnReduceTensorOp_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reduction {
    Add = 0,
    Max = 3,
}

/// `CUDNN_HEUR_MODE_A`: what PyTorch asks for. Mode FALLBACK lists old kernels first.
const HEURISTICS: c_int = 3;

/// The most choices of an engine that are told.
const MOST_KNOBS: usize = 64;

/// What tensors' addresses are multiples of, in bytes.
pub(super) const ALIGNMENT: i64 = 16;

/// Virtual tensors have numbers from here on.
const FIRST_VIRTUAL: i64 = 1000;

/// Sizes of a tensor of four dimensions, or its strides.
pub(super) type Four = [i64; 4];

/// Strides of a tensor without gaps.
pub(super) fn packed([_, b, c, d]: Four) -> Four {
    [b * c * d, c * d, d, 1]
}

/// The last two of four changed places.
pub(super) fn turned([a, b, c, d]: Four) -> Four {
    [a, b, d, c]
}

/// A tensor of a graph, by its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tensor(usize);

/// Operations, and the tensors between them.
pub(super) struct GraphBuilder {
    cudnn: Rc<Cudnn>,
    tensors: Vec<Descriptor>,
    /// What operations refer to.
    parts: Vec<Descriptor>,
    operations: Vec<Descriptor>,
    next_virtual: i64,
}

enum Place {
    Memory(i64),
    Virtual,
    /// Its value is read from the host's memory when it is queued.
    ByValue(i64),
}

impl GraphBuilder {
    pub(super) fn new(cudnn: &Rc<Cudnn>) -> GraphBuilder {
        let cudnn = Rc::clone(cudnn);
        let (tensors, parts, operations) = (Vec::new(), Vec::new(), Vec::new());
        GraphBuilder { cudnn, tensors, parts, operations, next_virtual: FIRST_VIRTUAL }
    }

    fn tensor(
        &mut self,
        dims: Four,
        strides: Four,
        data: DataType,
        place: Place,
    ) -> Result<Tensor, BackendError> {
        let uid = match place {
            Place::Memory(uid) | Place::ByValue(uid) => uid,
            Place::Virtual => {
                self.next_virtual += 1;
                self.next_virtual
            }
        };
        let mut attributes = vec![
            (901, Values::Enum(types::DATA_TYPE, data as c_int)),
            (902, Values::Int64(&dims)),
            (903, Values::Int64(&strides)),
        ];
        let (uid, alignment) = ([uid], [ALIGNMENT]);
        attributes.push((906, Values::Int64(&uid)));
        attributes.push((900, Values::Int64(&alignment)));
        match place {
            Place::Memory(_) => {}
            Place::Virtual => attributes.push((907, Values::Bool(true))),
            Place::ByValue(_) => attributes.push((908, Values::Bool(true))),
        }
        let tensor = Descriptor::made(&self.cudnn, Kind::Tensor, &attributes)?;
        self.tensors.push(tensor);
        Ok(Tensor(self.tensors.len() - 1))
    }

    /// A tensor in memory, which a launch names by its number.
    pub(super) fn memory(
        &mut self,
        uid: i64,
        dims: Four,
        strides: Four,
        data: DataType,
    ) -> Result<Tensor, BackendError> {
        self.tensor(dims, strides, data, Place::Memory(uid))
    }

    /// One that is nowhere, without gaps.
    pub(super) fn between(&mut self, dims: Four, data: DataType) -> Result<Tensor, BackendError> {
        self.tensor(dims, packed(dims), data, Place::Virtual)
    }

    /// The same with strides of its own.
    pub(super) fn between_strided(
        &mut self,
        dims: Four,
        strides: Four,
        data: DataType,
    ) -> Result<Tensor, BackendError> {
        self.tensor(dims, strides, data, Place::Virtual)
    }

    /// One fp32 number of the host. It has as many dimensions as the others: with one the library refuses it.
    pub(super) fn scalar(&mut self, uid: i64) -> Result<Tensor, BackendError> {
        self.tensor([1; 4], [1; 4], DataType::Float, Place::ByValue(uid))
    }

    fn of(&self, tensor: Tensor) -> Values<'_> {
        Values::Descriptor(&self.tensors[tensor.0])
    }

    /// An operation of a kind, which refers to what says how, and to tensors.
    fn operation(
        &mut self,
        kind: Kind,
        how: Option<(c_int, Descriptor)>,
        tensors: &[(c_int, Tensor)],
    ) -> Result<(), BackendError> {
        let mut attributes: Vec<(c_int, Values<'_>)> =
            tensors.iter().map(|(attribute, tensor)| (*attribute, self.of(*tensor))).collect();
        if let Some((attribute, how)) = &how {
            attributes.insert(0, (*attribute, Values::Descriptor(how)));
        }
        let operation = Descriptor::made(&self.cudnn, kind, &attributes)?;
        self.operations.push(operation);
        self.parts.extend(how.map(|(_, how)| how));
        Ok(())
    }

    /// `out` = `a`·`b`, added up in fp32.
    pub(super) fn matmul(&mut self, a: Tensor, b: Tensor, out: Tensor) -> Result<(), BackendError> {
        let float = Values::Enum(types::DATA_TYPE, DataType::Float as c_int);
        let how = Descriptor::made(&self.cudnn, Kind::Matmul, &[(1500, float)])?;
        self.operation(Kind::OperationMatmul, Some((1523, how)), &[(1520, a), (1521, b), (1522, out)])
    }

    /// `out` = mode(`x`), or mode(`x`, `b`).
    pub(super) fn pointwise(
        &mut self,
        mode: Pointwise,
        x: Tensor,
        b: Option<Tensor>,
        out: Tensor,
    ) -> Result<(), BackendError> {
        self.pointwise_in(mode, DataType::Float, None, &[(751, Some(x)), (752, b), (753, Some(out))])
    }

    /// `out` = the index of each element along an axis.
    pub(super) fn index(&mut self, like: Tensor, axis: i64, out: Tensor) -> Result<(), BackendError> {
        let tensors = [(751, Some(like)), (753, Some(out))];
        self.pointwise_in(Pointwise::GenIndex, DataType::Float, Some(axis), &tensors)
    }

    /// `out` = whether `x` ≥ `b`.
    pub(super) fn at_least(&mut self, x: Tensor, b: Tensor, out: Tensor) -> Result<(), BackendError> {
        let tensors = [(751, Some(x)), (752, Some(b)), (753, Some(out))];
        self.pointwise_in(Pointwise::CmpGe, DataType::Boolean, None, &tensors)
    }

    /// `out` = `x` where `which`, or else `b`.
    pub(super) fn select(
        &mut self,
        which: Tensor,
        x: Tensor,
        b: Tensor,
        out: Tensor,
    ) -> Result<(), BackendError> {
        let tensors = [(751, Some(x)), (752, Some(b)), (758, Some(which)), (753, Some(out))];
        self.pointwise_in(Pointwise::BinarySelect, DataType::Float, None, &tensors)
    }

    fn pointwise_in(
        &mut self,
        mode: Pointwise,
        data: DataType,
        axis: Option<i64>,
        tensors: &[(c_int, Option<Tensor>)],
    ) -> Result<(), BackendError> {
        let axis = axis.map(|axis| [axis]);
        let mut attributes = vec![
            (0, Values::Enum(types::POINTWISE_MODE, mode as c_int)),
            (1, Values::Enum(types::DATA_TYPE, data as c_int)),
        ];
        if let Some(axis) = &axis {
            attributes.push((9, Values::Int64(axis)));
        }
        let how = Descriptor::made(&self.cudnn, Kind::Pointwise, &attributes)?;
        let tensors: Vec<(c_int, Tensor)> =
            tensors.iter().filter_map(|(attribute, tensor)| Some((*attribute, (*tensor)?))).collect();
        self.operation(Kind::OperationPointwise, Some((750, how)), &tensors)
    }

    /// `out` = `x` reduced along each axis where `out` has one element.
    pub(super) fn reduce(&mut self, by: Reduction, x: Tensor, out: Tensor) -> Result<(), BackendError> {
        let attributes = [
            (1601, Values::Enum(types::DATA_TYPE, DataType::Float as c_int)),
            (1600, Values::Enum(types::REDUCTION, by as c_int)),
        ];
        let how = Descriptor::made(&self.cudnn, Kind::Reduction, &attributes)?;
        self.operation(Kind::OperationReduction, Some((1612, how)), &[(1610, x), (1611, out)])
    }

    /// `out` has the elements of `x` as its own dimensions and strides have them.
    pub(super) fn reshape(&mut self, x: Tensor, out: Tensor) -> Result<(), BackendError> {
        self.operation(Kind::OperationReshape, None, &[(2200, x), (2201, out)])
    }

    /// The first plan that the library's heuristics offer and can make.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] with the library's reason when it offers none, or can make none of them;
    /// [`BackendError::Device`] when a call fails.
    pub(super) fn plan(self) -> Result<Plan, BackendError> {
        let GraphBuilder { cudnn, tensors, mut parts, operations, .. } = self;
        let attributes = [(801, Values::Descriptors(&operations)), (800, Values::Handle)];
        let unsupported = |error: BackendError| BackendError::Unsupported(error.to_string());
        let graph = Descriptor::made(&cudnn, Kind::OperationGraph, &attributes).map_err(unsupported)?;
        let attributes =
            [(201, Values::Descriptor(&graph)), (200, Values::Enum(types::HEUR_MODE, HEURISTICS))];
        let heuristics =
            Descriptor::made(&cudnn, Kind::EngineHeuristics, &attributes).map_err(unsupported)?;
        let count = heuristics.count(202, types::DESCRIPTOR)?;
        if count == 0 {
            let reason = cudnn.reason();
            let reason = if reason.is_empty() { "it gives no reason".to_owned() } else { reason };
            return Err(BackendError::Unsupported(format!("cuDNN has no kernel for it: {reason}")));
        }
        let configs = heuristics.descriptors(202, Kind::EngineConfig, count)?;
        let mut refusal = BackendError::Unsupported("cuDNN told of kernels and gave none".to_owned());
        for config in configs {
            let attributes = [(401, Values::Descriptor(&config)), (400, Values::Handle)];
            let plan = match Descriptor::made(&cudnn, Kind::Plan, &attributes) {
                Ok(plan) => plan,
                Err(error) => {
                    refusal = unsupported(error);
                    continue;
                }
            };
            let workspace_bytes = u64::try_from(plan.int64(402)?).unwrap_or(0);
            let algorithm = algorithm(&config).ok();
            parts.extend(tensors);
            parts.extend(operations);
            parts.extend([graph, heuristics, config]);
            return Ok(Plan { plan, parts, cudnn, workspace_bytes, algorithm });
        }
        Err(refusal)
    }
}

/// The engine's number, and the choices of its knobs: `2 knob24=7`.
fn algorithm(config: &Descriptor) -> Result<String, BackendError> {
    let engine = config.descriptors(300, Kind::Engine, 1)?;
    let mut text = match engine.first() {
        Some(engine) => engine.int64(1301)?.to_string(),
        None => return Err(BackendError::Device("cuDNN: a configuration without an engine".to_owned())),
    };
    for knob in config.descriptors(302, Kind::KnobChoice, MOST_KNOBS)? {
        let (kind, choice) = (knob.number(600, types::KNOB_TYPE)?, knob.int64(601)?);
        text.push_str(&format!(" knob{kind}={choice}"));
    }
    Ok(text)
}

/// What the library is going to run for a graph.
pub(super) struct Plan {
    plan: Descriptor,
    /// All that it refers to, directly or not.
    #[expect(dead_code, reason = "owned for as long as the plan refers to it")]
    parts: Vec<Descriptor>,
    pub(super) cudnn: Rc<Cudnn>,
    pub(super) workspace_bytes: u64,
    /// Engine and knobs, where the library tells.
    pub(super) algorithm: Option<String>,
}

impl Plan {
    /// Queues it, on tensors by their numbers.
    ///
    /// # Safety
    /// Each address must be that of a tensor of the graph as it was described, on the device, or, of a number of the
    /// host, of an f32; the workspace must have as many bytes as the plan asks for. All on the device must be owned
    /// until the work has ended.
    pub(super) unsafe fn queue(
        &self,
        tensors: &[(i64, *mut c_void)],
        workspace: *mut c_void,
    ) -> Result<(), BackendError> {
        let cudnn = &self.cudnn;
        let (uids, addresses): (Vec<i64>, Vec<*mut c_void>) = tensors.iter().copied().unzip();
        let workspace = [workspace];
        let attributes = [
            (1000, Values::Int64(&uids)),
            (1001, Values::Pointers(&addresses)),
            (1003, Values::Pointers(&workspace)),
        ];
        let pack = Descriptor::made(cudnn, Kind::VariantPack, &attributes)?;
        let execute = cudnn.functions.cudnnBackendExecute;
        // SAFETY: handle, plan and pack live; what the pack points to the caller vouches for.
        let status = unsafe { execute(cudnn.handle, self.plan.raw, pack.raw) };
        cudnn.check("cudnnBackendExecute", status)
    }
}

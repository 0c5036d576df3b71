//! Backend descriptors: everything in cuDNN is one, with attributes by number.

use super::Cudnn;
use crate::sys::functions::Opaque;
use hovera_bench::BackendError;
use std::ffi::{c_int, c_void};
use std::rc::Rc;

/// `cudnnBackendDescriptorType_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Pointwise = 0,
    Engine = 2,
    EngineConfig = 3,
    EngineHeuristics = 4,
    Plan = 5,
    KnobChoice = 7,
    OperationPointwise = 13,
    OperationGraph = 15,
    VariantPack = 16,
    Tensor = 17,
    Matmul = 18,
    OperationMatmul = 19,
    Reduction = 21,
    OperationReduction = 22,
    OperationReshape = 31,
}

/// `cudnnBackendAttributeType_t`, with values of it.
pub(super) enum Values<'v> {
    Handle,
    /// An enum: a `cudnnDataType_t` and its like, whose type has this number.
    Enum(c_int, c_int),
    Bool(bool),
    Int64(&'v [i64]),
    Pointers(&'v [*mut c_void]),
    Descriptor(&'v Descriptor),
    Descriptors(&'v [Descriptor]),
}

/// Numbers of `cudnnBackendAttributeType_t`.
pub(super) mod types {
    use std::ffi::c_int;

    pub(super) const HANDLE: c_int = 0;
    pub(in crate::sys::cudnn) const DATA_TYPE: c_int = 1;
    pub(super) const BOOLEAN: c_int = 2;
    pub(super) const INT64: c_int = 3;
    pub(super) const VOID_PTR: c_int = 6;
    pub(in crate::sys::cudnn) const HEUR_MODE: c_int = 8;
    pub(in crate::sys::cudnn) const KNOB_TYPE: c_int = 9;
    pub(in crate::sys::cudnn) const POINTWISE_MODE: c_int = 14;
    pub(in crate::sys::cudnn) const DESCRIPTOR: c_int = 15;
    pub(in crate::sys::cudnn) const REDUCTION: c_int = 18;
}

/// One descriptor. What it refers to it does not own: whoever makes descriptors of others keeps them all.
pub(super) struct Descriptor {
    cudnn: Rc<Cudnn>,
    pub(super) raw: Opaque,
    kind: Kind,
}

impl Descriptor {
    /// One without attributes.
    pub(super) fn new(cudnn: &Rc<Cudnn>, kind: Kind) -> Result<Descriptor, BackendError> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: it writes one pointer.
        let status = unsafe { (cudnn.functions.cudnnBackendCreateDescriptor)(kind as c_int, &mut raw) };
        cudnn.check(&format!("cuDNN: creating a {kind:?}"), status)?;
        Ok(Descriptor { cudnn: Rc::clone(cudnn), raw, kind })
    }

    /// One with these attributes, which is ready.
    pub(super) fn made(
        cudnn: &Rc<Cudnn>,
        kind: Kind,
        attributes: &[(c_int, Values<'_>)],
    ) -> Result<Descriptor, BackendError> {
        let descriptor = Descriptor::new(cudnn, kind)?;
        for (attribute, values) in attributes {
            descriptor.set(*attribute, values)?;
        }
        descriptor.finalize()?;
        Ok(descriptor)
    }

    fn set(&self, attribute: c_int, values: &Values<'_>) -> Result<(), BackendError> {
        match values {
            Values::Handle => self.set_slice(attribute, types::HANDLE, &[self.cudnn.handle]),
            Values::Enum(kind, value) => self.set_slice(attribute, *kind, &[*value]),
            // One byte, as C's bool.
            Values::Bool(value) => self.set_slice(attribute, types::BOOLEAN, &[*value]),
            Values::Int64(values) => self.set_slice(attribute, types::INT64, values),
            Values::Pointers(values) => self.set_slice(attribute, types::VOID_PTR, values),
            Values::Descriptor(descriptor) => self.set_slice(attribute, types::DESCRIPTOR, &[descriptor.raw]),
            Values::Descriptors(descriptors) => {
                let raw: Vec<Opaque> = descriptors.iter().map(|descriptor| descriptor.raw).collect();
                self.set_slice(attribute, types::DESCRIPTOR, &raw)
            }
        }
    }

    fn set_slice<T>(&self, attribute: c_int, kind: c_int, values: &[T]) -> Result<(), BackendError> {
        let set = self.cudnn.functions.cudnnBackendSetAttribute;
        // SAFETY: the descriptor lives; the values are of the type named, so many of them, and copied before it
        // returns.
        let status = unsafe { set(self.raw, attribute, kind, values.len() as i64, values.as_ptr().cast()) };
        self.cudnn.check(&format!("cuDNN: setting attribute {attribute} of a {:?}", self.kind), status)
    }

    fn finalize(&self) -> Result<(), BackendError> {
        // SAFETY: the descriptor lives.
        let status = unsafe { (self.cudnn.functions.cudnnBackendFinalize)(self.raw) };
        self.cudnn.check(&format!("cuDNN: finalizing a {:?}", self.kind), status)
    }

    /// How many values an attribute has.
    pub(super) fn count(&self, attribute: c_int, kind: c_int) -> Result<usize, BackendError> {
        let mut count = 0;
        let get = self.cudnn.functions.cudnnBackendGetAttribute;
        // SAFETY: the descriptor lives; without room for values it writes how many there are.
        let status = unsafe { get(self.raw, attribute, kind, 0, &mut count, std::ptr::null_mut()) };
        self.cudnn.check(&format!("cuDNN: counting attribute {attribute} of a {:?}", self.kind), status)?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// An integer.
    pub(super) fn int64(&self, attribute: c_int) -> Result<i64, BackendError> {
        self.scalar(attribute, types::INT64, 0i64)
    }

    /// A number of an enum.
    pub(super) fn number(&self, attribute: c_int, kind: c_int) -> Result<c_int, BackendError> {
        self.scalar(attribute, kind, 0)
    }

    fn scalar<T: Copy>(&self, attribute: c_int, kind: c_int, zero: T) -> Result<T, BackendError> {
        let (mut value, mut count) = (zero, 0);
        let get = self.cudnn.functions.cudnnBackendGetAttribute;
        // SAFETY: the descriptor lives; there is room for the one value asked for, of the type named.
        let status = unsafe { get(self.raw, attribute, kind, 1, &mut count, (&raw mut value).cast()) };
        self.cudnn.check(&format!("cuDNN: reading attribute {attribute} of a {:?}", self.kind), status)?;
        Ok(value)
    }

    /// Descriptors of a kind that an attribute has, at most so many.
    pub(super) fn descriptors(
        &self,
        attribute: c_int,
        kind: Kind,
        most: usize,
    ) -> Result<Vec<Descriptor>, BackendError> {
        // The library fills descriptors in that are there.
        let mut found: Vec<Descriptor> =
            (0..most).map(|_| Descriptor::new(&self.cudnn, kind)).collect::<Result<_, _>>()?;
        let mut raw: Vec<Opaque> = found.iter().map(|descriptor| descriptor.raw).collect();
        let (mut count, get) = (0, self.cudnn.functions.cudnnBackendGetAttribute);
        // SAFETY: the descriptor lives; there is room for `most` pointers, each to a live descriptor of that kind.
        let status = unsafe {
            get(self.raw, attribute, types::DESCRIPTOR, most as i64, &mut count, raw.as_mut_ptr().cast())
        };
        self.cudnn.check(&format!("cuDNN: reading attribute {attribute} of a {:?}", self.kind), status)?;
        found.truncate(usize::try_from(count).unwrap_or(0));
        Ok(found)
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: created once and destroyed once, here. It is host memory: a broken device does not matter.
        unsafe { (self.cudnn.functions.cudnnBackendDestroyDescriptor)(self.raw) };
    }
}

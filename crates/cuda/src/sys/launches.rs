//! What captured work consists of: its kernels, by name, and how they are launched. Nothing of it has to run.

use super::driver::Driver;
use super::functions::NodeFunctions;
use super::graph::CapturedWork;
use cudarc::driver::sys::{CUDA_KERNEL_NODE_PARAMS_v2_st, CUfunction, CUfunction_attribute, CUgraphNode};
use hovera_bench::BackendError;
use hovera_core::{CallLaunches, Extent, KernelLaunch};
use std::ffi::{CStr, c_char, c_int};

/// `CU_GRAPH_NODE_TYPE_KERNEL`, `CU_GRAPH_NODE_TYPE_MEMSET`.
const KERNEL: c_int = 0;
const MEMSET: c_int = 2;

/// `CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION`.
const CLUSTER: c_int = 4;

/// `CUlaunchAttributeValue`: a union of 64 bytes. Of a cluster's dimension it has three unsigned ints in front.
#[repr(C, align(8))]
#[derive(Default)]
pub(super) struct LaunchAttribute([u32; 16]);

impl CapturedWork {
    /// Its kernels and memsets, in the order in which they were captured. Nothing when the driver has no functions to
    /// ask by.
    ///
    /// # Errors
    /// [`BackendError::Device`], what the driver says.
    pub(crate) fn launches(&self) -> Result<Option<CallLaunches>, BackendError> {
        let driver = &self.stream().context.driver;
        let Some(functions) = &driver.node_functions else { return Ok(None) };
        let asked = Asked { driver, functions };
        let mut launches = CallLaunches::default();
        for node in asked.nodes(self)? {
            match asked.kind(node)? {
                KERNEL => launches.kernels.push(asked.kernel(node)?),
                MEMSET => launches.memsets += 1,
                _ => {}
            }
        }
        Ok(Some(launches))
    }
}

struct Asked<'d> {
    driver: &'d Driver,
    functions: &'d NodeFunctions,
}

impl Asked<'_> {
    /// They live as long as the graph.
    fn nodes(&self, work: &CapturedWork) -> Result<Vec<CUgraphNode>, BackendError> {
        let mut count = 0;
        let get = self.functions.cuGraphGetNodes;
        // SAFETY: without room for nodes it writes how many there are; the graph is live.
        let status = unsafe { get(work.raw(), std::ptr::null_mut(), &mut count) };
        self.driver.check("cuGraphGetNodes", status)?;
        let mut nodes = vec![std::ptr::null_mut(); count];
        // SAFETY: it writes at most `count` nodes, and how many it wrote; the graph is live.
        let status = unsafe { get(work.raw(), nodes.as_mut_ptr(), &mut count) };
        self.driver.check("cuGraphGetNodes", status)?;
        nodes.truncate(count);
        Ok(nodes)
    }

    fn kind(&self, node: CUgraphNode) -> Result<c_int, BackendError> {
        let mut kind = 0;
        // SAFETY: it writes one enum, an int; the node is live.
        let status = unsafe { (self.functions.cuGraphNodeGetType)(node, &mut kind) };
        self.driver.check("cuGraphNodeGetType", status)?;
        Ok(kind)
    }

    fn kernel(&self, node: CUgraphNode) -> Result<KernelLaunch, BackendError> {
        let mut launch = CUDA_KERNEL_NODE_PARAMS_v2_st {
            func: std::ptr::null_mut(),
            gridDimX: 0,
            gridDimY: 0,
            gridDimZ: 0,
            blockDimX: 0,
            blockDimY: 0,
            blockDimZ: 0,
            sharedMemBytes: 0,
            kernelParams: std::ptr::null_mut(),
            extra: std::ptr::null_mut(),
            kern: std::ptr::null_mut(),
            ctx: std::ptr::null_mut(),
        };
        // SAFETY: it writes one such struct; the node is live, and a kernel's.
        let status = unsafe { (self.functions.cuGraphKernelNodeGetParams_v2)(node, &mut launch) };
        self.driver.check("cuGraphKernelNodeGetParams", status)?;
        let mut function = launch.func;
        // A kernel of a library that was loaded for all contexts at once has a function in each.
        if function.is_null() {
            // SAFETY: it writes one pointer; the kernel is that of a live node, and the context is current.
            let status = unsafe { (self.functions.cuKernelGetFunction)(&mut function, launch.kern) };
            self.driver.check("cuKernelGetFunction", status)?;
        }
        let mut symbol: *const c_char = std::ptr::null();
        // SAFETY: it writes one pointer; the function is that of a live node.
        let status = unsafe { (self.functions.cuFuncGetName)(&mut symbol, function) };
        self.driver.check("cuFuncGetName", status)?;
        if symbol.is_null() {
            return Err(BackendError::Device("cuFuncGetName left no name".to_owned()));
        }
        // SAFETY: a string of the loaded module, ended by NUL; it is copied while the module is there.
        let symbol = unsafe { CStr::from_ptr(symbol) }.to_string_lossy().into_owned();
        let shared = CUfunction_attribute::CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES as c_int;
        let registers = CUfunction_attribute::CU_FUNC_ATTRIBUTE_NUM_REGS as c_int;
        Ok(KernelLaunch {
            symbol,
            grid: Extent { x: launch.gridDimX, y: launch.gridDimY, z: launch.gridDimZ },
            block: Extent { x: launch.blockDimX, y: launch.blockDimY, z: launch.blockDimZ },
            cluster: self.cluster(node),
            dynamic_shared_bytes: launch.sharedMemBytes,
            static_shared_bytes: self.attribute(function, shared),
            registers: self.attribute(function, registers),
        })
    }

    /// A launch that asks for no clusters, of which the attribute is all zeros, has them of one block ("implicit
    /// cluster launch" in the PTX ISA).
    fn cluster(&self, node: CUgraphNode) -> Option<Extent> {
        let mut value = LaunchAttribute::default();
        // SAFETY: it writes at most the union's 64 bytes; the node is live, and a kernel's.
        let status = unsafe { (self.functions.cuGraphKernelNodeGetAttribute)(node, CLUSTER, &mut value) };
        let [x, y, z, ..] = value.0;
        (status == 0).then(|| Extent { x: x.max(1), y: y.max(1), z: z.max(1) })
    }

    fn attribute(&self, function: CUfunction, attribute: c_int) -> Option<u32> {
        let mut value = 0;
        // SAFETY: it writes one int; the function is that of a live node.
        let status = unsafe { (self.functions.cuFuncGetAttribute)(&mut value, attribute, function) };
        if status == 0 { u32::try_from(value).ok() } else { None }
    }
}

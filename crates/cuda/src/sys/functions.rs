//! The functions taken from libcuda, libcublas, libcublasLt and libcudnn, with the signatures of CUDA 12 and 13.

use super::launches::LaunchAttribute;
use super::library::Library;
use cudarc::cublas::sys::{cublasHandle_t, cudaStream_t};
use cudarc::driver::sys::{
    CUDA_KERNEL_NODE_PARAMS_v2_st, CUcontext, CUdevice, CUdeviceptr, CUevent, CUfunction, CUgraph,
    CUgraphExec, CUgraphNode, CUkernel, CUlaunchConfig, CUmodule, CUstream, CUuuid,
};
use hovera_bench::BackendError;
use std::ffi::{c_char, c_int, c_longlong, c_uchar, c_uint, c_ulonglong, c_void};

/// A table of functions, all of them there or none: a missing one is an error that names it.
macro_rules! functions {
    ($(#[$doc:meta])* $table:ident { $( fn $name:ident($($type:ty),* $(,)?); )* }) => {
        $(#[$doc])*
        #[allow(non_snake_case)]
        #[derive(Clone, Copy)]
        pub(super) struct $table {
            $( pub(super) $name: unsafe extern "C" fn($($type),*) -> c_int, )*
        }

        impl $table {
            /// # Safety
            /// The library's functions of these names must have these signatures.
            pub(super) unsafe fn bind(library: &Library) -> Result<$table, BackendError> {
                Ok($table {
                    $( $name: {
                        // SAFETY: the caller vouches for the signature.
                        unsafe { library.function(stringify!($name)) }?
                    }, )*
                })
            }
        }
    };
}

// Enums are passed and returned as C ints: a status code of a newer library is then still a number.
functions! {
    /// What can be asked of any driver, however old.
    DriverVersionFunctions {
        fn cuDriverGetVersion(*mut c_int);
    }
}

functions! {
    /// The CUDA driver API.
    DriverFunctions {
        fn cuInit(c_uint);
        fn cuGetErrorName(c_int, *mut *const c_char);
        fn cuGetErrorString(c_int, *mut *const c_char);
        fn cuDeviceGetCount(*mut c_int);
        fn cuDeviceGet(*mut CUdevice, c_int);
        fn cuDeviceGetName(*mut c_char, c_int, CUdevice);
        fn cuDeviceGetAttribute(*mut c_int, c_int, CUdevice);
        fn cuDeviceGetUuid_v2(*mut CUuuid, CUdevice);
        fn cuDeviceTotalMem_v2(*mut usize, CUdevice);
        fn cuDevicePrimaryCtxRetain(*mut CUcontext, CUdevice);
        fn cuDevicePrimaryCtxRelease_v2(CUdevice);
        fn cuCtxSetCurrent(CUcontext);
        fn cuCtxSynchronize();
        fn cuMemGetInfo_v2(*mut usize, *mut usize);
        fn cuMemAlloc_v2(*mut CUdeviceptr, usize);
        fn cuMemFree_v2(CUdeviceptr);
        fn cuMemcpyDtoHAsync_v2(*mut c_void, CUdeviceptr, usize, CUstream);
        fn cuMemcpyHtoDAsync_v2(CUdeviceptr, *const c_void, usize, CUstream);
        fn cuMemsetD8Async(CUdeviceptr, c_uchar, usize, CUstream);
        fn cuStreamCreate(*mut CUstream, c_uint);
        fn cuStreamDestroy_v2(CUstream);
        fn cuStreamSynchronize(CUstream);
        fn cuStreamBeginCapture_v2(CUstream, c_int);
        fn cuStreamEndCapture(CUstream, *mut CUgraph);
        fn cuGraphInstantiateWithFlags(*mut CUgraphExec, CUgraph, c_ulonglong);
        fn cuGraphDestroy(CUgraph);
        fn cuGraphLaunch(CUgraphExec, CUstream);
        fn cuGraphUpload(CUgraphExec, CUstream);
        fn cuGraphExecDestroy(CUgraphExec);
        fn cuEventCreate(*mut CUevent, c_uint);
        fn cuEventDestroy_v2(CUevent);
        fn cuEventRecord(CUevent, CUstream);
        fn cuEventQuery(CUevent);
        fn cuEventSynchronize(CUevent);
        fn cuEventElapsedTime(*mut f32, CUevent, CUevent);
        fn cuModuleLoadData(*mut CUmodule, *const c_void);
        fn cuModuleUnload(CUmodule);
        fn cuModuleGetFunction(*mut CUfunction, CUmodule, *const c_char);
        fn cuLaunchKernel(
            CUfunction, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, CUstream,
            *mut *mut c_void, *mut *mut c_void,
        );
        fn cuLaunchKernelEx(*const CUlaunchConfig, CUfunction, *mut *mut c_void, *mut *mut c_void);
    }
}

functions! {
    /// What tells the kernels of a graph. Drivers before that of CUDA 12.3 lack some.
    NodeFunctions {
        fn cuGraphGetNodes(CUgraph, *mut CUgraphNode, *mut usize);
        fn cuGraphNodeGetType(CUgraphNode, *mut c_int);
        fn cuGraphKernelNodeGetParams_v2(CUgraphNode, *mut CUDA_KERNEL_NODE_PARAMS_v2_st);
        fn cuGraphKernelNodeGetAttribute(CUgraphNode, c_int, *mut LaunchAttribute);
        fn cuKernelGetFunction(*mut CUfunction, CUkernel);
        fn cuFuncGetName(*mut *const c_char, CUfunction);
        fn cuFuncGetAttribute(*mut c_int, c_int, CUfunction);
    }
}

functions! {
    /// cuBLAS.
    BlasFunctions {
        fn cublasCreate_v2(*mut cublasHandle_t);
        fn cublasDestroy_v2(cublasHandle_t);
        fn cublasGetVersion_v2(cublasHandle_t, *mut c_int);
        fn cublasSetStream_v2(cublasHandle_t, cudaStream_t);
        fn cublasSetMathMode(cublasHandle_t, c_int);
        fn cublasSetWorkspace_v2(cublasHandle_t, *mut c_void, usize);
        fn cublasGemmStridedBatchedEx(
            cublasHandle_t, c_int, c_int, c_int, c_int, c_int,
            *const c_void, *const c_void, c_int, c_int, c_longlong,
            *const c_void, c_int, c_int, c_longlong,
            *const c_void, *mut c_void, c_int, c_int, c_longlong,
            c_int, c_int, c_int,
        );
        fn cublasGemmEx(
            cublasHandle_t, c_int, c_int, c_int, c_int, c_int,
            *const c_void, *const c_void, c_int, c_int, *const c_void, c_int, c_int,
            *const c_void, *mut c_void, c_int, c_int, c_int, c_int,
        );
    }
}

/// A cublasLt object, which only cublasLt looks into.
pub(super) type Opaque = *mut c_void;

functions! {
    /// cublasLt.
    LtFunctions {
        fn cublasLtCreate(*mut Opaque);
        fn cublasLtDestroy(Opaque);
        fn cublasLtMatmulDescCreate(*mut Opaque, c_int, c_int);
        fn cublasLtMatmulDescDestroy(Opaque);
        fn cublasLtMatmulDescSetAttribute(Opaque, c_int, *const c_void, usize);
        fn cublasLtMatrixLayoutCreate(*mut Opaque, c_int, u64, u64, i64);
        fn cublasLtMatrixLayoutDestroy(Opaque);
        fn cublasLtMatrixLayoutSetAttribute(Opaque, c_int, *const c_void, usize);
        fn cublasLtMatmulPreferenceCreate(*mut Opaque);
        fn cublasLtMatmulPreferenceDestroy(Opaque);
        fn cublasLtMatmulPreferenceSetAttribute(Opaque, c_int, *const c_void, usize);
        fn cublasLtMatmulAlgoGetHeuristic(
            Opaque, Opaque, Opaque, Opaque, Opaque, Opaque, Opaque, c_int, *mut HeuristicResult, *mut c_int,
        );
        fn cublasLtMatmulAlgoConfigGetAttribute(*const Algorithm, c_int, *mut c_void, usize, *mut usize);
        fn cublasLtMatmul(
            Opaque, Opaque, *const c_void, *const c_void, Opaque, *const c_void, Opaque,
            *const c_void, *const c_void, Opaque, *mut c_void, Opaque,
            *const Algorithm, *mut c_void, usize, CUstream,
        );
    }
}

functions! {
    /// cuDNN's calls that return a status.
    CudnnStatusFunctions {
        fn cudnnCreate(*mut Opaque);
        fn cudnnDestroy(Opaque);
        fn cudnnSetStream(Opaque, cudaStream_t);
        fn cudnnCreateTensorDescriptor(*mut Opaque);
        fn cudnnSetTensor4dDescriptor(Opaque, c_int, c_int, c_int, c_int, c_int, c_int);
        fn cudnnDestroyTensorDescriptor(Opaque);
        fn cudnnSoftmaxForward(
            Opaque, c_int, c_int, *const c_void, Opaque, *const c_void, *const c_void, Opaque, *mut c_void,
        );
        fn cudnnBackendCreateDescriptor(c_int, *mut Opaque);
        fn cudnnBackendDestroyDescriptor(Opaque);
        fn cudnnBackendSetAttribute(Opaque, c_int, c_int, i64, *const c_void);
        fn cudnnBackendGetAttribute(Opaque, c_int, c_int, i64, *mut i64, *mut c_void);
        fn cudnnBackendFinalize(Opaque);
        fn cudnnBackendExecute(Opaque, Opaque, Opaque);
    }
}

/// cuDNN.
#[derive(Clone, Copy)]
pub(super) struct CudnnFunctions {
    status: CudnnStatusFunctions,
    /// `cudnnGetLastErrorString`.
    pub(super) last_error: unsafe extern "C" fn(*mut c_char, usize),
}

impl CudnnFunctions {
    /// # Safety
    /// As of the others.
    pub(super) unsafe fn bind(library: &Library) -> Result<CudnnFunctions, BackendError> {
        Ok(CudnnFunctions {
            // SAFETY: the caller vouches for the signatures.
            status: unsafe { CudnnStatusFunctions::bind(library) }?,
            // SAFETY: as above.
            last_error: unsafe { library.function("cudnnGetLastErrorString") }?,
        })
    }
}

impl std::ops::Deref for CudnnFunctions {
    type Target = CudnnStatusFunctions;

    fn deref(&self) -> &CudnnStatusFunctions {
        &self.status
    }
}

/// `cublasLtMatmulAlgo_t`: what to run, which only cublasLt can read.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Algorithm([u64; 8]);

/// `cublasLtMatmulHeuristicResult_t`, with a status that may be any number.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct HeuristicResult {
    pub(super) algorithm: Algorithm,
    pub(super) workspace_bytes: usize,
    pub(super) status: c_int,
    pub(super) waves: f32,
    reserved: [c_int; 4],
}

const _: () = {
    use cudarc::cublaslt::sys::{cublasLtMatmulAlgo_t, cublasLtMatmulHeuristicResult_t};
    assert!(size_of::<Algorithm>() == size_of::<cublasLtMatmulAlgo_t>());
    assert!(size_of::<HeuristicResult>() == size_of::<cublasLtMatmulHeuristicResult_t>());
    assert!(align_of::<HeuristicResult>() == align_of::<cublasLtMatmulHeuristicResult_t>());
};

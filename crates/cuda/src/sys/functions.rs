//! The functions taken from libcuda and libcublas, with the signatures of CUDA 12 and 13.

use super::library::Library;
use cudarc::cublas::sys::{cublasHandle_t, cudaStream_t};
use cudarc::driver::sys::{
    CUcontext, CUdevice, CUdeviceptr, CUevent, CUfunction, CUmodule, CUstream, CUuuid,
};
use hovera_bench::BackendError;
use std::ffi::{c_char, c_int, c_longlong, c_uchar, c_uint, c_void};

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
        fn cuMemGetInfo_v2(*mut usize, *mut usize);
        fn cuMemAlloc_v2(*mut CUdeviceptr, usize);
        fn cuMemFree_v2(CUdeviceptr);
        fn cuMemcpyDtoHAsync_v2(*mut c_void, CUdeviceptr, usize, CUstream);
        fn cuMemcpyHtoDAsync_v2(CUdeviceptr, *const c_void, usize, CUstream);
        fn cuMemsetD8Async(CUdeviceptr, c_uchar, usize, CUstream);
        fn cuStreamCreate(*mut CUstream, c_uint);
        fn cuStreamDestroy_v2(CUstream);
        fn cuStreamSynchronize(CUstream);
        fn cuEventCreate(*mut CUevent, c_uint);
        fn cuEventDestroy_v2(CUevent);
        fn cuEventRecord(CUevent, CUstream);
        fn cuEventQuery(CUevent);
        fn cuEventElapsedTime(*mut f32, CUevent, CUevent);
        fn cuModuleLoadData(*mut CUmodule, *const c_void);
        fn cuModuleUnload(CUmodule);
        fn cuModuleGetFunction(*mut CUfunction, CUmodule, *const c_char);
        fn cuLaunchKernel(
            CUfunction, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, CUstream,
            *mut *mut c_void, *mut *mut c_void,
        );
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
    }
}

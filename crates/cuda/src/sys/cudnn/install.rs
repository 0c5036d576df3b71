//! Finding cuDNN and what it loads by itself.

use crate::sys::functions::CudnnFunctions;
use crate::sys::library::{Library, cublaslt_of_major, cudnn_candidates, nvrtc_candidates};
use hovera_bench::BackendError;
use std::fmt;
use std::path::Path;

/// The first whose fused attention is known to be right on the shapes that are measured here. 9.10.0 and 9.10.1 are
/// refused by NVIDIA's own frontend, and what lies between was not tried.
const OLDEST: CudnnVersion = CudnnVersion(91_300);

/// As the library numbers itself: 91400 is 9.14.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CudnnVersion(usize);

impl CudnnVersion {
    /// Versions before 9 have another number of digits, and are below any of 9 all the same.
    pub(crate) fn from_number(number: usize) -> CudnnVersion {
        CudnnVersion(number)
    }

    /// Why it is not used, if it is not.
    pub(crate) fn refusal(self) -> Option<String> {
        (self < OLDEST).then(|| {
            format!(
                "cuDNN {self}: fused attention wants {OLDEST} or newer; pip install -U nvidia-cudnn-cu13 (or -cu12), \
                 and put its folder (site-packages/nvidia/cudnn/lib) first in LD_LIBRARY_PATH"
            )
        })
    }
}

impl fmt::Display for CudnnVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CudnnVersion(number) = *self;
        match number {
            0..10_000 => write!(f, "{}.{}.{}", number / 1000, number / 100 % 10, number % 100),
            _ => write!(f, "{}.{}.{}", number / 10_000, number / 100 % 100, number % 100),
        }
    }
}

/// A cuDNN that was loaded, and has done nothing yet.
struct Found {
    library: Library,
    version: CudnnVersion,
    /// Of the CUDA that it was built for.
    cuda_major: usize,
}

fn load() -> Result<Found, BackendError> {
    let advice = "cuDNN comes by itself (apt install cudnn9-cuda-13), or: pip install nvidia-cudnn-cu13 (or -cu12), \
                  and add its folder (site-packages/nvidia/cudnn/lib) to LD_LIBRARY_PATH";
    // SAFETY: cuDNN's initialisers are made for being loaded at run time.
    let library = unsafe { Library::open("cuDNN", &cudnn_candidates(), advice) }?;
    // SAFETY: both take nothing and return a size_t, in every cuDNN.
    let version: unsafe extern "C" fn() -> usize = unsafe { library.function("cudnnGetVersion") }?;
    // SAFETY: as above.
    let cuda: unsafe extern "C" fn() -> usize = unsafe { library.function("cudnnGetCudartVersion") }?;
    // SAFETY: it takes and touches nothing.
    let version = CudnnVersion::from_number(unsafe { version() });
    // SAFETY: as above.
    let cuda_major = unsafe { cuda() } / 1000;
    Ok(Found { library, version, cuda_major })
}

impl Found {
    /// Version and file, `cuDNN 9.19.0 for CUDA 13 (libcudnn.so.9)`.
    fn name(&self) -> String {
        format!("cuDNN {} for CUDA {} ({})", self.version, self.cuda_major, self.library.file())
    }

    fn refusal(&self, driver_version: i32) -> Option<String> {
        let driver_major = usize::try_from(driver_version / 1000).unwrap_or(0);
        self.version.refusal().or_else(|| {
            (self.cuda_major > driver_major).then(|| {
                format!(
                    "{} with a driver for CUDA {driver_major}: want a cuDNN for CUDA {driver_major}: pip install \
                     nvidia-cudnn-cu{driver_major}",
                    self.name()
                )
            })
        })
    }
}

/// The cuDNN that would be used, `cuDNN 9.19.0 for CUDA 13 (libcudnn.so.9)`. It is loaded, and nothing of it started.
///
/// # Errors
/// [`BackendError::Unavailable`], naming what was tried, or why what was found will not do.
pub(crate) fn find(driver_version: i32) -> Result<String, BackendError> {
    let found = load()?;
    let (name, refusal) = (found.name(), found.refusal(driver_version));
    found.library.keep();
    refusal.map_or(Ok(name), |refusal| Err(BackendError::Unavailable(refusal)))
}

/// The functions of a cuDNN that can work. The libraries that it opens by their names while it works are opened here
/// first: without NVRTC it has no kernel for any shape, and says nothing of why; without cublasLt it ends the process.
///
/// # Errors
/// [`BackendError::Unavailable`], naming what was tried, or why what was found will not do.
pub(super) fn open(driver_version: i32, cublas: &Path) -> Result<CudnnFunctions, BackendError> {
    let found = load()?;
    if let Some(refusal) = found.refusal(driver_version) {
        found.library.keep();
        return Err(BackendError::Unavailable(refusal));
    }
    let (name, major) = (found.name(), found.cuda_major);
    let nvrtc_advice = format!(
        "{name} compiles its attention with NVRTC, which comes with the CUDA toolkit, or: pip install nvidia-cuda-nvrtc"
    );
    let lt_advice =
        format!("{name} needs cublasLt of CUDA {major}, which comes with cuBLAS: pip install nvidia-cublas");
    for (what, candidates, advice) in [
        ("NVRTC", nvrtc_candidates(major), nvrtc_advice),
        ("cublasLt", cublaslt_of_major(major, cublas), lt_advice),
    ] {
        // SAFETY: NVIDIA's libraries are made for being loaded at run time.
        unsafe { Library::open(what, &candidates, &advice) }?.keep();
    }
    // SAFETY: the signatures are those of cudnn_graph.h and cudnn_ops.h of cuDNN 9.
    let functions = unsafe { CudnnFunctions::bind(&found.library) }?;
    found.library.keep();
    Ok(functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_told_from_its_number_and_refused_below_the_oldest_that_is_right() {
        let of = |number| CudnnVersion::from_number(number);
        let names = [8907, 91_001, 91_300, 91_400, 92_105].map(|number| of(number).to_string());
        assert_eq!(names, ["8.9.7", "9.10.1", "9.13.0", "9.14.0", "9.21.5"]);
        for old in [8907, 90_800, 91_000, 91_001, 91_299] {
            assert!(
                of(old).refusal().is_some_and(|text| text.contains("wants 9.13.0 or newer; pip install"))
            );
        }
        assert_eq!((of(91_300).refusal(), of(91_900).refusal()), (None, None));
    }
}

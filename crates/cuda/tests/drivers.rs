//! What is said on machines where hovera cannot run: no driver, an old one, a broken one, no cuBLAS.
//!
//! Each test compiles a stub `libcuda.so.1` and runs [`open_here`] of this same test binary with it.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions, not in what they call")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Set in the child: print what opening says, and nothing else.
const CHILD: &str = "HOVERA_TEST_OPEN";

/// Not a test of its own: what the other tests run in a child process.
#[test]
fn open_here() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    match hovera_cuda::CudaBackend::open(0) {
        Ok(_) => println!("OPEN ok"),
        Err(error) => println!("OPEN {error:?}"),
    }
    match hovera_cuda::devices() {
        Ok(devices) => println!("DEVICES {}", devices.len()),
        Err(error) => println!("DEVICES {error:?}"),
    }
}

/// Output of [`open_here`] with the stub in `folder` as its driver.
fn open_with(folder: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["open_here", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .env("LD_LIBRARY_PATH", folder)
        .env_remove("CUDA_VISIBLE_DEVICES")
        .env_remove("CUDA_HOME")
        .env_remove("CUDA_PATH")
        .env_remove("VIRTUAL_ENV")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the child failed: {text}\n{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    text
}

struct Stub {
    folder: PathBuf,
}

impl Stub {
    /// A library that exports the driver functions of `body`, in Rust.
    fn new(name: &str, body: &str) -> Stub {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let source = folder.join("stub.rs");
        std::fs::write(&source, format!("#![allow(non_snake_case, unused)]\nuse std::ffi::*;\n{body}"))
            .unwrap();
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let status = Command::new(rustc)
            .args(["--edition", "2024", "--crate-type", "cdylib", "-o"])
            .args([folder.join("libcuda.so.1"), source])
            .status()
            .unwrap();
        assert!(status.success());
        Stub { folder }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn version(version: i32) -> String {
    format!(
        "#[unsafe(no_mangle)] extern \"C\" fn cuDriverGetVersion(v: *mut c_int) -> c_int {{ \
         unsafe {{ *v = {version} }}; 0 }}\n"
    )
}

/// Every function that hovera takes from a driver, doing nothing and saying `status`.
fn all_functions(except: &[&str], status: i32) -> String {
    let names = [
        "cuInit",
        "cuGetErrorName",
        "cuGetErrorString",
        "cuDeviceGetCount",
        "cuDeviceGet",
        "cuDeviceGetName",
        "cuDeviceGetAttribute",
        "cuDeviceGetUuid_v2",
        "cuDeviceTotalMem_v2",
        "cuDevicePrimaryCtxRetain",
        "cuDevicePrimaryCtxRelease_v2",
        "cuCtxSetCurrent",
        "cuCtxSynchronize",
        "cuMemGetInfo_v2",
        "cuMemAlloc_v2",
        "cuMemFree_v2",
        "cuMemcpyDtoHAsync_v2",
        "cuMemcpyHtoDAsync_v2",
        "cuMemsetD8Async",
        "cuStreamCreate",
        "cuStreamDestroy_v2",
        "cuStreamSynchronize",
        "cuStreamBeginCapture_v2",
        "cuStreamEndCapture",
        "cuGraphInstantiateWithFlags",
        "cuGraphDestroy",
        "cuGraphLaunch",
        "cuGraphUpload",
        "cuGraphExecDestroy",
        "cuEventCreate",
        "cuEventDestroy_v2",
        "cuEventRecord",
        "cuEventQuery",
        "cuEventSynchronize",
        "cuEventElapsedTime",
        "cuModuleLoadData",
        "cuModuleUnload",
        "cuModuleGetFunction",
        "cuLaunchKernel",
        "cuLaunchKernelEx",
    ];
    let absent = except.iter().find(|name| !names.contains(name));
    assert_eq!(absent, None, "not a function hovera takes");
    names
        .iter()
        .filter(|name| !except.contains(name))
        .map(|name| format!("#[unsafe(no_mangle)] extern \"C\" fn {name}() -> c_int {{ {status} }}\n"))
        .collect()
}

const ERROR_NAMES: &str = r#"
#[unsafe(no_mangle)] extern "C" fn cuGetErrorName(_: c_int, t: *mut *const c_char) -> c_int {
    unsafe { *t = c"CUDA_ERROR_STUB".as_ptr() }; 0
}
#[unsafe(no_mangle)] extern "C" fn cuGetErrorString(_: c_int, t: *mut *const c_char) -> c_int {
    unsafe { *t = c"made up for a test".as_ptr() }; 0
}
"#;

fn assert_says(output: &str, parts: &[&str]) {
    for part in parts {
        assert!(output.contains(part), "want {part:?} in:\n{output}");
    }
}

#[test]
fn without_a_driver_what_was_tried_and_what_to_do() {
    let empty = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-driver");
    std::fs::create_dir_all(&empty).unwrap();
    if Path::new("/dev/nvidiactl").exists() {
        return; // the loader finds the real one
    }
    let output = open_with(&empty);
    assert_says(
        &output,
        &[
            "OPEN Unavailable(\"cannot load the NVIDIA driver",
            "tried libcuda.so.1: libcuda.so.1: cannot open shared object file",
            "LD_LIBRARY_PATH: ",
            "Install one for CUDA 12.0 or newer",
            "DEVICES Unavailable(",
        ],
    );
}

#[test]
fn a_driver_before_cuda_12_is_too_old() {
    // It also lacks functions, as old drivers do: the version is the better message.
    let stub = Stub::new("old", &version(11_040));
    assert_says(&open_with(&stub.folder), &["(libcuda.so.1) is for CUDA 11.4", "CUDA 12.0 or newer"]);
}

#[test]
fn a_driver_that_does_not_start_is_quoted() {
    let body = version(12_040) + &all_functions(&["cuGetErrorName", "cuGetErrorString"], 100) + ERROR_NAMES;
    let stub = Stub::new("broken", &body);
    assert_says(
        &open_with(&stub.folder),
        &[
            "no usable GPU: cuInit failed with CUDA_ERROR_STUB (100): made up for a test",
            "Does nvidia-smi show one?",
        ],
    );
}

#[test]
fn an_error_that_the_driver_cannot_name_is_still_one() {
    let stub = Stub::new("unnamed", &(version(13_000) + &all_functions(&[], 9999)));
    assert_says(&open_with(&stub.folder), &["cuInit failed with unknown error (9999)"]);
}

#[test]
fn a_driver_without_a_function_is_refused_by_its_name() {
    let stub = Stub::new("missing", &(version(12_040) + &all_functions(&["cuEventQuery"], 0)));
    assert_says(&open_with(&stub.folder), &["libcuda.so.1 has no function cuEventQuery"]);
    let stub = Stub::new("empty", "");
    assert_says(&open_with(&stub.folder), &["libcuda.so.1 has no function cuDriverGetVersion"]);
}

#[test]
fn a_driver_that_does_not_tell_its_version_is_refused() {
    let body = "#[unsafe(no_mangle)] extern \"C\" fn cuDriverGetVersion(_: *mut c_int) -> c_int { 3 }";
    let stub = Stub::new("mute", body);
    assert_says(&open_with(&stub.folder), &["cuDriverGetVersion failed with error 3"]);
}

#[test]
fn a_driver_without_gpus_has_none_to_open() {
    // cuDeviceGetCount says yes without writing a count.
    let stub = Stub::new("none", &(version(12_040) + &all_functions(&[], 0)));
    assert_says(
        &open_with(&stub.folder),
        &["the NVIDIA driver works but shows no GPU: is CUDA_VISIBLE_DEVICES empty?", "DEVICES 0"],
    );
}

/// One GPU of compute capability 9.0, as far as it goes.
const ONE_GPU: &str = r#"
#[unsafe(no_mangle)] extern "C" fn cuDeviceGetCount(n: *mut c_int) -> c_int { unsafe { *n = 1 }; 0 }
#[unsafe(no_mangle)] extern "C" fn cuDeviceGetAttribute(v: *mut c_int, _: c_int, _: c_int) -> c_int {
    unsafe { *v = CAPABILITY }; 0
}
#[unsafe(no_mangle)] extern "C" fn cuMemAlloc_v2(p: *mut u64, _: usize) -> c_int { unsafe { *p = 256 }; ALLOC }
"#;

fn one_gpu(name: &str, capability: i32, alloc: i32) -> Stub {
    let defined = ["cuDeviceGetCount", "cuDeviceGetAttribute", "cuMemAlloc_v2"];
    let constants = format!("const CAPABILITY: c_int = {capability};\nconst ALLOC: c_int = {alloc};\n");
    Stub::new(name, &(version(12_040) + &constants + &all_functions(&defined, 0) + ONE_GPU))
}

#[test]
fn without_cublas_what_was_tried_and_what_to_do() {
    if Path::new("/usr/local/cuda").exists() {
        return; // a toolkit's is found
    }
    let stub = one_gpu("no-cublas", 9, 0);
    let output = open_with(&stub.folder);
    assert_says(
        &output,
        &[
            "OPEN Unavailable(\"cannot load cuBLAS",
            "tried libcublas.so.12: libcublas.so.12: cannot open shared object file",
            "pip install nvidia-cublas-cu12",
            "LD_LIBRARY_PATH: ",
            "DEVICES 1",
        ],
    );
}

#[test]
fn a_gpu_that_is_too_old_is_named() {
    let stub = one_gpu("old-gpu", 6, 0);
    assert_says(&open_with(&stub.folder), &["has compute capability 6.6: hovera needs 7.0 (V100) or newer"]);
}

#[test]
fn a_gpu_without_memory_says_so() {
    let stub = one_gpu("full", 9, 2);
    assert_says(
        &open_with(&stub.folder),
        &["GPU 0 does not start: out of memory: ", "Is its memory full, or in use by another process"],
    );
}

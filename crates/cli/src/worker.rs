//! A GPU, or the CPU, in a process of its own: this program again, as `hovera worker`.

use crate::exit;
use anyhow::Result;
use hovera_bench::BackendError;
use hovera_core::MethodSpec;
use hovera_cpu::CpuBackend;
use hovera_cuda::{CudaBackend, Trouble};
use hovera_worker::{Limits, Remark, Served, Worker};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Opening a card: the driver of a machine of many that nobody uses takes some 20 s to start.
const OPEN: Duration = Duration::from_secs(120);

/// What a point may take beyond the time that the method gives its sampling: candidates of a tuned engine,
/// a soak, a burst that is under way. A card that needs longer hangs.
const BEYOND_SAMPLING: Duration = Duration::from_secs(60);

/// The GPU of that number, in a worker.
pub(crate) fn open(
    device: u32,
    max_point_time: Option<Duration>,
    method: &MethodSpec,
) -> Result<Worker, BackendError> {
    open_with_library(device, None, max_point_time, method)
}

/// The same with one cuBLAS, its file or its folder, and no other.
pub(crate) fn open_with_library(
    device: u32,
    library: Option<&Path>,
    max_point_time: Option<Duration>,
    method: &MethodSpec,
) -> Result<Worker, BackendError> {
    let sampling = Duration::try_from_secs_f64(method.max_point_seconds).unwrap_or(Duration::MAX);
    let point = max_point_time.unwrap_or_else(|| BEYOND_SAMPLING.saturating_add(sampling));
    let library = library.map(Path::to_owned);
    Worker::open(move || command(device, library.as_deref()), Limits { open: OPEN, point })
}

/// The CPU in a worker, where a point is to be ended after so long. Opening and filling its memory take as long as they
/// take.
pub(crate) fn open_cpu(max_point_time: Duration) -> Result<Worker, BackendError> {
    let command = || {
        let mut command = itself();
        command.arg("--cpu");
        command
    };
    Worker::open(command, Limits { open: Duration::MAX, point: max_point_time })
}

fn command(device: u32, library: Option<&Path>) -> Command {
    let mut command = itself();
    command.args(["--device", &device.to_string()]);
    if let Some(library) = library {
        command.arg("--library").arg(library);
    }
    command
}

/// `hovera worker`.
fn itself() -> Command {
    // This very program, also when another has been put in its place since.
    let itself = Path::new("/proc/self/exe");
    let program = match itself.exists() {
        true => itself.to_owned(),
        false => std::env::current_exe().unwrap_or_else(|_| "hovera".into()),
    };
    let mut command = Command::new(program);
    command.arg0("hovera").arg("worker");
    command
}

/// `hovera worker --cpu`: what the other end of [`open_cpu`] runs.
pub(crate) fn serve_cpu() -> Result<u8> {
    hovera_worker::serve(|| Ok(Served { backend: CpuBackend::open(), remarks: Vec::new() }))?;
    Ok(exit::DONE)
}

/// `hovera worker --device N`: what the other end of [`open`] runs.
pub(crate) fn serve(device: u32, library: Option<&Path>) -> Result<u8> {
    hovera_worker::serve(|| {
        let backend = match library {
            Some(library) => CudaBackend::open_with_cublas(device, library)?,
            None => CudaBackend::open(device)?,
        };
        let remark = |found: &Trouble| Remark { text: found.to_string(), spoils: found.spoils() };
        let remarks = backend.troubles().iter().map(remark).collect();
        Ok(Served { backend, remarks })
    })?;
    Ok(exit::DONE)
}

//! The worker's side.

use crate::wire::{NoMessage, Opened, Remark, Reply, Request, receive, send};
use hovera_bench::{Backend, BackendError};
use signal_hook::consts::{SIGHUP, SIGINT, SIGKILL, SIGTERM};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// When the sweep is gone, a burst may come to its end for so long.
const LAST_BURST: Duration = Duration::from_secs(1);

/// An open backend, and what is to be known of its device.
pub struct Served<B> {
    /// What does the work.
    pub backend: B,
    /// What the person should know before.
    pub remarks: Vec<Remark>,
}

/// Opens a backend and does what the sweep asks over standard input, which is one end of a socket, until
/// the sweep closes the other end or dies.
///
/// # Errors
/// When standard input is no socket, or breaks. A backend that does not open is the sweep's to report.
pub fn serve<B: Backend>(open: impl FnOnce() -> Result<Served<B>, BackendError>) -> io::Result<()> {
    // What stops a sweep reaches its workers too, from a terminal or a scheduler. The sweep decides.
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::<AtomicBool>::default())?;
    }
    // Not standard output, which libraries may print to.
    let mut replies = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let requests = requests(replies.try_clone()?);
    match open() {
        Ok(served) => attend(served, &requests, &mut replies),
        Err(error) => send(&mut replies, &Reply::Failed(error)),
    }
}

/// What the sweep asks, read by a thread of its own: it sees the sweep's end while the device is busy, or
/// hangs. A request that makes no sense is to be answered with that.
fn requests(mut from: UnixStream) -> Receiver<Result<Request, BackendError>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        loop {
            let request = match receive(&mut from) {
                Ok(request) => Ok(request),
                Err(NoMessage::Garbled(error)) => Err(error),
                Err(NoMessage::Broken(_)) => break,
            };
            if sender.send(request).is_err() {
                return;
            }
        }
        drop(sender);
        std::thread::sleep(LAST_BURST);
        _ = signal_hook::low_level::raise(SIGKILL);
    });
    receiver
}

fn attend<B: Backend>(
    served: Served<B>,
    requests: &Receiver<Result<Request, BackendError>>,
    replies: &mut UnixStream,
) -> io::Result<()> {
    let Served { mut backend, remarks } = served;
    let opened = Opened {
        device: backend.device().clone(),
        software: backend.software().clone(),
        timers: backend.timers().to_vec(),
        remarks,
    };
    send(replies, &Reply::Opened(Box::new(opened)))?;
    for request in requests {
        let reply = request.and_then(|request| answer(&mut backend, request));
        send(replies, &reply.unwrap_or_else(Reply::Failed))?;
    }
    Ok(())
}

fn answer<B: Backend>(backend: &mut B, request: Request) -> Result<Reply, BackendError> {
    let done = |()| Reply::Done;
    match request {
        Request::Supports(point) => backend.supports(&point).map(done),
        Request::Memory => Ok(Reply::Bytes(backend.memory()?.into())),
        Request::Footprint(point) => backend.footprint(&point).map(Reply::Bytes),
        Request::Reserve { dtype, points, seed } => backend.reserve(dtype, &points, seed).map(done),
        Request::Prepare(point) => backend.prepare(&point).map(Reply::Kernels),
        Request::Choose(index) => backend.choose(index).map(done),
        Request::CallLaunches => backend.call_launches().map(Reply::CallLaunches),
        Request::Launch(burst) => backend.launch(&burst).map(Reply::Launched),
        Request::MakeGraph(replay) => backend.make_graph(&replay).map(done),
        Request::Replay(replay) => backend.replay(&replay).map(Reply::Launched),
        Request::LaunchMetered(burst) => {
            let (launches, readings) = backend.launch_metered(&burst)?;
            Ok(Reply::Metered(launches, readings))
        }
        Request::Verify => backend.verify().map(done),
        Request::Energy => Ok(Reply::Energy(backend.energy_j())),
        Request::Telemetry => Ok(Reply::Telemetry(backend.telemetry())),
    }
}

//! The worker's side.

use crate::wire::{Opened, Remark, Reply, Request, WirePoint, launched, receive, send, word};
use hovera_bench::{Backend, BackendError};
use hovera_core::Point;
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
        Err(error) => send(&mut replies, &Reply::Failed(error.into())),
    }
}

/// What the sweep asks, read by a thread of its own: it sees the sweep's end while the device is busy, or
/// hangs.
fn requests(mut from: UnixStream) -> Receiver<Request> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        while let Ok(request) = receive(&mut from) {
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
    requests: &Receiver<Request>,
    replies: &mut UnixStream,
) -> io::Result<()> {
    let Served { mut backend, remarks } = served;
    let opened = Opened {
        device: backend.device().clone(),
        software: backend.software().clone(),
        timers: backend.timers().iter().map(ToString::to_string).collect(),
        remarks,
    };
    send(replies, &Reply::Opened(Box::new(opened)))?;
    for request in requests {
        let reply = answer(&mut backend, request).unwrap_or_else(|error| Reply::Failed(error.into()));
        send(replies, &reply)?;
    }
    Ok(())
}

fn answer<B: Backend>(backend: &mut B, request: Request) -> Result<Reply, BackendError> {
    let done = |()| Reply::Done;
    match request {
        Request::Supports(point) => backend.supports(&point.point()?).map(done),
        Request::Memory => Ok(Reply::Bytes(backend.memory()?.into())),
        Request::Footprint(point) => Ok(Reply::Bytes(backend.footprint(&point.point()?))),
        Request::Reserve { dtype, points, seed } => {
            let points: Vec<Point> = points.iter().map(WirePoint::point).collect::<Result<_, _>>()?;
            backend.reserve(word(&dtype)?, &points, seed).map(done)
        }
        Request::Prepare(point) => backend.prepare(&point.point()?).map(Reply::Kernels),
        Request::Choose(index) => backend.choose(index).map(done),
        Request::Launch(burst) => Ok(launched(&backend.launch(&burst.burst()?)?, &[])),
        Request::LaunchMetered(burst) => {
            let (launches, readings) = backend.launch_metered(&burst.burst()?)?;
            Ok(launched(&launches, &readings))
        }
        Request::Verify => backend.verify().map(done),
        Request::Energy => Ok(Reply::Energy(backend.energy_j())),
        Request::Telemetry => Ok(Reply::Telemetry(backend.telemetry())),
    }
}

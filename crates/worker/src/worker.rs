//! A worker, as the sweep sees it: a backend.

use crate::process::{Deadline, Process};
use crate::wire::{Opened, Remark, Reply, Request};
use hovera_bench::{Backend, BackendError, Burst, EnergyReading, Launch, Replay};
use hovera_core::{CallLaunches, Device, Dtype, Kernel, Point, Software, Telemetry, Timer};
use std::cell::RefCell;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To open the device, which on a machine of many takes a while; to reserve memory; and for what is
    /// asked outside of a point.
    pub open: Duration,
    /// One point, from [`prepare`](Backend::prepare) to its last answer, its rests included.
    pub point: Duration,
}

/// A device behind a process of its own.
pub struct Worker {
    start: Box<dyn Fn() -> Command + Send>,
    limits: Limits,
    device: Device,
    software: Software,
    timers: Vec<Timer>,
    remarks: Vec<Remark>,
    link: RefCell<Link>,
    /// What it is told again when it was opened anew.
    reserved: Option<(Dtype, Vec<Point>, u64)>,
    /// By when the current point must be done.
    deadline: Option<Deadline>,
    opened: Instant,
}

/// The process, or why there is none.
enum Link {
    Up(Process),
    Down(String),
}

impl Worker {
    /// Starts a worker by `start`, which must lead to [`serve`](crate::serve), and waits until its device
    /// is open.
    ///
    /// # Errors
    /// What opening the device said, or [`BackendError::Unavailable`] when the worker does not start.
    pub fn open(
        start: impl Fn() -> Command + Send + 'static,
        limits: Limits,
    ) -> Result<Worker, BackendError> {
        let (process, opened) = greet(start(), limits)?;
        let Opened { device, software, timers, remarks } = opened;
        Ok(Worker {
            start: Box::new(start),
            limits,
            device,
            software,
            timers,
            remarks,
            link: RefCell::new(Link::Up(process)),
            reserved: None,
            deadline: None,
            opened: Instant::now(),
        })
    }

    /// What is to be known of the device before it is measured.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    fn ask<T>(&self, request: &Request, take: Take<T>) -> Result<T, BackendError> {
        self.ask_until(request, Deadline::after(self.limits.open), take)
    }

    fn ask_of_point<T>(&self, request: &Request, take: Take<T>) -> Result<T, BackendError> {
        let until = self.deadline.unwrap_or_else(|| Deadline::after(self.limits.point));
        self.ask_until(request, until, take)
    }

    /// A device that is lost loses its worker: what that holds of it is of no more use. So does a worker that
    /// answers something else than it was asked: its further answers would be to earlier questions.
    fn ask_until<T>(&self, request: &Request, until: Deadline, take: Take<T>) -> Result<T, BackendError> {
        let mut link = self.link.borrow_mut();
        let process = match &mut *link {
            Link::Up(process) => process,
            Link::Down(why) => return Err(BackendError::Lost(why.clone())),
        };
        let why = match process.ask(request, until) {
            Ok(Reply::Failed(BackendError::Lost(why))) => {
                process.kill();
                why
            }
            Ok(Reply::Failed(error)) => return Err(error),
            Ok(reply) => match take(reply) {
                Ok(taken) => return Ok(taken),
                Err(other) => {
                    process.kill();
                    unexpected(&other)
                }
            },
            Err(why) => why,
        };
        *link = Link::Down(why.clone());
        Err(BackendError::Lost(why))
    }

    /// Starts a worker anew where there is none, with the memory that the old one had.
    fn recover(&mut self) -> Result<(), BackendError> {
        let why = match &*self.link.borrow() {
            Link::Up(_) => return Ok(()),
            Link::Down(why) => why.clone(),
        };
        let lost = |what: String| BackendError::Lost(format!("{what} (before that: {why})"));
        let (process, opened) = greet((self.start)(), self.limits)
            .map_err(|error| lost(format!("cannot be started again: {error}")))?;
        if (&opened.device.name, &opened.device.id) != (&self.device.name, &self.device.id) {
            return Err(lost(format!("another card, {}, has taken its number", opened.device.name)));
        }
        drop(self.link.replace(Link::Up(process)));
        match &self.reserved {
            Some((dtype, points, seed)) => self.ask(&reserve(*dtype, points, *seed), done),
            None => Ok(()),
        }
    }
}

/// Starts a worker and waits for its first words.
fn greet(command: Command, limits: Limits) -> Result<(Process, Opened), BackendError> {
    let unavailable = |why: String| BackendError::Unavailable(format!("the device's worker: {why}"));
    let mut process = Process::start(command).map_err(|error| unavailable(error.to_string()))?;
    match process.greeting(Deadline::after(limits.open)) {
        Ok(Reply::Opened(opened)) => Ok((process, *opened)),
        Ok(Reply::Failed(error)) => Err(error),
        Ok(other) => Err(unavailable(unexpected(&other))),
        Err(why) => Err(BackendError::Unavailable(why)),
    }
}

/// What a request wants of its reply, or the reply that is another.
type Take<T> = fn(Reply) -> Result<T, Reply>;

fn done(reply: Reply) -> Result<(), Reply> {
    match reply {
        Reply::Done => Ok(()),
        other => Err(other),
    }
}

fn bytes(reply: Reply) -> Result<u128, Reply> {
    match reply {
        Reply::Bytes(bytes) => Ok(bytes),
        other => Err(other),
    }
}

fn reserve(dtype: Dtype, points: &[Point], seed: u64) -> Request {
    Request::Reserve { dtype, points: points.to_vec(), seed }
}

fn unexpected(reply: &Reply) -> String {
    let kind = match reply {
        Reply::Opened(_) => "opened",
        Reply::Done => "done",
        Reply::Bytes(_) => "bytes",
        Reply::Kernels(_) => "kernels",
        Reply::CallLaunches(_) => "a call's launches",
        Reply::Launched(_) => "launches",
        Reply::Metered(..) => "metered launches",
        Reply::Energy(_) => "energy",
        Reply::Telemetry(_) => "telemetry",
        Reply::Failed(_) => "failed",
    };
    format!("its worker answered something else than it was asked: {kind}")
}

impl Backend for Worker {
    fn device(&self) -> &Device {
        &self.device
    }

    fn software(&self) -> &Software {
        &self.software
    }

    fn timers(&self) -> &[Timer] {
        &self.timers
    }

    fn supports(&self, point: &Point) -> Result<(), BackendError> {
        self.ask(&Request::Supports(*point), done)
    }

    fn memory(&self) -> Result<u64, BackendError> {
        let bytes = self.ask(&Request::Memory, bytes)?;
        Ok(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    fn footprint(&self, point: &Point) -> Result<u128, BackendError> {
        self.ask(&Request::Footprint(*point), bytes)
    }

    fn reserve(&mut self, dtype: Dtype, points: &[Point], seed: u64) -> Result<(), BackendError> {
        self.reserved = None;
        self.recover()?;
        self.ask(&reserve(dtype, points, seed), done)?;
        self.reserved = Some((dtype, points.to_vec(), seed));
        Ok(())
    }

    fn prepare(&mut self, point: &Point) -> Result<Vec<Kernel>, BackendError> {
        self.recover()?;
        self.deadline = Some(Deadline::after(self.limits.point));
        self.ask_of_point(&Request::Prepare(*point), |reply| match reply {
            Reply::Kernels(kernels) => Ok(kernels),
            other => Err(other),
        })
    }

    fn choose(&mut self, index: usize) -> Result<(), BackendError> {
        self.ask_of_point(&Request::Choose(index), done)
    }

    fn call_launches(&mut self) -> Result<Option<CallLaunches>, BackendError> {
        self.ask_of_point(&Request::CallLaunches, |reply| match reply {
            Reply::CallLaunches(launches) => Ok(launches),
            other => Err(other),
        })
    }

    fn launch(&mut self, burst: &Burst) -> Result<Vec<Launch>, BackendError> {
        self.ask_of_point(&Request::Launch(*burst), |reply| match reply {
            Reply::Launched(launches) => Ok(launches),
            other => Err(other),
        })
    }

    fn make_graph(&mut self, replay: &Replay) -> Result<(), BackendError> {
        self.ask_of_point(&Request::MakeGraph(*replay), done)
    }

    fn replay(&mut self, replay: &Replay) -> Result<Vec<Launch>, BackendError> {
        self.ask_of_point(&Request::Replay(*replay), |reply| match reply {
            Reply::Launched(visits) => Ok(visits),
            other => Err(other),
        })
    }

    fn launch_metered(&mut self, burst: &Burst) -> Result<(Vec<Launch>, Vec<EnergyReading>), BackendError> {
        self.ask_of_point(&Request::LaunchMetered(*burst), |reply| match reply {
            Reply::Metered(launches, readings) => Ok((launches, readings)),
            other => Err(other),
        })
    }

    fn verify(&mut self) -> Result<(), BackendError> {
        self.ask_of_point(&Request::Verify, done)
    }

    /// None as well where the worker does not answer: what is asked of it next says so.
    fn energy_j(&mut self) -> Option<f64> {
        let energy = self.ask_of_point(&Request::Energy, |reply| match reply {
            Reply::Energy(joules) => Ok(joules),
            other => Err(other),
        });
        energy.ok().flatten()
    }

    /// Nothing as well where the worker does not answer: what is asked of it next says so.
    fn telemetry(&mut self) -> Telemetry {
        let telemetry = self.ask_of_point(&Request::Telemetry, |reply| match reply {
            Reply::Telemetry(telemetry) => Ok(telemetry),
            other => Err(other),
        });
        telemetry.unwrap_or_default()
    }

    fn now(&self) -> Duration {
        self.opened.elapsed()
    }

    fn idle(&mut self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

#[cfg(test)]
mod tests;

//! A worker's process, as the sweep holds it.

use crate::wire::{NoMessage, Reply, Request, receive, send};
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Lines of its standard error that are kept, and bytes of each.
const LAST_LINES: usize = 4;
const LONGEST_LINE: u64 = 300;

/// How long a process may take to be gone after it was told so, or killed. One that the driver does not
/// let go is left behind.
const PARTING: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How long the last words of one that is gone may take to arrive, on a busy machine.
const LAST_WORDS: Duration = Duration::from_millis(500);

pub(crate) struct Process {
    child: Child,
    socket: Option<UnixStream>,
    said: Receiver<String>,
}

impl Process {
    /// Starts `command` with one end of a socket as its standard input.
    pub(crate) fn start(mut command: Command) -> io::Result<Process> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut child = command
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = last_lines(child.stderr.take());
        Ok(Process { child, socket: Some(ours), said })
    }

    /// # Errors
    /// In words, what has become of the worker, which is then no more.
    pub(crate) fn ask(&mut self, request: &Request, until: Deadline) -> Result<Reply, String> {
        let socket = self.socket.as_mut().ok_or("its worker was ended")?;
        let sent = until.left().and_then(|left| {
            socket.set_write_timeout(Some(left))?;
            send(socket, request)
        });
        let answer = sent.map_err(NoMessage::Broken).and_then(|()| self.listen(until));
        answer.map_err(|error| self.epitaph(&error, until))
    }

    /// The first message, which comes unasked.
    pub(crate) fn greeting(&mut self, until: Deadline) -> Result<Reply, String> {
        self.listen(until).map_err(|error| self.epitaph(&error, until))
    }

    fn listen(&mut self, until: Deadline) -> Result<Reply, NoMessage> {
        let broken_off = || NoMessage::Broken(ErrorKind::UnexpectedEof.into());
        let socket = self.socket.as_mut().ok_or_else(broken_off)?;
        receive(&mut Patient { socket, until })
    }

    /// Ends what is left of the worker and says what became of it.
    fn epitaph(&mut self, error: &NoMessage, until: Deadline) -> String {
        let error = match error {
            NoMessage::Broken(error) => error,
            NoMessage::Garbled(error) => {
                self.kill();
                return error.to_string();
            }
        };
        if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) {
            self.kill();
            return format!("the device did not answer within {} s", until.limit.as_secs_f64());
        }
        let status = self.part();
        self.kill();
        let mut text = match status {
            Some(status) => format!("its worker died ({})", in_words(status)),
            None => format!("the connection to its worker broke ({error})"),
        };
        // The thread that listens ends with the process, unless that has left a child.
        while let Ok(line) = self.said.recv_timeout(LAST_WORDS) {
            text.push_str("; ");
            text.push_str(line.trim());
        }
        text
    }

    pub(crate) fn kill(&mut self) {
        self.socket = None;
        _ = self.child.kill();
        _ = self.part();
    }

    /// Waits until it is gone, but not for ever.
    fn part(&mut self) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < PARTING {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(LOOK_AGAIN),
                Ok(status) => return status,
                Err(_) => return None,
            }
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its end of the socket says that this is the end.
        self.socket = None;
        if self.part().is_none() {
            self.kill();
        }
    }
}

/// By when something must have happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    began: Instant,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Deadline {
        Deadline { began: Instant::now(), limit }
    }

    /// Never zero, which a socket would take for no limit.
    fn left(self) -> io::Result<Duration> {
        let left = self.limit.saturating_sub(self.began.elapsed());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// Reads until a deadline, in however many pieces.
struct Patient<'s> {
    socket: &'s mut UnixStream,
    until: Deadline,
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.until.left()?))?;
        self.socket.read(buffer)
    }
}

/// The last lines that a process says before it ends, once it has.
fn last_lines(stderr: Option<ChildStderr>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut lines = VecDeque::new();
        let Some(mut reader) = stderr.map(BufReader::new) else { return };
        loop {
            let mut line = Vec::new();
            match (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) => lines.push_back(String::from_utf8_lossy(&line).into_owned()),
            }
            if lines.len() > LAST_LINES {
                lines.pop_front();
            }
        }
        // Nobody may want to know any more.
        lines.into_iter().for_each(|line| _ = sender.send(line));
    });
    receiver
}

/// `signal 11`, `exit status 101`.
fn in_words(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, Some(code)) => format!("exit status {code}"),
        (None, None) => status.to_string(),
    }
}

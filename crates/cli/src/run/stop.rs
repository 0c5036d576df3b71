//! Ctrl-C and SIGTERM, which end a sweep after the launch that is running, and SIGHUP, which does not.

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Shells add the signal's number to this.
const SIGNALLED: u8 = 128;

/// Whether a signal has asked this process to end, and which.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    asked: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// From now on a first signal is a request; a second one ends the process at once.
    pub(crate) fn listen() -> Result<Stop> {
        let stop = Stop::default();
        for signal in [SIGINT, SIGTERM] {
            let code = i32::from(SIGNALLED) + signal;
            // In this order: what the first signal sets is what the second one finds.
            flag::register_conditional_shutdown(signal, code, stop.asked.clone())
                .and_then(|_| flag::register_usize(signal, stop.signal.clone(), signal as usize))
                .and_then(|_| flag::register(signal, stop.asked.clone()))
                .context("cannot listen to signals")?;
        }
        // A terminal that is lost takes the progress bar away, and no measurement.
        flag::register(SIGHUP, Arc::default()).context("cannot listen to signals")?;
        Ok(stop)
    }

    /// Set as soon as a signal came.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.asked
    }

    /// What came, in a word.
    pub(crate) fn name(&self) -> &'static str {
        if self.signal() == SIGTERM as usize { "SIGTERM" } else { "Ctrl-C" }
    }

    /// The exit code, as shells give it to what a signal ended.
    pub(crate) fn code(&self) -> u8 {
        SIGNALLED + self.signal() as u8
    }

    fn signal(&self) -> usize {
        self.signal.load(Ordering::Relaxed)
    }
}

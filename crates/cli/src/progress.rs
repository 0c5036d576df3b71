//! How far a sweep has come, on stderr where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// A bar that moves by the expected cost of each point, so that its time left is worth something:
/// the last points of a sweep take a thousand times as long as the first.
pub(crate) struct Progress {
    bar: ProgressBar,
    done: usize,
    total: usize,
}

impl Progress {
    /// `costs` in any unit, one for each point that is to be measured.
    pub(crate) fn start(costs: &[f64], quiet: bool) -> Progress {
        let total: f64 = costs.iter().sum();
        let bar = bar(steps(total), quiet);
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar, done: 0, total: costs.len() }
    }

    /// One point is done.
    pub(crate) fn advance(&mut self, cost: f64) {
        self.done += 1;
        let rate = self.done as f64 / self.bar.elapsed().as_secs_f64().max(1e-3);
        self.bar.set_message(format!("{} of {} points, {rate:.1} points/s", self.done, self.total));
        self.bar.inc(steps(cost));
    }

    /// Says something without the bar in the way.
    pub(crate) fn suspend(&self, say: impl FnOnce()) {
        self.bar.suspend(say);
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) -> Duration {
        self.bar.finish_and_clear();
        self.bar.elapsed()
    }
}

/// A bar of so many steps, hidden where nobody looks.
pub(crate) fn bar(length: u64, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if quiet || !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {elapsed} gone, {eta} left");
    bar.set_style(style.expect("the template is well-formed"));
    bar
}

/// Costs are seconds or so; the bar counts in millionths.
fn steps(cost: f64) -> u64 {
    (cost * 1e6) as u64
}

//! How far a sweep has come, on stderr where that is a terminal.

use crate::talk::streams;
use crate::talk::voice::printable_line;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// A bar that moves by the expected cost of each point, so that its time left is worth something:
/// the last points of a sweep take a thousand times as long as the first.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// What is measured into which file.
    what: String,
    /// By each device.
    done: Vec<usize>,
    total: usize,
    /// Whether a chart stands above the bar.
    has_chart: bool,
}

impl Progress {
    /// `costs` in any unit, one for each point that is to be measured, on so many devices; `what` is said beside it.
    pub(crate) fn start(
        costs: impl Iterator<Item = f64>,
        devices: usize,
        what: &str,
        quiet: bool,
    ) -> Progress {
        let costs: Vec<f64> = costs.collect();
        let bar = bar(steps(costs.iter().sum()), quiet);
        bar.set_message(format!("0 of {} points, {}", costs.len(), printable_line(what)));
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress {
            bar,
            what: printable_line(what),
            done: vec![0; devices],
            total: costs.len(),
            has_chart: false,
        }
    }

    /// One point is done.
    pub(crate) fn advance(&mut self, device: u32, cost: f64) {
        if let Some(done) = self.done.get_mut(device as usize) {
            *done += 1;
        }
        let done: usize = self.done.iter().sum();
        let rate = done as f64 / self.bar.elapsed().as_secs_f64().max(1e-3);
        let each = match self.done.as_slice() {
            [_] => String::new(),
            several => {
                let each: Vec<String> = several.iter().map(usize::to_string).collect();
                format!(" ({})", each.join(" + "))
            }
        };
        // The terminal may have another width by now.
        self.bar.set_style(style(self.has_chart));
        let (total, what) = (self.total, &self.what);
        self.bar.set_message(format!("{done}{each} of {total} points, {what}, {rate:.1} points/s"));
        self.bar.inc(steps(cost));
    }

    /// The room for a chart above the bar, in columns and lines, on a terminal that is tall enough for both and for what
    /// was said before.
    pub(crate) fn chart_room(&self) -> Option<(u16, u16)> {
        const TALL: u16 = 36;
        const LINES: u16 = 18;
        let (lines, columns) = streams::error_size().filter(|_| !self.bar.is_hidden())?;
        (lines >= TALL && columns >= 60).then_some((columns.min(120) - 1, LINES))
    }

    /// Shows a chart above the bar.
    pub(crate) fn show(&mut self, chart: &str) {
        self.has_chart = true;
        self.bar.set_style(style(true));
        self.bar.set_prefix(streams::for_standard_error(chart.trim_end()));
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
    if quiet || !streams::is_watched() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.set_style(style(false));
    bar
}

/// What fits on one line: a line that wraps cannot be taken back. The message gets the room that is left, and is cut
/// at its end.
fn style(has_chart: bool) -> ProgressStyle {
    let bar = match streams::error_width() {
        Some(0..=59) => "{percent:>3} %  {eta} left  {wide_msg}",
        Some(60..=99) => "{bar:12} {percent:>3} %  {eta} left  {wide_msg}",
        _ => "{bar:30} {percent:>3} %  {elapsed} gone, {eta} left  {wide_msg}",
    };
    let template = if has_chart { format!("{{prefix}}\n{bar}") } else { bar.to_owned() };
    ProgressStyle::with_template(&template).expect("the templates are well-formed")
}

/// Costs are seconds or so; the bar counts in millionths.
fn steps(cost: f64) -> u64 {
    (cost * 1e6) as u64
}

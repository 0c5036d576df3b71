//! What a run says of its devices, rows and sessions.

use crate::run::cards::OpenBackend;
use crate::talk::voice::Voice;
use hovera_analysis::Metric;
use hovera_core::{Point, Row, Session, Stat, in_percent};

/// `device 1 (NVIDIA H100 80GB HBM3)`, by its number in the results file.
pub(super) fn described(cards: &[OpenBackend], device: u32) -> String {
    let name = cards.get(device as usize).map_or("", |card| &card.device().name);
    format!("device {device} ({name})")
}

/// `score, hidden 4608, head dim 384: 591.5 TFLOP/s, ok`; of a softmax GB/s.
pub(super) fn in_words(row: &Row) -> String {
    let (metric, unit) = match row.point.op.is_of_rows() {
        true => (Metric::GbPerSecond, "GB/s"),
        false => (Metric::Tflops, "TFLOP/s"),
    };
    let came_of_it = match metric.over_time(row, Stat::Median) {
        Ok(value) => format!("{value:.4} {unit}, {}", row.status),
        Err(_) => row.status.to_string(),
    };
    let note = if row.note.is_empty() { String::new() } else { format!(" ({})", row.note) };
    let follows = row.point.model.head_dim.filter(|_| row.point.model.is_as_wide_as_heads());
    let head_dim = follows.map(|head_dim| format!(", head dim {head_dim}")).unwrap_or_default();
    format!("{}{head_dim}: {came_of_it}{note}", place(&row.point))
}

/// `score, hidden 4608`.
pub(super) fn place(point: &Point) -> String {
    format!("{}, {}", point.op, point.size_in_words())
}

/// What the end of the file says as well.
pub(super) fn say_what_was_found(session: &Session, several: bool, voice: Voice) {
    let which = if several { format!("device {}: ", session.device) } else { String::new() };
    for sentinel in &session.sentinel {
        voice.say(&format!(
            "{which}sentinel ({}), measured {} times: drifted by {} in time, {} in its invariant",
            sentinel.point,
            sentinel.time_us.len(),
            in_percent(sentinel.time_drift, 2),
            in_percent(sentinel.invariant_drift, 2)
        ));
    }
    if let Some(settling) = &session.settling {
        let end = match settling.settled {
            true => "settled",
            false => "had not settled",
        };
        voice.say(&format!(
            "{which}sustained: {end} after {:.1} s, then busy {} of the time",
            settling.seconds,
            in_percent(settling.busy_share, 1)
        ));
    }
    if session.disturbed_groups > 0 {
        voice.say(&format!(
            "{which}{} disturbed groups of launches were measured again",
            session.disturbed_groups
        ));
    }
}

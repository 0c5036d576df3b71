//! The small line that says what the numbers are.

use super::condition::Condition;
use super::options::Overlay;
use super::quantity::Quantity;
use crate::font;
use crate::layout::CAPTION_FONT;
use hovera_core::{Device, Engine, Readings, Row};

/// The most room for the device's name, in pixels: what comes after it matters more.
const NAME_ROOM: f64 = 300.0;

/// What was measured, on what, and how. The conditions differ in what is overlaid only.
pub(super) fn measured(
    device: Option<&Device>,
    conditions: &[Condition],
    quantity: &Quantity<'_>,
    rows: &[&Row],
) -> String {
    let Condition { dtype, layout, engine, pacing, batch, seq, tensor_parallel, .. } = conditions[0];
    let share = match tensor_parallel {
        1 => String::new(),
        ranks => format!(", one of {ranks} tensor-parallel ranks (tp={ranks})"),
    };
    let words = |overlay| -> Vec<_> { conditions.iter().map(|c| c.variant(overlay)).collect() };
    let (engines, pacings) = match quantity.options.overlay {
        Some(Overlay::Engine) => (words(Overlay::Engine).join(" and "), pacing.to_string()),
        Some(Overlay::Pacing) => (engine.to_string(), words(Overlay::Pacing).join(" and ")),
        None => (engine.to_string(), pacing.to_string()),
    };
    let mut caption = format!(
        "{}, measured: {dtype}, b={batch}, s={seq}{share}, layout {layout}, engine {engines}, pacing {pacings}, {}",
        device_name(device, engine),
        quantity.basis(dtype)
    );
    for fact in device.map(device_facts).unwrap_or_default().into_iter().chain(clocks(rows)) {
        caption.push_str(", ");
        caption.push_str(&fact);
    }
    caption
}

/// What was read off, from what.
pub(super) fn read_off(readings: &Readings) -> String {
    let Readings { gpu, dtype, batch, seq, source, .. } = readings;
    format!(
        "{}: read off a published chart, not measured, {dtype}, b={batch}, s={seq}, {}",
        shortened(gpu),
        font::drawable(source)
    )
}

/// The device's name. That of a CPU says so, whatever it is.
fn device_name(device: Option<&Device>, engine: Engine) -> String {
    let name = device.map_or("unknown device", |d| d.name.as_str());
    let name = shortened(name);
    if engine == Engine::Cpu { format!("CPU: {name}") } else { name }
}

fn shortened(name: &str) -> String {
    font::elide(&font::drawable(name), |cut| font::width(cut, CAPTION_FONT) <= NAME_ROOM)
}

fn device_facts(device: &Device) -> Vec<String> {
    let threads = device.threads.map(|n| format!("{n} {}", if n == 1 { "thread" } else { "threads" }));
    let power = device.power_limit_w.map(|w| format!("power limit {w:.0} W"));
    threads.into_iter().chain(power).collect()
}

/// The range of the true mean SM clock over the points.
fn clocks(rows: &[&Row]) -> Option<String> {
    let mut clocks: Vec<f64> = rows.iter().filter_map(|row| row.telemetry.sm_clock_mhz).collect();
    clocks.sort_by(f64::total_cmp);
    let (lowest, highest) = (clocks.first()?.round(), clocks.last()?.round());
    Some(if lowest == highest {
        format!("SM clock {lowest} MHz")
    } else {
        format!("SM clock {lowest}–{highest} MHz")
    })
}

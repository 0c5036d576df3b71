//! What a run would do, before it does it.

use crate::forecasts::{CardForecast, PredictedLaunches};
use crate::run::cards::OpenBackend;
use crate::talk::counted::counted;
use hovera_bench::BackendError;
use hovera_core::{ASSUMED_GPU, CostModel, MethodSpec, Op, Plan, Point, Processor, Series};
use indicatif::HumanBytes;
use std::fmt::Write;
use std::time::Duration;

/// Points by op and series, memory and time, as lines. Without a card the memory is that of operands
/// and results, and the time what [`ASSUMED_GPU`] would take.
///
/// # Errors
/// The card's, when it does not answer.
pub(crate) fn describe(
    plan: &Plan,
    cards: &[OpenBackend],
    method: &MethodSpec,
) -> Result<String, BackendError> {
    let backend = cards.first();
    let mut text = format!("{} points", plan.len());
    let left_out = left_out(plan);
    if !left_out.is_empty() {
        let _ = write!(text, " ({})", left_out.join("; "));
    }
    text.push('\n');
    for op in Op::ALL {
        let count = |series: &Series| {
            let of_series = |p: &&Point| p.series() == Some(*series);
            plan.points().iter().filter(|p| p.op == *op).filter(of_series).count()
        };
        let by_series = Series::ALL
            .iter()
            .map(|series| (series, count(series)))
            .filter(|(_, count)| *count > 0)
            .map(|(series, count)| format!("{count} of h/a = {series}"));
        let without = plan.points().iter().filter(|p| p.op == *op && p.series().is_none()).count();
        let counts: Vec<String> = by_series.chain((without > 0).then(|| without.to_string())).collect();
        if !counts.is_empty() {
            let _ = writeln!(text, "  {op}: {}", counts.join(", "));
        }
    }
    for adjustment in plan.adjustments() {
        let _ = writeln!(text, "  {adjustment}");
    }
    // Some of what a card cannot compute is known without one.
    let without_card = |p: &Point| match p.product().narrow_rows(p.dtype) {
        Some(why) => Err(BackendError::Unsupported(why)),
        None => Ok(p.bytes()),
    };
    let footprint = |p: &Point| backend.map_or_else(|| without_card(p), |backend| backend.footprint(p));
    let (mut footprints, mut unsupported, mut computed) = (Vec::new(), Vec::new(), Vec::new());
    for point in plan.points() {
        match footprint(point) {
            Ok(bytes) => {
                footprints.push(bytes);
                computed.push(*point);
            }
            Err(BackendError::Unsupported(why)) => unsupported.push(why),
            Err(error) => return Err(error),
        }
    }
    let largest = footprints.iter().copied().max().unwrap_or(0);
    let _ = write!(text, "memory: {}", bytes(largest));
    if let Some(backend) = backend {
        let available = u128::from(backend.memory()?);
        let _ = write!(text, " of {} available", bytes(available));
        let too_large = footprints.iter().filter(|footprint| **footprint > available).count();
        if too_large > 0 {
            let _ = write!(text, "; {too_large} points do not fit and would be skipped");
        }
    }
    if let Some(first) = unsupported.first() {
        let count = unsupported.len();
        let _ =
            write!(text, "\n{} cannot be computed and would be skipped: {first}", counted(count, "point"));
    }
    let (name, threads) = match backend {
        Some(backend) => (backend.device().name.as_str(), backend.device().threads),
        None => (ASSUMED_GPU, None),
    };
    let cost = CostModel::new(Processor::named(name, threads), method);
    // Where a GPU's constants are known, its launches are predicted.
    let known = CardForecast::known(name).map(|card| PredictedLaunches::of(&card, &computed));
    let cost = known.as_ref().map_or(cost, |known| cost.with_launches(known));
    let seconds = cost.sweep_seconds(&computed, cards.len());
    let several = if cards.len() > 1 { format!("{} of ", cards.len()) } else { String::new() };
    let _ = write!(text, "\ntime: about {} on {several}{name}", duration(seconds));
    if backend.is_none() {
        text.push_str(", if there were one here");
    }
    Ok(text)
}

/// What `remainder = "skip"` leaves out, `3 hidden sizes left out: heads do not divide them`.
pub(crate) fn left_out(plan: &Plan) -> Vec<String> {
    let said = |count: u64, what: &str, why: &str| {
        (count > 0).then(|| format!("{} left out: {why}", counted(count as usize, what)))
    };
    let remainders = said(plan.skipped_remainders(), "hidden size", "heads do not divide them");
    let shares = said(
        plan.skipped_shares(),
        "product",
        "heads, kv_heads, ffn and tensor_parallel do not divide each other",
    );
    [remainders, shares].into_iter().flatten().collect()
}

/// `1.50 GiB`.
pub(crate) fn bytes(count: u128) -> HumanBytes {
    HumanBytes(u64::try_from(count).unwrap_or(u64::MAX))
}

/// `48 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = Duration::from_secs_f64(seconds.clamp(0.0, 1e9)).as_secs();
    match whole {
        0 => format!("{seconds:.1} s"),
        1..=119 => format!("{whole} s"),
        120..=7199 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_said_in_fitting_units() {
        assert_eq!(bytes(1023).to_string(), "1023 B");
        assert_eq!(bytes(80 << 30).to_string(), "80.00 GiB");
        assert_eq!(duration(0.25), "0.2 s");
        assert_eq!(duration(119.9), "119 s");
        assert_eq!(duration(200.0), "3 min 20 s");
        assert_eq!(duration(7500.0), "2 h 5 min");
    }
}

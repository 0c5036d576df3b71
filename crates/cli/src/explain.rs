//! `hovera explain`: a point in words.

use crate::args::Explain;
use crate::exit;
use crate::files::inputs::{self, Content};
use crate::forecasts::CardForecast;
use crate::plan_summary::bytes;
use crate::talk::streams;
use crate::talk::voice::printable;
use anyhow::{Context, Result, bail};
use hovera_analysis::{Completeness, ExplainError, Explanation, KernelFamily, Neighbour, Selection, Tiling};
use hovera_core::{
    Generation, HeadDim, Origin, Results, Row, VECTOR_BYTES, Work, change_in_percent, in_percent,
};
use std::cmp::Ordering;

/// Width of the first column.
const KEYS: usize = 12;

pub(crate) fn explain(args: &Explain) -> Result<u8> {
    let selection = Selection {
        op: args.op,
        hidden: args.hidden.map(u32::from),
        heads: args.heads.map(u32::from),
        batch: args.batch.map(u32::from),
        seq: args.seq.map(u32::from),
        dtype: args.dtype,
        layout: args.layout,
        engine: args.engine,
        pacing: args.pacing,
    };
    let given = args.card.as_deref().map(CardForecast::of_file).transpose()?;
    // The program ends when it has spoken: to take a million rows apart again would keep its user waiting.
    let inputs = std::mem::ManuallyDrop::new(inputs::read(&args.results)?);
    let mut texts = Vec::new();
    let mut absent: Option<(String, ExplainError)> = None;
    for input in inputs.iter() {
        let Content::Results(results) = &input.content else {
            bail!("{}: published readings say nothing of kernels; want a results file", input.name);
        };
        match Explanation::find(results, &selection) {
            Ok(found) => {
                let there = Completeness::unfinished(results).map(|there| there.to_string());
                for explanation in &found {
                    let expected = expected(explanation, results, given.as_ref());
                    texts.push(describe(explanation, expected.as_deref(), there.as_deref()));
                }
            }
            Err(error) => absent = Some((input.name.clone(), error)),
        }
    }
    // A built-in GPU can have several sweeps: one that has the point is enough.
    if let (true, Some((name, error))) = (texts.is_empty(), absent) {
        return Err(error).context(name);
    }
    streams::print(&printable(&texts.join("\n")))?;
    Ok(exit::DONE)
}

/// Lines of a key and what there is to say of it.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn say(&mut self, key: &str, text: impl AsRef<str>) {
        self.0.push_str(&format!("{key:KEYS$}{}\n", text.as_ref()));
    }
}

/// What a model expects of a measured row, by a card that is given or one of the row's own GPU family, and how far the row
/// is from it, and whether that may be because it was measured with another library. None of a row that has no time, was
/// predicted itself, or is of a kind that no card was calibrated for.
fn expected(
    explanation: &Explanation<'_>,
    results: &Results,
    given: Option<&CardForecast>,
) -> Option<String> {
    let Explanation { row, stat, device, .. } = explanation;
    let time_us = row.timing.filter(|_| row.status.is_measured())?.time_us(*stat)?;
    let own = || CardForecast::known(&device.name);
    let known = given.is_none().then(own).flatten();
    let predictor = given.or(known.as_ref())?.predictor();
    let said = predictor.predict(&row.point).ok()?;
    let (by, share) = (predictor.info(), in_percent(predictor.info().coverage, 0));
    let within = (said.low_us..=said.high_us).contains(&time_us);
    let with = &results.front_matter.software.gemm;
    let other = if by.is_of_another_library(with) {
        format!("; the constants are of {}, the row is of {with}, which may choose other kernels", by.library)
    } else {
        String::new()
    };
    Some(format!(
        "{} us predicted, {share} interval {} to {} us, by constants of {} (tier {}); measured is {}, {} it{other}",
        digits(said.time_us),
        digits(said.low_us),
        digits(said.high_us),
        by.card,
        said.tier,
        change_in_percent(time_us / said.time_us, 1),
        if within { "within" } else { "outside" }
    ))
}

/// A point, what was expected of it, and how much of the sweep is there where that is not all of it.
fn describe(explanation: &Explanation<'_>, expected: Option<&str>, there: Option<&str>) -> String {
    let Explanation { row, device, card, .. } = explanation;
    let point = &row.point;
    let mut lines = Lines(point.heading() + "\n");
    let sms = card.sm_count().map(|n| format!(", {n} SMs")).unwrap_or_default();
    let origin = if explanation.prediction.is_some() { Origin::Predicted } else { Origin::Measured };
    lines.say("device", format!("{}{sms}", origin.of_card(&device.name)));
    lines.say("kernel", kernel(row, origin));
    launch(row, &mut lines);
    written_for(explanation, &mut lines);
    let gemm = point.gemm();
    width(row, &mut lines);
    let (key, what) = match point.op.work() {
        Work::Fused => ("scores", format!("products of m={}, n={}, k={}", gemm.m(), gemm.n(), gemm.k())),
        Work::Rows => ("scores", format!("matrices of {} rows of {}", gemm.m(), gemm.n())),
        _ => ("GEMM", format!("products of m={}, n={}, k={}", gemm.m(), gemm.n(), gemm.k())),
    };
    lines.say(
        key,
        format!(
            "{} {what}: {} GFLOP, {} MB of least traffic",
            gemm.gemm_batch(),
            digits(point.flop() as f64 / 1e9),
            digits(point.bytes() as f64 / 1e6)
        ),
    );
    result(explanation, &mut lines);
    if let Some(expected) = expected {
        lines.say("expected", expected);
    }
    if point.op.is_product() {
        tiles(explanation, &mut lines);
    }
    alignment(explanation, &mut lines);
    ceilings(explanation, &mut lines);
    for (i, neighbour) in explanation.neighbours.iter().enumerate() {
        lines.say(if i == 0 { "neighbours" } else { "" }, describe_neighbour(explanation, neighbour));
    }
    if let Some(there) = there {
        lines.say("sweep", format!("unfinished: the file has {there}"));
    }
    lines.0
}

/// What a kernel of fused attention rounds the head dim up to, and how much of what it multiplies is then nothing.
fn width(row: &Row, lines: &mut Lines) {
    let Some(width) = row.kernel.traits().and_then(|traits| traits.head_width) else { return };
    let model = &row.point.model;
    let (Some(head_dim), Some(of_values)) = (model.head_dim.map(HeadDim::get), model.head_dim_v()) else {
        return;
    };
    let widest = head_dim.max(of_values);
    lines.say(
        "head width",
        match width.cmp(&widest) {
            Ordering::Greater => format!(
                "{widest} is rounded up to {width}: {} of the multiplications are wasted",
                in_percent(1.0 - f64::from(head_dim + of_values) / f64::from(2 * width), 1)
            ),
            _ => format!("{width}: nothing is wasted"),
        },
    );
}

fn kernel(row: &Row, origin: Origin) -> String {
    let kernel = &row.kernel;
    let facts = [
        kernel.name.as_deref().map(str::to_owned),
        kernel.algo.as_ref().map(|algo| format!("algorithm {algo}")),
        kernel.tile.as_ref().map(|tile| format!("tile {tile}")),
        kernel.stages.as_ref().map(|stages| format!("stages {stages}")),
        kernel.split_k.map(|parts| format!("split-K {parts}")),
        kernel.cluster.as_ref().map(|cluster| format!("cluster {cluster}")),
        kernel.waves.map(|waves| format!("{} waves by the library", digits(waves))),
        kernel.workspace_bytes.map(|count| format!("workspace {}", bytes(count.into()))),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let engine = row.point.engine;
    match (facts.is_empty(), origin) {
        (true, Origin::Predicted) => format!("{engine}, nothing ran"),
        (true, _) => format!("{engine}, which does not report its kernel"),
        (false, Origin::Predicted) => format!("{engine}, nothing ran: predicted {}", facts.join(", ")),
        (false, _) => format!("{engine}: {}", facts.join(", ")),
    }
}

/// How the driver says that it was launched.
fn launch(row: &Row, lines: &mut Lines) {
    let kernel = &row.kernel;
    let (Some(grid), Some(block)) = (&kernel.grid, &kernel.block) else { return };
    let registers = kernel.registers.map(|count| format!(", {count} registers a thread")).unwrap_or_default();
    let more = match kernel.kernels_per_call {
        Some(count) if count > 1 => format!(", one of {count} kernels a call"),
        _ => String::new(),
    };
    lines.say("launch", format!("{grid} blocks of {block} threads{registers}{more}"));
}

/// The generation and the operands that the kernel was written for, as far as its name says.
fn written_for(explanation: &Explanation<'_>, lines: &mut Lines) {
    let Some(family) = KernelFamily::of_kernel(&explanation.row.kernel) else { return };
    let generation = family.generation;
    let rows = family.rows().map(|rows| format!(", {rows}")).unwrap_or_default();
    let card = explanation
        .device
        .compute_capability
        .as_ref()
        .and_then(|capability| Generation::from_number(capability.replace('.', "").parse().ok()?));
    let older = match card.filter(|card| *card != generation) {
        Some(card) => format!("; this card is of the generation {card}"),
        None => String::new(),
    };
    lines.say("written for", format!("{generation}{rows}{older}"));
}

/// Time, throughput, clock and status.
fn result(explanation: &Explanation<'_>, lines: &mut Lines) {
    let Explanation { row, stat, .. } = explanation;
    let note = if row.note.is_empty() { String::new() } else { format!(": {}", row.note) };
    let Some(timing) = &row.timing else {
        lines.say("result", format!("{}{note}", row.status));
        return;
    };
    // Of what does next to no arithmetic TFLOP/s tell nothing.
    let speed = match (row.point.op.is_of_rows(), explanation.memory_gb_s) {
        (true, Some(rate)) => format!("{} GB/s", digits(rate)),
        _ => format!("{} TFLOP/s", row.tflops(*stat).map(digits).unwrap_or_default()),
    };
    lines.say("result", format!("{speed}, {}{note}", row.status));
    let time_us = timing.time_us(*stat).map(digits).unwrap_or_default();
    if let (Some(prediction), Some(by)) = (row.prediction, explanation.prediction) {
        let [low, high] = [prediction.low_us, prediction.high_us].map(digits);
        let share = in_percent(by.coverage, 0);
        lines.say("time", format!("predicted {time_us} us, {share} interval {low} to {high} us"));
        lines.say(
            "by",
            format!(
                "constants of {} with {}, tier {}; nothing was measured",
                by.card, by.library, prediction.tier
            ),
        );
        return;
    }
    let launches = timing
        .samples
        .map_or_else(|| "an unknown number of launches".to_owned(), |samples| format!("{samples} launches"));
    let interval = match (timing.relative_ci(), timing.ci_us, timing.median_us) {
        (Some(relative), ..) => format!(", 95 % interval ±{}", in_percent(relative, 2)),
        (None, Some(_), Some(_)) => ", too far apart for an interval".to_owned(),
        (None, None, Some(_)) => ", too few for an interval".to_owned(),
        (None, _, None) => String::new(),
    };
    let of = if timing.second.is_some() { "the larger group of " } else { "" };
    lines.say("time", format!("{stat} {time_us} us of {of}{launches}{interval}"));
    if let Some(speeds) = &explanation.speeds {
        lines.say(
            "two speeds",
            format!(
                "{} us at {} of the launches, {} us ({}) at {}",
                digits(speeds.time_us),
                in_percent(speeds.share, 1),
                digits(speeds.second_time_us),
                change_in_percent(1.0 + speeds.apart(), 1),
                in_percent(speeds.second_share, 1)
            ),
        );
        lines.say("", speeds.cause.to_string());
    }
    let clock = match (row.telemetry.sm_clock_mhz, timing.cycles_median) {
        (Some(mhz), Some(cycles)) => format!("{mhz:.0} MHz, {cycles:.0} cycles"),
        (Some(mhz), None) => format!("{mhz:.0} MHz"),
        (None, _) => "not measured".to_owned(),
    };
    lines.say("SM clock", clock);
}

fn tiles(explanation: &Explanation<'_>, lines: &mut Lines) {
    let Some(tiling) = &explanation.tiling else {
        let untold = match explanation.row.kernel.tile {
            None => "the tile",
            Some(_) => "into how many parts k is cut",
        };
        lines.say("tiles", format!("not known: the file does not say {untold}"));
        return;
    };
    let split = if tiling.split_k > 1 { format!(" x {} parts of k", tiling.split_k) } else { String::new() };
    let waves = match (tiling.waves(), tiling.sm_count) {
        (Some(waves), Some(sms)) => format!(", {waves:.2} waves of {sms}"),
        _ => String::new(),
    };
    lines.say(
        "tiles",
        format!(
            "{} of {} x {}: {} along m x {} along n x {} products{split}{waves}",
            tiling.tiles(),
            tiling.tile_m,
            tiling.tile_n,
            tiling.along_m(),
            tiling.along_n(),
            explanation.row.point.gemm().gemm_batch()
        ),
    );
    lines.say("padding", padding(tiling));
}

fn padding(tiling: &Tiling) -> String {
    let edges = format!("{} of the tiles lies outside C", in_percent(tiling.edge_padding(), 1));
    let k = match (tiling.k_padding(), tiling.stage_k) {
        (Some(share), Some(stage)) => {
            format!("{} of the steps of {stage} lies outside k", in_percent(share, 1))
        }
        _ => "the step along k is not known".to_owned(),
    };
    let idle = match (tiling.last_wave_idle(), tiling.idle()) {
        (Some(last), Some(all)) => {
            format!("{} of the last wave and {} of all waves idles", in_percent(last, 1), in_percent(all, 1))
        }
        _ => "the SMs are not known".to_owned(),
    };
    format!("{edges}, {k}, {idle}")
}

fn alignment(explanation: &Explanation<'_>, lines: &mut Lines) {
    let rows = explanation.alignment.operands.iter().map(|operand| {
        let layout = explanation.row.point.layout;
        let stored = match operand.name {
            'A' if layout.transposes_a() => " (stored k x m)",
            'B' if layout.transposes_b() => " (stored n x k)",
            _ => "",
        };
        format!("{}{stored} {} B", operand.name, operand.bytes())
    });
    let rows: Vec<String> = rows.collect();
    let limiting = explanation.alignment.limiting();
    let verdict = match limiting.first() {
        None => format!("all allow {VECTOR_BYTES} B loads"),
        Some(worst) => {
            let names: Vec<String> = limiting.iter().map(|operand| operand.name.to_string()).collect();
            let [m, n, k] = explanation.row.point.sides();
            let side = match worst.row {
                'm' => m,
                'n' => n,
                _ => k,
            };
            let being =
                side.in_words().map(|size| format!(", {} being the {size}", worst.row)).unwrap_or_default();
            format!(
                "{} {} to {} B; {VECTOR_BYTES} B loads need {row} % {} == 0{being}",
                names.join(" and "),
                if names.len() == 1 { "limits loads" } else { "limit loads" },
                worst.bytes(),
                worst.wanted_multiple(),
                row = worst.row
            )
        }
    };
    lines.say("alignment", format!("rows of {}: {verdict}", rows.join(", ")));
}

fn ceilings(explanation: &Explanation<'_>, lines: &mut Lines) {
    let (sheet, dtype) = (explanation.card.sheet(), explanation.row.point.dtype);
    let ridge = match sheet.and_then(|sheet| sheet.ridge(dtype)) {
        Some(ridge) if explanation.intensity < ridge => {
            format!(", below the card's ridge of {ridge:.0}: memory is the lower ceiling")
        }
        Some(ridge) => {
            format!(", above the card's ridge of {ridge:.0}: the tensor cores are the lower ceiling")
        }
        None => String::new(),
    };
    let bound = match (explanation.row.bound, explanation.card.bound(explanation.row)) {
        (Some(bound), _) => format!("{bound}, as the row says"),
        (None, Ok(bound)) => format!("{bound}, as the datasheet suggests"),
        (None, Err(missing)) => format!("not known: {missing}"),
    };
    lines.say("bound", bound);
    lines.say("intensity", format!("{} FLOP per byte{ridge}", digits(explanation.intensity)));
    lines.say(
        "compute",
        match &explanation.percent_of_peak {
            Ok(share) => format!("{share:.1} % of the {dtype} peak at the clock it had"),
            Err(missing) => format!("not known: {missing}"),
        },
    );
    lines.say(
        "memory",
        match (explanation.memory_gb_s, explanation.percent_of_bandwidth()) {
            (Some(rate), Some(share)) => {
                format!("{} GB/s at least, {share:.1} % of the bandwidth", digits(rate))
            }
            (Some(rate), None) => {
                format!("{} GB/s at least; the card's bandwidth is not known", digits(rate))
            }
            (None, _) => "not known: nothing was timed".to_owned(),
        },
    );
}

fn describe_neighbour(explanation: &Explanation<'_>, neighbour: &Neighbour<'_>) -> String {
    let Explanation { row, stat, .. } = explanation;
    let there =
        format!("{:+} head dim {} (h/a = {}):", neighbour.distance, neighbour.head_dim, neighbour.series);
    let Some(other) = neighbour.row else { return format!("{there} not measured") };
    let kernel = match (&other.kernel.name, &row.kernel.name) {
        (Some(theirs), Some(ours)) if theirs == ours => ", the same kernel".to_owned(),
        (Some(theirs), Some(_)) => format!(", by {theirs}"),
        _ => String::new(),
    };
    let speed = match (other.tflops(*stat), row.tflops(*stat)) {
        (Some(theirs), Some(ours)) => {
            format!("{there} {} TFLOP/s, {}", digits(theirs), change_in_percent(theirs / ours, 1))
        }
        (Some(theirs), None) => format!("{there} {} TFLOP/s", digits(theirs)),
        (None, _) => format!("{there} {}", other.status),
    };
    speed + &kernel
}

/// Four significant digits, without an exponent where that can be.
pub(crate) fn digits(value: f64) -> String {
    if value >= 1e12 {
        return format!("{value:.3e}");
    }
    let magnitude = if value > 0.0 { value.log10().floor() } else { 0.0 };
    let decimals = (3.0 - magnitude).clamp(0.0, 12.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits() {
        assert_eq!(
            [615.94, 1703.2, 0.012_346, 12_345.6, 0.0, 1e300].map(digits),
            ["615.9", "1703", "0.01235", "12346", "0.000", "1.000e300"]
        );
    }
}

//! The products of models as tables for people.

use super::{record, side_by_side};
use crate::args::TableFormat;
use crate::explain::digits;
use crate::talk::grid::Grid;
use crate::talk::table::Room;
use crate::talk::voice::printable;
use anyhow::Result;
use hovera_core::{Mask, Op, Pass, Product, Row, Status, in_percent};
use hovera_model::{CostedModel, FusedLine, Line, Mark, ModelCost, SectionCost, SoftmaxLine};
use std::fmt::Write;

/// What no table has, and what few have.
fn not_in_it(shown: &[CostedModel<'_>]) -> String {
    let has = |it: &CostedModel<'_>| it.cost.has_softmax();
    let softmax = match (shown.iter().all(has), shown.iter().any(has)) {
        (true, true) => "",
        (false, true) => "softmax where it has no line, ",
        (_, false) => "softmax, ",
    };
    format!("not in it: {softmax}norms, activations, embeddings, communication between ranks\n")
}

/// All models in a format; a table is as wide as a terminal of so many columns.
pub(super) fn of_all(shown: &[CostedModel<'_>], format: TableFormat, width: Option<usize>) -> Result<String> {
    Ok(match format {
        TableFormat::Csv => record::csv(shown)?,
        TableFormat::Json => record::json(shown)?,
        TableFormat::Table => printable(&text(shown, |grid| grid.table(width))),
        TableFormat::Md => printable(&text(shown, Grid::markdown)),
    })
}

fn text(shown: &[CostedModel<'_>], table: impl Fn(&Grid) -> String) -> String {
    let mut text = String::new();
    for it in shown {
        text.push_str(&heading(it));
        text.push_str(&table(&grid(it)));
        text.push_str(&notes(it));
        text.push('\n');
    }
    if shown.len() > 1 {
        text.push_str("side by side, by product\n");
        text.push_str(&table(&side_by_side::grid(shown)));
        text.push('\n');
    }
    text + &not_in_it(shown)
}

/// What it is, what it was asked to do, and how it was measured.
fn heading(it: &CostedModel<'_>) -> String {
    let how = match it.setup {
        Some(how) => format!(", {} by {}, {}, {} cache", how.dtype, how.engine, how.pacing, how.cache),
        None => format!(", {}", it.dtype),
    };
    format!("{}: {}{how}\n", it.name, it.workload)
}

fn grid(it: &CostedModel<'_>) -> Grid {
    let measured = it.setup.is_some();
    let has_batch = lines(&it.cost).any(|line| line.counted.product.gemm.gemm_batch() > 1);
    let has_passes = lines(&it.cost).any(|line| line.counted.pass != Pass::Forward);
    let mut columns: Vec<(&str, Room)> = vec![("product", Room::Kept)];
    columns.extend(has_passes.then_some(("pass", Room::Kept)));
    columns.extend(has_batch.then_some(("batch", Room::Kept)));
    columns.extend([
        ("m", Room::Kept),
        ("n", Room::Kept),
        ("k", Room::Kept),
        ("layout", Room::LeftOut(6)),
        ("a layer", Room::LeftOut(3)),
        ("in all", Room::Kept),
    ]);
    if measured {
        columns.extend([
            ("time", Room::Kept),
            ("of layer", Room::LeftOut(2)),
            ("of all", Room::Kept),
            ("TFLOP/s", Room::LeftOut(1)),
            ("of peak", Room::LeftOut(4)),
            ("costs", Room::LeftOut(5)),
            ("kernel", Room::LeftOut(7)),
        ]);
    } else {
        columns.extend([
            ("GFLOP", Room::LeftOut(4)),
            ("of layer", Room::LeftOut(2)),
            ("of all", Room::Kept),
            ("costs", Room::LeftOut(5)),
        ]);
    }
    let mut rows = Vec::new();
    let extra = usize::from(has_passes) + usize::from(has_batch);
    for section in &it.cost.sections {
        rows.push(heading_of(section));
        for line in &section.lines {
            rows.push(row(line, measured, has_passes, has_batch));
            // Between its products.
            if line.counted.name == Op::Score.as_str() {
                rows.extend(section.softmax.iter().map(|line| softmax_row(line, has_passes, has_batch)));
            }
        }
        let fused = it.fused(section);
        rows.extend(fused.iter().map(|line| fused_row(line, measured, has_passes, has_batch)));
        rows.extend(sums_of_section(section, !fused.is_empty(), measured, extra));
    }
    rows.push(sum("the model", (it.cost.time_us, it.cost.flop, Some(1.0)), measured, extra));
    if it.has_fused() {
        let fused = (it.cost.fused_time_us, it.cost.fused_flop, None);
        rows.push(sum("the model, fused", fused, measured, extra));
    }
    let columns = columns.into_iter().map(|(name, room)| (name.to_owned(), room)).collect();
    Grid { columns, rows }
}

fn lines<'a>(cost: &'a ModelCost<'a>) -> impl Iterator<Item = &'a Line<'a>> {
    cost.sections.iter().flat_map(|section| &section.lines)
}

/// `32 x layer`.
fn heading_of(section: &SectionCost<'_>) -> Vec<String> {
    vec![match section.repeats {
        1 => section.name.clone(),
        many => format!("{many} x {}", section.name),
    }]
}

fn row(line: &Line<'_>, measured: bool, has_passes: bool, has_batch: bool) -> Vec<String> {
    let counted = &line.counted;
    let gemm = counted.product.gemm;
    let mut row = vec![format!("  {}", counted.name)];
    row.extend(has_passes.then(|| counted.pass.as_str().replace('_', " ")));
    row.extend(has_batch.then(|| gemm.gemm_batch().to_string()));
    row.extend([gemm.m(), gemm.n(), gemm.k()].map(|size| size.to_string()));
    row.extend([counted.product.layout.to_string(), counted.times.to_string(), line.in_model.to_string()]);
    let causes: Vec<String> =
        line.marks.iter().map(|mark| format!("{}: {}", mark.dimension, mark.cause.word())).collect();
    if measured {
        let kernel = line.row.and_then(|row| row.kernel_name()).map(str::to_owned);
        row.extend([
            time_in_words(line.time_us, line.row),
            in_percent(line.share_of_section, 1),
            in_percent(line.share_of_model, 1),
            line.tflops.map(digits).unwrap_or_default(),
            line.percent_of_peak.map(|share| format!("{share:.1} %")).unwrap_or_default(),
            causes.join(", "),
            kernel.unwrap_or_default(),
        ]);
    } else {
        row.extend([
            digits(gemm.flop() as f64 / 1e9),
            in_percent(line.share_of_section, 1),
            in_percent(line.share_of_model, 1),
            causes.join(", "),
        ]);
    }
    row
}

/// The softmax, of which no FLOP are told.
fn softmax_row(line: &SoftmaxLine<'_>, has_passes: bool, has_batch: bool) -> Vec<String> {
    let Product { op, pass, gemm, .. } = line.product;
    let mut row = vec![format!("  {op}")];
    row.extend(has_passes.then(|| pass.to_string()));
    row.extend(has_batch.then(|| gemm.gemm_batch().to_string()));
    row.extend([gemm.m().to_string(), gemm.n().to_string()]);
    row.extend([String::new(), String::new(), "1".to_owned(), line.in_model.to_string()]);
    row.extend([
        time_in_words(Some(line.time_us), Some(line.row)),
        in_percent(line.share_of_section, 1),
        in_percent(line.share_of_model, 1),
        String::new(),
        String::new(),
        String::new(),
        line.row.kernel_name().map(str::to_owned).unwrap_or_default(),
    ]);
    row
}

/// Attention in one kernel. It has no share: the sums that shares are of have its two products.
fn fused_row(line: &FusedLine<'_>, measured: bool, has_passes: bool, has_batch: bool) -> Vec<String> {
    let product = line.attention.product();
    let gemm = product.gemm;
    let mask = if product.mask == Mask::None { String::new() } else { product.mask.to_string() };
    let mut row = vec![format!("  {}", product.op)];
    row.extend(has_passes.then(|| product.pass.as_str().replace('_', " ")));
    row.extend(has_batch.then(|| gemm.gemm_batch().to_string()));
    row.extend([gemm.m(), gemm.n(), gemm.k()].map(|size| size.to_string()));
    row.extend([mask, "1".to_owned(), line.in_model.to_string()]);
    if measured {
        row.extend([
            time_in_words(line.time_us, line.row),
            String::new(),
            String::new(),
            line.tflops.map(digits).unwrap_or_default(),
            line.percent_of_peak.map(|share| format!("{share:.1} %")).unwrap_or_default(),
            String::new(),
            line.row.and_then(|row| row.kernel_name()).map(str::to_owned).unwrap_or_default(),
        ]);
    } else {
        let flop = digits(line.attention.flop() as f64 / 1e9);
        row.extend([flop, String::new(), String::new(), String::new()]);
    }
    row
}

fn time_in_words(time_us: Option<f64>, row: Option<&Row>) -> String {
    match (time_us, row.map(|row| row.status)) {
        (Some(time_us), Some(Status::Noisy)) => format!("{} (noisy)", time(time_us)),
        (Some(time_us), _) => time(time_us),
        (None, Some(status)) => status.to_string(),
        (None, None) => "not measured".to_owned(),
    }
}

/// One of its kind, and all of them; with attention in one kernel as well, where that is shown.
fn sums_of_section(
    section: &SectionCost<'_>,
    has_fused: bool,
    measured: bool,
    extra: usize,
) -> Vec<Vec<String>> {
    let (time_us, flop, count) = (section.time_us, section.flop, section.repeats);
    let share = Some(section.share_of_model());
    let one = if count == 1 { "  together" } else { "  one layer" };
    let mut rows = vec![sum(one, (time_us, flop, share.filter(|_| count == 1)), measured, extra)];
    let fused = (section.fused_time_us, section.fused_flop, None);
    rows.extend(has_fused.then(|| sum(&format!("{one}, fused"), fused, measured, extra)));
    if count > 1 {
        let all = (time_us.map(|time_us| time_us * f64::from(count)), flop * u128::from(count), share);
        rows.push(sum(&format!("  all {count}"), all, measured, extra));
    }
    rows
}

/// A sum: its time, its FLOP and its share of the model.
fn sum(
    name: &str,
    (time_us, flop, share): (Option<f64>, u128, Option<f64>),
    measured: bool,
    extra: usize,
) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    // m, n, k, layout, and both counts.
    row.extend(vec![String::new(); extra + 6]);
    let share = share.map(|share| in_percent(share, 1)).unwrap_or_default();
    if measured {
        let tflops = time_us.map(|time_us| digits(flop as f64 / time_us / 1e6)).unwrap_or_default();
        row.push(time_us.map_or_else(|| "not all measured".to_owned(), time));
        row.extend([String::new(), share, tflops, String::new(), String::new(), String::new()]);
    } else {
        row.extend([digits(flop as f64 / 1e9), String::new(), share, String::new()]);
    }
    row
}

/// What there is to say below a table: each mark once, with the products that it is of.
fn notes(it: &CostedModel<'_>) -> String {
    let mut marks: Vec<(&Mark, Vec<&str>)> = Vec::new();
    for line in lines(&it.cost) {
        for mark in &line.marks {
            let name = line.counted.name.as_str();
            match marks.iter_mut().find(|(other, _)| *other == mark) {
                Some((_, names)) if names.contains(&name) => {}
                Some((_, names)) => names.push(name),
                None => marks.push((mark, vec![name])),
            }
        }
    }
    let mut text = String::new();
    for (mark, names) in marks {
        _ = writeln!(text, "costs: {}: {mark}", names.join(", "));
    }
    if it.setup.is_some() && it.cost.unmeasured > 0 {
        let count = crate::talk::counted::counted_with(it.cost.unmeasured, "product", ["has", "have"]);
        _ = writeln!(text, "note: {count} no time: shares are of FLOP where the whole has none");
    }
    for line in it.cost.sections.iter().filter_map(|section| section.softmax.as_ref()).take(1) {
        _ = writeln!(
            text,
            "note: softmax is cuDNN's of the scores, without a scale or a mask, at {} GB/s: it is in times, and not in FLOP",
            digits(line.gb_s)
        );
    }
    if it.has_fused() {
        _ = writeln!(
            text,
            "note: attention is score, softmax and values in one kernel; its m, n and k are those of the scores\n\
             note: shares and sums have score and values, those called fused have attention in their place"
        );
    }
    for remark in &it.remarks {
        _ = writeln!(text, "note: {remark}");
    }
    text
}

/// `12.3 us`, `4.56 ms`, `7.89 s`.
pub(super) fn time(time_us: f64) -> String {
    let (value, unit) = match time_us {
        us if us < 1e3 => (us, "us"),
        us if us < 1e6 => (us / 1e3, "ms"),
        us => (us / 1e6, "s"),
    };
    format!("{} {unit}", digits(value))
}

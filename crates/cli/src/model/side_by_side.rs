//! Several models in one table: a line for each product, a column for each model.

use super::listing::time;
use crate::explain::digits;
use crate::talk::grid::Grid;
use crate::talk::table::Room;
use hovera_core::{Op, in_percent};
use hovera_model::{CostedModel, Line, SoftmaxLine};

/// A figure of a whole model.
type Sum = fn(&CostedModel<'_>) -> String;

pub(super) fn grid(shown: &[CostedModel<'_>]) -> Grid {
    let mut names: Vec<&str> = Vec::new();
    for line in shown.iter().flat_map(lines) {
        if !names.contains(&line.counted.name.as_str()) {
            names.push(&line.counted.name);
        }
    }
    let mut columns = vec![("product".to_owned(), Room::Kept)];
    columns.extend(shown.iter().map(|it| (heading(it, shown), Room::Kept)));
    let mut rows: Vec<Vec<String>> = names
        .into_iter()
        .map(|name| {
            let mut row = vec![name.to_owned()];
            row.extend(shown.iter().map(|it| cell(it, name)));
            row
        })
        .collect();
    if shown.iter().any(|it| it.cost.has_softmax()) {
        let mut row = vec![Op::Softmax.to_string()];
        row.extend(shown.iter().map(softmax_cell));
        rows.push(row);
    }
    if shown.iter().any(CostedModel::has_fused) {
        let mut row = vec![Op::Attention.to_string()];
        row.extend(shown.iter().map(fused_cell));
        rows.push(row);
    }
    let sums: [(&str, Sum); 4] = [
        ("the model", |it| match (it.setup, it.cost.time_us) {
            (None, _) => format!("{} TFLOP", digits(it.cost.flop as f64 / 1e12)),
            (Some(_), Some(time_us)) => time(time_us),
            (Some(_), None) => "not all measured".to_owned(),
        }),
        ("the model, fused", |it| match (it.setup, it.cost.fused_time_us) {
            _ if !it.has_fused() => String::new(),
            (None, _) => format!("{} TFLOP", digits(it.cost.fused_flop as f64 / 1e12)),
            (Some(_), Some(time_us)) => time(time_us),
            (Some(_), None) => "not all measured".to_owned(),
        }),
        ("TFLOP/s", |it| {
            it.cost.time_us.map(|time_us| digits(it.cost.flop as f64 / time_us / 1e6)).unwrap_or_default()
        }),
        ("a layer", |it| {
            // The kind that the model has most of.
            let layer = it.cost.sections.iter().max_by_key(|section| section.repeats);
            layer
                .map(|layer| match layer.time_us {
                    Some(time_us) => time(time_us),
                    None => format!("{} GFLOP", digits(layer.flop as f64 / 1e9)),
                })
                .unwrap_or_default()
        }),
    ];
    for (name, value) in sums {
        let mut row = vec![name.to_owned()];
        row.extend(shown.iter().map(value));
        if row[1..].iter().any(|cell| !cell.is_empty()) {
            rows.push(row);
        }
    }
    Grid { columns, rows }
}

fn lines<'a>(it: &'a CostedModel<'_>) -> impl Iterator<Item = &'a Line<'a>> {
    it.cost.sections.iter().flat_map(|section| &section.lines)
}

/// Its name, and what tells it from another of that name.
fn heading(it: &CostedModel<'_>, shown: &[CostedModel<'_>]) -> String {
    let same: Vec<&CostedModel<'_>> = shown.iter().filter(|other| other.name == it.name).collect();
    if same.len() == 1 {
        return it.name.clone();
    }
    let workload = same.iter().any(|other| other.workload != it.workload).then(|| it.workload.clone());
    let how = same
        .iter()
        .any(|other| other.setup != it.setup)
        .then(|| it.setup.map(|how| format!("{} {} {} {}", how.dtype, how.engine, how.pacing, how.cache)));
    let facts: Vec<String> = [workload, how.flatten()].into_iter().flatten().collect();
    if facts.is_empty() { it.name.clone() } else { format!("{} ({})", it.name, facts.join("; ")) }
}

/// What attention in one kernel takes in a model: it has no share of a whole that has its two products.
fn fused_cell(it: &CostedModel<'_>) -> String {
    let fused = || it.cost.sections.iter().flat_map(|section| it.fused(section));
    if fused().next().is_none() {
        return "-".to_owned();
    }
    let time_us: Option<f64> = fused().map(|line| Some(line.time_us? * line.in_model as f64)).sum();
    let flop = || fused().map(|line| line.attention.flop() as f64 * line.in_model as f64).sum::<f64>();
    time_us.map_or_else(|| format!("{} TFLOP", digits(flop() / 1e12)), time)
}

/// The share of the softmaxes of a model, and what they take together.
fn softmax_cell(it: &CostedModel<'_>) -> String {
    let lines = || it.cost.sections.iter().filter_map(|section| section.softmax.as_ref());
    if lines().next().is_none() {
        return "-".to_owned();
    }
    let share: f64 = lines().map(|line| line.share_of_model).sum();
    format!("{}, {}", in_percent(share, 1), time(lines().map(SoftmaxLine::model_us).sum()))
}

/// The share of all passes of a product in its model, and what they take together.
fn cell(it: &CostedModel<'_>, name: &str) -> String {
    let of_name: Vec<&Line<'_>> = lines(it).filter(|line| line.counted.name == name).collect();
    if of_name.is_empty() {
        return "-".to_owned();
    }
    let share: f64 = of_name.iter().map(|line| line.share_of_model).sum();
    let time_us: Option<f64> = of_name.iter().map(|line| line.model_us()).sum();
    match time_us {
        Some(time_us) => format!("{}, {}", in_percent(share, 1), time(time_us)),
        None => in_percent(share, 1),
    }
}

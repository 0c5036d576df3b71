//! A metric as colours over head dim and what else a sweep varies.

use super::condition::stem;
use super::files::Files;
use super::options::{ChartKind, ChartOptions};
use super::quantity::{Quantity, unit};
use super::rows::{Variants, grouped, layer, value_notes};
use super::{ChartError, NamedChart, Note, caption, of_engine};
use crate::chart::{Axis, Cells, Chart};
use crate::round_range::{round_step, round_up};
use crate::significant::three_digits;
use hovera_analysis::Condition;
use hovera_core::{Batch, Heads, Row, Seq, Status};
use std::collections::{BTreeMap, BTreeSet};

/// More rows or columns are too thin to tell their colours apart.
const MOST_SLOTS: usize = 128;

/// Row, column and value.
type Cell = ((u32, u32), f64);

/// What a heat map's rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vertical {
    Heads,
    Batch,
    Seq,
}

impl Vertical {
    const ALL: [Vertical; 3] = [Vertical::Heads, Vertical::Batch, Vertical::Seq];

    fn of_row(self, row: &Row) -> u32 {
        let shape = layer(row);
        match self {
            Vertical::Heads => shape.heads().get(),
            Vertical::Batch => shape.batch().get(),
            Vertical::Seq => shape.seq().get(),
        }
    }

    /// The sizes that a grid has in common, for its title.
    fn others(self, condition: &Condition) -> String {
        let Condition { heads, batch, seq, .. } = condition;
        match self {
            Vertical::Heads => format!("b={batch}, s={seq}"),
            Vertical::Batch => format!("a={heads}, s={seq}"),
            Vertical::Seq => format!("a={heads}, b={batch}"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Vertical::Heads => "Heads",
            Vertical::Batch => "Micro-Batch",
            Vertical::Seq => "Sequence Length",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Vertical::Heads => "heads",
            Vertical::Batch => "batch",
            Vertical::Seq => "seq",
        }
    }
}

/// One chart for each distinct combination of op, dtype, layout, engine, pacing, cache and device.
pub(super) fn charts(files: Files<'_>, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    let groups = grids(files);
    let shared: Vec<_> = groups.keys().copied().collect();
    let named = |(condition, variants): (&Condition, &Variants<'_>)| {
        let rows: Vec<&Row> = variants.values().flatten().copied().collect();
        let vertical = vertical(&rows)?;
        let (chart, notes) = chart(files, variants, vertical, options)?;
        let stem = stem(condition, &shared).replacen("-a1", &format!("-{}-by-head-dim", vertical.word()), 1);
        Ok(NamedChart { stem: stem + &options.stem_suffix(), chart, condition: None, notes })
    };
    groups.iter().map(named).collect()
}

/// The rows of each chart.
fn grids(files: Files<'_>) -> BTreeMap<Condition, Variants<'_>> {
    let one = Batch::new(1).ok().zip(Heads::new(1).ok()).zip(Seq::new(1).ok());
    let ((batch, heads), seq) = one.expect("1 is a size");
    grouped(files, |condition| Condition { batch, heads, seq, ..condition })
}

/// What varies beside the head dim.
fn vertical(rows: &[&Row]) -> Result<Vertical, ChartError> {
    let count = |size: &dyn Fn(&Row) -> u32| rows.iter().map(|row| size(row)).collect::<BTreeSet<_>>().len();
    let head_dims = count(&head_dim);
    let varying: Vec<_> =
        Vertical::ALL.into_iter().filter(|vertical| count(&|row| vertical.of_row(row)) > 1).collect();
    let reason = match varying[..] {
        [vertical] if head_dims > 1 => {
            let most = head_dims.max(count(&|row| vertical.of_row(row)));
            if most <= MOST_SLOTS {
                return Ok(vertical);
            }
            format!("{most} rows or columns are more than {MOST_SLOTS}")
        }
        [vertical] => format!("{} varies, and the head dim does not", vertical.word()),
        [] => "none of heads, batch and seq varies".to_owned(),
        _ => format!("{} vary", varying.iter().map(|v| v.word()).collect::<Vec<_>>().join(" and ")),
    };
    Err(ChartError::Grid { reason })
}

/// Whether a sweep is better seen as colours: its charts make grids of which more than half is measured.
pub(super) fn suits(files: Files<'_>) -> bool {
    let groups = grids(files);
    let full = |variants: &Variants<'_>| {
        let rows: Vec<&Row> = variants.values().flatten().copied().collect();
        let Ok(vertical) = vertical(&rows) else { return false };
        let places =
            |size: &dyn Fn(&Row) -> u32| rows.iter().map(|row| size(row)).collect::<BTreeSet<_>>().len();
        2 * rows.len() > places(&head_dim) * places(&|row| vertical.of_row(row))
    };
    !groups.is_empty() && groups.values().all(full)
}

fn head_dim(row: &Row) -> u32 {
    layer(row).head_dim().get()
}

fn chart(
    files: Files<'_>,
    variants: &Variants<'_>,
    vertical: Vertical,
    options: &ChartOptions,
) -> Result<(Chart, Vec<Note>), ChartError> {
    let condition = *variants.keys().next().expect("a chart has rows");
    let quantity = files.quantity(&condition, options);
    let rows = || variants.values().flatten().copied();
    let slots = |size: &dyn Fn(&Row) -> u32| -> Vec<u32> {
        rows().map(size).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let (columns, lines) = (slots(&head_dim), slots(&|row| vertical.of_row(row)));
    let values = values(rows(), vertical, &quantity)?;
    if values.is_empty() {
        return Err(ChartError::NoPoint { kind: ChartKind::HeatMap, reason: "no row has the metric" });
    }
    let (low, high) = extremes(&values);
    let step = round_step(high.1);
    let colour = Axis::linear(&quantity.label(), 0.0, round_up(high.1, step), step);
    let cell = |line: u32| columns.iter().map(|column| values.get(&(line, *column)).copied()).collect();
    let noisy = rows().filter(|row| row.status == Status::Noisy).filter_map(|row| {
        let (line, column) = (vertical.of_row(row), head_dim(row));
        values.get(&(line, column))?;
        Some((lines.binary_search(&line).ok()?, columns.binary_search(&column).ok()?))
    });
    let noisy: BTreeSet<_> = noisy.collect();
    let has_noisy = !noisy.is_empty();
    let cells = Cells { rows: lines.iter().map(|line| cell(*line)).collect(), noisy, colour };
    let names = |sizes: &[u32]| sizes.iter().map(ToString::to_string).collect();
    let basis = quantity.basis(condition.dtype);
    let said = caption::said(files, variants, &vertical.others(&condition), &basis);
    let said = if has_noisy { said.and(", ○ noisy") } else { said };
    let unit = unit(options.metric);
    let in_words = |((line, column), value): Cell| {
        format!("{} {unit} at {} {line} and head dim {column}", three_digits(value), vertical.word())
    };
    let desc = format!(
        "Heat map of {} over head dim ({} to {}) and {} ({} to {}). From {} to {}. {said}.",
        quantity.in_words(),
        columns[0],
        columns[columns.len() - 1],
        vertical.word(),
        lines[0],
        lines[lines.len() - 1],
        in_words(low),
        in_words(high)
    );
    let chart = Chart {
        title: of_engine(
            condition.engine,
            format!("{}, {}", condition.op.title(), vertical.others(&condition)),
        ),
        subtitle: said.subtitle(options),
        x: Axis::named("Head Dim", names(&columns)),
        y: Axis::named(vertical.label(), names(&lines)),
        cells: Some(cells),
        traces: Vec::new(),
        caption: said.caption(options),
        desc,
    };
    let quantities: Vec<_> = variants.iter().map(|_| quantity).collect();
    Ok((chart, value_notes(variants, &quantities)))
}

/// The values by row and column.
fn values<'a>(
    rows: impl Iterator<Item = &'a Row>,
    vertical: Vertical,
    quantity: &Quantity<'_>,
) -> Result<BTreeMap<(u32, u32), f64>, ChartError> {
    let mut values = BTreeMap::new();
    for row in rows.filter(|row| row.status.has_times()) {
        let (line, column) = (vertical.of_row(row), head_dim(row));
        let Ok(value) = quantity.of_row(row) else { continue };
        // Of hidden sizes that the heads do not divide, neighbours have the same head dim.
        if values.insert((line, column), value).is_some() {
            let reason = format!("several points have {} {line} and head dim {column}", vertical.word());
            return Err(ChartError::Grid { reason });
        }
    }
    Ok(values)
}

/// The cells of the lowest and the highest of some values.
fn extremes(values: &BTreeMap<(u32, u32), f64>) -> (Cell, Cell) {
    let mut all = values.iter().map(|(cell, value)| (*cell, *value));
    let first = all.next().expect("there is a value");
    all.fold((first, first), |(low, high), one| {
        (if one.1 < low.1 { one } else { low }, if one.1 > high.1 { one } else { high })
    })
}

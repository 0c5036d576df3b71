//! A metric as colours over two sizes: over head dim and what else a sweep of attention varies, or over any two that are
//! asked for.

use super::condition::stem;
use super::course::{self, Course};
use super::files::Files;
use super::options::{ChartKind, ChartOptions};
use super::quantity::{Quantity, unit};
use super::rows::{ByCondition, Card, Variant, grouped, value_notes, variants};
use super::{ChartError, NamedChart, Note, caption, of_engine, of_origin};
use crate::chart::{Axis, Cells, Chart};
use crate::round_range::{round_step, round_up};
use crate::significant::three_digits;
use hovera_analysis::{Arrangement, Condition, Dimension, Placed, Wanted, arrange};
use hovera_core::{Batch, Heads, Mask, Pass, Row, Seq, Status};
use std::collections::{BTreeMap, BTreeSet};

/// More rows or columns are too thin to tell their colours apart.
const MOST_SLOTS: usize = 128;
/// Where nobody asks for colours, a GEMM of no model needs so many rows and columns: fewer are better seen as lines.
const LEAST_SLOTS: usize = 4;
/// What the rows of a grid of attention can be.
const VERTICAL: [Dimension; 4] = [Dimension::Heads, Dimension::Batch, Dimension::Seq, Dimension::SeqKey];

/// Row, column and value.
type Cell = ((u128, u128), f64);

/// The two sizes of a grid, and what all of it has in common.
struct Grid {
    x: Dimension,
    by: Dimension,
    title: String,
    sizes: String,
}

impl Grid {
    fn place(&self, row: &Row) -> (u128, u128) {
        (self.by.of_point(&row.point), self.x.of_point(&row.point))
    }
}

/// One chart for each distinct combination of op, dtype, layout, engine, pacing, cache and device, and of what else is
/// none of the two sizes.
pub(super) fn charts(files: Files<'_>, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    let is_asked = options.x.is_some() || options.by.is_some();
    let is_published = |row: &Row| !is_asked && row.point.op.is_published();
    let mut charts = of_attention(files, options, is_published)?;
    let others: Vec<_> = files.rows().filter(|(_, row)| !is_published(row)).collect();
    // What has no such size is no reason to draw nothing.
    let asked = [options.x, options.by].into_iter().flatten().filter(|it| it.is_size());
    let sizes: Vec<Dimension> = if is_asked { asked.collect() } else { vec![Dimension::HeadDim] };
    let without = |row: &Row| sizes.iter().find(|size| size.of_point(&row.point) == 0).copied();
    let (left_out, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|(_, row)| row.point.op.is_of_rows() && without(row).is_some());
    if charts.is_empty() && others.is_empty() {
        return arranged(files, &left_out, options);
    }
    charts.extend(arranged(files, &others, options)?);
    let lost = left_out.first().and_then(|(_, row)| Some((row.point.op, without(row)?)));
    if let (Some((op, x)), Some(first)) = (lost, charts.first_mut()) {
        first.notes.push(Note::NotOver { op, x, rows: left_out.len() });
    }
    Ok(charts)
}

/// Over head dim and the one of heads, batch and the lengths of sequence and keys that varies.
fn of_attention(
    files: Files<'_>,
    options: &ChartOptions,
    wanted: impl Fn(&Row) -> bool,
) -> Result<Vec<NamedChart>, ChartError> {
    let groups = grids(files, wanted);
    let shared: Vec<_> = groups.keys().copied().collect();
    let named = |(condition, rows): (&Condition, &ByCondition<'_>)| {
        let all: Vec<&Row> = rows.values().flatten().copied().collect();
        let by = vertical(&all)?;
        let first = rows.keys().next().unwrap_or(condition);
        let sizes = others(by, first);
        let title = format!("{}, {sizes}{}", condition.op.title(), mask_and_pass(first));
        let grid = Grid { x: Dimension::HeadDim, by, title, sizes };
        let (chart, notes) = chart(files, &variants(rows), &grid, options)?;
        let stem = stem(condition, &shared).replacen("-a1", &format!("-{}-by-head-dim", by.as_str()), 1);
        Ok(NamedChart { stem: stem + &options.stem_suffix(), chart, condition: None, notes })
    };
    groups.iter().map(named).collect()
}

/// Over the sizes that are asked for, or that vary most.
fn arranged(
    files: Files<'_>,
    rows: &[(Card, &Row)],
    options: &ChartOptions,
) -> Result<Vec<NamedChart>, ChartError> {
    let wanted = Wanted { x: options.x, by: options.by, across: None, is_grid: true };
    let mut named = Vec::new();
    for arrangement in arrange(&placed(rows), &wanted)? {
        let rows: Vec<(Card, &Row)> = arrangement.rows.iter().map(|i| rows[*i]).collect();
        let all: Vec<&Row> = rows.iter().map(|(_, row)| *row).collect();
        let x = arrangement.x;
        let op = all[0].point.op;
        let refused = |reason| ChartError::Grid { reason };
        let by = arrangement.by.filter(|by| by.is_size());
        let by = by.ok_or_else(|| refused(format!("of {op} only {x} varies")))?;
        if let Some(fixed) = [x, by].into_iter().find(|size| count(&all, *size) < 2) {
            return Err(refused(format!("of {op} {fixed} does not vary")));
        }
        let course = Course::arranged(&arrangement, &all);
        let grid = Grid { x, by, title: course.title(), sizes: course.sizes() };
        grid.refuse_too_many(&all)?;
        let variants = [Variant { card: rows[0].0, rows: all }];
        let (chart, notes) = chart(files, &variants, &grid, options)?;
        let over = format!("-over-{x}-by-{by}");
        let stem = course::stem(&arrangement).replacen(&over, &format!("-{by}-by-{x}"), 1).replace('_', "-");
        named.push(NamedChart { stem: stem + &options.stem_suffix(), chart, condition: None, notes });
    }
    Ok(named)
}

fn placed<'a>(rows: &[(Card, &'a Row)]) -> Vec<Placed<'a>> {
    let cards: BTreeSet<Card> = rows.iter().map(|(card, _)| *card).collect();
    let cards: BTreeMap<Card, usize> = cards.into_iter().zip(0..).collect();
    rows.iter().map(|(card, row)| Placed { card: cards[card], row }).collect()
}

impl Grid {
    fn refuse_too_many(&self, rows: &[&Row]) -> Result<(), ChartError> {
        let most = count(rows, self.x).max(count(rows, self.by));
        match most <= MOST_SLOTS {
            true => Ok(()),
            false => Err(ChartError::Grid { reason: too_many(most) }),
        }
    }
}

fn too_many(most: usize) -> String {
    format!("{most} rows or columns are more than {MOST_SLOTS}")
}

/// How many values of a size there are.
fn count(rows: &[&Row], size: Dimension) -> usize {
    rows.iter().map(|row| size.of_point(&row.point)).collect::<BTreeSet<_>>().len()
}

/// The rows of each chart of attention.
fn grids(files: Files<'_>, wanted: impl Fn(&Row) -> bool) -> BTreeMap<Condition, ByCondition<'_>> {
    let one = Batch::new(1).ok().zip(Heads::new(1).ok()).zip(Seq::new(1).ok());
    let ((batch, heads), seq) = one.expect("1 is a size");
    grouped(files, wanted, |condition| Condition { batch, heads, seq, seq_key: None, ..condition })
}

/// What of a grid of attention its title says beside the sizes.
fn mask_and_pass(Condition { mask, pass, .. }: &Condition) -> String {
    let mask = (*mask != Mask::None).then(|| format!(", {mask}"));
    let pass = (*pass != Pass::Forward).then(|| format!(", {}", pass.as_str().replace('_', " ")));
    [mask, pass].into_iter().flatten().collect()
}

/// The sizes that a grid of attention has in common.
fn others(by: Dimension, condition: &Condition) -> String {
    let Condition { heads, kv_heads, batch, seq, seq_key, .. } = condition;
    let is_by = |size: Dimension| size == by;
    let kv_heads = kv_heads.map(|kv_heads| format!("kv={kv_heads}"));
    // Keys as many as queries follow from them.
    let seq_key = seq_key.filter(|_| !is_by(Dimension::SeqKey)).map(|seq_key| format!("{seq_key} keys"));
    let told = [
        (!is_by(Dimension::Heads)).then(|| format!("a={heads}")),
        kv_heads,
        (!is_by(Dimension::Batch)).then(|| format!("b={batch}")),
        (!is_by(Dimension::Seq)).then(|| format!("s={seq}")),
        seq_key,
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What varies beside the head dim.
fn vertical(rows: &[&Row]) -> Result<Dimension, ChartError> {
    let head_dims = count(rows, Dimension::HeadDim);
    let has_cache = rows.iter().any(|row| row.point.model.seq_key.is_some());
    let own = |size: &Dimension| *size != Dimension::SeqKey || has_cache;
    let varying: Vec<_> = VERTICAL.into_iter().filter(own).filter(|size| count(rows, *size) > 1).collect();
    let reason = match varying[..] {
        [by] if head_dims > 1 => {
            let most = head_dims.max(count(rows, by));
            if most <= MOST_SLOTS {
                return Ok(by);
            }
            too_many(most)
        }
        [by] => format!("{by} varies, and the head dim does not"),
        [] => "none of heads, batch, seq and seq_key varies".to_owned(),
        _ => format!("{} vary", varying.iter().map(|size| size.as_str()).collect::<Vec<_>>().join(" and ")),
    };
    Err(ChartError::Grid { reason })
}

/// Whether a sweep is better seen as colours: its charts make grids of which more than half is measured.
pub(super) fn suits(files: Files<'_>) -> bool {
    if files.rows().all(|(_, row)| !row.point.op.is_of_layer()) {
        return suits_gemms(files);
    }
    if files.rows().any(|(_, row)| !row.point.op.is_published()) {
        return false;
    }
    let groups = grids(files, |_| true);
    let full = |rows: &ByCondition<'_>| {
        let rows: Vec<&Row> = rows.values().flatten().copied().collect();
        let Ok(by) = vertical(&rows) else { return false };
        2 * rows.len() > count(&rows, Dimension::HeadDim) * count(&rows, by)
    };
    !groups.is_empty() && groups.values().all(full)
}

/// The same of products of no model: a grid of two of their sizes.
fn suits_gemms(files: Files<'_>) -> bool {
    let rows: Vec<_> = files.rows().collect();
    let wanted = Wanted { is_grid: true, ..Wanted::default() };
    let Ok(arrangements) = arrange(&placed(&rows), &wanted) else { return false };
    let is_grid = |arrangement: &Arrangement| {
        let Some(by) = arrangement.by.filter(|by| by.is_of_gemm()) else { return false };
        let all: Vec<&Row> = arrangement.rows.iter().map(|i| rows[*i].1).collect();
        let (columns, lines) = (count(&all, arrangement.x), count(&all, by));
        let fits = |slots| (LEAST_SLOTS..=MOST_SLOTS).contains(&slots);
        arrangement.x.is_of_gemm() && fits(columns) && fits(lines) && 2 * all.len() > columns * lines
    };
    !arrangements.is_empty() && arrangements.iter().all(is_grid)
}

fn chart(
    files: Files<'_>,
    variants: &[Variant<'_>],
    grid: &Grid,
    options: &ChartOptions,
) -> Result<(Chart, Vec<Note>), ChartError> {
    let first = &variants[0];
    let quantity = files.quantity(first.card, options);
    let rows = || variants.iter().flat_map(|it| &it.rows).copied();
    let slots = |size: Dimension| -> Vec<u128> {
        rows().map(|row| size.of_point(&row.point)).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let (columns, lines) = (slots(grid.x), slots(grid.by));
    let values = values(rows(), grid, &quantity)?;
    if values.is_empty() {
        return Err(ChartError::NoPoint { kind: ChartKind::HeatMap, reason: "no row has the metric" });
    }
    let (low, high) = extremes(&values);
    let step = round_step(high.1);
    let label = match files.all_predicted(variants) {
        true => format!("Predicted {}", quantity.label()),
        false => quantity.label(),
    };
    let colour = Axis::linear(&label, 0.0, round_up(high.1, step), step);
    let cell = |line: u128| columns.iter().map(|column| values.get(&(line, *column)).copied()).collect();
    let noisy = rows().filter(|row| row.status == Status::Noisy).filter_map(|row| {
        let (line, column) = grid.place(row);
        values.get(&(line, column))?;
        Some((lines.binary_search(&line).ok()?, columns.binary_search(&column).ok()?))
    });
    let noisy: BTreeSet<_> = noisy.collect();
    let has_noisy = !noisy.is_empty();
    let cells = Cells { rows: lines.iter().map(|line| cell(*line)).collect(), noisy, colour };
    let names = |sizes: &[u128]| sizes.iter().map(ToString::to_string).collect();
    let basis = quantity.basis(first.point().dtype);
    let said = caption::said(files, variants, &grid.sizes, &basis);
    let said = if has_noisy { said.and(", ○ noisy") } else { said };
    let unit = unit(options.metric);
    let (x, by) = (grid.x.in_words(), grid.by.in_words());
    let in_words = |((line, column), value): Cell| {
        format!("{} {unit} at {by} {line} and {x} {column}", three_digits(value))
    };
    let desc = format!(
        "Heat map of {} over {x} ({} to {}) and {by} ({} to {}). From {} to {}. {said}.",
        quantity.in_words(),
        columns[0],
        columns[columns.len() - 1],
        lines[0],
        lines[lines.len() - 1],
        in_words(low),
        in_words(high)
    );
    let chart = Chart {
        title: of_origin(files.all_predicted(variants), of_engine(first.point().engine, grid.title.clone())),
        subtitle: said.subtitle(options),
        x: Axis::named(grid.x.label(), names(&columns)),
        y: Axis::named(grid.by.label(), names(&lines)),
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
    grid: &Grid,
    quantity: &Quantity<'_>,
) -> Result<BTreeMap<(u128, u128), f64>, ChartError> {
    let mut values = BTreeMap::new();
    for row in rows.filter(|row| row.status.has_times()) {
        let Ok(value) = quantity.of_row(row) else { continue };
        let (line, column) = grid.place(row);
        // Of hidden sizes that the heads do not divide, neighbours have the same head dim.
        if values.insert((line, column), value).is_some() {
            let (by, x) = (grid.by.in_words(), grid.x.in_words());
            return Err(ChartError::Grid {
                reason: format!("several points have {by} {line} and {x} {column}"),
            });
        }
    }
    Ok(values)
}

/// The cells of the lowest and the highest of some values.
fn extremes(values: &BTreeMap<(u128, u128), f64>) -> (Cell, Cell) {
    let mut all = values.iter().map(|(cell, value)| (*cell, *value));
    let first = all.next().expect("there is a value");
    all.fold((first, first), |(low, high), one| {
        (if one.1 < low.1 { one } else { low }, if one.1 > high.1 { one } else { high })
    })
}

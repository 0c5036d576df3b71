//! How rows make charts: what each chart is over, what tells its lines apart, and what tells the charts apart. Any op,
//! any dimension: nothing is averaged, and no two rows are at one place of a line.
//!
//! The rule, of the rows of one op:
//!
//! 1. What charts are over, where nobody says: the size of which there are most values.
//! 2. What must never share a chart unless it is asked for, the element type and the card, tells charts apart.
//! 3. What tells lines apart, where nobody says: the size, or the pass, of which there are most values among those that
//!    do not follow from what the chart is over. If nothing is left, and there are sizes that powers of two divide and
//!    others, the power of two, as series are to head dims.
//! 4. Everything else that differs and does not follow from these tells charts apart.
//! 5. Rows of which this makes no lines, such as the products that a profiler saw, are dots over their FLOP.

mod partition;

use crate::dimension::{Dimension, OF_MODEL, alignment};
use hovera_core::{Op, Row};
use partition::Partition;
use std::collections::{BTreeMap, BTreeSet};

/// Where nobody says what tells lines apart: so many lines can still be told apart.
const MOST_CHOSEN_LINES: usize = 16;
/// So many lines still have room in a legend.
const MOST_LINES: usize = 40;
/// More charts than this are a mistake.
const MOST_CHARTS: usize = 64;
/// Fewer rows make lines, however short.
const FEW_ROWS: usize = 8;
/// Powers of two tell lines apart where there are so many sizes for each.
const SIZES_FOR_EACH_LINE: usize = 3;

/// A row, and the number of its card among those of all files.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed<'a> {
    /// The card.
    pub card: usize,
    /// The row.
    pub row: &'a Row,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What the charts are over.
    pub x: Option<Dimension>,
    /// What tells the lines of a chart apart.
    pub by: Option<Dimension>,
    /// What else shares a chart: cards, engines or pacings.
    pub across: Option<Dimension>,
    /// Whether lines are the rows of a grid, which no legend has to list.
    pub is_grid: bool,
}

/// One chart's rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrangement {
    /// The products, one but where cards are compared that call one product differently.
    pub ops: Vec<Op>,
    /// What it is over.
    pub x: Dimension,
    /// What tells its lines apart.
    pub by: Option<Dimension>,
    /// What tells it from the other charts of its op.
    pub apart: Vec<(Dimension, u128)>,
    /// The sizes that all of its rows have in common, in the order in which they are told.
    pub fixed: Vec<(Dimension, u128)>,
    /// So many times the hidden size is the width of the MLP, where both vary together.
    pub ffn_over_hidden: Option<f64>,
    /// Whether its rows are dots and make no lines: several can be at one place.
    pub is_scattered: bool,
    /// Its rows, by their places among those that were arranged, in that order.
    pub rows: Vec<usize>,
    /// The names of kernels, where kernels tell charts or lines apart: a value is a place in this list.
    pub kernels: Vec<String>,
}

/// Rows that cannot be drawn as is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrangementError {
    /// Nothing has the size that charts are to be over.
    #[error("x = {x}: no row has one; want {choices}")]
    NothingOver {
        /// What was asked for.
        x: Dimension,
        /// What the rows have.
        choices: String,
    },
    /// A word is no size.
    #[error("x = {x}: want a size: {choices}")]
    NoSize {
        /// What was asked for.
        x: Dimension,
        /// The sizes that there are.
        choices: String,
    },
    /// One dimension cannot be both.
    #[error("x = {x} and by = {x}: want two different ones")]
    Twice {
        /// Which.
        x: Dimension,
    },
    /// Too many lines to tell apart.
    #[error(
        "by = {by}: {count} lines in one chart of {op}: want at most {most}; where {by} = … chooses some"
    )]
    TooManyLines {
        /// What tells them apart.
        by: Dimension,
        /// Of which op.
        op: Op,
        /// How many.
        count: usize,
        /// How many are legible.
        most: usize,
    },
    /// Too many charts.
    #[error(
        "{op} over {x} would be {count} charts, which differ in {apart}; want by, or where for some of them"
    )]
    TooManyCharts {
        /// Which op.
        op: Op,
        /// What they are over.
        x: Dimension,
        /// How many.
        count: usize,
        /// What tells them apart, and how many values each has.
        apart: String,
    },
    /// Rows of one product under the same conditions.
    #[error("{count} rows are at one place of a chart: {point}; want files in which a point is once")]
    OnePlace {
        /// How many.
        count: usize,
        /// Their point.
        point: String,
    },
}

/// The charts of some rows, by op, then by what tells them apart.
///
/// # Errors
/// [`ArrangementError`], when they cannot be drawn as is asked.
pub fn arrange(rows: &[Placed<'_>], wanted: &Wanted) -> Result<Vec<Arrangement>, ArrangementError> {
    refuse_impossible(rows, wanted)?;
    let kernels = Kernels::of(rows);
    let mut by_op: BTreeMap<Op, Vec<usize>> = BTreeMap::new();
    let has_x = |row: &Row| wanted.x.is_none_or(|x| x.of_point(&row.point) > 0);
    for (i, placed) in rows.iter().enumerate().filter(|(_, placed)| has_x(placed.row)) {
        by_op.entry(placed.row.point.op).or_default().push(i);
    }
    if [wanted.by, wanted.across].contains(&Some(Dimension::Op))
        || is_called_differently(rows, &by_op, wanted)
    {
        let all = by_op.into_values().flatten().collect::<BTreeSet<_>>();
        return Of { rows, all: all.into_iter().collect(), kernels: &kernels, wanted }.charts();
    }
    let mut charts = Vec::new();
    for all in by_op.into_values() {
        charts.extend(Of { rows, all, kernels: &kernels, wanted }.charts()?);
    }
    Ok(charts)
}

fn refuse_impossible(rows: &[Placed<'_>], wanted: &Wanted) -> Result<(), ArrangementError> {
    let Some(x) = wanted.x else { return Ok(()) };
    let choices = || {
        let ops: BTreeSet<Op> = rows.iter().map(|placed| placed.row.point.op).collect();
        let of_model: BTreeSet<Dimension> = ops.into_iter().flat_map(Dimension::sizes_of).collect();
        let all = of_model.into_iter().chain(Dimension::sizes_of_gemm()).chain([Dimension::Flop]);
        let names: BTreeSet<Dimension> = all.collect();
        names.into_iter().map(Dimension::as_str).collect::<Vec<_>>().join(", ")
    };
    if !x.is_size() {
        return Err(ArrangementError::NoSize { x, choices: choices() });
    }
    if wanted.by == Some(x) {
        return Err(ArrangementError::Twice { x });
    }
    if !rows.is_empty() && rows.iter().all(|placed| x.of_point(&placed.row.point) == 0) {
        return Err(ArrangementError::NothingOver { x, choices: choices() });
    }
    Ok(())
}

/// Whether cards are compared of which each calls its products by one op, and not all by the same: a model's product on
/// one, a GEMM of no model on another.
fn is_called_differently(rows: &[Placed<'_>], by_op: &BTreeMap<Op, Vec<usize>>, wanted: &Wanted) -> bool {
    // Where nobody says over what, a GEMM of no model among them says that it is over sizes that all have.
    let is_over_sizes_of_all = match wanted.x {
        Some(x) => x.is_of_gemm(),
        None => by_op.keys().any(|op| !op.is_of_layer()) && by_op.keys().all(|op| op.is_product()),
    };
    if wanted.across != Some(Dimension::Gpu) || by_op.len() < 2 || !is_over_sizes_of_all {
        return false;
    }
    let mut ops: BTreeMap<usize, BTreeSet<Op>> = BTreeMap::new();
    for placed in rows {
        ops.entry(placed.card).or_default().insert(placed.row.point.op);
    }
    ops.values().all(|ops| ops.len() == 1)
}

/// Names of kernels as numbers.
struct Kernels(Vec<String>);

impl Kernels {
    fn of(rows: &[Placed<'_>]) -> Kernels {
        let names: BTreeSet<&str> = rows.iter().filter_map(|placed| placed.row.kernel_name()).collect();
        Kernels(names.into_iter().map(str::to_owned).collect())
    }

    fn value(&self, row: &Row) -> u128 {
        let place =
            row.kernel_name().and_then(|name| self.0.binary_search_by(|it| it.as_str().cmp(name)).ok());
        place.map_or(0, |place| place as u128 + 1)
    }
}

/// The rows that are arranged together.
struct Of<'a, 'k> {
    rows: &'a [Placed<'a>],
    all: Vec<usize>,
    kernels: &'k Kernels,
    wanted: &'k Wanted,
}

impl Of<'_, '_> {
    fn placed(&self) -> impl Iterator<Item = &Placed<'_>> {
        self.all.iter().map(|i| &self.rows[*i])
    }

    fn values(&self, dimension: Dimension) -> Vec<u128> {
        self.placed()
            .map(|placed| match dimension {
                Dimension::Gpu => placed.card as u128,
                Dimension::Kernel => self.kernels.value(placed.row),
                _ => dimension.of_point(&placed.row.point),
            })
            .collect()
    }

    fn count(&self, dimension: Dimension) -> usize {
        self.values(dimension).into_iter().collect::<BTreeSet<_>>().len()
    }

    fn varies(&self, dimension: Dimension) -> bool {
        let values = self.values(dimension);
        values.windows(2).any(|pair| pair[0] != pair[1])
    }

    fn ops(&self) -> Vec<Op> {
        self.placed().map(|placed| placed.row.point.op).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The sizes that all are told by.
    fn sizes(&self) -> Vec<Dimension> {
        let ops = self.ops();
        let of_gemm = || Dimension::sizes_of_gemm().collect();
        let asked = [self.wanted.x, self.wanted.by].into_iter().flatten();
        if ops.iter().any(|op| !op.is_of_layer()) || asked.into_iter().any(|it| OF_GEMM_ALONE.contains(&it)) {
            return of_gemm();
        }
        let of_model: BTreeSet<Dimension> = ops.iter().copied().flat_map(Dimension::sizes_of).collect();
        match of_model.iter().any(|size| self.varies(*size)) {
            true => of_model.into_iter().collect(),
            // Another program's file may not tell a model's sizes.
            false => of_gemm(),
        }
    }

    /// What charts are over: what is asked for, or the size of which there are most values.
    fn x(&self, sizes: &[Dimension]) -> Dimension {
        if let Some(x) = self.wanted.x {
            return x;
        }
        let is_free = |size: &&Dimension| self.wanted.by != Some(**size);
        // Of several that vary as much the first.
        let most = sizes.iter().filter(is_free).rev().max_by_key(|size| self.count(**size));
        most.copied().unwrap_or(Dimension::Flop)
    }

    fn charts(&self) -> Result<Vec<Arrangement>, ArrangementError> {
        let Some(first) = self.placed().next() else { return Ok(Vec::new()) };
        let op = first.row.point.op;
        let sizes = self.sizes();
        let x = self.x(&sizes);
        let across = self.wanted.across;
        let strict = self.strict();
        let charts = Partition::one(self.all.len());
        let mut charts = strict.iter().fold(charts, |charts, it| charts.refined(&self.values(*it)));
        let mut lines = across.iter().fold(charts.clone(), |lines, it| lines.refined(&self.values(*it)));
        let mut places = lines.refined(&self.values(x));
        // Whatever the card: a size never follows from it.
        let mut bare = charts.refined(&self.values(x));
        let by = match self.wanted.by {
            Some(by) => Some(by),
            None => self.by(&sizes, x, &places),
        };
        if let Some(by) = by.filter(|by| *by != Dimension::Alignment) {
            let values = self.values(by);
            (lines, places) = (lines.refined(&values), places.refined(&values));
            bare = bare.refined(&values);
        }
        let mut apart = strict;
        for dimension in LOOSE {
            let is_taken = dimension == x || Some(dimension) == by || Some(dimension) == across;
            // Cards are compared by their products, whatever model these are of.
            let is_of_no_matter = across == Some(Dimension::Gpu)
                && sizes.contains(&Dimension::M)
                && OF_MODEL.contains(&dimension);
            if is_taken || is_of_no_matter || !self.varies(dimension) {
                continue;
            }
            let values = self.values(dimension);
            let of = if dimension.is_size() || dimension == Dimension::Pass { &bare } else { &places };
            if of.refined(&values).count() > of.count() {
                apart.push(dimension);
                [&mut charts, &mut lines, &mut places, &mut bare]
                    .into_iter()
                    .for_each(|it| *it = it.refined(&values));
            }
        }
        // Short lines, of which a picture tells nothing.
        let is_soup = self.all.len() >= FEW_ROWS
            && (self.all.len() < 2 * lines.count() || charts.count() > MOST_CHARTS)
            && self.wanted.by.is_none();
        if is_soup && !self.wanted.is_grid && (self.wanted.x.is_none() || x == Dimension::Flop) {
            return Ok(self.scattered());
        }
        if charts.count() > MOST_CHARTS {
            let counted = |it: &Dimension| format!("{it} ({} values)", self.count(*it));
            let apart = apart.iter().map(counted).collect::<Vec<_>>().join(", ");
            return Err(ArrangementError::TooManyCharts { op, x, count: charts.count(), apart });
        }
        if let Some((first, count)) = places.first_crowd() {
            let point = self.rows[self.all[first]].row.point.to_string();
            return Err(ArrangementError::OnePlace { count, point });
        }
        let mut found = self.split(&charts, &apart, x, by, false);
        for chart in &mut found {
            chart.by = self.settled(chart, op)?;
        }
        Ok(found)
    }

    /// What tells charts apart whatever is drawn, unless it is asked for.
    fn strict(&self) -> Vec<Dimension> {
        let asked = [self.wanted.by, self.wanted.across];
        let strict = [Dimension::Dtype, Dimension::Gpu].into_iter();
        strict.filter(|it| !asked.contains(&Some(*it)) && self.varies(*it)).collect()
    }

    /// What tells lines apart where nobody says.
    fn by(&self, sizes: &[Dimension], x: Dimension, places: &Partition) -> Option<Dimension> {
        let pass = (!self.wanted.is_grid).then_some(Dimension::Pass);
        let most_lines = if self.wanted.is_grid { usize::MAX } else { MOST_CHOSEN_LINES };
        let candidates = sizes.iter().copied().chain(pass).filter(|size| *size != x);
        let open = candidates.filter(|it| places.refined(&self.values(*it)).count() > places.count());
        let counted = open.map(|it| (self.count(it), it)).filter(|(count, _)| *count <= most_lines);
        let most = counted.collect::<Vec<_>>().into_iter().rev().max_by_key(|(count, _)| *count);
        most.map(|(_, it)| it).or((!self.wanted.is_grid).then_some(Dimension::Alignment))
    }

    /// What tells the lines of a chart apart: nothing where there is one line.
    fn settled(&self, chart: &Arrangement, op: Op) -> Result<Option<Dimension>, ArrangementError> {
        let Some(by) = chart.by else { return Ok(None) };
        let of = |dimension: Dimension| -> BTreeSet<u128> {
            let value = |i: &usize| dimension.of_point(&self.rows[*i].row.point);
            chart.rows.iter().map(value).collect()
        };
        if by == Dimension::Alignment {
            let sizes = of(chart.x);
            let lines: BTreeSet<u128> = sizes.iter().copied().map(alignment).collect();
            let is_asked = self.wanted.by.is_some();
            let is_worth_it =
                is_even(&sizes) && lines.len() > 1 && sizes.len() >= SIZES_FOR_EACH_LINE * lines.len();
            return Ok((is_asked || is_worth_it).then_some(by));
        }
        let count = match by {
            Dimension::Kernel => chart
                .rows
                .iter()
                .map(|i| self.kernels.value(self.rows[*i].row))
                .collect::<BTreeSet<_>>()
                .len(),
            _ => of(by).len(),
        };
        match count {
            0 | 1 if self.wanted.by.is_none() => Ok(None),
            count if count > MOST_LINES && !self.wanted.is_grid => {
                Err(ArrangementError::TooManyLines { by, op, count, most: MOST_LINES })
            }
            _ => Ok(Some(by)),
        }
    }

    /// Dots over FLOP, in as few charts as may be.
    fn scattered(&self) -> Vec<Arrangement> {
        let apart = self.strict();
        let charts =
            apart.iter().fold(Partition::one(self.all.len()), |it, by| it.refined(&self.values(*by)));
        let by = self.wanted.by.or(self.varies(Dimension::Pass).then_some(Dimension::Pass));
        self.split(&charts, &apart, Dimension::Flop, by, true)
    }

    fn split(
        &self,
        charts: &Partition,
        apart: &[Dimension],
        x: Dimension,
        by: Option<Dimension>,
        is_scattered: bool,
    ) -> Vec<Arrangement> {
        let told: Vec<(Dimension, Vec<u128>)> = apart.iter().map(|it| (*it, self.values(*it))).collect();
        let mut found: BTreeMap<Vec<u128>, Arrangement> = BTreeMap::new();
        let mut seen: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for place in 0..self.all.len() {
            seen.entry(charts.part(place)).or_default().push(place);
        }
        for places in seen.into_values() {
            let first = places[0];
            let values: Vec<(Dimension, u128)> =
                told.iter().map(|(it, values)| (*it, values[first])).collect();
            let rows: Vec<usize> = places.iter().map(|place| self.all[*place]).collect();
            let key = values.iter().map(|(_, value)| *value).collect();
            found.insert(key, self.chart(rows, values, x, by, is_scattered));
        }
        found.into_values().collect()
    }

    fn chart(
        &self,
        rows: Vec<usize>,
        apart: Vec<(Dimension, u128)>,
        x: Dimension,
        by: Option<Dimension>,
        is_scattered: bool,
    ) -> Arrangement {
        let points = || rows.iter().map(|i| &self.rows[*i].row.point);
        let one = |dimension: Dimension| {
            let mut values = points().map(|point| dimension.of_point(point));
            let first = values.next().filter(|value| *value > 0)?;
            values.all(|value| value == first).then_some((dimension, first))
        };
        let ops: BTreeSet<Op> = points().map(|point| point.op).collect();
        let sizes = self.sizes();
        let factor = |point: &hovera_core::Point| {
            let [ffn, hidden] = [Dimension::Ffn, Dimension::Hidden].map(|it| it.of_point(point));
            (ffn > 0 && hidden > 0).then(|| ffn as f64 / hidden as f64)
        };
        let factors: Vec<Option<f64>> = points().map(factor).collect();
        let varies = one(Dimension::Hidden).is_none();
        let ffn_over_hidden =
            factors[0].filter(|_| varies && factors.windows(2).all(|pair| pair[0] == pair[1]));
        let has_kernels =
            by == Some(Dimension::Kernel) || apart.iter().any(|(it, _)| *it == Dimension::Kernel);
        Arrangement {
            ops: ops.into_iter().collect(),
            x,
            by,
            fixed: sizes.into_iter().chain([Dimension::Series]).filter_map(one).collect(),
            apart,
            ffn_over_hidden,
            is_scattered,
            kernels: if has_kernels { self.kernels.0.clone() } else { Vec::new() },
            rows,
        }
    }
}

/// Sizes that no model has.
const OF_GEMM_ALONE: [Dimension; 5] =
    [Dimension::M, Dimension::N, Dimension::K, Dimension::GemmBatch, Dimension::Flop];

/// What tells charts apart where it does not follow from what is drawn, in the order in which it is tried: what others
/// follow from comes first.
const LOOSE: [Dimension; 23] = [
    Dimension::Op,
    Dimension::Engine,
    Dimension::Pacing,
    Dimension::Cache,
    Dimension::Pass,
    Dimension::Mask,
    Dimension::Hidden,
    Dimension::Vocab,
    Dimension::Ffn,
    Dimension::Heads,
    Dimension::KvHeads,
    Dimension::HeadDim,
    Dimension::Seq,
    Dimension::Batch,
    Dimension::SeqKey,
    Dimension::HeadDimV,
    Dimension::TensorParallel,
    Dimension::Layout,
    Dimension::M,
    Dimension::N,
    Dimension::K,
    Dimension::GemmBatch,
    Dimension::Kernel,
];

impl Arrangement {
    /// A value of what the chart is over.
    #[must_use]
    pub fn x_of(&self, row: &Row) -> u128 {
        self.x.of_point(&row.point)
    }

    /// Which line a row is on; 0 where there is one.
    #[must_use]
    pub fn line_of(&self, row: &Row) -> u128 {
        match self.by {
            None => 0,
            Some(Dimension::Alignment) => alignment(self.x_of(row)),
            Some(Dimension::Kernel) => {
                let name = row.kernel_name();
                let place = self.kernels.iter().position(|kernel| Some(kernel.as_str()) == name);
                place.map_or(0, |place| place as u128 + 1)
            }
            Some(by) => by.of_point(&row.point),
        }
    }

    /// A value of a dimension that tells charts or lines apart, in words.
    #[must_use]
    pub fn value_in_words(&self, dimension: Dimension, value: u128) -> String {
        if dimension != Dimension::Kernel {
            return dimension.value_in_words(value);
        }
        let place = usize::try_from(value).ok().and_then(|value| value.checked_sub(1));
        let name = place.and_then(|place| self.kernels.get(place));
        name.map_or_else(|| "not told".to_owned(), String::clone)
    }
}

/// Whether equal ratios tell better than equal differences how sizes are spread: octaves of tokens, not steps of hidden
/// sizes.
#[must_use]
pub fn spans_octaves(sizes: &BTreeSet<u128>) -> bool {
    const LEAST_RATIO: f64 = 4.0;
    let sizes: Vec<f64> = sizes.iter().map(|size| *size as f64).collect();
    let [first, .., last] = sizes[..] else { return false };
    if first <= 0.0 || last / first < LEAST_RATIO || sizes.len() < 3 {
        return false;
    }
    let unevenness = |of: fn(f64) -> f64| {
        let gaps: Vec<f64> = sizes.windows(2).map(|pair| of(pair[1]) - of(pair[0])).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        gaps.iter().map(|gap| (gap / mean - 1.0).powi(2)).sum::<f64>()
    };
    unevenness(f64::ln) < unevenness(|size| size)
}

/// Whether sizes are spread evenly enough for a linear axis.
fn is_even(sizes: &BTreeSet<u128>) -> bool {
    !spans_octaves(sizes)
}

#[cfg(test)]
mod tests;

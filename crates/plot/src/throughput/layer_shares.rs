//! Where the time of a layer goes: the shares of its products, over a size that a sweep of all of them varies.

use super::axes::size_axis;
use super::files::Files;
use super::options::{AxisMax, ChartOptions};
use super::rows::{Card, Variant};
use super::{ChartError, ChartKind, NamedChart, Note, caption, of_engine, of_origin};
use crate::shares::{Part, SharesChart, Wholes};
use hovera_analysis::Dimension;
use hovera_core::{Op, Pass, Row, Stat};
use std::collections::{BTreeMap, BTreeSet};

/// What charts can be over where nobody says: every product of a layer depends on these.
const SHARED: [Dimension; 4] =
    [Dimension::Hidden, Dimension::TensorParallel, Dimension::Seq, Dimension::Batch];
/// Conditions that a layer has as a whole.
const WORDS: [Dimension; 4] = [Dimension::Dtype, Dimension::Engine, Dimension::Pacing, Dimension::Cache];
/// So few wholes are bars, each with its name.
const MOST_BARS: usize = 12;

/// What a chart's rows have in common: card, words, and the shared sizes that it is not over.
type Together = (Card, Vec<(Dimension, u128)>);

/// One chart for each card, dtype, engine, pacing and cache, and for each of the sizes that a layer has as a whole.
pub(super) fn charts(files: Files<'_>, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    let no_point = |reason| ChartError::NoPoint { kind: ChartKind::Shares, reason };
    let all: Vec<(Card, &Row)> = files.rows().filter(|(_, row)| row.point.op.in_layer() > 0).collect();
    if all.is_empty() {
        return Err(no_point("no row is of a product of a layer"));
    }
    let x = options.x.unwrap_or_else(|| usual(&all));
    let mut groups: BTreeMap<Together, Vec<&Row>> = BTreeMap::new();
    for (card, row) in all.iter().filter(|(_, row)| row.status.has_times() && x.of_point(&row.point) > 0) {
        let told = WORDS.into_iter().chain(SHARED.into_iter().filter(|it| *it != x));
        let told = told.filter(|it| !follows(*it, x, &all)).map(|it| (it, it.of_point(&row.point))).collect();
        groups.entry((*card, told)).or_default().push(row);
    }
    let shared: Vec<Together> = groups.keys().cloned().collect();
    let mut named = Vec::new();
    for (together, rows) in &groups {
        let variant = Variant { card: together.0, rows: rows.clone() };
        let stat = files.stat(together.0, options);
        let Some(layers) = Layers::of_rows(x, rows, stat)? else { continue };
        let stem = format!("layer-shares-over-{x}{}", stem(together, &shared));
        let (chart, notes) = layers.chart(files, &variant, options);
        named.push(NamedChart { stem, chart, condition: None, notes });
    }
    if named.is_empty() {
        return Err(no_point("no size has all products of a layer"));
    }
    Ok(named)
}

/// The size that all products share and of which there are most values.
fn usual(all: &[(Card, &Row)]) -> Dimension {
    let count = |size: &Dimension| {
        of_layer(*size, all).map(|row| size.of_point(&row.point)).collect::<BTreeSet<_>>().len()
    };
    SHARED.into_iter().rev().max_by_key(count).unwrap_or(Dimension::Hidden)
}

/// The rows that tell a size of the layer.
fn of_layer<'r>(size: Dimension, all: &'r [(Card, &'r Row)]) -> impl Iterator<Item = &'r Row> {
    let tells = move |row: &&Row| size != Dimension::Hidden || !row.point.op.is_of_attention();
    all.iter().map(|(_, row)| *row).filter(tells)
}

/// Whether a size is told by what charts are over. The hidden size of products of attention is the width of their heads,
/// which need not be that of the layer.
fn follows(size: Dimension, x: Dimension, all: &[(Card, &Row)]) -> bool {
    let mut seen = BTreeMap::new();
    SHARED.contains(&size)
        && of_layer(size, all).all(|row| {
            let value = size.of_point(&row.point);
            *seen.entry(x.of_point(&row.point)).or_insert(value) == value
        })
}

fn stem((card, told): &Together, others: &[Together]) -> String {
    let mut stem = String::new();
    for (i, (it, value)) in told.iter().enumerate() {
        if others.iter().any(|(_, other)| other[i].1 != *value) {
            stem.push_str(&match it.is_size() {
                true => format!("-{}{value}", it.letter()),
                false => format!("-{}", it.value_in_words(*value)),
            });
        }
    }
    if others.iter().any(|(other, _)| other.device != card.device) {
        stem.push_str(&format!("-device{}", card.device));
    }
    stem
}

/// What is in every layer. Shares of fewer are of no layer, and their chart does not say so.
const OF_EVERY_LAYER: [Op; 5] = [Op::Score, Op::Values, Op::Projection, Op::MlpUp, Op::MlpDown];

/// The times of a layer's products at each size.
struct Layers {
    x: Dimension,
    /// Whether gradients are in it.
    is_training: bool,
    ops: Vec<Op>,
    /// By size, then in the order of `ops`, in µs.
    times: BTreeMap<u128, Vec<f64>>,
    /// How many sizes lack a product.
    incomplete: usize,
}

impl Layers {
    /// None where no size has all products.
    ///
    /// # Errors
    /// [`ChartError::SeveralProducts`], where a product is there more than once.
    fn of_rows(x: Dimension, rows: &[&Row], stat: Stat) -> Result<Option<Layers>, ChartError> {
        let mut found: BTreeMap<u128, BTreeMap<Op, BTreeMap<Pass, &Row>>> = BTreeMap::new();
        for row in rows {
            let (op, pass, size) = (row.point.op, row.point.pass, x.of_point(&row.point));
            let twice = found.entry(size).or_default().entry(op).or_default().insert(pass, row);
            if let Some(twice) = twice {
                let (kind, apart) = (ChartKind::Shares, apart(twice, row));
                return Err(ChartError::SeveralProducts { kind, op, x, size, apart });
            }
        }
        let ops: BTreeSet<Op> = rows.iter().map(|row| row.point.op).collect();
        let all_passes = |(op, passes): (&Op, &BTreeMap<Pass, &Row>)| {
            op.passes().iter().all(|pass| passes.contains_key(pass))
        };
        let is_training = found.values().flatten().all(all_passes);
        let time = |op: &Op, passes: &BTreeMap<Pass, &Row>| {
            let counted = passes.iter().filter(|(pass, _)| is_training || **pass == Pass::Forward);
            let times = counted.map(|(_, row)| row.timing.as_ref()?.time_us(stat));
            let sum = times.sum::<Option<f64>>().filter(|sum| *sum > 0.0)?;
            Some(sum * f64::from(op.in_layer()))
        };
        let sizes = found.len();
        let whole = |(size, of_ops): (u128, BTreeMap<Op, BTreeMap<Pass, &Row>>)| {
            let times = ops.iter().map(|op| time(op, of_ops.get(op)?)).collect::<Option<Vec<f64>>>()?;
            Some((size, times))
        };
        let times: BTreeMap<u128, Vec<f64>> = found.into_iter().filter_map(whole).collect();
        let incomplete = sizes - times.len();
        let ops = ops.into_iter().collect();
        Ok((!times.is_empty()).then_some(Layers { x, is_training, ops, times, incomplete }))
    }

    fn chart(
        &self,
        files: Files<'_>,
        variant: &Variant<'_>,
        options: &ChartOptions,
    ) -> (crate::chart::Chart, Vec<Note>) {
        let share = |times: &Vec<f64>, i: usize| times[i] / times.iter().sum::<f64>();
        let part = |(i, op): (usize, &Op)| {
            let twice = if op.in_layer() > 1 { " ×2" } else { "" };
            Part {
                label: format!("{op}{twice}"),
                shares: self.times.values().map(|times| share(times, i)).collect(),
            }
        };
        let sizes: BTreeSet<u128> = self.times.keys().copied().collect();
        let wholes = match sizes.len() <= MOST_BARS {
            true => Wholes::Names(sizes.iter().map(|size| format!("{}={size}", self.x.letter())).collect()),
            false => {
                let axis = size_axis(self.x, &sizes, AxisMax::AUTO);
                Wholes::Sizes(axis, sizes.iter().map(|size| *size as f64).collect())
            }
        };
        let tokens = [Dimension::Batch, Dimension::Seq].into_iter();
        let tokens =
            tokens.filter_map(|it| Some(format!("{}={}", it.letter(), self.fixed(it, &variant.rows)?)));
        let sizes = tokens.collect::<Vec<_>>().join(", ");
        let stat = files.quantity(variant.card, options).basis(variant.point().dtype);
        let said = caption::said(files, std::slice::from_ref(variant), &sizes, &stat);
        let said = said.and("; products only: no softmax, no norms, no communication");
        let shares = SharesChart {
            title: of_origin(
                files.all_predicted(std::slice::from_ref(variant)),
                of_engine(variant.point().engine, self.title(&variant.rows)),
            ),
            subtitle: said.subtitle(options),
            caption: said.caption(options),
            label: "Share of Time".to_owned(),
            wholes,
            parts: self.ops.iter().enumerate().map(part).collect(),
        };
        let incomplete =
            (self.incomplete > 0).then_some(Note::Incomplete { x: self.x, sizes: self.incomplete });
        (shares.chart(), incomplete.into_iter().collect())
    }

    /// The one value that all rows have which have such a size.
    fn fixed(&self, size: Dimension, rows: &[&Row]) -> Option<u128> {
        let values: BTreeSet<u128> =
            rows.iter().map(|row| size.of_point(&row.point)).filter(|value| *value > 0).collect();
        values.first().copied().filter(|_| values.len() == 1 && size != self.x)
    }

    /// `Where the Time of a Layer Goes, a=32 tp=2, training step`.
    fn title(&self, rows: &[&Row]) -> String {
        let fixed = |size: Dimension| self.fixed(size, rows);
        let heads = fixed(Dimension::Heads);
        let told = [
            (Dimension::Hidden, fixed(Dimension::Hidden)),
            (Dimension::Heads, heads),
            (Dimension::KvHeads, fixed(Dimension::KvHeads).filter(|keys| Some(*keys) != heads)),
            (Dimension::Ffn, fixed(Dimension::Ffn)),
            (Dimension::TensorParallel, fixed(Dimension::TensorParallel).filter(|ranks| *ranks > 1)),
        ];
        let told = told.into_iter().filter_map(|(size, value)| Some(format!("{}={}", size.letter(), value?)));
        let told = told.collect::<Vec<_>>().join(" ");
        let step = self.is_training.then(|| "training step".to_owned());
        let all = [Some(told).filter(|told| !told.is_empty()), step];
        let of =
            if OF_EVERY_LAYER.iter().all(|op| self.ops.contains(op)) { "a Layer" } else { "These Products" };
        let all: Vec<String> = std::iter::once(format!("Where the Time of {of} Goes"))
            .chain(all.into_iter().flatten())
            .collect();
        all.join(", ")
    }
}

/// What two rows differ in.
pub(super) fn apart(a: &Row, b: &Row) -> String {
    let differ = Dimension::ALL.iter().filter(|it| it.of_point(&a.point) != it.of_point(&b.point));
    let told = differ.filter(|it| !it.is_of_gemm() && **it != Dimension::Series).map(|it| it.as_str());
    let told: Vec<&str> = told.collect();
    if told.is_empty() { "nothing but their times".to_owned() } else { told.join(", ") }
}

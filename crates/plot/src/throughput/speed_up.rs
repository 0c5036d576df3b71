//! Fused attention against what it stands for: the sum of the times of its two products, and of the softmax between them
//! where that was measured, over its own.

use super::axes::size_axis;
use super::files::Files;
use super::fused::{self, Fixed, Line};
use super::layer_shares::apart;
use super::options::{AxisMax, ChartKind, ChartOptions};
use super::quantity::in_words;
use super::ratio::{bands, equality, y_axis};
use super::rows::{Card, Variant, row_notes};
use super::{ChartError, NamedChart, Note, caption, last_values, of_origin};
use crate::chart::{Chart, DataPoint, Intervals, Marker, RowPlace, Trace};
use hovera_analysis::{Across, Dimension, method_differences};
use hovera_core::{Op, Pass, Row, Stat, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Words that rows of a chart have in common.
const WORDS: [Dimension; 3] = [Dimension::Dtype, Dimension::Pacing, Dimension::Cache];

/// What a sum is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parts {
    /// The products of matrices alone.
    Products,
    /// The softmax between them, too.
    WithSoftmax,
}

impl Parts {
    fn in_words(self) -> &'static str {
        match self {
            Parts::Products => "score + values, no softmax",
            Parts::WithSoftmax => "score + softmax + values",
        }
    }

    /// The same with what the kernel can have beside it: no softmax of a library's has a scale or a mask.
    fn in_a_sum(self) -> String {
        match self {
            Parts::Products => format!("{} and without a mask", self.in_words()),
            Parts::WithSoftmax => format!("{}, without a scale or a mask", self.in_words()),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Parts::Products => "Fused Attention against Its Products",
            Parts::WithSoftmax => "Fused Attention against Score, Softmax and Values",
        }
    }
}

/// What a softmax depends on, and what it must have in common with the attention that it is a part of.
const OF_SOFTMAX: [Dimension; 8] = [
    Dimension::Heads,
    Dimension::Batch,
    Dimension::Seq,
    Dimension::SeqKey,
    Dimension::TensorParallel,
    Dimension::Dtype,
    Dimension::Pacing,
    Dimension::Cache,
];

/// A model of card, and the values of [`OF_SOFTMAX`].
type Shape = (String, [u128; OF_SOFTMAX.len()]);

fn shape(card: String, row: &Row) -> Shape {
    (card, OF_SOFTMAX.map(|dimension| dimension.of_point(&row.point)))
}

/// A row and whose it is.
type Owned<'a> = (Card, &'a Row);

/// What shares a chart: a model of card, and what is fixed.
type Key = (String, Fixed);

/// The rows of a chart by what it is over.
#[derive(Default)]
struct Group<'a> {
    fused: BTreeMap<Line, BTreeMap<u128, Owned<'a>>>,
    products: BTreeMap<u128, BTreeMap<(Op, Pass), Owned<'a>>>,
}

/// The products of matrices that a pass of fused attention computes.
fn products_of(pass: Pass) -> Vec<(Op, Pass)> {
    let passes: &[Pass] = match pass {
        Pass::Backward => &[Pass::DataGradient, Pass::WeightGradient],
        _ => &[Pass::Forward],
    };
    Op::all_of_attention().flat_map(|op| passes.iter().map(move |pass| (op, *pass))).collect()
}

/// The one softmax of each shape, whatever the heads are wide and whoever shares their keys.
fn softmaxes<'a>(files: Files<'a>, x: Dimension) -> Result<BTreeMap<Shape, Owned<'a>>, ChartError> {
    let mut there: BTreeMap<Shape, Owned<'_>> = BTreeMap::new();
    for (card, row) in files.rows().filter(|(_, row)| row.point.op.is_of_rows() && row.status.has_times()) {
        if let Some((_, twice)) = there.insert(shape(name(files, card), row), (card, row)) {
            let (kind, apart, size) = (ChartKind::SpeedUp, apart(twice, row), x.of_point(&row.point));
            return Err(ChartError::SeveralProducts { kind, op: row.point.op, x, size, apart });
        }
    }
    Ok(there)
}

fn name(files: Files<'_>, card: Card) -> String {
    files.device(card).map(|device| device.name.clone()).unwrap_or_default()
}

/// One chart for each model of card, and for each combination of what it is not over. Rows of fused attention and of its
/// products may be in one file or in several.
pub(super) fn charts(files: Files<'_>, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    let x = options.x.unwrap_or(Dimension::HeadDim);
    let softmaxes = softmaxes(files, x)?;
    let mut groups: BTreeMap<Key, Group<'_>> = BTreeMap::new();
    let of_attention =
        files.rows().filter(|(_, row)| row.point.op.is_of_attention() && row.status.has_times());
    for (card, row) in of_attention {
        let (point, size) = (&row.point, x.of_point(&row.point));
        let group = groups.entry((name(files, card), fused::fixed(point, x, &WORDS))).or_default();
        let twice = match point.op.is_fused() {
            true => group.fused.entry(fused::line(row)).or_default().insert(size, (card, row)),
            false => group.products.entry(size).or_default().insert((point.op, point.pass), (card, row)),
        };
        if let Some((_, twice)) = twice {
            let (kind, apart) = (ChartKind::SpeedUp, apart(twice, row));
            return Err(ChartError::SeveralProducts { kind, op: point.op, x, size, apart });
        }
    }
    let mut named = Vec::new();
    let all: Vec<&Fixed> = groups.keys().map(|(_, fixed)| fixed).collect();
    for (place, ((_, fixed), group)) in groups.iter().enumerate() {
        let Some((chart, notes)) = group.chart(files, fixed, x, options, &softmaxes)? else { continue };
        // Cards of several models.
        let alike = groups.keys().take(place).filter(|(_, other)| other == fixed).count();
        let card = if alike > 0 { format!("-{}", alike + 1) } else { String::new() };
        let stem =
            format!("{}-speedup-over-{x}{}{card}", Op::Attention, fused::stem(fixed, all.iter().copied()));
        named.push(NamedChart { stem, chart, condition: None, notes });
    }
    if named.is_empty() {
        let reason = "want rows of op attention, and of score and values at the same sizes on a card of the same model, \
                      of one file or of several";
        return Err(ChartError::NoPoint { kind: ChartKind::SpeedUp, reason });
    }
    Ok(named)
}

/// A ratio of times, the row of attention, its 95 % interval where all have one, and whether one of them was noisy.
struct Ratio {
    value: f64,
    row: Option<RowPlace>,
    band: Option<(f64, f64)>,
    noisy: bool,
}

impl<'a> Group<'a> {
    /// The products of a pass at a size, where all are there.
    fn products(&self, size: u128, pass: Pass) -> Option<Vec<Owned<'a>>> {
        let there = self.products.get(&size)?;
        products_of(pass).iter().map(|product| there.get(product).copied()).collect()
    }

    /// None where nothing is on both sides.
    fn chart(
        &self,
        files: Files<'_>,
        fixed: &Fixed,
        x: Dimension,
        options: &ChartOptions,
        softmaxes: &BTreeMap<Shape, Owned<'a>>,
    ) -> Result<Option<(Chart, Vec<Note>)>, ChartError> {
        let mut pairs: Pairs<'a> = BTreeMap::new();
        let mut unmatched = 0;
        for (line, rows) in &self.fused {
            for (size, row) in rows {
                match self.products(*size, line.0) {
                    Some(products) => pairs.entry(*line).or_default().push((*size, *row, products)),
                    None => unmatched += 1,
                }
            }
        }
        let mut notes = Vec::new();
        let parts = add_softmax(&mut pairs, files, softmaxes, &mut notes);
        let each = || pairs.values().flatten();
        let fused = sides(each().map(|(_, row, _)| *row));
        // The two masks have the same products.
        let products = sides(each().flat_map(|(_, _, products)| products.iter().copied()));
        let (Some(first), Some(base)) = (fused.first(), products.first()) else { return Ok(None) };
        let stat = one_stat(files, &fused, &products, options)?;
        let differences = differences(files, &fused, &products, options)?;
        let present: Vec<&Row> = fused.iter().flat_map(|side| &side.rows).copied().collect();
        let mut traces = Vec::new();
        for line in fused::lines(&present) {
            let Some(of_line) = pairs.get(&line) else { continue };
            // Of the several rows that a ratio is of, the one whose speed it tells.
            let ratios = of_line.iter().filter_map(|(size, row, products)| {
                let place = files.quantity(row.0, options).place(row.1);
                Some((*size, Ratio { row: place, ..ratio(*row, products, stat)? }))
            });
            let ratios: Vec<(u128, Ratio)> = ratios.collect();
            let (colour, dash) = fused::look(line);
            let point = |(size, ratio): &(u128, Ratio)| {
                DataPoint { row: ratio.row, ..(*size as f64, ratio.value).into() }.noisy(ratio.noisy)
            };
            traces.push(Trace {
                label: fused::label(line),
                listed: true,
                heading: traces.is_empty().then(|| Op::Attention.to_string()),
                colour,
                style: options.markers.line(dash, Marker::ALL[traces.len() % Marker::ALL.len()]),
                points: ratios.iter().map(point).collect(),
                intervals: Intervals::OfY(ratios.iter().map(|(_, ratio)| ratio.band).collect()),
            });
        }
        let sizes: BTreeSet<u128> =
            traces.iter().flat_map(|trace| &trace.points).map(|point| point.x as u128).collect();
        let axis = size_axis(x, &sizes, AxisMax::AUTO);
        let of = parts.in_words();
        let label = format!("Speed-Up over {of}");
        let y = y_axis(&label, &traces);
        let cut = bands(&traces).filter(|(low, high)| *low < y.min || *high > y.max).count();
        if cut > 0 {
            notes.push(Note::BandsCut { points: cut });
        }
        if unmatched > 0 {
            notes.push(Note::Unmatched { points: unmatched });
        }
        let variants: Vec<Variant<'_>> = products.iter().chain(&fused).cloned().collect();
        let quantities: Vec<_> = variants.iter().map(|it| files.quantity(it.card, options)).collect();
        notes.extend(row_notes(&variants, &quantities));
        let basis = format!(
            "times of {}, summed, over that of attention, {} time, 95 % band",
            parts.in_a_sum(),
            in_words(stat)
        );
        let mut said = caption::said(files, &variants, &fused::sizes(fixed), &basis);
        let id = |side: &Variant<'_>| files.device(side.card).and_then(|device| device.id.clone());
        if id(first) != id(base) {
            said = said.and(", on two cards of one model");
        }
        if !differences.is_empty() {
            let note = Note::MixedMethods { differences };
            said = said.and(&format!(", {note}"));
            notes.push(note);
        }
        let over = x.in_words();
        let desc = format!(
            "Line chart of the speed-up of fused attention over {over}: the times of {of}, summed, over its own, with \
             a line for each pass and mask, and a band, the 95 % interval. Above 1 fused attention is faster. {} {said}.",
            last_values(&traces, "times as fast", over)
        );
        traces.insert(0, equality(&axis));
        let heads = fused::heads(fixed, x);
        let chart = Chart {
            title: of_origin(files.all_predicted(&variants), format!("{}, {heads}", parts.title())),
            subtitle: said.subtitle(options),
            x: axis,
            y,
            cells: None,
            traces,
            caption: said.caption(options),
            desc,
        };
        Ok(Some((chart, notes)))
    }
}

/// Of each line the sizes, each with its row of attention and those of what that stands for.
type Pairs<'a> = BTreeMap<Line, Vec<(u128, Owned<'a>, Vec<Owned<'a>>)>>;

/// The softmax of each pair beside its products, where all have one; none is of a backward pass.
fn add_softmax<'a>(
    pairs: &mut Pairs<'a>,
    files: Files<'_>,
    softmaxes: &BTreeMap<Shape, Owned<'a>>,
    notes: &mut Vec<Note>,
) -> Parts {
    let of = |(card, row): Owned<'a>| softmaxes.get(&shape(name(files, card), row)).copied();
    let is_forward = pairs.keys().all(|(pass, _)| *pass == Pass::Forward);
    let of_each = || pairs.values().flatten().map(|(_, row, _)| of(*row));
    let (all, there) = (of_each().count(), of_each().flatten().count());
    if there == 0 || all > there || !is_forward {
        if there > 0 {
            let backward = pairs.iter().filter(|((pass, _), _)| *pass != Pass::Forward);
            let backward: usize = backward.map(|(_, of_line)| of_line.len()).sum();
            notes.push(Note::WithoutSoftmax { points: (all - there).max(backward) });
        }
        return Parts::Products;
    }
    for (_, row, products) in pairs.values_mut().flatten() {
        products.extend(of(*row));
    }
    Parts::WithSoftmax
}

/// Rows by whose they are, each once.
fn sides<'a>(rows: impl Iterator<Item = Owned<'a>>) -> Vec<Variant<'a>> {
    let mut sides: BTreeMap<Card, Vec<&'a Row>> = BTreeMap::new();
    for (card, row) in rows {
        let of_card = sides.entry(card).or_default();
        if !of_card.iter().any(|other| std::ptr::eq(*other, row)) {
            of_card.push(row);
        }
    }
    sides.into_iter().map(|(card, rows)| Variant { card, rows }).collect()
}

/// The one time that stands for the points of both sides.
fn one_stat(
    files: Files<'_>,
    fused: &[Variant<'_>],
    products: &[Variant<'_>],
    options: &ChartOptions,
) -> Result<Stat, ChartError> {
    let stat = |side: &Variant<'_>| files.stat(side.card, options);
    let base_stat = stat(&products[0]);
    match products.iter().chain(fused).map(stat).find(|other| *other != base_stat) {
        None => Ok(base_stat),
        Some(other_stat) => Err(ChartError::MixedStats {
            base: "one file".to_owned(),
            base_stat,
            other: "another".to_owned(),
            other_stat,
        }),
    }
}

fn differences(
    files: Files<'_>,
    fused: &[Variant<'_>],
    products: &[Variant<'_>],
    options: &ChartOptions,
) -> Result<Vec<String>, ChartError> {
    let mut found = BTreeSet::new();
    for base in products {
        for other in fused {
            let Some((base_method, method)) = files.method(base.card).zip(files.method(other.card)) else {
                continue;
            };
            found.extend(method_differences(
                [(base_method, &base.rows), (method, &other.rows)],
                &[Across::Engine, Across::Layout],
            ));
        }
    }
    let differences: Vec<String> = found.into_iter().collect();
    if differences.is_empty() || options.mixed_methods {
        return Ok(differences);
    }
    Err(ChartError::MixedMethods {
        base: "score and values".to_owned(),
        other: Op::Attention.to_string(),
        differences,
    })
}

/// The sum of the products' times over that of fused attention. The errors of all are independent and small.
fn ratio((_, fused): Owned<'_>, products: &[Owned<'_>], stat: Stat) -> Option<Ratio> {
    let time = |row: &Row| row.timing.as_ref()?.time_us(stat).filter(|us| *us > 0.0);
    // The interval that a row has is of its median.
    let error = |row: &Row| row.timing.as_ref().filter(|_| stat == Stat::Median)?.relative_ci();
    let times = products.iter().map(|(_, row)| time(row)).collect::<Option<Vec<f64>>>()?;
    let (sum, own) = (times.iter().sum::<f64>(), time(fused)?);
    let errors = products.iter().map(|(_, row)| error(row)).collect::<Option<Vec<f64>>>();
    let of_sum = errors.map(|errors| {
        let squares: f64 = errors.iter().zip(&times).map(|(error, us)| (error * us).powi(2)).sum();
        squares.sqrt() / sum
    });
    let value = sum / own;
    let band = of_sum.zip(error(fused)).map(|(a, b)| {
        let half_width = a.hypot(b);
        (value * (-half_width).exp(), value * half_width.exp())
    });
    let noisy = products.iter().map(|(_, row)| row).chain([&fused]).any(|row| row.status == Status::Noisy);
    value.is_normal().then_some(Ratio { value, row: None, band, noisy })
}

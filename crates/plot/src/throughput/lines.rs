//! Charts of lines: a metric over a size, as the published charts are over hidden size.

use super::axes::axes;
use super::course::{Course, apart};
use super::files::Files;
use super::kernel_dots::{self, KernelLooks};
use super::looks::{Look, looks};
use super::options::{ChartOptions, Overlay};
use super::quantity::{Quantity, unit};
use super::rows::{Variant, value_notes};
use super::{ChartError, Note, caption, last_values, mixed, of_engine, of_origin};
use crate::chart::{Chart, Colour, DataPoint, Intervals, Trace};
use hovera_core::{Origin, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Of a line in the legend that stands for a style in all colours.
pub(super) const ANY_SERIES: Colour = Colour::hex(0x333333);

/// Up to so many cards have a list of their lines each; more share one list of the colours.
const LISTED_CARDS: usize = 2;

/// The chart of the lines of all variants.
///
/// # Errors
/// [`ChartError::MixedMethods`], for times that may not be held against each other.
pub(super) fn chart(
    files: Files<'_>,
    variants: &[Variant<'_>],
    course: &Course<'_>,
    options: &ChartOptions,
    kernels: Option<&KernelLooks>,
) -> Result<(Chart, Vec<Note>), ChartError> {
    let differences = mixed::differences(files, variants, options)?;
    let quantities = quantities(files, variants, options);
    let quantity = quantities[0];
    let first = variants[0].point();

    let mut traces = match kernels {
        Some(kernels) => kernels.traces(variants, &quantities, course),
        None => traces(files, variants, course, &quantities),
    };
    let (x, y, mut notes) = axes(&traces, &quantity, course);
    notes.extend(value_notes(variants, &quantities));
    notes.extend(kernels.and_then(|kernels| kernels.notes(variants)));

    // Files that stand for their points by other times each say theirs.
    let basis = caption::each_once(quantities.iter().map(|quantity| quantity.basis(first.dtype)));
    let basis = basis + &caption::band(files, variants);
    let points: usize = traces.iter().map(|trace| trace.points.len()).sum();
    if course.is_scattered() && points > 0 {
        notes.push(Note::Scattered { points });
    }
    let second = traces.iter().flat_map(|trace| &trace.points).filter(|point| point.second.is_some()).count();
    let second = match second {
        0 => String::new(),
        1 => " 1 point has another speed as well.".to_owned(),
        points => format!(" {points} points have another speed as well."),
    };
    let mut said = caption::said(files, variants, &course.sizes(), &basis);
    if !differences.is_empty() {
        let note = Note::MixedMethods { differences };
        said = said.and(&format!(", {note}"));
        notes.push(note);
    }
    let (over, quantity_in_words) = (course.over(), quantity.in_words());
    let desc = match kernels {
        None => {
            let lines = course.lines();
            let values = values_in_words(files, variants, course, &quantities);
            format!("Line chart of {quantity_in_words} over {over}, {lines}. {values}{second} {said}.")
        }
        Some(kernels) => format!(
            "Dots of {quantity_in_words} over {over}, in colours and markers of the kernels that ran. {}.{second} {said}.",
            kernels.in_words(variants, course)
        ),
    };
    if kernels.is_some() {
        let line = if course.is_published() { "h/a" } else { "line of the sweep" };
        said = said.and(&format!(", each thin line is one {line}"));
        let lines =
            variants.iter().zip(&quantities).flat_map(|(it, quantity)| spots_by_line(it, quantity, course));
        let lines = lines.map(|(line, spots)| (line, spots.into_iter().map(|(point, _)| point).collect()));
        traces.splice(0..0, kernel_dots::threads(lines.collect(), course));
    }
    let chart = Chart {
        title: of_origin(files.all_predicted(variants), of_engine(first.engine, course.title())),
        subtitle: said.subtitle(options),
        x,
        y,
        cells: None,
        traces,
        caption: said.caption(options),
        desc,
    };
    Ok((chart, notes))
}

/// The metric of each variant, by its own card.
pub(super) fn quantities<'a>(
    files: Files<'a>,
    variants: &[Variant<'_>],
    options: &'a ChartOptions,
) -> Vec<Quantity<'a>> {
    let mut each: Vec<_> = variants.iter().map(|variant| files.quantity(variant.card, options)).collect();
    let sheet = |quantity: &Quantity<'_>| quantity.card.and_then(|card| card.sheet());
    let mixed = each.windows(2).any(|pair| sheet(&pair[0]) != sheet(&pair[1]));
    // Two models that are rated at one clock can both be drawn at it.
    let clock = |quantity: &Quantity<'_>| quantity.card.and_then(|card| card.clock_mhz());
    let clocks_differ = each.windows(2).any(|pair| clock(&pair[0]) != clock(&pair[1]));
    for quantity in &mut each {
        (quantity.mixed, quantity.clocks_differ) = (mixed, clocks_differ);
    }
    each
}

/// The lines of every variant in its style, and where there are several, a legend of the styles.
fn traces(
    files: Files<'_>,
    variants: &[Variant<'_>],
    course: &Course<'_>,
    quantities: &[Quantity<'_>],
) -> Vec<Trace> {
    let options = quantities[0].options;
    let overlay = options.overlay.filter(|overlay| overlay.is_of_conditions() && variants.len() > 1);
    let names = overlay.map_or_else(Vec::new, |overlay| files.variants(overlay, variants));
    let alone = overlay.filter(|_| !course.has_lines());
    let listed_each = overlay == Some(Overlay::Gpu) && variants.len() <= LISTED_CARDS && alone.is_none();
    let mut traces = Vec::new();
    let mut listed = BTreeSet::new();
    // What is drawn in one style by itself, and could pass for measured without a word.
    let predicted =
        (names.is_empty() && files.all_predicted(variants)).then(|| Origin::Predicted.to_string());
    let each = variants.iter().zip(quantities).zip(looks(files, variants, course));
    for (i, ((variant, quantity), look)) in each.enumerate() {
        let predicted_of = |row: &Row| quantity.interval_of_row(row);
        for (j, (line, spots)) in spots_by_line(variant, quantity, course).into_iter().enumerate() {
            let (colour, marker) = if alone.is_some() { apart(i) } else { course.look(line) };
            let heading = match (alone, listed_each, j) {
                (Some(overlay), ..) => (traces.is_empty()).then(|| files.heading(overlay, variants)),
                (None, true, 0) => Some(names[i].clone()),
                (None, false, _) if traces.is_empty() => {
                    let told = course.heading().into_iter().chain(predicted.clone()).collect::<Vec<_>>();
                    (!told.is_empty()).then(|| told.join(", "))
                }
                _ => None,
            };
            traces.push(Trace {
                label: if alone.is_some() { names[i].clone() } else { course.label(line) },
                listed: alone.is_some() || listed.insert(line) || listed_each,
                heading,
                colour,
                style: look.style(options.markers, marker, course.is_scattered()),
                intervals: match look {
                    Look::Predicted(_) => {
                        Intervals::OfY(spots.iter().map(|(_, row)| predicted_of(row)).collect())
                    }
                    Look::Line(_) | Look::Dots => Intervals::None,
                },
                points: spots.into_iter().map(|(point, _)| point).collect(),
            });
        }
    }
    if let Some(overlay) = overlay.filter(|_| !listed_each && alone.is_none()) {
        let heading = files.heading(overlay, variants);
        traces.extend(style_key(heading, &names, &looks(files, variants, course)));
    }
    traces
}

/// Entries of the legend that say which style is whose.
pub(super) fn style_key(heading: String, names: &[String], looks: &[Look]) -> impl Iterator<Item = Trace> {
    names.iter().zip(looks).enumerate().map(move |(i, (name, look))| Trace {
        label: name.clone(),
        listed: true,
        heading: (i == 0).then(|| heading.clone()),
        colour: ANY_SERIES,
        style: look.key(),
        points: Vec::new(),
        intervals: Intervals::None,
    })
}

/// The points of the lines that have any, each with its row, in the order of the legend.
fn spots_by_line<'a>(
    variant: &Variant<'a>,
    quantity: &Quantity<'_>,
    course: &Course<'_>,
) -> BTreeMap<u128, Vec<(DataPoint, &'a Row)>> {
    let mut lines: BTreeMap<u128, Vec<(DataPoint, &'a Row)>> = BTreeMap::new();
    let timed = variant.rows.iter().filter(|row: &&&Row| row.status.has_times());
    for row in timed {
        if let Some(point) = quantity.point(row, course) {
            lines.entry(course.spot(row).line).or_default().push((point, row));
        }
    }
    for spots in lines.values_mut() {
        spots.sort_by(|(a, _), (b, _)| a.x.total_cmp(&b.x));
    }
    lines
}

fn values_in_words(
    files: Files<'_>,
    variants: &[Variant<'_>],
    course: &Course<'_>,
    quantities: &[Quantity<'_>],
) -> String {
    let options = quantities[0].options;
    let (unit, over) = (unit(options.metric), course.over());
    let Some(overlay) = options.overlay else {
        return last_values(&traces(files, variants, course, quantities), unit, over);
    };
    let names = files.variants(overlay, variants);
    let each = variants.iter().zip(quantities).zip(names).map(|((variant, quantity), name)| {
        let alone = std::slice::from_ref(variant);
        let values = last_values(&traces(files, alone, course, std::slice::from_ref(quantity)), unit, over);
        format!("{overlay} {name}: {values}")
    });
    each.collect::<Vec<_>>().join(" ")
}

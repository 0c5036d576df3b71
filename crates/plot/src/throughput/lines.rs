//! The published kind of chart: a metric over hidden size, a line for each series.

use super::axes::axes;
use super::files::Files;
use super::kernel_dots::{self, KernelLooks};
use super::options::{ChartOptions, Overlay};
use super::quantity::{Quantity, unit};
use super::rows::{Variants, place, value_notes};
use super::{ChartError, Note, caption, colour, last_values, legend_entry, marker, mixed, of_engine, title};
use crate::chart::{Chart, Colour, Dash, DataPoint, Intervals, Style, Trace};
use hovera_core::{Row, Series};
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
    variants: &Variants<'_>,
    options: &ChartOptions,
    kernels: Option<&KernelLooks>,
) -> Result<(Chart, Vec<Note>), ChartError> {
    let differences = mixed::differences(files, variants, options)?;
    let quantities = quantities(files, variants, options);
    let quantity = quantities[0];
    let condition = *variants.keys().next().expect("a chart has rows");

    let mut traces = match kernels {
        Some(kernels) => kernels.traces(variants, &quantities),
        None => traces(files, variants, &quantities),
    };
    let (x, y, mut notes) = axes(&traces, &quantity);
    notes.extend(value_notes(variants, &quantities));
    notes.extend(kernels.and_then(|kernels| kernels.notes(variants)));

    // Files that stand for their points by other times each say theirs.
    let basis = caption::said_once(quantities.iter().map(|quantity| quantity.basis(condition.dtype)));
    let second = traces.iter().flat_map(|trace| &trace.points).filter(|point| point.second.is_some()).count();
    let second = match second {
        0 => String::new(),
        1 => " 1 point has another speed as well.".to_owned(),
        points => format!(" {points} points have another speed as well."),
    };
    let mut said = caption::said(files, variants, &caption::sizes(&condition), &basis);
    if !differences.is_empty() {
        let note = Note::MixedMethods { differences };
        said = said.and(&format!(", {note}"));
        notes.push(note);
    }
    let desc = match kernels {
        None => format!(
            "Line chart of {} over hidden size, with a line for each largest power of two \
             that divides h/a, capped at 64. {}{second} {said}.",
            quantity.in_words(),
            values_in_words(files, variants, &quantities)
        ),
        Some(kernels) => format!(
            "Dots of {} over hidden size, in colours and markers of the kernels that ran. {}.{second} {said}.",
            quantity.in_words(),
            kernels.in_words(variants)
        ),
    };
    if kernels.is_some() {
        said = said.and(", each thin line is one h/a");
        let series =
            variants.values().zip(&quantities).flat_map(|(rows, quantity)| points_by_series(rows, quantity));
        traces.splice(0..0, kernel_dots::threads(series.collect()));
    }
    let chart = Chart {
        title: of_engine(condition.engine, title(condition.op, condition.heads)),
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
    variants: &Variants<'_>,
    options: &'a ChartOptions,
) -> Vec<Quantity<'a>> {
    let mut each: Vec<_> = variants.keys().map(|condition| files.quantity(condition, options)).collect();
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
fn traces(files: Files<'_>, variants: &Variants<'_>, quantities: &[Quantity<'_>]) -> Vec<Trace> {
    let options = quantities[0].options;
    let overlay = options.overlay.filter(|overlay| overlay.is_of_conditions() && variants.len() > 1);
    let conditions: Vec<_> = variants.keys().copied().collect();
    let names = overlay.map_or_else(Vec::new, |overlay| files.variants(overlay, &conditions));
    let listed_each = overlay == Some(Overlay::Gpu) && variants.len() <= LISTED_CARDS;
    let mut traces = Vec::new();
    let mut listed = BTreeSet::new();
    for (i, ((rows, quantity), dash)) in
        variants.values().zip(quantities).zip(Dash::ALL.into_iter().cycle()).enumerate()
    {
        for (j, (series, points)) in points_by_series(rows, quantity).into_iter().enumerate() {
            traces.push(Trace {
                label: legend_entry(series),
                listed: listed.insert(series) || listed_each,
                heading: (listed_each && j == 0).then(|| names[i].clone()),
                colour: colour(series),
                style: options.markers.line(dash, marker(series)),
                points,
                intervals: Intervals::None,
            });
        }
    }
    if let Some(overlay) = overlay.filter(|_| !listed_each) {
        traces.extend(style_key(overlay, &names));
    }
    traces
}

/// Entries of the legend that say which style is whose.
pub(super) fn style_key(overlay: Overlay, names: &[String]) -> impl Iterator<Item = Trace> {
    names.iter().zip(Dash::ALL.into_iter().cycle()).enumerate().map(move |(i, (name, dash))| Trace {
        label: name.clone(),
        listed: true,
        heading: (i == 0).then(|| overlay.to_string()),
        colour: ANY_SERIES,
        style: Style::Line(dash),
        points: Vec::new(),
        intervals: Intervals::None,
    })
}

/// The points of the series that have any, in the order of the legend.
fn points_by_series(rows: &[&Row], quantity: &Quantity<'_>) -> BTreeMap<Series, Vec<DataPoint>> {
    let mut series: BTreeMap<Series, Vec<DataPoint>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.status.has_times()) {
        if let Some(point) = quantity.point(row) {
            series.entry(place(row).0).or_default().push(point);
        }
    }
    for points in series.values_mut() {
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    series
}

fn values_in_words(files: Files<'_>, variants: &Variants<'_>, quantities: &[Quantity<'_>]) -> String {
    let options = quantities[0].options;
    let unit = unit(options.metric);
    let Some(overlay) = options.overlay else {
        return last_values(&traces(files, variants, quantities), unit);
    };
    let conditions: Vec<_> = variants.keys().copied().collect();
    let names = files.variants(overlay, &conditions);
    let each = variants.iter().zip(quantities).zip(names).map(|(((condition, rows), quantity), name)| {
        let alone = Variants::from([(*condition, rows.clone())]);
        let values = last_values(&traces(files, &alone, std::slice::from_ref(quantity)), unit);
        format!("{overlay} {name}: {values}")
    });
    each.collect::<Vec<_>>().join(" ")
}

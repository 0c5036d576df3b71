//! Results to charts.

use super::axes::{Source, axes};
use super::condition::Condition;
use super::quantity::{Quantity, unit};
use super::{
    ChartError, ChartOptions, NamedChart, Note, caption, colour, last_values, legend_entry, marker, title,
};
use crate::chart::{Chart, Colour, Dash, Intervals, Style, Trace};
use hovera_core::{Bound, Card, Engine, Metric, Missing, Results, Row, Series, Stat, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Of a line in the legend that stands for a style in all colours.
const ANY_SERIES: Colour = Colour::hex(0x333333);

/// The rows of one chart: those of each condition that is overlaid.
type Variants<'a> = BTreeMap<Condition, Vec<&'a Row>>;

/// One chart for each distinct combination of op, heads, dtype, layout, engine, pacing, cache, batch,
/// sequence length and device, in that order, but for what is overlaid: a metric over hidden size, a
/// line for each series.
///
/// Noisy points are drawn. Failed and skipped ones are not, nor are those that lack what the metric
/// needs, and the line joins their neighbours: at hundreds of points a gap of one would not be seen.
/// The notes count all of them.
///
/// # Errors
/// [`ChartError`], when no row can give the metric, or nothing is there to overlay.
pub fn charts(results: &Results, options: &ChartOptions) -> Result<Vec<NamedChart>, ChartError> {
    if options.metric != Metric::Tflops && options.stat != Stat::Median {
        return Err(ChartError::Stat { metric: options.metric, stat: options.stat });
    }
    let mut charts: BTreeMap<Condition, Variants<'_>> = BTreeMap::new();
    for row in &results.rows {
        let condition = Condition::of(row);
        let variants = charts.entry(condition.shared(options.overlay)).or_default();
        variants.entry(condition).or_default().push(row);
    }
    refuse_lone_variants(&charts, options)?;
    refuse_absent_metric(results, &charts, options)?;
    let shared: Vec<Condition> = charts.keys().copied().collect();
    let named = |(condition, variants): (&Condition, &Variants<'_>)| {
        let mut stem = condition.stem(&shared);
        if options.metric != Metric::Tflops {
            stem.push_str(&format!("-{}", options.metric));
        }
        if let Some(overlay) = options.overlay {
            stem.push_str(&format!("-by-{overlay}"));
        }
        let (chart, notes) = chart(results, variants, options);
        NamedChart { stem, chart, notes }
    };
    Ok(charts.iter().map(named).collect())
}

fn refuse_lone_variants(
    charts: &BTreeMap<Condition, Variants<'_>>,
    options: &ChartOptions,
) -> Result<(), ChartError> {
    let Some(overlay) = options.overlay else { return Ok(()) };
    if charts.is_empty() || charts.values().any(|variants| variants.len() > 1) {
        return Ok(());
    }
    let words: BTreeSet<_> = charts.values().flat_map(BTreeMap::keys).map(|c| c.variant(overlay)).collect();
    let only = words.into_iter().collect::<Vec<_>>().join(", ");
    Err(ChartError::NothingToOverlay { overlay, only })
}

/// A throughput that no row has makes empty axes, as ever: all points failed, and the notes say so.
fn refuse_absent_metric(
    results: &Results,
    charts: &BTreeMap<Condition, Variants<'_>>,
    options: &ChartOptions,
) -> Result<(), ChartError> {
    if options.metric == Metric::Tflops || results.rows.is_empty() {
        return Ok(());
    }
    let mut missing = BTreeSet::new();
    for (condition, rows) in charts.values().flatten() {
        let quantity = quantity(results, condition, options);
        for row in rows {
            match quantity.of(row) {
                Ok(_) => return Ok(()),
                Err(lack) => missing.insert(lack),
            };
        }
    }
    if missing.len() > 1 {
        // Of the points that have times, it is not their times that are missing.
        missing.remove(&Missing::Time);
    }
    let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
    Err(ChartError::NoValue { metric: options.metric, missing: missing.join("; ") })
}

fn quantity<'a>(results: &'a Results, condition: &Condition, options: &'a ChartOptions) -> Quantity<'a> {
    let device = usize::try_from(condition.device).ok().and_then(|i| results.front_matter.device.get(i));
    let card = device.map(|device| {
        let card = Card::of(device);
        options.at_clock.map_or(card, |mhz| card.at_clock(f64::from(mhz.get())))
    });
    Quantity { options, card }
}

fn chart(results: &Results, variants: &Variants<'_>, options: &ChartOptions) -> (Chart, Vec<Note>) {
    let conditions: Vec<Condition> = variants.keys().copied().collect();
    let rows: Vec<&Row> = variants.values().flatten().copied().collect();
    let condition = conditions[0];
    let device = usize::try_from(condition.device).ok().and_then(|i| results.front_matter.device.get(i));
    let quantity = quantity(results, &condition, options);
    let cpu = condition.engine == Engine::Cpu;

    let traces = traces(variants, &quantity);
    let source = if cpu { Source::Cpu } else { Source::Gpu };
    let (x, y, mut notes) = axes(&traces, source, &quantity);
    notes.extend(row_notes(&rows, &quantity));

    let published_title = title(condition.op, condition.heads);
    let caption = caption::measured(device, &conditions, &quantity, &rows);
    let desc = format!(
        "Line chart of {} over hidden size, with a line for each largest power of two \
         that divides h/a, capped at 64. {} {caption}.",
        quantity.in_words(),
        values_in_words(variants, &quantity)
    );
    let chart = Chart {
        // A CPU's chart could otherwise pass for a GPU's when the caption is off.
        title: if cpu { format!("{published_title} (CPU)") } else { published_title },
        x,
        y,
        cells: None,
        traces,
        caption: options.caption.then_some(caption),
        desc,
    };
    (chart, notes)
}

/// The lines of every variant in its style, and where there are several, a legend of the styles.
fn traces(variants: &Variants<'_>, quantity: &Quantity<'_>) -> Vec<Trace> {
    let mut traces = Vec::new();
    let mut listed = BTreeSet::new();
    let styles = || variants.iter().zip(Dash::ALL.into_iter().cycle());
    for ((_, rows), dash) in styles() {
        for (series, points) in points_by_series(rows, quantity) {
            let style = match quantity.options.markers {
                true => Style::LineAndPoints(dash, marker(series)),
                false => Style::Line(dash),
            };
            traces.push(Trace {
                label: legend_entry(series),
                listed: listed.insert(series),
                heading: None,
                colour: colour(series),
                style,
                points,
                intervals: Intervals::None,
            });
        }
    }
    if let Some(overlay) = quantity.options.overlay.filter(|_| variants.len() > 1) {
        traces.extend(styles().enumerate().map(|(i, ((condition, _), dash))| Trace {
            label: condition.variant(overlay).to_owned(),
            listed: true,
            heading: (i == 0).then(|| overlay.to_string()),
            colour: ANY_SERIES,
            style: Style::Line(dash),
            points: Vec::new(),
            intervals: Intervals::None,
        }));
    }
    traces
}

/// The points of the series that have any, in the order of the legend.
fn points_by_series(rows: &[&Row], quantity: &Quantity<'_>) -> BTreeMap<Series, Vec<(f64, f64)>> {
    let mut series: BTreeMap<Series, Vec<(f64, f64)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.status.has_times()) {
        if let Ok(value) = quantity.of(row) {
            let shape = row.point.shape;
            series.entry(shape.series()).or_default().push((f64::from(shape.hidden().get()), value));
        }
    }
    for points in series.values_mut() {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    series
}

fn values_in_words(variants: &Variants<'_>, quantity: &Quantity<'_>) -> String {
    let unit = unit(quantity.options.metric);
    let of = |variants: &Variants<'_>| last_values(&traces(variants, quantity), unit);
    let Some(overlay) = quantity.options.overlay else { return of(variants) };
    let each = variants.iter().map(|(condition, rows)| {
        let alone = Variants::from([(*condition, rows.clone())]);
        format!("{overlay} {}: {}", condition.variant(overlay), of(&alone))
    });
    each.collect::<Vec<_>>().join(" ")
}

fn row_notes(rows: &[&Row], quantity: &Quantity<'_>) -> Vec<Note> {
    let count = |status| rows.iter().filter(|row| row.status == status).count();
    let (failed, skipped, noisy) = (count(Status::Failed), count(Status::Skipped), count(Status::Noisy));
    let mut notes = Vec::new();
    if failed + skipped > 0 {
        notes.push(Note::NotDrawn { failed, skipped });
    }
    let timed: Vec<_> = rows.iter().filter(|row| row.status.has_times()).collect();
    let mut lacking: BTreeMap<Missing, usize> = BTreeMap::new();
    for missing in timed.iter().filter_map(|row| quantity.of(row).err()) {
        *lacking.entry(missing).or_default() += 1;
    }
    notes.extend(lacking.into_iter().map(|(missing, points)| Note::Without { points, missing }));
    if let (Metric::TflopsAtClock, Some(card)) = (quantity.options.metric, quantity.card) {
        let points = timed.iter().filter(|row| card.bound(row) == Ok(Bound::Memory)).count();
        if points > 0 {
            notes.push(Note::AsItHappened { points });
        }
    }
    if noisy > 0 {
        notes.push(Note::Noisy { points: noisy });
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::super::Overlay;
    use super::*;

    #[test]
    fn no_two_variants_of_anything_share_a_style() {
        assert!(Engine::ALL.len() <= Dash::ALL.len());
        assert!(hovera_core::Pacing::ALL.len() <= Dash::ALL.len());
        assert_eq!(Overlay::Engine.to_string(), Engine::NAME);
        assert_eq!(Overlay::Pacing.to_string(), hovera_core::Pacing::NAME);
    }
}

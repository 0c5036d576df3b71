//! The published kind of chart: `score` and `values` over hidden size, a line for each series.

use super::condition::stem;
use super::course::Course;
use super::files::Files;
use super::grouping;
use super::kernel_dots::KernelLooks;
use super::options::ChartOptions;
use super::rows::{Variant, grouped};
use super::{ChartError, ChartKind, NamedChart, Note, lines, ratio};
use hovera_analysis::{Condition, Dimension};
use hovera_core::{Op, Row};
use std::collections::BTreeSet;

/// So many pictures of about a point each tell less than one of all the points over another size.
const MANY_POINTS: usize = 8;

/// The ops whose rows are drawn so: nothing else is asked for, and hidden sizes vary within a chart, or nothing does that could
/// stand in their place.
pub(super) fn ops(files: Files<'_>, options: &ChartOptions) -> BTreeSet<Op> {
    let is_asked = options.x == Some(Dimension::Hidden);
    let is_other = options.x.is_some() && !is_asked || !matches!(options.by, None | Some(Dimension::Series));
    if is_other {
        return BTreeSet::new();
    }
    let is_suited = |op: Op| {
        let of_op: Vec<&Row> = files.rows().map(|(_, row)| row).filter(|row| row.point.op == op).collect();
        let varies = |size: Dimension| {
            of_op.windows(2).any(|pair| size.of_point(&pair[0].point) != size.of_point(&pair[1].point))
        };
        let instead = [Dimension::TensorParallel, Dimension::Batch, Dimension::Seq, Dimension::SeqKey];
        let charts = grouped(files, |row| row.point.op == op, |condition| condition);
        let is_line = |rows: &Vec<&Row>| {
            rows.iter().map(|row| row.point.model.hidden).collect::<BTreeSet<_>>().len() > 1
        };
        let over_hidden = charts.values().flat_map(|chart| chart.values()).any(is_line);
        let are_points =
            charts.len() >= MANY_POINTS && of_op.len() < 2 * charts.len() && varies(Dimension::Hidden);
        let suits = !are_points && (over_hidden || !instead.into_iter().any(varies));
        !of_op.is_empty() && (is_asked || suits)
    };
    Op::all_published().filter(|op| is_suited(*op)).collect()
}

/// The charts of the rows that are `wanted`.
pub(super) fn charts<'a>(
    files: Files<'a>,
    options: &'a ChartOptions,
    looks: Option<&KernelLooks>,
    wanted: impl Fn(&Row) -> bool,
) -> Result<Vec<NamedChart>, ChartError> {
    let (groups, left_out) = grouping::groups(files, options, wanted)?;
    let shared: Vec<_> = groups.keys().copied().collect();
    let named =
        |(i, (condition, variants)): (usize, (&Condition, &Vec<Variant<'_>>))| -> Result<_, ChartError> {
            let mut name = stem(condition, &shared);
            if options.kind == ChartKind::Ratio {
                name.push_str("-ratio");
            }
            name.push_str(&options.stem_suffix());
            let course = Course::published(condition);
            let (chart, mut notes) = match options.kind {
                ChartKind::Ratio => ratio::chart(files, variants, &course, options)?,
                _ => lines::chart(files, variants, &course, options, looks)?,
            };
            // Said once.
            if i == 0 && left_out > 0 {
                notes.push(Note::LeftOut { rows: left_out });
            }
            let condition = options.overlay.is_none().then_some(*condition);
            Ok(NamedChart { stem: name, chart, condition, notes })
        };
    groups.iter().enumerate().map(named).collect()
}

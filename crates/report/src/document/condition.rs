//! Points that belong together: what all of one chart have in common.

use hovera_analysis::{Aspect, AspectValue, Condition};
use hovera_core::{AttentionShape, Mask, Pass, Results, Row, Series, Stat};
use std::collections::BTreeMap;

/// The attention layer of a row: what a hidden size and a head dim are the sizes of.
pub(super) fn layer(row: &Row) -> Option<AttentionShape> {
    row.point.layer()
}

/// Half-width of the 95 % interval of the median time over that time.
pub(super) fn relative_ci(row: &Row) -> Option<f64> {
    row.timing?.relative_ci()
}

/// What cards have in common ([`Condition::across_cards`]), in words.
pub(super) fn title(condition: &Condition, with_imported: bool) -> String {
    let Condition { op, heads, dtype, layout, engine, pacing, cache, batch, seq, pass, mask, .. } = condition;
    let paced = if with_imported { String::new() } else { format!(", pacing {pacing}, cache {cache}") };
    let share = match condition.tensor_parallel {
        1 => String::new(),
        ranks => format!(", tp={ranks}"),
    };
    let pass = if *pass == Pass::Forward { String::new() } else { format!(" {pass}") };
    let mask = if *mask == Mask::None { String::new() } else { format!(" {mask}") };
    let head_dim_v =
        condition.head_dim_v.map(|of_values| format!(", head_dim_v={of_values}")).unwrap_or_default();
    let kv_heads = condition.kv_heads.map(|kv_heads| format!(", kv_heads={kv_heads}")).unwrap_or_default();
    let seq_key = condition.seq_key.map(|seq_key| format!(", seq_key={seq_key}")).unwrap_or_default();
    format!(
        "{op}{mask}{pass}, a={heads}{kv_heads}{head_dim_v}, b={batch}, s={seq}{seq_key}{share}: {dtype}, layout {layout}, engine {engine}{paced}"
    )
}

/// The rows of one condition.
#[derive(Debug, Clone)]
pub(super) struct ConditionRows<'a> {
    pub(super) condition: Condition,
    /// What tells this condition from others of the same op and heads in the file.
    pub(super) distinction: Vec<(&'static str, AspectValue)>,
    pub(super) rows: Vec<&'a Row>,
    /// Which time stands for a point in the file.
    stat: Stat,
}

/// A measured point of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot<'a> {
    pub(super) series: Series,
    pub(super) hidden: u32,
    pub(super) head_dim: u32,
    /// The time that stands for the point in its file, in µs.
    pub(super) time_us: f64,
    /// By that time.
    pub(super) tflops: f64,
    pub(super) row: &'a Row,
}

impl<'a> ConditionRows<'a> {
    /// The conditions of a file, in the order of the charts.
    pub(super) fn all(results: &'a Results) -> Vec<ConditionRows<'a>> {
        let mut groups: BTreeMap<Condition, Vec<&Row>> = BTreeMap::new();
        for row in &results.rows {
            if let Some(condition) = Condition::of_row(row, 0) {
                groups.entry(condition).or_default().push(row);
            }
        }
        let all: Vec<Condition> = groups.keys().copied().collect();
        let varies = |aspect| all.windows(2).any(|pair| pair[0].value(aspect) != pair[1].value(aspect));
        let told = |aspect: &Aspect| !matches!(aspect, Aspect::Op | Aspect::Heads) && varies(*aspect);
        let varying: Vec<Aspect> = Aspect::ALL.into_iter().filter(told).collect();
        let group = |(condition, rows): (Condition, _)| {
            let distinction =
                varying.iter().map(|aspect| (aspect.name(), condition.value(*aspect))).collect();
            ConditionRows { condition, distinction, rows, stat: results.stat() }
        };
        groups.into_iter().map(group).collect()
    }

    /// Whether any of its rows has a place on a line.
    pub(super) fn has_lines(&self) -> bool {
        self.rows.iter().any(|row| Spot::of_row(row, self.stat).is_some())
    }

    /// The measured points of each series by hidden size.
    pub(super) fn lines(&self) -> BTreeMap<Series, Vec<Spot<'a>>> {
        let mut lines: BTreeMap<Series, Vec<Spot<'a>>> = BTreeMap::new();
        for spot in self.rows.iter().filter_map(|row| Spot::of_row(row, self.stat)) {
            lines.entry(spot.series).or_default().push(spot);
        }
        for line in lines.values_mut() {
            line.sort_by_key(|spot| spot.hidden);
        }
        lines
    }
}

impl<'a> Spot<'a> {
    /// None for a row without a time, or whose throughput leaves the range of an f64.
    fn of_row(row: &'a Row, stat: Stat) -> Option<Spot<'a>> {
        let layer = layer(row)?;
        let time_us = row.timing?.time_us(stat)?;
        let tflops = row.tflops(stat).filter(|tflops| tflops.is_finite())?;
        row.status.has_times().then(|| Spot {
            series: layer.series(),
            hidden: layer.hidden().get(),
            head_dim: layer.head_dim().get(),
            time_us,
            tflops,
            row,
        })
    }
}

//! Points that belong together: what all of one chart have in common.

use hovera_core::{AttentionShape, Cache, Dtype, Engine, Layout, Op, Pacing, Results, Row, Series, Stat};
use std::collections::BTreeMap;

/// How many things can tell two conditions of one op and number of heads apart.
const PARTS: usize = 9;

/// Everything of a row that is neither on an axis of its chart nor in the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    pub(super) op: Op,
    pub(super) heads: u32,
    pub(super) dtype: Dtype,
    pub(super) layout: Layout,
    pub(super) engine: Engine,
    pub(super) pacing: Pacing,
    pub(super) cache: Cache,
    pub(super) batch: u32,
    pub(super) seq: u32,
    /// Ranks that share the heads.
    pub(super) tensor_parallel: u32,
    pub(super) device: u32,
}

/// The attention layer of a row: what a hidden size and a head dim are the sizes of.
pub(super) fn layer(row: &Row) -> Option<AttentionShape> {
    row.point.layer
}

/// The median time of a launch, in µs.
pub(super) fn median_us(row: &Row) -> Option<f64> {
    row.timing?.median_us
}

/// Half-width of the 95 % interval of the median time over that time.
pub(super) fn relative_ci(row: &Row) -> Option<f64> {
    Some(row.timing?.ci_us? / median_us(row)?)
}

impl Condition {
    /// None for a row of an op that no chart is of.
    pub(super) fn of(row: &Row) -> Option<Condition> {
        let point = row.point;
        let layer = layer(row).filter(|_| point.op.has_chart())?;
        let tensor_parallel = point.tensor_parallel().unwrap_or(1);
        Some(Condition {
            op: point.op,
            heads: layer.heads().get(),
            dtype: point.dtype,
            layout: point.layout,
            engine: point.engine,
            pacing: point.pacing,
            cache: point.cache,
            batch: layer.batch().get(),
            seq: layer.seq().get(),
            tensor_parallel,
            device: row.device,
        })
    }

    /// What files must have in common to stand side by side: all but the card and, where some are imported,
    /// how it was paced, as in the charts.
    pub(super) fn shared(self, with_imported: bool) -> Condition {
        let shared = Condition { device: 0, ..self };
        if !with_imported {
            return shared;
        }
        Condition { pacing: Pacing::ALL[0], cache: Cache::ALL[0], ..shared }
    }

    /// What is [`shared`](Condition::shared), in words.
    pub(super) fn title(&self, with_imported: bool) -> String {
        let Condition { op, heads, dtype, layout, engine, pacing, cache, batch, seq, .. } = self;
        let paced = if with_imported { String::new() } else { format!(", pacing {pacing}, cache {cache}") };
        let share = match self.tensor_parallel {
            1 => String::new(),
            ranks => format!(", tp={ranks}"),
        };
        format!(
            "{op}, a={heads}, b={batch}, s={seq}{share}: {dtype}, layout {layout}, engine {engine}{paced}"
        )
    }

    /// What can differ beside op and heads: each with the word for it.
    fn parts(&self) -> [(&'static str, String); PARTS] {
        [
            (Dtype::NAME, self.dtype.to_string()),
            (Layout::NAME, self.layout.to_string()),
            (Engine::NAME, self.engine.to_string()),
            (Pacing::NAME, self.pacing.to_string()),
            (Cache::NAME, self.cache.to_string()),
            ("batch", self.batch.to_string()),
            ("seq", self.seq.to_string()),
            ("tp", self.tensor_parallel.to_string()),
            ("device", self.device.to_string()),
        ]
    }
}

/// The rows of one condition.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    pub(super) condition: Condition,
    /// What tells this condition from others of the same op and heads in the file.
    pub(super) distinction: Vec<(&'static str, String)>,
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

impl<'a> Group<'a> {
    /// The conditions of a file, in the order of the charts.
    pub(super) fn all(results: &'a Results) -> Vec<Group<'a>> {
        let mut groups: BTreeMap<Condition, Vec<&Row>> = BTreeMap::new();
        for row in &results.rows {
            if let Some(condition) = Condition::of(row) {
                groups.entry(condition).or_default().push(row);
            }
        }
        let all: Vec<Condition> = groups.keys().copied().collect();
        let varies = |i: usize| all.windows(2).any(|pair| pair[0].parts()[i].1 != pair[1].parts()[i].1);
        let varying: Vec<bool> = (0..PARTS).map(varies).collect();
        let group = |(condition, rows): (Condition, _)| {
            let parts = condition.parts().into_iter().zip(&varying);
            let distinction = parts.filter(|(_, varies)| **varies).map(|(part, _)| part).collect();
            Group { condition, distinction, rows, stat: results.stat() }
        };
        groups.into_iter().map(group).collect()
    }

    /// The measured points of each series by hidden size.
    pub(super) fn lines(&self) -> BTreeMap<Series, Vec<Spot<'a>>> {
        let mut lines: BTreeMap<Series, Vec<Spot<'a>>> = BTreeMap::new();
        for spot in self.rows.iter().filter_map(|row| Spot::of(row, self.stat)) {
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
    fn of(row: &'a Row, stat: Stat) -> Option<Spot<'a>> {
        let layer = layer(row)?;
        let time_us = row.timing?.of(stat)?;
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

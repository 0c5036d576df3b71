//! What all points of one chart have in common.

use super::options::Overlay;
use hovera_core::{Batch, Cache, Dtype, Engine, Heads, Layout, Op, Pacing, Row, Seq};

/// Everything of a row that is neither on an axis nor in the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    /// Which of the files it is in: what is compared stays in the order of the files.
    pub(super) file: u32,
    pub(super) op: Op,
    pub(super) heads: Heads,
    pub(super) dtype: Dtype,
    pub(super) layout: Layout,
    pub(super) engine: Engine,
    pub(super) pacing: Pacing,
    pub(super) cache: Cache,
    pub(super) batch: Batch,
    pub(super) seq: Seq,
    /// Ranks that share the heads.
    pub(super) tensor_parallel: u32,
    pub(super) device: u32,
}

impl Condition {
    /// None for a row of an op that no chart is of.
    pub(super) fn of(row: &Row, file: u32) -> Option<Condition> {
        let point = row.point;
        let layer = point.layer.filter(|_| point.op.has_chart())?;
        let tensor_parallel = point.tensor_parallel().unwrap_or(1);
        Some(Condition {
            file,
            op: point.op,
            heads: layer.heads(),
            dtype: point.dtype,
            layout: point.layout,
            engine: point.engine,
            pacing: point.pacing,
            cache: point.cache,
            batch: layer.batch(),
            seq: layer.seq(),
            tensor_parallel,
            device: row.device,
        })
    }

    /// This condition with what is overlaid set to one value: equal for all that share a chart.
    /// Imported numbers were paced as they were, and stand beside any: `with_imported`.
    pub(super) fn shared(self, overlay: Option<Overlay>, with_imported: bool) -> Condition {
        let engine = Condition { engine: Engine::ALL[0], ..self };
        let pacing = Condition { pacing: Pacing::ALL[0], ..self };
        let card = Condition { file: 0, device: 0, ..self };
        match overlay {
            None => self,
            Some(Overlay::Engine) => engine,
            Some(Overlay::Pacing) => pacing,
            Some(Overlay::Gpu) if with_imported => {
                Condition { pacing: Pacing::ALL[0], cache: Cache::ALL[0], ..card }
            }
            Some(Overlay::Gpu) => card,
        }
    }

    /// Everything that two cards must have in common to be compared, by name.
    pub(super) fn facts(&self) -> [(&'static str, String); 10] {
        [
            ("op", self.op.to_string()),
            ("heads", self.heads.to_string()),
            ("batch", self.batch.to_string()),
            ("seq", self.seq.to_string()),
            ("tensor parallelism", self.tensor_parallel.to_string()),
            ("dtype", self.dtype.to_string()),
            ("layout", self.layout.to_string()),
            ("engine", self.engine.to_string()),
            ("pacing", self.pacing.to_string()),
            ("cache", self.cache.to_string()),
        ]
    }

    /// A file name that tells this condition from the `others`: op and heads, then what varies, and
    /// always a tensor parallelism above 1.
    pub(super) fn stem(&self, others: &[Condition]) -> String {
        fn varies<T: PartialEq>(others: &[Condition], part: impl Fn(&Condition) -> T) -> bool {
            others.windows(2).any(|pair| part(&pair[0]) != part(&pair[1]))
        }
        let parts = [
            (varies(others, |c| c.dtype), self.dtype.to_string()),
            (varies(others, |c| c.layout), self.layout.to_string()),
            (varies(others, |c| c.engine), self.engine.to_string()),
            (varies(others, |c| c.pacing), format!("pacing-{}", self.pacing)),
            (varies(others, |c| c.cache), self.cache.to_string()),
            (varies(others, |c| c.batch), format!("b{}", self.batch)),
            (varies(others, |c| c.seq), format!("s{}", self.seq)),
            (
                self.tensor_parallel > 1 || varies(others, |c| c.tensor_parallel),
                format!("tp{}", self.tensor_parallel),
            ),
            (varies(others, |c| c.device), format!("device{}", self.device)),
        ];
        let varying = parts.into_iter().filter(|(varies, _)| *varies).map(|(_, part)| format!("-{part}"));
        format!("{}-a{}{}", self.op, self.heads, varying.collect::<String>())
    }
}

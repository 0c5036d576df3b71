//! Which conditions share a chart, and what its file is called.

use super::options::Overlay;
use hovera_analysis::Condition;
use hovera_core::{Engine, Pacing};

/// This condition with what is overlaid set to one value: equal for all that share a chart.
pub(super) fn shared(condition: Condition, overlay: Option<Overlay>, with_imported: bool) -> Condition {
    let engine = Condition { engine: Engine::ALL[0], ..condition };
    let pacing = Condition { pacing: Pacing::ALL[0], ..condition };
    match overlay {
        None => condition,
        Some(Overlay::Engine) => engine,
        Some(Overlay::Pacing) => pacing,
        Some(Overlay::Gpu) => condition.across_cards(with_imported),
    }
}

/// A file name that tells this condition from the `others`: op and heads, then what varies, and
/// always a tensor parallelism above 1.
pub(super) fn stem(condition: &Condition, others: &[Condition]) -> String {
    fn varies<T: PartialEq>(others: &[Condition], part: impl Fn(&Condition) -> T) -> bool {
        others.windows(2).any(|pair| part(&pair[0]) != part(&pair[1]))
    }
    let parts = [
        (varies(others, |c| c.dtype), condition.dtype.to_string()),
        (varies(others, |c| c.layout), condition.layout.to_string()),
        (varies(others, |c| c.engine), condition.engine.to_string()),
        (varies(others, |c| c.pacing), format!("pacing-{}", condition.pacing)),
        (varies(others, |c| c.cache), condition.cache.to_string()),
        (varies(others, |c| c.batch), format!("b{}", condition.batch)),
        (varies(others, |c| c.seq), format!("s{}", condition.seq)),
        (
            condition.tensor_parallel > 1 || varies(others, |c| c.tensor_parallel),
            format!("tp{}", condition.tensor_parallel),
        ),
        (varies(others, |c| c.device), format!("device{}", condition.device)),
    ];
    let varying = parts.into_iter().filter(|(varies, _)| *varies).map(|(_, part)| format!("-{part}"));
    format!("{}-a{}{}", condition.op, condition.heads, varying.collect::<String>())
}

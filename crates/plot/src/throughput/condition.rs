//! Which conditions share a chart, and what its file is called.

use super::options::Overlay;
use hovera_analysis::{Aspect, Condition};
use hovera_core::{Engine, Pacing};

/// This condition with what is overlaid set to one value: equal for all that share a chart.
pub(super) fn shared(condition: Condition, overlay: Option<Overlay>, with_imported: bool) -> Condition {
    let engine = Condition { engine: Engine::ALL[0], ..condition };
    let pacing = Condition { pacing: Pacing::ALL[0], ..condition };
    match overlay {
        None | Some(Overlay::Kernel) => condition,
        Some(Overlay::Engine) => engine,
        Some(Overlay::Pacing) => pacing,
        Some(Overlay::Gpu) => condition.across_cards(with_imported),
    }
}

/// A file name that tells this condition from the `others`: op and heads, then what varies, and
/// always a tensor parallelism above 1.
pub(super) fn stem(condition: &Condition, others: &[Condition]) -> String {
    let mut stem = format!("{}-a{}", condition.op, condition.heads);
    for aspect in Aspect::ALL {
        let value = condition.value(aspect);
        let part = match aspect {
            Aspect::Op | Aspect::Heads => continue,
            Aspect::Pacing => format!("pacing-{value}"),
            Aspect::Batch => format!("b{value}"),
            Aspect::Seq => format!("s{value}"),
            Aspect::KvHeads => format!("kv{value}"),
            Aspect::SeqKey => format!("keys{value}"),
            Aspect::TensorParallel => format!("tp{value}"),
            Aspect::Device => format!("device{value}"),
            _ => value.to_string(),
        };
        let varies = others.windows(2).any(|pair| pair[0].value(aspect) != pair[1].value(aspect));
        if varies || aspect == Aspect::TensorParallel && condition.tensor_parallel > 1 {
            stem.push('-');
            stem.push_str(&part);
        }
    }
    stem
}

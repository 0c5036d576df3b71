//! Whether times may be held against each other in one chart, by the rule of a comparison.

use super::ChartError;
use super::files::Files;
use super::options::{ChartKind, ChartOptions, Overlay};
use super::rows::Variant;
use hovera_analysis::{Across, method_differences};
use hovera_core::Origin;

/// What makes the times of the others differ from the first's for the same work, each once: `timer is event and host`.
/// Beside measured lines, those of another program say themselves that they are imported; of a ratio they count. What was
/// predicted says so itself everywhere.
///
/// # Errors
/// [`ChartError::MixedMethods`], unless such charts are asked for, and of a ratio [`ChartError::MixedStats`].
pub(super) fn differences(
    files: Files<'_>,
    variants: &[Variant<'_>],
    options: &ChartOptions,
) -> Result<Vec<String>, ChartError> {
    let across: &[Across] = match options.overlay {
        Some(Overlay::Engine) => &[Across::Engine],
        Some(Overlay::Pacing) => &[Across::Pacing],
        Some(Overlay::Gpu | Overlay::Kernel) | None => &[],
    };
    let is_ratio = options.kind == ChartKind::Ratio;
    let names = options.overlay.map_or_else(Vec::new, |overlay| files.variants(overlay, variants));
    let mut sides = names
        .into_iter()
        .zip(variants)
        .filter(|(_, variant)| match files.origin(variant.card) {
            Origin::Measured => true,
            Origin::Imported => is_ratio,
            // No method is behind what was predicted.
            Origin::Predicted => false,
        })
        .filter_map(|(name, variant)| Some((name, files.method(variant.card)?, &variant.rows)));
    let mut found = Vec::new();
    let Some((base, base_method, base_rows)) = sides.next() else { return Ok(found) };
    for (other, method, rows) in sides {
        let by_stat = is_ratio && options.metric.is_over_time() && options.stat.is_none();
        if by_stat && method.stat != base_method.stat {
            let (base_stat, other_stat) = (base_method.stat, method.stat);
            return Err(ChartError::MixedStats { base, base_stat, other, other_stat });
        }
        let differences = method_differences([(base_method, base_rows), (method, rows)], across);
        if !differences.is_empty() && !options.mixed_methods {
            return Err(ChartError::MixedMethods { base, other, differences });
        }
        found.extend(differences);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

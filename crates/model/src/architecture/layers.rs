//! How many layers there are, and which of them see a window of the keys only.

use super::decoder::Window;
use crate::error::ModelError;
use crate::fields::Fields;
use crate::transformer::MAX_LAYERS;
use serde_json::Value;

/// The number of layers, by the first of several names that is there.
pub(super) fn count(fields: &Fields<'_>, keys: &[&'static str]) -> Result<u32, ModelError> {
    match keys.iter().find(|key| fields.has(key)) {
        Some(key) => fields.number(key, 1, MAX_LAYERS),
        None => Err(fields.missing(&keys.join(" or "), format!("the number of layers, 1 to {MAX_LAYERS}"))),
    }
}

/// The window of each layer; none where it sees all keys. The list `layer_types` says it where it is there, as it
/// is in what newer versions of transformers write.
pub(super) fn windows(
    fields: &Fields<'_>,
    layers: u32,
    rule: Window,
) -> Result<Vec<Option<u32>>, ModelError> {
    let all = |window: Option<u32>| vec![window; layers as usize];
    let types = layer_types(fields, layers)?;
    if rule == Window::Qwen && fields.flag("use_sliding_window")? != Some(true) {
        return Ok(all(None));
    }
    let key = if rule == Window::Chunks { "attention_chunk_size" } else { "sliding_window" };
    let each = |slides: &dyn Fn(u32) -> bool| -> Result<Vec<Option<u32>>, ModelError> {
        let window = fields.size(key, "how many keys a query of a sliding layer sees")?;
        Ok((0..layers).map(|at| slides(at).then_some(window)).collect())
    };
    if let Some(slides) = types {
        return match slides.contains(&true) {
            true => each(&|at| slides[at as usize]),
            false => Ok(all(None)),
        };
    }
    match rule {
        Window::None => Ok(all(None)),
        Window::All => Ok(all(fields.optional_size("sliding_window")?)),
        // A query of the layers from the last `max_window_layers` on.
        Window::Qwen => {
            let full = fields.count("max_window_layers")?.ok_or_else(|| {
                fields.missing("max_window_layers", "the first layer that has a sliding window")
            })?;
            each(&|at| at >= full)
        }
        Window::Alternate => each(&|at| at.is_multiple_of(2)),
        Window::Pattern => {
            let want = "layer_types, or of how many layers the last sees all keys";
            let every = fields.size("sliding_window_pattern", want)?;
            each(&|at| !(at + 1).is_multiple_of(every))
        }
        Window::Chunks if fields.optional_size(key)?.is_none() => Ok(all(None)),
        // Layers with rotary positions see a chunk. Which ones they are is a list, or all but each fourth.
        Window::Chunks => {
            let rotary = fields.list("no_rope_layers")?.unwrap_or_default();
            let interval = fields.optional_size("no_rope_layer_interval")?.unwrap_or(4);
            match rotary.is_empty() {
                true => each(&|at| !(at + 1).is_multiple_of(interval)),
                false => each(&|at| rotary.get(at as usize).and_then(Value::as_u64) == Some(1)),
            }
        }
        Window::Listed if fields.optional_size("sliding_window")?.is_none() => Ok(all(None)),
        Window::Listed => {
            Err(fields.missing("layer_types", "a list of full_attention and sliding_attention"))
        }
    }
}

/// Which layers have a sliding window, as `layer_types` says.
fn layer_types(fields: &Fields<'_>, layers: u32) -> Result<Option<Vec<bool>>, ModelError> {
    let Some(list) = fields.list("layer_types")? else { return Ok(None) };
    if list.len() != layers as usize {
        return Err(fields.refuse(
            "layer_types",
            format!("a list of {}", list.len()),
            format!("one for each of the {layers} layers"),
        ));
    }
    let slides = |value: &Value| match value.as_str() {
        Some("full_attention") => Ok(false),
        Some("sliding_attention" | "chunked_attention") => Ok(true),
        _ => {
            let want = "full_attention or sliding_attention: hovera knows no products of other layers";
            Err(fields.refuse("layer_types", value, want))
        }
    };
    list.iter().map(slides).collect::<Result<_, _>>().map(Some)
}

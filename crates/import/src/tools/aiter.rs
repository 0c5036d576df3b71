//! The tuned tables of ROCm/aiter, `aiter/configs`: the best kernel of each product.

use super::draft::{Draft, Fault, Record, Time};
use crate::described::Field;

/// Columns that are used, are the kernel's own, or are outcomes.
pub(super) const KNOWN: &[&str] = &[
    "gfx",
    "cu_num",
    "B",
    "M",
    "N",
    "K",
    "dtype",
    "libtype",
    "solidx",
    "kernelId",
    "splitK",
    "us",
    "kernelName",
    "err_ratio",
    "errRatio",
    "tflops",
    "bw",
];

pub(super) fn draft(record: &Record<'_>) -> Result<Draft, Fault> {
    let mut draft = Draft {
        time: Time::Microseconds(record.number("us")?),
        tflops: record.get("tflops").and_then(|text| text.parse().ok()).filter(|tflops| *tflops > 0.0),
        kernel: record.get("kernelName").map(str::to_owned),
        card: record.get("gfx").map(|gfx| card(gfx, record.get("cu_num"))),
        ..Draft::default()
    };
    for (field, name) in [(Field::M, "M"), (Field::N, "N"), (Field::K, "K")] {
        draft.say(field, record.need(name)?);
    }
    for (field, name) in [(Field::GemmBatch, "B"), (Field::Dtype, "dtype")] {
        if let Some(text) = record.get(name) {
            draft.say(field, text);
        }
    }
    if let Some(engine @ ("hipblaslt" | "triton")) = record.get("libtype") {
        draft.say(Field::Engine, engine);
    }
    draft.say_named(record);
    Ok(draft)
}

/// An MI300X by its compute units; of others the architecture is all that the table says.
fn card(gfx: &str, cu_num: Option<&str>) -> String {
    match (gfx, cu_num) {
        ("gfx942", Some("304")) => "AMD Instinct MI300X".to_owned(),
        (_, Some(units)) => format!("AMD {gfx}, {units} CUs"),
        (_, None) => format!("AMD {gfx}"),
    }
}

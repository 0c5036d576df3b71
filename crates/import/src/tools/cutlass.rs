//! `cutlass_profiler`: many kernels of each product, of which the fastest counts that was not found wrong.

use super::draft::{Draft, Fault, Record, Time};
use crate::described::{Field, layout};

/// Columns that make another product where they differ; the rest are sizes, outcomes, or the kernel's own.
const OF_THE_PRODUCT: [&str; 2] = ["alpha", "beta"];

pub(super) fn knows(name: &str) -> bool {
    !OF_THE_PRODUCT.iter().any(|product| product.eq_ignore_ascii_case(name))
}

pub(super) fn draft(record: &Record<'_>) -> Result<Draft, Fault> {
    if let Some(kind) = record.get("OperationKind")
        && kind != "gemm"
    {
        return Err(Fault::LeftOut(kind.to_owned()));
    }
    match record.need("Disposition")? {
        "passed" | "not_verified" => {}
        other => return Err(Fault::LeftOut(format!("whose result was {other}"))),
    }
    let operand = |name: &str| {
        let text = record.need(name)?;
        let wrong = || Fault::Unreadable(format!("{name} = {text:?}: want a type and row or column"));
        let (dtype, order) = text.split_once(':').ok_or_else(wrong)?;
        match order {
            "row" => Ok((dtype, false)),
            "column" => Ok((dtype, true)),
            _ => Err(wrong()),
        }
    };
    let ((a, a_by_column), (b, b_by_column)) = (operand("A")?, operand("B")?);
    if a != b {
        return Err(Fault::LeftOut(format!("of {a} and {b}")));
    }
    if record.get("accum") == Some("f16") {
        return Err(Fault::LeftOut("accumulated in f16".to_owned()));
    }
    if let Some(kind @ ("grouped" | "sparse" | "planar_complex" | "planar_complex_array")) =
        record.get("gemm_kind")
    {
        return Err(Fault::LeftOut(kind.to_owned()));
    }
    let kernel = record.need("Operation")?;
    let on_tensor_cores = record.get("op_class").is_some_and(|class| class.contains("tensor"));
    let dtype = match a {
        "f32" if on_tensor_cores && !kernel.contains("tf32") => {
            return Err(Fault::LeftOut("of f32 on tensor cores, in a way that is not told".to_owned()));
        }
        "f32" if on_tensor_cores => "tf32",
        other => other,
    };
    let ms = record.number("Runtime")?;
    let mut draft = Draft {
        time: Time::Microseconds(ms * 1e3),
        tflops: record.get("GFLOPs").and_then(|text| text.parse().ok()).map(|gflops: f64| gflops / 1e3),
        ..Draft::default()
    };
    draft.say(Field::Dtype, dtype);
    draft.say(Field::Layout, layout(a_by_column, b_by_column).as_str());
    for (field, name) in [(Field::M, "m"), (Field::N, "n"), (Field::K, "k")] {
        draft.say(field, record.need(name)?);
    }
    if let Some(count) = record.get("batch_count") {
        draft.say(Field::GemmBatch, count);
    }
    match record.get("Provider") {
        Some(provider) if provider.eq_ignore_ascii_case("cutlass") => draft.say(Field::Engine, "cutlass"),
        Some(provider) if provider.eq_ignore_ascii_case("cublas") => draft.say(Field::Engine, "cublas"),
        _ => {}
    }
    // Older versions call the result C.
    let result = if record.header.has("D") { "D" } else { "C" };
    let told = record.get(result).map(|told| told.split_once(':').map_or(told, |(dtype, _)| dtype));
    draft.set_apart(result, told, told == Some(a));
    draft.kernel = Some(kernel.to_owned());
    draft.say_named(record);
    Ok(draft)
}

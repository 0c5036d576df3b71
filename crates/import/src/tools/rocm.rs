//! `hipblaslt-bench` and `rocblas-bench`: column-major products, a header and a line of values for each problem.

use super::Said;
use super::draft::{Draft, Fault, Record, Time};
use crate::described::{Field, column_major, read_dtype, transposed};

/// Columns that are used, follow from the sizes, or are outcomes.
pub(super) const KNOWN: &[&str] = &[
    "transA",
    "transB",
    "grouped_gemm",
    "batch_count",
    "m",
    "n",
    "k",
    "a_type",
    "b_type",
    "c_type",
    "d_type",
    "compute_type",
    "flush",
    "rotating_buffer",
    "use_gpu_timer",
    "lda",
    "ldb",
    "ldc",
    "ldd",
    "lde",
    "stride_a",
    "stride_b",
    "stride_c",
    "stride_d",
    "stride_e",
    "hot_iters",
    "cold_iters",
    "iters",
    "hipblaslt-Gflops",
    "hipblaslt-GB/s",
    "rocblas-Gflops",
    "rocblas-GB/s",
    "us",
    "CPU-Gflops",
    "CPU-us",
    "norm_error",
    "norm_error_1",
    "norm_error_2",
    "norm_error_host_ptr",
    "norm_error_device_ptr",
    "atol",
    "rtol",
];

/// A line of hipblaslt-bench without the rank ahead of its header: `[0]:transA`.
pub(super) fn without_rank(text: &str) -> &str {
    let rest = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match rest {
        Some((rank, rest)) if rank.bytes().all(|b| b.is_ascii_digit()) => {
            rest.strip_prefix(':').unwrap_or(rest)
        }
        _ => text,
    }
}

/// `Device ID 0 : AMD Instinct MI300X gfx942:sramecc+:xnack-` names the card.
pub(super) fn card(text: &str) -> Option<String> {
    let rest = text.strip_prefix("Device ID ")?.split_once(':')?.1.trim();
    let words = rest.split_whitespace().take_while(|word| !word.starts_with("gfx"));
    let name = words.collect::<Vec<_>>().join(" ");
    let name = if name.is_empty() { rest.split_whitespace().next()?.to_owned() } else { name };
    Some(name)
}

/// `hipBLASLt version: 100000`, `rocBLAS version: 4.1.0`: what it is of, and the version.
pub(super) fn version(text: &str) -> Option<(&str, &str)> {
    let (of, version) = text.split_once(" version:")?;
    ["hipBLASLt", "hipBLASLt git", "rocBLAS", "rocBLAS git"].contains(&of).then_some((of, version.trim()))
}

/// The dtype of a `rocblas-bench` command line: `-r f16_r`, `--a_type f16_r`.
pub(super) fn dtype_of_command(text: &str) -> Option<String> {
    if !text.contains("-bench") {
        return None;
    }
    let mut words =
        text.split_whitespace().skip_while(|word| !["-r", "--precision", "--a_type"].contains(word));
    words.nth(1).map(str::to_owned)
}

pub(super) fn hipblaslt(record: &Record<'_>) -> Result<Draft, Fault> {
    if record.get("grouped_gemm").is_some_and(|count| count != "0") {
        return Err(Fault::LeftOut("grouped".to_owned()));
    }
    let mut draft = product(record, "hipblaslt-Gflops")?;
    if let Some(dtype) = record.get("a_type") {
        say_dtype(&mut draft, record, dtype)?;
    }
    let columns = ["flush", "rotating_buffer"].map(|name| record.get(name));
    if columns.iter().any(Option::is_some) {
        let is_cold = columns.iter().flatten().any(|text| text.parse().is_ok_and(|count: f64| count > 0.0));
        draft.say(Field::Cache, if is_cold { "cold" } else { "hot" });
    }
    draft.timer = record.get("use_gpu_timer").map(|flag| if flag == "1" { "event" } else { "host" });
    draft.say(Field::Engine, "hipblaslt");
    draft.say_named(record);
    Ok(draft)
}

pub(super) fn rocblas(record: &Record<'_>, said: &Said) -> Result<Draft, Fault> {
    let mut draft = product(record, "rocblas-Gflops")?;
    if let Some(dtype) = record.get("a_type").or(said.dtype.as_deref()) {
        say_dtype(&mut draft, record, dtype)?;
    }
    draft.say(Field::Engine, "rocblas");
    draft.say_named(record);
    Ok(draft)
}

/// Whether two words are of one type: versions call it differently.
fn is_same(one: &str, other: &str) -> bool {
    one == other || read_dtype(one).is_some_and(|dtype| read_dtype(other) == Some(dtype))
}

/// The type of the operands, and what of the result and of the arithmetic is not usual with it.
fn say_dtype(draft: &mut Draft, record: &Record<'_>, dtype: &str) -> Result<(), Fault> {
    if let Some(other) = record.get("b_type").filter(|other| !is_same(dtype, other)) {
        return Err(Fault::LeftOut(format!("of {dtype} and {other}")));
    }
    let compute = record.get("compute_type").unwrap_or_default();
    let is_half = ["f16_r", "fp16_r"].contains(&dtype);
    if is_half && compute.contains("f16") && !compute.contains("f32") {
        return Err(Fault::LeftOut("accumulated in f16".to_owned()));
    }
    draft.say(Field::Dtype, if compute.contains("xf32") { "tf32" } else { dtype });
    for result in ["c_type", "d_type"] {
        draft.set_apart(result, record.get(result), record.get(result).is_some_and(|it| is_same(it, dtype)));
    }
    let is_usual = ["f32", "f32_r", "c_f32_r", "xf32", "xf32_r", "c_xf32_r", "i32_r", "c_i32_r"];
    draft.set_apart("compute_type", Some(compute).filter(|it| !it.is_empty()), is_usual.contains(&compute));
    Ok(())
}

/// What both tables have.
fn product(record: &Record<'_>, rate: &str) -> Result<Draft, Fault> {
    let is_transposed = |field, name| transposed(field, record.need(name)?).map_err(Fault::Unreadable);
    let (a, b) = (is_transposed(Field::TransA, "transA")?, is_transposed(Field::TransB, "transB")?);
    let layout = column_major(a, b);
    let mut draft = Draft {
        time: Time::Microseconds(record.number("us")?),
        tflops: record.get(rate).and_then(|text| text.parse().ok()).map(|gflops: f64| gflops / 1e3),
        samples: record
            .get("hot_iters")
            .or(record.get("iters"))
            .and_then(|text| text.parse().ok())
            .filter(|n| *n > 0),
        ..Draft::default()
    };
    // As long as a column of the stored matrix: a longer one is another way through the memory.
    let columns =
        [("lda", if a { "k" } else { "m" }), ("ldb", if b { "n" } else { "k" }), ("ldc", "m"), ("ldd", "m")];
    for (column, side) in columns {
        draft.set_apart(column, record.get(column), record.get(column) == record.get(side));
    }
    draft.say(Field::Layout, layout.as_str());
    draft.say(Field::M, record.need("n")?);
    draft.say(Field::N, record.need("m")?);
    draft.say(Field::K, record.need("k")?);
    if let Some(count) = record.get("batch_count") {
        draft.say(Field::GemmBatch, count);
    }
    Ok(draft)
}

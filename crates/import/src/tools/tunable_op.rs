//! PyTorch's TunableOp: the best solution of each product that a program ran, column-major.

use super::Said;
use super::draft::{Draft, Fault, Record, Time, number};
use crate::described::{Field, column_major, transposed};

/// `Validator,KEY,VALUE`.
pub(super) fn validator(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.strip_prefix("Validator,")?.split_once(',')?;
    Some((key.trim(), value.trim()))
}

/// `GemmTunableOp_Half_TN,tn_M_N_K_ld_…,SOLUTION,MS`.
pub(super) fn draft(record: &Record<'_>, _said: &Said) -> Result<Draft, Fault> {
    let [call, sizes, solution, ms] = [0, 1, 2, 3].map(|place| record.at(place));
    let unreadable = |want: &str| Fault::Unreadable(format!("{call},{sizes}: want {want}"));
    let (op, words) = call.split_once("TunableOp_").ok_or_else(|| unreadable("an op"))?;
    let is_batched = match op {
        "Gemm" => false,
        "GemmStridedBatched" => true,
        other => return Err(Fault::LeftOut(other.to_owned())),
    };
    if ms == "inf" {
        return Err(Fault::LeftOut("not run".to_owned()));
    }
    let (dtype, operands) =
        words.rsplit_once('_').ok_or_else(|| unreadable("a dtype and TN, NN, NT or TT"))?;
    let mut letters = operands.chars().map(String::from);
    let mut is_transposed = |field| {
        let letter = letters.next().ok_or_else(|| unreadable("TN, NN, NT or TT"))?;
        transposed(field, &letter).map_err(Fault::Unreadable)
    };
    let (a, b) = (is_transposed(Field::TransA)?, is_transposed(Field::TransB)?);
    let layout = column_major(a, b);
    let numbers: Vec<&str> = sizes.split('_').skip(1).collect();
    let size = |place: usize| numbers.get(place).copied().ok_or_else(|| unreadable("tn_M_N_K"));
    let mut draft = Draft {
        time: Time::Microseconds(number("the time", ms)? * 1e3),
        kernel: Some(solution.to_owned()),
        ..Draft::default()
    };
    // M_N_K, where there are several products _B_ and how many, and in newer versions _ld_LDA_LDB_LDC.
    let leading = sizes.split_once("_ld_").map(|(_, leading)| leading);
    let usual = [if a { 2 } else { 0 }, if b { 1 } else { 2 }, 0].map(|place| numbers.get(place).copied());
    let is_usual = leading.is_some_and(|told| told.split('_').map(Some).eq(usual));
    draft.set_apart("ld", leading, is_usual);
    draft.say(Field::Dtype, dtype);
    draft.say(Field::Layout, layout.as_str());
    draft.say(Field::M, size(1)?);
    draft.say(Field::N, size(0)?);
    draft.say(Field::K, size(2)?);
    if is_batched {
        // Told by the letter B ahead of it, or by its place.
        draft.say(Field::GemmBatch, size(if numbers.get(3) == Some(&"B") { 4 } else { 3 })?);
    }
    let lower = solution.to_ascii_lowercase();
    for engine in ["hipblaslt", "rocblas"] {
        if lower.contains(engine) {
            draft.say(Field::Engine, engine);
        }
    }
    Ok(draft)
}

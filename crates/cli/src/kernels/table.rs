//! A row for each point and library.

use super::{Answer, Answers};
use anyhow::Result;
use hovera_core::{Kernel, KernelLaunch, Point, SharedText};

const COLUMNS: [&str; 32] = [
    "library",
    "op",
    "dtype",
    "layout",
    "engine",
    "heads",
    "batch",
    "seq",
    "hidden",
    "head_dim",
    "gemm_batch",
    "m",
    "n",
    "k",
    "pass",
    "kv_heads",
    "seq_key",
    "ffn",
    "vocab",
    "tensor_parallel",
    "kernel",
    "family",
    "tile",
    "stages",
    "grid",
    "block",
    "cluster",
    "shared_bytes",
    "registers",
    "kernels_per_call",
    "memsets_per_call",
    "note",
];

pub(super) fn csv(points: &[Point], asked: &[Answers]) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for Answers { library, answers, .. } in asked {
        for (point, answer) in points.iter().zip(answers) {
            table.write_record(row(library, point, answer))?;
        }
    }
    Ok(table.into_inner()?)
}

fn row(library: &str, point: &Point, answer: &Answer) -> [String; COLUMNS.len()] {
    let told = answer.as_ref().ok();
    let launch = told.and_then(|told| told.launches.gemm_kernel());
    let traits = launch.and_then(KernelLaunch::traits);
    let by_library = |text: fn(&Kernel) -> &Option<SharedText>| {
        told.and_then(|told| text(&told.kernel).as_deref()).map(str::to_owned)
    };
    let pair = |pair: Option<(u32, u32)>| pair.map(|(first, second)| format!("{first}x{second}"));
    let (model, gemm) = (point.model, point.gemm());
    let cells: [Option<String>; COLUMNS.len()] = [
        Some(library.to_owned()),
        Some(point.op.to_string()),
        Some(point.dtype.to_string()),
        Some(point.layout.to_string()),
        Some(point.engine.to_string()),
        model.heads.map(|size| size.to_string()),
        model.batch.map(|size| size.to_string()),
        model.seq.map(|size| size.to_string()),
        model.hidden.map(|size| size.to_string()),
        model.head_dim.map(|size| size.to_string()),
        Some(gemm.gemm_batch().to_string()),
        Some(gemm.m().to_string()),
        Some(gemm.n().to_string()),
        Some(gemm.k().to_string()),
        Some(point.pass.to_string()),
        model.kv_heads.map(|size| size.to_string()),
        model.seq_key.map(|size| size.to_string()),
        model.ffn.map(|size| size.to_string()),
        model.vocab.map(|size| size.to_string()),
        point.tensor_parallel().map(|ranks| ranks.to_string()),
        launch.map(KernelLaunch::name),
        traits.and_then(|traits| traits.family()),
        by_library(|kernel| &kernel.tile).or(pair(traits.and_then(|traits| traits.tile))),
        by_library(|kernel| &kernel.stages).or(pair(traits.and_then(|traits| traits.stages))),
        launch.map(|launch| launch.grid.to_string()),
        launch.map(|launch| launch.block.to_string()),
        launch.and_then(|launch| Some(launch.cluster?.to_string())),
        launch.and_then(|launch| Some(launch.shared_bytes()?.to_string())),
        launch.and_then(|launch| Some(launch.registers?.to_string())),
        told.map(|told| told.launches.kernels.len().to_string()),
        told.map(|told| told.launches.memsets.to_string()),
        answer.as_ref().err().cloned(),
    ];
    cells.map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::kind::Kind;

    #[test]
    fn a_table_may_replace_an_earlier_one() {
        assert_eq!(Kind::of_all(&csv(&[], &[]).unwrap()), Kind::KernelsCsv);
    }
}

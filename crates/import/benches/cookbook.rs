//! A log of whole layers as large as the original's, read. The numbers are made up.

// A benchmark fails by panicking.
#![allow(clippy::unwrap_used, missing_docs)]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use hovera_import::{Provenance, Selection, cookbook};
use std::fmt::Write;

fn main() {
    divan::main();
}

/// 1.2 MB: 255 hidden sizes at four numbers of tensor-parallel ranks, of which each has six products.
fn log() -> String {
    let mut log = String::new();
    for ranks in [1, 2, 4, 8] {
        for d in 1..=255 {
            let h = 128 * d;
            writeln!(
                log,
                "num_attention_heads: 128, hidden_size: {h}, train_micro_batch_size_per_gpu: 4, tensor_mp_size: \
                 {ranks}, pipeline_mp_size: 1, dp_size: 1\n\n\nEstimate\n--------"
            )
            .unwrap();
            let products = 512 / ranks;
            for label in [
                format!("attention_key_value_query_transform (4x{h}x{}, b=2048)", 3 * h / ranks),
                format!("attention_key_query_prob ({products}x2048x{d}x2048)"),
                format!("attention_prob_times_values ({products}x2048x2048x{d})"),
                format!("attention_linear_projection (4x{}x{h}, b=2048)", h / ranks),
                format!("mlp_h_to_4h (4x{h}x{}, b=2048)", 4 * h / ranks),
                format!("mlp_4h_to_h (4x{}x{h}, b=2048)", 4 * h / ranks),
            ] {
                writeln!(
                    log,
                    "Elapsed time for {label}: 0.0045\nThroughput (in TFLOP/s) for {label}: 100.957"
                )
                .unwrap();
            }
            log.push_str(
                "\nAttention duration (in seconds): 0.0076\nMLP throughput (in TFLOP/s): 1.000\n=====\n",
            );
        }
    }
    log
}

#[divan::bench]
fn import(bencher: Bencher<'_, '_>) {
    let log = log();
    let provenance = Provenance {
        file: "made-up.out".into(),
        device: Some("Made-Up 100".into()),
        ..Provenance::default()
    };
    let read = || cookbook::read(log.as_bytes(), &provenance, &Selection::default(), None).unwrap();
    assert_eq!(read().results.rows.len(), 4 * 255 * 6);
    bencher.counter(ItemsCount::new(6120_u32)).counter(BytesCount::of_str(&log)).bench(read);
}

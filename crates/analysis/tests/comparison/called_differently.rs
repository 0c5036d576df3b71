//! A model's products against plain GEMMs of the same sizes, as other benchmarks know them.

use crate::compare;
use crate::files::file;
use hovera_analysis::{Across, CompareError, CompareOptions, ComparedFile, Comparison, WhyNot};
use hovera_core::{
    Batch, Engine, Ffn, Hidden, Op, Pass, Point, Results, Row, Seq, Source, Stat, Status, TensorParallel,
    Timing, made_up,
};

/// A layer's product on so many tokens: hidden size 4096, an MLP of 14336 that four ranks share.
fn of_model(op: Op, tokens: u64, (n, k): (u64, u64)) -> Point {
    let mut point = made_up::product(op, (1, tokens, n, k));
    point.model.hidden = Some(Hidden::new(4096).unwrap());
    point.model.ffn = Some(Ffn::new(14336).unwrap());
    point.model.batch = Some(Batch::new(1).unwrap());
    point.model.seq = Some(Seq::new(tokens).unwrap());
    point.model.tensor_parallel = Some(TensorParallel::new(4).unwrap());
    point.check().unwrap();
    point
}

fn measured(points: &[Point]) -> Results {
    let row = |point: &Point| made_up::row_of(*point).tflops(400.0).build();
    made_up::results(made_up::h100(), points.iter().map(row).collect())
}

/// Of another program: each product took twice as long as 400 TFLOP/s.
fn imported(gemms: &[(u64, u64, u64)]) -> Results {
    let row = |&(m, n, k): &(u64, u64, u64)| {
        let point = made_up::product(Op::Gemm, (1, m, n, k));
        let time_us = point.flop() as f64 / 200e6;
        let timing = Some(Timing { median_us: Some(time_us), ..Timing::only(Stat::Mean, time_us, None) });
        Row { timing, ..made_up::row_of(point).lost(Status::Ok, "") }
    };
    let mut results = made_up::results(made_up::gpu("NVIDIA L40S"), gemms.iter().map(row).collect());
    results.front_matter.source = Some(Source { file: "table.parquet".into(), ..Source::default() });
    results
}

fn found(base: &Results, other: &Results) -> Comparison {
    compare(base, other, &CompareOptions::default()).unwrap()
}

fn pairs(comparison: &Comparison) -> Vec<(Op, u32, f64)> {
    let of = |it: &hovera_analysis::PointComparison| {
        (it.point.op, it.point.gemm.m(), (it.ratio.ratio * 1e6).round() / 1e6)
    };
    comparison.points.iter().map(of).collect()
}

#[test]
fn a_model_s_product_is_held_against_the_gemm_that_it_is_whichever_comes_first() {
    let ours = measured(&[16, 64].map(|tokens| of_model(Op::MlpUp, tokens, (3584, 4096))));
    let theirs = imported(&[(16, 3584, 4096), (64, 3584, 4096), (64, 4096, 3584), (32, 3584, 4096)]);
    let comparison = found(&ours, &theirs);
    assert_eq!(pairs(&comparison), [(Op::MlpUp, 16, 0.5), (Op::MlpUp, 64, 0.5)]);
    assert_eq!(comparison.summaries[0].op, Op::MlpUp);
    let note = "base and other call the same products mlp_up and gemm: they are paired by m, n, k and layout";
    assert!(comparison.notes.iter().any(|it| it == note), "{:?}", comparison.notes);
    let alone: Vec<_> = comparison.unmatched.iter().map(|it| (&it.why, it.point.gemm.m())).collect();
    assert_eq!(alone, [(&WhyNot::OnlyInOther, 32), (&WhyNot::OnlyInOther, 64)]);
    // The model's name stays where the base does not know it.
    let turned = found(&theirs, &ours);
    assert_eq!(pairs(&turned), [(Op::MlpUp, 16, 2.0), (Op::MlpUp, 64, 2.0)]);
    assert_eq!(turned.points[0].point.model.ffn.map(|ffn| ffn.get()), Some(14336));
}

#[test]
fn several_products_of_a_model_that_are_one_gemm_are_each_held_against_it() {
    let ops = [Op::MlpUp, Op::MlpGate];
    let ours = measured(&ops.map(|op| of_model(op, 16, (3584, 4096))));
    let theirs = imported(&[(16, 3584, 4096)]);
    for (base, other, ratio) in [(&ours, &theirs, 0.5), (&theirs, &ours, 2.0)] {
        let comparison = found(base, other);
        assert_eq!(pairs(&comparison), ops.map(|op| (op, 16, ratio)));
        assert!(comparison.unmatched.is_empty());
    }
}

#[test]
fn a_gradient_is_the_product_that_it_is_and_another_layout_is_another_product() {
    // The gradient of mlp_up's input: m tokens, n hidden, k one rank's share.
    let gradient = Point { pass: Pass::DataGradient, ..of_model(Op::MlpDown, 16, (4096, 3584)) };
    let gradient = Point { op: Op::MlpUp, ..gradient };
    gradient.check().unwrap();
    let theirs = imported(&[(16, 4096, 3584)]);
    let comparison = found(&measured(&[gradient]), &theirs);
    assert_eq!((comparison.points[0].point.pass, pairs(&comparison).len()), (Pass::DataGradient, 1));
    let mut stored_otherwise = theirs;
    stored_otherwise.rows[0].point.layout = match gradient.layout {
        hovera_core::Layout::Nn => hovera_core::Layout::Nt,
        _ => hovera_core::Layout::Nn,
    };
    let refused = compare(&measured(&[gradient]), &stored_otherwise, &CompareOptions::default())
        .unwrap_err()
        .to_string();
    assert!(refused.contains("layout is") && !refused.contains("op is"), "{refused}");
}

#[test]
fn sizes_that_are_nowhere_the_same_are_named() {
    let refused = compare(
        &measured(&[of_model(Op::MlpUp, 16, (3584, 4096))]),
        &imported(&[(16, 14336, 4096)]),
        &CompareOptions::default(),
    );
    let Err(CompareError::NothingInCommon { differences, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(differences, ["n is 3584 and 14336"]);
}

#[test]
fn what_is_compared_across_is_not_matched_by() {
    let ours = measured(&[of_model(Op::MlpUp, 16, (3584, 4096))]);
    let mut theirs = imported(&[(16, 3584, 4096)]);
    theirs.rows[0].point.engine = Engine::Other;
    assert!(
        compare(&ours, &theirs, &CompareOptions::default())
            .unwrap_err()
            .to_string()
            .contains("--across engine")
    );
    let options = CompareOptions { across: vec![Across::Engine], ..CompareOptions::default() };
    assert_eq!(pairs(&compare(&ours, &theirs, &options).unwrap()), [(Op::MlpUp, 16, 0.5)]);
}

#[test]
fn two_files_that_both_know_models_are_matched_by_op_as_ever() {
    let up = measured(&[of_model(Op::MlpUp, 16, (3584, 4096))]);
    let gate = measured(&[of_model(Op::MlpGate, 16, (3584, 4096))]);
    let refused = compare(&up, &gate, &CompareOptions::default()).unwrap_err().to_string();
    assert!(refused.contains("op is mlp_up and mlp_gate"), "{refused}");
}

/// What the README asks for: an H100 of our own on Llama 3's mlp_up, beside three cards' tables of GEMMs.
#[test]
fn the_repository_s_four_cards_meet_on_llama_s_mlp_up() {
    let names = ["h100-sxm-mlp-up-measured", "a100-sxm4-80gb-gemm", "l40s-gemm", "b200-gemm"];
    let files = names.map(|name| file(&format!("reference/{name}.csv")));
    let sources: Vec<ComparedFile<'_>> = names
        .iter()
        .zip(&files)
        .map(|(name, results)| ComparedFile { name, results, device: None })
        .collect();
    let options = CompareOptions {
        across: vec![Across::Engine, Across::Pacing, Across::Cache],
        stat: Some(Stat::Mean),
        mixed_methods: true,
        ..CompareOptions::default()
    };
    let comparison = Comparison::of_sources(&sources, &[], &options).unwrap();
    let labels: Vec<&str> = comparison.sides.iter().map(|side| side.label.as_str()).collect();
    assert_eq!(labels.len(), 5, "{labels:?}");
    assert!(labels[0].ends_with("cache hot") && labels[1].ends_with("cache cold"), "{labels:?}");
    // Of the table of the A100 there is nothing at 16384 tokens.
    for (other, tokens) in [(2, 14), (3, 15), (4, 15)] {
        let points: Vec<_> = comparison.points.iter().filter(|point| point.other == other).collect();
        assert_eq!(points.len(), tokens, "{}", labels[other]);
        assert!(points.iter().all(|it| it.point.op == Op::MlpUp && it.point.gemm.n() == 3584));
        assert_eq!(
            comparison
                .notes
                .iter()
                .filter(|note| note.contains(labels[other]) && note.contains("mlp_up and gemm"))
                .count(),
            1
        );
    }
    // On as many tokens as keep them busy, the cards stand in the order of their peaks.
    let busy = |other: usize| {
        let at = comparison.points.iter().find(|it| it.other == other && it.point.gemm.m() == 8192);
        at.unwrap().ratio.ratio
    };
    assert!(busy(4) > 1.5 && busy(2) < 0.5 && busy(3) < busy(2), "{} {} {}", busy(2), busy(3), busy(4));
}

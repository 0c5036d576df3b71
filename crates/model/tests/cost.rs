//! Products with rows: times, shares, and what costs.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

use hovera_core::made_up::{h100, product, results, row_of, softmax};
use hovera_core::{Dtype, Kernel, Layout, Op, Point, Results, Row, Status};
use hovera_model::{Cause, MeasuredProducts, ModelCost, ModelProducts, Setup, Transformer, Workload};

const TOML: &str = "hidden = 1024\nvocab = 50257\n[[layer]]\ncount = 6\nheads = 8\nhead_dim = 128\nqkv = \"fused\"\n\
                    ffn = 4096\nmlp = \"plain\"\n";

fn products() -> ModelProducts {
    Transformer::read("m.toml", "m", TOML, &[]).unwrap().products(Workload::forward(1, 4096)).unwrap()
}

/// The point of a product, as the sweep of a model has it.
fn point(sizes: (u64, u64, u64, u64), layout: Layout) -> Point {
    let op = if sizes.0 == 1 { Op::Gemm } else { Op::Bmm };
    Point { dtype: Dtype::Bf16, layout, ..product(op, sizes) }
}

/// A row of each product: as many µs each, but the logits at 60.
fn rows() -> Vec<Row> {
    let row = |sizes, layout, time_us| row_of(point(sizes, layout)).time_us(time_us).build();
    vec![
        row((1, 4096, 3072, 1024), Layout::Nt, 10.0),
        row((8, 4096, 4096, 128), Layout::Nt, 10.0),
        row((8, 4096, 128, 4096), Layout::Nn, 10.0),
        row((1, 4096, 1024, 1024), Layout::Nt, 10.0),
        row((1, 4096, 4096, 1024), Layout::Nt, 10.0),
        row((1, 4096, 1024, 4096), Layout::Nt, 10.0),
        row((1, 4096, 50_257, 1024), Layout::Nt, 60.0),
    ]
}

fn cost(results: &Results) -> ModelCost<'_> {
    let setup = Setup::of_results(results);
    assert_eq!(setup.len(), 1);
    ModelCost::of_rows(&products(), Dtype::Bf16, &MeasuredProducts::new(results, setup[0]))
}

fn said(cost: &ModelCost<'_>, product: &str) -> Vec<String> {
    let lines = cost.sections.iter().flat_map(|section| &section.lines);
    let of_product = lines.filter(|line| line.counted.name == product);
    of_product.flat_map(|line| line.marks.iter().map(ToString::to_string)).collect()
}

#[test]
fn times_and_shares_add_up_to_the_model() {
    let results = results(h100(), rows());
    let cost = cost(&results);
    // Six layers of six products of 10 µs, and the logits.
    assert_eq!(cost.sections[0].time_us, Some(60.0));
    assert_eq!((cost.time_us, cost.unmeasured), (Some(420.0), 0));
    let logits = &cost.sections[1].lines[0];
    assert_eq!((logits.share_of_section, logits.share_of_model), (1.0, 60.0 / 420.0));
    let qkv = &cost.sections[0].lines[0];
    assert_eq!((qkv.in_model, qkv.model_us()), (6, Some(60.0)));
    assert!((qkv.share_of_section - 1.0 / 6.0).abs() < 1e-12);
    let all: f64 = cost.sections.iter().map(hovera_model::SectionCost::share_of_model).sum();
    assert!((all - 1.0).abs() < 1e-12);
    // 2·4096·3072·1024 FLOP in 10 µs, of the 989 TFLOP/s of an H100 where the clock was not measured.
    let tflops = 2.0 * 4096.0 * 3072.0 * 1024.0 / 10.0 / 1e6;
    assert!((qkv.tflops.unwrap() - tflops).abs() < 1e-6);
    assert!((qkv.percent_of_peak.unwrap() - tflops / 989.0 * 100.0).abs() < 1e-6);
}

#[test]
fn a_softmax_that_was_measured_is_in_the_times_and_not_in_the_flop() {
    let softmax = |time_us| {
        let point = Point { dtype: Dtype::Bf16, ..softmax((8, 1, 4096, 4096)) };
        row_of(point).time_us(time_us).build()
    };
    // One of another length is of no section.
    let other = row_of(Point { dtype: Dtype::Bf16, ..self::softmax((8, 1, 4096, 64)) }).time_us(1.0).build();
    let results = results(h100(), [rows(), vec![other, softmax(30.0)]].concat());
    let cost = cost(&results);
    let (with, without) = (&cost, ModelCost::of_flop(&products(), Dtype::Bf16));
    assert!(with.has_softmax() && !without.has_softmax());
    let line = with.sections[0].softmax.as_ref().unwrap();
    assert_eq!((line.time_us, line.in_model, line.model_us()), (30.0, 6, 180.0));
    // Six layers of six products of 10 µs and a softmax of 30, and the logits.
    assert_eq!((with.sections[0].time_us, with.time_us, with.flop), (Some(90.0), Some(600.0), without.flop));
    assert_eq!((line.share_of_section, line.share_of_model), (30.0 / 90.0, 180.0 / 600.0));
    assert!(with.sections[1].softmax.is_none());
    let all: f64 = with.sections.iter().map(hovera_model::SectionCost::share_of_model).sum();
    assert!((all - 1.0).abs() < 1e-12);
    // 4 bytes of each of 8·4096² elements.
    assert!((line.gb_s - 4.0 * 8.0 * 4096.0 * 4096.0 / 30.0 / 1e3).abs() < 1e-6);
}

#[test]
fn of_a_product_without_a_time_the_shares_are_of_flop() {
    let mut rows = rows();
    rows[1] = row_of(rows[1].point).lost(Status::Skipped, "too large");
    rows.remove(2);
    let results = results(h100(), rows);
    let cost = cost(&results);
    assert_eq!((cost.time_us, cost.unmeasured), (None, 2));
    assert_eq!(cost.sections[0].lines[1].row.unwrap().status, Status::Skipped);
    assert!(cost.sections[0].lines[2].row.is_none());
    let all: f64 = cost.sections.iter().map(hovera_model::SectionCost::share_of_model).sum();
    assert!((all - 1.0).abs() < 1e-12);
    let flop = ModelCost::of_flop(&products(), Dtype::Bf16);
    assert_eq!(cost.sections[0].lines[0].share_of_model, flop.sections[0].lines[0].share_of_model);
}

#[test]
fn a_misaligned_dimension_says_what_its_neighbour_takes() {
    let mut rows = rows();
    let neighbour = |n, time_us| row_of(point((1, 4096, n, 1024), Layout::Nt)).time_us(time_us).build();
    rows.extend([neighbour(50_264, 9.0), neighbour(50_304, 12.0)]);
    // Another model's.
    rows.push(neighbour(128_256, 1.0));
    let results = results(h100(), rows);
    assert_eq!(
        said(&cost(&results), "logits"),
        ["n = 50257: its rows allow loads of 2 B, 16 B need a multiple of 8; 50264 takes 0.15 of the time"]
    );
    assert_eq!(said(&cost(&results), "qkv"), [""; 0]);
    let dry = ModelCost::of_flop(&products(), Dtype::Bf16);
    assert_eq!(said(&dry, "logits"), ["n = 50257: its rows allow loads of 2 B, 16 B need a multiple of 8"]);
}

#[test]
fn a_faster_neighbour_is_marked_where_nothing_else_explains_it() {
    let mut rows = rows();
    rows.push(row_of(point((1, 4096, 3136, 1024), Layout::Nt)).time_us(9.0).build());
    rows.push(row_of(point((1, 4160, 4096, 1024), Layout::Nt)).time_us(9.9).build());
    let results = results(h100(), rows);
    assert_eq!(
        said(&cost(&results), "qkv"),
        ["n = 3072: a neighbour is faster; 3136 takes 0.90 of the time"]
    );
    // One percent less is no cost.
    assert_eq!(said(&cost(&results), "mlp_up"), [""; 0]);
}

#[test]
fn tiles_and_waves_that_are_not_full_are_marked() {
    let mut rows = rows();
    let kernel = |tile: &str| Kernel { tile: Some(tile.into()), ..Kernel::default() };
    // Along n, then along m: 1024 in tiles of 256 is whole, 4096 in tiles of 192 is 21.33.
    rows[3].kernel = kernel("256x192");
    // 3072 · 4096 in tiles of 128 x 128: 768 on 132 SMs, 5.82 waves.
    rows[0].kernel = kernel("128x128");
    // 4096 · 4096 in tiles of 256 x 128: 512, 3.88 waves.
    rows[4].kernel = kernel("256x128");
    // 1024 · 4096 in tiles of 128 x 256: 128, one wave that is nearly full.
    rows[5].kernel = kernel("128x256");
    let results = results(h100(), rows);
    let cost = cost(&results);
    // 22 · 4 tiles leave 44 of 132 SMs without one.
    assert_eq!(said(&cost, "projection"), ["m = 4096: 0.67 waves of tiles, 33 % of the SMs' places idle"]);
    assert_eq!(said(&cost, "qkv"), [""; 0]);
    assert_eq!(said(&cost, "mlp_up"), [""; 0]);
    assert_eq!(said(&cost, "mlp_down"), [""; 0]);
    let mut rows = results.rows.clone();
    // 4096 in tiles of 1000 is 4.1: 5 of them, of which 18 % lies outside.
    rows[3].kernel = kernel("256x1000");
    let results = hovera_core::made_up::results(h100(), rows);
    let marks = &self::cost(&results).sections[0].lines[3].marks;
    assert!(
        matches!(marks[0].cause, Cause::Tile { tile: 1000, .. }) && marks[0].dimension == 'm',
        "{marks:?}"
    );
    assert!(marks[0].to_string().contains("18 % of its tiles of 1000 lies outside"), "{marks:?}");
}

#[test]
fn a_file_s_list_of_products_is_read_back() {
    let workload = Workload { training: true, ..Workload::decode(3, 77) };
    let info = products().info("m", &workload);
    assert_eq!(ModelProducts::from_info(&info).unwrap(), products());
    assert_eq!(info.workload, "training step, batch 3, seq 1, 77 keys");
    for wrong in [
        "1 x qkv forward nt 1x2x3",
        "x",
        "0 x qkv forward nt 1x2x3x4",
        "1 x a b nt 1x2x3x4",
        "1 x q forward nt 1x2x3x0",
    ] {
        let mut info = info.clone();
        info.section[0].products[1] = wrong.to_owned();
        let error = ModelProducts::from_info(&info).unwrap_err().to_string();
        assert!(error.starts_with(&format!("[[model]] m: product {wrong:?}: want one such as")), "{error}");
    }
}

#[test]
fn the_sweep_of_a_model_s_products_has_a_point_for_each() {
    let products = products().distinct();
    let text = hovera_model::spec("m", Dtype::Bf16, &products, &[]);
    let spec = hovera_core::SweepSpec::parse("m", &text).unwrap();
    let plan = hovera_core::Plan::expand(&spec, hovera_core::Engine::Cublas).unwrap();
    let planned: Vec<_> = plan.points().iter().map(|point| (point.gemm(), point.layout)).collect();
    assert_eq!(planned, products.iter().map(|it| (it.gemm, it.layout)).collect::<Vec<_>>());
}
